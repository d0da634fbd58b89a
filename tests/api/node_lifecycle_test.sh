#!/bin/bash
# Nodes that are heard of and nodes that are not, and what becomes of their pods. The leases of nodes are renewed here, or not.
build=${1:?usage: node_lifecycle_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
cat >"$work/server.toml" <<'TOML'
[plugins.controller-node-lifecycle]
node_monitor_period = "1s"
node_monitor_grace_period = "6s"
node_startup_grace_period = "6s"
node_eviction_rate = "1"

[plugins.controller-pod-gc]
quarantine = "3s"
terminated_pod_threshold = 2
TOML
start_server --config "$work/server.toml"
. "$here/../bare_client.sh"
until_true 20 kubectl get serviceaccount default
leases=/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases
pods=/api/v1/namespaces/default/pods
merge() { sending application/merge-patch+json request PATCH "$@"; }

lease() {  # NODE
  request POST $leases '{"metadata":{"name":"'"$1"'"},"spec":{"holderIdentity":"'"$1"'","leaseDurationSeconds":40}}' >/dev/null
}
node() {  # NAME
  kubectl create -f - >/dev/null <<YAML
apiVersion: v1
kind: Node
metadata: {name: $1, labels: {kubernetes.io/hostname: $1}}
status:
  allocatable: {cpu: "4", memory: 8Gi, pods: "110"}
  capacity: {cpu: "4", memory: 8Gi, pods: "110"}
YAML
  lease "$1"
  post "$1" True
}
post() {  # NODE READY: as its agent does
  merge "/api/v1/nodes/$1/status" '{"status":{"conditions":[{"type":"Ready","status":"'"$2"'","reason":"Said","message":"so",
    "lastHeartbeatTime":"'"$(date -u +%FT%TZ)"'","lastTransitionTime":"'"$(date -u +%FT%TZ)"'"}]}}' >/dev/null
}
# Those whose names are in the file are alive.
echo 'a b' >"$work/alive"
keep_alive() {
  local name
  while :; do
    for name in $(cat "$work/alive"); do
      merge "$leases/$name" '{"spec":{"renewTime":"'"$(date -u +%FT%T.%6NZ)"'"}}' >/dev/null 2>&1
    done
    read -r -t 0.5 <> <(:) || true
  done
}
pod() {  # NAME NODE [MORE]
  request POST $pods '{"metadata":{"name":"'"$1"'","labels":{"app":"'"$1"'"}},"spec":{"nodeName":"'"$2"'","terminationGracePeriodSeconds":30,"containers":[{"name":"c","image":"i"}]'"${3:-}"'}}' >/dev/null
  merge "$pods/$1/status" '{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True","reason":"Said","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}' >/dev/null
}
readiness() { kubectl get node "$1" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].reason}'; }
taints() { kubectl get node "$1" -o 'jsonpath={range .spec.taints[*]}{.key}:{.effect}{"\n"}{end}' | sed 's|node.kubernetes.io/||' | sort | tr '\n' ' '; }
pod_ready() { kubectl get pod "$1" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'; }
leaving() { kubectl get pod "$1" -o 'jsonpath={.metadata.deletionTimestamp}'; }

node a
node b
keep_alive &
keeper=$!
trap 'kill $keeper 2>/dev/null; clean_up' EXIT
pod here a
pod there b
pod brief b ',"tolerations":[{"operator":"Exists","tolerationSeconds":2,"effect":"NoExecute"}]'
pod tough b ',"tolerations":[{"operator":"Exists"}]'
pod twofold b ',"tolerations":[{"operator":"Exists","tolerationSeconds":300,"effect":"NoExecute"},{"operator":"Exists","tolerationSeconds":1,"effect":"NoExecute"}]'

echo '# heard of'
eventually 'both are known' 10 'RegisteredNode +node/b +Node b event: Registered Node b in Controller' kubectl get events
check 'and ready' '^True Said$' readiness b
check 'without a taint' '^$' taints b

echo '# not heard of'
echo 'a' >"$work/alive"
eventually 'one falls silent' 30 '^Unknown NodeStatusUnknown$' readiness b
check 'its other conditions are not known either' '^Unknown NodeStatusNeverUpdated$' \
  kubectl get node b -o 'jsonpath={.status.conditions[?(@.type=="DiskPressure")].status} {.status.conditions[?(@.type=="DiskPressure")].reason}'
eventually 'it gets its taints' 10 '^unreachable:NoExecute unreachable:NoSchedule $' taints b
check 'with the time' '^20[0-9TZ:-]+$' kubectl get node b -o 'jsonpath={.spec.taints[?(@.effect=="NoExecute")].timeAdded}'
eventually 'its pods are not ready' 10 '^False$' pod_ready there
check 'which is told of it' 'NodeNotReady +node/b +Node b status is now: NodeNotReady' kubectl get events
check 'and of them' 'NodeNotReady +pod/there +Node is not ready' kubectl get events
check 'kubectl shows it' 'b +NotReady' kubectl get nodes
check 'the other one is as it was' '^True Said$' readiness a
check 'with its pod' '^True$' pod_ready here
eventually 'who tolerates it for a time only has to leave' 20 '^20' leaving brief
check 'because of the taint' '^True DeletionByTaintManager$' \
  kubectl get pod brief -o 'jsonpath={.status.conditions[?(@.type=="DisruptionTarget")].status} {.status.conditions[?(@.type=="DisruptionTarget")].reason}'
check 'of the pod as it is' '^1$' kubectl get pod brief -o 'jsonpath={.status.conditions[?(@.type=="DisruptionTarget")].observedGeneration}'
check 'which is told once' '^1$' kubectl get events --field-selector involvedObject.name=brief,reason=TaintManagerEviction -o 'jsonpath={.items[*].count}'
check 'of two times the first one counts' '^$' leaving twofold
check 'who tolerates it stays' '^$' leaving tough
check 'so does who has five minutes' '^$' leaving there

echo '# out of service'
check 'a pod that is to leave' '^20' leaving brief
check 'is there as long as nobody says that the node is off' '^200' request GET $pods/brief
check 'somebody does' 'tainted' kubectl taint node b node.kubernetes.io/out-of-service=nodeshutdown:NoExecute
eventually 'and it is gone' 10 '^404' request GET $pods/brief
eventually 'with all that do not tolerate it' 10 '^404' request GET $pods/there
check 'but not who does' '^$' leaving tough
check 'that is taken back' 'untainted' kubectl taint node b node.kubernetes.io/out-of-service-

echo '# back again'
echo 'a b' >"$work/alive"
post b True
eventually 'it is ready' 10 '^True Said$' readiness b
eventually 'and has no taint' 15 '^$' taints b
post b False
eventually 'one that says itself that it is not ready' 15 '^not-ready:NoExecute not-ready:NoSchedule $' taints b
post b True
eventually 'until it is' 15 '^$' taints b

echo '# nothing is ready'
echo '' >"$work/alive"
eventually 'all fall silent' 30 '^Unknown' readiness a
eventually 'and the other' 30 '^Unknown' readiness b
eventually 'nobody has to leave' 15 '^unreachable:NoSchedule $' taints a
check 'nor there' '^unreachable:NoSchedule $' taints b
echo 'a b' >"$work/alive"
post a True
post b True
eventually 'they are back' 15 '^$' taints a

echo '# a server that was stopped'
eventually 'both are ready' 10 '^$' taints b
kill -STOP "$program"
read -r -t 9 <> <(:) || true
kill -CONT "$program"
eventually 'hears of them again' 10 '^True Said$' readiness b
merge /api/v1/nodes/b '{"metadata":{"labels":{"seen":"yes"}}}' >/dev/null
check 'and has held nothing against them' '^True Said$' readiness a
events_of() { kubectl get events -o 'jsonpath={range .items[?(@.reason=="NodeNotReady")]}{.involvedObject.kind}/{.involvedObject.name} {.count}{"\n"}{end}' | grep '^Node/b'; }
check 'nor told of it' '^Node/b 3$' events_of

echo '# gone'
check 'a node goes' 'deleted' kubectl delete node b
eventually 'which is told' 10 'RemovingNode +node/b +Node b event: Removing Node b from Controller' kubectl get events
eventually 'its pods go' 20 '^404' request GET $pods/tough
check 'the others stay' '^200' request GET $pods/here

echo '# ended'
for name in one two three; do
  pod "$name" a
  merge "$pods/$name/status" '{"status":{"phase":"Succeeded"}}' >/dev/null
  read -r -t 1.1 <> <(:) || true
done
eventually 'of too many that have ended the oldest goes' 40 '^404' request GET $pods/one
check 'and no other' '^200' request GET $pods/two
finish
