#!/bin/bash
# What happens to an object besides being created and deleted: its generation, its status, the subresources that change a pod,
# updates that create. As the conformance suite asks for it.
build=${1:?usage: lifecycle_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server

api=https://127.0.0.1:$port
get() { kubectl get "$1" -o "jsonpath=$2"; }
generation() { get "$1" '{.metadata.generation}'; }
# With a token, because curl has to send headers of its own.
kubectl create serviceaccount root >/dev/null
token=$(token_of default root)
kubectl create clusterrolebinding root --clusterrole=cluster-admin --serviceaccount=default:root >/dev/null
ask() {  # METHOD PATH [BODY [CURL OPTION…]]: the answer and its code
  local body=()
  [ -z "${3:-}" ] || body=(-d "$3")
  curl -sS --cacert "$data/pki/ca.crt" -H "Authorization: Bearer $token" -H "Content-Type: ${type:-application/json}" -X "$1" \
    -w ' %{http_code}\n' "${@:4}" "${body[@]}" "$api$2"
}
until_true 10 kubectl auth can-i delete nodes --as=system:serviceaccount:default:root
until_true 10 kubectl get serviceaccount default

# A pod's generation counts what is wished of it, whoever says it and by which road.
cat >"$work/pod.yaml" <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: p, generation: 100}
spec:
  initContainers:
  - {name: first, image: "i:1"}
  containers:
  - {name: c, image: "c:1", resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 64Mi}}}
YAML
kubectl create -f "$work/pod.yaml" >/dev/null
check 'a pod begins with generation 1, whatever it says itself' '^1$' generation pod/p
check 'a label is no wish' '^1$' bash -c "kubectl label pod p a=b >/dev/null; kubectl get pod p -o 'jsonpath={.metadata.generation}'"
wish() { kubectl patch pod p --type="${2:-merge}" -p "$1" >/dev/null && generation pod/p; }
check 'a deadline is' '^2$' wish '{"spec":{"activeDeadlineSeconds":5000}}'
check 'the same once more is not' '^2$' wish '{"spec":{"activeDeadlineSeconds":5000}}'
check 'another image is' '^3$' wish '{"spec":{"containers":[{"name":"c","image":"c:2"}]}}' strategic
check 'also of an init container' '^4$' wish '{"spec":{"initContainers":[{"name":"first","image":"i:2"}]}}' strategic
check 'a client cannot set it' '^4$' wish '{"metadata":{"generation":1}}'
check 'a status is none' '^4$' bash -c "kubectl patch pod p --subresource=status --type=merge \
  -p '{\"status\":{\"observedGeneration\":4}}' >/dev/null; kubectl get pod p -o 'jsonpath={.metadata.generation}'"
check 'who does not know what was observed leaves it' '^4 E2E$' bash -c "kubectl patch pod p --subresource=status --type=merge \
  -p '{\"status\":{\"reason\":\"E2E\",\"observedGeneration\":null}}' >/dev/null
  kubectl get pod p -o 'jsonpath={.status.observedGeneration} {.status.reason}'"
check_fails 'it is not negative' 'status.observedGeneration: Invalid value: -1: must be a non-negative integer' \
  kubectl patch pod p --subresource=status --type=merge -p '{"status":{"observedGeneration":-1}}'
check_fails 'the quality of service is not reported, but made' 'status.qosClass: Invalid value: "Guaranteed": field is immutable' \
  kubectl patch pod p --subresource=status --type=merge -p '{"status":{"qosClass":"Guaranteed"}}'
whole='{"apiVersion":"v1","kind":"Pod","metadata":{"name":"whole"},"spec":{"resources":{},"containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":"1m"}}}]}}'
check 'of a pod that asks for nothing as a whole it is what its containers ask for' '^Burstable$' \
  kubectl create --dry-run=server -o 'jsonpath={.status.qosClass}' -f <(echo "$whole")

# Ephemeral containers.
check 'kubectl debug adds a container' 'added' bash -c 'kubectl debug p --image=tools:1 -c dbg --profile=general && echo added'
check 'it is there, and counts as a wish' '^dbg tools:1 5$' get pod/p \
  '{.spec.ephemeralContainers[0].name} {.spec.ephemeralContainers[0].image} {.metadata.generation}'
