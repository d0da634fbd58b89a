#!/bin/bash
# The scheduler on nodes that nobody is at: where pods go, why others wait, what makes them go on, and who has to make room
# for whom, as a user of kubectl sees it. What a node would do, letting pods go that are deleted, is done here.
build=${1:?usage: scheduling_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server
until_true 20 kubectl get serviceaccount default

node() {  # NAME LABELS AMOUNTS
  kubectl create -f - <<YAML
apiVersion: v1
kind: Node
metadata: {name: $1, labels: {kubernetes.io/hostname: $1$2}}
status:
  allocatable: {cpu: "4", memory: 8Gi, pods: "20"$3}
  capacity: {cpu: "4", memory: 8Gi, pods: "20"$3}
  conditions: [{type: Ready, status: "True", reason: Said, message: so}]
YAML
}
pod() {  # NAME REQUESTS SPEC… (lines of the pod's specification)
  local name=$1 requests=$2
  shift 2
  kubectl create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $name, labels: {app: ${name%%-*}}}
spec:
  terminationGracePeriodSeconds: 0
$(printf '  %s\n' "$@")
  containers: [{name: c, image: pause, resources: {requests: {$requests}, limits: {$(tr ',' '\n' <<<"$requests" | grep / | paste -sd,)}}}]
YAML
}
class() {  # NAME VALUE POLICY
  kubectl create -f - <<YAML
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: $1}
value: $2
preemptionPolicy: ${3:-PreemptLowerPriority}
YAML
}
where() { kubectl get pod "$1" -o 'jsonpath={.spec.nodeName}'; }
why() { kubectl get pod "$1" -o 'jsonpath={range .status.conditions[?(@.type=="PodScheduled")]}{.status} {.reason}: {.message}{end}'; }
nominated() { kubectl get pod "$1" -o 'jsonpath={.status.nominatedNodeName}'; }
events() { kubectl get events --field-selector "involvedObject.name=$1" -o 'jsonpath={range .items[*]}{.reason}: {.message}{"\n"}{end}'; }
gone() { kubectl get pod "$1" 2>&1; }
let_go() { kubectl delete pod "$1" --force --grace-period=0 2>&1; }

check 'a node' 'created' node a ', topology.kubernetes.io/zone: north'
check 'a pod' 'created' pod first 'cpu: "1"'
eventually 'goes there' 20 '^a$' where first
eventually 'which an event says' 10 'Scheduled: Successfully assigned default/first to a' events first
check 'in the newer form' '^Binding default-scheduler default-scheduler-[^ ]+ 20[0-9-]+T[0-9:]+\.[0-9]{6}Z \.$' kubectl get events \
  --field-selector involvedObject.name=first,reason=Scheduled,source=default-scheduler \
  -o 'jsonpath={.items[0].action} {.items[0].reportingComponent} {.items[0].reportingInstance} {.items[0].eventTime} {.items[0].source.component}.'
check 'another node' 'created' node b ', topology.kubernetes.io/zone: south, disk: ssd'
check 'a pod that selects it' 'created' pod picky 'cpu: "1"' 'nodeSelector: {disk: ssd}'
eventually 'goes there' 20 '^b$' where picky

echo '--- why pods wait'
check 'one for a node that there is not' 'created' pod lost 'cpu: 100m' 'nodeSelector: {disk: tape}'
eventually 'says so' 20 "^False Unschedulable: 0/2 nodes are available: 2 node\(s\) didn't match Pod's node affinity/selector. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.$" why lost
eventually 'also in an event' 10 "FailedScheduling: 0/2 nodes are available: 2 node\(s\) didn't match" events lost
check 'as is of which state of the pod' '^1$' kubectl get pod lost -o 'jsonpath={.status.conditions[?(@.type=="PodScheduled")].observedGeneration}'
check 'one that names its node' 'created' pod named 'cpu: 100m' \
  'affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [c]}]}]}}}'
eventually 'says of the others that they are not it' 20 '^False Unschedulable: 0/2 nodes are available: 2 node\(s\) didn.t satisfy plugin\(s\) \[NodeAffinity\]. preemption: 0/2' why named
check 'one that names two at a time' 'created' pod torn 'cpu: 100m' \
  'affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [a]}, {key: metadata.name, operator: In, values: [b]}]}]}}}'
