#!/bin/bash
# Volumes with the bundles of authorities that there are, and with keys and certificates of pods' own: in real containers, with a
# signer beside the cluster.
build=${1:?usage: certificates_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
need openssl

start_up
import_demo_image >/dev/null
eventually 'the node is ready' 30 ' Ready ' kubectl get nodes

authority() {  # NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/$1.key" -out "$work/$1.crt" -days 10 -subj "/CN=$1" \
    -addext basicConstraints=critical,CA:TRUE 2>/dev/null
}
bundle() {  # NAME SIGNER LABELS FILE…: as YAML
  local name=$1 signer=$2 labels=$3
  shift 3
  printf 'apiVersion: certificates.k8s.io/v1\nkind: ClusterTrustBundle\nmetadata: {name: "%s", labels: {%s}}\nspec:\n' "$name" "$labels"
  [ -z "$signer" ] || printf '  signerName: %s\n' "$signer"
  printf '  trustBundle: |\n'
  cat "$@" | sed 's/^/    /'
  echo ---
}
# A pod of one container whose volume "v" is at /v: pod NAME COMMAND SOURCES [MORE-OF-THE-SPEC], in YAML's short form.
pod() {
  kubectl apply -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  terminationGracePeriodSeconds: 1
  restartPolicy: Never
  containers: [{name: main, image: "cleat-demo:1", command: [sh, -c, '$2'], volumeMounts: [{name: v, mountPath: /v}]${5:-}}]
  volumes: [{name: v, projected: {sources: $3}}${6:-}]
  ${4:-}
YAML
}
ready() { kubectl wait --for=condition=Ready "pod/$1" --timeout=40s; }
done_() { kubectl wait --for=jsonpath='{.status.phase}'=Succeeded "pod/$1" --timeout=40s; }
logged() { kubectl logs "$1"; }
same() { diff <(kubectl exec "$1" -- cat "$2") <(cat "${@:3}") && echo same; }
has_event() { kubectl get events --field-selector "involvedObject.name=$1" -o 'custom-columns=R:.reason,M:.message' --no-headers; }

echo '# bundles of authorities'
for name in one two three; do authority $name; done
{ bundle root '' '' "$work/one.crt"
  bundle example.com:b:1 example.com/b 'set: live' "$work/one.crt" "$work/two.crt"
  bundle example.com:b:2 example.com/b 'set: old' "$work/two.crt" "$work/three.crt"
  bundle example.com:c:1 example.com/c 'set: live' "$work/three.crt"; } | kubectl apply -f - >/dev/null
pod bundles 'sleep 1000' '[{clusterTrustBundle: {name: root, path: root.pem}},
  {clusterTrustBundle: {signerName: example.com/b, labelSelector: {}, path: all.pem}},
  {clusterTrustBundle: {signerName: example.com/b, labelSelector: {matchLabels: {set: old}}, path: sub/old.pem}},
  {clusterTrustBundle: {signerName: example.com/b, labelSelector: {matchLabels: {set: none}}, path: none.pem, optional: true}},
  {clusterTrustBundle: {signerName: example.com/b, path: nil.pem, optional: true}},
  {clusterTrustBundle: {name: absent, path: absent.pem, optional: true}}]' >/dev/null
