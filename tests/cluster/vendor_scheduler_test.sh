#!/bin/bash
# A vendor's scheduler, built out of tree against the installed SDK, loaded isolated and chosen by a pod.
build=${1:?usage: vendor_scheduler_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
plugin=$(find "$build/tests/plugins-contrib" -name scheduler-packing.so -print -quit 2>/dev/null)
[ -n "$plugin" ] || { echo "SKIPPED: scheduler-packing has not been built (test contrib_build)"; exit 77; }
cat >"$work/cleat.toml" <<TOML
[schedulers]
enabled = ["scheduler-default", "scheduler-packing"]

[plugins.scheduler-packing]
path = "$plugin"
isolation = "process"
TOML
start_up --config "$work/cleat.toml"
import_demo_image >/dev/null
check 'its file says what it asks for, without running' 'grants.*pods/binding' "$cleat" plugin show "$plugin"
check 'it runs in a process of its own' 'scheduler-packing +[^ ]+ +[^ ]+ +scheduler +running +yes' "$cleat" plugin list --data-dir "$data"
kubectl run packed --image=cleat-demo:1 --overrides='{"spec":{"schedulerName":"packing"}}' >/dev/null
eventually 'a pod that chooses it runs' 30 '1/1 +Running' kubectl get pod packed
check 'bound by it' 'packing' kubectl get pod packed -o 'jsonpath={.spec.schedulerName}'
pkill -KILL -f "cleat host .*scheduler-packing"
eventually 'when it is killed it comes back' 30 'scheduler-packing +[^ ]+ +[^ ]+ +scheduler +running' \
  "$cleat" plugin list --data-dir "$data"
check 'and nothing else has noticed' 'ok' kubectl get --raw /livez
kubectl run again --image=cleat-demo:1 --overrides='{"spec":{"schedulerName":"packing"}}' >/dev/null
eventually 'it goes on binding' 30 '1/1 +Running' kubectl get pod again
check 'a plugin is swapped while it runs' 'now runs from' "$cleat" plugin swap scheduler-default \
  "$build/plugins/scheduler-default.so" --data-dir "$data"
kubectl run swapped --image=cleat-demo:1 >/dev/null
eventually 'and its successor binds' 30 '1/1 +Running' kubectl get pod swapped
finish
