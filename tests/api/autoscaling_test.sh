#!/bin/bash
# HorizontalPodAutoscalers are stored in autoscaling/v2 and seen in both versions; what v1 has no fields for is not lost on the way.
build=${1:?usage: autoscaling_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
start_server
until_true 20 kubectl get serviceaccount default
v1=/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers
v2=/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers

target='"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}'
older() { printf '{"metadata":{"name":"%s"},"spec":{%s,"maxReplicas":4%s}}' "$1" "$target" "${2:-}"; }
patch() { sending application/merge-patch+json request PATCH "$1" "$2"; }
follow() {  # PATH FILE
  curl -sSN --cacert "$data/pki/ca.crt" --cert "$data/pki/admin.crt" --key "$data/pki/admin.key" \
    "https://127.0.0.1:$port$1?watch=1&timeoutSeconds=60" >"$work/$2" 2>/dev/null &
}
seen() {  # FILE: TYPE NAME VERSION of each event
  python3 -c '
import json, sys
print(*[" ".join([e["type"], e["object"]["metadata"]["name"], e["object"]["apiVersion"]]) for e in map(json.loads, open(sys.argv[1]))], sep=";")' "$work/$1"
}

echo '# discovery'
check 'v2 is preferred' '"name":"autoscaling","versions":\[\{"groupVersion":"autoscaling/v2","version":"v2"\},\{"groupVersion":"autoscaling/v1"' request GET /apis
check 'kubectl knows the kind' 'horizontalpodautoscalers +hpa +autoscaling/v2 +true +HorizontalPodAutoscaler' kubectl api-resources --api-group=autoscaling

follow $v1 v1.watch
first=$!
follow $v2 v2.watch
second=$!
until_true 10 test -e "$work/v1.watch" -a -e "$work/v2.watch"

echo '# written in v1'
check 'made' '^201 .*"apiVersion":"autoscaling/v1".*"minReplicas":1,"maxReplicas":4,"targetCPUUtilizationPercentage":50' \
  request POST $v1 "$(older one ',"targetCPUUtilizationPercentage":50')"
check 'it is a metric in v2' '^200 .*"apiVersion":"autoscaling/v2".*"metrics":\[\{"type":"Resource","resource":\{"name":"cpu","target":\{"type":"Utilization","averageUtilization":50\}\}\}\]' \
  request GET $v2/one
check 'without a target it aims for 80' '^201 .*"targetCPUUtilizationPercentage":80' request POST $v1 "$(older two)"
check 'the same in v2' '"averageUtilization":80' request GET $v2/two

echo '# written in v2'
full='{"metadata":{"name":"full"},"spec":{'$target',"minReplicas":2,"maxReplicas":9,"metrics":[
 {"type":"Pods","pods":{"metric":{"name":"rps","selector":{"matchLabels":{"a":"b"}}},"target":{"type":"AverageValue","averageValue":"100"}}},
 {"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":60}}}],
 "behavior":{"scaleDown":{"stabilizationWindowSeconds":60,"policies":[{"type":"Pods","value":1,"periodSeconds":30}]}}}}'
check 'made' '^201 .*"selectPolicy":"Max"' request POST $v2 "$full"
check 'v1 has the target, and the rest in annotations' \
  '^200 .*"autoscaling.alpha.kubernetes.io/behavior":"\{\\"ScaleUp\\":.*"autoscaling.alpha.kubernetes.io/metrics":"\[\{\\"type\\":\\"Pods\\",\\"pods\\":\{\\"metricName\\":\\"rps\\",\\"targetAverageValue\\":\\"100\\",.*"targetCPUUtilizationPercentage":60' \
  request GET $v1/full
before=$(request GET $v2/full >/dev/null && of_answer 'd["spec"]')
check 'and is changed there' '^200 .*"maxReplicas":7' patch $v1/full '{"spec":{"maxReplicas":7}}'
after=$(request GET $v2/full >/dev/null && of_answer 'd["spec"]')
check 'nothing else has changed' "^same$" python3 -c '
import ast, sys
a, b = map(ast.literal_eval, sys.argv[1:])
assert (a.pop("maxReplicas"), b.pop("maxReplicas")) == (9, 7)
print("same" if a == b else (a, b))' "$before" "$after"
check 'and no annotation stays' '^200 [^@]*$' eval 'request GET $v2/full | sed "s/autoscaling.alpha/@/"'
check 'its status is written in v2' '^200 ' patch $v2/full/status '{"status":{"currentReplicas":3,"desiredReplicas":3,"currentMetrics":[{"type":"Resource","resource":{"name":"cpu","current":{"averageUtilization":41,"averageValue":"100m"}}}],"conditions":[{"type":"AbleToScale","status":"True","reason":"Ready","message":"m","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}'
check 'and read in v1' '"autoscaling.alpha.kubernetes.io/conditions":"\[\{\\"type\\":\\"AbleToScale\\".*"currentReplicas":3,"desiredReplicas":3,"currentCPUUtilizationPercentage":41' request GET $v1/full
check 'lists are in one version' '^autoscaling/v1 autoscaling/v1 autoscaling/v1$' kubectl get horizontalpodautoscalers.v1.autoscaling -o 'jsonpath={.items[*].apiVersion}'
check 'page by page as well' '^200 .*"remainingItemCount":1.*' request GET "$v1?limit=2"

