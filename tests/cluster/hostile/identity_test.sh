#!/bin/bash
# Who holds a node's credential, or a bootstrap token, or a pod's token, tries for more than that gives; and a pod tries to get
# around the Pod Security Standards. Everything is real: a node's own key, and tokens out of running containers.
build=${1:?usage: identity_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
need openssl
start_up
pki=$data/agent/pki
import_demo_image >/dev/null
eventually 'a node is at work' 30 ' Ready ' kubectl get nodes
node_name=$(kubectl get nodes -o 'jsonpath={.items[0].metadata.name}')

. "$here/../bare_client.sh"
node() { as --client-certificate="$pki/node.crt" --client-key="$pki/node.key" "$@"; }
patch_as_node() {  # PATH JSON: "403 BODY"; kubectl reads an object before it patches it
  curl -sS --max-time 20 --cacert "$data/pki/ca.crt" --cert "$pki/node.crt" --key "$pki/node.key" -X PATCH -w '%{http_code} ' -o "$work/body" \
    -H 'Content-Type: application/merge-patch+json' --data-binary "$2" "https://127.0.0.1:$port$1"
  cat "$work/body"
}
joiner() { as --token="$(cut -d. -f2 "$data/node-token")" "$@"; }

# Another node, without a machine, and what is on it.
kubectl create -f - >/dev/null <<YAML
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Node, metadata: {name: vault-node}}
- {apiVersion: v1, kind: Secret, metadata: {name: crown}, stringData: {jewels: diamonds}}
- {apiVersion: v1, kind: Secret, metadata: {name: mine}, stringData: {word: hello}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: treasurer}}
- apiVersion: v1
  kind: Pod
  metadata: {name: vault}
  spec:
    nodeName: vault-node
    serviceAccountName: treasurer
    containers: [{name: c, image: "cleat-demo:1", envFrom: [{secretRef: {name: crown}}]}]
- apiVersion: v1
  kind: Pod
  metadata: {name: web}
  spec:
    terminationGracePeriodSeconds: 0
    containers: [{name: c, image: "cleat-demo:1", envFrom: [{secretRef: {name: mine}}]}]
    volumes: []
YAML
eventually 'with a pod that has a secret' 60 '1/1 +Running' kubectl get pod web
check 'which the pod knows' 'hello' kubectl exec web -- sh -c 'echo $word'

# -- A stolen node credential --
check 'the node reads what its pod refers to' 'word' node get secret mine -o yaml
check_fails 'another node'"'"'s secret' "no relationship found between node '$node_name' and this object" node get secret crown
check_fails 'all secrets' 'No Object name found' node get secrets
check_fails 'secrets of the cluster itself' 'no relationship found|No Object name found' node -n kube-system get secret any
check_fails 'a watch on them' 'No Object name found' node get secrets --watch
check_fails 'a pod of its own to read it by' 'can only create mirror pods' node run thief --image=cleat-demo:1 \
  --overrides='{"spec":{"containers":[{"name":"c","image":"cleat-demo:1","envFrom":[{"secretRef":{"name":"crown"}}]}]}}'
node_uid=$(kubectl get node "$node_name" -o 'jsonpath={.metadata.uid}')
mirror_pod() {  # SPEC: as a kubelet reports a pod of its own folder
  node create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: m, annotations: {kubernetes.io/config.mirror: '1'}, ownerReferences: [
  {apiVersion: v1, kind: Node, name: '$node_name', uid: $node_uid, controller: true}]}
spec: {nodeName: '$node_name', $1}
YAML
}
check_fails 'a mirror pod that refers to it' 'reference secrets' \
  mirror_pod 'containers: [{name: c, image: i, envFrom: [{secretRef: {name: crown}}]}]'
check_fails 'or to a claim of devices' 'can not create pods that reference resourceclaims' \
  mirror_pod 'containers: [{name: c, image: i}], resourceClaims: [{name: d, resourceClaimName: theirs}]'
kubectl create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: waiting}
spec:
  schedulerName: nobody
  containers: [{name: c, image: i, envFrom: [{secretRef: {name: crown}}]}]
YAML
check_fails 'binding a pod to itself' 'cannot create resource "pods/binding"' bash -c "printf '%s' '{\"apiVersion\":\"v1\",\"kind\":\"Binding\",\"metadata\":{\"name\":\"waiting\"},\"target\":{\"kind\":\"Node\",\"name\":\"$node_name\"}}' |
  kubectl --kubeconfig='$work/kubeconfig' --client-certificate='$pki/node.crt' --client-key='$pki/node.key' create --raw /api/v1/namespaces/default/pods/waiting/binding -f -"
check 'moving a pod' '^403 .*cannot patch resource \\"pods\\"' patch_as_node /api/v1/namespaces/default/pods/vault "{\"spec\":{\"nodeName\":\"$node_name\"}}"
check_fails 'another node'"'"'s pod, killed' 'can only delete pods with spec.nodeName set to itself' node delete pod vault --wait=false
check 'or declared dead' '^403 .*can only update pod status for pods with spec.nodeName set to itself' \
  patch_as_node /api/v1/namespaces/default/pods/vault/status '{"status":{"phase":"Failed"}}'
