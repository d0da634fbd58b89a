#!/bin/bash
# A cluster with a node at work, in trouble: rollouts that stall, pause and lose pods, plugins that refuse everything or change
# what is not theirs, a controller that wakes itself, a full disk, a crowd at the server's door. Controllers and the node's
# agent say what is wrong and go on; nothing spins, and nobody who runs notices.
build=${1:?usage: trouble_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
get() { kubectl get "$1" -o "jsonpath=$2"; }
configure() {  # MODE-OF-THE-PLUGIN [CONTROLLERS]
  cat >"$work/cleat.toml" <<TOML
[admission]
chain = ["admission-namespace-lifecycle", "admission-service-account", "admission-node-restriction", "admission-pod-security",
  "admission-certificate-approval", "admission-certificate-signing", "admission-certificate-subject-restriction", "admission-trouble"]

[plugins.admission-trouble]
path = "$build/fixtures/admission-trouble.so"
mode = "$1"
${2:-}
TOML
}
configure none
start_up --config "$work/cleat.toml"
import_demo_image >/dev/null
eventually 'the node is ready' 30 ' Ready ' kubectl get nodes

# -- Rollouts of real pods --
kubectl create -f - >/dev/null <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  progressDeadlineSeconds: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: web, image: "cleat-demo:1"}]}
YAML
progress() { get deployment/web '{.status.conditions[?(@.type=="Progressing")].status} {.status.conditions[?(@.type=="Progressing")].reason}'; }
rollout() { timeout 60 kubectl rollout "$1" deployment/web "${@:2}"; }
check 'a deployment comes up' 'successfully rolled out' rollout status
names() { kubectl get pods -l "app=${1:-web}" --field-selector status.phase=Running -o 'jsonpath={.items[*].metadata.name}'; }
kept=$(names | cut -d' ' -f1)
read -r -t 5 <> <(:)
kubectl set env deployment/web ROUND=two >/dev/null
check 'after more than its deadline it takes a new template all the same' 'successfully rolled out' rollout status
kubectl set image deployment/web web=nowhere.invalid/absent:1 >/dev/null
check_fails 'one that cannot come up is told of' 'exceeded its progress deadline' rollout status
check 'also in its condition' '^False ProgressDeadlineExceeded$' progress
enough() { set -- $(names); [ $# -ge 2 ] && echo enough; }
check 'while its pods go on' '^enough$' enough
check 'undone' 'rolled back' rollout undo
check 'it is well again' 'successfully rolled out' rollout status
check 'paused' 'paused' rollout pause
kubectl set env deployment/web ROUND=three >/dev/null
read -r -t 6 <> <(:)
check 'it fails no deadline' '^Unknown DeploymentPaused$' progress
check 'resumed' 'resumed' rollout resume
check 'it goes on' 'successfully rolled out' rollout status
kept=$(names | cut -d' ' -f1)
kubectl label pod "$kept" app=taken --overwrite >/dev/null
other_two() { set -- $(names); case " $* " in *" $kept "*) echo kept ;; *) echo "$# others" ;; esac; }
eventually 'a pod that no longer matches is replaced' 30 '^2 others$' other_two
check 'and let go, at work' '^\[\] Running$' bash -c "kubectl get pod $kept -o 'jsonpath=[{.metadata.ownerReferences[*].name}] {.status.phase}'"

# -- A plugin that changes what is not its own, and a node that writes --
kubectl run steady --image=cleat-demo:1 --restart=Always --command -- sleep 1000 >/dev/null
check 'a pod runs' 'condition met' kubectl wait --for=condition=Ready pod/steady --timeout=30s
lines() { wc -l <"$work/log"; }
kubectl annotate pod steady trouble/meddle=spec >"$work/annotate" 2>&1
before=$(lines)
kubectl exec steady -- kill 1 >/dev/null 2>&1
kubectl exec steady -- sh -c 'kill -9 -1' >/dev/null 2>&1
meddle() {
  kubectl patch pod steady --subresource=status --type=merge \
    -p "{\"metadata\":{\"annotations\":{\"trouble/meddle\":\"$1\"}},\"status\":{\"message\":\"x\"}}"
}
for what in name namespace uid; do
  check_fails "no plugin changes a pod's $what on the way of a status" 'plugin admission-trouble changed' meddle "$what"
