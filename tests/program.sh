# Starts and stops `cleat` for a client-driven test, in a folder of its own and on a port of its own. Sourced, after
# transcript.sh, with $build set; gives $cleat, $work, $data, $port, KUBECONFIG and HOME.

need() {  # PROGRAM…: without them the test is skipped, loudly
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || { echo "SKIPPED: there is no $program"; exit 77; }
  done
}

# A port of 127.0.0.1 that nobody has.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

need kubectl python3
cleat=$build/bin/cleat
work=$(mktemp -d /tmp/cleat-test.XXXXXX)
echo $$ >"$work/pid"  # whose it is, for cluster/node.sh
data=$work/data
program=
export KUBECONFIG=$data/admin.kubeconfig HOME=$work
port=$(free_port)

start_program() {  # WORDS ROLE OPTION…: until its log says the words
  local words=$1 role=$2
  shift 2
  : >"$work/log"
  "$cleat" "$role" --data-dir "$data" "$@" >"$work/log" 2>&1 &
  program=$!
  until_true 60 grep -q "$words" "$work/log" || { cat "$work/log"; exit 1; }
}

stop_program() {  # [SIGNAL]
  [ -n "$program" ] || return 0
  kill "${1:--TERM}" "$program" 2>/dev/null
  wait "$program" 2>/dev/null
  local code=$?
  program=
  # Killed is what it was to be; anything else but 0 is a crash, or a finding of a sanitizer.
  [ $code = 0 ] || [ "${1:-}" = -KILL ] || { echo "FAIL  the program ended with status $code"; return 1; }
}