check 'with what it left out' '^IfNotPresent File$' get pod/p \
  '{.spec.ephemeralContainers[0].imagePullPolicy} {.spec.ephemeralContainers[0].terminationMessagePolicy}'
ephemeral() {  # TYPE BODY
  type=application/$1-patch+json ask PATCH /api/v1/namespaces/default/pods/p/ephemeralcontainers "$2"
}
check 'it cannot be changed' 'existing ephemeral containers \\"dbg\\" may not be changed\\n +image was changed.* 422' \
  ephemeral strategic-merge '{"spec":{"ephemeralContainers":[{"name":"dbg","image":"other:1"}]}}'
check 'nor removed' 'existing ephemeral containers \\"dbg\\" may not be removed.* 422' \
  ephemeral merge '{"spec":{"ephemeralContainers":[]}}'
check 'nor have what such a container cannot' \
  'spec.ephemeralContainers\[[01]\].livenessProbe: Forbidden: cannot be set for an Ephemeral Container.* 422' \
  ephemeral strategic-merge '{"spec":{"ephemeralContainers":[{"name":"two","image":"t:1","livenessProbe":{"exec":{"command":["a"]}}}]}}'
check 'nor a name that is taken' 'spec.ephemeralContainers\[0\].name: Duplicate value: \\"c\\".* 422' \
  ephemeral strategic-merge '{"spec":{"ephemeralContainers":[{"name":"c","image":"t:1"}]}}'
check 'all else of the pod stays' '^c:2 $' bash -c "$(declare -f ask ephemeral); api=$api data=$data token=$token
  ephemeral merge '{\"metadata\":{\"labels\":{\"x\":\"y\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"z\"}]}}' >/dev/null
  kubectl get pod p -o 'jsonpath={.spec.containers[0].image} {.metadata.labels.x}'"
check_fails 'they do not come with the pod' 'spec.ephemeralContainers: Forbidden: cannot be set on create' bash -c \
  "sed 's/name: p,/name: q,/; s/^spec:/spec:\n  ephemeralContainers: [{name: e, image: \"e:1\"}]/' '$work/pod.yaml' | kubectl create -f -"

# Resizing.
resize() { kubectl patch pod p --subresource=resize --type=strategic -p "{\"spec\":{\"containers\":[{\"name\":\"c\",\"resources\":$1}]}}"; }
check 'a pod is resized' 'patched' resize '{"requests":{"cpu":"200m"}}'
check 'which counts as a wish' '^200m 64Mi 6$' get pod/p \
  '{.spec.containers[0].resources.requests.cpu} {.spec.containers[0].resources.requests.memory} {.metadata.generation}'
check_fails 'what it asks for cannot be taken away' \
  'spec.containers\[0\].resources.requests: Forbidden: resource requests cannot be removed' resize '{"requests":{"cpu":null}}'
check_fails 'nor a limit' 'spec.containers\[0\].resources.limits: Forbidden: resource limits cannot be removed' \
  resize '{"limits":{"memory":null}}'
check 'a limit is added' 'patched' resize '{"limits":{"cpu":"1"}}'
check 'and then says what is asked for, if nothing else does' '^1$' bash -c "$(declare -f resize); resize '{\"requests\":{\"cpu\":null}}' >/dev/null
  kubectl get pod p -o 'jsonpath={.spec.containers[0].resources.requests.cpu}'"
kubectl run plain --image=c:1 >/dev/null
check_fails 'a pod does not become another quality of service' \
  'spec: Invalid value: "BestEffort": Pod QOS Class may not change as a result of resizing' kubectl patch pod plain \
  --subresource=resize --type=strategic -p '{"spec":{"containers":[{"name":"plain","resources":{"requests":{"cpu":"1"}}}]}}'