check 'a pod has them' 'condition met' ready bundles
check 'one by its name' '^same$' same bundles /v/root.pem "$work/one.crt"
check 'all of a signer, each once' '^same$' same bundles /v/all.pem "$work/one.crt" "$work/two.crt" "$work/three.crt"
check 'some by their labels' '^same$' same bundles /v/sub/old.pem "$work/two.crt" "$work/three.crt"
check 'none where the labels match none' '^same$' same bundles /v/none.pem /dev/null
check 'nor without a selector' '^same$' same bundles /v/nil.pem /dev/null
check 'nor of a name that there is not' '^same$' same bundles /v/absent.pem /dev/null
check 'everybody may read them' ' 644 ' kubectl exec bundles -- sh -c 'stat -L -c " %a " /v/root.pem'
bundle root '' '' "$work/one.crt" "$work/three.crt" | kubectl apply -f - >/dev/null
eventually 'what is added is there soon' 30 '^same$' same bundles /v/root.pem "$work/one.crt" "$work/three.crt"
bundle absent '' '' "$work/two.crt" | kubectl apply -f - >/dev/null
eventually 'what was not there too' 30 '^same$' same bundles /v/absent.pem "$work/two.crt"
pod waits 'sleep 1000' '[{clusterTrustBundle: {name: later, path: x}}]' >/dev/null
eventually 'without one a pod waits, and says for what' 20 'FailedMount +MountVolume.SetUp failed for volume "v" : while getting ClusterTrustBundle: clustertrustbundle.certificates.k8s.io "later" not found' has_event waits
check 'it has not started' '^Pending$' kubectl get pod waits -o 'jsonpath={.status.phase}'
pod waits2 'sleep 1000' '[{clusterTrustBundle: {signerName: example.com/b, labelSelector: {matchLabels: {set: x}}, path: x}}]' >/dev/null
eventually 'so does one whose labels match none' 20 'FailedMount +MountVolume.SetUp failed for volume "v" : combination of signerName and labelSelector matched zero ClusterTrustBundles' has_event waits2
bundle later '' '' "$work/one.crt" | kubectl apply -f - >/dev/null
check 'it starts when there is one' 'condition met' ready waits
# Many: 150 bundles, all in one file and each in one of its own.
for i in $(seq 150); do bundle "example.com:many:$i" example.com/many '' "$work/one.crt"; done | sed 's/^ *$//' | kubectl create -f - >/dev/null
sources=$(for i in $(seq 150); do printf '{clusterTrustBundle: {name: "example.com:many:%s", path: f%s}}, ' $i $i; done)
pod many 'ls /v | grep -c ^f; cat /v/f* | grep -c BEGIN; grep -c BEGIN /v/all' "[$sources {clusterTrustBundle: {signerName: example.com/many, labelSelector: {}, path: all}}]" >/dev/null
check 'a hundred and fifty' 'condition met' done_ many
check 'each in its file, and each once together' '^150
150
1$' logged many
kubectl delete pod bundles waits waits2 many --now >/dev/null

echo '# certificates of pods'
mkdir "$work/signer"
cp "$work/one.crt" "$work/signer/ca.crt" && cp "$work/one.key" "$work/signer/ca.key"
python3 "$here/pod_signer.py" "$work/signer" kubectl >"$work/signer/log" 2>&1 &
signer=$!
bundle example.com:signer:1 example.com/signer '' "$work/one.crt" | kubectl apply -f - >/dev/null
certificate() {  # [MORE]: with the authority beside it
  printf '[{podCertificate: {signerName: example.com/signer, keyType: ECDSAP256, credentialBundlePath: all.pem%s}}, {clusterTrustBundle: {signerName: example.com/signer, labelSelector: {}, path: ca.pem}}]' "$1"
}
pod default 'sleep 1000' "$(certificate ', keyPath: key.pem, certificateChainPath: chain.pem')" >/dev/null
check 'a pod gets one' 'condition met' ready default
kubectl exec default -- cat /v/all.pem >"$work/all.pem"
life() { python3 - "$1" <<'P'
import subprocess, sys
from datetime import datetime
at = lambda o: datetime.strptime(subprocess.check_output(["openssl", "x509", "-in", sys.argv[1], "-noout", o], text=True).split("=", 1)[1].strip(), "%b %d %H:%M:%S %Y %Z")
print(int((at("-enddate") - at("-startdate")).total_seconds()))
P
}
check 'which its signer has signed' ': OK$' openssl verify -CAfile "$work/one.crt" "$work/all.pem"
check 'for a day' '^86400$' life "$work/all.pem"
check 'in the name of its place' 'URI:spiffe://example.com/ns/default/sa/default' openssl x509 -in "$work/all.pem" -noout -ext subjectAltName
pair() { diff <(openssl x509 -in "$1" -noout -pubkey) <(openssl pkey -in "$1" -pubout) && echo pair; }
check 'with its key, in PKCS#8' '^pair$' pair "$work/all.pem"
check 'the key comes first' '^-----BEGIN PRIVATE KEY-----$' head -1 "$work/all.pem"
check 'in two files too' '^same$' bash -c "diff <(kubectl exec default -- cat /v/key.pem /v/chain.pem) '$work/all.pem' && echo same"
check 'the request is the pod'"'"'s' '^Pod default$' kubectl get podcertificaterequests -o 'jsonpath={.items[0].metadata.ownerReferences[0].kind} {.items[0].spec.podName}'
pod hour 'sleep 1000' "$(certificate ', maxExpirationSeconds: 3600, userAnnotations: {example.com/path: my/own/path}')" 'securityContext: {runAsUser: 1000, fsGroup: 50}' >/dev/null
check 'one for an hour' 'condition met' ready hour
kubectl exec hour -- cat /v/all.pem >"$work/hour.pem"
check 'as long as it says' '^3600$' life "$work/hour.pem"
check 'with what its pod has to say to the signer' 'URI:spiffe://example.com/my/own/path' openssl x509 -in "$work/hour.pem" -noout -ext subjectAltName
check 'for nobody but its user and its group' '^640 1000 50$' kubectl exec hour -- stat -L -c '%a %u %g' /v/all.pem
for type in RSA3072 ECDSAP384 ED25519; do
  pod "${type,,}" 'sleep 1000' "[{podCertificate: {signerName: example.com/signer, keyType: $type, credentialBundlePath: all.pem}}]" >/dev/null
  check "a key of the type $type" 'condition met' ready "${type,,}"
