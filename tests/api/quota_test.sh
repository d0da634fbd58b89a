#!/bin/bash
# Limit ranges and resource quotas as kubectl meets them, and a crowd that tries to get past a quota.
build=${1:?usage: quota_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
cat >"$work/quota.toml" <<'TOML'
[plugins.controller-node-lifecycle]
node_monitor_grace_period = "1h"
node_startup_grace_period = "1h"
[plugins.admission-resource-quota]
limited_resources = """[
  {"resource": "persistentvolumeclaims", "matchContains": [".storageclass.storage.k8s.io/requests.storage"]},
  {"resource": "pods", "matchScopes": [{"scopeName": "PriorityClass", "operator": "In", "values": ["dear", "dearer"]}]}
]"""
TOML
start_server --config "$work/quota.toml"

pod() {  # NAME [RESOURCES [SPEC]]
  printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},"spec":{%s"containers":[{"name":"c","image":"i"%s}]}}' \
    "$1" "${3:+$3,}" "${2:+,\"resources\":$2}"
}
create() { local ns=$1; shift; pod "$@" | kubectl -n "$ns" create -f -; }
used() { kubectl -n "$1" get resourcequota "$2" -o 'jsonpath={.status.used}'; }
asks() { printf '{"requests":{"cpu":"%s","memory":"%s"},"limits":{"cpu":"%s","memory":"%s"}}' "$@"; }
for ns in ranges quotas scopes wide limited crowd; do
  check "a namespace: $ns" 'created' kubectl create namespace $ns
  eventually 'with an account' 10 'default' kubectl -n $ns get serviceaccounts
done

# -- Limit ranges --
cat >"$work/range.yaml" <<'YAML'
apiVersion: v1
kind: LimitRange
metadata: {name: all}
spec:
  limits:
  - {type: Container, max: {cpu: "2", memory: 1Gi}, min: {cpu: 50m}, default: {cpu: 500m}, defaultRequest: {cpu: 100m},
     maxLimitRequestRatio: {cpu: "10"}}
  - {type: Pod, max: {cpu: "3"}}
YAML
check 'a limit range is made' 'limitrange/all created' kubectl -n ranges create -f "$work/range.yaml"
check 'what it leaves out is filled in' '"default":\{"cpu":"500m","memory":"1Gi"\},"defaultRequest":\{"cpu":"100m","memory":"1Gi"\}' \
  kubectl -n ranges get limits all -o 'jsonpath={.spec.limits[0]}'
check 'it is shown with the time of its making' 'NAME +CREATED AT.*all +20[0-9]{2}-' kubectl -n ranges get limitrange
check 'and described' 'Container +cpu +50m +2 +100m +500m +10' kubectl -n ranges describe limitrange all
check 'a pod that says nothing' 'created' create ranges plain
check 'gets the defaults' '^\{"limits":\{"cpu":"500m","memory":"1Gi"\},"requests":\{"cpu":"100m","memory":"1Gi"\}\} LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c Burstable$' \
  kubectl -n ranges get pod plain -o 'jsonpath={.spec.containers[0].resources} {.metadata.annotations.kubernetes\.io/limit-ranger} {.status.qosClass}'
check_fails 'more than the most' 'pods "p" is forbidden: maximum cpu usage per Container is 2, but limit is 2500m' \
  create ranges p "$(asks 1 1Mi 2500m 1Mi)"
check_fails 'less than the least, and too wide' \
  'pods "p" is forbidden: \[minimum cpu usage per Container is 50m, but request is 10m, cpu max limit to request ratio per Container is 10, but provided ratio is 20.000000\]' \
  create ranges p "$(asks 10m 1Mi 200m 1Mi)"
check_fails 'a pod is a sum' 'maximum cpu usage per Pod is 3, but limit is 4' bash -c "
  echo '{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"i\",\"resources\":$(asks 1 1Mi 2 1Mi)},{\"name\":\"b\",\"image\":\"i\",\"resources\":$(asks 1 1Mi 2 1Mi)}]}}' | kubectl -n ranges create -f -"
check_fails 'nor does a resize get past it' 'maximum cpu usage per Container is 2, but limit is 2500m' \
  kubectl -n ranges patch pod plain --subresource=resize -p '{"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"1"},"limits":{"cpu":"2500m"}}}]}}'
check_fails 'what a limit range may not say' \
  'spec.limits\[0\].min\[cpu\]: Invalid value: "3": min value 3 is greater than max value 2' bash -c \
  'echo "{\"apiVersion\":\"v1\",\"kind\":\"LimitRange\",\"metadata\":{\"name\":\"x\"},\"spec\":{\"limits\":[{\"type\":\"Pod\",\"min\":{\"cpu\":\"3\"},\"max\":{\"cpu\":\"2\"}}]}}" | kubectl -n ranges create -f -'
