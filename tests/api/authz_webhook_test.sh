#!/bin/bash
# What callers may do, as servers of the operator's say.
build=${1:?usage: authz_webhook_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl openssl
. "$here/reviewers.sh"

hook() {  # NAME PATH FAILURE_POLICY [CONDITION…]
  kubeconfig_of "$2" certificate "$work/hook-$1"
  printf -- '- type: Webhook\n  name: %s\n  webhook:\n    authorizedTTL: 10s\n    unauthorizedTTL: 10s\n    timeout: 2s\n    subjectAccessReviewVersion: v1\n    failurePolicy: %s\n    connectionInfo: {type: KubeConfigFile, kubeConfigFile: %s}\n' \
    "$1" "$3" "$work/hook-$1"
  local condition
  [ $# -gt 3 ] && printf '    matchConditionSubjectAccessReviewVersion: v1\n    matchConditions:\n'
  for condition in "${@:4}"; do printf '    - expression: "%s"\n' "$condition"; done
}
configuration() { printf 'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n'; cat; }
chain() {  # PLUGIN…
  printf '[authz]\nchain = [%s]\n[plugins.authz-webhook]\nconfig = "%s"\n' "$(printf '"%s",' "$@")" "$work/authorization.yaml" >"$work/webhook.toml"
}
# Nobody but users in these names is asked about: not the cluster's own parts.
users="request.user.contains('-') && !request.user.startsWith('system:')"
hook first good Deny "$users" | configuration >"$work/authorization.yaml"
chain authz-node authz-webhook authz-rbac
start_server --config "$work/webhook.toml"

maps=/api/v1/namespaces/default/configmaps
may() { kubectl --as="$1" --as-group=dev get --raw "$2" 2>&1 || true; }
check 'what the webhook allows is allowed' '"kind":"ConfigMapList"' may allow-jane $maps
check 'what it denies is not, for its reason' 'configmaps is forbidden: User "deny-jane" cannot list resource "configmaps" in API group "" in the namespace "default": the webhook minds' may deny-jane $maps
check 'where it has no opinion others are asked' 'configmaps is forbidden.*: the webhook has no opinion' may none-jane $maps
check 'who may something by a role' 'created' kubectl create clusterrolebinding all --clusterrole=view --user=none-jane --user=deny-jane
eventually 'may it then' 5 'ConfigMapList' may none-jane $maps
check 'but not against the webhook' 'the webhook minds' may deny-jane $maps
check 'it is asked with the certificate of the kubeconfig' '^/good cluster' reviewed
check 'about who wants what' '"resourceAttributes": \{"namespace": "default", "verb": "list", "version": "v1", "resource": "configmaps"\}, "user": "allow-jane", "groups": \["dev", "system:authenticated"\]' reviewed
check 'about paths too' 'ok' may allow-jane /healthz
check 'as what they are' '"nonResourceAttributes": \{"path": "/healthz", "verb": "get"\}' reviewed
check 'about selectors' 'PodList' may allow-jane '/api/v1/pods?fieldSelector=spec.nodeName%3Dn1&labelSelector=a%20in%20(b,c),!d'
check 'with all that they say' '"fieldSelector": \{"requirements": \[\{"key": "spec.nodeName", "operator": "In", "values": \["n1"\]\}\]\}, "labelSelector": \{"requirements": \[\{"key": "a", "operator": "In", "values": \["b", "c"\]\}, \{"key": "d", "operator": "DoesNotExist"\}\]\}' reviewed
# Without what kubectl asks for besides.
ask() {  # USER PATH [HEADER…]
  local header headers=()
  for header in "${@:3}"; do headers+=(-H "$header"); done
  curl -sS --cacert "$data/pki/ca.crt" --cert "$data/pki/admin.crt" --key "$data/pki/admin.key" -H "Impersonate-User: $1" "${headers[@]}" "https://127.0.0.1:$port$2"
}
check 'about extra and uid of a user' 'ok' ask allow-jane /livez 'Impersonate-Uid: 7' 'Impersonate-Extra-k: v'
check 'which it is told' '"extra": \{"k": \["v"\]\}, "uid": "7"' reviewed
check 'masters are not asked about' '^0$' count_of 'system:masters'
check 'nor whom no condition is about' '^0$' count_of 'system:plugin'
review() {
  printf '{"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","spec":{"user":"%s","resourceAttributes":{"verb":"get","resource":"secrets","namespace":"x"}}}' "$1" |
    kubectl create --validate=false -f - -o 'jsonpath={.status}'
}
check 'a review asks it' '"allowed":true,"reason":"the webhook likes it"' review allow-jane
check 'and tells a denial' '"allowed":false,"denied":true,"reason":"the webhook minds"' review deny-jane
rules() {
  printf '{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectRulesReview","spec":{"namespace":"default"}}' |
    kubectl --as=none-jane create --validate=false -f - -o 'jsonpath={.status.incomplete}'
}
check 'what it would allow nobody can list' '^true' rules

# What was answered is kept, for a time.
forget
for _ in 1 2 3 4 5; do ask allow-kept $maps >/dev/null; ask deny-kept $maps >/dev/null; done
check 'an allowance is asked for once' '^1$' count_of '"allow-kept"'
check 'a denial as well' '^1$' count_of '"deny-kept"'
check 'another request is another question' 'ok' ask allow-kept /readyz
check 'which is asked' '^2$' count_of '"allow-kept"'

# Several in order, each with conditions.
{ hook none good NoOpinion "has(request.resourceAttributes) && request.resourceAttributes.resource == 'secrets'" "$users"
  hook some flaky NoOpinion "request.user == 'allow-some'"
  hook wrong hang Deny "request.user == 'deny-wrong' && request.resourceAttributes.namespace != ''"
} | configuration >"$work/authorization.yaml"
forget
check 'a changed file counts' 'forbidden' may deny-new $maps
check 'who is about something else is not asked about' '^0$' count_of deny-new
check 'the first is asked where its conditions hold' 'the webhook minds' may deny-new /api/v1/namespaces/default/secrets
check 'the second where its own hold, again where it failed' 'ConfigMapList' ask allow-some $maps
check 'it was asked twice' '^2$' count_of '^/flaky'
check 'a condition that cannot be told is a failure' 'Internal error occurred: cel evaluation error: expression .* no such key: resourceAttributes' may deny-wrong /healthz
loops='request.groups.all(a, request.groups.all(b, request.groups.all(c, request.groups.all(d, a + b + c != d))))'
hook loud good Deny "request.user != 'allow-loud' || $loops" "request.user.startsWith('allow')" | configuration >"$work/authorization.yaml"
groups=()
for each in $(seq 80); do groups+=("Impersonate-Group: group-$each"); done
loud() { soon ask "$1" $maps "${groups[@]}"; }  # USER
eventually 'a changed file with a condition that explodes counts' 5 'ConfigMapList' ask allow-quiet $maps
check 'it is stopped' 'Internal error occurred: cel evaluation error: expression .*operation cancelled: actual cost limit exceeded.*soon' loud allow-loud
hook none good NoOpinion "has(request.resourceAttributes) && request.resourceAttributes.resource == 'secrets'" "$users" | configuration >"$work/authorization.yaml"
eventually 'the file before counts again' 5 'the webhook minds' may deny-next /api/v1/namespaces/default/secrets
sed -i 's/failurePolicy/failurePolice/' "$work/authorization.yaml"
check 'a wrong file does not count' 'the webhook minds' may deny-new /api/v1/namespaces/default/secrets
eventually 'and is told with line and field' 5 'authorization.yaml:11: authorizers\[0\].webhook.failurePolice: unknown field' "$cleat" plugin list --data-dir "$data"
stop_server

# Webhooks that are not as they should be.
while read -r bad says; do
  hook bad "$bad" Deny "$users" | configuration >"$work/authorization.yaml"
  start_server --config "$work/webhook.toml"
  check "$bad: nothing is allowed" "InternalError.*: .*$says|$says" may allow-jane $maps
  check "$bad: masters may" 'ConfigMapList' kubectl get --raw $maps
  hook bad "$bad" NoOpinion "$users" | configuration >"$work/authorization.yaml"
  check "$bad: without an opinion of it, others are asked" 'ConfigMapList' may none-jane $maps
  check "$bad: the log says why" "webhook authorizer bad: .*$says" cat "$work/log"
  stop_server
done <<'END'
hang context deadline exceeded
gigabyte the answer is longer than 1048576 bytes
drip context deadline exceeded
redirect unexpected redirect \(307\)
error an error on the server
nonsense json parse error
another-kind expected an answer of authorization.k8s.io/v1, Kind=SubjectAccessReview, got authorization.k8s.io/v1, Kind=Pod
both webhook subject access review returned both allow and deny response
END

# One webhook by settings alone, and many callers at once.
kubeconfig_of slow token "$work/hook"
cat >"$work/webhook.toml" <<TOML
[authz]
chain = ["authz-node", "authz-rbac", "authz-webhook"]
[plugins.authz-webhook]
kubeconfig = "$work/hook"
match_conditions = ["request.user.startsWith('allow-')"]
TOML
start_server --config "$work/webhook.toml"
check 'settings say one webhook' 'ConfigMapList' may allow-jane $maps
check 'asked with a token' '/slow Bearer secret' reviewed
check 'many are asked about at once' '^fast' python3 - "$data" "$port" <<'PY'
import concurrent.futures, http.client, ssl, sys, time
context = ssl._create_unverified_context()
context.load_cert_chain(sys.argv[1] + "/pki/admin.crt", sys.argv[1] + "/pki/admin.key")
def ask(i):
    connection = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[2]), context=context)
    connection.request("GET", "/api/v1/namespaces/default/configmaps", headers={"Impersonate-User": f"allow-{i}"})
    return connection.getresponse().status
