#!/bin/bash
# A server and a node (up.sh) with two drivers of devices: a vendor's plugin, whose devices are nodes of the machine, and a program of
# its own in Go that is made with Kubernetes' library for such drivers and registers as with the kubelet.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/two_nodes.sh"
vendor=$(realpath "$build")/fixtures/device-nodes.so
[ -e "$vendor" ] || { echo "SKIPPED: device-nodes has not been built"; exit 77; }
[ -c /dev/fuse ] || { echo "SKIPPED: there is no /dev/fuse"; exit 77; }
registry=$work/plugins_registry notes=$work/notes cdi=$work/cdi
mkdir -p "$registry" "$notes" "$cdi"
mknod "$work/spare" c 1 3 2>/dev/null || { echo "SKIPPED: device nodes cannot be made here"; exit 77; }
has_driver=
if command -v go >/dev/null && (cd "$here/dra-driver" && HOME=/root go build -o "$work/dra-driver" .) 2>"$work/go.log"; then
  has_driver=yes
else
  echo "(without a driver in Go: $(tail -1 "$work/go.log" 2>/dev/null))"
fi
cat >"$work/devices.toml" <<TOML
[node_roles]
device-driver = ["device-nodes", "device-dra"]

[plugins.device-nodes]
path = "$vendor"
devices = ["fuse=/dev/fuse", "spare=$work/spare", "zero=/dev/zero"]
cdi_folder = "$cdi"

[plugins.device-dra]
registration_folder = "$registry"

[plugins.runtime-oci]
cdi_dirs = ["$cdi"]
TOML
driver_pid=
stop_driver() { [ -z "$driver_pid" ] || kill "$driver_pid" 2>/dev/null; driver_pid=; }
trap 'code=$?; stop_driver; (exit $code); clean_up' EXIT
start_driver() {
  # Replaced by the program, so that the number is the program's.
  (exec nsenter --net="/run/netns/cleat-$(printf %s "$cluster" | sha256sum | cut -c1-6)-hub" -- "$work/dra-driver" --folder "$notes" --cdi "$cdi" \
    --registry "$registry" --kubeconfig "$cluster/server/admin.kubeconfig" --node node-1) >>"$work/driver.log" 2>&1 &
  driver_pid=$!
}
check 'a cluster of one node starts' 'a server and 1 node' up start "$cluster" 1 "$work/devices.toml"
[ "$failures" = 0 ] || exit 1
sh "$here/../../etc/demo-image.sh" "$work/demo.tar"
check 'it gets an image' 'imported into 1 node' up import "$cluster" "$work/demo.tar"

said() { kubectl get events -A --field-selector "involvedObject.name=$1" -o 'jsonpath={range .items[*]}{.reason}: {.message}{"\n"}{end}'; }
run() { kubectl exec "$1" -c c -- sh -c "$2"; }
ready() { kubectl wait --for=condition=Ready "pod/$1" --timeout=60s; }
files() { find "$cdi" -type f | wc -l; }
class() {  # NAME EXPRESSION
  kubectl create -f - <<YAML
apiVersion: resource.k8s.io/v1
kind: DeviceClass
metadata: {name: $1}
spec: {selectors: [{cel: {expression: '$2'}}]}
YAML
}
claim() {  # NAME CLASS [MORE OF devices]
  kubectl create -f - <<YAML
apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata: {name: $1}
spec: {devices: {requests: [{name: one, exactly: {deviceClassName: $2}}]${3:+, $3}}}
YAML
}
pod() {  # NAME SOURCE
  kubectl create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  terminationGracePeriodSeconds: 1
  resourceClaims: [{name: d, $2}]
  containers:
  - {name: c, image: cleat-demo:1, command: [sh, -c, "trap 'exit 1' TERM; sleep 3600 & wait"], resources: {claims: [{name: d}]}}
  - {name: without, image: cleat-demo:1, command: [sleep, "3600"]}
YAML
}

