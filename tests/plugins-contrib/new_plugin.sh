#!/bin/bash
# new_plugin.sh CLEAT SDK INTO CMAKE_ARGUMENTS…: what somebody does who begins a plugin, of each role and in both languages: `cleat
# plugin new`, build, test, start a server with the lines that came with it, see it act, and put another version in its place while the
# server runs: the one in C, where there is one.
cleat=$1 sdk=$2 into=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
build=$(dirname "$(dirname "$cleat")")
# As strictly as a vendor may want it.
definitions=("${@/#-DCMAKE_CXX_FLAGS=/-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror }")
. "$here/../transcript.sh"
. "$here/../api/server.sh"
rm -rf "$into"
mkdir -p "$into"
cd "$into" || exit 1

check 'a plugin is begun' 'says-hello/README.md says how' "$cleat" plugin new says-hello "$into/says-hello"
check_fails 'not in a folder that is there' 'it is there already' "$cleat" plugin new says-hello "$into/says-hello"
check_fails 'not with a name that no plugin can have' 'lower-case letters' "$cleat" plugin new Says_Hello
check_fails 'not for a role that is none' 'juggler not in' "$cleat" plugin new --role juggler says-hello
check_fails 'not in C for a role that C has nothing for' 'there is no plugin in C to begin with for the role addon; there is for: admission, authenticator, authorizer, controller' \
  "$cleat" plugin new --role addon --c says-addon
check_fails 'not as a proxy that no node could name' 'called proxy-MODE' "$cleat" plugin new --role proxy says-proxy
rm -rf "$into/says-hello"

# What each of them is seen by. $1 is another name each time.
node() { kubectl create -f - <<<$'---\n'"{apiVersion: v1, kind: Node, metadata: {name: $1, labels: {$2}}, status: {allocatable: {cpu: '4', memory: 8Gi, pods: '9'}, conditions: [{type: Ready, status: 'True'}]}}"; }
pod() { kubectl create -f - <<<$'---\n'"{apiVersion: v1, kind: Pod, metadata: {name: $1}, spec: {${2:+$2, }containers: [{name: c, image: pause}]}}"; }
where() { kubectl get pod "$1" -o 'jsonpath={.spec.nodeName}'; }
see_admission() { check_fails "$2" 'pods "web" is forbidden: the image "evil/web" of container web does not come from registry.example/' kubectl run web --image=evil/web; }
see_addon() {
  eventually "$2" 30 '^nobody$' kubectl -n team get configmap says-addon -o 'jsonpath={.data.owner}'
  kubectl -n team delete configmap says-addon >/dev/null
}
see_store_engine() {
  kubectl create configmap "$1" --from-literal=is=kept >/dev/null
  check "$2" '^kept$' kubectl get configmap "$1" -o 'jsonpath={.data.is}'
}
see_authenticator() { check "$2" '"username":"jane"' whoami kubectl --kubeconfig /dev/null --server "https://127.0.0.1:$port" --certificate-authority "$data/pki/ca.crt" --token at-least-sixteen-characters.jane; }
see_authorizer() {
  kubectl create namespace frozen >/dev/null 2>&1
  check_fails "$2" 'the namespace frozen is closed' kubectl -n frozen create configmap "$1" --as=joe --as-group=system:masters
}
see_controller() {
  kubectl create -f - <<<$'---\n'"{apiVersion: v1, kind: ConfigMap, metadata: {name: $1, labels: {says-controller/greet: 'yes'}}}" >/dev/null
  eventually "$2" 20 '"says-controller/greeting":"hello"' kubectl get configmap "$1" -o 'jsonpath={.metadata.annotations}'
}
see_http() { check "$2" '^{.*}$' kubectl get --raw /says-http; }
see_kinds() {
  kubectl create -f - <<<$'---\n'"{apiVersion: says-kinds.example/v1, kind: Ticket, metadata: {name: $1}, spec: {seat: B12}}" >/dev/null
  check "$2" "$1 +B12" kubectl get tk
}
see_scheduler() {
  node n1 >/dev/null 2>&1
  pod "$1" 'schedulerName: says-scheduler' >/dev/null
  eventually "$2" 20 '^n1$' where "$1"
}
see_scheduler_extension() {
  node low 'says-scheduler-extension/rank: "1"' >/dev/null 2>&1
  node high 'says-scheduler-extension/rank: "90"' >/dev/null 2>&1
  pod "$1" >/dev/null
  eventually "$2" 20 '^high$' where "$1"
}

