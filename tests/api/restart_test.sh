#!/bin/bash
# What was acknowledged is there after a restart, however the server went.
build=${1:?usage: restart_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server
for i in $(seq 1 10); do kubectl create configmap "a$i" >/dev/null; done
stop_server
check 'it stops cleanly when asked to' 'stopping' cat "$work/log"
start_server
check 'everything is there again' '^10$' bash -c 'kubectl get cm -o name | grep -c /a'

# A writer notes what was acknowledged; the server is killed in the middle of it.
( for i in $(seq 1 200); do kubectl create configmap "b$i" >/dev/null 2>&1 && echo "b$i" >>"$work/acknowledged"; done ) &
writer=$!
until_true 30 grep -q b10 "$work/acknowledged"
stop_server -KILL
kill $writer 2>/dev/null
wait $writer 2>/dev/null
start_server
check 'after kill -9 nothing that was acknowledged is missing' '^none missing$' bash -c "
  kubectl get cm -o name >'$work/have'
  while read -r name; do grep -qx \"configmap/\$name\" '$work/have' || echo \"\$name is missing\"; done <'$work/acknowledged'
  echo none missing"
check_fails 'a second server on the same data is refused' 'locked|in use|another' \
  "$cleat" server --data-dir "$data" --listen 127.0.0.1:0
check_fails 'and one on the same port' "127.0.0.1:$port" "$cleat" server --data-dir "$work/other" --listen "127.0.0.1:$port"
check 'an operator reads the state with sqlite3' '/registry/configmaps/default/a1' bash -c \
  "sqlite3 \"\$(find '$data/store' -name '*.db' -o -name '*.sqlite*' | head -1)\" 'select key from registry'"

# What controllers are in the middle of ends before the server goes.
for round in 1 2 3 4 5; do
  kubectl create namespace "busy$round" >/dev/null
  for i in 1 2 3 4; do kubectl -n "busy$round" create deployment "d$i" --image=nowhere.invalid/absent:1 --replicas=20 >/dev/null; done
  kubectl delete namespace "busy$round" --wait=false >/dev/null
  stop_server
  check "it stops cleanly amid its work ($round)" '^0$' echo $?
  start_server
done

stop_server
if grep -q " lo$" /proc/net/if_inet6 2>/dev/null; then
  start_program 'is ready' server --listen "[::1]:$port"
  check 'the same server at an IPv6 address' '^10$' bash -c 'kubectl get cm -o name | grep -c /a'
else
  echo 'SKIPPED: the same server at an IPv6 address (this machine has none)'
fi
finish
