#!/bin/bash
# Who may do what, and give what to whom, as kubectl shows it.
build=${1:?usage: access_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl openssl
start_server

. "$here/../bare_client.sh"

# A keeper who may write roles and bindings in one namespace, and has little else.
check 'a namespace' 'created' kubectl create namespace shop
eventually 'with its account' 10 'default' kubectl -n shop get serviceaccounts
check 'a keeper' 'created' kubectl -n shop create serviceaccount keeper
check 'who may write roles' 'created' kubectl -n shop create role keeper --verb=create,update,patch,get,list \
  --resource=roles.rbac.authorization.k8s.io,rolebindings.rbac.authorization.k8s.io
check 'is given that' 'created' kubectl -n shop create rolebinding keeper --role=keeper --serviceaccount=shop:keeper
check 'and to read config maps' 'created' kubectl -n shop create role reader --verb=get --resource=configmaps
check 'is given that too' 'created' kubectl -n shop create rolebinding reader --role=reader --serviceaccount=shop:keeper
keeper=$(token_of shop keeper)
eventually 'the keeper may read' 5 'yes' as --token="$keeper" -n shop auth can-i get configmaps

check 'what one has one gives' 'created' as --token="$keeper" -n shop create role r1 --verb=get --resource=configmaps
check 'to others as well' 'created' as --token="$keeper" -n shop create rolebinding b1 --role=r1 --user=jane
check_fails 'what one has not one does not give' \
  'roles.rbac.authorization.k8s.io "r2" is forbidden: user "system:serviceaccount:shop:keeper" \(groups=\["system:serviceaccounts" "system:serviceaccounts:shop" "system:authenticated"\]\) is attempting to grant RBAC permissions not currently held:.*\{APIGroups:\[""\], Resources:\["secrets"\], Verbs:\["get" "list"\]\}' \
  as --token="$keeper" -n shop create role r2 --verb=get,list --resource=secrets
check_fails 'nor by a patch' 'is attempting to grant RBAC permissions not currently held' as --token="$keeper" -n shop \
  patch role r1 --type=json -p '[{"op":"add","path":"/rules/0/verbs/-","value":"delete"}]'
check_fails 'nor by apply' 'is attempting to grant RBAC permissions not currently held' bash -c \
  "printf 'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r3}\nrules: [{apiGroups: [\"\"], resources: [pods], verbs: [\"*\"]}]\n' |
   kubectl --kubeconfig='$work/kubeconfig' --token='$keeper' -n shop apply --server-side -f -"
check_fails 'nor by a binding' 'rolebindings.rbac.authorization.k8s.io "b2" is forbidden: .* not currently held' \
  as --token="$keeper" -n shop create rolebinding b2 --clusterrole=cluster-admin --user=jane
check_fails 'of a role that is not there' 'roles.rbac.authorization.k8s.io "gone" not found' \
  as --token="$keeper" -n shop create rolebinding b3 --role=gone --user=jane
check 'who may bind a role' 'created' kubectl -n shop create role binder --verb=bind --resource=clusterroles.rbac.authorization.k8s.io \
  --resource-name=view
check 'is given that' 'created' kubectl -n shop create rolebinding binder --role=binder --serviceaccount=shop:keeper
eventually 'binds it' 5 'created|already exists' as --token="$keeper" -n shop create rolebinding b4 --clusterrole=view --user=jane
check_fails 'and no other' 'not currently held' as --token="$keeper" -n shop create rolebinding b5 --clusterrole=edit --user=jane

# A role for one object by its name.
cat >"$work/one.yaml" <<'YAML'
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: one, namespace: shop}
rules:
- {apiGroups: [""], resources: [configmaps], resourceNames: [mine], verbs: ["*"]}
- {apiGroups: [apps], resources: [deployments/scale], resourceNames: [mine], verbs: [get, patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: one, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: one}
subjects: [{kind: ServiceAccount, name: one, namespace: shop}]
YAML
check 'an account for one object' 'created' kubectl -n shop create serviceaccount one
check 'its role' 'rolebinding.* created' kubectl create -f "$work/one.yaml"
check 'its object' 'created' kubectl -n shop create configmap mine
check 'another' 'created' kubectl -n shop create configmap other
one=$(token_of shop one)
maps=/api/v1/namespaces/shop/configmaps
eventually 'reads its own' 5 '^200' bearer "$one" request GET $maps/mine
while read -r want method path body; do
  check "$method $path is $want" "^$want\$" bearer "$one" status "$method" "$maps$path" "$body"
done <<'END'
403 GET /other
403 GET
403 GET ?labelSelector=a%3Db
200 GET ?fieldSelector=metadata.name%3Dmine
403 GET ?fieldSelector=metadata.name%3Dother
403 GET ?fieldSelector=metadata.name!%3Dother
200 GET ?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Dmine
403 GET ?watch=1&timeoutSeconds=1
200 PUT /mine {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"mine"}}
403 POST  {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"mine"}}
403 POST  {"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"mine"}}
403 DELETE
403 DELETE ?fieldSelector=metadata.name%3Dmine
200 DELETE /mine
403 DELETE /other
END
check 'apply names what it makes' '^201 ' bearer "$one" sending application/apply-patch+yaml request PATCH "$maps/mine?fieldManager=m" '{apiVersion: v1, kind: ConfigMap, metadata: {name: mine}}'
check 'and nothing else' '^403 ' bearer "$one" sending application/apply-patch+yaml request PATCH "$maps/other2?fieldManager=m" '{apiVersion: v1, kind: ConfigMap, metadata: {name: other2}}'
check 'a subresource by name' '^404 .*deployments.apps \\"mine\\" not found' bearer "$one" request GET /apis/apps/v1/namespaces/shop/deployments/mine/scale
check 'is not its parent' '^403 ' bearer "$one" request GET /apis/apps/v1/namespaces/shop/deployments/mine
check 'nor that of another' '^403 ' bearer "$one" request GET /apis/apps/v1/namespaces/shop/deployments/others/scale
check 'the refusal names no name that is not known' \
  'configmaps is forbidden: User \\"system:serviceaccount:shop:one\\" cannot create resource \\"configmaps\\" in API group \\"\\" in the namespace \\"shop\\""' \
  bearer "$one" request POST $maps '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"mine"}}'
check 'one may ask for it' 'yes' as --token="$one" -n shop auth can-i get configmaps/mine
check_fails 'and is told' 'no' as --token="$one" -n shop auth can-i create configmaps
check 'the list of what one may names it' 'configmaps +\[\] +\[mine\] +\[\*\]' as --token="$one" -n shop auth can-i --list

# A namespace is what a binding in it is about, too.
check 'who may read namespaces in one' 'created' kubectl -n shop create rolebinding viewer --clusterrole=view --serviceaccount=shop:one
eventually 'reads that' 5 '^200' bearer "$one" request GET /api/v1/namespaces/shop
check 'and no other' '^403 .*namespaces \\"default\\" is forbidden: .* in the namespace \\"default\\"' bearer "$one" request GET /api/v1/namespaces/default
check 'nor all' '^403 .*namespaces is forbidden: .* at the cluster scope' bearer "$one" request GET /api/v1/namespaces

# Cluster roles that are put together out of others.
eventually 'view has rules' 5 'pods' kubectl get clusterrole view -o yaml
check 'more for those who view' 'created' kubectl create clusterrole widgets --verb=get --resource=pods --resource-name=w
check 'by a label' 'labeled' kubectl label clusterrole widgets rbac.authorization.k8s.io/aggregate-to-view=true
for role in view edit admin; do
  eventually "goes to $role" 5 '"resourceNames":\["w"\]' kubectl get clusterrole $role -o 'jsonpath={.rules}'
done

# Nothing that is written by hand stays in one that collects.
cat >"$work/sum.yaml" <<'YAML'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: sum}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {part: "1"}}]}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
YAML
rules_of() { kubectl get clusterrole "$1" -o json | python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["rules"]))'; }
check 'a role that collects' 'created' kubectl create -f "$work/sum.yaml"
eventually 'has no rule of its own' 5 '^null$' rules_of sum
check 'a part' 'created' kubectl create clusterrole part --verb=get --resource=services
check 'joins' 'labeled' kubectl label clusterrole part part=1
owners_of() { kubectl get clusterrole "$1" --show-managed-fields -o 'jsonpath={range .metadata.managedFields[*]}{.manager} {.operation} {.fieldsV1}{"\n"}{end}'; }
eventually 'with its rule' 5 '^\[\{[^{]*"services"[^{]*\}\]$' rules_of sum
check 'they are whose they are in Kubernetes' 'clusterrole-aggregation-controller Apply \{"f:rules":\{\}\}' owners_of sum
check 'another rule by hand' 'patched' kubectl patch clusterrole sum --type=json -p '[{"op":"add","path":"/rules/-","value":{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}}]'
eventually 'goes again' 5 '^\[\{[^{]*"services"[^{]*\}\]$' rules_of sum
check 'the part changes' 'patched' kubectl patch clusterrole part --type=json -p '[{"op":"replace","path":"/rules/0/resources","value":["endpoints"]}]'
eventually 'and the sum with it' 5 '^\[\{[^{]*"endpoints"[^{]*\}\]$' rules_of sum
check 'without its label' 'unlabeled|labeled' kubectl label clusterrole part part-
eventually 'it is no part' 5 '^null$' rules_of sum