kubectl create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Node
metadata: {name: small, labels: {kubernetes.io/os: linux}}
YAML
kubectl patch node small --subresource=status --type=merge -p '{"status":{"allocatable":{"cpu":"2","memory":"1Gi","pods":"9"},"capacity":{"cpu":"2","memory":"1Gi","pods":"9"}}}' >/dev/null
kubectl create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: placed}
spec: {nodeName: small, containers: [{name: c, image: "c:1", resources: {requests: {cpu: "1"}}}]}
YAML
resize_placed() { kubectl patch pod placed --subresource=resize -p '{"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"'"$1"'"}}}]}}'; }
eventually 'a pod on a node is resized within what that has' 5 'patched' resize_placed 1500m
check_fails 'and not beyond it' "pods \"placed\" is forbidden: node didn't have enough allocatable resources: cpu, requested: 2500, allocatable: 2000" resize_placed 2500m
check_fails 'what is wrong in itself is said first' 'must be greater than or equal to 0' resize_placed -9
kubectl label --overwrite node small kubernetes.io/os=windows >/dev/null
eventually 'nor where no pod can be' 5 'pod resize is only supported on linux nodes, node "small" is "windows"' resize_placed 1200m
kubectl delete pod placed --grace-period=0 --force >/dev/null 2>&1; kubectl delete node small >/dev/null
check_fails 'nor is anything else resized' 'spec: Forbidden: only cpu and memory resources are mutable' \
  resize '{"requests":{"ephemeral-storage":"1Gi"}}'
check_fails 'nor more asked for than is allowed' 'must be less than or equal to memory limit of 64Mi' \
  resize '{"requests":{"memory":"128Mi"}}'
check_fails 'containers are not added' 'spec.containers: Forbidden: containers may not be added or removed on resize' \
  kubectl patch pod p --subresource=resize --type=strategic -p '{"spec":{"containers":[{"name":"d","image":"d:1"}]}}'
check 'the image is no size' '^c:2$' bash -c "kubectl patch pod p --subresource=resize --type=strategic \
  -p '{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"z\"}]}}' >/dev/null; kubectl get pod p -o 'jsonpath={.spec.containers[0].image}'"
check_fails 'and an ordinary update does not resize' 'pod updates may not change fields other than' \
  kubectl patch pod p --type=strategic -p '{"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"300m"}}}]}}'

# A node has the status that it comes with; being bound is no wish of the pod.
kubectl create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Node
metadata: {name: fake}
spec: {unschedulable: true}
status:
  phase: Running
  conditions: [{type: Ready, status: "True", reason: E2E, message: "Set from e2e test"}]
YAML
check 'a node comes with its status' '^Running True$' get node/fake '{.status.phase} {.status.conditions[0].status}'
check 'a pod does not' '^Pending $' bash -c "sed 's/name: p,/name: q,/' '$work/pod.yaml' | sed '\$a status: {phase: Running, reason: E2E}' |
  kubectl create -f - >/dev/null; kubectl get pod q -o 'jsonpath={.status.phase} {.status.reason}'"
check 'a pod is bound' 'Success.* 201' ask POST /api/v1/namespaces/default/pods/q/binding \
  '{"apiVersion":"v1","kind":"Binding","metadata":{"name":"q","labels":{"zone":"a"}},"target":{"kind":"Node","name":"fake"}}'
check 'without a new generation, and gets the labels of its place' '^fake 1 a$' get pod/q \
  '{.spec.nodeName} {.metadata.generation} {.metadata.labels.zone}'
kubectl delete pod q --grace-period=60 --wait=false >/dev/null
first=$(get pod/q '{.metadata.deletionTimestamp}')
check 'a graceful delete counts as a wish' '^2 60$' get pod/q '{.metadata.generation} {.metadata.deletionGracePeriodSeconds}'
kubectl delete pod q --grace-period=30 --wait=false >/dev/null
check 'a second one does not, and can shorten the wait' '^2 30$' get pod/q \
  '{.metadata.generation} {.metadata.deletionGracePeriodSeconds}'
check 'counted from the first' '^30$' bash -c \
  "echo \$((\$(date -d '$first' +%s) - \$(date -d \$(kubectl get pod q -o 'jsonpath={.metadata.deletionTimestamp}') +%s)))"
kubectl delete pod q --grace-period=90 --wait=false >/dev/null
check 'never lengthen it' '^30$' get pod/q '{.metadata.deletionGracePeriodSeconds}'
kubectl delete pod q --grace-period=0 --force >/dev/null 2>&1

