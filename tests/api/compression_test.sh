#!/bin/bash
# Large answers come compressed to whoever takes them so, and are the same.
build=${1:?usage: compression_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl gzip
start_server
until_true 20 kubectl get serviceaccount default

make() {  # NAMESPACE COUNT BYTES
  python3 - "$@" <<'PYTHON' | kubectl create -f - >/dev/null
import base64, json, random, sys
namespace, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
random.seed(size)
text = lambda: base64.b64encode(random.randbytes(size * 3 // 4)).decode()
items = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"m{i}", "namespace": namespace}, "data": {"text": text()}} for i in range(count)]
print(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
PYTHON
}
for namespace in few many large; do kubectl create namespace $namespace >/dev/null; done
make few 5 1000
make many 200 2000
make large 30 300000
within() { echo "/api/v1/namespaces/$1/configmaps"; }

fetch() {  # ENCODINGS PATH [OPTION…]
  local encodings=$1 path=$2
  shift 2
  curl -sS -g --cacert "$data/pki/ca.crt" --cert "$data/pki/admin.crt" --key "$data/pki/admin.key" ${encodings:+-H "Accept-Encoding: $encodings"} \
    -D "$work/head" -o "$work/packed" "$@" "https://127.0.0.1:$port$path"
}
said() { sed -n 's/\r$//; s/^\('"$1"'\): /\1=/Ip' "$work/head" | tr '[:upper:]\n' '[:lower:] '; }
# How it comes, and whether it is what comes plainly.
compare() {  # PATH [OPTION…]
  fetch 'deflate, gzip' "$@" || return
  said 'content-encoding'; said 'vary'; said 'transfer-encoding'
  if grep -qi '^content-encoding: gzip' "$work/head"; then gzip -dc <"$work/packed" >"$work/unpacked"; else cp "$work/packed" "$work/unpacked"; fi || return
  fetch '' "$@"
  ! grep -qi '^content-encoding' "$work/head" && cmp "$work/packed" "$work/unpacked" && echo "the same, $(($(wc -c <"$work/unpacked") / 1024)) KiB"
}
check 'a list' '^content-encoding=gzip vary=accept-encoding .*the same, 4[0-9][0-9] KiB$' compare "$(within many)"
check 'one of protobuf' '^content-encoding=gzip .*the same' compare "$(within many)" -H 'Accept: application/vnd.kubernetes.protobuf'
# Ages are told in it, and may have become a second more.
eventually 'a table' 20 '^content-encoding=gzip .*the same' compare "$(within many)?includeObject=Object" -H 'Accept: application/json;as=Table;v=v1;g=meta.k8s.io'
check 'indented' '^content-encoding=gzip .*the same' compare "$(within many)?pretty=true"
check 'a page' '^the same, 2[0-9] KiB$' compare "$(within many)?limit=10"
check 'a single object' '^content-encoding=gzip .*the same' compare "$(within large)/m7"
check 'of protobuf' '^content-encoding=gzip .*the same' compare "$(within large)/m7" -H 'Accept: application/vnd.kubernetes.protobuf'
check 'what is large goes in parts' '^content-encoding=gzip vary=accept-encoding transfer-encoding=chunked the same, 8[0-9]{3} KiB$' compare "$(within large)"
check 'what is small comes plainly' '^the same, [0-9] KiB$' compare "$(within few)"

sizes() { kubectl get --raw /metrics | sed -n 's/^apiserver_response_sizes_sum{.*resource="configmaps".*verb="LIST".*} //p' | python3 -c 'import sys; print(int(sum(map(float, sys.stdin))))'; }
before=$(sizes)
fetch gzip "$(within large)"
more() { echo $(($(sizes) - before)); }
check 'its size counts as it is before that' '^[89][0-9]{6}$' more

plainly() { fetch "$@" && said content-encoding && said content-length; }
check 'as does everything to others' '^content-length=[0-9]+ $' plainly deflate "$(within many)"
check 'and to who does not want it' '^content-length=[0-9]+ $' plainly 'gzip;q=0, br' "$(within many)"
check 'or could not tell where it ends' '^content-length=[0-9]+ $' plainly gzip "$(within many)" --http1.0
check 'a watch' '^$' eval 'plainly gzip "$(within large)?watch=true&timeoutSeconds=1" && test "$(wc -c <"$work/packed")" -gt 8000000'
written() {
  fetch gzip "$(within few)" -X POST -H 'Content-Type: application/json' --data-binary @"$work/object.json" -w '%{http_code} ' && said content-encoding
  gzip -dc <"$work/packed" | python3 -c 'import json, sys; print(json.load(sys.stdin)["metadata"]["name"])'
}
kubectl -n large get configmap m1 -o json | sed 's/"namespace": "large"/"namespace": "few"/; s/"name": "m1"/"name": "copy"/; /resourceVersion/d' >"$work/object.json"
check 'what a write answers' '^201 content-encoding=gzip copy$' eval 'written | tr -d "\n"'
over_one_connection() {
  curl -sS -g --compressed --cacert "$data/pki/ca.crt" --cert "$data/pki/admin.crt" --key "$data/pki/admin.key" -w '%{http_code}/%{num_connects} ' \
    -o "$work/a" "https://127.0.0.1:$port$(within large)" -o "$work/b" "https://127.0.0.1:$port$(within many)" -o "$work/c" "https://127.0.0.1:$port$(within few)"
}
check 'the connection goes on' '^200/1 200/0 200/0 $' over_one_connection
check 'kubectl takes it' '^30$' eval 'kubectl -n large get configmaps -o name | grep -vc kube-root-ca'
# A client that goes away in the middle, and one that reads slowly, are in nobody's way.
slow=()
slowly() { curl -sS -g -H 'Accept-Encoding: gzip' --cacert "$data/pki/ca.crt" --cert "$data/pki/admin.crt" --key "$data/pki/admin.key" -o /dev/null "$@" "https://127.0.0.1:$port$(within large)"; }
for i in 1 2 3 4; do
  slowly --max-time 0.05 2>/dev/null
  slowly --limit-rate 200k --max-time 3 2>/dev/null &
  slow+=($!)
done
check 'others are answered meanwhile' '^200 .*"name":"m1"' request GET "$(within few)/m1"
wait "${slow[@]}"
check 'and afterwards' '^content-encoding=gzip .*the same' compare "$(within large)"
stop_server
finish
