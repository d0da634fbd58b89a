#!/bin/bash
# Budgets for disruptions as the running server counts them, and evictions that are held to them. What a node would say of its pods is
# said here.
build=${1:?usage: disruption_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
start_server
. "$here/../bare_client.sh"
. "$here/custom_resources.sh"
until_true 20 kubectl get serviceaccount default
pods=/api/v1/namespaces/default/pods

kubectl create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Node
metadata: {name: n1}
status:
  allocatable: {cpu: "8", memory: 8Gi, pods: "110"}
  capacity: {cpu: "8", memory: 8Gi, pods: "110"}
  conditions: [{type: Ready, status: "True", reason: Said, message: so}]
YAML
merge() { sending application/merge-patch+json request PATCH "$@"; }
ready() {  # POD [False]
  merge "$pods/$1/status" '{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"'"${2:-True}"'","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}'
}
names() { kubectl get pods -l "app=$1" -o 'jsonpath={range .items[*]}{.metadata.deletionTimestamp};{.metadata.name}{"\n"}{end}' | sed -n 's/^;//p'; }
all_ready() {  # OF HOW_MANY
  local pod
  for pod in $(names "$1"); do ready "$pod" >/dev/null; done
  [ "$(names "$1" | grep -c .)" = "$2" ] && echo "$2 are ready"
}
evict() {  # NAME
  request POST "$pods/$1/eviction" '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"'"$1"'"},"deleteOptions":{"gracePeriodSeconds":0}}'
}
numbers() { kubectl get pdb "$1" -o 'jsonpath={.status.expectedPods} {.status.desiredHealthy} {.status.currentHealthy} {.status.disruptionsAllowed}'; }
condition_of() { kubectl get pdb "$1" -o 'jsonpath={range .status.conditions[*]}{.type} {.status} {.reason} {.message}{end}'; }
bare_pod() {  # NAME APP
  kubectl create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1, labels: {app: $2}}
spec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: i}]}
YAML
}

echo '# pods that must stay'
check 'a budget' 'created' kubectl create pdb web --selector=app=web --min-available=2
eventually 'that protects nothing' 10 '^0 2 0 0$' numbers web
check 'says so' '^DisruptionAllowed False InsufficientPods $' condition_of web
check 'and tells' 'NoPods +poddisruptionbudget/web +No matching pods found' kubectl get events
for pod in web-a web-b; do bare_pod $pod web >/dev/null; ready $pod >/dev/null; done
eventually 'two are as many as must stay' 10 '^2 2 2 0$' numbers web
check 'so none goes' '^429 .*The disruption budget web needs 2 healthy pods and has 2 currently' evict web-a
bare_pod web-c web >/dev/null
eventually 'a third one' 10 '^3 2 2 0$' numbers web
check 'is ready' '^200' ready web-c
eventually 'and may be spared' 10 '^3 2 3 1$' numbers web
check 'which the condition says' '^DisruptionAllowed True SufficientPods $' condition_of web
check 'and kubectl' 'web +2 +N/A +1 ' kubectl get pdb web
check 'goes' '^201' evict web-a
check 'the next one not' '^429' evict web-b
eventually 'the budget forgets what has gone' 10 '^2 2 2 0 $' kubectl get pdb web -o \
  'jsonpath={.status.expectedPods} {.status.desiredHealthy} {.status.currentHealthy} {.status.disruptionsAllowed} {.status.disruptedPods}'
check 'another number' 'patched' kubectl patch pdb web --type=merge -p '{"spec":{"minAvailable":1}}'
eventually 'is counted by' 10 '^2 1 2 1$' numbers web
eventually 'for this generation' 10 '^2 2$' kubectl get pdb web -o 'jsonpath={.metadata.generation} {.status.observedGeneration}'
check 'the one that was held back goes' '^201' evict web-b
kubectl delete pdb web >/dev/null
kubectl delete pods -l app=web --force --grace-period=0 >/dev/null 2>&1

echo '# parts of what owners want'
kubectl create pdb idle --selector=app=nobody --min-available=1 >/dev/null
kubectl create deployment shop --image=i --replicas=4 >/dev/null
eventually 'a deployment' 20 '4 are ready' all_ready shop 4
check 'half of it' 'created' kubectl create pdb shop --selector=app=shop --max-unavailable=50%
eventually 'may go' 10 '^4 2 4 2$' numbers shop
first=$(names shop | head -1)
check 'one is unwell' '^200' ready "$first" False
eventually 'and counts' 10 '^4 2 3 1$' numbers shop
check 'it goes for nothing' '^201' evict "$first"
eventually 'its place is not filled yet' 10 '^4 2 3 1$' numbers shop
eventually 'until it is' 20 '4 are ready' all_ready shop 4
eventually 'and all is well' 10 '^4 2 4 2$' numbers shop
check 'more are wanted' 'scaled' kubectl scale deployment shop --replicas=8
eventually 'and counted before they are there' 10 '^8 4 4 0$' numbers shop
# Once when it is made, and once when its status is written.
check 'a budget that has no pods does not tell of it again and again' '^[12]$' kubectl get events \
  --field-selector involvedObject.name=idle,reason=NoPods -o 'jsonpath={.items[*].count}'