make() {  # ROLE NAME FOLDER OPTION…: made, built and tested
  local role=$1 name=$2 folder=$3
  check "$role is begun ${*:4}" 'says how to build' "$cleat" plugin new --role "$role" "$name" "$folder" "${@:4}"
  check_fails "$role: nothing of the template's own name is left" '^$' grep -rn -i -E 'my.?plugin|my-mode|/path/to/' "$folder"
  check_fails "$role: nor the schema's id" '^$' grep -rn -i c0ffee "$folder"
  check "$role is built and its test passes ${*:4}" '100% tests passed, 0 tests failed out of [1-9]' bash -c '
    cmake -G Ninja -S "$1" -B "$1/build" -DCMAKE_PREFIX_PATH="$2" "${@:3}" >/dev/null && cmake --build "$1/build" &&
    ctest --test-dir "$1/build" --output-on-failure --no-tests=error' make "$folder" "$sdk" "${definitions[@]}"
  check "$role: its file is optimised and says who it is" "name +$name" "$cleat" plugin show "$folder/build/$name.so"
}
try() {  # FUNCTION NAME: loaded, seen and swapped, for the one in C if there is one
  local name=$2 folder=$into/$2 next=$into/c/$2/build/$2.so
  # Kinds in C have a schema with ids of its own, and are others to whoever knows those in C++.
  if [ ! -e "$next" ] || [ "$1" = see_kinds ]; then
    next=$folder/next.so
    cp "$folder/build/$name.so" "$next"
  fi
  rm -rf "$data"
  start_server --config "$folder/cleat.toml"
  until_true 20 kubectl get serviceaccount default
  check "$name runs in a process of its own" "$name +0.1.0 +alpha +[a-z-]+ +running +yes" "$cleat" plugin list --data-dir "$data"
  "$1" before "$name acts"
  check "$name: another version takes its place" "$name now runs from $next" "$cleat" plugin swap "$name" "$next" --data-dir "$data"
  "$1" after "$name: which acts"
  stop_server || { failures=$((failures + 1)); exit 1; }
}

in_c=" $("$cleat" plugin new --c --role addon says-none 2>&1 | sed -n 's/.*there is for: \(.*\) (.*/\1/p' | tr -d ,) "
mkdir "$into/c"
for role in $("$cleat" plugin new --help | sed -n 's/.*{\([a-z,-]*\)}.*/\1/p' | tr , ' '); do
  name=says-$role
  [ "$role" != proxy ] || name=proxy-says
  make "$role" "$name" "$into/$name"
  if [ "$in_c" != "${in_c/ $role /}" ]; then
    make "$role" "$name" "$into/c/$name" --c
    check "$role: in C it needs the C library alone" '^1$' bash -c "readelf -d '$into/c/$name/build/$name.so' | grep -c NEEDED"
  fi
  see=see_${role//-/_}
  if declare -F "$see" >/dev/null; then try "$see" "$name"; fi
  tried="${tried:-}$role "
done
for name in says-authenticator says-authorizer says-kinds says-http says-controller; do
  check "$name in C keeps what its role promises" "ok +$name" "$cleat" plugin check --brief --calls 100 \
    --config "$into/c/$name/cleat.toml" "$into/c/$name/build/$name.so"
done
check 'says-store-engine keeps what a store promises' 'ok +says-store-engine' "$cleat" plugin check --brief --calls 100 \
  "$into/says-store-engine/build/says-store-engine.so"
check 'all roles have been tried' '^addon admission authenticator authorizer controller http kinds network proxy runtime scheduler scheduler-extension store-engine volume $' echo "$tried"
check 'and all but two in C' '^ admission authenticator authorizer controller http kinds network proxy runtime scheduler-extension scheduler volume $' echo "$in_c"
finish
