#!/bin/bash
# What the server says of itself: its health by name, its numbers, and where its tokens are checked.
build=${1:?usage: server_paths_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl openssl
start_server
until_true 20 kubectl get serviceaccount default
core=/api/v1/namespaces/default

# -- Health --
for path in /healthz /livez /readyz; do
  check "$path" '^200 ok$' request GET $path
  check "$path in full" "^200 \[\+\]ping ok.*\[\+\]store ok.*${path#/} check passed\$" request GET "$path?verbose"
  check "$path of one check" '^200 ok$' request GET $path/store
  check "$path without one" '^200 .*\[\+\]store excluded: ok' request GET "$path?verbose&exclude=store"
  check "$path of what there is not" '^404 ' request GET $path/nothing
done
check 'plugins are a part of being ready' '\[\+\]plugin-kinds-resource ok' request GET '/readyz?verbose'
check 'not of being alive' '^[^@]*$' eval 'request GET "/livez?verbose" | sed "s/plugin-/@/"'
check 'strangers may ask' '^ok$' curl -sS --cacert "$data/pki/ca.crt" "https://127.0.0.1:$port/livez"
check 'the checks are listed' '"/healthz/store".*"/livez/ping".*"/readyz/plugin-kinds-core"' request GET /
check 'the version' '"major": ?"1".*"minor": ?"37".*"gitVersion": ?"v1.37' request GET /version

# -- Numbers --
for i in 1 2 3; do request POST "$core/configmaps" '{"metadata":{"generateName":"m-"}}' >/dev/null; done
request GET "$core/configmaps?labelSelector=a" >/dev/null
request GET "$core/configmaps/none" >/dev/null
request GET "$core/configmaps?watch=1&timeoutSeconds=1" >/dev/null
metric() { request GET /metrics >/dev/null; grep -E "^$1" "$work/body"; }
labels='dry_run="",group="",resource="configmaps"'
check 'requests are counted' " 3$" metric "apiserver_request_total.code=\"201\",component=\"apiserver\",$labels,scope=\"resource\",subresource=\"\",verb=\"POST\",version=\"v1\""
check 'lists apart from gets' ' [1-9]' metric "apiserver_request_total.code=\"200\",component=\"apiserver\",$labels,scope=\"namespace\",subresource=\"\",verb=\"LIST\""
check 'by code' ' 1$' metric "apiserver_request_total.code=\"404\",component=\"apiserver\",$labels,scope=\"resource\",subresource=\"\",verb=\"GET\""
check 'watches when they end' ' 1$' metric "apiserver_request_total.code=\"200\",component=\"apiserver\",$labels,scope=\"namespace\",subresource=\"\",verb=\"WATCH\""
check 'and what they were sent' ' [3-9][0-9]*$' metric 'apiserver_watch_events_total.group="",resource="configmaps",version="v1"'
check 'how long they took' 'le="0.005".*le="60".*le="\+Inf"' metric "apiserver_request_duration_seconds_bucket.component=\"apiserver\",$labels,scope=\"resource\",subresource=\"\",verb=\"POST\""
check 'those in hand' 'request_kind="mutating". 0.*request_kind="readOnly". 0' metric apiserver_current_inflight_requests
check 'those that last' '^apiserver_longrunning_requests' metric 'apiserver_longrunning_requests.*verb="WATCH"'
check 'what is stored' ' [4-9]' metric 'apiserver_storage_objects.resource="configmaps"'
check 'of other groups by their names' ' 0$' metric 'apiserver_storage_objects.resource="deployments.apps"'
check 'what is stored, as it is newer' ' 0$' metric 'apiserver_resource_objects.group="apps",resource="deployments"'
check 'health too' ' [0-9]+$' metric 'apiserver_request_total.*subresource="/livez",verb="GET"'
for name in process_cpu_seconds_total process_resident_memory_bytes process_virtual_memory_bytes process_open_fds process_max_fds process_start_time_seconds; do
  check "$name" "^$name [0-9.e+]+$" metric $name
done
check 'which build it is' 'major="1",minor="37"' metric kubernetes_build_info
check 'unknown kinds make no numbers' '^none$' eval 'request GET /apis/x.example.com/v1/things >/dev/null; metric ".*x.example.com" || echo none'

# -- Where tokens are checked --
check 'the issuer tells of itself' '^200 \{"issuer":"https://kubernetes.default.svc.*","jwks_uri":"https://[^"]*/openid/v1/jwks","response_types_supported":\["id_token"\],"subject_types_supported":\["public"\],"id_token_signing_alg_values_supported":\["RS256"\]\}$' \
  request GET /.well-known/openid-configuration
check 'for an hour' '[Cc]ache-[Cc]ontrol: public, max-age=3600' cat "$work/head"
check 'as JSON' '[Cc]ontent-[Tt]ype: application/json' cat "$work/head"
check 'and of its keys' '^200 \{"keys":\[\{"use":"sig","kty":"RSA","kid":"[^"]+","alg":"RS256","n":"[^"]+","e":"AQAB"\}\]\}$' request GET /openid/v1/jwks
check 'in their own type' '[Cc]ontent-[Tt]ype: application/jwk-set\+json' cat "$work/head"
cp "$work/body" "$work/jwks"
token_of default default >"$work/token"
check 'with which a token is checked' '^good$' python3 - "$work/token" "$work/jwks" <<'P'
import base64, hashlib, json, sys
bits = lambda t: base64.urlsafe_b64decode(t + "=" * (-len(t) % 4))
token = open(sys.argv[1]).read().strip()
head, body, sign = token.split(".")
keys = {k["kid"]: k for k in json.load(open(sys.argv[2]))["keys"]}
key = keys[json.loads(bits(head))["kid"]]
n, e = (int.from_bytes(bits(key[x]), "big") for x in "ne")
opened = pow(int.from_bytes(bits(sign), "big"), e, n).to_bytes((n.bit_length() + 7) // 8, "big")
wanted = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256((head + "." + body).encode()).digest()
print("good" if opened.endswith(b"\0" + wanted) else "bad")
P
account=$(cat "$work/token")
eventually 'service accounts may read it' 10 '^200 ' bearer "$account" request GET /openid/v1/jwks
check 'strangers may not' '^403 $' curl -sS -o /dev/null -w '%{http_code} ' --cacert "$data/pki/ca.crt" "https://127.0.0.1:$port/openid/v1/jwks"
check 'there is nothing beside it' '^404 ' request GET /openid/v1/other

finish
