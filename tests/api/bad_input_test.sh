#!/bin/bash
# Wrong configurations, plugins and bodies: one clear line each.
build=${1:?usage: bad_input_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"

refused() {  # DESCRIPTION PATTERN CONFIG
  printf '%s\n' "$3" >"$work/bad.toml"
  check_fails "$1" "$2" timeout 60 "$cleat" server --data-dir "$work/never" --listen 127.0.0.1:0 --config "$work/bad.toml"
}
refused 'TOML that does not parse' 'bad\.toml:2' $'[server]\nlisten = '
refused 'an unknown key' 'bad\.toml:2.*listne' $'[server]\nlistne = "x"'
refused 'a wrong type' 'bad\.toml:2.*listen' $'[server]\nlisten = 5'
refused 'a plugin that is not there' 'scheduler-nope' $'[schedulers]\nenabled = ["scheduler-nope"]'
echo 'not a plugin' >"$work/fake.so"
refused 'a plugin that is no plugin' 'fake\.so' "[schedulers]
enabled = [\"fake\"]
[plugins.fake]
path = \"$work/fake.so\""
check_fails 'a configuration that is not there' 'nowhere\.toml' "$cleat" server --data-dir "$work/never" --config "$work/nowhere.toml"
check_fails 'an address that is none' '--listen' "$cleat" server --data-dir "$work/never" --listen nonsense
check_fails 'an unknown command' 'serve' "$cleat" serve
check 'help' 'agent.*up' "$cleat" --help

start_server
manifest() { printf '%s' "$1" >"$work/m.json"; }
body='{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}'
manifest "${body/\"image\"/\"imagee\"}"
pods='/api/v1/namespaces/default/pods?fieldValidation'
check_fails 'an unknown field, strictly' 'unknown field "spec.containers\[0\].imagee"' \
  kubectl create --raw "$pods=Strict" -f "$work/m.json"
check_fails 'which the client finds itself' 'unknown field "(spec.containers\[0\].)?imagee"' kubectl create -f "$work/m.json"
manifest "${body/\"name\":\"c\"/\"name\":\"c\",\"imagee\":\"x\"}"
check 'an unknown field, with a warning' 'Warning: unknown field' kubectl create --raw "$pods=Warn" -f "$work/m.json"
manifest '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cut\u0000off"}}'
check_fails 'a name is not cut off at a NUL' 'a lowercase RFC 1123 subdomain must consist of' \
  kubectl create --raw '/api/v1/namespaces/default/configmaps' -f "$work/m.json"
manifest '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"q"},"spec":{"containers":[{"name":"c"}]}}'
check_fails 'a container without an image' 'spec.containers\[0\].image: Required value' kubectl create -f "$work/m.json"
manifest '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"Q_"},"spec":{"containers":[{"name":"c","image":"i"}]}}'
check_fails 'a wrong name' 'a lowercase RFC 1123 subdomain must consist of' kubectl create -f "$work/m.json"
manifest '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"replicas":"two","selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}'
check_fails 'a text where a number belongs' 'cannot unmarshal string|expected.*number|invalid' kubectl create --validate=false -f "$work/m.json"
manifest "${body/\"p\"/\"p2\"}"
sed -i 's/"kind":"Pod"/"kind":"Deployment","x":1/; s#"apiVersion":"v1"#"apiVersion":"apps/v1"#' "$work/m.json"
check_fails 'a deployment without a selector' 'spec.selector: Required value|unknown field' kubectl create -f "$work/m.json"

post() { curl -sS --cert "$work/c" --key "$work/k" --cacert "$data/pki/ca.crt" -H 'Content-Type: application/json' \
  "https://127.0.0.1:$port/api/v1/namespaces/default/configmaps" "$@"; }
cp "$data/pki/admin.crt" "$work/c"; cp "$data/pki/admin.key" "$work/k"
check 'malformed JSON' '"code": ?400' post -d '{"kind":'
check 'too deep' '"code": ?400' post -d "$(python3 -c 'print("[" * 5000 + "]" * 5000)')"
python3 -c 'print("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"big\"},\"data\":{\"a\":\"" + "x" * 4000000 + "\"}}")' >"$work/big"
check 'too large' '"code": ?413|limit|too large' post --data-binary "@$work/big"
check 'the server has survived all that' 'ok' kubectl get --raw /readyz
finish
