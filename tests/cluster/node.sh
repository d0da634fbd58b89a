# Starts and stops `cleat up` for a test, and leaves nothing behind. Sourced with $build and $here set.

[ "$(id -u)" = 0 ] || { echo "SKIPPED: containers take root"; exit 77; }
for program in kubectl runc conmon skopeo iptables busybox curl; do
  command -v $program >/dev/null || { echo "SKIPPED: there is no $program"; exit 77; }
done
cleat=$build/bin/cleat
work=$(mktemp -d /tmp/cleat-test.XXXXXX)
data=$work/data
up=
export KUBECONFIG=$data/admin.kubeconfig HOME=$work
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

start_up() {
  : >"$work/log"
  "$cleat" up --data-dir "$data" --listen "0.0.0.0:$port" "$@" >"$work/log" 2>&1 &
  up=$!
  until_true 60 grep -q 'is at work' "$work/log" || { cat "$work/log"; exit 1; }
}

stop_up() {
  [ -n "$up" ] || return 0
  kill "${1:--TERM}" "$up" 2>/dev/null
  wait "$up" 2>/dev/null
  local code=$?
  up=
  # Killed is what it was to be; anything else but 0 is a crash, or a finding of a sanitizer.
  [ $code = 0 ] || [ "${1:-}" = -KILL ] || { echo "FAIL  it ended with status $code"; return 1; }
}

clean_up() {
  local code=$?
  stop_up || { code=1; failures=1; }
  [ "$failures" = 0 ] || { echo '--- log'; tail -60 "$work/log"; }
  bash "$here/../../etc/node-cleanup.sh" "$data"
  rm -rf "$work"
  exit $code
}
trap clean_up EXIT

import_demo_image() {
  sh "$here/../../etc/demo-image.sh" "$work/demo.tar"
  "$cleat" image import "$work/demo.tar" --data-dir "$data"
}

fetch() { curl -sS --max-time 5 "$1"; }

# Fetches URL many times: how many different pods answered.
answering() { for _ in $(seq 1 20); do fetch "$1"; done | sort -u | grep -c .; }
