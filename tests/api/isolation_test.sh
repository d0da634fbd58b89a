#!/bin/bash
# A plugin from somewhere else that does harm, in a server that goes on: what it tries is refused to it, what it breaks is its
# own, and health, events, metrics and the log say what became of it.
build=${1:?usage: isolation_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
hostile=$(cd "$build" && pwd)/fixtures/hostile.so
attacks() {  # SETTINGS LINE…: a server whose hostile plugin tries those
  local settings=$1
  shift
  cat >"$work/cleat.toml" <<TOML
[schedulers]
enabled = ["scheduler-default", "hostile"]

[plugins.hostile]
path = "$hostile"
$settings
TOML
  mkdir -p "$data/plugins/hostile"
  printf '%s\n' "$@" | tee "$data/plugins/hostile/attacks" >"$work/attacks"
  CLEAT_SECRET=hush start_server --config "$work/cleat.toml"
}
listed() { "$cleat" plugin list --data-dir "$data"; }

event() {  # DESCRIPTION PATTERN: what is written of it
  eventually "$1" 30 "Warning +$2" kubectl get events -n default --field-selector involvedObject.name=hostile
}
counted() { eventually "$1" 20 "$2 [1-9]" kubectl get --raw /metrics; }

# What it sees.
attacks '' "read $data/pki/ca.key" "read $data/pki/sa.key" "read $data/store/state.sqlite" "read $data/admin.kubeconfig" \
  "speak $data/server.sock" "connect 127.0.0.1 $port" 'environment CLEAT_SECRET' 'descriptors' 'kill 2' \
  "write $data/plugins/hostile/own" "write $data/other" 'root'
until_true 20 grep -q 'hostile: that was all' "$work/log"
check 'it is isolated without being asked for' 'hostile +1.0.0 +alpha +scheduler +running +yes' listed
for what in pki/ca.key pki/sa.key store/state.sqlite admin.kubeconfig; do
  check "it does not see $what" "hostile: read $data/$what: No such file" cat "$work/log"
done
check 'nor the socket of the operator' "hostile: speak $data/server.sock: No such file" cat "$work/log"
check 'nor the API' "hostile: connect 127.0.0.1 $port: Network is unreachable" cat "$work/log"
check 'nor the environment' 'hostile: environment CLEAT_SECRET: No such file' cat "$work/log"
check 'nor an open file' 'hostile: descriptors: No such file' cat "$work/log"
check 'its state folder is its own' "hostile: write $data/plugins/hostile/own: done" cat "$work/log"
check_fails 'and nothing else is' 'No such file' ls "$data/other"
if [ "$(id -u)" = 0 ]; then
  process=$(pgrep -f "cleat host .*$hostile" | head -1)
  check 'it is nobody that there is' '^Uid:\s+18[0-9]{8}\s' grep Uid "/proc/$process/status"
  check 'without capabilities' '^CapBnd:\s+0+$' grep CapBnd "/proc/$process/status"
  check 'filtered' '^Seccomp:\s+2$' grep Seccomp: "/proc/$process/status"
  check 'it cannot get to more' '^NoNewPrivs:\s+1$' grep NoNewPrivs "/proc/$process/status"
  for namespace in user mnt pid net ipc uts cgroup; do
    check_fails "it is in no namespace of the server ($namespace)" '' test \
      "$(readlink "/proc/$process/ns/$namespace")" = "$(readlink "/proc/self/ns/$namespace")"
  done
  for limit in 'core file size +0 +0' 'open files +4096 +4096' 'file size +4294967296 +4294967296' 'locked memory +0 +0'; do
    check "it has its limit: $limit" "Max $limit " cat "/proc/$process/limits"
  done
  swap=/sys/fs/cgroup/memory/cleat-plugins/$program-hostile-1/memory.memsw.limit_in_bytes
  [ ! -e "$swap" ] || check 'its memory does not go on in swap' '^536870912$' cat "$swap"
  if [ -x "$build/bin/cleat-plugin-host" ]; then
    check 'with less than a megabyte of memory that it shares with nobody' '^Private_Dirty: +[0-9]{1,3} kB' \
      grep Private_Dirty "/proc/$process/smaps_rollup"
  fi
  check 'and has all of its confinement' '"lacks":""' "$cleat" plugin list -o json --data-dir "$data"
fi
stop_server

# What it is given.
attacks 'network_access = true' "connect 127.0.0.1 $port" "read $data/pki/ca.key"
until_true 20 grep -q 'hostile: that was all' "$work/log"
check 'with the network it reaches the API' "hostile: connect 127.0.0.1 $port: done" cat "$work/log"
check 'and sees no more than before' "hostile: read $data/pki/ca.key: No such file" cat "$work/log"
stop_server

# What it breaks.
attacks 'memory_limit = "64Mi"' memory
eventually 'memory has a limit' 20 'killed by signal 9 \(Killed\): it had used up its memory_limit of 64 MiB|Cannot allocate' cat "$work/log"
eventually 'it is started again' 20 'cleat_plugin_restarts_total\{plugin="hostile"\} [1-9]' kubectl get --raw /metrics
eventually 'which is an event' 20 'Warning +Crashed +plugin/hostile +its process was killed' kubectl get events -n default
stop_server
attacks 'pids_limit = 32' forks
eventually 'processes have a limit' 20 'hostile: forks: Resource temporarily unavailable' cat "$work/log"
check 'and the server is well' 'ok' kubectl get --raw /readyz
event 'that it was reached is an event' 'LimitReached +plugin/hostile +it was refused [0-9]+ processes or threads beyond its pids_limit of 32'
counted 'a number' 'cleat_plugin_limits_reached_total\{[^}]*limit="pids"[^}]*\}'
check 'and in health' '\[\+\]plugin-hostile ok: LimitReached at .*pids_limit of 32' kubectl get --raw '/readyz?verbose'
stop_server
attacks '' lines prints
eventually 'lines have a limit' 20 'lines of it were left out|cleat_plugin_log_lines_left_out_total\{plugin="hostile"\} [1-9]' \
  bash -c "cat '$work/log'; kubectl get --raw /metrics"
check 'so that the log stays small' '^[0-9]{1,7}$' stat -c %s "$work/log"
event 'a flood of lines is an event' 'Flooded +plugin/hostile +it writes more lines'
check 'one, however long it is' '^1$' bash -c "kubectl get --raw /metrics | sed -n 's/^cleat_plugin_notices_total{[^}]*reason=\"Flooded\"[^}]*} //p'"
check 'and in health' '\[\+\]plugin-hostile ok: Flooded at ' kubectl get --raw '/readyz?verbose'
stop_server
attacks '' 'answers 200000'
counted 'answers to what nobody has asked are counted' 'cleat_plugin_malformed_total\{plugin="hostile"\}'
counted 'whoever sends too much waits' 'cleat_plugin_slowed_total\{plugin="hostile"\}'
event 'what is no answer is an event' 'Malformed +plugin/hostile +it replied to a call that was never made'
event 'and so is the flood' 'Flooded +plugin/hostile'
check 'it goes on' 'hostile +1.0.0 +alpha +scheduler +running +yes' listed
stop_server
attacks "
[log]
file = \"$work/kept.log\"
max_file_bytes = 65536
max_files = 2" lines
eventually 'a file of the log is put aside when it is full' 20 '^([0-9]+ ){3}$' bash -c "stat -c %s '$work'/kept*.log | tr '\n' ' '"
check 'and none of them is larger, nor are there more' '^([0-9]{1,5} ){3}$' bash -c "stat -c %s '$work'/kept*.log | tr '\n' ' '"
stop_server
attacks '' hang
eventually 'whoever hangs is ended' 30 'hostile: it was stuck: a callback \(timer\) had not returned for .* it is ended' cat "$work/log"
eventually 'and started again' 20 'it runs again' cat "$work/log"
eventually 'an event says so' 20 'Warning +Stuck +plugin/hostile' kubectl get events -n default
check 'memory is measured' 'cleat_plugin_resident_bytes\{plugin="hostile"\} [1-9]' kubectl get --raw /metrics
check 'everybody else works' 'created' kubectl create configmap fine
stop_server

# Where less can be given: a server that is not root has no users of its own to give.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  printf '#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups "%s" "$@"\n' "$(realpath "$cleat")" >"$work/unprivileged"
  chmod 755 "$work/unprivileged"
  root=$cleat cleat=$work/unprivileged
  rm -rf "$data"
  mkdir -p "$data/plugins/hostile"
  chown -R 65534:65534 "$work"
  attacks '
[plugins]
isolation_required = true' 'read /nothing'
  lacks='isolation_required: here it would run without a user of its own \(the server is not root\)'
  eventually 'what cannot be confined as it should be is not started' 20 "hostile +1.0.0 +alpha +scheduler +restarting.*$lacks" listed
  check 'which is no reason not to serve' 'created' kubectl create configmap served
  stop_server
  chown -R 65534:65534 "$work"
  attacks '' 'read /nothing'
  until_true 20 grep -q 'hostile: that was all' "$work/log"
  check 'unless that is let pass' 'hostile +1.0.0 +alpha +scheduler +running +yes' listed
  check 'and then told' 'its process is less confined than it should be, without a user of its own \(the server is not root\)' cat "$work/log"
  stop_server
  cleat=$root
  rm -rf "$data"
fi

# In the server's own process one that hangs cannot be ended. It is told, and the rest goes on.
HOME=$data/plugins/hostile attacks 'isolation = "none"' hang
event 'a hang in the server is an event' 'Stuck +plugin/hostile +a callback \(timer\) has not returned for'
counted 'a number' 'cleat_plugin_stuck_total\{plugin="hostile"\}'
check 'and in health, until it returns' '\[-\]plugin-hostile .*stuck: a callback does not return' request GET '/readyz?verbose'
check 'everybody else works there too' 'created' kubectl create configmap finer
kill -KILL "$program"
wait "$program" 2>/dev/null
program=

# It takes the server along where it faults, which says whose fault it was.
takes_along() {  # ATTACK WORDS: how it ends the server, and what is said of that
  attacks 'isolation = "none"' "$1"
  until_true 20 grep -Eq 'cleat: (killed by|ended with)' "$work/log"
  check "$1: the plugin is named" "cleat: $2" cat "$work/log"
  wait "$program" 2>/dev/null
  program=
}
in_callback='in a callback \(timer\) of the plugin hostile'
takes_along 'fault' "killed by signal 11 \(Segmentation fault\) $in_callback"
takes_along 'overflow' "killed by signal 11 \(Segmentation fault\) $in_callback"
takes_along 'abort' "killed by signal 6 \(Aborted\) $in_callback"
takes_along 'exit 3' "ended with status 3 $in_callback"
takes_along 'thread-abort' 'killed by signal 6 \(Aborted\) in a thread of the plugin hostile'
# But for a file that somebody writes into while it is loaded.
cp "$hostile" "$work/hostile.so"
hostile=$work/hostile.so
attacks 'isolation = "none"' 'write /dev/null'
until_true 20 grep -q 'hostile: that was all' "$work/log"
: >"$work/hostile.so"
check 'a loaded file may be overwritten' 'hostile +1.0.0 +alpha +scheduler +running +no' listed
stop_server
check 'and the plugin can still be stopped' 'asked to terminate' cat "$work/log"
finish