eventually 'says that there can be none' 20 '^False Unschedulable: 0/2 nodes are available: pod affinity terms conflict. not found$' why torn
kubectl delete pod named torn >/dev/null
check 'one that is too large' 'created' pod huge 'cpu: "3500m"'
eventually 'says so' 20 '^False Unschedulable: 0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.$' why huge
check 'a node is cordoned' 'cordoned' kubectl cordon a
check 'the other tainted' 'tainted' kubectl taint node b gpu=yes:NoSchedule
check 'nothing is left for another' 'created' pod late 'cpu: 100m'
eventually 'which says so' 20 '^False Unschedulable: 0/2 nodes are available: 1 node\(s\) had untolerated taint\(s\), 1 node\(s\) were unschedulable. preemption' why late
check 'the taint goes' 'untainted' kubectl taint node b gpu-
eventually 'and it is placed' 20 '^b$' where late
check 'as is the cordon' 'uncordoned' kubectl uncordon a
check 'a label appears' 'labeled' kubectl label node a disk=tape
eventually 'and so the lost one is found a place' 20 '^a$' where lost
check 'its condition is the binding'"'"'s then' '^True;$' kubectl get pod lost -o \
  'jsonpath={range .status.conditions[?(@.type=="PodScheduled")]}{.status};{.observedGeneration}{end}'
check 'one with a claim that is not there' 'created' pod stored 'cpu: 100m' 'volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]'
eventually 'waits for it' 20 '^False Unschedulable: 0/2 nodes are available: persistentvolumeclaim "data" not found. not found$' why stored
volume() {
  kubectl create -f - <<YAML
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk-1}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  local: {path: /mnt/disk}
  claimRef: {namespace: default, name: data}
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [b]}]}]}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {storageClassName: "", volumeName: disk-1, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
YAML
}
check 'it is made and bound to a disk of one node' 'persistentvolumeclaim/data created' volume
eventually 'so the pod is there' 20 '^b$' where stored
disk() {  # NAME MODE LABELS SOURCE: a volume and the claim that it is bound to
  kubectl create -f - <<YAML
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv-$1, labels: {$3}}
spec: {capacity: {storage: 1Gi}, accessModes: [$2], claimRef: {namespace: default, name: $1}, $4}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: $1}
spec: {storageClassName: "", volumeName: pv-$1, accessModes: [$2], resources: {requests: {storage: 1Gi}}}
YAML
}
using() { pod "$1" 'cpu: 10m' "volumes: [{name: v, persistentVolumeClaim: {claimName: $2}}]" "${@:3}"; }
check 'a disk in a zone' 'persistentvolumeclaim/far created' disk far ReadWriteOnce 'topology.kubernetes.io/zone: south' 'hostPath: {path: /mnt}'
check 'and a pod for it' 'created' using zoned far
eventually 'which goes to that zone' 20 '^b$' where zoned
check 'a disk for one pod alone' 'persistentvolumeclaim/alone created' disk alone ReadWriteOncePod '' 'hostPath: {path: /mnt}'
check 'and a pod for it' 'created' using only alone
eventually 'which has a place' 20 '^[ab]$' where only
check 'another for the same' 'created' using second alone
eventually 'waits' 20 '^False Unschedulable: 0/2 nodes are available: 2 node\(s\) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod. preemption' why second
let_go only >/dev/null
eventually 'until the first is gone' 20 '^[ab]$' where second
check 'a node whose driver attaches one volume' 'created' kubectl create -f - <<YAML
apiVersion: storage.k8s.io/v1
kind: CSINode
metadata: {name: a}
spec: {drivers: [{name: disks.example.com, nodeID: a, allocatable: {count: 1}}]}
YAML
for i in 1 2; do disk "csi-$i" ReadWriteOnce '' "csi: {driver: disks.example.com, volumeHandle: h$i}" >/dev/null; done
check 'a pod with one there' 'created' using attached csi-1 'nodeSelector: {kubernetes.io/hostname: a}'
eventually 'has its place' 20 '^a$' where attached
check 'and with another one' 'created' using beyond csi-2 'nodeSelector: {kubernetes.io/hostname: a}'
eventually 'waits for room' 20 '1 node\(s\) exceed max volume count' why beyond
let_go attached >/dev/null
eventually 'which a pod that goes leaves' 20 '^a$' where beyond
attachment() {
  kubectl create -f - <<YAML
apiVersion: storage.k8s.io/v1
kind: VolumeAttachment
metadata: {name: left, finalizers: [example.com/attached]}
spec: {attacher: disks.example.com, nodeName: a, source: {persistentVolumeName: pv-csi-1}}
YAML
}
let_go beyond >/dev/null
check 'the volume is still attached' 'created' attachment
check 'a pod with the other one' 'created' using again csi-2 'nodeSelector: {kubernetes.io/hostname: a}'
eventually 'waits for that' 20 '1 node\(s\) exceed max volume count' why again
detach() { kubectl delete volumeattachment left --wait=false && kubectl patch volumeattachment left --type=merge -p '{"metadata":{"finalizers":null}}'; }
check 'it is detached' '' detach
eventually 'and the pod has its place' 20 '^a$' where again
driver() {
  kubectl create -f - <<YAML
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: elsewhere.example.com}
spec: {preventPodSchedulingIfMissing: true}
YAML
}
check 'a driver that pods are not to be without' 'created' driver
disk driven ReadWriteOnce '' 'csi: {driver: elsewhere.example.com, volumeHandle: h}' >/dev/null
check 'a pod that needs it' 'created' using driven driven
eventually 'waits for a node that has it' 20 '^False Unschedulable: 0/2 nodes are available: 2 elsewhere.example.com CSI driver is not installed on the node. preemption' why driven
check 'one has it' 'created' kubectl create -f - <<YAML
apiVersion: storage.k8s.io/v1
kind: CSINode
metadata: {name: b}
spec: {drivers: [{name: elsewhere.example.com, nodeID: b}]}
YAML
eventually 'so the pod is there' 20 '^b$' where driven
for name in again driven; do let_go $name >/dev/null; done

