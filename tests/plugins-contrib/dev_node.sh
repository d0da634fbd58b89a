#!/bin/bash
# dev_node.sh CLEAT SDK CMAKE_ARGUMENTS…: `cleat plugin dev` with what `cleat plugin new` writes for a node, of each role: the plugin acts
# on a node of its own, is replaced when its source changes, and in the end nothing is left: no process, mount, control group or rule.
here=$(cd "$(dirname "$0")" && pwd)
cleat=$1 sdk=$2
shift 2
. "$here/../transcript.sh"
[ "$(id -u)" = 0 ] || { echo "SKIPPED: containers take root"; exit 77; }
for program in kubectl runc conmon skopeo iptables nft busybox ip nsenter; do
  command -v $program >/dev/null || { echo "SKIPPED: there is no $program"; exit 77; }
done
# A machine of its own, as far as networks go: what others do to this one's meanwhile is not to be taken for what is left behind.
[ -n "${CLEAT_OWN_NETWORK:-}" ] || exec env CLEAT_OWN_NETWORK=1 unshare --net bash "$here/$(basename "$0")" "$cleat" "$sdk" "$@"
ip link set lo up
definitions=("$@")
. "$here/dev_plugin.sh"
machine() {
  ip address show
  iptables-save | grep -v '^#'
  nft list tables
}
before=$(machine)
begin() {  # NAME WORDS
  begin_dev "$1"
  data=$(dirname "$KUBECONFIG")
  folder=$(dirname "$data")
  network=$(sed -n 's/.*nsenter --net=\([^ ]*\) .*/\1/p' "$work/log")
  check "$1: it says how the plugin is" "$1 is running, on the node of the cluster at https://127.0.0.1:[0-9]+" log
  check "$1: which runs in a process of its own" "$1 +[0-9.]+ +alpha +$2 +running +yes" "$cleat" plugin list --data-dir "$data/agent"
  eventually "$1: the node is ready" 60 ' Ready ' kubectl get nodes
  until_true 30 kubectl get serviceaccount default
}
change() { sed -i '1i // changed' "$work/$1/${1//-/_}.c"; }
replaced() {  # NAME
  change "$1"
  eventually "$1: a change is taken in while the node runs" 120 "has changed.*$1 is replaced and running" log
}
is_left() {
  pgrep -f -- "$folder/|$work/images/"
  grep -F -- "$folder" /proc/self/mounts
  find /sys/fs/cgroup -maxdepth 3 -name "$(basename "$folder")" 2>/dev/null
  ls -A "$work/tmp"
  diff <(echo "$before") <(machine)
  return 0
}
end() {  # NAME [SIGNAL]
  end_dev "${2:-INT}"
  check "$1: it ends well" '^0$' echo $?
  check "$1: and nothing of it is left" '^$' is_left
}
make() { "$cleat" plugin new --role "$1" --c "$2" "$work/$2" >/dev/null; }
import() {
  sh "$here/../../etc/demo-image.sh" "$work/demo.tar"
  check 'an image is imported' 'imported .*cleat-demo:1' "$cleat" image import "$work/demo.tar" --data-dir "$data"
}

echo '--- a volume driver'
make volume dev-volume
sed -i "s|^folder = .*|folder = \"$work/volumes\"|" "$work/dev-volume/cleat.toml"
begin dev-volume volume
import
kubectl create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: keeps}
spec:
  containers: [{name: c, image: cleat-demo:1, command: [sh, -c, "echo kept >/v/note; sleep 1000"], volumeMounts: [{name: v, mountPath: /v}]}]
  volumes: [{name: v, csi: {driver: dev-volume.example.com, volumeAttributes: {name: shared}}}]
