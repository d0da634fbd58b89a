#!/bin/bash
# Plugins that refuse everything and plugins that overreach, as a user sees what the cluster makes of it: controllers keep
# their failure conditions and do not spin, events do not flood, and nobody changes what is not theirs.
build=${1:?usage: trouble_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
get() { kubectl get "$1" -o "jsonpath=$2"; }
with_mode() {  # MODE
  cat >"$work/cleat.toml" <<TOML
[admission]
chain = ["admission-namespace-lifecycle", "admission-service-account", "admission-trouble"]

[plugins.admission-trouble]
path = "$build/fixtures/admission-trouble.so"
mode = "$1"
TOML
  start_server --config "$work/cleat.toml"
  until_true 20 kubectl get serviceaccount default
}

# What a mutation returns.
with_mode none
pod() { printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: %s, annotations: {trouble/meddle: "%s"}}\nspec: {containers: [{name: c, image: i}]}\n' "$1" "$2"; }
check 'a new object is named by whoever admits it, as in Kubernetes' '^pod/another created' kubectl create -f <(pod name name)
kubectl delete pod another --now >/dev/null
check_fails 'but not moved' 'namespace of the provided object does not match the namespace sent' kubectl create -f <(pod namespace namespace)
for what in resourceVersion deletionTimestamp deletionGracePeriodSeconds managedFields; do
  check_fails "no plugin changes an object's $what" "InternalError.*plugin admission-trouble changed metadata.$what" \
    kubectl create -f <(pod "p-${what,,}" "$what")
done
# What Kubernetes sets itself after admission is what it would have been.
metadata() { get "pod/$1" '{.metadata.uid} {.metadata.generation} {.metadata.creationTimestamp};'; }
for what in uid generation creationTimestamp; do
  check "an object's $what is put back" 'created' kubectl create -f <(pod "p-${what,,}" "$what")
  check 'to what the server makes of it' "^[0-9a-f]{8}-[0-9a-f-]{27} 1 $(date -u +%Y)-[^ ]+;\$" metadata "p-${what,,}"
done
check "an object's status is put back" '^Pending$' kubectl create -o 'jsonpath={.status.phase}' -f <(pod p-status status)
check 'nor is its uid the one that the plugin wanted' '^0$' \
  bash -c "kubectl get pod p-uid -o jsonpath='{.metadata.uid}' | grep -c '^00000000-0000-0000' || true"
check 'what is a mutation'"'"'s to change it changes' 'created' kubectl create -f <(pod p labels)
check 'which is seen' '^yes$' get pod/p '{.metadata.labels.meddled}'
check 'in a write to the status' 'annotated' kubectl annotate --overwrite pod p trouble/meddle=
kubectl patch pod p --subresource=status --type=merge -p '{"metadata":{"annotations":{"trouble/meddle":"spec"}},"status":{"message":"x"}}' >"$work/out" 2>&1
check 'it does not change the spec' 'patched' cat "$work/out"
check 'which is as it was' '^x;;$' get pod/p '{.status.message};{.spec.nodeName};'

# Bytes that are no text come from no plugin: what it makes of an object fails and names it, and so does what it warns of; a
# refusal stays one.
gave='plugin admission-trouble gave an object that is no Pod: the message does not fit Pod:'
check_fails 'a label is text' "InternalError.*$gave metadata.labels\[0\].value: not UTF-8" kubectl create -f <(pod b bytesInLabel)
check_fails 'so is the name of an annotation' "InternalError.*$gave metadata.annotations\[0\].key: not UTF-8" kubectl create -f <(pod b bytesInKey)
check_fails 'and all else' "InternalError.*$gave spec.containers\[0\].image: not UTF-8" kubectl create -f <(pod b bytesInSpec)
check_fails 'nothing of it is stored' 'NotFound' kubectl get pod b
check_fails 'a refusal arrives' 'pods "b" is forbidden: not this: ' kubectl create -f <(pod b bytesInRefusal)
check 'which is text' '^text$' bash -c 'kubectl create -f "$1" 2>&1 | iconv -f UTF-8 -t UTF-8 >/dev/null && echo text' - <(pod b2 bytesInRefusal)
check_fails 'a warning does not, and it is said whose it is' 'InternalError.*plugin admission-trouble answered Admission.mutate with a malformed message: .*a text is not UTF-8' \
  kubectl create -f <(pod b bytesInWarning)

# A body that names another object than the URL.
raw() { kubectl create --raw "$1" -f -; }
check_fails 'a binding for another pod' 'name in URL does not match name in Binding object' \
  raw /api/v1/namespaces/default/pods/p/binding <<<'{"apiVersion":"v1","kind":"Binding","metadata":{"name":"q"},"target":{"kind":"Node","name":"n"}}'
check_fails 'a token for another account' 'metadata.name: Invalid value: "other": must match the service account name if specified' raw \
  /api/v1/namespaces/default/serviceaccounts/default/token \
  <<<'{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","metadata":{"name":"other"},"spec":{}}'
check_fails 'or of another namespace' 'does not match the namespace sent on the request' raw \
  /api/v1/namespaces/default/serviceaccounts/default/token \
  <<<'{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","metadata":{"namespace":"kube-system"},"spec":{}}'
stop_server

# Everything is refused: controllers try again ever more seldom, and say so in conditions and a few events.
attempts() {  # how often pods were asked for and refused so far, by the events that count them
  kubectl get events -o json | python3 -c '
import json, sys
events = json.load(sys.stdin)["items"]
print(sum(e.get("count", 1) for e in events if e["reason"] == "FailedCreate"), sum(1 for e in events if e["reason"] == "FailedCreate"))'
}
few() {  # at most 40 attempts and 12 events in the first seconds: with 5 ms and doubling it is about 13 each of two sets
  local tried events
  read -r tried events < <(attempts)
  echo "$tried attempts in $events events"
  [ "$tried" -ge 2 ] && [ "$tried" -le 60 ] && [ "$events" -le 30 ]
}
for mode in deny quota error; do
  case $mode in
    deny) says='pods "web-[^"]*" is forbidden: nothing is allowed' ;;
    quota) says='exceeded quota: compute' ;;
    error) says='the policy server answered 500' ;;
  esac
  with_mode $mode
  kubectl delete deployment,replicaset,events --all >/dev/null 2>&1
  check "with every pod refused ($mode) a deployment is taken" 'created' kubectl create deployment web --image=i --replicas=3
  eventually 'its set says why it has no pods' 10 "ReplicaFailure True FailedCreate .*$says" \
    get replicasets '{range .items[0].status.conditions[*]}{.type} {.status} {.reason} {.message}{end}'
  eventually 'and so does the deployment' 10 "ReplicaFailure True FailedCreate" \
    get deployment/web '{range .status.conditions[*]}{.type} {.status} {.reason}{"\n"}{end}'
  read -r -t 8 <> <(:)
  check 'it has been tried a few times, not thousands' 'attempts' few
  check 'the condition stands' "ReplicaFailure True FailedCreate" \
    get replicasets '{range .items[0].status.conditions[*]}{.type} {.status} {.reason}{end}'
  check 'and the server has nothing to complain about' '^ok$' kubectl get --raw /readyz
  stop_server
