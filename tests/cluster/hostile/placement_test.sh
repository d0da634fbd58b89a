#!/bin/bash
# Pods that name their node, past the scheduler: the node holds them against its labels, its resources, its ports and its
# taints, and what it cannot give it refuses, before anything of them starts.
build=${1:?usage: placement_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
start_up
import_demo_image >/dev/null
eventually 'the node is ready' 30 ' Ready ' kubectl get nodes
node=$(kubectl get nodes -o jsonpath='{.items[0].metadata.name}')
of() { kubectl get pod "$1" -o jsonpath="{$2}"; }
pod() {  # NAME SPEC [SPEC-OF-THE-CONTAINER], in YAML's short form
  kubectl apply -f - >/dev/null <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  {nodeName: $node, terminationGracePeriodSeconds: 0, $2${2:+, }containers: [{name: main, image: "cleat-demo:1", command: [sleep, "1000"]${3:+, $3}}]}
YAML
}
runs() { kubectl wait --for=condition=Ready "pod/$1" --timeout=30s; }
refused() {  # WHAT NAME REASON MESSAGE
  eventually "$1" 20 "^Failed $3 Pod was rejected: $4" of "$2" '.status.phase} {.status.reason} {.status.message'
  check 'an event says so' "Warning +$3 +pod/$2 +$4" kubectl get events --field-selector "involvedObject.name=$2"
  check 'and nothing of it was started' '^;$' of "$2" '.status.podIP};{.status.containerStatuses[0].containerID'
}
selection="Predicate NodeAffinity failed: node\\(s\\) didn't match Pod's node affinity/selector"
affinity() { echo "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{$1}]}}}"; }

pod selects 'nodeSelector: {disk: ssd}'
refused 'a pod that names a node without the labels that it asks for is refused' selects NodeAffinity "$selection"
pod elsewhere "$(affinity 'matchFields: [{key: metadata.name, operator: In, values: [other]}]')"
refused 'and one that asks for another node by name' elsewhere NodeAffinity "$selection"
pod keeps-off "$(affinity "matchExpressions: [{key: kubernetes.io/hostname, operator: NotIn, values: [$node]}]")"
refused 'and one that wants to keep off this one' keeps-off NodeAffinity "$selection"
kubectl label node "$node" disk=ssd >/dev/null
pod selects2 'nodeSelector: {disk: ssd}'
check 'with the label, of this very moment, it runs' 'condition met' runs selects2
kubectl label node "$node" disk- >/dev/null
pod selects3 'nodeSelector: {disk: ssd}'
refused 'and without it, of this very moment, the next does not' selects3 NodeAffinity "$selection"
check 'one that runs runs on' '^Running$' of selects2 .status.phase

pod huge '' 'resources: {limits: {hugepages-2Mi: 1Gi, memory: 100Mi, cpu: 100m}}'
refused 'huge pages that the node does not have' huge OutOfhugepages-2Mi \
  "Node didn't have enough resource: hugepages-2Mi, requested: 1073741824, used: 0, capacity: 0"
pod dongle '' 'resources: {limits: {example.com/dongle: 1}}'
refused 'nor a resource that it does not know' dongle OutOfexample.com/dongle \
  "Node didn't have enough resource: example.com/dongle, requested: 1, used: 0, capacity: 0"
kubectl patch node "$node" --subresource=status --type=json -p \
  '[{"op":"add","path":"/status/capacity/example.com~1dongle","value":"1"}]' >/dev/null
eventually 'once the node has one' 20 '^1$' kubectl get node "$node" -o 'jsonpath={.status.allocatable.example\.com/dongle}'
pod dongle1 '' 'resources: {limits: {example.com/dongle: 1}}'
check 'one pod gets it' 'condition met' runs dongle1
pod dongle2 '' 'resources: {limits: {example.com/dongle: 1}}'
refused 'and no second' dongle2 OutOfexample.com/dongle \
  "Node didn't have enough resource: example.com/dongle, requested: 1, used: 1, capacity: 1"
pod large '' 'resources: {requests: {memory: 100Ti}}'
refused 'more memory than there is' large OutOfmemory "Node didn't have enough resource: memory, requested: "
pod filling '' 'resources: {requests: {ephemeral-storage: 100Ti}}'
refused 'more of the disk than there is' filling OutOfephemeral-storage "Node didn't have enough resource: ephemeral-storage"

pod port1 '' 'ports: [{containerPort: 8080, hostPort: 18080}]'
check 'a port of the node is taken' 'condition met' runs port1
pod port2 '' 'ports: [{containerPort: 8080, hostPort: 18080}]'
refused 'by one pod only' port2 NodePorts "Predicate NodePorts failed: node\\(s\\) didn't have free ports for the requested pod ports"
pod port3 'hostNetwork: true' 'ports: [{containerPort: 18080}]'
refused 'nor in its own network' port3 NodePorts 'Predicate NodePorts failed: '
kubectl delete pod port1 --now >/dev/null
pod port4 '' 'ports: [{containerPort: 8080, hostPort: 18080}]'
check 'and then by the next' 'condition met' runs port4

kubectl taint node "$node" closed=yes:NoSchedule >/dev/null
pod placed ''
check 'a taint for the scheduler is the scheduler'"'"'s' 'condition met' runs placed
kubectl taint node "$node" closed=yes:NoExecute >/dev/null
pod late ''
# Whoever evicts by taints takes it away as well, sooner or later.
eventually 'one that evicts keeps out' 20 "Warning +TaintToleration +pod/late +Predicate TaintToleration failed: node\\(s\\) had taints" \
  kubectl get events --field-selector involvedObject.name=late
check 'and nothing of it is started' 'No resources found' kubectl get events --field-selector involvedObject.name=late,reason=Started
pod tolerant 'tolerations: [{key: closed, operator: Exists}]'
check 'but for those who tolerate it' 'condition met' runs tolerant
finish
