#!/bin/bash
# What a node's credential is good for, and what not: its own pods' secrets and tokens, its own Node, lease and certificate.
build=${1:?usage: nodes_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl openssl
start_server
. "$here/node_credential.sh"

# -- Joining --
check 'a node joins' 'joined' join n1
check 'another' 'joined' join n2
check 'each is who it says' '"username":"system:node:n1".*"groups":\["system:nodes","system:authenticated"\]' whoami node n1
node_object() { printf '{"apiVersion":"v1","kind":"Node","metadata":{"name":"%s","labels":{%s}},"spec":{%s}}' "$@"; }
creates() { node_object "${@:2}" | node "$1" create -f -; }
check_fails 'a node registers itself only' 'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"' creates n1 n2 '' ''
check_fails 'without labels that keep pods off others' \
  'nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/trusted' \
  creates n1 n1 '"node-restriction.kubernetes.io/trusted":"yes"' ''
check 'with a taint of its own' 'created' creates n1 n1 '"kubernetes.io/hostname":"n1"' '"taints":[{"key":"new","effect":"NoSchedule"}]'
check 'so does the other' 'created' creates n2 n2 '"rack":"7"' ''
new_request thief /O=system:nodes/CN=system:node:n1
thief() { csr thief kubernetes.io/kube-apiserver-client-kubelet 'digital signature, client auth' | joiner create -f -; }
check_fails 'a token takes no place that is taken' \
  'certificatesigningrequests.certificates.k8s.io "thief" is forbidden: node "n1" exists already, and a bootstrap token is for new nodes only. A node that has lost its certificate joins again after `kubectl delete node n1`' \
  thief
check_fails 'a joiner reads nothing' 'cannot list resource "secrets"' joiner get secrets
check_fails 'nor nodes' 'cannot list resource "nodes"' joiner get nodes

# -- Its own Node --
check 'it reads itself' 'n1' node n1 get node n1
check_fails 'and no other' "nodes \"n2\" is forbidden: .*: node 'n1' cannot read 'n2', only its own Node object" node n1 get node n2
check_fails 'nor all' "node 'n1' cannot read all nodes, only its own Node object" node n1 get nodes
check 'labels of its own it may change' 'labeled' node n1 label node n1 rack=8
check_fails 'roles are not its to take' 'is not allowed to modify labels: node-role.kubernetes.io/control-plane' \
  node n1 label node n1 node-role.kubernetes.io/control-plane=
check_fails 'it removes no taint' 'nodes "n1" is forbidden: node "n1" is not allowed to modify taints' \
  node n1 patch node n1 --type=json -p '[{"op":"remove","path":"/spec/taints"}]'
check 'somebody taints it' 'tainted' kubectl taint node n1 bad=yes:NoExecute
check_fails 'that taint stays' 'is not allowed to modify taints' node n1 patch node n1 -p '{"spec":{"taints":[]}}'
check 'through the status as well it takes no label' '^403 .*is not allowed to modify labels: kubernetes.io/x' \
  patch_as n1 /api/v1/nodes/n1/status '{"metadata":{"labels":{"kubernetes.io/x":"1"}}}'
check 'its status it writes' '^200 ' patch_as n1 /api/v1/nodes/n1/status '{"status":{"phase":"Running"}}'
check 'not the other'"'"'s' '^403 .*node \\"n1\\" is not allowed to modify node \\"n2\\"' \
  patch_as n1 /api/v1/nodes/n2/status '{"status":{"phase":"Running"}}'
check 'nor the other itself' '^403 .*node \\"n1\\" is not allowed to modify node \\"n2\\"' \
  patch_as n1 /api/v1/nodes/n2 '{"spec":{"unschedulable":true}}'
check_fails 'nobody owns it, so that nobody takes it away' 'node "n1" is not allowed to modify ownerReferences' node n1 patch node n1 \
  -p '{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"x","uid":"x"}]}}'
check_fails 'it deletes no node' 'cannot delete resource "nodes"' node n1 delete node n1
lease() { printf '{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"%s","namespace":"%s"},"spec":{}}' "$@"; }
check 'it has a lease' 'created' bash -c "$(declare -f node as lease); work='$work'; lease n1 kube-node-lease | node n1 create -f -"
check_fails 'no other' 'leases.coordination.k8s.io "n2" is forbidden: can only access node lease with the same name' \
  bash -c "$(declare -f node as lease); work='$work'; lease n2 kube-node-lease | node n1 create -f -"
check_fails 'and none elsewhere' 'can only access leases in the "kube-node-lease" system namespace' \
  bash -c "$(declare -f node as lease); work='$work'; lease n1 default | node n1 create -f -"

# -- Pods, and what they refer to --
check 'secrets' 'created' bash -c 'for s in mine other late; do kubectl create secret generic $s --from-literal=a=$s; done'
check 'a config map' 'created' kubectl create configmap settings
check 'an account' 'created' kubectl create serviceaccount robot
pod() {  # NAME NODE SECRET ACCOUNT
  cat <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  nodeName: $2
  schedulerName: nobody
  serviceAccountName: $4
  automountServiceAccountToken: false
  containers:
  - {name: c, image: i, envFrom: [{secretRef: {name: $3}}, {configMapRef: {name: settings}}]}
  volumes:
  - {name: t, projected: {sources: [{serviceAccountToken: {path: a}}, {serviceAccountToken: {path: b, audience: vault}}]}}
YAML
}
eventually 'the default account is there' 10 'default' kubectl get serviceaccounts
check 'a pod on each' 'pod/db created' bash -c "$(declare -f pod); pod web n1 mine robot | kubectl create -f -; pod db n2 other default | kubectl create -f -"
check 'the secret of its pod it reads' 'a: bWluZQ==' node n1 get secret mine -o yaml
check 'and watches' '^200' bash -c "curl -sS --max-time 20 --cacert '$data/pki/ca.crt' --cert '$work/n1.crt' --key '$work/n1.key' -o /dev/null -w '%{http_code}' \
  'https://127.0.0.1:$port/api/v1/namespaces/default/secrets?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Dmine'"
check 'the config map too' 'settings' node n1 get configmap settings
check_fails 'another node'"'"'s secret it does not' \
  "secrets \"other\" is forbidden: User \"system:node:n1\" cannot get resource \"secrets\" in API group \"\" in the namespace \"default\": node: no relationship found between node 'n1' and this object" \
  node n1 get secret other
check_fails 'nor all' 'secrets is forbidden: .*: No Object name found' node n1 get secrets
check_fails 'nor those of all namespaces' 'can only read namespaced object of this type' node n1 get secrets -A
check_fails 'nor writes it' 'can only read resources of this type' node n1 delete secret mine
check 'it lists its pods' 'web' node n1 get pods -A --field-selector spec.nodeName=n1
check_fails 'not those of others' 'can only list/watch pods with spec.nodeName field selector' node n1 get pods -A --field-selector spec.nodeName=n2
check_fails 'nor all' 'can only list/watch pods with spec.nodeName field selector' node n1 get pods -A
check_fails 'nor all but its own' 'can only list/watch pods' node n1 get pods -A '--field-selector=spec.nodeName!=n1'
check 'one of its own by name' 'web' node n1 get pod web
check_fails 'and no other' 'no relationship found' node n1 get pod db
check 'it writes the status of its own only' \
  '^403 .*pods \\"db\\" is forbidden: node \\"n1\\" can only update pod status for pods with spec.nodeName set to itself' \
  patch_as n1 /api/v1/namespaces/default/pods/db/status '{"status":{"phase":"Failed"}}'
check 'which it does' '^200 ' patch_as n1 /api/v1/namespaces/default/pods/web/status '{"status":{"phase":"Running"}}'
check 'without labels on the way' '^403 .*node \\"n1\\" cannot update labels through pod status' \
  patch_as n1 /api/v1/namespaces/default/pods/web/status '{"metadata":{"labels":{"app":"stolen"}}}'
check_fails 'it deletes no other' 'node "n1" can only delete pods with spec.nodeName set to itself' node n1 delete pod db --wait=false
check_fails 'it makes no pod' 'pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods' \
  node n1 run mine --image=i
check_fails 'nor does a mirror bring it a secret' 'pods that reference secrets|may not reference secrets' bash -c "$(declare -f node as); work='$work'
  uid=\$(kubectl get node n1 -o jsonpath={.metadata.uid}); printf '%s' '{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"m\",\"annotations\":{\"kubernetes.io/config.mirror\":\"1\"},
  \"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":\"n1\",\"uid\":\"'\$uid'\",\"controller\":true}]},
  \"spec\":{\"nodeName\":\"n1\",\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"envFrom\":[{\"secretRef\":{\"name\":\"other\"}}]}]}}' | node n1 create -f -"
binding='{"apiVersion":"v1","kind":"Binding","metadata":{"name":"late"},"target":{"kind":"Node","name":"n1"}}'
check 'a pod that waits' 'created' bash -c "$(declare -f pod); pod late '' late robot | kubectl create -f -"
check_fails 'it binds nothing to itself' 'cannot create resource "pods/binding"' bash -c "$(declare -f node as); work='$work'
  printf '%s' '$binding' | node n1 create --raw /api/v1/namespaces/default/pods/late/binding -f -"
check_fails 'so that its secret is none of its business' 'no relationship found' node n1 get secret late
check 'once it is bound' 'bound' bash -c "printf '%s' '$binding' | kubectl create --raw /api/v1/namespaces/default/pods/late/binding -f - && echo bound"
check 'it is at once' 'late' node n1 get secret late
check 'a pod goes' 'deleted' kubectl delete pod late --grace-period=0 --force
eventually 'and the secret with it' 5 'no relationship found' node n1 get secret late

# -- Certificates of pods, and bundles of authorities --
openssl ecparam -name prime256v1 -genkey -noout -out "$work/pod.key"
stub=$(openssl req -new -key "$work/pod.key" -subj / -outform DER 2>/dev/null | base64 -w0)
certified() {  # POD NODE: with a volume of the signer example.com/signer
  kubectl create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  nodeName: $2
  serviceAccountName: robot
  containers: [{name: c, image: i}]
  volumes: [{name: v, projected: {sources: [{podCertificate: {signerName: example.com/signer, keyType: ECDSAP256, keyPath: k}},
    {clusterTrustBundle: {name: b, path: b, optional: true}}]}}]
YAML
}
uid() { kubectl get "$@" -o 'jsonpath={.metadata.uid}'; }
pcr() {  # NODE POD [SIGNER [ACCOUNT_UID [OF_NODE]]]
  printf '{"apiVersion":"certificates.k8s.io/v1","kind":"PodCertificateRequest","metadata":{"generateName":"req-","namespace":"default"},"spec":{"signerName":"%s","podName":"%s","podUID":"%s","serviceAccountName":"robot","serviceAccountUID":"%s","nodeName":"%s","nodeUID":"%s","stubPKCS10Request":"%s"}}' \
    "${3:-example.com/signer}" "$2" "$(uid pod "$2")" "${4:-$(uid serviceaccount robot)}" "${5:-$1}" "$(uid node "${5:-$1}")" "$stub" >"$work/pcr.json"
  node "$1" create -f "$work/pcr.json"
}
check 'a pod that wants one' 'created' certified mine n1
check 'and one of another node' 'created' certified theirs n2
check 'its node asks for it' 'podcertificaterequest.certificates.k8s.io/req-[a-z0-9]+ created' pcr n1 mine
request=$(kubectl get podcertificaterequests -o 'jsonpath={.items[0].metadata.name}')
check 'and sees what becomes of it' "$request" node n1 get podcertificaterequests -A --field-selector spec.nodeName=n1
check 'of one by its name too' "$request" node n1 get podcertificaterequest "$request"
check_fails 'not of all' 'can only list/watch podcertificaterequests with nodeName field selector' node n1 get podcertificaterequests -A
check_fails 'no other node does' 'no relationship found' node n2 get podcertificaterequest "$request"
check_fails 'it answers none' 'nodes may not access the status subresource' node n1 patch podcertificaterequest "$request" \
  --subresource=status --type=merge -p '{"status":{"certificateChain":"x"}}'
check_fails 'nor takes one away' 'nodes may not delete podcertificaterequests' node n1 delete podcertificaterequest "$request"
check_fails 'another signer it asks for nothing' 'pod "default/mine" does not mount a podCertificate projected volume for signer "example.com/other"' \
  pcr n1 mine example.com/other
check_fails 'nor for a pod of another node' 'pod "default/theirs" is not running on node "n1"' pcr n1 theirs
check_fails 'nor in the name of one' 'which is not the requesting node "n1"' pcr n1 theirs example.com/signer '' n2
check_fails 'nor for another account' 'which differs from the running service account' pcr n1 mine example.com/signer 00000000-0000-0000-0000-000000000000
check 'the account of its pod it knows' 'robot' node n1 get serviceaccount robot
check_fails 'and no other' 'no relationship found' node n1 get serviceaccount default
check 'bundles are for everybody' 'No resources found' node n1 get clustertrustbundles
check_fails 'but not to be made' 'cannot create resource "clustertrustbundles"' node n1 create -f - <<'YAML'
apiVersion: certificates.k8s.io/v1
kind: ClusterTrustBundle
metadata: {name: b}
spec: {trustBundle: x}
YAML
kubectl delete pod mine theirs --grace-period=0 --force >/dev/null 2>&1

# -- Tokens --
uid_of() { kubectl get pod "$1" -o 'jsonpath={.metadata.uid}'; }
token_for() {  # NODE ACCOUNT POD UID [AUDIENCE]
  printf '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"boundObjectRef":{"apiVersion":"v1","kind":"Pod","name":"%s","uid":"%s"}%s}}' \
    "$3" "$4" "${5:+,\"audiences\":[\"$5\"]}" >"$work/token.json"
  node "$1" create --raw "/api/v1/namespaces/default/serviceaccounts/$2/token" -f "$work/token.json"
}
check 'a token for its pod' '"token":"ey' token_for n1 robot web "$(uid_of web)"
check 'for whom the pod names' '"token":"ey' token_for n1 robot web "$(uid_of web)" vault
check_fails 'and nobody else' 'audience "bank" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience' \
  token_for n1 robot web "$(uid_of web)" bank
check_fails 'not for another'"'"'s account' 'serviceaccounts "default" is forbidden: .*no relationship found' token_for n1 default db "$(uid_of db)"
check 'an account on both nodes' 'created' bash -c "$(declare -f pod); pod db2 n2 other robot | kubectl create -f -"
check_fails 'bound to its own pods' 'node requested token bound to a pod scheduled on a different node' token_for n1 robot db2 "$(uid_of db2)"
check_fails 'of this very uid' 'the UID in the bound object reference \(x\) does not match the UID in record' token_for n1 robot web x
check_fails 'that are there' 'pods "gone" not found' token_for n1 robot gone x
check_fails 'and not unbound' 'node requested token not bound to a pod' bash -c "$(declare -f node as); work='$work'
  echo '{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenRequest\",\"spec\":{}}' | node n1 create --raw /api/v1/namespaces/default/serviceaccounts/robot/token -f -"

# -- Certificates --
asks() { csr "$2" "$3" "$4" | "${@:5}" create -f -; }
signer=kubernetes.io/kube-apiserver-client-kubelet
new_request other /O=system:nodes/CN=system:node:n2
check_fails 'a certificate in another'"'"'s name' 'can only create a node CSR with CN=system:node:n1' asks - other $signer 'client auth' node n1
new_request root /O=system:masters/CN=root
check_fails 'one of the masters' 'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed' \
  asks - root kubernetes.io/kube-apiserver-client 'client auth' node n1
new_request plain /O=dev/CN=jane
check 'one that somebody has to approve' 'created' asks - plain kubernetes.io/kube-apiserver-client 'client auth' node n1
check_fails 'not the node' 'cannot update resource "certificatesigningrequests/approval"' node n1 certificate approve plain
new_request serving /O=system:nodes/CN=system:node:n1 -addext 'subjectAltName=DNS:n1'
check 'a server'"'"'s for a node' 'created' asks - serving kubernetes.io/kubelet-serving 'digital signature, server auth' kubectl
check 'which somebody else has asked for' 'approved' kubectl certificate approve serving
eventually 'is signed: whoever approved it has seen that' 10 'Approved,Issued' kubectl get csr serving
new_request byrights /O=system:nodes/CN=system:node:n7
check 'a node'"'"'s, of somebody who may' 'created' asks - byrights $signer 'digital signature, client auth' kubectl
eventually 'needs nobody' 10 '"certificate": .*Auto approving kubelet client certificate after SubjectAccessReview' kubectl get csr byrights -o json
new_request renewed /O=system:nodes/CN=system:node:n1
check 'its own it renews' 'created' asks - renewed $signer 'digital signature, client auth' node n1
eventually 'by itself' 10 'Approved,Issued' kubectl get csr renewed

cat >"$work/approver.yaml" <<'YAML'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: approver}
rules:
- {apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests], verbs: [get, list]}
- {apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval], verbs: [update]}
YAML
check 'an approver without a signer' 'created' kubectl create -f "$work/approver.yaml"
check 'who is jim' 'created' kubectl create clusterrolebinding approver --clusterrole=approver --user=jim
eventually 'may write approvals' 5 'yes' kubectl --as=jim auth can-i update certificatesigningrequests --subresource=approval
check_fails 'but decides for no signer' 'user not permitted to approve requests with signerName "kubernetes.io/kube-apiserver-client"' \
  kubectl --as=jim certificate approve plain