# A service can be changed, and has a status.
kubectl create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Service
metadata: {name: s, labels: {static: "true"}}
spec: {type: LoadBalancer, loadBalancerClass: example.com/internal-vip, ports: [{name: http, port: 80}]}
YAML
ip=$(get service/s '{.spec.clusterIP} {.spec.ports[0].nodePort}')
check 'a service is labelled' 'labeled' kubectl label service s more=yes
check 'and annotated' 'annotated' kubectl annotate service s note=yes
check 'and patched, and keeps its address and port' "^$ip 81\$" bash -c "kubectl patch service s -p \
  '{\"spec\":{\"ports\":[{\"port\":81,\"name\":\"http\"},{\"\$patch\":\"delete\",\"port\":80}]}}' >/dev/null
  kubectl get service s -o 'jsonpath={.spec.clusterIP} {.spec.ports[0].nodePort} {.spec.ports[0].port}'"
check 'and replaced' 'replaced' bash -c "kubectl get service s -o yaml | kubectl replace -f -"
check 'its status is patched, with an annotation' '^203.0.113.1 VIP true$' bash -c "kubectl patch service s --subresource=status \
  --type=merge -p '{\"metadata\":{\"annotations\":{\"patchedstatus\":\"true\"}},\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"203.0.113.1\"}]}}}' >/dev/null
  kubectl get service s -o 'jsonpath={.status.loadBalancer.ingress[0].ip} {.status.loadBalancer.ingress[0].ipMode} {.metadata.annotations.patchedstatus}'"
check 'its status is updated' 'replaced' bash -c "kubectl get service s -o json | python3 -c \"
import json, sys
s = json.load(sys.stdin)
s['status']['conditions'] = [{'type': 'StatusUpdate', 'status': 'True', 'reason': 'E2E', 'message': 'm', 'lastTransitionTime': None}]
json.dump(s, sys.stdout)\" | kubectl replace --subresource=status --validate=false -f -"
check 'and keeps both' '^203.0.113.1 E2E yes$' get service/s \
  '{.status.loadBalancer.ingress[0].ip} {.status.conditions[0].reason} {.metadata.labels.more}'
check 'a service of another name' 'ExternalName' bash -c \
  'kubectl create service externalname e --external-name=example.com >/dev/null; kubectl get service e'
check 'becomes one with an address' '10\.96\.' bash -c "kubectl patch service e --type=merge \
  -p '{\"spec\":{\"type\":\"ClusterIP\",\"externalName\":null,\"ports\":[{\"port\":80}]}}' >/dev/null; kubectl get service e"
check 'a deleted service is shown' '"kind":"Service".*"name":"e".* 200' ask DELETE /api/v1/namespaces/default/services/e

# Updates of what is not there.
put() { ask PUT "/apis/coordination.k8s.io/v1/namespaces/default/leases/$1" \
  "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":\"$1\"},\"spec\":{\"holderIdentity\":\"$2\"}}"; }
check 'an update of a lease makes it' '"holderIdentity":"a".* 201' put l a
check 'and then has to say what it is made from' 'metadata.resourceVersion: Invalid value: 0: must be specified for an update.* 422' \
  put l b
check 'an update of a config map does not' 'NotFound.* 404' ask PUT /api/v1/namespaces/default/configmaps/none \
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"none"}}'

# Views that there are not.
check 'there is no table of a review' '"reason":"NotAcceptable","code":406.* 406' \
  ask POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews \
  '{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{"nonResourceAttributes":{"path":"/","verb":"get"}}}' \
  -H 'Accept: application/json;as=Table;v=v1;g=meta.k8s.io'

# A list whose first page is long ago goes on in the present. So much is written in between that the past is forgotten.
page() { ask GET "/api/v1/configmaps?limit=1&continue=$1"; }
token_in() { grep -o '"continue":"[^"]*"' | cut -d'"' -f4; }
expired=$(ask GET '/api/v1/configmaps?limit=1' | token_in)
kubectl create configmap big >/dev/null
for i in $(seq 100); do
  printf '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"big"},"data":{"x":"%s%900000s"}}' "$i" >"$work/big.json"
  ask PUT /api/v1/namespaces/default/configmaps/big "@$work/big.json" >/dev/null
  page "$expired" | grep -q Expired && break
done
check 'an expired page says how to go on' '"continue":"[^"]+".*"reason":"Expired","code":410.* 410' page "$expired"
going=$(page "$expired" | token_in)
check 'which goes on with the next' '"kind":"ConfigMapList".*"remainingItemCount":[0-9].*"name":"kube-root-ca.crt".* 200' page "$going"

finish
