#!/bin/bash
# Requests that wait for a webhook hold no seat that others need.
build=${1:?usage: webhook_seats_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/custom_resources.sh"
. "$here/requests.sh"
need openssl python3
settings() {  # MAX_REQUESTS LINE…
  { nobody_is_missed; printf '[server]\nmax_requests = %s\n' "$1"; printf '%s\n' "${@:2}"; } >"$work/small.toml"
}
settings 20
start_server --config "$work/small.toml"
until_true 20 kubectl get flowschema global-default
until_true 20 kubectl get serviceaccount default
. "$here/hooks.sh"
config() { printf '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s","labels":{"hook":"%s"}}}' "$1" "$2"; }
by() { printf '%s' "${user:+-HImpersonate-User: $user}"; }
ask() {  # METHOD PATH [BODY]: the status
  curl -sS --max-time 25 --cacert "$data/pki/ca.crt" --cert "$data/pki/admin.crt" --key "$data/pki/admin.key" ${user:+"$(by)"} -X "$1" -o "$work/answer-${BASHPID}" -w '%{http_code}\n' \
    ${3:+-H 'Content-Type: application/json' --data-binary "$3"} "https://127.0.0.1:$port$2"
}
waiting() { grep -c '^/hang ' "$work/reviews" || true; }
metrics() { kubectl get --raw /metrics | grep -E -- "$1"; }
maps=/api/v1/namespaces/default/configmaps
# Starts requests that hang, and waits until the webhook has all of them.
hang() {  # COUNT KIND
  local before=$(waiting)
  held=()
  for each in $(seq "$1"); do ask POST "$maps?dryRun=All" "$(config "$2$each" hang)" >"$work/held-$each" & held+=($!); done
  until_true 15 bash -c "[ \$(grep -c '^/hang ' $work/reviews) = $((before + $1)) ]"
}
# The answers, once all are there.
ended() { until_true 25 bash -c "[ \$(cat $work/held-* | wc -l) = ${#held[@]} ]"; sort "$work"/held-* | uniq -c | tr -s ' '; rm -f "$work"/held-*; }

echo '# a level with one seat'
cat >"$work/tight.yaml" <<'YAML'
---
{apiVersion: flowcontrol.apiserver.k8s.io/v1, kind: PriorityLevelConfiguration, metadata: {name: tight}, spec: {type: Limited, limited: {nominalConcurrencyShares: 1, borrowingLimitPercent: 0, limitResponse: {type: Queue, queuing: {queues: 1, handSize: 1, queueLengthLimit: 50}}}}}
---
{apiVersion: flowcontrol.apiserver.k8s.io/v1, kind: FlowSchema, metadata: {name: tight}, spec: {matchingPrecedence: 50, priorityLevelConfiguration: {name: tight}, rules: [{subjects: [{kind: User, user: {name: mary}}], resourceRules: [{verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"], clusterScope: true}]}]}}
YAML
kubectl apply -f "$work/tight.yaml" >/dev/null
kubectl create clusterrolebinding mary --clusterrole=cluster-admin --user=mary >/dev/null
user=mary
eventually 'has one seat' 10 'nominal_limit_seats\{priority_level="tight"\} 1$' metrics 'nominal_limit_seats.*"tight"'
check 'a webhook that hangs' 'created' create "$(configuration Validating v "$(hook /hang '' '' "$(url /hang)" | sed 's/timeoutSeconds: 2/timeoutSeconds: 6/')")"
asked_once() { ask POST "$maps?dryRun=All" "$(config probe hang)" >/dev/null; waiting; }
eventually 'is asked' 20 '^[1-9]' asked_once
hang 8 v
check 'those who wait for it hold no seat' 'current_executing_seats\{priority_level="tight",flow_schema="tight"\} 0$' metrics 'current_executing_seats.*"tight"'
check 'others of the flow are served' '^200$' ask GET "$maps"
check 'and write' '^201$' ask POST "$maps" "$(config beside none)"
check 'all of them have their answer' '^ 8 500$' ended
check 'the seat is there again' '^200$' ask GET "$maps"
check 'and no more than that' 'current_executing_seats\{priority_level="tight",flow_schema="tight"\} 0$' metrics 'current_executing_seats.*"tight"'
kubectl delete validatingwebhookconfiguration v >/dev/null
check 'one that changes things' 'created' create "$(configuration Mutating m \
  "$(hook /slow '' '' "$(url /gather/12)" | sed 's/timeoutSeconds: 2/timeoutSeconds: 9/')" "$(hook /label/there)")"
probed() { ask POST "$maps?dryRun=All" "$(config probe labelthere)" >/dev/null; grep -c '^/label/there ' "$work/reviews"; }
eventually 'is asked' 20 '^[1-9]' probed
crowd() { held=(); for each in $(seq 12); do ask POST "$maps" "$(config "slow$each" slow)" >"$work/held-$each" & held+=($!); done; ended; }
check 'those who come back have a seat one after the other' '^ 12 201$' crowd
check 'all were stored' '^12$' bash -c "kubectl get configmaps -l hook=slow -o name | wc -l"
kubectl delete mutatingwebhookconfiguration m >/dev/null

# A conversion that is waited for.
version() { printf '{name: %s, served: true, storage: %s, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}' "$1" "$2"; }
create "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: kites.example.com}, spec: {group: example.com, scope: Namespaced, names: {plural: kites, kind: Kite}, conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: $(url /hang)}}, versions: [$(version v1 true), $(version v2 false)]}}" >/dev/null
established kites.example.com >/dev/null
kites=/apis/example.com/v1/namespaces/default/kites
other=/apis/example.com/v2/namespaces/default/kites
check 'an object of a kind whose conversion hangs' '^201$' ask POST $kites '{"apiVersion":"example.com/v1","kind":"Kite","metadata":{"name":"k"}}'
before=$(waiting) held=()
for each in 1 2 3; do
  ask GET $other/k >"$work/held-get$each" & held+=($!)
  ask GET $other >"$work/held-list$each" & held+=($!)
  ask POST $other "{\"apiVersion\":\"example.com/v2\",\"kind\":\"Kite\",\"metadata\":{\"name\":\"n$each\"}}" >"$work/held-post$each" & held+=($!)
done
eventually 'those who wait for it are together' 10 "^$((before + 9))\$" waiting
check 'others of the flow are served meanwhile' '^200.soon' soon ask GET "$maps"
check 'each has its answer' '^ 9 500$' ended
eventually 'no seat is lost' 5 'current_executing_seats\{priority_level="tight",flow_schema="tight"\} 0$' metrics 'current_executing_seats.*"tight"'
for query in "/k?timeout=500ms" "?timeout=500ms"; do
  check "who waits no longer than that is told in time: $query" '^50[04].soon' soon ask GET "$other$query"
done
check 'the kind can be taken away' 'deleted' kubectl delete crd kites.example.com --timeout=20s
stop_server

echo '# an authorizer that asks somebody'
cat >"$work/authorizer.yaml" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: a, cluster: {server: "https://127.0.0.1:$hookPort/slow-review", certificate-authority: $work/ca.crt}}]
users: [{name: u}]
contexts: [{name: c, context: {cluster: a, user: u}}]
current-context: c
YAML
settings 20 '[authz]' 'chain = ["authz-node", "authz-rbac", "authz-webhook"]' '[plugins.authz-webhook]' "kubeconfig = \"$work/authorizer.yaml\"" 'unauthorized_ttl = "0s"'
start_server --config "$work/small.toml"
until_true 20 kubectl get flowschema tight
user=mary
eventually 'has one seat again' 10 'nominal_limit_seats\{priority_level="tight"\} 1$' metrics 'nominal_limit_seats.*"tight"'
kubectl delete clusterrolebinding mary >/dev/null
kubectl create clusterrole maps --verb=get,list --resource=configmaps >/dev/null
kubectl create clusterrolebinding mary --clusterrole=maps --user=mary >/dev/null
until_true 10 bash -c "kubectl auth can-i list configmaps --as=mary"
reviewed() { grep -c '^/slow-review ' "$work/reviews" || true; }
held=()
for each in 1 2 3 4 5 6; do ask GET /api/v1/namespaces/default/secrets/none$each >"$work/held-$each" & held+=($!); done
eventually 'those who wait for it are together' 10 '^6$' reviewed
check 'who is allowed is served meanwhile' '^200.soon' soon ask GET "$maps"
release /slow-review
check 'those have their answer' '^ 6 403$' ended
eventually 'no seat is lost' 5 'current_executing_seats\{priority_level="tight",flow_schema="tight"\} 0$' metrics 'current_executing_seats.*"tight"'
stop_server

echo '# without levels'
settings 6 '[roles]' 'flow-control = []'
start_server --config "$work/small.toml"
user=
until_true 20 kubectl get serviceaccount default
create "$(configuration Validating v "$(hook /hang '' '' "$(url /hang)" | sed 's/timeoutSeconds: 2/timeoutSeconds: 6/')")" >/dev/null
eventually 'the webhook is asked' 20 '^[1-9]' asked_once
hang 9 w
check 'more wait than may be in hand, and others are served' '^200$' ask GET "$maps"
check 'all of them have their answer' '^ 9 500$' ended
finish