reporting() {
  kubectl create -f - <<YAML
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: tight.example.com}
spec: {storageCapacity: true}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: tight}
provisioner: tight.example.com
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: roomy}
spec: {storageClassName: tight, accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}
YAML
}
left_on() {  # NODE AMOUNT
  kubectl create -f - <<YAML
apiVersion: storage.k8s.io/v1
kind: CSIStorageCapacity
metadata: {name: left-on-$1}
storageClassName: tight
nodeTopology: {matchLabels: {kubernetes.io/hostname: $1}}
capacity: $2
YAML
}
check 'a driver that reports what it has left' 'persistentvolumeclaim/roomy created' reporting
left_on a 1Gi >/dev/null
check 'a pod whose claim asks for more' 'created' using wide roomy
eventually 'waits for storage' 20 '^False Unschedulable: 0/2 nodes are available: 2 node\(s\) did not have enough free storage. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.$' why wide
check 'there is some' 'created' left_on b 2Gi
eventually 'where it is asked for' 20 '^b$' kubectl get pvc roomy -o 'jsonpath={.metadata.annotations.volume\.kubernetes\.io/selected-node}'
let_go wide >/dev/null
more_on() { kubectl patch csistoragecapacity "left-on-$1" --type=merge -p "{\"capacity\":\"$2\"}" >/dev/null; }
claiming() {  # CLAIM: and a pod with it
  kubectl create -f - >/dev/null <<YAML
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: $1}
spec: {storageClassName: tight, accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}
YAML
  using "of-$1" "$1" >/dev/null
}
chosen() { kubectl get pvc "$1" -o 'jsonpath={.metadata.annotations.volume\.kubernetes\.io/selected-node}'; }
more_on a 1000Gi
more_on b 3Gi
claiming at-a
eventually 'of two nodes with room the one that has more of it is taken' 20 '^a$' chosen at-a
let_go of-at-a >/dev/null
more_on a 3Gi
more_on b 1000Gi
claiming at-b
eventually 'and the other when that has more' 20 '^b$' chosen at-b
let_go of-at-b >/dev/null