# A binding to a role that is not there says so.
check 'a binding to nothing' 'created' kubectl -n shop create rolebinding lost --role=lost --user=joe
eventually 'is named to whom it was given' 5 'cannot list resource "pods".*: RBAC: role.rbac.authorization.k8s.io "lost" not found' \
  kubectl --as=joe -n shop get pods

# Tokens.
cat >"$work/pod.yaml" <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {serviceAccountName: keeper, containers: [{name: web, image: "web:1"}]}
YAML
check 'a pod' 'created' kubectl -n shop apply -f "$work/pod.yaml"
pod='{"boundObjectRef":{"apiVersion":"v1","kind":"Pod","name":"web"}}'
bound=$(token_of shop keeper "$pod")
check 'a token of a pod says whose it is' '"username": ?"system:serviceaccount:shop:keeper".*pod-name": ?\["web"\]' \
  whoami as --token="$bound"
check_fails 'a token is for who asks' 'cannot bind token for serviceaccount "default" to pod running with different' \
  request_token shop default "$pod"
check_fails 'for ten minutes at least' 'may not specify a duration less than 10 minutes' \
  request_token shop keeper '{"expirationSeconds":300}'
review() { printf '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":"%s"%s}}' "$@" |
  kubectl create --validate=false -f - -o 'jsonpath={.status}'; }
