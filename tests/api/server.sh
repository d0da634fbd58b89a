# `cleat server` on loopback for a test. Sourced with $build set, after transcript.sh; see program.sh for what it gives.
. "$(dirname "${BASH_SOURCE[0]}")/../program.sh"

start_server() { start_program 'is ready' server --listen "127.0.0.1:$port" "$@"; }
stop_server() { stop_program "$@"; }

clean_up() {
  local code=$?
  stop_server || { code=1; failures=1; }
  [ "$failures" = 0 ] || { echo '--- log'; tail -60 "$work/log"; }
  rm -rf "$work"
  exit $code
}
trap clean_up EXIT
