#!/bin/bash
# What happens to plugins is told by a plugin, as events; the server itself says it in health and metrics, with or without that one.
build=${1:?usage: notices_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
hostile=$(cd "$build" && pwd)/fixtures/hostile.so
[ -e "$hostile" ] || { echo "SKIPPED: hostile has not been built"; exit 77; }
listed() { "$cleat" plugin list --data-dir "$data"; }
attacks() { mkdir -p "$data/plugins/hostile"; printf '%s\n' "$@" >"$data/plugins/hostile/attacks"; }
configure() {  # NOTICES: whom plugins of that role are
  cat >"$work/cleat.toml" <<TOML
[roles]
notices = [$1]
[schedulers]
enabled = ["scheduler-default", "hostile"]
[plugins.hostile]
path = "$hostile"
[controllers]
enabled = ["...", "controller-tattler"]
[plugins.controller-tattler]
path = "$(dirname "$hostile")/controller-tattler.so"
TOML
}
events() {  # OPTION…
  kubectl get events -A --field-selector involvedObject.kind=Plugin "$@"
}
fields='{range .items[*]}{.type} {.reason} {.metadata.namespace} {.involvedObject.apiVersion}/{.involvedObject.name}/{.involvedObject.namespace} {.source.component} {.count}{"\n"}{end}'
crashes() { kubectl get --raw /metrics | grep '^cleat_plugin_notices_total{plugin="hostile",reason="Crashed"}'; }

# As it is without any settings: the list of the role is the default one.
configure '"..."'
attacks abort
start_server --config "$work/cleat.toml"
check 'a plugin for that is there by default' 'notices-events +[^ ]+ +beta +notices +running' listed
eventually 'a crash is an event' 20 'Warning +Crashed +plugin/hostile +its process was killed by signal 6' kubectl get events -n default
eventually 'of a namespace, about a plugin' 20 'Warning Crashed default cleat.dev/v1/hostile/ cleat-plugins [1-9]' events -o "jsonpath=$fields"
attacks 'read /nothing'
eventually 'that it runs again is one too' 30 'Normal Restarted default cleat.dev/v1/hostile/ cleat-plugins [1-9]' events -o "jsonpath=$fields"
eventually 'health says what was' 20 '\[\+\]plugin-hostile ok: Crashed .*: its process was killed by signal 6' kubectl get --raw '/readyz?verbose'
check 'metrics count it' ' [1-9][0-9]*$' crashes
eventually 'no plugin tells in the name of the server' 20 'notices: the role notices is called by the server alone' cat "$work/log"
check 'nor what goes into its audit log' 'audit: the role audit is called by the server alone' cat "$work/log"
check 'nothing is told of it' '^0$' bash -c 'kubectl get events -A -o name --field-selector involvedObject.name=kinds-core | wc -l'
check 'whoever writes them may do that alone' '^- events create$' bash -c "'$cleat' plugin show '$build/plugins/notices-events.so' | grep -Eo -- '- events [a-z,]+'"
check 'its own absence harms nobody' 'unloaded notices-events' "$cleat" plugin unload notices-events --data-dir "$data"
check 'the server is well' '^ok$' kubectl get --raw /readyz
stop_server

# Nobody hears of it.
rm -rf "$data"
configure ''
attacks abort
start_server --config "$work/cleat.toml"
check 'without one' '^none$' bash -c "'$cleat' plugin list --data-dir '$data' | grep notices-events || echo none"
eventually 'a crash is counted' 20 ' [1-9][0-9]*$' crashes
attacks 'read /nothing'
eventually 'and in health' 30 '\[\+\]plugin-hostile ok: Crashed .*: its process was killed by signal 6' kubectl get --raw '/readyz?verbose'
eventually 'the rest works' 20 'created' kubectl create configmap works
check 'nobody writes events' '^$' events -o name

# Until somebody comes, who hears of what was before.
configure '"notices-events"'
printf '[plugins.notices-events]\nisolation = "process"\n' >>"$work/cleat.toml"
check 'one is put in while the server runs' 'loaded notices-events' "$cleat" reload --data-dir "$data"
kill_plugin() {  # NAME
  kill -ABRT "$("$cleat" plugin list -o json --data-dir "$data" | python3 -c '
import json, sys
print(next(p["process"] for p in json.load(sys.stdin) if p["name"] == sys.argv[1]))' "$1")"
}
check 'with the next crash' '' kill_plugin hostile
all_told() { [ "$(told)" = "$(crashes | grep -o '[0-9]*$') crashes told" ] && [ "$(told)" != '1 crashes told' ] && echo all; }
told() { events -o json | python3 -c '
import json, sys
print(sum(e["count"] for e in json.load(sys.stdin)["items"]
          if e["reason"] == "Crashed" and e["involvedObject"]["name"] == "hostile"), "crashes told")'; }
eventually 'it tells of the ones before as well, each once' 20 '^all$' all_told

# Whoever tells may crash like any other.
check 'one that tells has a process of its own' 'notices-events .* running +yes' listed
check 'which ends' '' kill_plugin notices-events
eventually 'of its own crash it tells when it is there again' 20 'Warning +Crashed +plugin/notices-events +its process was killed by signal 6' \
  kubectl get events -n default
eventually 'and that it is' 20 'Normal +Restarted +plugin/notices-events' kubectl get events -n default
finish
