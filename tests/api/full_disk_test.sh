#!/bin/bash
# A disk that is full: writes are refused in words, reads go on, nothing spins, nothing that was acknowledged is lost, and
# when there is room again all goes on by itself.
build=${1:?usage: full_disk_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
[ "$(id -u)" = 0 ] || { echo "SKIPPED: mounting a small disk takes root"; exit 77; }
. "$here/server.sh"
mkdir -p "$data"
mount -t tmpfs -o size=24m,mode=700 small "$data" || { echo "SKIPPED: no tmpfs can be mounted here"; exit 77; }
unmount() { stop_server; umount -l "$data"; }
trap 'code=$?; unmount; trap - EXIT; (exit $code); clean_up' EXIT
start_server
until_true 20 kubectl get serviceaccount default
check 'while there is room' 'created' kubectl create configmap before --from-literal=a=b
check 'a deployment has its set' 'created' kubectl create deployment web --image=i
eventually 'and its pod' 10 'web-' kubectl get pods
dd if=/dev/zero of="$data/filler" bs=64k >/dev/null 2>&1
truncate -s -6M "$data/filler"
big() { head -c 200000 /dev/zero | tr '\0' x | kubectl create configmap "$1" --from-file=x=/dev/stdin; }
fill() { local i; for i in $(seq 60); do big "big-$i" || return 1; done; }
check_fails 'without room a write is refused in words' 'the change could not be stored: .*disk is full' fill
there() { kubectl get configmaps -o name | grep -c big- || true; }
last=$(there)
check 'what fitted is there' '^[1-9]' echo "$last"
check 'reads go on' 'before' kubectl get configmaps
check_fails 'and so do refusals' 'already exists' kubectl create configmap before
check 'the server is alive' '^ok$' kubectl get --raw /livez
lines=$(wc -l <"$work/log")
read -r -t 5 <> <(:)
quiet() { local now; now=$(wc -l <"$work/log"); echo "$((now - lines)) lines in five seconds"; [ $((now - lines)) -le 200 ]; }
check 'nobody floods the log' 'lines' quiet
rm "$data/filler"
eventually 'with room again writes are taken' 30 'created' kubectl create configmap after
check 'a controller goes on by itself' 'scaled' kubectl scale deployment web --replicas=2
eventually 'soon' 40 '^2$' kubectl get deployment web -o 'jsonpath={.status.replicas}'
stop_server
start_server
check 'and after another start there is what was acknowledged' 'before' kubectl get configmaps before
check 'all of it' "^$last\$" there
finish
