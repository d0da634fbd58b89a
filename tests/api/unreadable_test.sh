#!/bin/bash
# A stored object that no kind can read is an error to who asks for it; everything else is served, and it can be deleted.
build=${1:?usage: unreadable_test.sh BUILD_DIR}
. "$(dirname "$0")/../transcript.sh"
. "$(dirname "$0")/server.sh"
start_server
for name in good bad strange; do kubectl create configmap "$name" --from-literal=a=b >/dev/null; done
stop_server
change() {  # NAME SQL-EXPRESSION of value
  sqlite3 "$data/store/cleat.db" "update log set value = $2 where key = '/registry/configmaps/default/$1'"
}
change bad "replace(value, '\"data\":{', '\"data\":7,\"x\":{')"
change strange "replace(value, '\"apiVersion\":\"v1\"', '\"apiVersion\":\"v9\"')"
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
check 'metrics count them' 'cleat_unreadable_objects 2$' bash -c 'kubectl get --raw /metrics | grep ^cleat_unreadable'
check 'health tells of them' '\[\+\]store ok: 2 stored objects cannot be read' kubectl get --raw '/readyz?verbose'
check 'new ones are made' 'created' kubectl create configmap more
check_fails 'its name is taken' 'already exists' kubectl create configmap bad
check 'it can be deleted' 'deleted' kubectl delete configmap bad
check 'and the other one' 'deleted' kubectl delete configmap strange
check 'then its name is free' 'created' kubectl create configmap bad
check 'nothing is counted any more' 'cleat_unreadable_objects 0$' bash -c 'kubectl get --raw /metrics | grep ^cleat_unreadable'
stop_server
start_server
check 'after another start all are there' '^3$' bash -c 'kubectl get configmap -o name | grep -cE "/(good|bad|more)$"'
check 'and all is well' 'cleat_unreadable_objects 0$' bash -c 'kubectl get --raw /metrics | grep ^cleat_unreadable'
finish
