#!/bin/bash
# A server and a node (up.sh) with two volume drivers: ours, whose volumes are files of a fixed size, and a vendor's, whose volumes
# are in memory; each a plugin in a process of its own, which dies in between.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/two_nodes.sh"
vendor=$(realpath "$build")/fixtures/volume-scratch.so
[ -e "$vendor" ] || { echo "SKIPPED: volume-scratch has not been built"; exit 77; }
[ -x /sbin/mkfs.ext4 ] && [ -w /dev/loop-control ] || { echo "SKIPPED: there are no loop devices, or no mkfs.ext4"; exit 77; }
cat >"$work/drivers.toml" <<TOML
[node_roles]
volume = ["volume-loop", "volume-scratch"]

[plugins.volume-loop]
isolation = "unconfined"

[plugins.volume-scratch]
path = "$vendor"
most = "32Mi"
TOML
check 'a cluster of one node starts' 'a server and 1 node' up start "$cluster" 1 "$work/drivers.toml"
sh "$here/../../etc/demo-image.sh" "$work/demo.tar"
check 'it gets an image' 'imported into 1 node' up import "$cluster" "$work/demo.tar"

said() { kubectl get events -A --field-selector "involvedObject.name=$1" -o 'jsonpath={range .items[*]}{.reason}: {.message}{"\n"}{end}'; }
run() { kubectl exec "$1" -- sh -c "$2"; }
pod() {  # NAME VOLUME [NODE]
  kubectl create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: c, image: cleat-demo:1, command: [sleep, "3600"], volumeMounts: [{name: v, mountPath: /v}]}]
  volumes: [{name: v, $2}]
YAML
}
ready() { kubectl wait --for=condition=Ready "pod/$1" --timeout=90s; }
mounts() { grep -c " $cluster/.*$1" /proc/self/mountinfo; }
plugins() { "$CLEAT" plugin list --data-dir "$cluster/node-1"; }
check 'both drivers run' 'volume-scratch +1.0.0 +alpha +volume +running +yes' plugins

echo '# a volume that lasts'
kubectl create -f - >/dev/null <<YAML
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: loop.cleat}
spec: {attachRequired: false, volumeLifecycleModes: [Persistent, Ephemeral]}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: ledger}
spec:
  capacity: {storage: 8Mi}
  accessModes: [ReadWriteMany]
  storageClassName: loop
  claimRef: {namespace: default, name: ledger}
  csi: {driver: loop.cleat, volumeHandle: ledger, fsType: ext4}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: ledger}
spec: {accessModes: [ReadWriteMany], storageClassName: loop, resources: {requests: {storage: 8Mi}}}
YAML
check 'a pod with it' 'created' pod writer 'persistentVolumeClaim: {claimName: ledger}'
check 'starts' 'condition met' ready writer
check 'writes' '' run writer 'echo kept >/v/note'
check 'and has no more room than was asked for' 'No space left on device' run writer 'dd if=/dev/zero of=/v/big bs=1M count=20 2>&1; rm -f /v/big'
check 'a second pod' 'created' pod reader 'persistentVolumeClaim: {claimName: ledger, readOnly: true}'
check 'starts' 'condition met' ready reader
check 'has the same' '^kept$' run reader 'cat /v/note'
check_fails 'to read' 'Read-only file system' run reader 'touch /v/x'
kill -KILL "$(pgrep -f "cleat host .*volume-loop.so" | head -1)"
kubectl delete pod writer reader --wait=true >/dev/null
eventually 'a driver that has died meanwhile unmounts it all the same' 60 '^0$' mounts 'pods/|mounts/ledger'
check 'a pod that comes later' 'created' pod later 'persistentVolumeClaim: {claimName: ledger}'
check 'starts' 'condition met' ready later
check 'and finds what was written' '^kept$' run later 'cat /v/note'

echo '# volumes of a pod alone'
check "a vendor's driver is named by a pod" 'created' pod scratch 'csi: {driver: scratch.example.com, volumeAttributes: {size: 1Mi}}'
check 'which starts' 'condition met' ready scratch
check 'with a volume in memory' '^tmpfs$' run scratch 'stat -f -c %T /v'
check 'of that size' '^1024$' run scratch 'df -k /v | tail -1 | tr -s " " | cut -d " " -f 2'
check 'one that asks for too much' 'created' pod greedy 'csi: {driver: scratch.example.com, volumeAttributes: {size: 1Gi}}'
eventually 'is told so' 60 'FailedMount: MountVolume.SetUp failed for volume "v" : size "1Gi": must be an amount of bytes up to 33554432' said greedy
check 'a driver that nobody has' 'created' pod lost 'csi: {driver: nobody.example.com}'
eventually 'is told too' 60 'driver name nobody.example.com not found in the list of volume drivers of this node' said lost
check 'a file for a pod alone' 'created' pod own 'csi: {driver: loop.cleat, volumeAttributes: {size: 4Mi}}'
check 'is there' 'condition met' ready own
files() { find "$cluster/node-1" -name 'inline-*.img' | wc -l; }
check 'as a file' '^1$' files
kubectl delete pod --all --wait=true >/dev/null
eventually 'and goes with it' 60 '^0$' files
eventually 'nothing stays mounted' 30 '^0$' mounts 'pods/|mounts/'
finish