echo '# what there is'
eventually "a vendor's driver publishes its devices" 20 '^node-1 fuse spare zero $' kubectl get resourceslices -o \
  'jsonpath={range .items[?(@.spec.driver=="devices.example.com")]}{.spec.nodeName} {range .spec.devices[*]}{.name} {end}{end}'
class fuse 'device.driver == "devices.example.com" && device.attributes["devices.example.com"].path == "/dev/fuse"' >/dev/null
kubectl create -f - >/dev/null <<YAML
apiVersion: resource.k8s.io/v1
kind: ResourceClaimTemplate
metadata: {name: fuse}
spec: {spec: {devices: {requests: [{name: one, exactly: {deviceClassName: fuse}}]}}}
YAML

echo '# a device of the machine'
check 'a pod claims it' 'created' pod mounts 'resourceClaimTemplateName: fuse'
check 'and starts' 'condition met' ready mounts
check 'it has the device' '^c' run mounts 'ls -l /dev/fuse'
check 'which it may open' '^opened$' run mounts 'exec 3<>/dev/fuse && echo opened'
check 'and the variable' '^/dev/fuse$' run mounts 'echo $DEVICE_FUSE'
check_fails 'another container has not' 'No such file' kubectl exec mounts -c without -- ls /dev/fuse
check 'the runtime is told by a file' '^1$' files
node_pid() { cat "$cluster/node-1.pid"; }
kill "$(node_pid)"
# Nobody may have waited for its end.
while grep -qsF -- "$cluster/" "/proc/$(node_pid)/cmdline"; do sleep 0.1; done
(exec nsenter --net="/run/netns/cleat-$(printf %s "$cluster" | sha256sum | cut -c1-6)-1" -- setsid "$CLEAT" agent --data-dir "$cluster/node-1" \
  --server https://172.31.255.1:6443 --node-name node-1 --config "$cluster/node-1.toml") >>"$cluster/node-1.log" 2>&1 </dev/null &
echo $! >"$cluster/node-1.pid"
restarts() { kubectl get pod mounts -o 'jsonpath={.status.containerStatuses[0].restartCount}'; }
eventually 'a node that was started anew answers' 60 '^here$' run mounts 'echo here'
run mounts 'kill -TERM 1' >/dev/null 2>&1
eventually 'a container that ends is started anew' 40 '^1$' restarts
eventually 'and has it still' 20 '^opened$' run mounts 'exec 3<>/dev/fuse && echo opened'
check 'a second pod waits for the device' 'created' pod second 'resourceClaimTemplateName: fuse'
eventually 'and is told so' 20 'cannot allocate all claims' said second
kubectl delete pod mounts --wait=true >/dev/null
check 'until the first has gone' 'condition met' ready second
kubectl delete pod second --wait=true >/dev/null
eventually 'nothing stays prepared' 10 '^0$' files

echo '# how devices are'
health() {  # POD: of the devices of its container c
  kubectl get pod "$1" -o 'jsonpath={range .status.containerStatuses[?(@.name=="c")].allocatedResourcesStatus[*]}{.name} {range .resources[*]}{.resourceID} {.health} {.message}{end}{end}'
}
class spare 'device.driver == "devices.example.com" && device.attributes["devices.example.com"].path.endsWith("/spare")' >/dev/null
claim spare spare >/dev/null
check 'a pod with a device' 'created' pod looks 'resourceClaimName: spare'
check 'starts' 'condition met' ready looks
eventually 'its status says that the device is well' 20 '^claim:d devices.example.com/node=[-a-f0-9]*-spare Healthy $' health looks
rm "$work/spare"
eventually 'and that it is gone' 20 '^claim:d devices.example.com/node=[-a-f0-9]*-spare Unhealthy .*spare: No such file' health looks
kubectl delete pod looks --wait=true >/dev/null
kubectl delete resourceclaim spare >/dev/null

echo '# a device asked for as an extended resource'
check 'the class says which' 'patched' kubectl patch deviceclass fuse --type=merge -p '{"spec":{"extendedResourceName":"example.com/fuse"}}'
check 'a pod asks for it' 'created' kubectl create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: asks}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: c, image: cleat-demo:1, command: [sh, -c, "trap 'exit 1' TERM; sleep 3600 & wait"], resources: {limits: {example.com/fuse: 1}}}
  - {name: without, image: cleat-demo:1, command: [sleep, "3600"]}
