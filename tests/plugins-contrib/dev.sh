#!/bin/bash
# dev.sh CLEAT SDK CMAKE_ARGUMENTS…: `cleat plugin dev` from the first build to Ctrl-C: the plugin acts through kubectl, a change of its
# source and of its settings counts at once, what does not compile is shown, and in the end nothing is left.
here=$(dirname "$0")
cleat=$1 sdk=$2
shift 2
. "$here/../transcript.sh"
command -v kubectl >/dev/null || { echo "SKIPPED: there is no kubectl"; exit 77; }
definitions=("$@")
. "$here/dev_plugin.sh"
begin() { begin_dev hello "$@"; }  # OPTION…
end() { end_dev "$1"; }            # SIGNAL
run_pod() { kubectl run "$1" --image="$2" --dry-run=server; }

check 'its help says what it does' 'Builds the plugin in DIR and runs it, isolated.*--config.*Example: ' "$cleat" plugin dev --help
check 'and for whom it takes more' 'One that works on a node .runtime, network, proxy, volume, device-driver. runs in a cluster of one.*needs root' "$cleat" plugin dev --help
check_fails 'a folder that is none' 'there is no such folder' "$cleat" plugin dev "$work/nowhere"
check_fails 'a folder with no plugin' 'there is no plugin to build in .*: it has no CMakeLists.txt' "$cleat" plugin dev "$work/tmp"
check 'neither leaves anything' '^$' ls -A "$work/tmp"

"$cleat" plugin new --role admission --c hello "$work/hello" >/dev/null
begin
check 'it says how the plugin is' 'hello is running, in the server at https://127.0.0.1:[0-9]+' log
check 'isolated' 'hello +0.1.0 +alpha +admission +running +yes' "$cleat" plugin list --data-dir "$(dirname "$KUBECONFIG")"
check_fails 'it acts' 'the image "evil/web" of container web does not come from registry.example/' run_pod web evil/web
sed -i 's/does not come from/is not one of/' "$work/hello/hello.c"
eventually 'a source that changes is taken in' 120 'hello.c has changed.*hello is replaced and running' log
check_fails 'and counts' 'the image "evil/web" of container web is not one of registry.example/' run_pod web evil/web
echo 'nonsense' >>"$work/hello/hello.c"
eventually 'what does not compile is shown' 120 'hello.c:[0-9]+:[0-9]+: error: .*it does not compile: what ran before goes on' log
check_fails 'and changes nothing' 'is not one of registry.example/' run_pod web evil/web
sed -i -e '$d' -e 's/is not one of/is foreign to/' "$work/hello/hello.c"
eventually 'until it compiles again' 120 'what ran before goes on.*hello is replaced and running' log
check_fails 'which counts' 'is foreign to registry.example/' run_pod web evil/web
sed -i 's/^registry = .*/registry = "evil"/' "$work/hello/cleat.toml"
eventually 'settings count without a build' 20 'cleat.toml has changed.*changed hello' log
check 'at once' 'pod/web created' run_pod web evil/web
check_fails 'with the version that is there' 'is foreign to evil/' run_pod web good/web
end INT
check 'Ctrl-C ends it well' '^0$' echo $?
check 'nothing is left in the file system' '^$' ls -A "$work/tmp"
check_fails 'nor a process' '^$' pgrep -f "$work/"

rm "$work/hello/cleat.toml"
begin --plugin hello
check_fails 'without a configuration it is in all of its roles' 'is foreign to registry.example/' run_pod web evil/web
pkill -KILL -P $dev
eventually 'a server that ends is told of' 20 'the server has ended' log
sed -i 's/is foreign to/is not in/' "$work/hello/hello.c"
eventually 'and started again with the next change' 120 'has ended.*hello.c has changed.*hello is running' log
check_fails 'with that' 'is not in registry.example/' run_pod web evil/web
end TERM
check 'SIGTERM ends it as well' '^0$' echo $?
check 'and nothing is left' '^$' ls -A "$work/tmp"

begin
kill -KILL $dev
wait $dev 2>/dev/null
dev=
eventually 'a killed one leaves no process' 20 '^$' pgrep -f "$work/"
check 'but its folder' '^cleat-dev-[^ ]*$' ls -A "$work/tmp"
check_fails 'which the next one takes away' 'there is no such folder' "$cleat" plugin dev "$work/nowhere"
check 'so that nothing is left' '^$' ls -A "$work/tmp"
finish