check 'a pod of nobody' 'created' bare_pod stray stray
check 'and a budget in parts of what its owner wants' 'created' kubectl create pdb stray --selector='app=stray,tier notin (x, y)' --max-unavailable=1
eventually 'is told of' 10 'UnmanagedPods Pods selected by this PodDisruptionBudget \(selector: &LabelSelector\{MatchLabels:map\[string\]string\{app: stray,\},MatchExpressions:\[\]LabelSelectorRequirement\{LabelSelectorRequirement\{Key:tier,Operator:NotIn,Values:\[x y\],\},\},\}\) were found' \
  kubectl get events --field-selector involvedObject.name=stray -o 'jsonpath={range .items[*]}{.reason} {.message}{end}'
kubectl delete pdb stray idle >/dev/null
kubectl delete deployment shop >/dev/null
kubectl delete pdb shop >/dev/null

kubectl create -f - >/dev/null <<'YAML'
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 3
  serviceName: db
  podManagementPolicy: Parallel
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: i}]}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: db}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: db}}}
YAML
eventually 'a stateful set' 20 '3 are ready' all_ready db 3
eventually 'of which one may go' 10 '^3 2 3 1$' numbers db
check 'goes' '^201' evict db-1
check 'and no other' '^429' evict db-2
eventually 'it comes back' 20 '3 are ready' all_ready db 3
eventually 'then the next' 20 '^201' evict db-2

echo '# a scale of users'"'"' own'
check 'a kind' 'created' apply "$widgets"
check 'is there' 'condition met' established widgets.example.com
create 'apiVersion: example.com/v1
kind: Widget
metadata: {name: own}
spec: {color: red, replicas: 3}' >/dev/null
uid=$(field widget own '{.metadata.uid}')
owned_pod() {  # NAME KIND API_VERSION OWNER UID
  kubectl create -f - <<YAML
apiVersion: v1
kind: Pod
metadata:
  name: $1
  labels: {app: own}
  ownerReferences: [{apiVersion: $3, kind: $2, name: $4, uid: $5, controller: true}]
spec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: i}]}
YAML
}
for pod in own-a own-b own-c; do owned_pod $pod Widget example.com/v1 own "$uid" >/dev/null; ready $pod >/dev/null; done
check 'a budget' 'created' kubectl create pdb own --selector=app=own --max-unavailable=1
eventually 'counts by it' 10 '^3 2 3 1$' numbers own
kubectl patch widget own --type=merge -p '{"spec":{"replicas":5}}' >/dev/null
kubectl label pod own-a look=again >/dev/null
eventually 'and by what it wants now' 10 '^5 4 3 0$' numbers own
map=$(kubectl create configmap plain -o 'jsonpath={.metadata.uid}')
owned_pod own-d ConfigMap v1 plain "$map" >/dev/null
eventually 'what has no scale cannot be counted by' 10 \
  '^DisruptionAllowed False SyncFailed v1, Resource=configmaps does not implement the scale subresource$' condition_of own
check 'which is told' 'CalculateExpectedPodCountFailed +poddisruptionbudget/own +Failed to calculate the number of expected pods' kubectl get events
check 'and forbids evictions' '^429' evict own-a
kubectl delete pod own-d --force --grace-period=0 >/dev/null 2>&1
eventually 'without it all is well' 10 '^DisruptionAllowed False InsufficientPods $' condition_of own

echo '# what is never ready'
check 'a budget that minds' 'created' kubectl create pdb sick --selector=app=sick --min-available=1
bare_pod sick-a sick >/dev/null
check 'runs and is unwell' '^200' ready sick-a False
eventually 'counted' 10 '^1 1 0 0$' numbers sick
check 'it stays' '^429' evict sick-a
check 'unless it does not mind' 'patched' kubectl patch pdb sick --type=merge -p '{"spec":{"unhealthyPodEvictionPolicy":"AlwaysAllow"}}'
eventually 'then it goes' 10 '^201' evict sick-a

echo '# of two budgets'
check 'a budget' 'created' kubectl create pdb both-a --selector=app=both --min-available=1
check 'another' 'created' kubectl create pdb both-b --selector=app=both --min-available=1
eventually 'both are counted' 10 '^0 1 0 0$' numbers both-b
bare_pod both both >/dev/null
check 'their pod' '^200' ready both
eventually 'is told of' 10 'Warning +MultiplePodDisruptionBudgets +pod/both +Pod "default"/"both" matches multiple PodDisruptionBudgets\.  Chose "both-[ab]" arbitrarily\.' \
  kubectl get events
check 'and not evicted' '^500 .*more than one PodDisruptionBudget' evict both

echo '# drained'
check 'the node' 'node/n1 (cordoned|drained)' kubectl cordon n1
kubectl patch pdb db --type=merge -p '{"spec":{"maxUnavailable":0}}' >/dev/null
eventually 'nothing may go' 10 '^3 3 [0-3] 0$' numbers db
all_ready db 3 >/dev/null
eventually 'all are ready' 20 '^3 3 3 0$' numbers db
check 'nor does it' '^429' evict db-0
finish