YAML
check 'and starts' 'condition met' ready asks
check 'it has the device' '^opened$' run asks 'exec 3<>/dev/fuse && echo opened'
check_fails 'another container has not' 'No such file' kubectl exec asks -c without -- ls /dev/fuse
made_for() { kubectl get pod "$1" -o 'jsonpath={.status.extendedResourceClaimStatus.resourceClaimName}'; }
check 'of a claim that was made for it' '^asks-extended-resources-' made_for asks
kubectl delete pod asks --wait=true >/dev/null
eventually 'nothing stays prepared' 10 '^0$' files
eventually 'and no claim' 20 'No resources found' kubectl get resourceclaims

if [ -n "$has_driver" ]; then
  echo "# a driver made with Kubernetes' library"
  start_driver
  notes_published() {
    kubectl get resourceslices -o 'jsonpath={range .items[?(@.spec.driver=="notes.dra.example")]}{.spec.devices[*].name}{end}.'
  }
  eventually 'publishes a device' 20 '^notes\.$' notes_published
  class notes 'device.driver == "notes.dra.example"' >/dev/null
  echo 'from the driver' >"$notes/note"
  touch "$notes/refuse"
  check 'a claim for it' 'created' claim notes notes \
    'config: [{requests: [one], opaque: {driver: notes.dra.example, parameters: {"colour": "red"}}}]'
  check 'a pod with it' 'created' pod reader 'resourceClaimName: notes'
  eventually 'is told what the driver says' 20 \
    'FailedPrepareDynamicResources: Failed to prepare dynamic resources: prepare dynamic resources: NodePrepareResources failed for ResourceClaim notes: .*the notes are being sorted' said reader
  rm "$notes/refuse"
  check 'starts when it can' 'condition met' ready reader
  eventually 'of whose device nothing is known' 20 '^claim:d notes.dra.example/notes=[-a-f0-9]* Unknown $' health reader
  echo 'Unhealthy the ink is dry' >"$notes/health"
  eventually 'until the driver says how it is' 20 '^claim:d notes.dra.example/notes=[-a-f0-9]* Unhealthy the ink is dry$' health reader
  echo 'Healthy' >"$notes/health"
  eventually 'and that it has become well' 20 '^claim:d notes.dra.example/notes=[-a-f0-9]* Healthy $' health reader
  rm "$notes/health"
  eventually 'what is not repeated is not known' 20 '^claim:d notes.dra.example/notes=[-a-f0-9]* Unknown $' health reader
  check 'with what the driver mounts' '^from the driver$' run reader 'cat $NOTES/note'
  check 'which had its parameters' '^parameters \{"colour":"red"\}$' tail -1 "$notes/calls.log"
  check 'and another pod shares it' 'created' pod other 'resourceClaimName: notes'
  check 'at once' 'condition met' ready other
  kubectl delete pod reader --wait=true >/dev/null
  count() { grep -c "$1" "$notes/calls.log" || true; }
  check 'the driver is not troubled while one uses it' '^0$' count '^unprepare'
  stop_driver
  kubectl delete pod other --wait=false >/dev/null
  eventually 'a pod waits for a driver that is away' 20 'DRA driver notes.dra.example is not registered' cat "$cluster/node-1.log"
  start_driver
  eventually 'which unprepares it when it is back' 40 '^1$' count '^unprepare default/notes'
  eventually 'and then the pod goes' 20 'No resources found' kubectl get pods
  eventually 'nothing stays prepared' 10 '^0$' files
  stop_driver
  check 'what a driver has published outlasts a restart of it' '^notes\.$' notes_published
  eventually 'and goes when it stays away' 60 '^\.$' notes_published
fi
finish
