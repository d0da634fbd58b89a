#!/bin/bash
# Plugins of the node of `cleat up`: they come, go, are replaced and change with the configuration while it runs, all or nothing, and
# what is saved is there at the next start; what safe mode leaves out stays saved. Then those of a node alone.
build=${1:?usage: node_plugins_test.sh BUILD_DIR}
build=$(cd "$build" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
fixtures=$build/fixtures
for name in hostile hostile-more admission-odd volume-scratch old-plugin my-plugin echo-concurrent; do [ -e "$fixtures/$name.so" ] || { echo "SKIPPED: $name has not been built"; exit 77; }; done
plugin() { "$cleat" plugin "$@" --data-dir "$data/agent"; }
reload() { "$cleat" reload --data-dir "$data"; }
saved=$data/agent/plugins.toml
grep_count() { grep -c "$1" "$saved" || true; }
attacks() { mkdir -p "$data/agent/plugins/hostile"; echo "$1" >"$data/agent/plugins/hostile/attacks"; }
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
attacks 'read /nothing'
start_up --config "$work/cleat.toml"
check 'a plugin runs on the node' 'hostile +1.0.0 +alpha +scheduler +running +yes' plugin list
check 'of a role that no list gives is warned on a node too' \
  "config: $work/cleat.toml:2: node_roles.scheduler: plugin admission-odd could fill admission too, and no list gives it that: admission.chain would" \
  cat "$work/log"
check 'and of a list of a role that is none' \
  "config: $work/cleat.toml:3: node_roles.volum: it is empty, and no role is called that; did you mean \"volume\"\?" cat "$work/log"

echo '--- another version'
check_fails 'more is not granted unasked' 'asks to be allowed more than the one that runs: - secrets get; --grant allows it' \
  plugin swap hostile "$fixtures/hostile-more.so"
check 'the one that ran goes on' 'version +1.0.0' plugin info hostile
check 'more is granted when it is said' 'hostile now runs from' plugin swap hostile "$fixtures/hostile-more.so" --grant
check 'the other one runs' 'version +2.0.0' plugin info hostile
check 'what was not saved is undone by a reload' 'of the node: changed hostile' reload
check 'what is saved' 'hostile now runs from' plugin swap hostile "$fixtures/hostile-more.so" --grant --save
check 'is written down for the node' "path = \"$fixtures/hostile-more.so\"" cat "$saved"
check_fails 'and not for the server' 'No such file' cat "$data/plugins.toml"
check 'a reload leaves it' 'no plugin is changed' reload

echo '--- in and out'
import_demo_image >/dev/null
pod() {  # NAME
  kubectl create -f - >/dev/null <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: c, image: cleat-demo:1, command: [sleep, "1000"], volumeMounts: [{name: v, mountPath: /v}]}]
  volumes: [{name: v, csi: {driver: scratch.example.com, volumeAttributes: {size: 1Mi}}}]
YAML
}
eventually 'the node is ready' 60 ' Ready ' kubectl get nodes
until_true 20 kubectl get serviceaccount default
pod before
eventually 'without its driver a volume is not mounted' 30 'scratch.example.com' kubectl get events --field-selector involvedObject.name=before
check 'a driver is loaded, after it was said what it asks for' 'grants.*loaded volume-scratch' plugin load volume-scratch "$fixtures/volume-scratch.so"
eventually 'and mounts it' 60 '1/1 +Running' kubectl get pod before
check_fails 'once' 'loaded already' plugin load volume-scratch "$fixtures/volume-scratch.so"
kubectl delete pod before --grace-period=1 >/dev/null
check 'disabled, it does not run' 'unloaded volume-scratch' plugin disable volume-scratch
check_fails 'and is not there' 'no plugin volume-scratch is loaded' plugin info volume-scratch
check_fails 'nor can it be taken out again' 'plugins "volume-scratch" not found' plugin unload volume-scratch
check_fails 'what is no plugin is not loaded' 'not a shared object' plugin load nothing "$work/cleat.toml"
check_fails 'nor what is not there, with what was meant' 'there is no plugin volume-lop: .*; did you mean "volume-loop"' plugin enable volume-lop
check 'one that cannot start' 'unloaded hostile' plugin unload hostile
attacks refuse
check_fails 'is not loaded' 'nothing was changed: plugin hostile: cannot start' plugin load hostile "$fixtures/hostile.so"
check_fails 'at all' 'no plugin hostile is loaded' plugin info hostile