done

# The same by an ordinary mistake: a service account that is not there.
with_mode none
kubectl delete deployment,replicaset,events --all >/dev/null 2>&1
kubectl create -f - >/dev/null <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: lost}
spec:
  replicas: 3
  selector: {matchLabels: {app: lost}}
  template: {metadata: {labels: {app: lost}}, spec: {serviceAccountName: absent, containers: [{name: c, image: i}]}}
YAML
eventually 'an absent service account is told' 10 'error looking up service account default/absent' \
  get replicasets '{.items[0].status.conditions[0].message}'
read -r -t 8 <> <(:)
check 'a few times' 'attempts' few
check 'once it is there' 'created' kubectl create serviceaccount absent
eventually 'the pods come' 30 '^3$' get replicasets '{.items[0].status.replicas}'
check 'and the condition goes' '^;$' get replicasets '{.items[0].status.conditions};'
stop_server

# A controller whose every turn brings about its next one.
cat >"$work/cleat.toml" <<TOML
[controllers]
enabled = ["controller-bootstrap", "controller-namespace", "controller-service-account", "controller-restless"]

[plugins.controller-restless]
path = "$build/fixtures/controller-restless.so"
TOML
start_server --config "$work/cleat.toml"
plugins() { "$cleat" plugin list --data-dir "$data"; }
check 'a controller has something to see' 'created' kubectl create -f - <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: toy, labels: {restless: ""}}
YAML
eventually 'one that wakes itself is told of in its health' 30 \
  'controller-restless +[^ ]+ +[^ ]+ +controller +running.*wakes itself: default/toy was reconciled [0-9]+ times' plugins
turns() { local n; n=$(get configmap/toy '{.data.turn}'); echo "$n turns"; [ "$n" -ge 33 ] && [ "$n" -le 60 ]; }
check 'and is slowed down' 'turns' turns
check 'once' '^1$' grep -c 'wakes itself' "$work/log"
check 'while all goes on' '^ok$' kubectl get --raw /readyz
finish
