#!/bin/bash
# bad.sh BUILD: what is wrong with a plugin is found by the check that is there for it.
build=$(cd "${1:?usage: bad.sh BUILD}" && pwd)
here=$(dirname "$0")
. "$here/../transcript.sh"
cleat=$build/bin/cleat fixtures=$build/fixtures
for name in faulty faulty-driver misnamed-roles hostile never-ready controller-restless; do
  [ -e "$fixtures/$name.so" ] || { echo "SKIPPED: $name has not been built"; exit 77; }
done
work=$(mktemp -d /tmp/cleat-test.XXXXXX)
trap 'rm -rf "$work"' EXIT

# Several at once: most of the time they wait.
faults="none lazy greedy blind moody forgetful renames never-content leaks throws crashes hangs silent believes ends-badly"
for fault in $faults; do
  "$cleat" plugin check --calls 1000 --toml "fault = \"$fault\"" "$fixtures/faulty.so" >"$work/$fault" 2>&1 &
  [ "$(jobs -r | wc -l)" -lt 8 ] || wait -n
done
for fault in sound another twice obliging particular; do
  "$cleat" plugin check --calls 1000 --toml "fault = \"$fault\"" "$fixtures/faulty-driver.so" >"$work/$fault" 2>&1 &
  [ "$(jobs -r | wc -l)" -lt 8 ] || wait -n
done
"$cleat" plugin check --without-running "$fixtures/misnamed-roles.so" >"$work/misnamed" 2>&1 &
cat >"$work/map.yaml" <<'END'
apiVersion: v1
kind: ConfigMap
metadata: {name: toy, labels: {restless: "yes"}}
END
"$cleat" plugin check "$fixtures/controller-restless.so" >"$work/idle" 2>&1 &
"$cleat" plugin check --objects "$work/map.yaml" "$fixtures/controller-restless.so" >"$work/restless" 2>&1 &
# A vendor's own: the population says what is changed, and a kind that there is not is no typing error to be passed over.
sed 's/kind: ConfigMap/kind: ConfigMpa/' "$work/map.yaml" >"$work/unknown.yaml"
sed '$a\  annotations: {cleat.dev/check: chnaged}' <(sed 's/^metadata:.*/metadata:\n  name: toy/' "$work/map.yaml") >"$work/misused.yaml"
"$cleat" plugin check --objects "$work/unknown.yaml" "$fixtures/controller-restless.so" >"$work/unknown" 2>&1 &
"$cleat" plugin check "$fixtures/never-ready.so" >"$work/never-ready" 2>&1 &
wait
finds() {  # FAULT CHECK WORDS
  check "$1 fails $2" "$3" grep -E "FAIL  $2 " "$work/$1"
}
finds none symbols 'beside cleat_plugin_v1 it exports [0-9]+ more'
check 'and nothing else' '^1$' grep -c FAIL "$work/none"
finds lazy start 'it would rather not'
finds greedy grants 'get secrets'
finds blind interests 'did you mean "configmaps"'
finds moody repeats 'Admission.interests gives two answers'
finds forgetful restart 'answers otherwise than before'
finds renames mutate 'metadata.name'
finds never-content mutate 'changes its own result once more'
finds leaks memory 'bytes for good'
finds throws validate 'that was too much'
finds crashes crashes 'killed by signal 6 .* when it was asked Authenticator.authenticate'
finds hangs crashes 'stuck: a callback'
finds silent deadlines 'did not answer Authenticator.authenticate'
finds believes strangers 'nonsense for "anybody"'
finds ends-badly stop 'did not end in order'

check 'a sound driver fails nothing else' '^1$' grep -c FAIL "$work/sound"
check 'of what it has never made it is asked' 'ok +unmount' cat "$work/sound"
check 'and of devices that there are not' 'ok +prepare' cat "$work/sound"
check_fails 'so nobody says that it is asked nothing' '^$' grep 'asked nothing' "$work/sound"
finds another describe 'objects may name the driver "another.example.com"'
finds twice describe 'the driver faulty.example.com twice'
finds obliging mount 'asked for no volume and no place'
finds obliging prepare 'a device that there is not'
finds particular unmount 'never mounted it answers 400'
finds particular unprepare 'never prepared it answers 500'
finds misnamed manifest 'nobody knows the role devic-driver; did you mean "device-driver"'
finds misnamed interfaces 'learns of the role volume'
check_fails 'the roles that the server itself asks are known' '^$' grep -E 'role (addon|store-engine)' "$work/misnamed"

check 'a controller without work rests' 'ok +rest ' cat "$work/idle"
check 'one that is never content does not' 'FAIL  rest .*default/toy' cat "$work/restless"
check 'an object of no kind that there is is told' 'FAIL  objects +--objects: document 1: there is no kind ConfigMpa in v1' cat "$work/unknown"
check_fails 'so is what no check does with one' '--objects: document 1: metadata.annotations\[cleat.dev/check\]: no check does "chnaged" .*did you mean "changed"' \
  "$cleat" plugin check --objects "$work/misused.yaml" "$fixtures/controller-restless.so"
check 'one that is never ready is waited for, and told' 'FAIL  start .*not ready within' cat "$work/never-ready"
check_fails 'what is no plugin is none' 'FAIL  load .*not a shared object' "$cleat" plugin check "$here/bad.sh"
check_fails 'nor is one of another ABI' 'FAIL  load .*ABI' "$cleat" plugin check "$fixtures/other-major.so"
check_fails 'a setting that there is not is refused' 'FAIL  load .*falt' \
  "$cleat" plugin check --toml 'falt = "x"' "$fixtures/faulty.so"
check 'nothing runs where nothing is to' 'ok +load .*faulty 0.1.0 can be loaded, into a process of its own that is confined' \
  bash -c "'$cleat' plugin check --without-running '$fixtures/faulty.so' || true"
finish
