#!/bin/bash
# Images from a registry: a real one on loopback, that wants a password.
build=${1:?usage: registry_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
need docker-registry
registry_port=$(free_port)
registry=127.0.0.1:$registry_port

python3 -W ignore -c 'import crypt; print("reader:" + crypt.crypt("secret", crypt.mksalt(crypt.METHOD_BLOWFISH)))' >"$work/users"
cat >"$work/registry.yml" <<YAML
version: 0.1
storage:
  filesystem: {rootdirectory: $work/registry}
http: {addr: "$registry"}
auth:
  htpasswd: {realm: test, path: $work/users}
YAML
docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
registry_process=$!
end() {
  local code=$?
  kill $registry_process 2>/dev/null
  wait $registry_process 2>/dev/null
  (exit $code)
  clean_up
}
trap end EXIT
until_true 20 grep -q "listening on" "$work/registry.log"

sh "$here/../../etc/demo-image.sh" "$work/demo.tar"
push() {
  skopeo copy --quiet --dest-tls-verify=false --dest-creds reader:secret "docker-archive:$work/demo.tar" "docker://$registry/$1"
}
push team/demo:1 >/dev/null || { cat "$work/registry.log"; exit 1; }

cat >"$work/cleat.toml" <<TOML
[plugins.runtime-oci]
insecure_registries = ["$registry"]
TOML
start_up --config "$work/cleat.toml"
eventually 'the node is ready' 30 ' Ready ' kubectl get nodes

kubectl run anybody --image="$registry/team/demo:1" >/dev/null
eventually 'without a password the registry refuses' 30 'ErrImagePull|ImagePullBackOff' kubectl get pod anybody
check 'and the event says so' 'Failed to pull image.*(unauthorized|authentication required)' kubectl describe pod anybody

kubectl create secret docker-registry reader --docker-server="$registry" --docker-username=reader --docker-password=secret >/dev/null
cat >"$work/pod.json" <<JSON
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"reader"},
 "spec":{"imagePullSecrets":[{"name":"reader"}],"containers":[{"name":"c","image":"$registry/team/demo:1","ports":[{"containerPort":8080}]}]}}
JSON
kubectl create -f "$work/pod.json" >/dev/null
eventually 'with the one of imagePullSecrets it comes' 60 '1/1 +Running' kubectl get pod reader
check 'as the events tell' "Pulling image \"$registry/team/demo:1\".*Successfully pulled image" kubectl describe pod reader
check 'the status names what was pulled by its digest' "^$registry/team/demo@sha256:" \
  kubectl get pod reader -o 'jsonpath={.status.containerStatuses[0].imageID}'
check 'and it is at work' '^reader' fetch "http://$(kubectl get pod reader -o jsonpath='{.status.podIP}'):8080"

kubectl patch serviceaccount default -p '{"imagePullSecrets":[{"name":"reader"}]}' >/dev/null
kubectl run second --image="$registry/team/demo:1" --image-pull-policy=IfNotPresent >/dev/null
eventually 'what is present need not be pulled' 60 'already present on machine' kubectl describe pod second
kubectl run missing --image="$registry/team/demo:2" >/dev/null
eventually 'a tag that is not there' 30 'ErrImagePull|ImagePullBackOff' kubectl get pod missing
check 'is named' 'Failed to pull image.*(manifest unknown|not found)' kubectl describe pod missing
push team/demo:2 >/dev/null
eventually 'and comes when it is pushed' 90 '1/1 +Running' kubectl get pod missing

digest=$(kubectl get pod reader -o 'jsonpath={.status.containerStatuses[0].imageID}')
kubectl run pinned --image="$digest" >/dev/null
eventually 'an image by its digest' 60 '1/1 +Running' kubectl get pod pinned
pinned=$(kubectl get pod pinned -o 'jsonpath={.spec.containers[0].image}')
check 'is one' "^$registry/team/demo@sha256:[0-9a-f]{64}$" echo "$pinned"
kill $registry_process
kubectl run late --image="$registry/team/demo:3" >/dev/null
eventually 'a registry that is gone' 30 'ErrImagePull|ImagePullBackOff' kubectl get pod late
check 'leaves a clear event' 'Failed to pull image.*(refused|connect)' kubectl describe pod late
kubectl delete pod --all --timeout=60s >/dev/null
finish
