#!/bin/bash
# Tokens of service accounts that lie in secrets, as clusters had them for years.
build=${1:?usage: legacy_tokens_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
cat >"$work/settings.toml" <<'TOML'
[plugins.controller-legacy-token-cleaner]
clean_up_period = "1s"
TOML
start_server --config "$work/settings.toml"

secret() {  # NAME ACCOUNT [MORE OF METADATA]
  printf '{"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/service-account-token","metadata":{"name":"%s","annotations":{"kubernetes.io/service-account.name":"%s"}%s}}' \
    "$1" "$2" "${3:-}" | kubectl create -f -
}
part() { kubectl get secret "$1" -o "jsonpath={.data['${2/./\\.}']}" | base64 -d; }
as() {  # TOKEN COMMAND…
  kubectl --kubeconfig /dev/null --server "https://127.0.0.1:$port" --certificate-authority "$data/pki/ca.crt" --token "$@"
}
claims() { part "$1" token | cut -d . -f 2 | python3 -c 'import base64, sys; text = sys.stdin.read().strip(); print(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())'; }
meta() { kubectl get secret "$1" -o "jsonpath={.metadata.$2}"; }

check 'an account' 'created' kubectl create serviceaccount robot
check_fails 'a secret that names none' 'metadata.annotations\[kubernetes.io/service-account.name\]: Required value' \
  bash -c 'echo "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"type\":\"kubernetes.io/service-account-token\",\"metadata\":{\"name\":\"x\"}}" | kubectl create -f -'
check 'a secret for it' 'created' secret old robot
eventually 'gets a token' 10 '"sub":"system:serviceaccount:default:robot"' claims old
check 'in the words of old' '"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":"default","kubernetes.io/serviceaccount/secret.name":"old","kubernetes.io/serviceaccount/service-account.name":"robot","kubernetes.io/serviceaccount/service-account.uid":"[0-9a-f-]{36}"' claims old
check 'the namespace' '^default$' part old namespace
check 'the authority' "^$(head -c 40 "$data/pki/ca.crt")" part old ca.crt
check 'and whose it is' "^$(kubectl get serviceaccount robot -o 'jsonpath={.metadata.uid}')$" meta old 'annotations.kubernetes\.io/service-account\.uid'
token=$(part old token)
check 'its holder is known' 'system:serviceaccount:default:robot' whoami as "$token"
eventually 'the day is noted' 10 '^20[0-9-]{8}$' meta old 'labels.kubernetes\.io/legacy-token-last-used'
check_fails 'a token changed by a letter is none' 'Unauthorized' as "${token%?????}AAAAA" get --raw /api
review() {
  printf '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":"%s","audiences":["%s"]}}' "$token" "$1" |
    kubectl create --validate=false -f - -o 'jsonpath={.status}'
}
check 'it is for nobody else' '"error":.*is invalid for the target audiences' review others
check 'what was taken away comes back' 'patched' kubectl patch secret old --type=json -p '[{"op": "remove", "path": "/data/token"}]'
check_fails 'but the old one is good no more' 'Unauthorized' as "$token" get --raw /api
eventually 'there is one again' 10 'robot' claims old
token=$(part old token)
check 'that is good' 'robot' whoami as "$token"

kubectl label secret old kubernetes.io/legacy-token-invalid-since=2026-01-01 >/dev/null
check_fails 'one that is marked is not' 'Unauthorized' as "$token" get --raw /api
kubectl label secret old kubernetes.io/legacy-token-invalid-since- >/dev/null
check 'until the mark goes' 'robot' whoami as "$token"

check 'one for nobody' 'created' secret lost nobody
eventually 'goes' 10 'not found' kubectl get secret lost
check 'the account goes' 'deleted' kubectl delete serviceaccount robot
eventually 'and its secret' 10 'not found' kubectl get secret old
check_fails 'and its token' 'Unauthorized' as "$token" get --raw /api

# What nobody uses. The account names those that were made by themselves.
kubectl create serviceaccount ancient >/dev/null
since() { kubectl -n kube-system patch configmap kube-apiserver-legacy-service-account-token-tracking -p "{\"data\":{\"since\":\"$1\"}}"; }
check 'a secret of another time' 'created' secret ancient-token ancient
check 'one that somebody made' 'created' secret manual ancient
eventually 'filled' 10 'ancient' claims ancient-token
check 'the account names the first' 'patched' kubectl patch serviceaccount ancient -p '{"secrets":[{"name":"ancient-token"}]}'
check 'it was looked at for long' 'patched' since 2020-01-01
eventually 'it is good no more' 20 '^20[0-9-]{8}$' meta ancient-token 'labels.kubernetes\.io/legacy-token-invalid-since'
# Days are told, no hours: what was marked today is kept for the rest of the day and as long as it takes.
check 'it was marked long ago' 'labeled' kubectl label --overwrite secret ancient-token kubernetes.io/legacy-token-invalid-since=2020-01-01
eventually 'it goes' 20 'not found' kubectl get secret ancient-token
check 'after it was marked' 'default/ancient-token has not been used for long: it is good no more.*default/ancient-token has not been good' tr '\n' ' ' <"$work/log"
eventually 'and the account names it no more' 10 '^$' kubectl get serviceaccount ancient -o 'jsonpath={.secrets}'
check 'the other stays' 'manual' kubectl get secret manual
check 'as it was' '^$' meta manual 'labels'
finish
