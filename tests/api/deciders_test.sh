#!/bin/bash
# Who decides about every request and does not answer: how long it is waited for, and what its silence means.
build=${1:?usage: deciders_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
fixtures=$(cd "$build" && pwd)/fixtures
# The plugin of the fixture takes calls and answers none of them.
silent() {  # ROLE AUTHN AUTHZ [ENTRY…]: the configuration
  local role=$1 authn=$2 authz=$3
  shift 3
  cat >"$work/cleat.toml" <<TOML
[authn]
chain = [$authn]
[authz]
chain = [$authz]
[plugins.hostile-$role]
path = "$fixtures/hostile-$role.so"
TOML
  printf '%s\n' "$@" >>"$work/cleat.toml"
  mkdir -p "$data/plugins/hostile-$role"
  echo 'read /nothing' >"$data/plugins/hostile-$role/attacks"
}
reload() { "$cleat" reload --data-dir "$data"; }
ours='"authz-node", "authz-rbac"'
known='"authn-x509", "authn-token", "authn-bootstrap-token", "authn-service-account"'

start_server  # with what there is of roles in a new cluster
until_true 20 kubectl get clusterrole view
stop_server

# An authorizer.
silent authorizer "$known" "\"hostile-authorizer\", $ours" '[authz.hostile-authorizer]' 'timeout = "200ms"' 'failure_policy = "ignore"'
start_server --config "$work/cleat.toml"
check 'behind an authorizer that does not answer and is ignored the next decides' '^200 ' request GET /api/v1/namespaces/default/configmaps
check 'its silence is no permission' 'Forbidden.*User "mary" cannot list resource "configmaps"' \
  bash -c 'kubectl get configmaps --as=mary 2>&1; true'
check 'the log says so' 'hostile-authorizer.*failed, and the next is asked: ' cat "$work/log"
check 'and it is counted' 'cleat_deciders_passed_over_total\{plugin="hostile-authorizer"\} [1-9]' kubectl get --raw /metrics
sed -i '/^failure_policy/d' "$work/cleat.toml"
check 'without that setting' 'no plugin is changed' reload
check 'an authorizer that does not answer allows nothing' '^50[34] .*hostile-authorizer' request GET /api/v1/namespaces/default/configmaps
stop_server -KILL

# An authenticator.
silent authenticator "\"hostile-authenticator\", $known" "$ours" '[authn.hostile-authenticator]' 'timeout = "300ms"'
start_server --config "$work/cleat.toml"
check 'behind an authenticator that does not answer the next is asked' '^200 ' request GET /api/v1/namespaces/default/configmaps
stranger() { curl -sS --cacert "$data/pki/ca.crt" -H 'Authorization: Bearer made-up' "https://127.0.0.1:$port/api"; }
check 'whom nobody knows is nobody' '"code": ?401' stranger
sed -i 's/^timeout = "300ms"/&\nfailure_policy = "fail"/' "$work/cleat.toml"
check 'that its failures count' 'no plugin is changed' reload
check 'is a setting' '"code": ?50[34].*|hostile-authenticator' stranger
stop_server

# Mistakes.
silent authorizer "$known" "$ours" '[authz.hostile-authorizer]' 'timeout = "1s"'
check_fails 'an entry that nobody is asked by' 'cleat.toml:[0-9]+: authz.hostile-authorizer: no plugin of that name is in authz.chain' \
  "$cleat" server --data-dir "$data" --listen "127.0.0.1:$port" --config "$work/cleat.toml"
silent authenticator "$known" "$ours" '[authn.authn-x509]' 'failure_policy = "allow"'
check_fails 'there is no policy that lets people in' 'authn.authn-x509.failure_policy: "allow": must be fail or ignore' \
  "$cleat" server --data-dir "$data" --listen "127.0.0.1:$port" --config "$work/cleat.toml"
finish
