#!/bin/bash
# Events are one resource in two groups: what is written in one is read, changed, watched and deleted in the other.
build=${1:?usage: events_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
start_server
until_true 20 kubectl get serviceaccount default
core=/api/v1/namespaces/default/events
events=/apis/events.k8s.io/v1/namespaces/default/events

about='"kind":"Pod","namespace":"default","name":"web"'
older() { printf '{"metadata":{"name":"%s"},"involvedObject":{%s},"reason":"Pulled","message":"m","type":"Normal","count":3,"source":{"component":"kubelet","host":"n"},"firstTimestamp":"2026-01-01T00:00:00Z"}' "$1" "$about"; }
newer() { printf '{"metadata":{"name":"%s"},"regarding":{%s},"reason":"Bound","note":"n","type":"Warning","eventTime":"2026-01-01T00:00:00.000001Z","reportingController":"example.com/c","reportingInstance":"c-1","action":"Binding"%s}' "$1" "$about" "${2:-}"; }
patch() { sending application/merge-patch+json request PATCH "$1" "$2"; }
follow() {  # PATH FILE: a watch, for as long as the test runs
  curl -sSN --cacert "$data/pki/ca.crt" --cert "$data/pki/admin.crt" --key "$data/pki/admin.key" \
    "https://127.0.0.1:$port$1?watch=1&timeoutSeconds=60" >"$work/$2" 2>/dev/null &
}
following() { grep -c . "$work/$1"; }

echo '# discovery'
check 'the group is there' '"name":"events.k8s.io".*"preferredVersion":\{"groupVersion":"events.k8s.io/v1"' request GET /apis
check 'with the kind' '"name":"events","singularName":"event","namespaced":true,"kind":"Event".*"shortNames":\["ev"\]' request GET /apis/events.k8s.io/v1
check 'kubectl knows both' 'events +ev +v1 +true +Event.*events +ev +events.k8s.io/v1 +true +Event' kubectl api-resources
check 'and explains it' 'regarding.*reportingController' kubectl explain events --api-version=events.k8s.io/v1

follow "$core" core.watch
core_watch=$!
follow "$events" events.watch
events_watch=$!
until_true 10 test -e "$work/core.watch" -a -e "$work/events.watch"

echo '# made in the core group, seen in the newer one'
check 'it is made' '^201 ' request POST "$core" "$(older one)"
check 'it is read under the other names' \
  '^200 .*"apiVersion":"events.k8s.io/v1".*"regarding":\{.*"reason":"Pulled","note":"m","deprecatedSource":\{"component":"kubelet","host":"n"\},"deprecatedFirstTimestamp":"2026-01-01T00:00:00Z".*"deprecatedCount":3.*"type":"Normal","eventTime":null' \
  request GET "$events/one"
check 'and listed' '"kind":"EventList","apiVersion":"events.k8s.io/v1".*"note":"m"' request GET "$events"
check 'by kubectl as well' '^one +m' kubectl get events.v1.events.k8s.io one --no-headers -o custom-columns=n:.metadata.name,d:.note
check 'it is changed there' '^422 .*"reason":"FieldValueInvalid","message":"Invalid value: \\"x\\": field is immutable","field":"message"' patch "$events/one" '{"note":"x"}'
check 'in its labels' '^200 .*"labels":\{"a":"b"\}' patch "$events/one" '{"metadata":{"labels":{"a":"b"}}}'
check 'which the core group shows' '^200 .*"labels":\{"a":"b"\}.*"message":"m"' request GET "$core/one"

echo '# made in the newer group, seen in the core one'
check 'it is made' '^201 .*"note":"n"' request POST "$events" "$(newer two)"
check 'it is read under the older names' \
  '^200 .*"apiVersion":"v1".*"involvedObject":\{.*"reason":"Bound","message":"n".*"eventTime":"2026-01-01T00:00:00.000001Z","action":"Binding","reportingComponent":"example.com/c","reportingInstance":"c-1"' \
  request GET "$core/two"
check 'it is changed there' '^200 .*"series":\{"count":4' patch "$core/two" '{"series":{"count":4,"lastObservedTime":"2026-01-01T00:00:09.000000Z"}}'
check 'which the newer group shows' '^200 .*"series":\{"count":4,"lastObservedTime":"2026-01-01T00:00:09.000000Z"\}' request GET "$events/two"
check 'kubectl get events prints both' 'Pulled +pod/web +m.*Bound +pod/web +n|Bound +pod/web +n.*Pulled +pod/web +m' kubectl get events

echo '# the rules of each group'
check 'the newer one wants a time' '^422 .*"field":"eventTime"' request POST "$events" '{"metadata":{"name":"x"},"regarding":{"namespace":"default"},"type":"Normal"}'
check 'and nothing of the older form' '^422 .*Invalid value: \\"\\": needs to be unset.*"field":"count"' request POST "$events" "$(newer x ',"deprecatedCount":1')"
check 'the core one does not' '^201 ' request POST "$core" '{"metadata":{"name":"three"},"involvedObject":{"namespace":"default"}}'
check 'an unknown field of the other group is refused' '^400 .*unknown field \\"message\\"' request POST "$events?fieldValidation=Strict" "$(newer x ',"message":"m"')"

echo '# fields select in the names of each group'
names() { of_answer '" ".join(i["metadata"]["name"] for i in d["items"])'; }
selected() { request GET "$1?fieldSelector=$2" >/dev/null && names; }
check 'involvedObject.name' '^one two$' selected "$core" 'involvedObject.name=web'
check 'reportingComponent' '^two$' selected "$core" 'reportingComponent=example.com/c'
check 'regarding.name and type' '^two$' selected "$events" 'regarding.name=web,type=Warning'
check 'reportingController' '^two$' selected "$events" 'reportingController=example.com/c'
check 'reason' '^one$' selected "$events" 'reason=Pulled'
check 'not those of the other group' '^400 .*field label not supported: involvedObject.name' request GET "$events?fieldSelector=involvedObject.name=web"
check 'in neither direction' '^400 .*field label not supported: regarding.name' request GET "$core?fieldSelector=regarding.name=web"

echo '# deleting, and what the watches have seen'
check 'deleted in the newer group' '^200 ' request DELETE "$events/one"
check 'gone from the core one' '^404 .*events \\"one\\" not found' request GET "$core/one"
check 'deleted in the core group' '^200 ' request DELETE "$core/two"
check 'gone from the newer one' '^404 .*events.events.k8s.io \\"two\\" not found' request GET "$events/two"
types() {  # FILE NAME VERSION
  python3 -c '
import json, sys
e = [json.loads(l) for l in open(sys.argv[1]) if l.endswith("\n")]
print(*[x["type"] for x in e if x["object"]["metadata"]["name"] == sys.argv[2] and x["object"]["apiVersion"] == sys.argv[3]])' "$work/$1" "$2" "$3"
}
eventually 'the core group saw the first' 5 '^ADDED MODIFIED DELETED$' types core.watch one v1
eventually 'and the second' 5 '^ADDED MODIFIED DELETED$' types core.watch two v1
eventually 'the newer group saw the first' 5 '^ADDED MODIFIED DELETED$' types events.watch one events.k8s.io/v1
eventually 'and the second' 5 '^ADDED MODIFIED DELETED$' types events.watch two events.k8s.io/v1
kill $core_watch $events_watch

echo '# applied in one group'
check 'it is applied' 'created' bash -c "printf '%s' '{\"apiVersion\":\"events.k8s.io/v1\",\"kind\":\"Event\",$(newer four | cut -c2-)' | kubectl apply -f -"
check 'and is in the other' '^Bound$' kubectl get events four -o 'jsonpath={.reason}'
stop_server
start_server
check 'in the core group' '^n$' kubectl get events four -o 'jsonpath={.message}'
check 'and in the newer one' '^200 .*"note":"n"' request GET "$events/four"
finish
