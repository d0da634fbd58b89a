#!/bin/bash
# The admission plugins that are off by default, in a server that has them in its chain.
build=${1:?usage: optional_admission_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
before='"admission-always-admit", "admission-namespace-auto-provision", "admission-namespace-lifecycle"'
behind='"admission-service-account", "admission-always-pull-images"'
cat >"$work/pods.toml" <<TOML
[admission]
chain = [$before, "admission-namespace-exists", "admission-limit-pod-hard-anti-affinity-topology", $behind,
  "admission-pod-node-selector", "admission-pod-toleration-restriction", "admission-event-rate-limit",
  "admission-extended-resource-toleration", "admission-owner-references-permission-enforcement",
  "admission-deny-service-external-ips"]

[plugins.admission-pod-node-selector]
cluster_default_node_selector = "env=production"
whitelists = ["testing: env=test,disk=ssd"]

[plugins.admission-pod-toleration-restriction]
default = '[{"key":"shared","operator":"Exists","effect":"NoSchedule"}]'

[plugins.admission-event-rate-limit]
limits = ["Namespace qps=1 burst=3", "Server qps=1000 burst=1000"]
TOML
start_server --config "$work/pods.toml"
check 'what does nothing says so' 'admission-always-admit does nothing' cat "$work/log"
pod() {  # NAME [SPEC-OF-THE-POD] [OF-THE-CONTAINER]
  printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},"spec":{%s"containers":[{"name":"c","image":"i"%s}]}}' \
    "$1" "${2:+$2,}" "${3:+,$3}"
}
create() { local ns=$1; shift; pod "$@" | kubectl -n "$ns" create -f -; }
of_pod() { kubectl -n "$1" get pod "$2" -o "jsonpath=$3"; }
annotated() { kubectl annotate --overwrite namespace "$1" "scheduler.alpha.kubernetes.io/$2"; }

# -- Namespaces --
maps=/api/v1/namespaces/fresh/configmaps
map='{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"}}'
check 'a dry run makes no namespace' '^404 .*namespaces \\"fresh\\" not found' request POST "$maps?dryRun=All" "$map"
check 'the first object does' '^201 ' request POST $maps "$map"
check 'make its namespace' 'Active' kubectl get namespace fresh
check 'a pod is made with its account' 'created' create sudden first
check 'in one that is there now' 'Active' kubectl get namespace sudden
check 'who may write everywhere' 'created' kubectl create clusterrolebinding ed --clusterrole=edit --user=ed
eventually 'makes one by that' 5 'configmap/m created' kubectl --as=ed -n elsewhere create configmap m
check_fails 'what is in no namespace is not deleted' 'namespaces "nowhere" not found|configmaps "m" not found' kubectl -n nowhere delete configmap m

# -- Where pods go --
selector='{.spec.nodeSelector}'
check 'a pod goes where the cluster says' '^\{"env":"production"\}$' of_pod sudden first "$selector"
check_fails 'and nowhere else' 'pods "p" is forbidden: pod node label selector conflicts with its namespace node label selector' \
  create sudden p '"nodeSelector":{"env":"test"}'
check 'a namespace' 'created' kubectl create namespace testing
check 'has a selector of its own' 'annotated' annotated testing node-selector=env=test
eventually 'which counts instead' 5 '\{"env":"test"\}$' bash -c "$(declare -f pod create of_pod)
  kubectl -n testing delete pod p --now >/dev/null 2>&1; create testing p && of_pod testing p '$selector'"
check 'what is on the list it may add' 'created' create testing ssd '"nodeSelector":{"disk":"ssd"}'
check 'to it' '^\{"disk":"ssd","env":"test"\}$' of_pod testing ssd "$selector"
check_fails 'and nothing else' 'pods "q" is forbidden: pod node label selector labels conflict with its namespace whitelist' \
  create testing q '"nodeSelector":{"zone":"1"}'
