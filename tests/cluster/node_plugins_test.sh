#!/bin/bash
# Plugins of the node of `cleat up`: replaced while it runs, changed in the configuration, and left out in safe mode.
build=${1:?usage: node_plugins_test.sh BUILD_DIR}
build=$(cd "$build" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
fixtures=$build/fixtures
for name in hostile admission-odd; do [ -e "$fixtures/$name.so" ] || { echo "SKIPPED: $name has not been built"; exit 77; }; done
plugin() { "$cleat" plugin "$@" --data-dir "$data/agent"; }
# Any role is a node's, and this plugin does nothing in it.
cat >"$work/cleat.toml" <<TOML
[node_roles]
scheduler = ["hostile", "admission-odd"]
volum = []
[plugins.admission-odd]
path = "$fixtures/admission-odd.so"
[plugins.hostile]
path = "$fixtures/hostile.so"
TOML
mkdir -p "$data/agent/plugins/hostile"
echo 'read /nothing' >"$data/agent/plugins/hostile/attacks"
start_up --config "$work/cleat.toml"
check 'a plugin runs on the node' 'hostile +1.0.0 +alpha +scheduler +running +yes' plugin list

check 'of a role that no list gives is warned on a node too' \
  "config: $work/cleat.toml:2: node_roles.scheduler: plugin admission-odd could fill admission too, and no list gives it that: admission.chain would" \
  cat "$work/log"
check 'and of a list of a role that is none' \
  "config: $work/cleat.toml:3: node_roles.volum: it is empty, and no role is called that; did you mean \"volume\"\?" cat "$work/log"

check_fails 'a swap there is not saved, and says what would be' \
  "nothing was changed: a node saves no changes: write path = \"$fixtures/hostile-more.so\" under \[plugins.hostile\] of its configuration" \
  plugin swap hostile "$fixtures/hostile-more.so" --grant --save
check_fails 'more is not granted unasked' 'asks to be allowed more than the one that runs: - secrets get; --grant allows it' \
  plugin swap hostile "$fixtures/hostile-more.so"
check 'the one that ran goes on' 'version +1.0.0' plugin info hostile
check 'more is granted when it is said' 'hostile now runs from' plugin swap hostile "$fixtures/hostile-more.so" --grant
check 'the other one runs' 'version +2.0.0' plugin info hostile

reload() { "$cleat" reload --data-dir "$data"; }
check 'a reload without a change does nothing' 'no plugin is changed' reload
echo 'memory_limit = "128Mi"' >>"$work/cleat.toml"
check_fails 'of a plugin of the node it says that it takes a restart' 'nothing was changed: \[plugins.hostile\] takes a restart' reload
sed -i '/memory_limit/d; s/^scheduler = .*/scheduler = []/' "$work/cleat.toml"
check_fails 'of its lists too' 'nothing was changed: node_roles.scheduler takes a restart' reload
sed -i 's/^scheduler = .*/scheduler = ["hostile", "admission-odd"]/' "$work/cleat.toml"
stop_up || exit 1

start_up --config "$work/cleat.toml" --safe-mode
check 'safe mode leaves it out' 'safe mode: plugin hostile is left out of the node' cat "$work/log"
check_fails 'it does not run' 'no plugin hostile is loaded' plugin info hostile
check 'ours do' 'runtime-oci .* running' plugin list
eventually 'and the node is ready' 60 ' Ready ' kubectl get nodes
check 'a reload leaves it out again' 'no plugin is changed' reload
finish