done
pod denied 'sleep 1000' "$(certificate ', userAnnotations: {example.com/deny: "yes"}')" >/dev/null
eventually 'one that is denied says so' 20 'FailedMount +MountVolume.SetUp failed for volume "v" : PodCertificateRequest was permanently denied: reason="ByTheTest" message="it was asked for"' has_event denied
check 'in an event of its own too' 'Denied +PodCertificateRequest default/req-[a-z0-9]+ was denied, reason="ByTheTest", message="it was asked for"' has_event denied
check 'and its pod does not start' '^Pending$' kubectl get pod denied -o 'jsonpath={.status.phase}'
check 'it is not asked for again' '^1$' bash -c "kubectl get podcertificaterequests --field-selector spec.podName=denied -o name | grep -c ."
check_fails 'not for longer than 91 days' 'maxExpirationSeconds: Invalid value: 7862401' pod long 'true' "$(certificate ', maxExpirationSeconds: 7862401')"
check_fails 'nor less than an hour' 'maxExpirationSeconds: Invalid value: 3599' pod short 'true' "$(certificate ', maxExpirationSeconds: 3599')"

echo '# from pod to pod'
# The machine's own openssl, with its libraries, speaks for both.
loader=$(readlink -f /lib64/ld-linux-x86-64.so.2 2>/dev/null)
host_openssl="/host$loader --library-path /host/usr/lib/x86_64-linux-gnu:/host/lib/x86_64-linux-gnu /host/usr/bin/openssl"
host_pod() {  # NAME COMMAND
  kubectl apply -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  terminationGracePeriodSeconds: 1
  restartPolicy: Never
  containers: [{name: main, image: "cleat-demo:1", command: [sh, -c, '$2'], volumeMounts: [{name: v, mountPath: /v}, {name: host, mountPath: /host, readOnly: true}]}]
  volumes: [{name: v, projected: {sources: $(certificate '')}}, {name: host, hostPath: {path: /}}]
YAML
}
if [ -n "$loader" ]; then
  host_pod server "exec $host_openssl s_server -accept 4433 -cert /v/all.pem -key /v/all.pem -CAfile /v/ca.pem -Verify 1 -verify_return_error -rev" >/dev/null
  check 'a server with its certificate' 'condition met' ready server
  host_pod client "sleep 1000" >/dev/null
  check 'and a client' 'condition met' ready client
  talk() { kubectl exec client -- sh -c "(echo hello; sleep 1) | $host_openssl s_client -connect $(kubectl get pod server -o 'jsonpath={.status.podIP}'):4433 -CAfile /v/ca.pem -verify_return_error -verify_hostname server $1 2>&1"; }
  eventually 'trust each other' 20 'Verify return code: 0 \(ok\).*olleh' talk '-cert /v/all.pem -key /v/all.pem'
  answered() { talk "$1" 2>/dev/null | grep -q olleh && echo yes || echo no; }
  check 'the server trusts nobody without one' '^no$' answered ''
fi

echo '# the end of it'
kill $signer
check 'no key is in the log' '^0$' bash -c "grep -c 'PRIVATE KEY' '$work/log' || true"
kubectl delete pod --all --now >/dev/null
eventually 'with its pod a request goes' 30 'No resources found' kubectl get podcertificaterequests
finish