check 'a review knows it' '"authenticated":true.*system:authenticated' review "$bound" ''
check 'but not for others' 'token audiences \[.*\] is invalid for the target audiences \[.*"vault.*"\]' review "$bound" ',"audiences":["vault"]'
check 'nor a wrong one' '"error":"invalid bearer token"' review wrong ''
check 'the pod goes' 'deleted' kubectl -n shop delete pod web --now
check 'and its token with it' 'service account token has been invalidated' review "$bound" ''

# Certificates.
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/jane.key" -out "$work/jane.csr" \
  -subj /O=dev/O=ops/CN=jane 2>/dev/null
cat >"$work/csr.yaml" <<YAML
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: jane}
spec: {signerName: kubernetes.io/kube-apiserver-client, usages: [client auth], request: $(base64 -w0 "$work/jane.csr")}
YAML
check 'a certificate is asked for' 'created' kubectl create -f "$work/csr.yaml"
check 'and granted' 'approved' kubectl certificate approve jane
certificate() { kubectl get csr jane -o 'jsonpath={.status.certificate}' | base64 -d; }
eventually 'and signed' 10 'BEGIN CERTIFICATE' certificate
certificate >"$work/jane.crt"
check 'it says who the caller is' '"username":"jane".*"groups":\["dev","ops","system:authenticated"\].*X509SHA256=[0-9a-f]{64}' \
  whoami as --client-certificate="$work/jane.crt" --client-key="$work/jane.key"

# A pod needs an account.
check_fails 'a pod whose account is not there' \
  'pods "web" is forbidden: error looking up service account shop/nobody: serviceaccount "nobody" not found' \
  bash -c "sed s/keeper/nobody/ '$work/pod.yaml' | kubectl -n shop create -f -"

# Restarted, the cluster has kept what it was given, and nothing is written that is right.
before=$(kubectl get clusterrole,clusterrolebinding -o 'jsonpath={.items[*].metadata.resourceVersion}')
stop_server
start_server
check 'a restart changes no role' "^$before\$" kubectl get clusterrole,clusterrolebinding -o 'jsonpath={.items[*].metadata.resourceVersion}'
check 'and masters come in' 'yes' kubectl auth can-i '*' '*'
finish
