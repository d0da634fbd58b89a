#!/bin/bash
# A machine's network is one node's: a second one is refused, whatever has become of the first, and cleaning up after one
# leaves the other alone.
build=${1:?usage: one_machine_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/node.sh"
need unshare nsenter
other=$work/other
apart=
end() {
  local code=$?
  [ -z "$apart" ] || { kill -9 $apart; wait $apart; } 2>/dev/null
  [ "$data" = "$other" ] || clean_up_node "$other"
  (exit $code)
  clean_up
}
trap end EXIT
up_other() { timeout 60 "$cleat" up --data-dir "$other" --listen "127.0.0.1:$((port + 1))"; }
started() { kubectl get pod web -o jsonpath='{.status.containerStatuses[0].containerID}'; }
# What is there of a node: processes, mounts; and of any: bridges, rules, cgroups, records.
of_node() { printf '%s ' "$(pgrep -fc -- "$1/")" "$(grep -c "$1/" /proc/self/mounts)"; }
bridges() { ip -o link show cleat0 2>/dev/null | cut -d ' ' -f 2; }
rules() { iptables-save | grep -E 'KUBE-|CLEAT-|CNI-' | cut -d '[' -f 1; }
groups() { find /sys/fs/cgroup -type d -path '*/cleat*' -not -path '*/cleat-test-*'; }
records() { ls /run/cleat 2>/dev/null; }
of_machine() { { bridges; rules; groups; records; } | sort | cksum; }
on_machine() { { bridges; rules; groups; records; } | sort; }
before_all=$(on_machine)
left_on_machine() { comm -13 <(echo "$before_all") <(on_machine); }

start_up
import_demo_image >/dev/null
kubectl run web --image=cleat-demo:1 --port=8080 >/dev/null
kubectl expose pod web --port=80 --target-port=8080 >/dev/null
eventually 'a node runs a pod' 60 '1/1 +Running' kubectl get pod web
vip=$(kubectl get service web -o jsonpath='{.spec.clusterIP}')
eventually 'that a service leads to' 15 '^web' fetch "http://$vip"
before=$(started)

check 'the machine says whose it is' "^$data\$" clean_up_node --who
check_fails 'a second node is refused' \
  "^cleat: another node of Cleat is at work on this machine, with its data in $data, .*etc/node-cleanup.sh $data " up_other
check 'and has made nothing' '^none' bash -c "[ -e '$other' ] || echo none"
check_fails 'so is the same one twice' "its data in $data is at work already" \
  "$cleat" up --data-dir "$data/" --listen "127.0.0.1:$((port + 1))"
check_fails 'an agent is a node as well' 'another node of Cleat is at work' \
  "$cleat" agent --data-dir "$other" --server "https://127.0.0.1:$port" --token x
check_fails 'a node at work is not cleaned up' "the node with its data in $data is at work: stop it first" clean_up_node "$data"

machine=$(of_machine)
unshare -n sh -c 'ip link set lo up; exec "$@"' - "$cleat" up --data-dir "$other" --listen "127.0.0.1:$port" >"$work/apart" 2>&1 &
apart=$!
until_true 60 grep -q 'is at work' "$work/apart" || { cat "$work/apart"; exit 1; }
kubectl_apart() { nsenter -t $apart -n kubectl --kubeconfig "$other/admin.kubeconfig" "$@"; }
"$cleat" image import "$work/demo.tar" --data-dir "$other" >/dev/null
kubectl_apart run web --image=cleat-demo:1 >/dev/null
eventually 'in another network namespace there is room for a node' 60 '1/1 +Running' kubectl_apart get pod web
kill -9 $apart
wait $apart 2>/dev/null
apart=
stop_up -KILL
rm -rf --one-file-system "$other" 2>/dev/null
clean_up_node "$other"
check 'cleaning up after it leaves nothing of it, though its notes have been deleted' '^0 0 $' of_node "$other"
clean_up_node "$work/nothing"
check 'and the machine as it was, even while its node is down' "^$machine\$" of_machine
check 'with its containers' '^web' fetch "http://$vip"

check_fails 'over the containers of a killed node no other starts' \
  "^cleat: another node of Cleat was at work on this machine, with its data in $data, .*--data-dir $data, .*etc/node-cleanup.sh $data " up_other
start_up
eventually 'the same one is ready again' 30 ' Ready ' kubectl get nodes
check 'and has adopted its containers' "^$before\$" started
check 'which answer' '^web' fetch "http://$vip"

stop_up
clean_up_node "$data"
check 'cleaning up leaves nothing of the node' '^0 0 $' of_node "$data"
check 'nor of what it has made of the machine' '^$' left_on_machine
check 'which has no owner any more' '^nobody$' bash -c "[ -z '$(clean_up_node --who)' ] && echo nobody"
clean_up_node "$data"
check 'cleaning up twice is harmless' '^$' left_on_machine
data=$other
export KUBECONFIG=$data/admin.kubeconfig
start_up
eventually 'another node may start' 30 ' Ready ' kubectl get nodes

killed=/tmp/cleat-test.killed-$$
mkdir "/run/cleat/runtime-$$"
echo "$killed/data/agent/plugins/runtime-oci" >"/run/cleat/runtime-$$/data_dir"
echo "$killed/data" >"/run/cleat/node-$$"
next_test() {
  (. "$here/node.sh")
  records | grep -e "-$$\$" || echo none
}
check 'what a test that was killed has left goes as the next one begins' "SKIPPED: a node is at work on this machine with $data.*none" next_test
finish
