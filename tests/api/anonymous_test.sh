#!/bin/bash
# Callers without credentials: let through for some paths, for all, or for none.
build=${1:?usage: anonymous_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
need curl

nobody() { curl -sS --max-time 20 --cacert "$data/pki/ca.crt" -w ' %{http_code}' "$@" 2>&1; }
at() { nobody "https://127.0.0.1:$port$1"; }
both() { nobody -o /dev/null -o /dev/null "https://127.0.0.1:$port$1" "https://127.0.0.1:$port$2"; }

printf '[authn]\nanonymous_paths = ["/healthz", "/version"]\n' >"$work/some.toml"
start_server --config "$work/some.toml"
check 'health is for everybody' '^ok 200$' at /healthz
check 'whatever is asked of it' '200$' at '/healthz?verbose=1'
check 'so is the version' '"gitVersion".* 200$' at /version
check 'a path below it is another' '"reason":"Unauthorized".* 401$' at /healthz/ping
check 'nothing else is open' '"code":401.* 401$' at /readyz
check 'nor what would be forbidden' ' 401$' at /api/v1/pods
check 'on one connection as well' '^ 200 401$' both /healthz /livez
check 'the other way round' '^ 401 200$' both /livez /healthz
check 'who is known comes in' 'ok' kubectl get --raw /readyz
check 'a wrong token is nobody' ' 401$' nobody -H 'Authorization: Bearer x' "https://127.0.0.1:$port/healthz"
check 'the rules for the anonymous are as they were' 'no' bash -c 'kubectl auth can-i list pods --as=system:anonymous || true'
stop_server

printf '[authn]\nanonymous = false\nanonymous_paths = ["/healthz"]\n' >"$work/none.toml"
start_server --config "$work/none.toml"
check 'nobody is let through' ' 401$' at /healthz
stop_server

start_server
check 'by default all paths are open to be asked for' '403$' at /api/v1/pods
check 'and health is seen' '^ok 200$' at /healthz
stop_server

# An authenticator that decides it does so in the place of these settings.
cat >"$work/authentication.yaml" <<'YAML'
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
anonymous: {enabled: true, conditions: [{path: /livez}, {path: /version}]}
YAML
cat >"$work/decided.toml" <<TOML
[authn]
chain = ["authn-x509", "authn-token", "authn-service-account", "authn-oidc"]
anonymous_paths = ["/healthz"]
[plugins.authn-oidc]
config = "$work/authentication.yaml"
TOML
start_server --config "$work/decided.toml"
check 'a path of the configuration' '^ok 200$' at /livez
check 'and another' '"gitVersion".* 200$' at /version
check 'those of the settings count no more' '"reason":"Unauthorized".* 401$' at /healthz
check 'nothing else is open' ' 401$' at /api/v1/pods
check 'on one connection as well' '^ 200 401$' both /livez /healthz
sed -i 's,/version,/readyz,' "$work/authentication.yaml"
bearer() { nobody -H 'Authorization: Bearer x.y.z' "https://127.0.0.1:$port/livez"; }
told() { bearer >/dev/null; cat "$work/log"; }
eventually 'another one is not taken while it runs' 10 'authentication configuration is not taken: .*anonymous: Forbidden: changed from initial configuration file' told
check 'what was before counts' '"gitVersion".* 200$' at /version
check 'and not what is there now' ' 401$' at /readyz
stop_server
start_server --config "$work/decided.toml"
check 'it counts from the next start on' ' 401$' at /version
check 'so what it says' '^ok 200$' at /readyz
stop_server
sed -i 's,enabled: true.*,enabled: false},' "$work/authentication.yaml"
start_server --config "$work/decided.toml"
check 'nobody is let through by a configuration' ' 401$' at /livez
stop_server

printf '[authn]\nanonymous_paths = ["healthz"]\n' >"$work/wrong.toml"
check_fails 'what is no path is told' 'wrong.toml:2: authn.anonymous_paths: "healthz": must be a path' \
  timeout 20 "$cleat" server --data-dir "$data" --listen "127.0.0.1:$port" --config "$work/wrong.toml"
finish
