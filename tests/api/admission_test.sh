#!/bin/bash
# What admission makes of pods, nodes and certificate requests by default: priorities, runtime classes, tolerations, taints, labels.
build=${1:?usage: admission_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl openssl
start_server
pod() {  # NAME [SPEC-OF-THE-POD]
  printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},"spec":{%s"containers":[{"name":"c","image":"i"}]}}' "$1" "${2:+$2,}"
}
create() { pod "$@" | kubectl create -f -; }
of_pod() { kubectl get pod "$1" -o "jsonpath=$2"; }
object() {  # APIVERSION KIND NAME REST
  printf '{"apiVersion":"%s","kind":"%s","metadata":{"name":"%s"}%s}' "$1" "$2" "$3" "${4:+,$4}"
}
eventually 'there is an account' 10 'default' kubectl get serviceaccounts

# -- Priority classes --
class() { object scheduling.k8s.io/v1 PriorityClass "$@" | kubectl create -f -; }
eventually 'a cluster has two' 10 'system-cluster-critical +2000000000 +false .*system-node-critical +2000001000 +false' \
  kubectl get priorityclasses
check 'of its own' 'Description: +Used for system critical pods that must not be moved from their current node.' \
  kubectl describe pc system-node-critical
check_fails 'which stay' \
  'priorityclasses.scheduling.k8s.io "system-node-critical" is forbidden: this is a system priority class and cannot be deleted' \
  kubectl delete pc system-node-critical
check_fails 'their names are nobody else'"'"'s' \
  "\"system-x\" is invalid: metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known" \
  class system-x '"value":1'
check_fails 'nor are their values' 'value: Forbidden: maximum allowed value of a user defined priority is 1000000000' class x '"value":1000000001'
check_fails 'a policy is one of two' \
  'preemptionPolicy: Unsupported value: "Always": supported values: "PreemptLowerPriority", "Never"' \
  class x '"value":1,"preemptionPolicy":"Always"'
check 'a class' 'created' class high '"value":1000,"preemptionPolicy":"Never","description":"for the shop"'
check 'shows itself' 'high +1000 +false +[0-9]+s +Never' kubectl get pc high
check 'is explained' 'globalDefault.*<boolean>' kubectl explain priorityclass
check_fails 'its value stays' 'value: Forbidden: may not be changed in an update.' kubectl patch pc high -p '{"value":7}'
check_fails 'so does its policy' 'preemptionPolicy: Invalid value: "PreemptLowerPriority": field is immutable' \
  kubectl patch pc high -p '{"preemptionPolicy":"PreemptLowerPriority"}'
check 'its description does not' 'patched' kubectl patch pc high -p '{"description":"for all"}'

priority='{.spec.priority},{.spec.priorityClassName},{.spec.preemptionPolicy}'
check 'a pod of no class' 'created' create plain
check 'has the priority 0' '^0,,PreemptLowerPriority$' of_pod plain "$priority"
check 'a pod of a class' 'created' create important '"priorityClassName":"high"'
check 'has its priority' '^1000,high,Never$' of_pod important "$priority"
check 'one of the cluster' 'created' create critical '"priorityClassName":"system-cluster-critical"'
check 'has the cluster'"'"'s' '^2000000000,system-cluster-critical,PreemptLowerPriority$' of_pod critical "$priority"
check_fails 'a class that is not there' 'pods "p" is forbidden: no PriorityClass with name nope was found' create p '"priorityClassName":"nope"'
check_fails 'nobody says a priority himself' \
  'pods "p" is forbidden: the integer value of priority \(5\) must not be provided in pod spec; priority admission controller computed 1000 from the given PriorityClass name' \
  create p '"priorityClassName":"high","priority":5'
check_fails 'nor another policy' \
  'the string value of PreemptionPolicy \(PreemptLowerPriority\) must not be provided in pod spec; priority admission controller computed Never from the given PriorityClass name' \
  create p '"priorityClassName":"high","preemptionPolicy":"PreemptLowerPriority"'
check 'the right one may be said' 'created' create same '"priorityClassName":"high","priority":1000,"preemptionPolicy":"Never"'
without_priority() {
  kubectl get pod important -o json |
    python3 -c 'import json, sys; d = json.load(sys.stdin); d["spec"].pop("priority"); d["spec"].pop("preemptionPolicy"); print(json.dumps(d))'
}
check 'who leaves it out of an update' '^200 ' request PUT /api/v1/namespaces/default/pods/important "$(without_priority)"
check 'leaves it' '^1000,high,Never$' of_pod important "$priority"
check_fails 'it does not change' 'pod updates may not change fields other than' kubectl patch pod important -p '{"spec":{"priority":7}}'
check 'one class is the default' 'created' class standard '"value":5,"globalDefault":true'
check_fails 'and no second' \
  'priorityclasses.scheduling.k8s.io "other" is forbidden: PriorityClass standard is already marked as default. Only one default can exist' \
  class other '"value":6,"globalDefault":true'
