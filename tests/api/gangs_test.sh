#!/bin/bash
# Pods that are placed together or not at all, on nodes that nobody is at, as a user of kubectl sees it. The kinds for that are beta:
# they are there where they are switched on.
build=${1:?usage: gangs_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
{ sed -n '/^\[kinds\]/,/^\]/p' "$here/../../etc/cleat.toml" | sed 's/"kinds-core",/"kinds-core", "kinds-scheduling-beta",/'
  printf '[plugins.kinds-core]\nscheduling_groups = true\n[plugins.scheduler-default]\ngang_scheduling = true\n'
  printf '[admission]\nchain = ["...", "admission-podgroup-protection"]\n[controllers]\nenabled = ["...", "controller-podgroup-protection"]\n'
  nobody_is_missed; } >"$work/gangs.toml"
printf '[plugins.scheduler-default]\ngang_scheduling = true\n' >"$work/half.toml"
complains 'a scheduler of gangs needs the kinds' 'the server has no podgroups of scheduling.k8s.io/v1beta1: add "kinds-scheduling-beta" to kinds.enabled' "$work/half.toml"
start_server --config "$work/gangs.toml"
until_true 20 kubectl get serviceaccount default

node() {  # NAME CPU
  kubectl create -f - <<YAML
apiVersion: v1
kind: Node
metadata: {name: $1, labels: {kubernetes.io/hostname: $1}}
status:
  allocatable: {cpu: "$2", memory: 8Gi, pods: "20"}
  capacity: {cpu: "$2", memory: 8Gi, pods: "20"}
  conditions: [{type: Ready, status: "True", reason: Said, message: so}]
YAML
}
group() {  # NAME POLICY
  kubectl create -f - <<YAML
apiVersion: scheduling.k8s.io/v1beta1
kind: PodGroup
metadata: {name: $1}
spec: {schedulingPolicy: {$2}${3:+, $3}}
YAML
}
pods() {  # GROUP COUNT [FIRST]
  local i
  for i in $(seq "${3:-1}" $((${3:-1} + $2 - 1))); do
    cat <<YAML
---
apiVersion: v1
kind: Pod
metadata: {name: $1-$i, labels: {gang: $1}}
spec:
  terminationGracePeriodSeconds: 0
  schedulingGroup: {podGroupName: $1}
  containers: [{name: c, image: pause, resources: {requests: {cpu: "1"}}}]
YAML
  done | kubectl create -f -
}
placed() { kubectl get pods -l "gang=$1" -o 'jsonpath={range .items[*]}{.spec.nodeName}{"\n"}{end}' | grep -c . || true; }
why() { kubectl get pod "$1" -o 'jsonpath={range .status.conditions[?(@.type=="PodScheduled")]}{.status} {.reason}: {.message}{end}'; }
row() { kubectl get podgroup "$1" --no-headers | tr -s ' '; }
events() { kubectl get events --field-selector "involvedObject.name=$1" -o 'jsonpath={range .items[*]}{.reason}: {.message}{"\n"}{end}'; }
let_go() { kubectl delete pods -l "gang=$1" --force --grace-period=0 2>&1; }

echo '--- the kinds'
check 'are served' 'podgroups +scheduling.k8s.io/v1beta1 +true +PodGroup' kubectl api-resources --api-group=scheduling.k8s.io
check_fails 'a policy is one of two' 'spec.schedulingPolicy: Invalid value: "?"?: must specify one of: `basic`, `gang`' group none ''
check_fails 'a gang has pods' 'spec.schedulingPolicy.gang.minCount: Invalid value: -1: must be greater than or equal to 1' group few 'gang: {minCount: -1}'
kubectl create priorityclass high --value=1000 >/dev/null
check_fails "a group's priority is its class's" 'the integer value of priority \(5\) must not be provided in pod group spec; priority admission controller computed 1000 from the given PriorityClass name' group first 'basic: {}' 'priorityClassName: high, priority: 5'
check_fails 'which has to be there' 'no PriorityClass with name low was found' group first 'basic: {}' 'priorityClassName: low'
check_fails 'who comes one by one goes one by one' 'spec.disruptionMode.all: Forbidden: may not be set with the basic scheduling policy' group first 'basic: {}' 'disruptionMode: {all: {}}'
check 'a group of a class' 'created' group urgent 'gang: {minCount: 1}' 'priorityClassName: high, disruptionMode: {all: {}}'
check 'has its priority' '^1000 \{"all":\{\}\}$' kubectl get podgroup urgent -o 'jsonpath={.spec.priority} {.spec.disruptionMode}'
check_fails 'which stays' 'spec.priority: Invalid value: 5: field is immutable' kubectl patch podgroup urgent --type=merge -p '{"spec":{"priority":5}}'
check 'a group' 'created' group train 'gang: {minCount: 3}'
check 'waits' '^train Gang <none> Pending' row train
check_fails 'and stays a gang' 'field cannot be cleared once set' kubectl patch podgroup train --type=merge -p '{"spec":{"schedulingPolicy":{"gang":null,"basic":{}}}}'

echo '--- one gang'
check 'a node for two' 'created' node a 2
check 'two pods of three' 'created' pods train 2
eventually 'wait for the third' 20 '^False Unschedulable: waiting for minCount pods from a gang to appear in scheduling queue$' why train-1
check 'which comes' 'created' pods train 1 3
eventually 'but has no room' 20 '^train Gang <none> Unschedulable' row train
eventually 'so the others wait' 20 '^False Unschedulable: minCount \(3\) cannot be satisfied: 2 scheduled, 0 remaining$' why train-1
eventually 'and say so' 20 'FailedScheduling: minCount \(3\) cannot be satisfied' events train-1
check 'none is bound' '^0$' placed train
check 'room appears' 'created' node b 1
eventually 'all are bound' 20 '^3$' placed train
eventually 'the group says so' 10 '^train Gang <none> Scheduled' row train

echo '--- two gangs'
check 'all go' 'deleted' let_go train
for i in 1 2 3; do pods left 1 $i; pods right 1 $i; done >/dev/null
check 'one group' 'created' group left 'gang: {minCount: 3}'
check 'and another' 'created' group right 'gang: {minCount: 3}'
both() { echo "$(placed left) $(placed right)"; }
eventually 'one of them is bound' 20 '^(3 0|0 3)$' both
first=left second=right
[ "$(placed right)" = 0 ] || { first=right second=left; }
check 'when it goes' 'deleted' let_go $first
eventually 'the other is' 20 '^3$' placed $second
check 'pods of a basic group' 'created' pods loose 2
check 'wait for it' 'created' group loose 'basic: {}'
check 'and are bound one by one' 'deleted' kubectl delete pod "$second-1" --force --grace-period=0
eventually 'as there is room' 20 '^1$' placed loose

echo '--- priorities'
check 'pods of another priority' 'created' pods urgent 1
eventually 'wait' 20 '^False Unschedulable: all pods in a single pod group should match the priority of the pod group, got: 0 and 1000$' why urgent-1
check 'all else goes' 'deleted' kubectl delete pods --all --force --grace-period=0
check 'a gang that gives way as a whole' 'created' group whole 'gang: {minCount: 2}' 'disruptionMode: {all: {}}'
pods whole 2 >/dev/null
eventually 'is bound' 20 '^2$' placed whole
for i in 1 2 3; do
  printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: first-%s, labels: {gang: first}}\nspec: {priorityClassName: high, terminationGracePeriodSeconds: 0, containers: [{name: c, image: pause, resources: {requests: {cpu: "1"}}}]}\n---\n' $i
