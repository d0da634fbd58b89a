#!/bin/bash
# Certificates for pods and bundles of authorities: what the server reads in them, and who may write them.
build=${1:?usage: pod_certificates_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl openssl
start_server
until_true 20 kubectl get serviceaccount default
api=/apis/certificates.k8s.io/v1
requests=$api/namespaces/default/podcertificaterequests

new_key() { openssl ecparam -name "${2:-prime256v1}" -genkey -noout -out "$work/$1.key"; }
authority() {  # NAME: a certificate that may sign
  new_key "$1"
  openssl req -x509 -new -key "$work/$1.key" -subj "/CN=$1" -days 10 -addext basicConstraints=critical,CA:TRUE -out "$work/$1.crt" 2>/dev/null
}
pem() { python3 -c 'import json, sys; print(json.dumps("".join(open(f).read() for f in sys.argv[1:])))' "$@"; }
bundle() { printf '{"apiVersion":"certificates.k8s.io/v1","kind":"ClusterTrustBundle","metadata":{"name":"%s"},"spec":{%s}}' "$@"; }
make_bundle() { bundle "$@" | kubectl create -f -; }
patch() { sending "application/merge-patch+json" request PATCH "$1" "$2"; }

# -- Bundles --
authority root
authority other
root=$(pem "$work/root.crt")
check 'a bundle' 'created' make_bundle mine "\"trustBundle\":$root"
check 'of two' 'created' make_bundle both "\"trustBundle\":$(pem "$work/root.crt" "$work/other.crt")"
check_fails 'none twice' 'spec.trustBundle: Invalid value: "<value omitted>": duplicate trust anchor \(indices \[0 1\]\)' \
  make_bundle twice "\"trustBundle\":$(pem "$work/root.crt" "$work/root.crt")"
check_fails 'at least one' 'spec.trustBundle: Invalid value: "<value omitted>": at least one trust anchor must be provided' make_bundle none '"trustBundle":"x"'
new_key leaf
openssl req -x509 -new -key "$work/leaf.key" -subj /CN=leaf -days 10 -addext basicConstraints=critical,CA:FALSE -out "$work/leaf.crt" 2>/dev/null
check_fails 'authorities only' 'entry 0 does not have the CA bit set' make_bundle leaf "\"trustBundle\":$(pem "$work/leaf.crt")"
check_fails 'certificates only' 'entry 0 has bad block type: EC PRIVATE KEY' make_bundle key "\"trustBundle\":$(pem "$work/leaf.key")"
check_fails 'its name is its signer'"'"'s' 'metadata.name: Invalid value: "wrong": ClusterTrustBundle for signerName example.com/a must be named with prefix example.com:a:' \
  make_bundle wrong "\"signerName\":\"example.com/a\",\"trustBundle\":$root"
check 'with one' 'created' make_bundle example.com:a:x "\"signerName\":\"example.com/a\",\"trustBundle\":$root"
check 'is shown' 'NAME +SIGNERNAME.*example.com:a:x +example.com/a.*mine +<none>' kubectl get clustertrustbundles
check 'is chosen by it' '^clustertrustbundle.certificates.k8s.io/example.com:a:x$' \
  kubectl get clustertrustbundles --field-selector spec.signerName=example.com/a -o name
check 'which stays' '^422 .*spec.signerName: Invalid value' patch "$api/clustertrustbundles/example.com:a:x" '{"spec":{"signerName":"example.com/b"}}'

kubectl create serviceaccount signer >/dev/null
kubectl create clusterrole bundles --verb='*' --resource=clustertrustbundles.certificates.k8s.io,podcertificaterequests.certificates.k8s.io/status >/dev/null
kubectl create clusterrolebinding bundles --clusterrole=bundles --serviceaccount=default:signer >/dev/null
signer_token=$(token_of default signer)
by_signer() { bearer "$signer_token" "$@"; }
eventually 'who speaks for a signer must be allowed to' 10 '^403 .*clustertrustbundles.certificates.k8s.io \\"example.com:a:y\\" is forbidden: user not permitted to attest for signerName \\"example.com/a\\"' \
  by_signer request POST "$api/clustertrustbundles" "$(bundle example.com:a:y "\"signerName\":\"example.com/a\",\"trustBundle\":$root")"