check_fails 'nor by an update' 'priorityclasses.scheduling.k8s.io "high" is forbidden: PriorityClass standard is already marked as default' \
  kubectl patch pc high -p '{"globalDefault":true}'
check 'itself it may be' 'patched' kubectl patch pc standard -p '{"description":"the default"}'
made() { kubectl delete pod defaulted --now >/dev/null 2>&1; create defaulted && of_pod defaulted "$priority"; }
eventually 'of pods without one' 5 '5,standard,PreemptLowerPriority$' made
check 'it goes' 'deleted' kubectl delete pc standard
eventually 'and with it the default' 5 '0,,PreemptLowerPriority$' made

# -- Runtime classes --
runtime() { object node.k8s.io/v1 RuntimeClass "$@" | kubectl create -f -; }
check_fails 'a handler is named' 'The RuntimeClass "r" is invalid: handler: Required value' runtime r
check_fails 'as labels are' 'handler: Invalid value: "Kata!": a lowercase RFC 1123 label' runtime r '"handler":"Kata!"'
check_fails 'overhead is an amount' 'overhead.*\[cpu\]: Invalid value: "-1": must be greater than or equal to 0' runtime r '"handler":"r","overhead":{"podFixed":{"cpu":"-1"}}'
check 'a class' 'created' runtime sandboxed '"handler":"kata","overhead":{"podFixed":{"memory":"120Mi","cpu":"250m"}},
  "scheduling":{"nodeSelector":{"runtime":"kata"},"tolerations":[{"key":"kata","operator":"Exists","effect":"NoSchedule"}]}'
check 'shows itself' 'sandboxed +kata +[0-9]+s' kubectl get runtimeclasses
check_fails 'its handler stays' 'handler: Invalid value: "runc": field is immutable' kubectl patch runtimeclass sandboxed -p '{"handler":"runc"}'
check 'a label that has gone out of use is told of' 'Warning: scheduling.nodeSelector: deprecated since v1.14; use "kubernetes.io/os" instead' \
  runtime old '"handler":"old","scheduling":{"nodeSelector":{"beta.kubernetes.io/os":"linux"}}'
check 'a pod of the class' 'created' create boxed '"runtimeClassName":"sandboxed","nodeSelector":{"disk":"ssd"}'
check 'pays its overhead' '"cpu":"250m","memory":"120Mi"' of_pod boxed '{.spec.overhead}'
check 'goes where it is' '^\{"disk":"ssd","runtime":"kata"\}$' of_pod boxed '{.spec.nodeSelector}'
check 'in spite of the taint' '"key":"kata","operator":"Exists"' of_pod boxed '{.spec.tolerations[*]}'
check_fails 'a class that is not there' 'pods "p" is forbidden: pod rejected: RuntimeClass "nope" not found' create p '"runtimeClassName":"nope"'
check_fails 'another overhead' "pods \"p\" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead" \
  create p '"runtimeClassName":"sandboxed","overhead":{"cpu":"1"}'
check 'the same in other words' 'created' create paid '"runtimeClassName":"sandboxed","overhead":{"cpu":"0.25","memory":"122880Ki"}'
check_fails 'an overhead of nothing' 'pods "p" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead' \
  create p '"overhead":{"cpu":"1"}'
check_fails 'a selector that contradicts' \
  'pods "p" is forbidden: conflict: runtimeClass.scheduling.nodeSelector\[runtime\] = kata; pod.spec.nodeSelector\[runtime\] = runc' \
  create p '"runtimeClassName":"sandboxed","nodeSelector":{"runtime":"runc"}'

# -- Tolerations --
tolerations='{range .spec.tolerations[*]}{.key}:{.operator}:{.effect}:{.tolerationSeconds} {end}'
check 'a pod stays on a node that has failed' \
  '^node.kubernetes.io/not-ready:Exists:NoExecute:300 node.kubernetes.io/unreachable:Exists:NoExecute:300 $' of_pod plain "$tolerations"
check 'unless it says for how long' 'created' create brief \
  '"tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":5}]'
check 'itself' '^node.kubernetes.io/not-ready:Exists:NoExecute:5 node.kubernetes.io/unreachable:Exists:NoExecute:300 $' of_pod brief "$tolerations"
check 'one that takes everything' 'created' create stubborn '"tolerations":[{"operator":"Exists"}]'
check 'gets no more' '^:Exists:: $' of_pod stubborn "$tolerations"

