#!/bin/bash
# Reading, watching and deleting collections: the parameters of every kind in their combinations, each row a situation and its answer as
# Kubernetes 1.37 gives it.
build=${1:?usage: reading_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
# Nobody beside the test makes config maps.
printf '[controllers]\nenabled = ["controller-bootstrap", "controller-namespace", "controller-garbage-collector"]\n' >"$work/server.toml"
start_server --config "$work/server.toml"
kubectl create namespace reading >/dev/null
core=/api/v1/namespaces/reading
maps=$core/configmaps

make() { request POST "$maps" "{\"metadata\":{\"name\":\"$1\",\"labels\":{\"l\":\"$2\"}},\"data\":{\"k\":\"v\"}}" >/dev/null; }
for name in a c e; do make $name 1; done
for name in b d; do make $name 2; done
list() { request GET "$maps?$1"; }
watch() { request GET "$maps?watch=1&timeoutSeconds=1&$1"; }
names() { list "$1" >/dev/null; of_answer '" ".join(i["metadata"]["name"] for i in d["items"])'; }
seen() {  # PARAMETERS: what a watch of one second sees
  watch "$1" >/dev/null
  python3 - "$work/body" <<'P'
import json, sys
said = []
for line in open(sys.argv[1]):
    event = json.loads(line)
    meta = event["object"].get("metadata", {})
    end = "end" if meta.get("annotations", {}).get("k8s.io/initial-events-end") == "true" else ""
    said.append(event["type"] + ":" + (meta.get("name") or end or str(event["object"].get("code", "-"))))
print(" ".join(said))
P
}
now() { list '' >/dev/null; of_answer 'd["metadata"]["resourceVersion"]'; }
first=$(kubectl get configmap a -n reading -o 'jsonpath={.metadata.resourceVersion}')
later=$(now)
invalid='^422 .*"message":"ListOptions.meta.k8s.io \\"\\" is invalid: '

echo '# list: revisions'
check 'none' '^a b c d e$' names ''
check 'zero' '^a b c d e$' names 'resourceVersion=0'
check 'one that is past' '^a b c d e$' names "resourceVersion=$first"
check 'exactly that one' '^a$' names "resourceVersion=$first&resourceVersionMatch=Exact"
check 'exactly the present one' '^a b c d e$' names "resourceVersion=$later&resourceVersionMatch=Exact"
check 'one not older' '^a b c d e$' names "resourceVersion=$first&resourceVersionMatch=NotOlderThan"
check 'zero or newer' '^a b c d e$' names 'resourceVersion=0&resourceVersionMatch=NotOlderThan'
check 'a page of one that is past is of exactly that' '^a$' names "resourceVersion=$first&limit=3"
check 'a page not older' '^a b c$' names "resourceVersion=$first&limit=3&resourceVersionMatch=NotOlderThan"
check 'no number' '^400 ' list 'resourceVersion=abc'
check 'one that is to come' '^504 .*"message":"Timeout: Too large resource version: 99999999, current: [0-9]+".*"reason":"Timeout".*"reason":"ResourceVersionTooLarge".*"code":504' list 'resourceVersion=99999999'
check 'a match without a revision' "${invalid}resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided\"" list 'resourceVersionMatch=Exact'
check 'exactly zero' "${invalid}"'resourceVersionMatch: Forbidden: resourceVersionMatch \\"exact\\" is forbidden for resourceVersion \\"0\\""' list 'resourceVersion=0&resourceVersionMatch=Exact'
check 'a match that is none' "${invalid}"'resourceVersionMatch: Unsupported value: \\"Newer\\": supported values: \\"Exact\\", \\"NotOlderThan\\", \\"\\""' list 'resourceVersion=1&resourceVersionMatch=Newer'
check 'initial events' "${invalid}sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list\"" list 'sendInitialEvents=false'
check 'all that is wrong, in order' "${invalid}"'\[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided, resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided, resourceVersionMatch: Unsupported value: \\"x\\": supported values: \\"Exact\\", \\"NotOlderThan\\", \\"\\", sendInitialEvents: Forbidden' \
  list 'resourceVersionMatch=x&continue=y&sendInitialEvents=true'

echo '# list: pages'
page() { list "$1" >/dev/null; of_answer '"%s|%s|%s" % (" ".join(i["metadata"]["name"] for i in d["items"]), d["metadata"].get("remainingItemCount", "-"), "more" if d["metadata"].get("continue") else "end")'; }
check 'a page says how much is left' '^a b\|3\|more$' page 'limit=2'
token=$(of_answer 'd["metadata"]["continue"]') at=$(of_answer 'd["metadata"]["resourceVersion"]')
more=$token token=
make aa 1
check 'the next is of the same revision' '^c d\|1\|more$' page "limit=2&continue=$more"
check 'which it says' "^$at\$" of_answer 'd["metadata"]["resourceVersion"]'
check 'all of the rest' '^c d e\|-\|end$' page "continue=$more"
check 'zero beside a token says nothing' '^c d e\|-\|end$' page "continue=$more&resourceVersion=0"
check 'a page that holds all is the last' '^a aa b c d e\|-\|end$' page 'limit=6'
check 'no limit' '^a aa b c d e\|-\|end$' page 'limit=0'
check 'with a selector nobody counts' '^a aa\|-\|more$' page 'limit=2&labelSelector=l%3D1'
check 'a revision beside a token' '^400 .*"message":"specifying resource version is not allowed when using continue"' list "continue=$more&resourceVersion=$at"
check 'a match beside it' "${invalid}" list "continue=$more&resourceVersion=0&resourceVersionMatch=NotOlderThan"
check 'a token that is none' '^400 .*"message":"invalid continue token: continue key is not valid' list 'continue=abc'
kubectl delete configmap aa -n reading >/dev/null

echo '# field selectors'
check 'a name' '^b$' names 'fieldSelector=metadata.name%3Db'
check 'all but one' '^a c d e$' names 'fieldSelector=metadata.name!%3Db'
check 'a namespace' '^a b c d e$' names 'fieldSelector=metadata.namespace%3Dreading'
check 'a field that is not offered, where none is' '^400 .*"message":"\\"data.k\\" is not a known field selector: only \\"metadata.name\\", \\"metadata.namespace\\""' list 'fieldSelector=data.k%3Dv'
check 'and where some are' '^400 .*"message":"field label not supported: spec.foo"' request GET "$core/pods?fieldSelector=spec.foo%3D1"
check 'no selector' '^400 .*invalid selector' list 'fieldSelector=nonsense'
while read -r path fields; do
  for field in $fields; do check "$path by $field" '^200 ' request GET "$path?fieldSelector=$field%3Dx"; done
done <<'FIELDS'
/api/v1/pods spec.nodeName spec.restartPolicy spec.schedulerName spec.serviceAccountName spec.hostNetwork status.phase status.podIP status.podIPs status.nominatedNodeName spec.host
/api/v1/nodes spec.unschedulable
/api/v1/namespaces status.phase
/api/v1/secrets type
/api/v1/services spec.clusterIP spec.type
/api/v1/events involvedObject.kind involvedObject.name involvedObject.namespace involvedObject.uid involvedObject.apiVersion involvedObject.resourceVersion involvedObject.fieldPath reason reportingComponent source type
/apis/certificates.k8s.io/v1/certificatesigningrequests spec.signerName
/apis/certificates.k8s.io/v1/clustertrustbundles spec.signerName
/apis/certificates.k8s.io/v1/podcertificaterequests spec.nodeName spec.podName spec.signerName
/apis/resource.k8s.io/v1/resourceslices spec.driver spec.nodeName spec.pool.name
FIELDS
pods_by() { request GET "$core/pods?fieldSelector=$1" >/dev/null; of_answer '" ".join(i["metadata"]["name"] for i in d["items"])'; }
request POST "$core/serviceaccounts" '{"metadata":{"name":"default"}}' >/dev/null
request POST "$core/pods" '{"metadata":{"name":"p"},"spec":{"nodeName":"none","containers":[{"name":"c","image":"i"}]}}' >/dev/null
sending application/merge-patch+json request PATCH "$core/pods/p/status" '{"status":{"podIP":"10.1.2.3","podIPs":[{"ip":"10.1.2.3"}]}}' >/dev/null
check 'a pod by its address' '^p$' pods_by 'status.podIP%3D10.1.2.3'
check 'no other' '^$' pods_by 'status.podIP%3D10.1.2.4'
check 'all its addresses have no text, as in Kubernetes' '^$' pods_by 'status.podIPs%3D10.1.2.3'
check 'which is no other either' '^p$' pods_by 'status.podIPs!%3D10.1.2.3'
check 'its node by an old name' '^p$' pods_by 'spec.host%3Dnone'
event() { request POST "$core/events" '{"metadata":{"name":"'"$1"'"},"involvedObject":{"namespace":"reading"},"reason":"R","type":"Normal"'"$2"'}' >/dev/null; }
event ours ',"source":{"component":"kubelet"},"reportingComponent":"other"'
event newer ',"eventTime":"2026-01-01T00:00:00.000000Z","action":"a","reportingComponent":"example.com/new","reportingInstance":"i"'
events_by() { request GET "$core/events?fieldSelector=$1" >/dev/null; of_answer '" ".join(i["metadata"]["name"] for i in d["items"])'; }
check 'an event by who it comes from' '^ours$' events_by 'source%3Dkubelet'
check 'which is first its source' '^$' events_by 'source%3Dother'
check 'and where it names none, who reports' '^newer$' events_by 'source%3Dexample.com/new'
check 'newer events have no source' '^400 .*field label not supported: source' request GET /apis/events.k8s.io/v1/namespaces/reading/events?fieldSelector=source%3Dx

echo '# watch: where it begins'
check 'without a revision with what there is' '^ADDED:a ADDED:b ADDED:c ADDED:d ADDED:e$' seen ''
check 'which says where that ends, if bookmarks are welcome' '^ADDED:a ADDED:b ADDED:c ADDED:d ADDED:e BOOKMARK:end' seen 'allowWatchBookmarks=true'
check 'zero is the same' '^ADDED:a ADDED:b ADDED:c ADDED:d ADDED:e BOOKMARK:end' seen 'resourceVersion=0&allowWatchBookmarks=true'
check 'asked for' '^ADDED:a ADDED:b ADDED:c ADDED:d ADDED:e BOOKMARK:end' seen 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
check 'without bookmarks' '^ADDED:a ADDED:b ADDED:c ADDED:d ADDED:e$' seen 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan'
check 'not asked for' '^$' seen 'sendInitialEvents=false&resourceVersionMatch=NotOlderThan'
check 'from a revision, what came after it' '^ADDED:c ADDED:e ADDED:b ADDED:d ADDED:aa DELETED:aa' seen "resourceVersion=$first"
check 'of one by its name' '^ADDED:c$' seen 'fieldSelector=metadata.name%3Dc'
check 'of those with a label' '^ADDED:b ADDED:d$' seen 'labelSelector=l%3D2'
check 'in the older form of path' '"type":"ADDED".*"name":"c"' request GET "/api/v1/watch/namespaces/reading/configmaps/c?timeoutSeconds=1"
check 'which chooses no other name' "^400 .*\"message\":\"fieldSelector metadata.name doesn't match requested name\"" request GET "/api/v1/watch/namespaces/reading/configmaps/c?timeoutSeconds=1&fieldSelector=metadata.name%3Dd"
check 'initial events need a match' "${invalid}resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan\"" watch 'sendInitialEvents=true'
check 'and that one' "${invalid}"'\[resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: \\"Exact\\": supported values: \\"NotOlderThan\\"\]' watch 'sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1'
check 'a match needs initial events' "${invalid}resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided\"" watch 'resourceVersionMatch=NotOlderThan&resourceVersion=1'
check 'a timeout that is no number' '^400 ' request GET "$maps?watch=1&timeoutSeconds=soon"
check 'a limit says nothing' '^ADDED:a ADDED:b ADDED:c ADDED:d ADDED:e$' seen 'limit=1'

echo '# views'
table='application/json;as=Table;v=v1;g=meta.k8s.io' partial='application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io'
partials='application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' protobuf=application/vnd.kubernetes.protobuf
check 'a table of one' '^200 \{"kind":"Table","apiVersion":"meta.k8s.io/v1".*"columnDefinitions":\[\{"name":"Name","type":"string","format":"name".*"cells":\["a",1,"[0-9]+s"\],"object":\{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":\{"name":"a"' accepting "$table" request GET "$maps/a"
check 'of all' '^5$' eval 'accepting "$table" list "" >/dev/null; of_answer "len(d[\"rows\"])"'
check 'of a page, with what is left' '^200 \{"kind":"Table".*"continue":"[^"]+","remainingItemCount":3' accepting "$table" list 'limit=2'
check 'without objects' '"cells":\["a",1,"[0-9]+s"\](,"object":null)?\}' accepting "$table" list 'includeObject=None&fieldSelector=metadata.name%3Da'
check 'with whole ones' '"object":\{"apiVersion":"v1","kind":"ConfigMap","metadata":\{"name":"a".*"data":\{"k":"v"\}' accepting "$table" list 'includeObject=Object&fieldSelector=metadata.name%3Da'
check 'with their metadata' '"object":\{"kind":"PartialObjectMetadata"' accepting "$table" list 'includeObject=Metadata&fieldSelector=metadata.name%3Da'
check 'with anything else' '^40[0-9] ' accepting "$table" list 'includeObject=Some'
check 'of a watch, with columns at first only' '"columnDefinitions":\[\{.*"columnDefinitions":null|"columnDefinitions":\[\{' accepting "$table" watch ''
check 'metadata of one' '^200 \{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":\{"name":"a".*\}\}$' accepting "$partial" request GET "$maps/a"
check 'metadata of all' '^200 \{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":\{"resourceVersion":"[0-9]+"\},"items":\[\{("kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1",)?"metadata":\{"name":"a"' accepting "$partials" list ''
check 'metadata of a watch' '"type":"ADDED","object":\{"kind":"PartialObjectMetadata"' accepting "$partial" watch ''
magic() { accepting "$1" request GET "$2" >/dev/null; head -c 3 "$work/body"; }
check 'protobuf' '^k8s$' magic $protobuf "$maps/a"
check 'of all' '^k8s$' magic $protobuf "$maps"
check 'metadata in it' '^k8s$' magic "$protobuf;as=PartialObjectMetadata;v=v1;g=meta.k8s.io" "$maps/a"
check 'of all of them' '^k8s$' magic "$protobuf;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io" "$maps"
# Of a message in protobuf, the texts in it, without what is between them.
texts() { tr -c '[:print:]' ' ' <"$work/body" | tr -s ' '; }
partial_in() { accepting "$protobuf;as=$1;v=v1;g=meta.k8s.io" request GET "$2" >/dev/null; texts; }
check 'which say what they are' 'meta.k8s.io/v1 PartialObjectMetadata.*a.*reading' partial_in PartialObjectMetadata "$maps/a"
holds_data() { magic "$1" "$maps/a" >/dev/null; grep -q -a -z -P '\x0a\x01k\x12\x01v' "$work/body" && echo data || echo none; }
check 'a whole one holds its data' '^data$' holds_data $protobuf
check 'its metadata does not' '^none$' holds_data "$protobuf;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
check 'all of them, with metadata alone' 'meta.k8s.io/v1 PartialObjectMetadataList.* a.* b.* c.* d.* e' partial_in PartialObjectMetadataList "$maps"
check 'a watch of them' 'ADDED.*meta.k8s.io/v1 PartialObjectMetadata.* a.*ADDED.*BOOKMARK.*PartialObjectMetadata.*initial-events-end' \
  partial_in PartialObjectMetadata "$maps?watch=1&timeoutSeconds=1&allowWatchBookmarks=true"
check 'by its own type' 'Content-Type: application/vnd.kubernetes.protobuf;stream=watch' grep -i content-type "$work/head"
check 'what is not there in it is said in JSON before it' '^200 \{"kind":"PartialObjectMetadata"' \
  accepting "$protobuf;as=PartialObjectMetadata;v=v7;g=meta.k8s.io,$partial" request GET "$maps/a"
check 'there is no table in it' '^406 ' accepting "$protobuf;as=Table;v=v1;g=meta.k8s.io" list ''
check 'what cannot be had is not' '^406 .*"reason":"NotAcceptable"' accepting 'application/xml' list ''
check 'it is indented on request' '^200 \{
  "kind": "ConfigMap",' request GET "$maps/a?pretty=true"
check 'and not' '^200 \{"apiVersion":"v1","kind":"ConfigMap"' request GET "$maps/a?pretty=false"
indented='^[0-9]{3} \{
  "kind": "'
for person in curl/8.1 Wget/1.21 'Mozilla/5.0 (X11)'; do
  check "for $person without being asked" '^200 \{
  "apiVersion": "v1",
  "kind": "ConfigMap",' calling_itself "$person" request GET "$maps/a"
done
check 'unless it wants none' '^200 \{"apiVersion"' calling_itself curl/8.1 request GET "$maps/a?pretty=0"
check 'or another has a name like theirs' '^200 \{"apiVersion"' calling_itself not-curl/8.1 request GET "$maps/a"
check 'lists' "${indented}ConfigMapList\"" calling_itself curl/8.1 list ''
check 'what is wrong' "${indented}Status\"" calling_itself curl/8.1 request GET "$maps/absent"
check 'a path that there is none of' "${indented}Status\"" calling_itself curl/8.1 request GET /apis/apps/v9/things
check 'discovery' "${indented}APIResourceList\"" calling_itself curl/8.1 request GET /api/v1
check 'on request, too' "${indented}APIVersions\"" request GET '/api?pretty=true'
check 'the version always' '^200 \{
  "major": "1",' request GET /version
check 'but no protobuf' '^k8s$' calling_itself curl/8.1 magic $protobuf "$maps/a"
check 'and no events' '^200 \{"type":"ADDED","object":\{"apiVersion"' calling_itself curl/8.1 watch ''

echo '# deleting: options'
bad='^422 .*"message":"DeleteOptions.meta.k8s.io \\"\\" is invalid: '
delete() { request DELETE "$maps${1:+/$1}${2:+?$2}" "${3:-}"; }
check 'both ways to say what becomes of dependents' "${bad}"'propagationPolicy: Invalid value: \\"Orphan\\": orphanDependents and deletionPropagation cannot be both set"' delete a 'orphanDependents=true&propagationPolicy=Orphan'
check 'in a body too' "${bad}"'propagationPolicy: Invalid value: \\"Background\\": orphanDependents' delete a '' '{"orphanDependents":false,"propagationPolicy":"Background"}'
check 'a policy that is none' "${bad}"'propagationPolicy: Unsupported value: \\"Perhaps\\": supported values: \\"Foreground\\", \\"Background\\", \\"Orphan\\", \\"nil\\""' delete a 'propagationPolicy=Perhaps'
check 'a dry run that is none' "${bad}"'dryRun: Unsupported value: \[\\"Some\\"\]: supported values: \\"All\\""' delete a 'dryRun=Some'
check 'an update with one' '^422 .*UpdateOptions.meta.k8s.io \\"\\" is invalid: dryRun: Unsupported value: \[\\"Some\\"\]: supported values: \\"All\\"' request PUT "$maps/a?dryRun=Some" '{"metadata":{"name":"a"}}'
check 'a validation that is none' '^422 .*UpdateOptions.meta.k8s.io \\"\\" is invalid: fieldValidation: Unsupported value: \\"Maybe\\": supported values: \\"\\", \\"Ignore\\", \\"Strict\\", \\"Warn\\"' request PUT "$maps/a?fieldValidation=Maybe" '{"metadata":{"name":"a"}}'
check 'a time that is no number' '^400 ' delete a 'gracePeriodSeconds=soon'
check 'another object' '^409 .*the UID in the precondition .u. does not match the UID in record .' delete a '' '{"preconditions":{"uid":"u"}}'
check 'another revision' '^409 .*the ResourceVersion in the precondition .1. does not match the ResourceVersion in record .[0-9]+' delete a '' '{"preconditions":{"resourceVersion":"1"}}'
check 'dry' '^200 ' delete a 'dryRun=All'
check 'it is still there' '^200 ' request GET "$maps/a"
printf '{"metadata":{"name":"held","finalizers":["a.example/f"]}}' >"$work/held"
request POST "$maps" "$(cat "$work/held")" >/dev/null
check 'one that waits, in the old way' '^202 .*"deletionTimestamp"' delete held 'orphanDependents=false'
check 'and in the new' '^200 .*"deletionTimestamp"' delete held 'propagationPolicy=Background'
sending application/merge-patch+json request PATCH "$maps/held" '{"metadata":{"finalizers":null}}' >/dev/null

echo '# deleting: collections'
check 'dry' '^200 \{"kind":"ConfigMapList".*"name":"b".*"name":"d"' delete '' 'labelSelector=l%3D2&dryRun=All'
check 'none is gone' '^a b c d e$' names ''
check 'of a label' '^200 ' delete '' 'labelSelector=l%3D2'
check 'they are gone' '^a c e$' names ''
check 'of a name' '^200 ' delete '' 'fieldSelector=metadata.name%3Dc'
check 'it is gone' '^a e$' names ''
check 'a selector that is none' '^400 ' delete '' 'fieldSelector=nonsense'
check 'nothing went' '^a e$' names ''
check 'with a precondition that does not hold' '^409 \{"kind":"Status".*the UID in the precondition .u. does not match the UID in record .*"reason":"Conflict"' delete '' '' '{"preconditions":{"uid":"u"}}'
check 'nor at a revision that is past' '^409 .*the ResourceVersion in the precondition .1. does not match the ResourceVersion in record .[0-9]+' delete '' '' '{"preconditions":{"resourceVersion":"1"}}'
check 'nothing went' '^a e$' names ''
check 'with one that holds for some it ends at the others' '^409 ' delete '' '' "{\"preconditions\":{\"uid\":\"$(kubectl get configmap a -n reading -o 'jsonpath={.metadata.uid}')\"}}"
check 'which are still there' '^e$' names ''
check 'all of it' '^200 ' delete '' ''
check 'there is none' '^$' names ''
check 'nor in another namespace by this way' '^405 ' request DELETE /api/v1/configmaps
check 'pods' '^200 \{"kind":"PodList"' request DELETE "$core/pods?gracePeriodSeconds=7"
check 'which go in their time' '"deletionGracePeriodSeconds":7' request GET "$core/pods/p"
check 'with a time in the body' '^200 ' request DELETE "$core/pods" '{"gracePeriodSeconds":3}'
check 'that is shorter' '"deletionGracePeriodSeconds":3' request GET "$core/pods/p"
check 'and at once' '^200 ' request DELETE "$core/pods?gracePeriodSeconds=0"
check 'they are gone' '^404 ' request GET "$core/pods/p"

echo '# what was read is written back: nothing changes'
written_back() {  # PATH
  request GET "$1" >/dev/null
  local before=$(of_answer 'd["metadata"]["resourceVersion"], d["metadata"].get("generation")')
  cp "$work/body" "$work/read"
  request PUT "$1" @"$work/read" >"$work/answer"
  [ "$before" = "$(of_answer 'd["metadata"]["resourceVersion"], d["metadata"].get("generation")')" ] && echo same || cat "$work/answer"
}
sets=/apis/apps/v1/namespaces/reading/statefulsets migrations=/apis/storagemigration.k8s.io/v1/storageversionmigrations
template='"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}'
check 'a StatefulSet without a service' '^201 .*"serviceName":""' request POST $sets "{\"metadata\":{\"name\":\"bare\"},\"spec\":{\"replicas\":0,$template}}"
check 'it stays as it is' '^same$' written_back $sets/bare
check 'also where it was named by nothing' '^201 ' request POST $sets "{\"metadata\":{\"name\":\"named\"},\"spec\":{\"replicas\":0,\"serviceName\":\"\",$template}}"
check 'it does as well' '^same$' written_back $sets/named
check 'a migration of a kind without a group' '^201 .*"group":""' request POST $migrations '{"metadata":{"name":"m"},"spec":{"resource":{"resource":"configmaps"}}}'
check 'stays too' '^same$' written_back $migrations/m
check 'an event' '^201 .*"reportingComponent":""' request POST "$core/events" '{"metadata":{"name":"e"},"involvedObject":{"namespace":"reading"},"reason":"R","message":"m","type":"Normal"}'
check 'so does that' '^same$' written_back "$core/events/e"
claim='"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}'
check 'a claim of no class' '^201 .*"storageClassName":""' request POST "$core/persistentvolumeclaims" "{\"metadata\":{\"name\":\"c\"},\"spec\":{\"storageClassName\":\"\",$claim}}"
check 'has none, which is something else' '^same$' written_back "$core/persistentvolumeclaims/c"
ingress() { printf '{"metadata":{"name":"i"},"spec":{"rules":[{"http":{"paths":[{"path":"/"%s,"backend":{"service":{"name":"s","port":{"number":1}}}}]}}]}}' "$1"; }
ingresses=/apis/networking.k8s.io/v1/namespaces/reading/ingresses
check 'a type that is missing' '^422 .*pathType: Required value: pathType must be specified' request POST $ingresses "$(ingress '')"
check 'is not one that is empty' '^422 .*pathType: Unsupported value: \\"\\": supported values: \\"Exact\\", \\"ImplementationSpecific\\", \\"Prefix\\"' request POST $ingresses "$(ingress ',"pathType":""')"

echo '# a revision that is gone'
# What changed is kept for five minutes, but no more than 64 MiB of it.
printf '{"metadata":{"name":"large"},"data":{"k":"%s"}}' "$(head -c 900000 /dev/zero | tr '\0' x)" >"$work/large"
request POST "$maps" @"$work/large" >/dev/null
for i in $(seq 90); do
  sed "s/x/$((i % 10))/" "$work/large" >"$work/larger"
  request PUT "$maps/large" @"$work/larger" >/dev/null
done
check 'a watch from there' '^ERROR:410$' seen "resourceVersion=$first"
check 'says so in its first event' '^200 \{"type":"ERROR","object":\{"kind":"Status","apiVersion":"v1","metadata":\{\},"status":"Failure","message":"too old resource version: '"$first"' \([0-9]+\)","reason":"Expired","code":410\}\}' watch "resourceVersion=$first"
check 'a list of just that one' '^410 .*"reason":"Expired"' list "resourceVersion=$first&resourceVersionMatch=Exact"
check 'one not older is of the present' '^200 .*"name":"large"' list "resourceVersion=$first&resourceVersionMatch=NotOlderThan"

finish