check 'a label that a service selects by' '^403 .*cannot update labels through pod status' \
  patch_as_node /api/v1/namespaces/default/pods/web/status '{"metadata":{"labels":{"app":"bank"}}}'
check 'another node, changed' '^403 .*is not allowed to modify node \\"vault-node\\"' \
  patch_as_node /api/v1/nodes/vault-node '{"metadata":{"labels":{"rack":"1"}},"spec":{"unschedulable":true}}'
check_fails 'or read' 'only its own Node object' node get node vault-node
check_fails 'a label that draws others'"'"' pods' 'is not allowed to modify labels: node-restriction.kubernetes.io/vault' \
  node label node "$node_name" node-restriction.kubernetes.io/vault=yes
kubectl taint node "$node_name" quarantined=yes:NoSchedule >/dev/null
check_fails 'its quarantine, ended' 'is not allowed to modify taints' node patch node "$node_name" -p '{"spec":{"taints":null}}'
check 'which holds' 'quarantined' kubectl get node "$node_name" -o jsonpath='{.spec.taints[*].key}'
kubectl taint node "$node_name" quarantined- >/dev/null
check_fails 'the cluster'"'"'s roles' 'cannot create resource "clusterrolebindings"' node create clusterrolebinding me --clusterrole=cluster-admin --user="system:node:$node_name"
check_fails 'somebody else'"'"'s face' 'cannot impersonate' node --as=admin --as-group=system:masters get secrets
check_fails 'a command in a pod through the server' 'cannot (create|get) resource "pods/exec"' node exec web -- id

# -- Tokens --
token_request() {  # COMMAND… then NAMESPACE/ACCOUNT JSON
  local account=${*: -2:1} spec=${*: -1}
  printf '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":%s}' "$spec" >"$work/request.json"
  "${@:1:$#-2}" create --raw "/api/v1/namespaces/${account%/*}/serviceaccounts/${account#*/}/token" -f "$work/request.json"
}
bound() { kubectl get pod "$1" -o 'jsonpath={"{\"boundObjectRef\":{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\""}{.metadata.name}{"\",\"uid\":\""}{.metadata.uid}{"\"}"}'; }
check_fails 'a token of another node'"'"'s account' 'no relationship found' token_request node default/treasurer "$(bound vault)}"
check_fails 'one of an account here that is bound to nothing' 'node requested token not bound to a pod' token_request node default/default '{}'
check_fails 'one bound to another node'"'"'s pod' 'cannot bind token|scheduled on a different node' token_request node default/default "$(bound vault)}"
check_fails 'one for an audience that no pod names' 'audience "bank" not found in pod spec volume' \
  token_request node default/default "$(bound web),\"audiences\":[\"bank\"]}"
kubectl exec web -- cat /var/run/secrets/kubernetes.io/serviceaccount/token >"$work/token"
token=$(cat "$work/token")
whoami() { curl -sS --cacert "$data/pki/ca.crt" -H "Authorization: Bearer $1" -H 'Content-Type: application/json' -X POST \
  -d '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}' "https://127.0.0.1:$port/apis/authentication.k8s.io/v1/selfsubjectreviews" |
  python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin)))'; }
check 'a pod'"'"'s own token says what it is bound to' '"username": "system:serviceaccount:default:default".*"authentication.kubernetes.io/credential-id": \["JTI=.*"authentication.kubernetes.io/node-name": \["'"$node_name"'"\].*"authentication.kubernetes.io/pod-name": \["web"\]' whoami "$token"
review() { printf '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":"%s","audiences":["%s"]}}' "$@" |
  kubectl create --validate=false -f - -o 'jsonpath={.status}'; }
check 'it is none for others' 'is invalid for the target audiences' review "$token" vault
printf '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"audiences":["vault"]}}' >"$work/request.json"
for_vault=$(kubectl create --raw /api/v1/namespaces/default/serviceaccounts/default/token -f "$work/request.json" | python3 -c 'import json, sys; print(json.load(sys.stdin)["status"]["token"])')
check 'one for others is none for the server' '"code": 401' whoami "$for_vault"
kubectl delete pod web --wait >/dev/null
eventually 'and a token whose pod is gone is none at all' 10 '"code": 401' whoami "$token"
eventually 'nor does the node read for it any more' 10 'no relationship found' node get secret mine

# -- Certificates --
ask_for() {  # NAME SUBJECT SIGNER COMMAND…
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/$1.key" -out "$work/$1.csr" -subj "$2" 2>/dev/null
  printf 'apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: %s}\nspec: {signerName: %s, usages: [digital signature, client auth], request: %s}\n' \
    "$1" "kubernetes.io/$3" "$(base64 -w0 "$work/$1.csr")" | "${@:4}" create -f -
}
check_fails 'a certificate in another node'"'"'s name' 'can only create a node CSR with CN=system:node:' \
  ask_for other /O=system:nodes/CN=system:node:vault-node kube-apiserver-client-kubelet node
