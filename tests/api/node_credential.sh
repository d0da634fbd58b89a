# Credentials of nodes, come by as a node comes by them: with the join token, a certificate request and its approval.
# Sourced after server.sh, once the server is up.
#
#   check 'a node joins' 'joined' join n1     # $work/n1.key and $work/n1.crt
#   check 'it lists its pods' '' node n1 get pods -A --field-selector spec.nodeName=n1
. "$here/../bare_client.sh"
node() { as --client-certificate="$work/$1.crt" --client-key="$work/$1.key" "${@:2}"; }
# As `request` (requests.sh), with a node's credential; kubectl reads an object before it patches it.
patch_as() {  # NODE PATH JSON: "403 BODY"
  curl -sS -g --max-time 20 --cacert "$data/pki/ca.crt" --cert "$work/$1.crt" --key "$work/$1.key" -X PATCH -w '%{http_code} ' -o "$work/body" \
    -H 'Content-Type: application/merge-patch+json' --data-binary "$3" "https://127.0.0.1:$port$2"
  cat "$work/body"
}
joiner() { as --token="$(cut -d. -f2 "$data/node-token")" "$@"; }

# The request in $work/NAME.csr as a CertificateSigningRequest of the name.
csr() {  # NAME SIGNER USAGES: on standard output
  cat <<YAML
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: $1}
spec: {signerName: $2, usages: [$3], request: $(base64 -w0 "$work/$1.csr")}
YAML
}
new_request() {  # NAME SUBJECT [OPENSSL OPTION…]
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/$1.key" -out "$work/$1.csr" \
    -subj "$2" "${@:3}" 2>/dev/null
}
issued() { kubectl get csr "$1" -o 'jsonpath={.status.certificate}' | base64 -d >"$work/$1.crt" && grep -q BEGIN "$work/$1.crt"; }
join() {  # NAME
  new_request "$1" "/O=system:nodes/CN=system:node:$1"
  csr "$1" kubernetes.io/kube-apiserver-client-kubelet 'digital signature, client auth' | joiner create -f - >/dev/null
  until_true 10 issued "$1" && echo joined
}