echo '--- what nodes declare'
restarting() {
  kubectl create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: restarting}
spec:
  restartPolicy: Never
  containers: [{name: c, image: pause, restartPolicy: Never, restartPolicyRules: [{action: RestartAllContainers, exitCodes: {operator: In, values: [1]}}]}]
YAML
}
check 'a pod that is started again as a whole' 'created' restarting
eventually 'waits for a node that can' 20 "^False Unschedulable: 0/2 nodes are available: 2 node\(s\) didn't match Pod's required features. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.$" why restarting
check 'one says so' 'patched' kubectl patch node b --subresource=status --type=merge -p '{"status":{"declaredFeatures":["RestartAllContainersOnContainerExits"]}}'
eventually 'and has it' 20 '^b$' where restarting
let_go restarting >/dev/null

echo '--- gates'
check 'a pod with a gate' 'created' pod gated 'cpu: 100m' 'schedulingGates: [{name: example.com/wait}]'
check 'says that it is gated' '^False SchedulingGated: Scheduling is blocked due to non-empty scheduling gates$' why gated
check 'the gate is taken away' 'patched' kubectl patch pod gated --type=json -p '[{"op":"remove","path":"/spec/schedulingGates"}]'
eventually 'and it is placed' 20 '^[ab]$' where gated

echo '--- spreading and keeping apart'
spread='topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]'
for i in 1 2 3 4; do pod "web-$i" 'cpu: 10m' "$spread" >/dev/null; done
spread_evenly() { for i in 1 2 3 4; do where "web-$i"; echo; done | sort | tr '\n' ' '; }
eventually 'replicas are spread over zones' 20 '^a a b b $' spread_evenly
shop() {
  kubectl create -f - <<YAML
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{port: 80}]}
YAML
}
check 'a service' 'created' shop
# The server has it before a pod is made; the scheduler may hear of both at a time, so the first is waited for.
spread_by_service() { for i in 1 2; do where "shop-$i"; echo; done | sort | tr '\n' ' '; }
for i in 1 2; do
  pod "shop-$i" 'cpu: 10m, memory: 10Mi' >/dev/null
  eventually "pod $i of it is placed" 20 '^[ab]$' where "shop-$i"
done
check 'its pods are kept apart' '^a b $' spread_by_service
apart='affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: db}}}]}}'
for i in 1 2 3; do pod "db-$i" 'cpu: 10m' "$apart" >/dev/null; done
placed() { for i in 1 2 3; do where "db-$i"; echo; done | sort | tr '\n' ' '; }
eventually 'those that shun each other are on a node each' 20 '^ ?a b $' placed
waiting_of() { for i in 1 2 3; do why "db-$i"; done; }
eventually 'and the third says why it is not' 20 "2 node\(s\) didn't match pod anti-affinity rules. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod." waiting_of

echo '--- preemption'
kubectl delete pods --all --force --grace-period=0 >/dev/null 2>&1
kubectl delete node a b >/dev/null
foo=', scheduling.example.com/foo: "5"'
check 'a node with an extended resource' 'created' node a '' "$foo"
check 'another' 'created' node b '' "$foo"
for each in low:1 medium:100 high:1000; do class "${each%:*}" "${each#*:}" >/dev/null; done
check 'a class that does not preempt' 'created' class polite 1000 Never
check 'a pod of low priority' 'created' pod low 'scheduling.example.com/foo: "4"' 'priorityClassName: low'
eventually 'is placed' 20 '^[ab]$' where low
low_node=$(where low)
check 'one of medium priority' 'created' pod medium 'scheduling.example.com/foo: "4"' 'priorityClassName: medium'
eventually 'is placed' 20 '^[ab]$' where medium
check 'one that does not preempt' 'created' pod polite 'scheduling.example.com/foo: "4"' 'priorityClassName: polite'
eventually 'waits' 20 '2 Insufficient scheduling.example.com/foo. preemption: not eligible due to preemptionPolicy=Never.$' why polite
let_go polite >/dev/null
check 'one of high priority' 'created' pod high 'scheduling.example.com/foo: "4"' 'priorityClassName: high'
eventually 'takes the place of the low one' 20 "^$low_node$" where high
check_fails 'which is gone' 'not found' gone low
check 'as an event says' "Preempted: Preempted by pod $(kubectl get pod high -o 'jsonpath={.metadata.uid}') on node $low_node" events low
check 'and the medium one stays' '^[ab]$' where medium
critical() {
  kubectl create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: critical, namespace: kube-system}