echo '--- the configuration is read again'
printf '[plugins.volume-scratch]\npath = "%s"\n' "$fixtures/volume-scratch.so" >>"$work/cleat.toml"
sed -i 's/^volum = .*/volume = ["volume-scratch"]/' "$work/cleat.toml"
check_fails 'all of it or nothing: one cannot start' 'nothing was changed: plugin hostile: cannot start' reload
check_fails 'and the other does not stay' 'no plugin volume-scratch is loaded' plugin info volume-scratch
sed -i '1i [kinds]\nenabled = ["...", "my-plugin"]\n[plugins.my-plugin]\npath = "'"$fixtures/my-plugin.so"'"' "$work/cleat.toml"
check_fails 'nor does what the server would have had' 'nothing was changed: plugin hostile: cannot start' reload
check_fails 'which is as it was' 'no plugin my-plugin is loaded' "$cleat" plugin info my-plugin --data-dir "$data"
attacks 'read /nothing'
check 'then all of it' '^loaded my-plugin; of the node: .*loaded volume-scratch' reload
check 'the server has it' 'my-plugin +0.1.0 .*running' "$cleat" plugin list --data-dir "$data"
check 'and the node' 'volume-scratch .* running' plugin list
sed -i 's/"volume-scratch"\]/"volume-scrach"]/' "$work/cleat.toml"
check_fails 'a mistake is said with its line and what was meant' \
  "$work/cleat.toml:7: node_roles.volume: plugin volume-scrach is not there: .*; did you mean \"volume-scratch\"" reload
sed -i 's/"volume-scrach"\]/"volume-scratch"]/' "$work/cleat.toml"
sed -i 's/^\[plugins.volume-scratch\]/&\nmost = "2Mi"/' "$work/cleat.toml"
check 'settings count at once' 'of the node: changed volume-scratch' reload
printf '[agent]\nport = 10251\n' >>"$work/cleat.toml"
check_fails 'what takes a restart says so' 'nothing was changed: agent.port takes a restart' reload
sed -i '/^\[agent\]/,$d' "$work/cleat.toml"
sed -i 's/^\[plugins.volume-scratch\]/[proxy]\nmode = "userspace"\n&/' "$work/cleat.toml"
kill -HUP "$program"
eventually 'a signal does the same, here with another proxy' 30 \
  'read the configuration again: of the node: loaded proxy-userspace, unloaded proxy-iptables' cat "$work/log"
kubectl run web --image=cleat-demo:1 --port=8080 --expose >/dev/null
kubectl wait --for=condition=Ready pod/web --timeout=60s >/dev/null
address=$(kubectl get service web -o 'jsonpath={.spec.clusterIP}')
eventually 'which leads to pods' 20 '^web' fetch "http://$address:8080"
check 'the node alone is read again at its own socket' 'no plugin is changed' "$cleat" reload --data-dir "$data/agent"

echo '--- what a node needs'
check_fails 'the runtime stays' 'nothing was changed: plugin runtime-oci alone fills the role runtime, without which the node runs nothing' plugin unload runtime-oci
check_fails 'so does the network' 'nothing was changed: plugin network-cni alone fills the role network' plugin disable network-cni
check_fails 'and the agent' "nothing was changed: plugin agent is the node's agent" plugin unload agent
check_fails 'of a role that one plugin has there is no second' \
  'nothing was changed: the role runtime is one plugin'"'"'s on a node, and runtime-oci has it: \[runtime\] plugin = "old-plugin" in the configuration and .cleat reload.' \
  plugin load old-plugin "$fixtures/old-plugin.so"
cp "$work/cleat.toml" "$work/kept.toml"
printf '[runtime]\nplugin = "old-plugin"\n[plugins.old-plugin]\npath = "%s"\n' "$fixtures/old-plugin.so" >>"$work/cleat.toml"
check_fails 'another runtime is not taken while there are pods that it knows nothing of' \
  'nothing was changed: the role runtime cannot go to old-plugin now: the node has 1 sandbox of runtime-oci, and old-plugin would know nothing of that; drain the node' reload