check 'one that is none' 'annotated' annotated testing node-selector=env
eventually 'is told of' 5 '^500 .*"message":"invalid selector: \[env\]"' request POST /api/v1/namespaces/testing/pods "$(pod r)"
check 'and taken back' 'annotated' annotated testing node-selector-

# -- What they tolerate --
keys='{range .spec.tolerations[*]}{.key}:{.effect} {end}'
check 'a pod tolerates what the cluster says' '^shared:NoSchedule $' of_pod sudden first "$keys"
check 'and who asks for memory a node that is short of it' 'created' create sudden big '' '"resources":{"requests":{"memory":"1Mi"}}'
check 'too' '^shared:NoSchedule node.kubernetes.io/memory-pressure:NoSchedule $' of_pod sudden big "$keys"
check 'a namespace says otherwise' 'annotated' annotated fresh 'defaultTolerations=[{"key":"own","operator":"Exists"}]'
check 'and what is allowed' 'annotated' annotated fresh 'tolerationsWhitelist=[{"key":"own","operator":"Exists"}]'
eventually 'which counts instead' 5 'own: $' bash -c "$(declare -f pod create of_pod)
  kubectl -n fresh delete pod p --now >/dev/null 2>&1; create fresh p && of_pod fresh p '$keys'"
conflict='pod tolerations \(possibly merged with namespace default tolerations\) conflict with its namespace whitelist'
check 'more is not' "^500 .*\"message\":\"$conflict\"" request POST /api/v1/namespaces/fresh/pods \
  "$(pod q '"tolerations":[{"key":"other","operator":"Exists"}]')"
check 'less is' 'created' create fresh q '"tolerations":[{"key":"own","operator":"Equal","value":"x","effect":"NoExecute"}]'
check 'who asks for a device' 'created' create sudden gpu '' '"resources":{"limits":{"example.com/gpu":"1"},"requests":{"example.com/gpu":"1"}}'
check 'may use the nodes that are kept for it' 'example.com/gpu:NoSchedule' of_pod sudden gpu "$keys"

# -- What pods keep others off --
apart() {
  printf '"affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"%s","labelSelector":{}}]}}' "$1"
}
check 'a node for itself' 'created' create sudden alone "$(apart kubernetes.io/hostname)"
check_fails 'but no zone' \
  'pods "p" is forbidden: affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey topology.kubernetes.io/zone but only key kubernetes.io/hostname is allowed' \
  create sudden p "$(apart topology.kubernetes.io/zone)"

# -- Events --
event() {  # NAMESPACE NAME
  printf '{"apiVersion":"v1","kind":"Event","metadata":{"name":"%s","namespace":"%s"},"involvedObject":{"kind":"Pod","namespace":"%s","name":"p"}}' \
    "$2" "$1" "$1"
}
flood() {  # NAMESPACE: many over one connection, each with a name of its own; their statuses, and the last answer
  curl -sS --max-time 60 --cacert "$data/pki/ca.crt" --cert "$data/pki/admin.crt" --key "$data/pki/admin.key" -o "$work/flood" \
    -w '%{http_code} ' -H 'Content-Type: application/json' --data-binary "$(event "$1" e- | sed 's/"name":"e-"/"generateName":"e-"/')" \
    "https://127.0.0.1:$port/api/v1/namespaces/$1/events?n=[1-100]" && cat "$work/flood"
}
check 'more events than the limit' \
  '^201 .*429 .*"message":"Too many requests: limit reached on type Namespace for key fresh","reason":"TooManyRequests".*"code":429' flood fresh
check 'another namespace has its own' '^201 ' request POST /api/v1/namespaces/testing/events "$(event testing e)"
check 'a dry run is not counted' '^201 ' request POST '/api/v1/namespaces/testing/events?dryRun=All' "$(event testing f)"