# -- Nodes --
node() { object v1 Node "$@"; }
taints='[{range .spec.taints[*]}{.key}:{.effect} {end}]'
ready() { printf '{"status":{"conditions":[{"type":"Ready","status":"%s","reason":"r","message":"m"}]}}' "$1"; }
say() { kubectl patch node n1 --subresource=status -p "$(ready "$1")"; }
check 'a new node' '^\[node.kubernetes.io/not-ready:NoSchedule \]$' bash -c \
  "printf '%s' '$(object v1 Node n1 | sed 's|"name":"n1"|&,"labels":{"topology.kubernetes.io/zone":"z1","topology.kubernetes.io/region":"r1"}|')' |
   kubectl create -f - -o 'jsonpath=$taints'"
check 'says that it is not ready' 'patched' say False
eventually 'is kept free' 5 'node.kubernetes.io/not-ready:NoSchedule' kubectl get node n1 -o "jsonpath=$taints"
check 'until it is' 'patched' say True
eventually 'ready' 5 '^\[\]$' kubectl get node n1 -o "jsonpath=$taints"
check 'and again when it is not heard of' 'patched' say Unknown
eventually 'any more' 5 '^\[node.kubernetes.io/unreachable:NoSchedule \]$' kubectl get node n1 -o "jsonpath=$taints"
check 'it is back' 'patched' say True
check 'cordoned' 'cordoned' kubectl cordon n1
eventually 'it is kept free' 5 '^\[node.kubernetes.io/unschedulable:NoSchedule \]$' kubectl get node n1 -o "jsonpath=$taints"
check 'and no more' 'uncordoned' kubectl uncordon n1
eventually 'than that' 5 '^\[\]$' kubectl get node n1 -o "jsonpath=$taints"
check 'taints of its own' '^\[node.kubernetes.io/not-ready:NoSchedule \]$' bash -c \
  "printf '%s' '$(node n2 '"spec":{"taints":[{"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"}]}')' | kubectl create -f - -o 'jsonpath=$taints'"

# -- Where a pod is --
zone='{.metadata.labels.topology\.kubernetes\.io/zone},{.metadata.labels.topology\.kubernetes\.io/region}'
check 'a pod is bound' '^201 ' request POST /api/v1/namespaces/default/pods/plain/binding \
  '{"apiVersion":"v1","kind":"Binding","metadata":{"name":"plain"},"target":{"kind":"Node","name":"n1"}}'
check 'and says where' '^z1,r1$' of_pod plain "$zone"
check 'one that is made on a node' 'created' create placed '"nodeName":"n1"'
check 'does so too' '^z1,r1$' of_pod placed "$zone"
check 'one that is nowhere does not' '^,$' of_pod important "$zone"
check 'a node that is not there has no labels' 'created' create lost '"nodeName":"n9"'

# -- Certificates --
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/masters.key" -out "$work/masters.csr" \
  -subj /O=system:masters/CN=jane 2>/dev/null
csr() {  # NAME SIGNER
  object certificates.k8s.io/v1 CertificateSigningRequest "$1" \
    "\"spec\":{\"signerName\":\"$2\",\"usages\":[\"client auth\"],\"request\":\"$(base64 -w0 "$work/masters.csr")\"}" | kubectl create -f -
}
check_fails 'nobody asks to be a master' \
  'certificatesigningrequests.certificates.k8s.io "m" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed' \
  csr m kubernetes.io/kube-apiserver-client
check 'of other signers one may' 'created' csr r example.com/mine
check 'who writes decisions' 'created' kubectl create clusterrole decider --verb=get,update,patch \
  --resource=certificatesigningrequests,certificatesigningrequests/approval,certificatesigningrequests/status
check 'jane does' 'created' kubectl create clusterrolebinding decider --clusterrole=decider --user=jane
eventually 'and reads them' 5 'example.com/mine' kubectl --as=jane get csr r
check_fails 'does not decide for every signer' \
  'certificatesigningrequests.certificates.k8s.io "r" is forbidden: user not permitted to approve requests with signerName "example.com/mine"' \
  kubectl --as=jane certificate approve r
issue() { kubectl --as=jane patch csr r --subresource=status -p '{"status":{"conditions":[{"type":"Failed","status":"True","reason":"r"}]}}'; }
check_fails 'nor signs' 'is forbidden: user not permitted to sign requests with signerName "example.com/mine"' issue
may_sign='"rules":[{"apiGroups":["certificates.k8s.io"],"resources":["signers"],"resourceNames":["example.com/*"],"verbs":["approve","sign"]}]'
check 'who may do so for the domain' 'created' bash -c "printf '%s' '$(object rbac.authorization.k8s.io/v1 ClusterRole signer "$may_sign")' | kubectl create -f -"
check 'which she may' 'created' kubectl create clusterrolebinding signer --clusterrole=signer --user=jane
eventually 'approves' 5 'approved' kubectl --as=jane certificate approve r
check 'and signs' 'patched' kubectl --as=jane patch csr r --subresource=status --type=json \
  -p '[{"op":"add","path":"/status/conditions/-","value":{"type":"Failed","status":"True","reason":"r"}}]'
finish
