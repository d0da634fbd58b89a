# What the tests of clients share: their languages' tools, and where what they build is kept. Sourced after transcript.sh, with
# $build set; gives $out (CLEAT_CLIENTS, where that is set). What is compiled and downloaded stays below the build folder, but for Go's own caches, which are
# shared with the conformance suite: most packages are the same.
out=${CLEAT_CLIENTS:-$(cd "$build/.." && pwd)/clients}
mkdir -p "$out"
# start_program changes HOME, under which the languages keep what they have downloaded.
tools_home=$HOME

skip() { echo "SKIPPED: $*"; exit 77; }

need_tool() {
  local tool
  for tool in "$@"; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
}

need_go() {
  local version minor
  version=$(go env GOVERSION 2>/dev/null) || skip "there is no Go"
  minor=${version#go1.}
  [ "${minor%%[!0-9]*}" -ge 26 ] || skip "this takes Go 1.26, and here is $version"
}

go_build() {  # MODULE_DIR NAME PACKAGE: $out/NAME
  (cd "$1" && HOME=$tools_home CGO_ENABLED=0 nice go build -ldflags '-s -w' -o "$out/$2" "$3") ||
    { echo "FAIL  $2 cannot be built"; exit 1; }
}

# Pods get a node and run, or end, though there is none.
play_node() {
  python3 "$(dirname "${BASH_SOURCE[0]}")/hollow_nodes.py" stage >"$work/node.log" 2>&1 &
  players="${players:-} $!"
  trap 'end_players; clean_up' EXIT
}

end_players() {  # keeps the status that the test ends with
  local code=$?
  # shellcheck disable=SC2086
  kill $players 2>/dev/null
  wait $players 2>/dev/null
  return $code
}
