# For client-driven tests: a command, and what it must print. Sourced by the scripts in tests/api and tests/cluster.
#
#   check 'a pod shows its node' 'web-0 +1/1 +Running' kubectl get pods
#   check_fails 'an unknown field is refused' 'unknown field "spec.foo"' kubectl apply -f bad.yaml
#   eventually 'the pod runs' 60 'Running' kubectl get pod web-0
#
# The pattern is an extended regular expression over all of the output, both streams. At the end: `finish`.

CURL_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export CURL_HOME  # .curlrc
checks=0
failures=0

verdict() {  # DESCRIPTION OK OUTPUT PATTERN COMMAND…
  checks=$((checks + 1))
  if [ "$2" = 1 ]; then
    printf 'ok    %s\n' "$1"
  else
    failures=$((failures + 1))
    printf 'FAIL  %s\n      $ %s\n%s\n      expected: %s\n' "$1" "${*:5}" "$(sed 's/^/      /' <<<"$3")" "$4"
  fi
}

matches() { printf '%s\0' "$1" | grep -q -z -E -- "$2"; }

check() {
  local description=$1 pattern=$2 output ok=0
  shift 2
  output=$("$@" 2>&1) && matches "$output" "$pattern" && ok=1
  verdict "$description" $ok "$output" "$pattern" "$@"
}

check_fails() {
  local description=$1 pattern=$2 output ok=0
  shift 2
  if output=$("$@" 2>&1); then :; elif matches "$output" "$pattern"; then ok=1; fi
  verdict "$description" $ok "$output" "$pattern" "$@"
}

# Asks again, five times a second, for at most SECONDS.
eventually() {
  local description=$1 seconds=$2 pattern=$3 output ok=0 until
  shift 3
  until=$((SECONDS + seconds))
  while :; do
    output=$("$@" 2>&1)
    matches "$output" "$pattern" && { ok=1; break; }
    [ $SECONDS -lt $until ] || break
    read -r -t 0.2 <> <(:) || true
  done
  verdict "$description" $ok "$output" "$pattern" "$@"
}

# The output of a command, and behind it the word soon where that has not taken five seconds.
soon() { local begin=$SECONDS; "$@"; [ $((SECONDS - begin)) -lt 5 ] && echo soon; }

# `until_true SECONDS COMMAND…`: waits for something that is no check of its own.
until_true() {
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $until ] || return 1
    read -r -t 0.1 <> <(:) || true
  done
}

finish() {
  printf '%s checks, %s failed\n' "$checks" "$failures"
  [ "$failures" = 0 ] && [ "$checks" -gt 0 ]
}