check 'a new range holds at once' '^403 ' bash -c "
  echo '{\"apiVersion\":\"v1\",\"kind\":\"LimitRange\",\"metadata\":{\"name\":\"more\"},\"spec\":{\"limits\":[{\"type\":\"Pod\",\"max\":{\"cpu\":\"0\"}}]}}' | kubectl -n ranges create -f - >/dev/null
  $(declare -f request pod); work='$work' data='$data' port='$port' request POST /api/v1/namespaces/ranges/pods \"\$(pod late)\""

# -- Quotas --
check 'a quota is made' 'resourcequota/q created' kubectl -n quotas create quota q \
  --hard=pods=2,requests.cpu=1,limits.memory=1Gi,configmaps=3,services.nodeports=1,services.loadbalancers=1,count/deployments.apps=1,resourcequotas=2
eventually 'what is taken is counted' 10 \
  '^\{"configmaps":"1","count/deployments.apps":"0","limits.memory":"0","pods":"0","requests.cpu":"0","resourcequotas":"1","services.loadbalancers":"0","services.nodeports":"0"\}$' \
  used quotas q
check_fails 'a pod has to say what it needs' \
  'pods "p" is forbidden: failed quota: q: must specify limits.memory for: c; requests.cpu for: c' create quotas p
check 'one that fits' 'created' create quotas a "$(asks 600m 1Mi 1 512Mi)"
eventually 'is counted' 10 '"limits.memory":"512Mi","pods":"1","requests.cpu":"600m"' used quotas q
check_fails 'one that does not' \
  'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1' \
  create quotas b "$(asks 600m 1Mi 1 512Mi)"
check_fails 'a dry run is refused as well' 'exceeded quota' bash -c "$(declare -f pod asks); pod b \"\$(asks 600m 1Mi 1 512Mi)\" | kubectl -n quotas create --dry-run=server -f -"
for i in 1 2 3; do
  check 'one that fits changes nothing in a dry run' 'dry run' bash -c "$(declare -f pod asks); pod b \"\$(asks 400m 1Mi 1 512Mi)\" | kubectl -n quotas create --dry-run=server -f -"
done
check 'a resize within it' 'patched' kubectl -n quotas patch pod a --subresource=resize -p '{"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"700m"}}}]}}'
eventually 'is counted' 10 '"requests.cpu":"700m"' used quotas q
check_fails 'a resize beyond it' 'exceeded quota: q, requested: requests.cpu=800m, used: requests.cpu=700m, limited: requests.cpu=1' \
  kubectl -n quotas patch pod a --subresource=resize -p '{"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"1500m"},"limits":{"cpu":"2"}}}]}}'
check 'a deletion' 'deleted' kubectl -n quotas delete pod a --force --grace-period=0
eventually 'gives it back' 10 '"limits.memory":"0","pods":"0","requests.cpu":"0"' used quotas q
check 'the columns' 'NAME +REQUEST +LIMIT +AGE.*q +configmaps: 1/3, count/deployments.apps: 0/1, pods: 0/2,.*limits.memory: 0/1Gi' \
  kubectl -n quotas get quota
check 'described' 'requests.cpu +0 +1' kubectl -n quotas describe quota q

service() { printf '{"apiVersion":"v1","kind":"Service","metadata":{"name":"%s"},"spec":{"type":"%s","ports":[{"port":80%s}]}}' "$@"; }
check 'a service with a port of nodes' '^201 ' request POST /api/v1/namespaces/quotas/services "$(service one NodePort ',"nodePort":30123')"
check 'the last one' 'exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1' \
  request POST /api/v1/namespaces/quotas/services "$(service two NodePort '')"
check 'nor by an update' '^201 ' request POST /api/v1/namespaces/quotas/services "$(service two ClusterIP '')"
check 'of one without' '^403 .*exceeded quota: q, requested: services.nodeports=1' \
  sending application/merge-patch+json request PATCH /api/v1/namespaces/quotas/services/two '{"spec":{"type":"NodePort"}}'
check 'the quota grows' 'patched' kubectl -n quotas patch quota q -p '{"spec":{"hard":{"services.nodeports":"2"}}}'
# What fails after it was let through is given back: there is place for one, and it is asked for often.
for i in 1 2 3; do
  check 'a port that is taken' '^422 .*provided port is already allocated' \
    request POST /api/v1/namespaces/quotas/services "$(service three NodePort ',"nodePort":30123')"
done
check 'costs nothing' '^201 ' request POST /api/v1/namespaces/quotas/services "$(service three NodePort '')"
check 'a name' 'created' kubectl -n quotas create configmap x
for i in 1 2 3; do
  check_fails 'that is taken' 'configmaps "x" already exists' kubectl -n quotas create configmap x