cat >"$work/approver2.yaml" <<'YAML'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: approver2}
rules: [{apiGroups: [certificates.k8s.io], resources: [signers], resourceNames: [kubernetes.io/kube-apiserver-client], verbs: [approve]}]
YAML
check 'until he may' 'created' kubectl create -f "$work/approver2.yaml"
check 'for this one' 'created' kubectl create clusterrolebinding approver2 --clusterrole=approver2 --user=jim
eventually 'which he approves' 5 'approved' kubectl --as=jim certificate approve plain

# -- What somebody may, by selectors --
may() {  # FIELD SELECTOR
  printf '{"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","spec":{"user":"system:node:n1","groups":["system:nodes"],
    "resourceAttributes":{"verb":"list","version":"v1","resource":"pods","fieldSelector":{"rawSelector":"%s"}}}}' "$1" |
    kubectl create --validate=false -f - -o 'jsonpath={.status.allowed} {.status.reason}'
}
check 'a review knows selectors' '^true' may spec.nodeName=n1
check 'and says why not' '^false node: can only list/watch pods with spec.nodeName field selector' may spec.nodeName=n2

# -- Coming back, and clusters of before --
check 'a node that has lost its certificate' 'deleted' kubectl delete node n1
check 'comes back once it is deleted' 'created' thief
check 'a binding of an earlier version' 'patched' kubectl patch clusterrolebinding system:node --type=merge \
  -p '{"subjects":[{"kind":"Group","apiGroup":"rbac.authorization.k8s.io","name":"system:nodes"}]}'
eventually 'gives every node everything' 5 'secret/mine' node n2 get secret mine -o name
stop_server
start_server
eventually 'which the next start takes back' 10 "no relationship found between node 'n2'" node n2 get secret mine
finish