done | kubectl create -f - >/dev/null
gone_from() { kubectl get events --field-selector reason=Preempted -o 'jsonpath={range .items[*]}{.involvedObject.name}{"\n"}{end}' | sort | tr '\n' ' '; }
eventually 'and all of it does when one has to' 20 '^whole-1 whole-2 $' gone_from

echo '--- groups in use'
kubectl delete pods --all --force --grace-period=0 >/dev/null 2>&1
check 'a group' 'created' group held 'gang: {minCount: 1}'
check 'is protected' '^\["scheduling.k8s.io/podgroup-protection"\]$' kubectl get podgroup held -o 'jsonpath={.metadata.finalizers}'
pods held 2 >/dev/null
eventually 'with pods' 20 '^2$' placed held
check 'is deleted' 'deleted' kubectl delete podgroup held --wait=false
gone() { kubectl get podgroup held 2>&1; }
kubectl delete pod held-1 --force --grace-period=0 >/dev/null 2>&1
check 'stays while there are any' '^held' bash -c 'kubectl get podgroup held --no-headers; kubectl get pod held-2 -o name'
kubectl patch pod held-2 --subresource=status --type=merge -p '{"status":{"phase":"Succeeded"}}' >/dev/null
eventually 'and goes when the last has ended' 20 'NotFound' gone

echo '--- webhooks'
. "$here/custom_resources.sh"
. "$here/hooks.sh"
any='{operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"]}'
create "$(configuration Validating everything "$(hook /see 'failurePolicy: Ignore' "$any" | sed 's/objectSelector: {[^}]*}}, //')")" >/dev/null
seen() {
  create '{apiVersion: scheduling.k8s.io/v1beta1, kind: PodGroup, metadata: {name: seen}, spec: {schedulingPolicy: {basic: {}}}}' --dry-run=server
  grep '^/see .*"kind": "PodGroup"' "$work/reviews"
}
eventually 'that are about everything are shown groups' 10 'created.*"object": \{"apiVersion": "scheduling.k8s.io/v1beta1", "kind": "PodGroup", .*"schedulingPolicy": \{"basic": ' seen
kubectl delete validatingwebhookconfigurations --all >/dev/null

echo '--- switched off'
pods stays 1 >/dev/null
stop_server
start_server
group_of() { kubectl get pod "$1" -o 'jsonpath={.spec.schedulingGroup.podGroupName}'; }
kubectl label pod stays-1 a=b >/dev/null
check 'a pod still says which group it is in' '^stays$' group_of stays-1
pods late 1 >/dev/null
check 'a new one does not' '^$' group_of late-1
finish