YAML
eventually 'a pod has its volume' 60 '1/1 +Running' kubectl get pod keeps
eventually 'which is a folder of the machine' 20 '^kept$' cat "$work/volumes/shared/note"
check_fails 'its mounts are its own' '^$' grep -F -- "$data" /proc/self/mounts
check 'a command runs in it' '^kept$' kubectl exec keeps -- cat /v/note
check 'its network is its own' '^cleat0' nsenter "--net=$network" ip -brief link show cleat0
replaced dev-volume
check 'the pod has not noticed' '1/1 +Running +0' kubectl get pod keeps
sed -i "s|^folder = .*|folder = \"$work/others\"|" "$work/dev-volume/cleat.toml"
eventually 'settings count without a build' 30 'cleat.toml has changed.*of the node: changed dev-volume' log
check 'of the version that is there' "file +$folder/dev-volume.2.so" "$cleat" plugin info dev-volume --data-dir "$data/agent"
echo 'nonsense' >>"$work/dev-volume/dev_volume.c"
eventually 'what does not compile is shown' 120 'error: .*it does not compile: what ran before goes on' log
end dev-volume

sed -i '$d' "$work/dev-volume/dev_volume.c"
rm "$work/dev-volume/cleat.toml"
begin dev-volume volume
check 'without a configuration it has its role all the same' '\[node_roles\] volume = \["dev-volume"\]' tr '\n' ' ' <"$data/plugins.toml"
pkill -KILL -P $dev
eventually 'a node that ends is told of' 20 'the node has ended' log
change dev-volume
eventually 'and started again with the next change' 180 'has ended.*has changed.*dev-volume is running' log
end dev-volume TERM

echo '--- a network'
make network dev-network
begin dev-network network
import
kubectl run one --image=cleat-demo:1 >/dev/null
eventually 'a pod runs' 60 '1/1 +Running' kubectl get pod one
check 'with an address of it' '^10.250.0.[0-9]+$' kubectl get pod one -o 'jsonpath={.status.podIP}'
replaced dev-network
end dev-network

echo '--- a runtime, without a configuration'
make runtime dev-runtime
mkdir -p "$work/images/demo:1"
printf '#!/bin/sh\necho "hello $WHO"\nexec sleep 1000\n' >"$work/images/demo:1/run"
chmod +x "$work/images/demo:1/run"
sed -i "s|^images = .*|images = \"$work/images\"|; /^\[runtime\]/,/^plugin/d" "$work/dev-runtime/cleat.toml"
begin dev-runtime runtime
kubectl run two --image=demo:1 --env=WHO=two >/dev/null
eventually 'a pod runs as a process' 60 '1/1 +Running' kubectl get pod two
eventually 'its output is its log' 10 '^hello two$' kubectl logs two
replaced dev-runtime
check 'the pod has not noticed' '1/1 +Running +0' kubectl get pod two
end dev-runtime

echo '--- a driver of devices, in C++'
cp -r "$here/../../plugins-contrib/device-nodes" "$work/device-nodes"
begin device-nodes device-driver
eventually 'its devices are published' 30 'devices.example.com' kubectl get resourceslices
sed -i '1i // changed' "$work/device-nodes/device_nodes.cpp"
eventually 'a change is taken in while the node runs' 240 'has changed.*device-nodes is replaced and running' log
end device-nodes

echo '--- a proxy'
make proxy proxy-dev
begin proxy-dev proxy
kubectl create service clusterip one --tcp=80:8080 >/dev/null
address=$(kubectl get service one -o 'jsonpath={.spec.clusterIP}')
eventually 'it knows the service' 20 "$address:80" cat "$data/agent/plugins/proxy-dev/services"
replaced proxy-dev
inside=$(pgrep -f -- "up --data-dir $folder/")
kill -KILL $dev
wait $dev 2>/dev/null
dev=
eventually 'when it is killed, what it started ends as well' 20 '^$' bash -c "ps -o pid= -p ${inside:-1}"
check_fails 'what it leaves otherwise the next one takes away' 'there is no such folder' "$cleat" plugin dev "$work/nowhere"
check 'which is all of it' '^$' is_left
finish
