#!/bin/bash
# A server and a node (up.sh) with a CSI driver as real ones are: a program of its own in Go, which registers by its socket and knows
# nothing of Cleat. Its volumes are attached by Kubernetes' own external-attacher where that has been built
# (`go build -o DIR/csi-attacher github.com/kubernetes-csi/external-attacher/v4/cmd/csi-attacher` in csi-driver, CSI_ATTACHER=DIR/csi-attacher); without
# it this script says what it would say.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/two_nodes.sh"
command -v go >/dev/null || { echo "SKIPPED: there is no Go, which the driver is compiled with"; exit 77; }
[ -x /sbin/mkfs.ext4 ] && [ -w /dev/loop-control ] || { echo "SKIPPED: there are no loop devices, or no mkfs.ext4"; exit 77; }
(cd "$here/csi-driver" && HOME=${CSI_HOME:-/root} go build -o "$work/csi-driver" .) 2>"$work/go.log" ||
  { echo "SKIPPED: the driver's modules cannot be had: $(tail -1 "$work/go.log")"; exit 77; }
disks=$work/disks registry=$work/plugins_registry
mkdir -p "$disks" "$registry"
cat >"$work/csi.toml" <<TOML
[node_roles]
volume = ["volume-csi"]

[plugins.volume-csi]
registration_folder = "$registry"
TOML
export AGENT_TOML='volume_resync = "2s"'
driver_pid= attacher_pid=
stop_programs() {
  local code=$?
  kill $attacher_pid $driver_pid 2>/dev/null
  # What waits for a driver that is gone would wait for ever.
  pids=$(pgrep -f -- "--csi-address $disks/csi.sock") && kill $pids
  (exit $code)
  clean_up
}
trap stop_programs EXIT
start_driver() { "$work/csi-driver" --folder "$disks" --registry "$registry" >>"$work/driver.log" 2>&1 & driver_pid=$!; }
check 'a cluster of one node starts' 'a server and 1 node' up start "$cluster" 1 "$work/csi.toml"
[ "$failures" = 0 ] || exit 1
sh "$here/../../etc/demo-image.sh" "$work/demo.tar"
check 'it gets an image' 'imported into 1 node' up import "$cluster" "$work/demo.tar"

calls() { cat "$disks/calls.log"; }
count() { grep -c "$1" "$disks/calls.log" || true; }
said() { kubectl get events -A --field-selector "involvedObject.name=$1" -o 'jsonpath={range .items[*]}{.reason}: {.message}{"\n"}{end}'; }
run() { kubectl exec "$1" -- sh -c "$2"; }
ready() { kubectl wait --for=condition=Ready "pod/$1" --timeout=60s; }
of() { kubectl get "$1" "$2" -o "jsonpath={$3}"; }
pod() {  # NAME VOLUME [volumeDevices…|volumeMounts…] [MORE OF THE SPEC]
  local use=${3:-}
  [ -n "$use" ] || use='volumeMounts: [{name: v, mountPath: /v}]'
  kubectl create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: c, image: cleat-demo:1, command: [sleep, "3600"], $use}]
  volumes: [{name: v, $2}]
  ${4:-}
YAML
}
disk() {  # NAME [MORE OF csi] [MORE OF THE SPEC]
  kubectl create -f - <<YAML
apiVersion: v1
kind: PersistentVolume
metadata: {name: $1}
spec:
  capacity: {storage: 8Mi}
  accessModes: [ReadWriteOnce]
  storageClassName: disks
  claimRef: {namespace: default, name: $1}
  csi: {driver: disks.csi.example, volumeHandle: ${4:-$1}, fsType: ext4${2:+, $2}}
  ${3:-}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: $1}
spec: {accessModes: [ReadWriteOnce], storageClassName: disks, volumeMode: ${5:-Filesystem}, resources: {requests: {storage: 8Mi}}}
YAML
}
claim() { echo "persistentVolumeClaim: {claimName: $1}"; }

echo '# a driver registers'
kubectl create -f - >/dev/null <<YAML
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: disks.csi.example}
spec:
  podInfoOnMount: true
  volumeLifecycleModes: [Persistent, Ephemeral]
  tokenRequests: [{audience: vault.example}]
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: disks}
provisioner: disks.csi.example
allowVolumeExpansion: true
YAML
start_driver
eventually 'the node has it' 20 'disks.csi.example machine-1 7 \["csi.example/rack"\]' kubectl get csinode node-1 -o \
  'jsonpath={range .spec.drivers[*]}{.name} {.nodeID} {.allocatable.count} {.topologyKeys}{end}'
check 'and says where it is, for the driver' '^r-1$' of node node-1 '.metadata.labels.csi\.example/rack'
eventually 'the driver is told' 5 'registered true' calls
if [ -x "${CSI_ATTACHER:-}" ]; then
  # It ends when its driver does, and is started again as its pod would be.
  while sleep 0.5; do
    up exec "$cluster" "$CSI_ATTACHER" --kubeconfig "$cluster/server/admin.kubeconfig" --csi-address "$disks/csi.sock"
  done >"$work/attacher.log" 2>&1 &
else
  echo "(without Kubernetes' external-attacher)"
  while sleep 0.2; do
    for one in $(kubectl get volumeattachments -o 'jsonpath={range .items[?(@.status.attached==false)]}{.metadata.name}/{.spec.source.persistentVolumeName} {end}'); do
      case $one in
        */refused) status='{"attached":false,"attachError":{"message":"rpc error: code = NotFound desc = there is no volume refused-1"}}' ;;
        *) status='{"attached":true,"attachmentMetadata":{"slot":"machine-1/1"}}' ;;
      esac
      kubectl patch volumeattachment "${one%/*}" --subresource=status --type=merge -p "{\"status\":$status}"
    done
  done >/dev/null 2>&1 &