check_fails 'one of the masters' 'with system:masters group is not allowed' ask_for root /O=system:masters/CN=root kube-apiserver-client node
check 'a master'"'"'s by the nodes'"'"' signer' 'created' ask_for root2 /O=system:masters/CN=root kube-apiserver-client-kubelet joiner
check_fails 'which nobody approves' 'cannot update resource "certificatesigningrequests/approval"|cannot patch' joiner certificate approve root2
check_fails 'a bootstrap token for this very node' "node \"$node_name\" exists already, and a bootstrap token is for new nodes only" \
  ask_for again "/O=system:nodes/CN=system:node:$node_name" kube-apiserver-client-kubelet joiner
check_fails 'for another that there is' 'exists already' ask_for again2 /O=system:nodes/CN=system:node:vault-node kube-apiserver-client-kubelet joiner
# -- Pod Security --
kubectl create namespace strict >/dev/null
kubectl label namespace strict pod-security.kubernetes.io/enforce=restricted >/dev/null
until_true 10 kubectl -n strict get serviceaccount default
hardened='"securityContext":{"allowPrivilegeEscalation":false,"runAsNonRoot":true,"runAsUser":1000,"capabilities":{"drop":["ALL"]},"seccompProfile":{"type":"RuntimeDefault"}}'
check_fails 'a pod that owns the node' 'violates PodSecurity "restricted:latest": host namespaces \(hostPID=true\), privileged \(container "c" must not' \
  kubectl -n strict run p --image=cleat-demo:1 --overrides='{"spec":{"hostPID":true,"containers":[{"name":"c","image":"cleat-demo:1","securityContext":{"privileged":true}}]}}'
kubectl -n strict run hard --image=cleat-demo:1 --overrides="{\"spec\":{\"terminationGracePeriodSeconds\":0,\"containers\":[{\"name\":\"hard\",\"image\":\"cleat-demo:1\",$hardened}]}}" >/dev/null
eventually 'a hardened pod runs' 60 '1/1 +Running' kubectl -n strict get pod hard
check_fails 'an ephemeral container with more than that' 'violates PodSecurity "restricted:latest": privileged \(container "d" must not' \
  kubectl -n strict patch pod hard --subresource=ephemeralcontainers \
  -p '{"spec":{"ephemeralContainers":[{"name":"d","image":"cleat-demo:1","securityContext":{"privileged":true}}]}}'
check_fails 'kubectl debug as well' 'violates PodSecurity "restricted:latest"' kubectl -n strict debug hard --image=cleat-demo:1 --profile=sysadmin -- id
kubectl label namespace strict pod-security.kubernetes.io/enforce- >/dev/null
kubectl -n strict run old --image=cleat-demo:1 --privileged >/dev/null
kubectl label namespace strict pod-security.kubernetes.io/enforce=restricted >/dev/null 2>&1
check_fails 'a pod of before, with a new image' 'violates PodSecurity "restricted:latest": privileged' kubectl -n strict set image pod/old old=busybox

# -- Renewing, and coming back --
end_of() { openssl x509 -in "$pki/node.crt" -noout -checkend "$1" >/dev/null && echo longer || echo shorter; }
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/short.key" -out "$work/short.csr" \
  -subj "/O=system:nodes/CN=system:node:$node_name" 2>/dev/null
printf 'apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: short}\nspec: {signerName: kubernetes.io/kube-apiserver-client-kubelet, expirationSeconds: 7200, usages: [digital signature, client auth], request: %s}\n' \
  "$(base64 -w0 "$work/short.csr")" | node create -f - >/dev/null
issued() { kubectl get csr short -o 'jsonpath={.status.certificate}' | base64 -d >"$work/short.crt"; grep -q BEGIN "$work/short.crt"; }
until_true 10 issued
stop_up
cp "$work/short.key" "$pki/node.key"
cp "$work/short.crt" "$pki/node.crt"
check 'a certificate that ends soon' 'shorter' end_of 86400
start_up
check 'is renewed with itself, though the node exists' 'longer' end_of 8640000
eventually 'and is good' 30 ' Ready ' kubectl get nodes
stop_up
rm -r "$pki"
check_fails 'a machine that has the token, and not the key, is not this node' \
  "the server does not let this node join: .*node \"$node_name\" exists already, .*kubectl delete node $node_name" \
  timeout 60 "$cleat" up --data-dir "$data" --listen "0.0.0.0:$port"
start_program 'is ready' server --listen "0.0.0.0:$port"
check 'until somebody says that it is' 'deleted' kubectl delete node "$node_name"
stop_program
start_up
eventually 'then it joins' 30 ' Ready ' kubectl get nodes
finish
