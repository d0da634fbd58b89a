#!/bin/bash
# Evictions through the running server: what a budget allows, who may evict, and kubectl drain. What a budget says is written here, so
# nobody else counts for it; both together are in disruption_test.sh.
build=${1:?usage: eviction_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
sed 's/"controller-disruption",//' "$here/../../etc/cleat.toml" >"$work/server.toml"
start_server --config "$work/server.toml"
. "$here/../bare_client.sh"
until_true 20 kubectl get serviceaccount default
pods=/api/v1/namespaces/default/pods
budgets=/apis/policy/v1/namespaces/default/poddisruptionbudgets

pod() {  # NAME [NODE]: one that runs and is ready
  printf '{"metadata":{"name":"%s","labels":{"app":"web"}},"spec":{"nodeName":"%s","containers":[{"name":"c","image":"i:1"}]}}' "$1" "${2:-}" >"$work/pod"
  request POST $pods "$(cat "$work/pod")" >/dev/null
  patch $pods/"$1"/status '{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}' >/dev/null
}
patch() { sending application/merge-patch+json request PATCH "$@"; }
evict() {  # NAME [OPTIONS] [QUERY]
  request POST "$pods/$1/eviction${3:-}" '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"'"$1"'"}'"${2:+,\"deleteOptions\":$2}"'}'
}
allows() { patch $budgets/web/status '{"status":{"observedGeneration":1,"disruptionsAllowed":'"$1"',"currentHealthy":2,"desiredHealthy":'"$((2 - $1))"',"expectedPods":2}}'; }

echo '# discovery'
check 'pods have the subresource' '\{"name":"pods/eviction","singularName":"","namespaced":true,"group":"policy","version":"v1","kind":"Eviction","verbs":\["create"\]\}' request GET /api/v1
check 'kubectl knows budgets' 'poddisruptionbudgets +pdb +policy/v1 +true +PodDisruptionBudget' kubectl api-resources --api-group=policy

echo '# without a budget'
pod free
check 'a dry run' '^201 .*"kind":"Status".*"status":"Success"' evict free '' '?dryRun=All'
check 'leaves it' '^200 .*"phase":"Running"' request GET $pods/free
evict_as() { request POST "$pods/free/eviction?dryRun=All" '{"apiVersion":"'"$1"'","kind":"Eviction","metadata":{"name":"free"}}'; }
check 'of an older version too' '^201 .*"status":"Success"' evict_as policy/v1beta1
check 'but not of one that never was' '^400 .*no kind ..Eviction.. is registered for version ..policy/v2..' evict_as policy/v2
check 'it goes' '^201 .*"kind":"Status","apiVersion":"v1","metadata":\{\},"status":"Success","code":201' evict free '{"gracePeriodSeconds":0}'
check 'and is gone' '^404' request GET $pods/free
check 'nobody is there to be evicted twice' '^404 .*pods \\"free\\" not found' evict free
pod slow none
revision=$(kubectl get pod slow -o 'jsonpath={.metadata.resourceVersion}')
check 'one of another revision is not meant' \
  "^409 .*the ResourceVersion in the precondition \\($((revision + 1))\\) does not match the ResourceVersion in record \\($revision\\). The object might have been modified" \
  evict slow '{"preconditions":{"resourceVersion":"'$((revision + 1))'"}}'
not_said() { ! kubectl get pod slow -o 'jsonpath={.status.conditions[*].type}' | grep DisruptionTarget; }
check 'and says nothing of it' '^$' not_said
check 'of its own revision it is' '^201' evict slow '{"preconditions":{"resourceVersion":"'"$revision"'"},"gracePeriodSeconds":7}'
check 'it says why it goes, while it does' \
  '^200 .*"deletionGracePeriodSeconds":7.*"type":"DisruptionTarget","status":"True","lastTransitionTime":"20[^"]*","reason":"EvictionByEvictionAPI","message":"Eviction API: evicting"\}' \
  request GET $pods/slow
check 'and is taken away' '^(200|404)' request DELETE $pods/slow '{"gracePeriodSeconds":0}'

echo '# with a budget'
check 'a budget' 'poddisruptionbudget.policy/web created' kubectl create poddisruptionbudget web --selector=app=web --min-available=1
pod one
check 'one that nobody has counted for allows nothing' \
  '^429 .*"reason":"TooManyRequests","details":\{"causes":\[\{"reason":"DisruptionBudget","message":"The disruption budget web is still being processed by the server."\}\],"retryAfterSeconds":10\},"code":429' evict one
check 'it is counted' '^200' allows 0
check 'none may go' \
  "^429 .*Cannot evict pod as it would violate the pod's disruption budget.*The disruption budget web needs 2 healthy pods and has 2 currently" evict one
check 'one may go' '^200' allows 1
check 'a dry run takes nothing of it' '^201' evict one '{"dryRun":["All"]}'
check 'so it is still there' 'web +1 +N/A +1 ' kubectl get pdb
check 'the wrong uid' '^409 .*the UID in the precondition \(x\) does not match' evict one '{"preconditions":{"uid":"x"}}'
check 'it is counted again' '^200' allows 1
check 'goes' '^201' evict one '{"gracePeriodSeconds":0}'
check 'the budget has noted it' '^200 .*"disruptedPods":\{"one":"20[0-9-]*T[0-9:]*Z"\},"disruptionsAllowed":0,.*"type":"DisruptionAllowed","status":"False"' request GET $budgets/web
pod two
check 'the next one stays' '^429' evict two
check 'unless it has ended' '^200' patch $pods/two/status '{"status":{"phase":"Succeeded"}}'
check 'then it goes' '^201' evict two '{"gracePeriodSeconds":0}'
pod three
check 'a second budget' 'created' kubectl create pdb web2 --selector=app=web --max-unavailable=1
check 'makes it nobody'"'"'s' '^500 .*This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.' evict three
check 'it is taken away' 'deleted' kubectl delete pdb web2

echo '# who may'
check 'an account' 'created' kubectl create serviceaccount drainer
check 'has a role' 'created' kubectl create role drainer --verb=create --resource=pods/eviction
check 'is given it' 'created' kubectl create rolebinding drainer --role=drainer --serviceaccount=default:drainer
drainer=$(token_of default drainer)
eventually 'may evict' 10 'yes' as --token="$drainer" auth can-i create pods --subresource=eviction
check 'may not delete' '^403' bearer "$drainer" request DELETE $pods/three
check 'one may go again' '^200' allows 1
check 'evicts' '^201' bearer "$drainer" evict three '{"gracePeriodSeconds":0}'

echo '# kubectl drain'
check 'a node' '^201' request POST /api/v1/nodes '{"metadata":{"name":"n1"}}'
pod four n1
check 'one may go' '^200' allows 1
check 'the node is drained' 'evicting pod default/four.*node/n1 drained' kubectl drain n1 --force --grace-period=0 --timeout=60s
check 'its pod is gone' '^404' request GET $pods/four
pod five n1
check_fails 'and not where the budget forbids it' "Cannot evict pod as it would violate the pod's disruption budget" \
  kubectl drain n1 --force --grace-period=0 --timeout=1s
finish