kubectl create -f - >/dev/null <<'YAML'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: speaks}
rules: [{apiGroups: [certificates.k8s.io], resources: [signers], resourceNames: [example.com/a], verbs: [attest, sign]}]
YAML
kubectl create clusterrolebinding speaks --clusterrole=speaks --serviceaccount=default:signer >/dev/null
eventually 'as he is now' 10 '^201 ' by_signer request POST "$api/clustertrustbundles" "$(bundle example.com:a:y "\"signerName\":\"example.com/a\",\"trustBundle\":$root")"

# -- Requests --
stub() { openssl req -new -key "$work/$1.key" -subj / -outform DER 2>/dev/null | base64 -w0; }
pcr() {  # NAME STUB [MORE]
  printf '{"apiVersion":"certificates.k8s.io/v1","kind":"PodCertificateRequest","metadata":{"name":"%s"},"spec":{"signerName":"example.com/a","podName":"web","podUID":"u1","serviceAccountName":"default","serviceAccountUID":"u2","nodeName":"n1","nodeUID":"u3","stubPKCS10Request":"%s"%s}}' "$1" "$2" "${3:+,$3}"
}
new_key pod
good=$(stub pod)
check 'a request' '^201 .*"maxExpirationSeconds":86400' request POST "$requests" "$(pcr one "$good")"
check 'is shown' 'one +web +default +n1 +example.com/a +Pending' kubectl get podcertificaterequests
check 'and wide' 'UNVERIFIEDUSERANNOTATIONS' kubectl get podcertificaterequests -o wide
for selector in spec.podName=web spec.nodeName=n1 spec.signerName=example.com/a; do
  check "chosen by $selector" '^podcertificaterequest.certificates.k8s.io/one$' kubectl get podcertificaterequests --field-selector "$selector" -o name
done
check 'does not change' '^422 .*spec: Invalid value: .*: field is immutable' patch "$requests/one" '{"spec":{"podName":"other"}}'
check 'no request' '^422 .*spec.stubPKCS10Request: Invalid value: must be a valid PKCS#10 CSR' request POST "$requests" "$(pcr bad AAAA)"
check 'nothing at all' '^422 .*spec: Invalid value: exactly one of \(stubPKCS10Request\) or \(pkixPublicKey, proofOfPossession\) must be set' request POST "$requests" "$(pcr bad '')"
new_key odd secp224r1
check 'a curve that is not known' '^422 .*spec.stubPKCS10Request: Invalid value: \\"curve P-224\\": elliptic public keys must use curve P256, P384, or P521' request POST "$requests" "$(pcr bad "$(stub odd)")"
openssl genrsa -out "$work/short.key" 2048 2>/dev/null
check 'a key that is too short' '^422 .*Invalid value: \\"2048-bit modulus\\": RSA keys must have modulus size 3072 or 4096' request POST "$requests" "$(pcr bad "$(stub short)")"
broken=$(python3 -c 'import base64, sys; d = bytearray(base64.b64decode(sys.argv[1])); d[-1] ^= 1; print(base64.b64encode(d).decode())' "$good")
check 'a signature that is wrong' '^422 .*Invalid value: invalid signature' request POST "$requests" "$(pcr bad "$broken")"
check 'too short a time' '^422 .*spec.maxExpirationSeconds: Invalid value: 60: must be in the range \[3600, 7862400\]' request POST "$requests" "$(pcr bad "$good" '"maxExpirationSeconds":60')"
check 'annotations have domains' '^422 .*spec.unverifiedUserAnnotations: Invalid value: \\"a\\": must be a domain-prefixed key \(such as \\"acme.io/foo\\"\)' \
  request POST "$requests" "$(pcr bad "$good" '"unverifiedUserAnnotations":{"a":"b"}')"