spec:
  priorityClassName: system-cluster-critical
  containers: [{name: c, image: pause, resources: {requests: {scheduling.example.com/foo: "4"}, limits: {scheduling.example.com/foo: "4"}}}]
YAML
}
medium_node=$(where medium)
check 'a critical pod' 'created' critical
eventually 'takes the place of the medium one' 20 "^$medium_node$" kubectl get pod critical -n kube-system -o 'jsonpath={.spec.nodeName}'
check_fails 'which is gone' 'not found' gone medium

echo '--- a victim that does not go at once'
kubectl delete pods --all -A --force --grace-period=0 >/dev/null 2>&1
kubectl delete node b >/dev/null
victim() {
  kubectl create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: victim, finalizers: [example.com/slow]}
spec:
  priorityClassName: low
  containers: [{name: c, image: pause, resources: {requests: {scheduling.example.com/foo: "4"}, limits: {scheduling.example.com/foo: "4"}}}]
YAML
}
check 'a pod with a finalizer' 'created' victim
eventually 'is placed' 20 '^a$' where victim
check 'one of high priority' 'created' pod taker 'scheduling.example.com/foo: "4"' 'priorityClassName: high'
disrupted() { kubectl get pod victim -o 'jsonpath={range .status.conditions[?(@.type=="DisruptionTarget")]}{.status} {.reason}: {.message}{end} {.metadata.deletionTimestamp}'; }
eventually 'has it told why it goes' 20 '^True PreemptionByScheduler: default-scheduler: preempting to accommodate a higher priority pod 2' disrupted
check 'waits for its room' '^a$' nominated taker
check 'with a reason' '^False Unschedulable: 0/1 nodes are available: 1 Insufficient scheduling.example.com/foo. preemption: found a potential placement for pod on node a, preempting 1 victims$' why taker
check 'one of its own priority' 'created' pod equal 'scheduling.example.com/foo: "1"' 'priorityClassName: polite'
eventually 'is not let in' 20 '1 Insufficient scheduling.example.com/foo' why equal
stop_server
start_server
check 'a restart changes nothing of that' '^a$' nominated taker
check 'the finalizer goes' 'patched' kubectl patch pod victim --type=merge -p '{"metadata":{"finalizers":null}}'
let_go victim >/dev/null
eventually 'the pod is placed' 20 '^a$' where taker
eventually 'and the nomination is over' 10 '^$' nominated taker

echo '--- replica sets'
kubectl delete pods --all --force --grace-period=0 >/dev/null 2>&1
kubectl delete node a >/dev/null
check 'a node with a thousand of something' 'created' node c '' ', example.com/fakecpu: "1000"'
for i in 1 2 3 4; do class "p$i" $i >/dev/null; done
replicas() {  # NUMBER REPLICAS AMOUNT
  kubectl create -f - <<YAML
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: rs$1}
spec:
  replicas: $2
  selector: {matchLabels: {set: rs$1}}
  template:
    metadata: {labels: {set: rs$1}}
    spec:
      priorityClassName: p$1
      terminationGracePeriodSeconds: 0
      containers: [{name: c, image: pause, resources: {requests: {example.com/fakecpu: "$3"}, limits: {example.com/fakecpu: "$3"}}}]
YAML
}
bound() { kubectl get pods -l "set=$1" -o 'jsonpath={range .items[*]}{.spec.nodeName}{end}'; }
check 'the first' 'created' replicas 1 1 200
check 'the second' 'created' replicas 2 1 300
check 'the third' 'created' replicas 3 1 450
for i in 1 2 3; do eventually "rs$i runs" 20 '^c$' bound "rs$i"; done
check 'the fourth, which is the most important' 'created' replicas 4 1 500
eventually 'runs as well' 20 '^c$' bound rs4
check 'and the third goes on' '^c$' bound rs3
eventually 'the least important wait' 20 '^$' bound rs1
check 'the second too' '^$' bound rs2

