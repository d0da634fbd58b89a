#!/bin/bash
# Callers whose tokens a server of the operator's knows.
build=${1:?usage: authn_webhook_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl openssl
. "$here/reviewers.sh"

settings() {  # PATH [CREDENTIAL [AUTHORITY]]
  kubeconfig_of "$1" "${2:-certificate}" "$work/hook" "${3:-ca.crt}"
  cat >"$work/webhook.toml" <<TOML
[authn]
chain = ["authn-x509", "authn-token", "authn-service-account", "authn-webhook"]

[plugins.authn-webhook]
kubeconfig = "$work/hook"
cache_ttl = "10s"
cache_unauthenticated_ttl = "10s"
timeout = "2s"
TOML
}
settings good
start_server --config "$work/webhook.toml"
. "$here/../bare_client.sh"
review() {
  printf '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":"%s"%s}}' "$1" "${2:-}" |
    kubectl create --validate=false -f - -o 'jsonpath={.status}'
}

check 'a token says who the caller is' '"username":"jane","uid":"uid-jane","groups":\["reviewed","system:authenticated"\],"extra":\{"by":\["webhook"\]\}' \
  whoami as --token=good-jane
check 'asked with the certificate of the kubeconfig' '^/good cluster 1 \{"token": "good-jane", "audiences": \["https' reviewed
check 'its group is given something' 'created' kubectl create clusterrolebinding reviewed --clusterrole=view --group=reviewed
eventually 'which it may then' 5 '^200' bearer good-jane request GET /api/v1/namespaces/default/pods
check 'who is known otherwise is not asked about' '^0$' count_of 'admin'
check 'an unknown token is nobody' '^401 ' bearer unknown-joe request GET /api
check 'a wrong one as well' '^401 ' bearer wrong-revoked request GET /api
check 'a review says why' '"error":"\[invalid bearer token, revoked\]"' review wrong-revoked
check 'who has no name is nobody' '^401 ' bearer nameless-x request GET /api
check 'a token for others is none here' '^401 ' bearer vault-jane request GET /api
check 'but there' '"audiences":\["vault"\],"authenticated":true' review vault-jane ',"audiences":["vault"]'
check 'and nobody elsewhere' '"error"' review good-jane ',"audiences":["vault"]'

# What was answered is kept, for a time.
forget
for _ in 1 2 3 4 5; do bearer good-kept status GET /version >/dev/null; bearer unknown-kept status GET /version >/dev/null; done
check 'a known token is asked about once' '^1$' count_of '"good-kept"'
check 'one that is not as well' '^1$' count_of '"unknown-kept"'
eventually 'and again when that is old' 40 '^[2-9]' bash -c "curl -s --cacert '$data/pki/ca.crt' -H 'Authorization: Bearer good-kept' https://127.0.0.1:$port/version >/dev/null; grep -c '\"good-kept\"' '$work/reviews/log'"

# Many at once, over few connections.
burst() {
  python3 - "$port" "$1" <<'PY'
import concurrent.futures, http.client, ssl, sys, time
context = ssl._create_unverified_context()
def ask(i):
    connection = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[1]), context=context)
    connection.request("GET", "/version", headers={"Authorization": f"Bearer good-{sys.argv[2]}{i}"})
    return connection.getresponse().status
start = time.time()
with concurrent.futures.ThreadPoolExecutor(12) as pool:
    print(sorted(set(pool.map(ask, range(12)))), "fast" if time.time() - start < 8 else "slow", time.time() - start)
PY
}
check 'many come in at once' '^\[200\]' burst a
stop_server
settings slow
sed -i 's/^timeout = .*/timeout = "20s"/' "$work/webhook.toml"
start_server --config "$work/webhook.toml"
check 'a server that takes its time is asked about all of them at once' '^\[200\] fast' burst b
stop_server

# One that fails now and then is asked again.
settings flaky token
start_server --config "$work/webhook.toml"
check 'a failure is tried again' '"username":"jane"' whoami as --token=good-jane
check 'asked with the token of the kubeconfig' '/flaky Bearer secret' reviewed
stop_server

# Servers that are not as they should be make nobody known, and cost nobody else anything.
while read -r bad says; do
  settings "$bad"
  start_server --config "$work/webhook.toml"
  check "$bad: nobody is known" '^401 ' bearer good-jane request GET /api
  check "$bad: the log says why" "webhook authenticator: .*$says" cat "$work/log"
  check "$bad: others come in" 'ok' kubectl get --raw /healthz
  check "$bad: a review tells" "\"error\":\"\[invalid bearer token, " review good-jane
  stop_server
done <<'END'
hang context deadline exceeded
gigabyte the answer is longer than 1048576 bytes
drip context deadline exceeded
redirect unexpected redirect \(307\)
error an error on the server \("out of order"\) has prevented the request from succeeding
unknown the server could not find the requested resource
nonsense couldn't get version/kind; json parse error
another-kind expected an answer of authentication.k8s.io/v1, Kind=TokenReview, got authentication.k8s.io/v1, Kind=Pod
no-status the answer has no status
END
settings good token other.crt
start_server --config "$work/webhook.toml"
check 'one of another authority is not trusted' '^401 ' bearer good-jane request GET /api
check 'as the log says' 'certificate signed by unknown authority' cat "$work/log"
stop_server

# Configuration that is wrong is told with its place.
wrong() { complains "$1" "$2" "$work/webhook.toml"; }  # DESCRIPTION PATTERN
settings good
sed -i 's/token:/tokn:/; s/client-key:/client-kee:/' "$work/hook"
wrong 'an unknown field' 'hook:6: users\[0\].user.client-kee: unknown field'
settings good
sed -i 's/https:/http:/' "$work/hook"
wrong 'no TLS' 'hook:5: clusters\[0\].cluster.server: "http://[^"]*" does not begin with https://'
printf '[authn]\nchain = ["authn-x509", "authn-webhook"]\n' >"$work/webhook.toml"
wrong 'no kubeconfig' 'authn-webhook.* kubeconfig: is needed'
finish
