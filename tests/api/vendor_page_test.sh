#!/bin/bash
# A vendor's page on the API server, built out of tree against the installed SDK, in a process of its own.
build=${1:?usage: vendor_page_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
. "$here/custom_resources.sh"
plugin=$(find "$(realpath "$build")/tests/plugins-contrib" -name hello-page.so -print -quit 2>/dev/null)
[ -n "$plugin" ] || { echo "SKIPPED: hello-page has not been built (test contrib_build)"; exit 77; }
cat >"$work/cleat.toml" <<TOML
[controllers]
enabled = ["controller-bootstrap"]

[roles]
http-handler = ["hello-page"]

[plugins.hello-page]
path = "$plugin"
at = "/pages/hello"
TOML
start_server --config "$work/cleat.toml"

check 'who asks is greeted' '^<!doctype html><title>Hello</title><p>Hello, kubernetes-admin. You are number [0-9]+.</p>$' kubectl get --raw /pages/hello
check 'as a page' '[Cc]ontent-[Tt]ype: text/html; charset=utf-8' bash -c "curl -sS -o /dev/null -D - --cacert '$data/pki/ca.crt' --cert '$data/pki/admin.crt' --key '$data/pki/admin.key' 'https://127.0.0.1:$port/pages/hello' | grep -i '^content-type'"
check 'that can only be read' '^405 .*the page can only be read' request POST /pages/hello '{}'
check 'there is nothing below it' '^404 404 page not found' request GET /pages/hello/more
check 'and nothing beside it' '^404 ' request GET /pages/hello2
check_fails 'who may not read it' 'Forbidden.*User "mary" cannot get path "/pages/hello"' kubectl get --raw /pages/hello --as=mary
create '{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: hello}, rules: [{nonResourceURLs: [/pages/*], verbs: [get]}]}' >/dev/null
kubectl create clusterrolebinding hello --clusterrole=hello --user=mary >/dev/null
eventually 'who may' 10 'Hello, mary' kubectl get --raw /pages/hello --as=mary
kill -KILL "$(pgrep -f "cleat host .*$plugin")"
eventually 'when it is killed it comes back' 20 'You are number 1' kubectl get --raw /pages/hello
check 'its health' 'hello-page +1.0.0 +alpha +http-handler +running +yes' "$cleat" plugin list --data-dir "$data"
finish