done
check 'costs nothing either' 'created' kubectl -n quotas create configmap y
check_fails 'then it is full' 'configmaps "z" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=3, limited: configmaps=3' \
  kubectl -n quotas create configmap z
eventually 'a quota that is written again as it is' 5 'replaced' bash -c 'kubectl -n quotas get quota q -o json | kubectl replace -f -'
check_fails 'holds nobody up' 'exceeded quota' kubectl -n quotas create configmap z
check 'a deployment' 'created' kubectl -n quotas create deployment one --image=i
check_fails 'is counted by its group' 'exceeded quota: q, requested: count/deployments.apps=1' kubectl -n quotas create deployment two --image=i
eventually 'its pods say nothing, and its set says so' 10 'failed quota: q: must specify' kubectl -n quotas get events
check_fails 'a quota holds from its answer on' 'exceeded quota: none, requested: secrets=1, used: secrets=0, limited: secrets=0' bash -c \
  'kubectl -n quotas create quota none --hard=secrets=0 >/dev/null; kubectl -n quotas create secret generic s 2>&1'
check_fails 'and quotas count themselves' 'exceeded quota: q, requested: resourcequotas=1' kubectl -n quotas create quota third --hard=pods=1
check_fails 'a wrong one' 'spec.hard\[odd\]: Invalid value: "odd": must be a standard resource for quota' \
  kubectl -n quotas create quota wrong --hard=odd=1
check 'one that cannot be used up is warned of' 'ResourceQuota requests.cpu \(2\) should be less than limits.cpu \(1\)' \
  request POST '/api/v1/namespaces/ranges/resourcequotas?dryRun=All' '{"metadata":{"name":"w"},"spec":{"hard":{"requests.cpu":"2","limits.cpu":"1"}}}'

# -- Kinds of users' own --
check 'a definition' 'created' bash -c 'echo "{\"apiVersion\":\"apiextensions.k8s.io/v1\",\"kind\":\"CustomResourceDefinition\",\"metadata\":{\"name\":\"gadgets.example.com\"},\"spec\":{\"group\":\"example.com\",\"scope\":\"Namespaced\",\"names\":{\"plural\":\"gadgets\",\"kind\":\"Gadget\"},\"versions\":[{\"name\":\"v1\",\"served\":true,\"storage\":true,\"schema\":{\"openAPIV3Schema\":{\"type\":\"object\"}}}]}}" | kubectl create -f -'
gadget() { request POST /apis/example.com/v1/namespaces/scopes/gadgets "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Gadget\",\"metadata\":{\"name\":\"$1\"}}"; }
eventually 'is served' 10 '"name":"gadgets"' request GET /apis/example.com/v1
check 'its objects can be counted' 'created' kubectl -n scopes create quota g --hard=count/gadgets.example.com=1
check 'the first' '^201 ' gadget one
check 'the second' '^403 .*exceeded quota: g, requested: count/gadgets.example.com=1, used: count/gadgets.example.com=1' gadget two
eventually 'and are' 20 '"count/gadgets.example.com":"1"' used scopes g

# -- Scopes --
check 'one for pods that ask for nothing' 'created' kubectl -n scopes create quota best --hard=pods=1 --scopes=BestEffort
check 'one for others that end' 'created' kubectl -n scopes create quota ending --hard=pods=1 --scopes=Terminating,NotBestEffort
check 'a best-effort pod' 'created' create scopes a
check_fails 'is counted by one' 'exceeded quota: best, requested: pods=1, used: pods=1, limited: pods=1' create scopes b
check 'another by none' 'created' create scopes b "$(asks 1 1Mi 1 1Mi)"
check 'one that ends by the other' 'created' create scopes c "$(asks 1 1Mi 1 1Mi)" '"activeDeadlineSeconds":100'
check_fails 'which is full' 'exceeded quota: ending' create scopes d "$(asks 1 1Mi 1 1Mi)" '"activeDeadlineSeconds":100'
check_fails 'nor does an update get into it' 'exceeded quota: ending, requested: pods=1' \
  kubectl -n scopes patch pod b -p '{"spec":{"activeDeadlineSeconds":100}}'
eventually 'each counts its own' 10 '^1 1$' kubectl -n scopes get quota best ending -o 'jsonpath={.items[0].status.used.pods} {.items[1].status.used.pods}'
check_fails 'scopes are for good' 'spec.scopes: Invalid value: \["Terminating"\]: field is immutable' \
  kubectl -n scopes patch quota best -p '{"spec":{"scopes":["Terminating"]}}'