echo '--- budgets'
kubectl delete replicaset rs4 --cascade=orphan >/dev/null  # nothing takes the place of its pod
check 'a budget that allows nothing' 'created' kubectl create -f - <<YAML
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: rs3}
spec: {minAvailable: 1, selector: {matchLabels: {set: rs3}}}
YAML
class p9 9 >/dev/null
check 'a pod that takes half' 'created' pod half 'example.com/fakecpu: "450"' 'priorityClassName: p9'
eventually 'goes where there is no budget' 20 '^c$' where half
check 'and the less important one stays for its budget' '^c$' bound rs3

echo '--- volumes'
kubectl create -f - >/dev/null <<YAML
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: slow}
provisioner: example.com/slow
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: late}
spec: {accessModes: [ReadWriteOnce], storageClassName: slow, resources: {requests: {storage: 1Gi}}}
YAML
check 'a pod whose volume has to be made' 'created' pod waits 'cpu: 10m' 'volumes: [{name: v, persistentVolumeClaim: {claimName: late}}]'
eventually 'says where it will be' 20 '^c$' nominated waits
check 'and is not there yet' '^$' where waits
check 'the volume' 'created' kubectl create -f - <<YAML
apiVersion: v1
kind: PersistentVolume
metadata: {name: made}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  storageClassName: slow
  hostPath: {path: /tmp/made}
  claimRef: {namespace: default, name: late}
YAML
eventually 'brings it there' 20 '^c$' where waits
check 'so that nothing more is to be said' '^$' nominated waits

echo '--- profiles'
stop_server
cat >"$work/cleat.toml" <<TOML
[plugins.scheduler-default]
profiles = ["packer"]
profile_scoring = ["packer/MostAllocated"]
disabled = ["packer/NodeResourcesBalancedAllocation", "packer/PodTopologySpread", "packer/SchedulingGates"]
weights = ["packer/NodeResourcesFit=5"]
TOML
start_server --config "$work/cleat.toml"
kubectl delete replicasets,poddisruptionbudgets --all >/dev/null 2>&1
kubectl delete pods --all --force --grace-period=0 >/dev/null 2>&1
kubectl delete node c >/dev/null
for name in d e; do node $name '' >/dev/null; done
pod seed 'cpu: "1", memory: 1Gi' 'schedulerName: packer' >/dev/null
eventually 'a pod of a second profile is placed' 20 '^[de]$' where seed
for i in 1 2 3; do pod "packed-$i" 'cpu: 500m, memory: 500Mi' 'schedulerName: packer' >/dev/null; done
together() { for i in 1 2 3; do where "packed-$i"; done; }
eventually 'those that follow go to the fuller node' 20 "^($(where seed)){3}$" together
pod loose 'cpu: 500m, memory: 500Mi' >/dev/null
eventually 'and one of the first profile to the emptier one' 20 "^[de]$" where loose
check 'which is the other' "^$(where seed | tr de ed)$" where loose
kubectl delete pods --all --force --grace-period=0 >/dev/null 2>&1
pod uneven 'memory: 2Gi' 'nodeSelector: {kubernetes.io/hostname: d}' >/dev/null
pod even 'cpu: "1", memory: 2Gi' 'nodeSelector: {kubernetes.io/hostname: e}' >/dev/null
eventually 'a node is unevenly used' 20 '^d$' where uneven
eventually 'and one with less room evenly' 20 '^e$' where even
check 'one that makes neither more uneven' 'created' pod third 'cpu: 500m, memory: 1Gi'
eventually 'goes where there is more room' 20 '^d$' where third
stop_server
cat >"$work/cleat.toml" <<TOML
[plugins.scheduler-default]
weights = ["NodeName=5"]
TOML
complains 'a weight for what scores nothing is told' 'weights: "NodeName=5" scores nothing' "$work/cleat.toml"
finish