cp "$work/kept.toml" "$work/cleat.toml"
check 'all goes on' 'runtime-oci .* running' plugin list
printf '[network]\nplugin = "echo-concurrent"\n[plugins.echo-concurrent]\npath = "%s"\n' "$fixtures/echo-concurrent.so" >>"$work/cleat.toml"
check_fails 'so it is with the network' 'the role network cannot go to echo-concurrent now' reload
kubectl delete pod web --grace-period=1 >/dev/null
eventually 'without pods another takes its place' 30 'of the node: loaded echo-concurrent, unloaded network-cni' reload
check 'and has it' 'echo-concurrent .* network +running' plugin list
mv "$work/kept.toml" "$work/cleat.toml"
check 'until it is another again' 'of the node: loaded network-cni, unloaded echo-concurrent' reload
kubectl run again --image=cleat-demo:1 >/dev/null
eventually 'which connects pods as before' 60 '1/1 +Running' kubectl get pod again
check 'a node can be without a proxy' 'unloaded proxy-userspace' plugin disable proxy-userspace --save
check 'which is saved' 'mode = ""' cat "$saved"
stop_up || exit 1

echo '--- safe mode'
start_up --config "$work/cleat.toml" --safe-mode
check 'safe mode leaves others out' 'safe mode: plugin hostile is left out of the node' cat "$work/log"
check_fails 'they do not run' 'no plugin hostile is loaded' plugin info hostile
check 'ours do' 'runtime-oci .* running' plugin list
eventually 'and the node is ready' 60 ' Ready ' kubectl get nodes
check 'a reload leaves them out again' 'no plugin is changed' reload
check 'what is saved' 'loaded proxy-iptables' plugin enable proxy-iptables --save
check 'says nothing against them' '^0$' grep_count node_roles
check_fails 'one that is left out is not taken out by accident' 'does not run, as safe mode leaves it out: --save takes it out' plugin disable volume-scratch
check 'but when it is said' 'volume-scratch, which safe mode has left out, is in no list any more' plugin disable volume-scratch --save
check 'it alone' '^volume = \[\]$' sed -n '/^\[node_roles\]/,/^$/{/^[a-z]/p}' "$saved"
check 'another comes in while safe mode lasts' 'loaded hostile' plugin enable hostile
stop_up || exit 1
start_up --config "$work/cleat.toml"
check 'then they are there' 'version +2.0.0' plugin info hostile
check 'with the proxy that was saved' 'proxy-iptables .* running' plugin list
check_fails 'but for the one that was taken out' 'no plugin volume-scratch is loaded' plugin info volume-scratch
stop_up || exit 1
bash "$here/../../etc/node-cleanup.sh" "$data"

echo '--- a node alone'
rm -rf "$data" "$work/node"
server=
end_server() { [ -z "$server" ] || { kill "$server"; wait "$server"; server=; }; }
trap 'end_server; bash "$here/../../etc/node-cleanup.sh" "$work/node"; clean_up' EXIT
printf '[node_roles]\nvolume = []\n' >"$work/node.toml"
start_program 'the server is ready' server --listen "0.0.0.0:$port"
server=$program
start_node() {
  : >"$work/node.log"
  "$cleat" agent --data-dir "$work/node" --server "https://127.0.0.1:$port" --token "$(cat "$data/node-token")" --config "$work/node.toml" "$@" >"$work/node.log" 2>&1 &
  program=$!
  until_true 60 grep -q 'is at work' "$work/node.log" || { cat "$work/node.log"; exit 1; }
}
on_node() { "$cleat" plugin "$@" --data-dir "$work/node"; }
start_node
check 'a driver is loaded' 'loaded volume-scratch' on_node load volume-scratch "$fixtures/volume-scratch.so" --save
check 'and saved' 'volume = \["volume-scratch"\]' cat "$work/node/plugins.toml"
stop_up || exit 1
start_node
check 'it is there again' 'volume-scratch .* running' on_node list
printf '[plugins.volume-scratch]\nmost = "3Mi"\n' >>"$work/node.toml"
kill -HUP "$program"
eventually 'a signal has it read its configuration again' 20 'read the configuration again: changed volume-scratch' cat "$work/node.log"
check 'so does the command' 'no plugin is changed' "$cleat" reload --data-dir "$work/node"
stop_up || exit 1
start_node --safe-mode
check 'in safe mode it is left out' 'safe mode: plugin volume-scratch is left out of the node' cat "$work/node.log"
stop_up || exit 1
finish