start = time.time()
with concurrent.futures.ThreadPoolExecutor(12) as pool:
    answers = set(pool.map(ask, range(12)))
print("fast" if answers == {200} and time.time() - start < 8 else "slow", answers, time.time() - start)
PY
stop_server

wrong() { complains "$1" "$2" "$work/webhook.toml"; }  # DESCRIPTION PATTERN
chain authz-node authz-rbac authz-webhook
hook a good Deny "request.usr == 'x'" | configuration >"$work/authorization.yaml"
wrong 'wrong CEL' "authorization.yaml:15: authorizers\[0\].webhook.matchConditions\[0\].expression: Invalid value: .*undefined field 'usr'"
hook a good Deny "request.user.find('(') == 'x'" | configuration >"$work/authorization.yaml"
wrong 'what nobody can evaluate' 'authorization.yaml:15: authorizers\[0\].webhook.matchConditions\[0\].expression: Internal error: program instantiation failed: error parsing regexp: missing closing \): `\(`'
printf -- '- {type: RBAC, name: rbac}\n' | configuration >"$work/authorization.yaml"
wrong 'others than the server asks' 'authorization.yaml:[0-9]+: authorizers: are not those that the server asks, in this order: set \[authz\] chain = \["authz-rbac", "authz-webhook"\] in its configuration, which has \["authz-node", "authz-rbac"\]'
rm -rf "$data"
{ printf -- '- {type: Node, name: node}\n- {type: RBAC, name: rbac}\n'; hook first good Deny "$users"; } | configuration | sed 's,config.k8s.io/v1$,config.k8s.io/v1beta1,' >"$work/authorization.yaml"
start_server --config "$work/webhook.toml"
check 'the others that the server asks may be named' 'ConfigMapList' may allow-jane $maps
stop_server
sed -i '/^config/d' "$work/webhook.toml"
wrong 'nothing' 'config or kubeconfig: one of them is needed'
finish
