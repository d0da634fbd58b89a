#!/bin/bash
# What changes of storage do to pods that wait: each makes those tried that it may help, and nobody else. How often pods were tried
# stands in the server's metrics.
build=${1:?usage: storage_hints_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
# Nobody but the scheduler brings claims and volumes together here.
{
  sed -n '/^\[controllers\]/,/^]/p' "$here/../../etc/cleat.toml" | sed 's/"controller-persistent-volume-binder", //; s/"provisioner-local-path",//'
  nobody_is_missed
} >"$work/site.toml"
start_server --config "$work/site.toml"
until_true 20 kubectl get serviceaccount default

make() { printf -- '---\n%s\n' "$1" | kubectl create -f -; }
attempts() { kubectl get --raw /metrics | awk -v result="result=\"$1\"" '/^scheduler_schedule_attempts_total/ && index($0, result) {sum += $NF} END {print sum + 0}'; }
tried() { attempts unschedulable; }
volume() {  # NAME CLASS [MORE]
  make "{apiVersion: v1, kind: PersistentVolume, metadata: {name: $1}, spec: {capacity: {storage: 5Gi}, accessModes: [ReadWriteOnce], storageClassName: $2, csi: {driver: disks.example.com, volumeHandle: $1}${3:+, $3}}}"
}
claim() {  # NAME CLASS [MORE]
  make "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: $1}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, storageClassName: $2${3:+, $3}}}"
}
class() {  # NAME [MORE]
  make "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: $1}, provisioner: kubernetes.io/no-provisioner, volumeBindingMode: WaitForFirstConsumer${2:+, $2}}"
}
user() {  # NAME CLAIM
  make "{apiVersion: v1, kind: Pod, metadata: {name: $1}, spec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: pause}], volumes: [{name: v, persistentVolumeClaim: {claimName: $2}}]}}"
}
csi_node() {  # COUNT
  printf -- '---\n%s\n' "{apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: n1}, spec: {drivers: [{name: disks.example.com, nodeID: n1, topologyKeys: [], allocatable: {count: $1}}]}}"
}
why() { kubectl get pod "$1" -o 'jsonpath={range .status.conditions[?(@.type=="PodScheduled")]}{.message}{end}'; }
wants() { kubectl get pvc "$1" -o 'jsonpath={.spec.volumeName} {.metadata.annotations.volume\.kubernetes\.io/selected-node}'; }
meant_for() { kubectl get pv "$1" -o 'jsonpath={.spec.claimRef.name}'; }
where() { kubectl get pod "$1" -o 'jsonpath={.spec.nodeName}'; }
# Nothing polls: what has been tried stands still once everybody who waits has been told why.
base=0
more() {  # N: how many tries there were since the last time this held
  local now
  now=$(tried)
  echo "$((now - base))"
}
tries() { eventually "$1" 20 "^$2\$" more; base=$(tried); }  # DESCRIPTION N

make '{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {allocatable: {cpu: "4", memory: 8Gi, pods: "50"}, conditions: [{type: Ready, status: "True", reason: Said, message: so}]}}' >/dev/null
class slow >/dev/null
class fast >/dev/null
claim of-slow slow >/dev/null
claim of-fast fast >/dev/null
claim of-late late >/dev/null
user absent nowhere >/dev/null
user slow of-slow >/dev/null
user fast of-fast >/dev/null
user late of-late >/dev/null
eventually 'a pod waits for a claim' 20 'persistentvolumeclaim "nowhere" not found' why absent
eventually 'one for a volume' 20 "didn't find available persistent volumes to bind" why slow
eventually 'one for one of another class' 20 "didn't find available persistent volumes to bind" why fast
eventually 'one for a class' 20 'late|unbound immediate' why late
tries 'each was tried once' 4

echo '--- claims'
claim another slow >/dev/null
claim nowhere fast >/dev/null
eventually 'a claim that is there now has its pod tried' 20 "didn't find available persistent volumes to bind" why absent
tries 'and no other, nor does one that nobody uses' 1

echo '--- volumes'
volume odd strange >/dev/null
volume one slow >/dev/null
tries 'a volume of a class has who waits for one tried, and nobody one of another class' 1
kubectl patch pv one --subresource=status --type=merge -p '{"status":{"phase":"Available"}}' >/dev/null
eventually 'when it is ready it is theirs' 20 '^of-slow$' meant_for one
kubectl patch pvc of-slow --type=merge -p '{"spec":{"volumeName":"one"},"metadata":{"annotations":{"pv.kubernetes.io/bind-completed":"yes"}}}' >/dev/null
kubectl patch pvc of-slow --subresource=status --type=merge -p '{"status":{"phase":"Bound"}}' >/dev/null
eventually 'who is there when that is bound' 20 '^n1$' where slow
tries 'nobody else was tried for it' 0

echo '--- classes'
class unused >/dev/null
kubectl label storageclass fast a=b >/dev/null
class late 'allowedTopologies: [{matchLabelExpressions: [{key: zone, values: [x]}]}]' >/dev/null
eventually 'a class that is there now has its pod tried' 20 "didn't find available persistent volumes to bind" why late
tries 'and no other, nor do labels of one' 1

echo '--- what nodes take'
csi_node 1 | kubectl create -f - >/dev/null
tries 'a CSINode that is new may help all that wait for volumes' 3
volume two held 'claimRef: {namespace: default, name: full}' >/dev/null
claim full held 'volumeName: two' >/dev/null
kubectl patch pvc full --type=merge -p '{"metadata":{"annotations":{"pv.kubernetes.io/bind-completed":"yes"}}}' >/dev/null
kubectl patch pvc full --subresource=status --type=merge -p '{"status":{"phase":"Bound"}}' >/dev/null
kubectl patch pv two --subresource=status --type=merge -p '{"status":{"phase":"Bound"}}' >/dev/null
user full full >/dev/null
eventually 'a node takes only so many volumes' 20 'node\(s\) exceed max volume count' why full
tries 'which is said once' 1
kubectl label csinode n1 a=b >/dev/null
csi_node 5 | kubectl replace -f - >/dev/null
eventually 'when it takes more the pod is there' 20 '^n1$' where full
tries 'and nobody else was tried' 0
eventually 'who still waits is counted' 20 'scheduler_pending_pods\{plugin="scheduler-default",queue="unschedulable"\} 3' kubectl get --raw /metrics
finish