# -- Answers --
condition() { printf '{"type":"%s","status":"%s","reason":"Tried","message":"m","lastTransitionTime":"2026-01-01T00:00:00Z"}' "$1" "${2:-True}"; }
check 'only three things can become of it' '^422 .*status.conditions.\[0\].type: Unsupported value: \\"Ready\\": supported values: \\"Issued\\", \\"Denied\\", \\"Failed\\"' \
  patch "$requests/one/status" "{\"status\":{\"conditions\":[$(condition Ready)]}}"
check 'for certain' '^422 .*status.conditions.\[0\].status: Unsupported value: \\"False\\": supported values: \\"True\\"' \
  patch "$requests/one/status" "{\"status\":{\"conditions\":[$(condition Denied False)]}}"
issue() {  # KEY DAYS: a certificate for the key, valid from now
  openssl req -new -key "$work/$1.key" -subj /CN=pod -out "$work/pod.csr" 2>/dev/null
  openssl x509 -req -in "$work/pod.csr" -CA "$work/root.crt" -CAkey "$work/root.key" -CAcreateserial -days "$2" -out "$work/pod.crt" 2>/dev/null
}
issued() {  # NOT_BEFORE_OFFSET: the status that goes with $work/pod.crt
  python3 - "$work/pod.crt" "$1" <<'P'
import datetime, json, subprocess, sys
file, offset = sys.argv[1], int(sys.argv[2])
def at(option):
    text = subprocess.check_output(["openssl", "x509", "-in", file, "-noout", option], text=True).split("=", 1)[1].strip()
    return datetime.datetime.strptime(text, "%b %d %H:%M:%S %Y %Z")
show = lambda t: t.strftime("%Y-%m-%dT%H:%M:%SZ")
before, after = at("-startdate"), at("-enddate")
print(json.dumps({"status": {"conditions": [{"type": "Issued", "status": "True", "reason": "Signed", "message": "m", "lastTransitionTime": show(before)}],
  "certificateChain": open(file).read(), "notBefore": show(before + datetime.timedelta(seconds=offset)), "notAfter": show(after),
  "beginRefreshAt": show(before + (after - before) / 2)}}))
P
}
issue leaf 1
check 'a certificate for another key' '^422 .*status.certificateChain: .*leaf certificate was not issued to the requested public key' patch "$requests/one/status" "$(issued 0)"
issue pod 1
check 'another time than it says' '^422 .*status.notBefore: Invalid value: \\"20[^"]*\\": must be set to the NotBefore time encoded in the leaf certificate' patch "$requests/one/status" "$(issued 60)"
good_status=$(issued 0)
issue pod 30
check 'for longer than was asked' '^422 .*status.certificateChain: Invalid value: 2592000000000000: leaf certificate lifetime must be <= spec.maxExpirationSeconds \(86400\)' patch "$requests/one/status" "$(issued 0)"
request POST "$requests" "$(pcr two "$good")" >/dev/null
other_signer() { request POST "$requests" "$(pcr three "$good" | sed 's#example.com/a#example.com/b#')" >/dev/null; by_signer patch "$requests/three/status" "$good_status"; }
check 'by who signs for it only' '^422 .*spec.signerName: Forbidden: User \\"system:serviceaccount:default:signer\\" is not permitted to \\"sign\\" for signer \\"example.com/b\\"' other_signer
check 'it is issued' '^200 .*"type":"Issued"' by_signer patch "$requests/one/status" "$good_status"
check 'once' '^422 .*status: Invalid value: immutable after PodCertificateRequest is issued, denied, or failed' patch "$requests/one/status" '{"status":{"beginRefreshAt":null}}'
check 'another is denied' '^200 ' patch "$requests/two/status" "{\"status\":{\"conditions\":[$(condition Denied)]}}"
check 'as is shown' 'one .* Issued.*three .* Pending.*two .* Denied' kubectl get podcertificaterequests

finish
