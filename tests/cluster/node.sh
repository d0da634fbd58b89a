# `cleat up` for a test: real containers on this machine, and nothing left behind. Sourced with $build and $here set, after
# transcript.sh; see program.sh for what it gives.
[ "$(id -u)" = 0 ] || { echo "SKIPPED: containers take root"; exit 77; }
clean_up_node() { bash "$here/../../etc/node-cleanup.sh" "$@"; }
# The data folders that the machine's records name, of nodes in whatever network and of runtimes.
recorded() { cat /run/cleat/node-* /run/cleat/*/data_dir 2>/dev/null; }
# Tests that were killed keep nothing. A folder says by its `pid` whose it is, as long as it is there.
recorded | grep -o '^/tmp/cleat-test\.[^/]*' | sort -u | while read -r folder; do
  if [ -e "$folder" ]; then
    test_of_it=$(cat "$folder/pid" 2>/dev/null)
    if [ -z "$test_of_it" ] || kill -0 "$test_of_it" 2>/dev/null; then continue; fi
  fi
  pkill -9 -f -- "--data-dir $folder/"
  until_true 10 bash -c "! pgrep -f -- '[-]-data-dir $folder/'"
  for each in $(recorded | grep -F "$folder/") "$folder"; do clean_up_node "$each"; done
done
# Whoever else has this machine's network keeps it.
owner=$(clean_up_node --who)
[ -z "$owner" ] || { echo "SKIPPED: a node is at work on this machine with $owner; ./run --stop takes it down"; exit 77; }
. "$(dirname "${BASH_SOURCE[0]}")/../program.sh"
need runc conmon skopeo iptables nft busybox curl

start_up() { start_program 'is at work' up --listen "0.0.0.0:$port" "$@"; }
stop_up() { stop_program "$@"; }

clean_up() {
  local code=$?
  stop_up || { code=1; failures=1; }
  [ "$failures" = 0 ] || { echo '--- log'; tail -60 "$work/log"; }
  clean_up_node "$data"
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
