#!/bin/bash
# HTTP extenders that have a say in which room is made for a pod: they are shown all nodes where it could be, with who would have
# to go there, one after the other, and one of what they leave is chosen.
build=${1:?usage: extender_preemption_test.sh BUILD_DIR}
build=$(cd "$build" && pwd)
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"

mkdir -p "$work/extender"
extender_port=$(free_port)
python3 "$here/extender_server.py" "$extender_port" "$work/extender" &
extender=$!
trap 'code=$?; kill "$extender" 2>/dev/null; wait "$extender" 2>/dev/null; (exit $code); clean_up' EXIT
agrees() { echo "$1" >"$work/extender/agrees"; }
asked() { cat "$work/extender/asked" 2>/dev/null; }

cat >"$work/site.toml" <<TOML
[[plugins.scheduler-default.extenders]]
urlPrefix = "http://127.0.0.1:1/absent"
preemptVerb = "preempt"
ignorable = true
[[plugins.scheduler-default.extenders]]
urlPrefix = "http://127.0.0.1:$extender_port/scheduler"
preemptVerb = "preempt"
$(nobody_is_missed)
TOML
start_server --config "$work/site.toml"
until_true 20 kubectl get serviceaccount default
for node in a b; do
  kubectl create -f - >/dev/null <<YAML
apiVersion: v1
kind: Node
metadata: {name: $node}
status:
  allocatable: {cpu: "40", memory: 8Gi, pods: "100"}
  capacity: {cpu: "40", memory: 8Gi, pods: "100"}
  conditions: [{type: Ready, status: "True", reason: Said, message: so}]
YAML
done
pod() {  # NAME MEMORY SPEC
  kubectl create -f - >/dev/null <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  terminationGracePeriodSeconds: 0
  $3
  containers: [{name: c, image: pause, resources: {requests: {memory: $2}}}]
YAML
}
where() { kubectl get pod "$1" -o 'jsonpath={.spec.nodeName}'; }
why() { kubectl get pod "$1" -o 'jsonpath={range .status.conditions[?(@.type=="PodScheduled")]}{.message}{end}'; }
there() { kubectl get pods -o 'jsonpath={.items[*].metadata.name}'; }
again() { kubectl label node a again=$RANDOM --overwrite >/dev/null; }  # who was refused is tried when a node changes
for class in little=1 less=2 important=1000; do kubectl create priorityclass "${class%=*}" "--value=${class#*=}" >/dev/null; done
fill() {
  pod low-a 6Gi $'nodeName: a\n  priorityClassName: little'
  pod low-b 6Gi $'nodeName: b\n  priorityClassName: less'
  pod small-b 1Gi $'nodeName: b\n  priorityClassName: little'
}
fill
pod high 6Gi 'priorityClassName: important'
eventually 'it is shown all nodes with who would have to go' 20 'preempt \["a", "b"\]' asked
eventually 'no room is made where it agrees to none' 20 \
  '^0/2 nodes are available: 2 Insufficient memory. preemption: no candidate node for preemption$' why high
check 'so that all stay' '^high low-a low-b small-b$' there
agrees 'bare b'
again
eventually 'a node without anybody who would have to go is an error' 40 \
  'preemption: expected at least one victim pod on node "b"$' why high
agrees odd
again
eventually 'as is somebody who is not there' 40 \
  'preemption: extender: http://127.0.0.1:[0-9]+/scheduler claims to preempt pod \(UID: &\{odd\}\) on node: a, but the pod is not found on that node' why high
check 'nobody has gone' '^high low-a low-b small-b$' there
agrees 'but a'
again
eventually 'what it leaves is where room is made' 40 '^b$' where high
check 'though others are less important' '^high low-a small-b$' there
kubectl delete pods --all --force --grace-period=0 >/dev/null 2>&1
agrees all
fill
pod high 6Gi 'priorityClassName: important'
eventually 'of all that it leaves the one that harms least' 40 '^a$' where high
check 'is chosen' '^high low-b small-b$' there
kubectl delete pods --all --force --grace-period=0 >/dev/null 2>&1
fill
pod spare-a 1Gi $'nodeName: a\n  priorityClassName: little'
agrees "pod a $(kubectl get pod spare-a -o 'jsonpath={.metadata.uid}')"
pod high 2Gi 'priorityClassName: important'
eventually 'it may name somebody else who is there' 40 '^high low-a low-b small-b$' there
eventually 'for whom the pod is then there' 20 '^a$' where high
check 'one that is not there may be ignored' 'absent.* is left alone for' cat "$work/log"
finish
