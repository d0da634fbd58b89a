# Webhooks to ask (webhook_server.py) and configurations that name them, for tests. Sourced after server.sh, with a server up.
#
#   create "$(configuration Validating v "$(hook /deny)")"    # about config maps with the label hook=deny
#   grep '^/deny ' "$work/reviews"                            # what was asked

# One authority, and one that signed nothing.
certificate() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "$@" 2>/dev/null; }
certificate -subj /CN=hooks -keyout "$work/ca.key" -out "$work/ca.crt"
certificate -subj /CN=other -keyout "$work/other.key" -out "$work/other.crt"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=hook -keyout "$work/hook.key" -out "$work/hook.csr" 2>/dev/null
printf 'subjectAltName=IP:127.0.0.1,DNS:hook.default.svc\n' >"$work/names"
openssl x509 -req -in "$work/hook.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -CAcreateserial -days 2 -extfile "$work/names" -out "$work/hook.crt" 2>/dev/null
ca=$(base64 -w0 <"$work/ca.crt") otherCa=$(base64 -w0 <"$work/other.crt")
hookPort=$(free_port)
touch "$work/reviews"
python3 "$(dirname "${BASH_SOURCE[0]}")/webhook_server.py" $hookPort "$work/hook.crt" "$work/hook.key" "$work/reviews" &
hooks=$!
trap 'kill $hooks 2>/dev/null; clean_up' EXIT
until_true 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$hookPort"

url() { printf '{url: "https://127.0.0.1:%s%s", caBundle: %s}' $hookPort "$1" "$ca"; }
rules='{operations: [CREATE, UPDATE], apiGroups: [""], apiVersions: [v1], resources: [configmaps]}'
# hook PATH [MORE] [RULES] [CLIENT]
hook() {
  printf '{name: %s.hooks.test, sideEffects: None, admissionReviewVersions: [v1], clientConfig: %s, rules: [%s], objectSelector: {matchLabels: {hook: "%s"}}, timeoutSeconds: 2%s}' \
    "$(tr -dc 'a-z0-9' <<<"$1")" "${4:-$(url "$1")}" "${3:-$rules}" "$(tr -dc 'a-z0-9' <<<"$1")" "${2:+, $2}"
}
configuration() {  # KIND NAME HOOK…
  local kind=$1 name=$2 IFS=,
  shift 2
  printf '{apiVersion: admissionregistration.k8s.io/v1, kind: %sWebhookConfiguration, metadata: {name: %s}, webhooks: [%s]}' "$kind" "$name" "$*"
}
# What waits for it at PATH is answered, and what asks there afterwards.
release() { curl -sS --max-time 5 --cacert "$work/ca.crt" "https://127.0.0.1:$hookPort/release$1" >/dev/null; }
attempt() { create "$1" "${@:2}" 2>&1 || true; }  # OBJECT OPTION…