check 'one for pods that stay' 'created' kubectl -n wide create quota staying --hard=pods=1 --scopes=NotTerminating
check 'a pod that ends' 'created' create wide a '' '"activeDeadlineSeconds":100'
check 'leaves room for one that stays' 'created' create wide b
check_fails 'and for no other' 'exceeded quota: staying, requested: pods=1, used: pods=1, limited: pods=1' create wide c
eventually 'only that is counted' 10 '^\{"pods":"1"\}$' used wide staying
check 'which is gone' 'deleted' kubectl -n wide delete quota staying
near() { printf '"affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"zone","labelSelector":{}%s}]}}' "$1"; }
check 'one for pods that look into other namespaces' 'created' kubectl -n wide create quota across --hard=pods=1 --scopes=CrossNamespacePodAffinity
check 'a pod that keeps away from those of its own' 'created' create wide d '' "$(near '')"
check 'is not meant, one that keeps away from others is' 'created' create wide e '' "$(near ',"namespaces":["default"]')"
check_fails 'by their labels too' 'exceeded quota: across, requested: pods=1, used: pods=1, limited: pods=1' create wide f '' "$(near ',"namespaceSelector":{}')"
eventually 'and counted' 10 '^\{"pods":"1"\}$' used wide across
formed() { printf '{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"%s"},"spec":{%s"storageClassName":"","accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}' "$1" "$2" | kubectl -n wide create -f -; }
check 'one for claims of a class of attributes' 'created' bash -c 'echo "{\"apiVersion\":\"v1\",\"kind\":\"ResourceQuota\",\"metadata\":{\"name\":\"fast\"},\"spec\":{\"hard\":{\"persistentvolumeclaims\":\"1\"},\"scopeSelector\":{\"matchExpressions\":[{\"scopeName\":\"VolumeAttributesClass\",\"operator\":\"In\",\"values\":[\"fast\"]}]}}}" | kubectl -n wide create -f -'
check 'a claim of none' 'created' formed a ''
check 'of another' 'created' formed b '"volumeAttributesClassName":"slow",'
check 'of this one' 'created' formed c '"volumeAttributesClassName":"fast",'
check_fails 'is the only one' 'exceeded quota: fast, requested: persistentvolumeclaims=1, used: persistentvolumeclaims=1, limited: persistentvolumeclaims=1' \
  formed d '"volumeAttributesClassName":"fast",'
eventually 'and counted alone' 10 '^\{"persistentvolumeclaims":"1"\}$' used wide fast

# -- What may be taken only where a quota covers it --
check 'a class' 'created' kubectl create priorityclass dear --value=7
claim() { printf '{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"%s"},"spec":{"storageClassName":"gold","accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}' "$1" | kubectl -n limited create -f -; }
check_fails 'a claim of a class that no quota is about' 'persistentvolumeclaims "a" is forbidden: insufficient quota to consume: gold.storageclass.storage.k8s.io/requests.storage$' claim a
check_fails 'a pod of a class that none is about' 'insufficient quota to match these scopes: \[\{PriorityClass In \[dear dearer\]\}\]$' create limited a '' '"priorityClassName":"dear"'
check 'which is a failure, as in Kubernetes' '^500 .*"message":"insufficient quota to match these scopes' \
  request POST /api/v1/namespaces/limited/pods "$(pod a '' '"priorityClassName":"dear"')"
check 'another pod' 'created' create limited b
check 'a quota for claims' 'created' kubectl -n limited create quota gold --hard=gold.storageclass.storage.k8s.io/requests.storage=1Gi
check 'then a claim' 'created' claim a
check_fails 'but no more than it says' 'exceeded quota: gold' claim b
check 'a quota for pods' 'created' bash -c 'echo "{\"apiVersion\":\"v1\",\"kind\":\"ResourceQuota\",\"metadata\":{\"name\":\"dear\"},\"spec\":{\"hard\":{\"pods\":\"1\"},\"scopeSelector\":{\"matchExpressions\":[{\"scopeName\":\"PriorityClass\",\"operator\":\"In\",\"values\":[\"dear\"]}]}}}" | kubectl -n limited create -f -'
check 'then a pod' 'created' create limited a '' '"priorityClassName":"dear"'
check_fails 'and no other' 'exceeded quota: dear, requested: pods=1' create limited c '' '"priorityClassName":"dear"'

# -- A crowd: of creates that come all at once exactly as many as there is place for. --
check 'a quota for the crowd' 'created' kubectl -n crowd create quota q --hard=configmaps=201
check 'exactly as many come in, whatever is deleted, fails or is tried again meanwhile' '^done: never more than 200 of 200$' \
  python3 "$here/quota_crowd.py" "$port" "$data" crowd 200
eventually 'and they are counted' 10 '^\{"configmaps":"201"\}$' used crowd q
check 'the server is well' '^ok$' kubectl get --raw /readyz
finish
