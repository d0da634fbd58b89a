#!/bin/bash
# A stored object that no kind can read is an error to who asks for it; everything else is served, and it can be deleted.
build=${1:?usage: unreadable_test.sh BUILD_DIR}
. "$(dirname "$0")/../transcript.sh"
. "$(dirname "$0")/server.sh"
. "$(dirname "$0")/requests.sh"
need curl
start_server
core=/api/v1/namespaces/default
for name in good bad strange; do kubectl create configmap "$name" --from-literal=a=b >/dev/null; done
kubectl create service clusterip torn --tcp=80 >/dev/null
for name in many-good many-bad; do kubectl create secret generic "$name" --from-literal=a=b >/dev/null; done
printf '{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.example.com"},"spec":%s}' \
  '{"group":"example.com","scope":"Namespaced","names":{"plural":"widgets","kind":"Widget"},"versions":[{"name":"v1","served":true,"storage":true,
    "schema":{"openAPIV3Schema":{"type":"object","properties":{"size":{"type":"integer"}}}}}]}' | kubectl create -f - >/dev/null
kubectl wait --for=condition=Established --timeout=20s crd/widgets.example.com >/dev/null
echo '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"},"size":1}' | kubectl create -f - >/dev/null
stop_server
change() {  # NAME SQL-EXPRESSION of value [RESOURCE]
  sqlite3 "$data/store/cleat.db" "update log set value = $2 where key = '/registry/${3:-configmaps}/default/$1'"
}
change bad "replace(value, '\"data\":{', '\"data\":7,\"x\":{')"
change strange "replace(value, '\"apiVersion\":\"v1\"', '\"apiVersion\":\"v9\"')"
change torn "replace(value, '\"spec\":{', '\"spec\":{{')" services
change many-bad "replace(value, '\"data\":{', '\"data\":7,\"x\":{')" secrets
sqlite3 "$data/store/cleat.db" "update log set value = replace(value, '{\"type\":\"integer\"}', '{\"maximum\":3}') where key like '%/widgets.example.com'"
# As after an upgrade: what is there has not been read by these kinds.
sqlite3 "$data/store/cleat.db" "delete from meta where name = 'readable'"

start_server
check 'the server starts and says which it is' 'configmaps/default/bad cannot be read: .*cannot unmarshal number' cat "$work/log"
check 'and which is of no known version' 'configmaps/default/strange cannot be read: it is stored as v9' cat "$work/log"
check 'the others are served' '"a":"b"' kubectl get configmap good -o jsonpath='{.data}'
check_fails 'that one is an error' 'Error from server \(InternalError\): .*the stored configmaps "bad" cannot be read' kubectl get configmap bad
check 'a list has all the others' 'configmap/good' kubectl get configmap -o name
check_not() { check "$1" '^none$' bash -c "${3} | grep -c '$2' | sed 's/^0\$/none/'"; }
check_not 'and not that one' 'configmap/bad' 'kubectl get configmap -o name'
check 'metrics count them' 'cleat_unreadable_objects 4$' bash -c 'kubectl get --raw /metrics | grep ^cleat_unreadable'
check 'health tells of them' '\[\+\]store ok: .*4 stored objects cannot be read' kubectl get --raw '/readyz?verbose'
# A definition that the rules of today refuse is read, but not served.
widgets=/apis/example.com/v1/namespaces/default/widgets
eventually 'a definition says what is wrong with its schema' 10 \
  '^True Violations spec.versions\[0\].schema.openAPIV3Schema.properties\[size\].type: Required value: must not be empty for specified object fields$' \
  kubectl get crd widgets.example.com -o "jsonpath={range .status.conditions[?(@.type=='NonStructuralSchema')]}{.status} {.reason} {.message}{end}"
check 'its kind is not served' '^404 ' request GET "$widgets/w"
check 'its metadata can be changed' 'labeled' kubectl label crd widgets.example.com a=b
schema() { kubectl patch crd widgets.example.com --type=json -p '[{"op":"replace","path":"/spec/versions/0/schema/openAPIV3Schema/properties/size","value":'"$1"'}]'; }
check_fails 'its schema to no other that is wrong' 'properties\[size\].type: Required value' schema '{"maximum":4}'
check 'but to a right one' 'patched' schema '{"type":"integer","maximum":4}'
eventually 'then it is served' 10 '^200 .*"size":1' request GET "$widgets/w"

check 'new ones are made' 'created' kubectl create configmap more
check_fails 'its name is taken' 'already exists' kubectl create configmap bad
# What would be made of it without its fields must not take their place.
cannot='^500 .*the stored configmaps \\"bad\\" cannot be read: '
changed='{"metadata":{"name":"bad"},"data":{"c":"d"}}'
check 'it is not replaced' "$cannot" request PUT "$core/configmaps/bad" "$changed"
for type in merge-patch+json strategic-merge-patch+json; do
  check "nor patched, $type" "$cannot" sending "application/$type" request PATCH "$core/configmaps/bad" "$changed"
done
check 'by operations' "$cannot" sending application/json-patch+json request PATCH "$core/configmaps/bad" \
  '[{"op":"add","path":"/data","value":{}}]'
check 'nor applied' "$cannot" sending application/apply-patch+yaml request PATCH "$core/configmaps/bad?fieldManager=m&force=true" \
  "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",${changed#\{}"
check 'nor its status' '^500 .*the stored services ..torn.. cannot be read: json parse error' \
  sending application/merge-patch+json request PATCH "$core/services/torn/status" '{"status":{}}'
check 'a watch of what is there has the others alone' '^good more$' bash -c "
  $(declare -f request); work='$work' data='$data' port=$port
  request GET '$core/configmaps?watch=1&timeoutSeconds=1&fieldSelector=metadata.name!=kube-root-ca.crt' | cut -d' ' -f2- |
    python3 -c 'import json, sys; print(*(json.loads(line)[\"object\"][\"metadata\"][\"name\"] for line in sys.stdin if line.strip()))'"
revision=$(request GET "$core/configmaps?limit=1" >/dev/null; of_answer 'd["metadata"]["resourceVersion"]')

check 'it can be deleted' 'deleted' kubectl delete configmap bad
check 'of which a watch that never had it is not told' '^200 $' \
  request GET "$core/configmaps?watch=1&timeoutSeconds=1&resourceVersion=$revision"
check 'a kind that answers with the object names it alone' '^200 \{"kind":"Status".*"details":\{"name":"torn"' request DELETE "$core/services/torn"
check 'with a collection it goes too' '^200 .*"items":\[[^]]*"many-good"' request DELETE "$core/secrets"
check 'and is no part of the answer' '^0$' bash -c "grep -c many-bad '$work/body' || true"
check 'for good' '^404 ' request GET "$core/secrets/many-bad"
check 'and the other one' 'deleted' kubectl delete configmap strange
check 'then its name is free' 'created' kubectl create configmap bad
check 'nothing is counted any more' 'cleat_unreadable_objects 0$' bash -c 'kubectl get --raw /metrics | grep ^cleat_unreadable'
stop_server
start_server
check 'after another start all are there' '^3$' bash -c 'kubectl get configmap -o name | grep -cE "/(good|bad|more)$"'
check 'and all is well' 'cleat_unreadable_objects 0$' bash -c 'kubectl get --raw /metrics | grep ^cleat_unreadable'
finish
