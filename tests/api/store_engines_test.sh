#!/bin/bash
# Who keeps the store is the configuration's: a plugin of ours that keeps a log in files, in the server's process and in one of its
# own, which may end and be replaced while there are writes; a vendor's that keeps all in memory; and moves from one to another.
build=${1:?usage: store_engines_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
build=$(realpath "$build")
memory=$build/fixtures/store-memory.so
settings() {  # ENGINE [LINE…]
  printf '[store]\nengine = "%s"\n[controllers]\nenabled = ["controller-bootstrap", "controller-namespace"]\n' "$1"
  shift
  [ $# = 0 ] || printf '%s\n' "$@"
}
version_of() { kubectl get configmap "$1" -o 'jsonpath={.metadata.resourceVersion}:{.data.n}'; }
log=$data/plugins/store-log

settings stor-log >"$work/wrong.toml"
check_fails 'an engine that is not there is told with its line' 'wrong.toml:2: store.engine: plugin stor-log is not there.*did you mean "store-log"' \
  "$cleat" server --data-dir "$work/none" --config "$work/wrong.toml"
settings controller-namespace >"$work/wrong.toml"
check_fails 'nor is one that is no engine taken' 'store.engine: plugin controller-namespace does not fill the role store-engine' \
  "$cleat" server --data-dir "$work/none" --config "$work/wrong.toml"

# --- what is written is there again
settings store-log '[plugins.store-log]' 'segment_bytes = 65536' 'merge_from = 50' >"$work/log.toml"
start_server --config "$work/log.toml"
check 'it is listed' 'store-log +0.1.0 +alpha +store-engine +running' "$cleat" plugin list --data-dir "$data"
check 'and in health' 'plugin-store-log ok' kubectl get --raw '/readyz?verbose'
for i in 1 2 3; do kubectl create configmap c$i --from-literal n=$i >/dev/null; done
kubectl patch configmap c1 --type merge -p '{"data":{"n":"changed"}}' >/dev/null
kubectl delete configmap c3 >/dev/null
before=$(version_of c1)
check_fails 'the built-in database is not there' 'No such file' ls "$data/store/cleat.db"
check_fails 'nor is one loaded beside it' 'store.engine says it of, at its start' "$cleat" plugin load store-memory "$memory" --data-dir "$data"
check_fails 'it cannot be unloaded' 'keeps the store' "$cleat" plugin unload store-log --data-dir "$data"
check_fails 'nor is another engine a matter of a reload' '\[store\] takes a restart' bash -c "
  sed -i 's/store-log\"/sqlite\"/' '$work/log.toml'; '$cleat' reload --data-dir '$data'; code=\$?
  sed -i 's/\"sqlite\"/\"store-log\"/' '$work/log.toml'; exit \$code"
stop_server -KILL
start_server --config "$work/log.toml"
check 'after a crash all is there, with its revision' "^$before\$" version_of c1
check_fails 'and what was deleted is not' 'NotFound' kubectl get configmap c3
check 'a watch from before it goes on, with what happened then' '"DELETED".*"name":"c3"' kubectl get --raw "/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=1&resourceVersion=1"
stop_server

settings sqlite >"$work/sqlite.toml"
check_fails 'another engine does not begin anew beside it' 'was stored by the engine "store-log", and store.engine is "sqlite"' \
  "$cleat" server --data-dir "$data" --listen "127.0.0.1:$port" --config "$work/sqlite.toml"

# --- in a process of its own, which ends and is replaced while there are writes
settings store-log '[plugins.store-log]' 'isolation = "process"' >"$work/apart.toml"
start_server --config "$work/apart.toml"
check 'in a process of its own it has what was there' "^$before\$" version_of c1
cat >"$work/writes.sh" <<'SH'
for i in $(seq 1 60); do kubectl create configmap w$i --from-literal n=$i >/dev/null || echo "write $i failed"; done
SH
bash "$work/writes.sh" >"$work/written" 2>&1 &
writes=$!
until_true 20 kubectl get configmap w5
kill -KILL "$(pgrep -f "cleat host .*store-log.so" -P "$program")"
until_true 30 kubectl get configmap w20
mkdir "$work/next"
cp "$build/plugins/store-log.so" "$work/next/" && cp "$build"/libcleat-sdk-*.so "$work/"
check 'it is replaced meanwhile' 'store-log now runs from' "$cleat" plugin swap store-log "$work/next/store-log.so" --data-dir "$data"
wait $writes
check 'no write has failed' '^$' cat "$work/written"
check 'and each is there' '^60$' bash -c "kubectl get configmaps -o name | grep -c /w"
check 'the crash was told' 'store-log.*1' "$cleat" plugin list --data-dir "$data"
stop_server

# --- moved into the database, and back
check_fails 'nothing is moved to where it is' 'stored by store-log already' "$cleat" db move --to store-log --data-dir "$data"
check 'what there is moves' 'moved [0-9]+ changes from store-log to sqlite.*has to be "sqlite"' "$cleat" db move --to sqlite --data-dir "$data"
start_server --config "$work/sqlite.toml"
check 'and is the same there' "^$before\$" version_of c1
check 'all of it' '^60$' bash -c "kubectl get configmaps -o name | grep -c /w"
kubectl create configmap later --from-literal n=later >/dev/null
later=$(version_of later)
stop_server
check_fails 'what was put aside is not overwritten' 'moved is there, from an earlier move' bash -c "
  mkdir '$data/store/cleat.db.moved'; '$cleat' db move --to store-log --data-dir '$data'; code=\$?; rmdir '$data/store/cleat.db.moved'; exit \$code"
check 'and back' 'from sqlite to store-log' "$cleat" db move --to store-log --config "$work/log.toml" --data-dir "$data"
start_server --config "$work/log.toml"
check 'with what has come since' "^$later\$" version_of later
stop_server

# --- a vendor's, in memory
data=$work/memory
export KUBECONFIG=$data/admin.kubeconfig
settings store-memory '[plugins.store-memory]' "path = \"$memory\"" 'most = "1Mi"' >"$work/memory.toml"
start_server --config "$work/memory.toml"
check 'a vendor'"'"'s keeps it in its own process' 'store-memory +1.0.0 +alpha +store-engine +running +yes' "$cleat" plugin list --data-dir "$data"
kubectl create configmap a --from-literal n=1 >/dev/null
check 'what is written is there' ':1$' version_of a
head -c 700000 /dev/zero | tr '\0' x >"$work/large"
kubectl create configmap large --from-file "$work/large" >/dev/null
check_fails 'and what it has no room for is refused' 'could not be stored: .*there is no room for it' kubectl create configmap larger --from-file "$work/large"
kubectl delete configmap large >/dev/null 2>&1
kill -KILL "$(pgrep -f "cleat host .*store-memory.so" -P "$program")"
check_fails 'when its process has gone, no write is taken' 'store-memory has not what it was given: its last revision is 0' \
  kubectl create configmap b --from-literal n=1
check 'what is known is served' ':1$' version_of a
finish
