# Starts and stops `cleat server` for a test: in a folder of its own, on a port of its own, on loopback.
# Sourced with $build set; gives $work, $data, $port, and KUBECONFIG.

command -v kubectl >/dev/null || { echo "SKIPPED: there is no kubectl"; exit 77; }
cleat=$build/bin/cleat
work=$(mktemp -d)
data=$work/data
server=
export KUBECONFIG=$data/admin.kubeconfig HOME=$work
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

start_server() {
  : >"$work/server.log"
  "$cleat" server --data-dir "$data" --listen "127.0.0.1:$port" "$@" >"$work/server.log" 2>&1 &
  server=$!
  until_true 60 grep -q 'is ready' "$work/server.log" || { cat "$work/server.log"; exit 1; }
}

stop_server() {
  [ -n "$server" ] || return 0
  kill "${1:--TERM}" "$server" 2>/dev/null
  wait "$server" 2>/dev/null
  local code=$?
  server=
  # Killed is what it was to be; anything else but 0 is a crash, or a finding of a sanitizer.
  [ $code = 0 ] || [ "${1:-}" = -KILL ] || { echo "FAIL  the server ended with status $code"; tail -20 "$work/server.log"; return 1; }
}

clean_up() {
  local code=$?
  stop_server || code=1
  rm -rf "$work"
  exit $code
}
trap clean_up EXIT
