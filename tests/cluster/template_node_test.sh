#!/bin/bash
# What `cleat plugin new` writes for a node, as it was built against the installed SDK (test contrib_new_plugin) and with the lines of
# configuration that came with it: a runtime, a proxy, a network and a volume driver, each seen at work and swapped, while the node
# runs, for the one in C.
build=${1:?usage: template_node_test.sh BUILD_DIR}
build=$(cd "$build" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
made=$build/tests/plugins-contrib/new-plugin
for name in says-runtime proxy-says says-network says-volume; do
  [ -e "$made/$name/build/$name.so" ] && [ -e "$made/c/$name/build/$name.so" ] || { echo "SKIPPED: $name has not been built (test contrib_new_plugin)"; exit 77; }
done
# The node's part of `cleat up` has a folder and a socket of its own.
# The runtime's containers are processes of the machine, which outlive it.
end_processes() {
  local code=$? file
  for file in "$data"/agent/plugins/says-runtime/containers/*/pid; do
    [ ! -e "$file" ] || kill -KILL -- "-$(cat "$file")" 2>/dev/null
  done
  return $code
}
trap 'end_processes; clean_up' EXIT
swap() {  # NAME: for the one in C, which does the same
  cp "$made/c/$1/build/$1.so" "$work/$1.so"
  check "$1 is swapped" "$1 now runs from $work/$1.so" "$cleat" plugin swap "$1" "$work/$1.so" --data-dir "$data/agent"
}
runs() { check "$1 runs in a process of its own" "$1 +0.1.0 +alpha +$2 +running +yes" "$cleat" plugin list --data-dir "$data/agent"; }

echo '--- a runtime and a proxy'
mkdir -p "$work/images/demo:1"
cat >"$work/images/demo:1/run" <<'SH'
#!/bin/sh
echo "hello $WHO"
exec sleep 1000
SH
chmod +x "$work/images/demo:1/run"
sed "s|^images = .*|images = \"$work/images\"|" "$made/says-runtime/cleat.toml" "$made/proxy-says/cleat.toml" >"$work/cleat.toml"
start_up --config "$work/cleat.toml"
eventually 'the node is ready' 60 ' Ready ' kubectl get nodes
runs says-runtime runtime
runs proxy-says proxy
pod() {  # NAME COMMAND
  kubectl create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1, labels: {app: $1}}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 5
  containers: [{name: main, image: "demo:1", env: [{name: WHO, value: $1}]${2:+, command: [sh, -c, "$2"]}}]
YAML
}
pod one >/dev/null
eventually 'a pod runs as a process' 30 '1/1 +Running' kubectl get pod one
eventually 'its output is its log' 10 '^hello one$' kubectl logs one
pod fails 'echo no; exit 3' >/dev/null
eventually 'an exit code arrives' 30 '^3$' kubectl get pod fails -o 'jsonpath={.status.containerStatuses[0].state.terminated.exitCode}'
kubectl create service clusterip one --tcp=80:8080 >/dev/null
address=$(kubectl get service one -o 'jsonpath={.spec.clusterIP}')
pod_address=$(kubectl get pod one -o 'jsonpath={.status.podIP}')
services=$data/agent/plugins/proxy-says/services
eventually 'the proxy knows where the service leads' 20 "$address:80/TCP $pod_address:8080" cat "$services"
swap says-runtime
swap proxy-says
check 'the pod has not noticed' '1/1 +Running +0' kubectl get pod one
pod two >/dev/null
eventually 'the other version runs pods' 30 '1/1 +Running' kubectl get pod two
kubectl delete service one >/dev/null
eventually 'the other proxy acts' 20 '^gone$' bash -c "grep -q '$address:80' '$services' || echo gone"
check 'a pod ends' 'deleted' kubectl delete pod one two fails
check_fails 'and its processes with it' '^$' pgrep -f "$work/images/demo:1/run"
stop_up || exit 1
bash "$here/../../etc/node-cleanup.sh" "$data"
rm -rf "$data"

echo '--- a network and a volume driver'
cat "$made/says-network/cleat.toml" "$made/says-volume/cleat.toml" | sed "s|^folder = .*|folder = \"$work/volumes\"|" >"$work/cleat.toml"
start_up --config "$work/cleat.toml"
eventually 'the node is ready' 60 ' Ready ' kubectl get nodes
import_demo_image >/dev/null
runs says-network network
kubectl run one --image=cleat-demo:1 >/dev/null
eventually 'a pod runs' 60 '1/1 +Running' kubectl get pod one
check 'with an address of it' '^10.250.0.[0-9]+$' kubectl get pod one -o 'jsonpath={.status.podIP}'
swap says-network
kubectl run two --image=cleat-demo:1 >/dev/null
eventually 'the other version connects pods' 60 '1/1 +Running' kubectl get pod two
check 'with addresses that are not taken' '^2$' bash -c "kubectl get pods -o 'jsonpath={range .items[*]}{.status.podIP}{\"\\n\"}{end}' | sort -u | grep -c ^10.250.0."
runs says-volume volume
kubectl create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: keeps}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: c, image: cleat-demo:1, command: [sh, -c, "echo kept >/v/note; sleep 1000"], volumeMounts: [{name: v, mountPath: /v}]}]
  volumes: [{name: v, csi: {driver: says-volume.example.com, volumeAttributes: {name: shared}}}]
YAML
eventually 'a pod has its volume' 60 '1/1 +Running' kubectl get pod keeps
eventually 'which is a folder of the node' 20 '^kept$' cat "$work/volumes/shared/note"
swap says-volume
kubectl delete pod keeps one two --grace-period=1 >/dev/null
eventually 'the other version unmounts it' 30 '^0$' grep -c "$data/.*/shared\|volumes/shared" /proc/self/mountinfo
check 'what was written stays' '^kept$' cat "$work/volumes/shared/note"
finish
