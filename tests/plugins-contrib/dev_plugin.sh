# `cleat plugin dev` for a test: in a folder of its own, and ended with it. Sourced after transcript.sh with $cleat, $sdk and the
# array $definitions (what CMake is told) set.
work=$(mktemp -d /tmp/cleat-test.XXXXXX)
mkdir "$work/tmp"
export TMPDIR=$work/tmp HOME=$work
dev=
clean_up() {
  local code=$?
  [ -z "$dev" ] || { kill -INT $dev 2>/dev/null; wait $dev; }
  [ "$failures" = 0 ] || { echo '--- log'; tail -60 "$work/log"; }
  rm -rf --one-file-system "$work"
  exit $code
}
trap clean_up EXIT
log() { cat "$work/log"; }
begin_dev() {  # NAME OPTION…
  : >"$work/log"
  "$cleat" plugin dev "$work/$1" --sdk "$sdk" "${definitions[@]}" "${@:2}" >"$work/log" 2>&1 &
  dev=$!
  until_true 240 grep -q 'export KUBECONFIG=' "$work/log" || { failures=1; exit 1; }
  export KUBECONFIG=$(sed -n 's/.*export KUBECONFIG=//p' "$work/log")
}
end_dev() {  # SIGNAL: its exit code
  kill "-$1" $dev
  wait $dev
  local code=$?
  dev=
  return $code
}
