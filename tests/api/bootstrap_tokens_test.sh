#!/bin/bash
# Bootstrap tokens as secrets: who comes in by them, how long, and what is signed by them.
build=${1:?usage: bootstrap_tokens_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl openssl
start_server
. "$here/../bare_client.sh"

secret() {  # ID SECRET [KEY=VALUE…]
  local more=() pair
  for pair in "${@:3}"; do more+=(--from-literal="$pair"); done
  kubectl -n kube-system create secret generic "bootstrap-token-$1" --type=bootstrap.kubernetes.io/token \
    --from-literal=token-id="$1" --from-literal=token-secret="$2" "${more[@]}"
}
at() { date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ; }

check 'a token is made' 'created' secret abcdef 0123456789abcdef usage-bootstrap-authentication=true usage-bootstrap-signing=true \
  auth-extra-groups=system:bootstrappers:workers expiration="$(at '+1 hour')"
check 'and known at once' '"username":"system:bootstrap:abcdef","groups":\["system:bootstrappers","system:bootstrappers:workers","system:authenticated"\]' \
  whoami as --token=abcdef.0123456789abcdef
check 'another secret is not' '^401 ' bearer abcdef.0123456789abcdee request GET /api
check 'nor another id' '^401 ' bearer bbcdef.0123456789abcdef request GET /api

# What it is for: to ask for a certificate as a node.
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/n.key" -out "$work/n.csr" -subj /O=system:nodes/CN=system:node:n9 2>/dev/null
cat >"$work/csr.yaml" <<YAML
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: n9}
spec: {signerName: kubernetes.io/kube-apiserver-client-kubelet, usages: [digital signature, client auth], request: $(base64 -w0 "$work/n.csr")}
YAML
check 'its holder asks for a certificate' 'created' as --token=abcdef.0123456789abcdef create --validate=false -f "$work/csr.yaml"
eventually 'which is granted' 10 'Approved,Issued' kubectl get csr n9
check 'and may do nothing else' '^403 ' bearer abcdef.0123456789abcdef request GET /api/v1/nodes

# What it may not be.
check 'one that must not authenticate' 'created' secret aaaaaa 0123456789abcdef usage-bootstrap-signing=true
check 'does not' '^401 ' bearer aaaaaa.0123456789abcdef request GET /api
check 'one of the masters' 'created' secret bbbbbb 0123456789abcdef usage-bootstrap-authentication=true auth-extra-groups=system:masters
check 'is nobody' '^401 ' bearer bbbbbb.0123456789abcdef request GET /api
check 'as the log says' 'bootstrap-token-bbbbbb makes nobody known: bootstrap group "system:masters" is invalid' cat "$work/log"
check 'one in another namespace' 'created' kubectl -n default create secret generic bootstrap-token-cccccc --type=Opaque --from-literal=token-id=cccccc \
  --from-literal=token-secret=0123456789abcdef --from-literal=usage-bootstrap-authentication=true
check 'is none' '^401 ' bearer cccccc.0123456789abcdef request GET /api

# Its end.
check 'one that is over' 'created' secret dddddd 0123456789abcdef usage-bootstrap-authentication=true expiration="$(at '-1 hour')"
check 'is nobody' '^401 ' bearer dddddd.0123456789abcdef request GET /api
eventually 'and goes' 10 'NotFound' kubectl -n kube-system get secret bootstrap-token-dddddd
check 'one that will be over' 'created' secret eeeeee 0123456789abcdef usage-bootstrap-authentication=true expiration="$(at '+3 seconds')"
eventually 'goes then' 15 'NotFound' kubectl -n kube-system get secret bootstrap-token-eeeeee
check 'one that is deleted' 'deleted' kubectl -n kube-system delete secret bootstrap-token-bbbbbb
check 'the others stay' 'abcdef.*aaaaaa|aaaaaa.*abcdef' bash -c 'kubectl -n kube-system get secrets -o name | tr "\n" " "'

# What is signed by them.
info() { kubectl -n kube-public get configmap cluster-info -o json; }
eventually 'where the server is stands in kube-public' 10 'jws-kubeconfig-abcdef' info
verify() {
  info | python3 -c 'import base64, hashlib, hmac, json, sys
data = json.load(sys.stdin)["data"]
header, _, signature = data["jws-kubeconfig-" + sys.argv[1]].split(".")
encode = lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=")
text = header.encode() + b"." + encode(data["kubeconfig"].encode())
print("good" if encode(hmac.new(sys.argv[2].encode(), text, hashlib.sha256).digest()).decode() == signature else "bad")' "$@"
}
check 'signed by the token' '^good$' verify abcdef 0123456789abcdef
check 'by each that may sign' '^good$' verify aaaaaa 0123456789abcdef
info | python3 -c 'import json, sys; print(json.load(sys.stdin)["data"]["kubeconfig"])' >"$work/info"
check 'it says where' "server: https://127.0.0.1:$port" cat "$work/info"
check 'and whom to trust' '^ok$' kubectl --kubeconfig "$work/info" --server "https://127.0.0.1:$port" --token=abcdef.0123456789abcdef get --raw /healthz
check 'a token goes' 'deleted' kubectl -n kube-system delete secret bootstrap-token-aaaaaa
names() { info | python3 -c 'import json, sys; print(sorted(json.load(sys.stdin)["data"]))'; }
eventually 'and its signature with it' 10 "^\['jws-kubeconfig-abcdef', 'kubeconfig'\]\$" names
check 'another address' 'patched' kubectl -n kube-public patch configmap cluster-info --type=merge -p '{"data":{"kubeconfig":"kind: Config\nclusters: []\n"}}'
eventually 'is signed anew' 10 '^good$' verify abcdef 0123456789abcdef
check 'the map goes' 'deleted' kubectl -n kube-public delete configmap cluster-info
eventually 'and is made again' 10 '^good$' verify abcdef 0123456789abcdef

# The command that makes them.
created=$("$cleat" token create --data-dir "$data" --ttl 1h)
fingerprint=$(openssl x509 -in "$data/pki/ca.crt" -outform DER | sha256sum | cut -d' ' -f1)
check 'a command makes one, for joining' "^$fingerprint\\.[a-z0-9]{6}\\.[a-z0-9]{16}\$" echo "$created"
check 'which is known' 'system:bootstrap:' whoami as --token="${created#*.}"
check 'it has an end' "^$(at '+1 hour' | cut -c1-14)|^$(at '+59 minutes' | cut -c1-14)" bash -c "kubectl -n kube-system get secret bootstrap-token-$(cut -d. -f2 <<<"$created") -o 'jsonpath={.data.expiration}' | base64 -d"
check 'one in the file as well' "^$fingerprint\\.[0-9a-f]{48}\$" "$cleat" token create --in-file --data-dir "$data"
check_fails 'a time that is none is told' 'cleat: --ttl: soon is not a duration' "$cleat" token create --ttl soon --data-dir "$data"

# A restart changes nothing of it.
before=$(kubectl -n kube-public get configmap cluster-info -o 'jsonpath={.metadata.resourceVersion}')
stop_server
start_server
check 'it is known still' 'system:bootstrap:abcdef' whoami as --token=abcdef.0123456789abcdef
stop_server
check_fails 'without a server there is no token' 'cleat: .*(refused|connect)' "$cleat" token create --data-dir "$data"
start_server
check 'and nothing was written' "^$before\$" kubectl -n kube-public get configmap cluster-info -o 'jsonpath={.metadata.resourceVersion}'
finish