done
spec() { kubectl get pod steady -o 'jsonpath={.metadata.generation} {.spec}' | md5sum; }
was=$(spec)
for what in generation spec; do
  check "its $what is put back" 'patched' meddle "$what"
  check 'to what it was' "$was" spec
done
check 'the node is nobody else'"'"'s' ' Ready ' kubectl get nodes
quiet() { local now; now=$(lines); echo "$((now - before)) lines"; [ $((now - before)) -le 200 ]; }
read -r -t 5 <> <(:)
check 'and floods nobody' 'lines' quiet
kubectl annotate pod steady trouble/meddle- >/dev/null 2>&1
check 'exec works on' '^there$' kubectl exec steady -- echo there
stop_up

# -- Everything is refused --
refusals() {
  kubectl get events -o json | python3 -c '
import json, sys
events = [e for e in json.load(sys.stdin)["items"] if e["reason"] == "FailedCreate"]
print(sum(e.get("count", 1) for e in events), len(events))'
}
few() {
  local tried events
  read -r tried events < <(refusals)
  echo "$tried attempts in $events events"
  [ "$tried" -ge 2 ] && [ "$tried" -le 80 ] && [ "$events" -le 30 ]
}
of_set() { kubectl get replicasets -l "app=$1" -o "jsonpath=$2"; }
for mode in deny quota error; do
  case $mode in
    deny) says='is forbidden: nothing is allowed' ;;
    quota) says='exceeded quota: compute' ;;
    error) says='the policy server answered 500' ;;
  esac
  configure $mode
  start_up --config "$work/cleat.toml"
  kubectl delete events --all >/dev/null 2>&1
  kubectl create deployment "more-$mode" --image=cleat-demo:1 --replicas=3 >/dev/null
  eventually "when no pod may be made ($mode) its set says so" 15 "ReplicaFailure True FailedCreate .*$says" \
    of_set "more-$mode" '{range .items[0].status.conditions[*]}{.type} {.status} {.reason} {.message}{end}'
  read -r -t 6 <> <(:)
  check 'and has tried a few times, not thousands' 'attempts' few
  check 'what runs runs on' '^there$' kubectl exec steady -- echo there
  check 'on a node that is well' ' Ready ' kubectl get nodes
  kubectl delete deployment "more-$mode" >/dev/null
  stop_up
done

# -- A controller whose every turn brings about its next one --
configure none "
[controllers]
enabled = [\"controller-bootstrap\", \"controller-namespace\", \"controller-service-account\", \"controller-certificates\", \"controller-restless\"]

[plugins.controller-restless]
path = \"$build/fixtures/controller-restless.so\""
start_up --config "$work/cleat.toml"
kubectl create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: toy, labels: {restless: ""}}
YAML
plugins() { "$cleat" plugin list --data-dir "$data"; }
eventually 'a controller that wakes itself is told of' 30 'controller-restless .*wakes itself: default/toy was reconciled' plugins
turns() { local n; n=$(get configmap/toy '{.data.turn}'); echo "$n turns"; [ "$n" -le 60 ]; }
check 'and is slowed down' 'turns' turns
check 'beside it all goes on' '^there$' kubectl exec steady -- echo there

# -- A crowd at the server's door --
ulimit -n 4096
for kind in silent hello heads handshakes; do
  python3 "$here/../bench/crowd.py" $kind "127.0.0.1:$port" 1000 1000 127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5 >"$work/crowd" 2>&1 &
  crowd=$!
  until_true 30 grep -q '^crowd: ' "$work/crowd"
  ten_times() { for _ in 1 2 3 4 5 6 7 8 9 10; do timeout 5 kubectl exec steady -- echo there || return 1; done; echo all; }
  check "1,000 strangers ($kind) keep nobody from a pod" '^(there.*){10}all$' ten_times
  check 'nor the node from its server' ' Ready ' kubectl get nodes
  kill $crowd
  wait $crowd 2>/dev/null
done
finish