echo '# rules'
check 'of both in the words of v2' '^422 .*Invalid value: 0: must be greater than 0.*"field":"spec.metrics\[0\].resource.target.averageUtilization"' \
  request POST $v1 "$(older x ',"targetCPUUtilizationPercentage":0')"
check 'v2' '^422 .*must be greater than or equal to `minReplicas`' request POST $v2 "$(older x ',"minReplicas":5')"
check 'none at all takes another metric' '^422 .*must specify at least one Object or External metric to support scaling to zero replicas' \
  request POST $v2 "$(older x ',"minReplicas":0')"

echo '# kubectl'
check 'get hpa' 'full +Deployment/web +<unknown>/100, cpu: <unknown>/60% +2 +7 +3|full +Deployment/web +<unknown>/100, cpu: 41%/60% +2 +7 +3' kubectl get hpa
check 'the same columns in v1' 'NAME +REFERENCE +TARGETS +MINPODS +MAXPODS +REPLICAS +AGE.*one +Deployment/web +cpu: <unknown>/50% +1 +4 +0' kubectl get horizontalpodautoscalers.v1.autoscaling one
check 'all has them' 'horizontalpodautoscaler.autoscaling/one' kubectl get all
kubectl create deployment web --image=i >/dev/null
check 'autoscale' 'autoscaled' kubectl autoscale deployment web --name=made --min=2 --max=5 --cpu-percent=70
check 'makes one' 'made +Deployment/web +cpu: <unknown>/70% +2 +5' kubectl get hpa made
check 'applied in v1' 'created' bash -c "printf '%s' '{\"apiVersion\":\"autoscaling/v1\",\"kind\":\"HorizontalPodAutoscaler\",$(older applied | cut -c2-)' | kubectl apply --server-side -f - | sed s/serverside-applied/created/"
echo '# who owns what, in which version'
owned() {  # MANAGER VERSION SPEC [OPTION…]
  printf '{"apiVersion":"autoscaling/%s","kind":"HorizontalPodAutoscaler","metadata":{"name":"owned"},"spec":{%s,%s}}' "$2" "$target" "$3" |
    kubectl apply --server-side --field-manager="$1" -f - "${@:4}"
}
fields_of() {  # MANAGER: the version and what it owns of the spec
  kubectl get horizontalpodautoscalers.v2.autoscaling owned --show-managed-fields -o json | python3 -c '
import json, sys
for entry in json.load(sys.stdin)["metadata"]["managedFields"]:
    if entry["manager"] == sys.argv[1]:
        print(entry["operation"], entry["apiVersion"], *sorted(f[2:] for f in entry["fieldsV1"].get("f:spec", {})))' "$1"
}
cpu() { printf '"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":%s}}}]' "$1"; }
check 'one applies in v1' 'serverside-applied' owned a v1 '"maxReplicas":4,"targetCPUUtilizationPercentage":50'
check 'and owns it there' '^Apply autoscaling/v1 maxReplicas scaleTargetRef targetCPUUtilizationPercentage$' fields_of a
check_fails 'another would change it by its other name' 'Apply failed with 1 conflict: conflict with "a": .spec.targetCPUUtilizationPercentage' \
  owned b v2 "$(cpu 80)"
check 'which is what it was' '"averageUtilization":50' request GET $v2/owned
check 'the same is no conflict' 'serverside-applied' owned b v2 "$(cpu 50)"
check 'it is both of theirs' '^Apply autoscaling/v1 maxReplicas scaleTargetRef targetCPUUtilizationPercentage$' fields_of a
check 'each in its version' '^Apply autoscaling/v2 metrics scaleTargetRef$' fields_of b
check 'who insists has it' 'serverside-applied' owned b v2 "$(cpu 80)" --force-conflicts
check 'and the other no more' '^Apply autoscaling/v1 maxReplicas scaleTargetRef$' fields_of a
check 'an update in v2 takes it as well' '^200 ' patch $v2/owned '{"spec":{"maxReplicas":6}}'
check 'from both' '^Apply autoscaling/v1 scaleTargetRef$' fields_of a
check_fails 'and is in the way in v1' 'Apply failed with 1 conflict: conflict with "client" using autoscaling/v2: .spec.maxReplicas' \
  owned a v1 '"maxReplicas":4'
check 'deleted in v1' '^200 ' request DELETE $v1/one
check 'gone in v2' '^404 ' request GET $v2/one
eventually 'a watch in v1' 5 'ADDED one autoscaling/v1.*ADDED full autoscaling/v1.*MODIFIED full autoscaling/v1.*DELETED one autoscaling/v1' seen v1.watch
eventually 'a watch in v2' 5 'ADDED one autoscaling/v2.*ADDED full autoscaling/v2.*MODIFIED full autoscaling/v2.*DELETED one autoscaling/v2' seen v2.watch
kill $first $second

echo '# after a restart'
stop_server
start_server
check 'read in v1' '^200 .*"targetCPUUtilizationPercentage":60' request GET $v1/full
check 'a watch that begins with what is there' 'ADDED.*autoscaling/v1.*full' request GET "$v1?watch=1&timeoutSeconds=1"
check 'a collection is deleted in v1' '^200 ' request DELETE $v1
eventually 'and is gone' 5 '"items":\[\]' request GET $v2
finish
