# `cleat server` on loopback for a test. Sourced with $build set, after transcript.sh; see program.sh for what it gives.
. "$(dirname "${BASH_SOURCE[0]}")/../program.sh"

# Nobody is at the nodes of these tests, and some that pods name are not there at all: nobody is missed, unless a test brings
# settings of its own. Those may have these among them.
nobody_is_missed() {
  cat <<'TOML'
[plugins.controller-node-lifecycle]
node_monitor_grace_period = "1h"
node_startup_grace_period = "1h"
[plugins.controller-pod-gc]
quarantine = "1h"
TOML
}
start_server() {
  nobody_is_missed >"$work/nobody.toml"
  [[ " $* " == *" --config "* ]] || set -- --config "$work/nobody.toml" "$@"
  start_program 'is ready' server --listen "127.0.0.1:$port" "$@"
}
stop_server() { stop_program "$@"; }
# What a server with a configuration that is wrong says of it. It may go on without the plugin that cannot start, so it is
# ended as soon as it has said so.
complains() {  # DESCRIPTION PATTERN CONFIG
  local pattern=$2 server
  : >"$work/complaints"
  "$cleat" server --data-dir "$data" --listen "127.0.0.1:$port" --config "$3" >"$work/complaints" 2>&1 &
  server=$!
  said_or_ended() { grep -Eq -- "$pattern" "$work/complaints" || ! kill -0 "$server"; }
  until_true 30 said_or_ended
  kill "$server" 2>/dev/null
  wait "$server" 2>/dev/null
  check "$1" "$pattern" cat "$work/complaints"
}

clean_up() {
  local code=$?
  stop_server || { code=1; failures=1; }
  # What a trap of a test's own did before may have ended well.
  [ "$failures" = 0 ] || { code=1; echo '--- log'; tail -60 "$work/log"; }
  rm -rf "$work"
  exit $code
}
trap clean_up EXIT

# What kubectl has had commands for since 1.24, so that an older one can be asked as well.
request_token() {  # NAMESPACE ACCOUNT [SPEC]: the answer
  printf '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":%s}' "${3:-{\}}" >"$work/token-request.json"
  kubectl create --raw "/api/v1/namespaces/$1/serviceaccounts/$2/token" -f "$work/token-request.json"
}
token_of() { request_token "$@" | python3 -c 'import json, sys; print(json.load(sys.stdin)["status"]["token"])'; }
whoami() {  # COMMAND…: with which credentials to ask
  echo '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}' >"$work/whoami.json"
  "$@" create --raw /apis/authentication.k8s.io/v1/selfsubjectreviews -f "$work/whoami.json"
}