# -- Owners --
check 'an editor of config maps' 'created' kubectl -n fresh create role maps --verb=get,create,update,patch --resource=configmaps
check 'is ann' 'created' kubectl -n fresh create rolebinding maps --role=maps --user=ann
eventually 'who reads' 5 '^m ' kubectl --as=ann -n fresh get configmap m --no-headers
uid=$(kubectl -n fresh get configmap m -o 'jsonpath={.metadata.uid}')
owned() {  # BLOCKS
  printf '"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"m","uid":"%s","blockOwnerDeletion":%s}]' "$uid" "$1"
}
made() { printf '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s",%s}}' "$1" "$2" | kubectl --as=ann -n fresh create -f -; }
check 'what she makes she gives an owner' 'created' made d "$(owned false)"
check_fails 'who does not wait for it' \
  "configmaps \"e\" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: " \
  made e "$(owned true)"
check_fails 'what she cannot delete she gives none' "configmaps \"d\" is forbidden: cannot set an ownerRef on a resource you can't delete: " \
  kubectl --as=ann -n fresh patch configmap d --type=json -p '[{"op":"remove","path":"/metadata/ownerReferences"}]'
check 'the rest she writes' 'patched' kubectl --as=ann -n fresh patch configmap d -p '{"data":{"a":"b"}}'
check_fails 'a kind that is not there' \
  'cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion v1 Kind Nothing: no matches for kind "Nothing" in version "v1"' \
  made f "$(owned true | sed 's/"kind":"ConfigMap"/"kind":"Nothing"/')"
check 'who may set finalizers' 'created' kubectl -n fresh create role waits --verb=update --resource=configmaps/finalizers
check 'which she may' 'created' kubectl -n fresh create rolebinding waits --role=waits --user=ann
eventually 'keeps an owner waiting' 5 'created' made e "$(owned true)"

# -- Services --
service() {  # NAME IPS
  printf '{"apiVersion":"v1","kind":"Service","metadata":{"name":"%s"},"spec":{"ports":[{"port":80}],"externalIPs":[%s]}}' "$@" |
    kubectl -n fresh create -f -
}
check 'a service' 'created' service inside ''
denied='services "[a-z]+" is forbidden: Use of external IPs is denied by admission control'
check_fails 'takes no address of others' "$denied" service outside '"1.2.3.4"'
check_fails 'nor later' "$denied" kubectl -n fresh patch service inside -p '{"spec":{"externalIPs":["1.2.3.4"]}}'
stop_server

# -- Nothing at all --
printf '[admission]\nchain = ["admission-always-deny"]\n' >"$work/still.toml"
start_server --config "$work/still.toml"
denied='is forbidden: admission control is denying all modifications'
check_fails 'nothing is made' "configmaps \"n\" $denied" kubectl -n fresh create configmap n
check_fails 'nor changed' "configmaps \"m\" $denied" kubectl -n fresh patch configmap m -p '{"data":{"a":"b"}}'
check_fails 'nor deleted' "configmaps \"m\" $denied" kubectl -n fresh delete configmap m
check 'all is read' '^m ' kubectl -n fresh get configmap m --no-headers
stop_server

# -- Settings that are none --
refused() {  # DESCRIPTION PATTERN PLUGIN SETTING
  printf '[admission]\nchain = ["%s"]\n[plugins.%s]\n%s\n' "$3" "$3" "$4" >"$work/wrong.toml"
  complains "$1" "$2" "$work/wrong.toml"
}
refused 'a limit that is none' 'limits\[0\].burst: Invalid value: 0: must be positive' admission-event-rate-limit 'limits = ["User qps=1"]'
refused 'no limit' 'limits: Invalid value: \[\]: must not be empty' admission-event-rate-limit 'limits = []'
refused 'a selector that is none' 'invalid selector: \[x\]' admission-pod-node-selector 'cluster_default_node_selector = "x"'
refused 'a list that is none' 'whitelists: "x" is not NAMESPACE: KEY=VALUE' admission-pod-node-selector 'whitelists = ["x"]'
refused 'tolerations that are none' 'cannot unmarshal' admission-pod-toleration-restriction "default = '{}'"
finish