fi
attacher_pid=$!

echo '# a volume with a filesystem'
kubectl create secret generic stage --from-literal=pass=one >/dev/null
kubectl create secret generic publish --from-literal=pass=two >/dev/null
check 'a disk' 'created' disk ledger \
  'volumeAttributes: {colour: red}, nodeStageSecretRef: {namespace: default, name: stage}, nodePublishSecretRef: {namespace: default, name: publish}' \
  'mountOptions: [noatime]'
check 'a pod with it' 'created' pod writer "$(claim ledger)" '' 'securityContext: {fsGroup: 2000}'
check 'starts' 'condition met' ready writer
check 'it was attached' 'SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "ledger"' said writer
check 'the node says that it is' '^kubernetes.io/csi/disks.csi.example\^ledger$' of node node-1 '.status.volumesAttached[*].name'
check 'and that it uses it' '^kubernetes.io/csi/disks.csi.example\^ledger$' of node node-1 '.status.volumesInUse[*]'
check 'the driver staged it with what the attacher said' 'NodeStageVolume .*"publishContext":\{"slot":"machine-1/1"\}' calls
check 'and its secret' 'NodeStageVolume .*"secrets":\{"pass":"one"\}' calls
check 'and mount options' 'NodeStageVolume .*"mountFlags":\["noatime"\]' calls
check 'published it with another secret' 'NodePublishVolume .*"secrets":\{"pass":"two"\}' calls
check 'with what the volume says' 'NodePublishVolume .*"colour":"red"' calls
check 'whose pod it is' 'NodePublishVolume .*"csi.storage.k8s.io/pod.name":"writer"' calls
check 'and a token of it' 'NodePublishVolume .*"csi.storage.k8s.io/serviceAccount.tokens":"\{.*vault.example.*token' calls
check 'the pod writes' '' run writer 'echo kept >/v/note'
check 'to the disk' 'ext4 .*noatime' run writer 'grep " /v " /proc/mounts'
check "whose files are its group's" '^2000$' run writer 'stat -c %g /v'

echo '# until the last pod has gone'
check 'a second pod' 'created' pod reader "persistentVolumeClaim: {claimName: ledger, readOnly: true}"
check 'starts' 'condition met' ready reader
check 'and reads' '^kept$' run reader 'cat /v/note'
check_fails 'only' 'Read-only file system' run reader 'touch /v/x'
kubectl delete pod writer --wait=true >/dev/null
check 'it stays staged' '^0$' count NodeUnstageVolume
kill -KILL $driver_pid
kubectl delete pod reader --wait=false >/dev/null
start_driver
eventually 'a driver that died meanwhile unstages it' 40 '^1$' count '^NodeUnstageVolume'
eventually 'it is detached' 20 'No resources found' kubectl get volumeattachments
check 'and not in use' '^$' of node node-1 '.status.volumesInUse[*]'
mounts() { grep -c " $cluster/.*\(volumes/\|globalmount\)" /proc/self/mountinfo || true; }
check 'nothing is mounted' '^0$' mounts

echo '# a device'
check 'a disk without a filesystem' 'created' disk raw '' 'volumeMode: Block' raw Block
check 'a pod with the device' 'created' pod device "$(claim raw)" 'volumeDevices: [{name: v, devicePath: /dev/disk}]'
check 'starts' 'condition met' ready device
check 'it is one' '^b' run device 'ls -l /dev/disk'
check 'and is written' 'written here' run device 'echo written here >/dev/disk; sync; head -c 12 /dev/disk'
check 'the driver knew' 'NodePublishVolume .*"volumeId":"raw".*"block":\{\}|NodePublishVolume .*"block":\{\}.*"volumeId":"raw"' calls
size() { run device 'cat /dev/disk | wc -c'; }
check 'as large as it was made' '^8388608$' size
kubectl patch pv raw --type=merge -p '{"spec":{"capacity":{"storage":"24Mi"}}}' >/dev/null
eventually 'it becomes larger, and the claim says so' 20 '^24Mi$' of pvc raw .status.capacity.storage
check 'while the pod uses it' '^25165824$' size
check 'which is told' 'FileSystemResizeSuccessful: MountVolume.NodeExpandVolume succeeded for volume "raw"' said device
check 'the same as a folder' 'created' pod folder "$(claim raw)"
eventually 'is refused' 30 'volume v has volumeMode Block, but is specified in volumeMounts' said folder
kubectl delete pod folder device --wait=true >/dev/null
check 'it has what was written' 'written here' head -c 12 "$disks/raw.img"

echo "# a pod's own, and what cannot be"
check 'a pod names the driver' 'created' pod own 'csi: {driver: disks.csi.example}'
check 'starts' 'condition met' ready own
check 'with a volume for itself' '^for default/own$' run own 'cat /v/whose'
kubectl delete pod own --wait=true >/dev/null
check 'a disk that is not there' 'created' disk refused '' '' refused-1
check 'a pod with it' 'created' pod lost "$(claim refused)"
eventually 'is told by who attaches' 30 'FailedAttachVolume: AttachVolume.Attach failed for volume "refused" : rpc error: code = NotFound desc = there is no volume refused-1' said lost
kubectl delete pod lost --wait=true >/dev/null
kill $driver_pid
rm -f "$registry"/*.sock
eventually 'a driver that has gone is on the node no more' 20 '^$' of csinode node-1 '.spec.drivers[*].name'
finish
