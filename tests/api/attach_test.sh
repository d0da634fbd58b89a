#!/bin/bash
# `cleat attach`: the scheduler and two controllers beside a server that has none of them, as another process with a kubeconfig;
# two such processes, of which one acts; servers and processes that go and come back; and what is refused.
build=${1:?usage: attach_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
need curl

# All that a server runs by itself, but for what is attached here.
"$cleat" plugin show "$build/plugins/scheduler-default.so" >/dev/null || exit 1
cat >"$work/cleat.toml" <<'TOML'
[controllers]
enabled = [
  "controller-bootstrap", "controller-namespace", "controller-service-account", "controller-garbage-collector",
  "controller-node-lifecycle", "controller-node-taints",
]

[plugins.controller-node-lifecycle]
node_monitor_grace_period = "1h"
node_startup_grace_period = "1h"

[schedulers]
enabled = []
TOML
start_server --config "$work/cleat.toml"
until_true 20 kubectl get serviceaccount default

declare -A attached ports
attach() {  # NAME OPTION…: an attached process, until it says that it is
  local name=$1
  shift
  ports[$name]=$(free_port)
  : >"$work/$name.log"
  [[ " $* " == *" --listen "* ]] || set -- --listen "127.0.0.1:${ports[$name]}" "$@"
  "$cleat" attach --kubeconfig "$KUBECONFIG" "$@" >"$work/$name.log" 2>&1 &
  attached[$name]=$!
  until_true 60 grep -q '^cleat: attached to' "$work/$name.log" || { cat "$work/$name.log"; exit 1; }
}
detach() {  # NAME [SIGNAL]: sets $ended
  kill "${2:--TERM}" "${attached[$1]}"
  wait "${attached[$1]}" 2>/dev/null
  ended=$?
}
end_all() {
  local code=$? name
  for name in "${!attached[@]}"; do kill -KILL "${attached[$name]}" 2>/dev/null; done
  (exit $code)
  clean_up
}
trap end_all EXIT
ask() { curl -s "http://127.0.0.1:${ports[$1]}$2"; }
said() { cat "$work/$1.log"; }
quick=(--leader-elect-lease-duration 3s --leader-elect-renew-deadline 2s --leader-elect-retry-period 500ms)
all=(--plugin scheduler-default --plugin controller-deployment --plugin controller-replicaset)

for name in a b; do
  kubectl create -f - >/dev/null <<YAML
apiVersion: v1
kind: Node
metadata: {name: $name, labels: {kubernetes.io/hostname: $name}}
status:
  allocatable: {cpu: "4", memory: 8Gi, pods: "110"}
  capacity: {cpu: "4", memory: 8Gi, pods: "110"}
  conditions: [{type: Ready, status: "True", reason: Said, message: so}]
YAML
done
bound() { kubectl get pods -l "app=$1" -o 'jsonpath={range .items[*]}{.spec.nodeName}{" "}{end}'; }
holder() { kubectl get lease -n kube-system "$1" -o 'jsonpath={.spec.holderIdentity}'; }

echo '--- work for a server elsewhere'
check 'a deployment' 'created' kubectl create deployment web --image=pause --replicas=3
check 'is nobody'"'"'s business' '^No resources found' kubectl get pods
attach first "${all[@]}" "${quick[@]}"
check 'a process is attached' 'attached to https://.* as kubernetes-admin' said first
eventually 'it makes the pods and places them on both nodes' 20 '^(a a b|a b a|b a a|a b b|b a b|b b a) $' bound web
check 'under its own name' '^controller-replicaset' kubectl get pods --show-managed-fields -o 'jsonpath={.items[0].metadata.managedFields[*].manager}'
check 'which events say too' 'Successfully assigned default/web-' kubectl get events
check 'it is alive' '^ok$' ask first /livez
check 'and ready' '^ok$' ask first /readyz
check 'each plugin for itself' '\[\+\]plugin-scheduler-default ok' ask first '/readyz?verbose'
check 'its metrics say which leases it holds' 'leader_election_master_status.name="cleat-scheduler-default". 1' ask first /metrics
check 'and what its plugins cost' 'cleat_plugin_busy_nanoseconds_total' ask first /metrics
check 'nothing else is there' '404 page not found' ask first /
check 'a lease says who acts' '_[0-9a-f]{16}$' holder cleat-scheduler-default
leader=$(holder cleat-scheduler-default)

echo '--- two of them'
attach second "${all[@]}" "${quick[@]}"
eventually 'another one stands by' 10 "plugin-scheduler-default ok: standing by: $leader leads" ask second '/readyz?verbose'
eventually 'and knows for whom, for each plugin' 10 "plugin-controller-deployment ok: standing by: $leader leads" ask second '/readyz?verbose'
kubectl scale deployment web --replicas=6 >/dev/null
eventually 'the first goes on' 20 '^([ab] ){6}$' bound web
check 'and the second does nothing' '^0$' bash -c "grep -c 'is at work' '$work/second.log' || true"
detach first
check 'the first ends well when it is asked to go' '^0$' echo "$ended"
eventually 'the second takes over at once' 5 'scheduler-default is at work' said second
kubectl scale deployment web --replicas=8 >/dev/null
eventually 'and acts' 20 '^([ab] ){8}$' bound web
check 'the lease says so' '^1$' kubectl get lease -n kube-system cleat-scheduler-default -o 'jsonpath={.spec.leaseTransitions}'
attach third "${all[@]}" "${quick[@]}"
detach second -KILL
eventually 'the third has waited for its leases to end' 20 'scheduler-default is at work' said third
kubectl scale deployment web --replicas=10 >/dev/null
eventually 'and acts' 20 '^([ab] ){10}$' bound web

echo '--- a server that goes and comes back'
stop_server -KILL
check 'without a server it is still alive' '^ok$' ask third /livez
eventually 'but does not act' 10 'plugin-scheduler-default ok: standing by' ask third '/readyz?verbose'
start_server --config "$work/cleat.toml"
kubectl scale deployment web --replicas=12 >/dev/null
eventually 'it goes on when there is one again' 40 '^([ab] ){12}$' bound web
check 'no pod was placed twice' '^0$' bash -c "grep -c 'binding rejected' '$work/third.log' || true"
detach third
check 'it ends well' '^0$' echo "$ended"

echo '--- a lease of another name, and none'
attach named --plugin scheduler-default --leader-elect-resource-name scheduler-default=kube-scheduler
eventually 'it shares kube-scheduler'"'"'s' 10 '_[0-9a-f]{16}$' holder kube-scheduler
detach named
check 'it ends well' '^0$' echo "$ended"
check 'and leaves it to others' '^$' holder kube-scheduler
attach alone --plugin scheduler-default --leader-elect=false --listen off
eventually 'without leases it acts at once' 20 'scheduler-default is at work' said alone
detach alone
check 'it ends well' '^0$' echo "$ended"

echo '--- what is refused'
refused() {  # OPTION…
  [[ " $* " == *" --kubeconfig "* ]] || set -- --kubeconfig "$KUBECONFIG" "$@"
  timeout 60 "$cleat" attach --listen off "$@"
}
check_fails 'an admission plugin' 'plugin admission-priority fills the role admission, which a server asks in its own process: only controllers and schedulers can be attached' refused --plugin admission-priority
check_fails 'a runtime' 'plugin runtime-oci fills the role runtime' refused --plugin runtime-oci
check_fails 'a plugin that there is not' 'controller-nothing' refused --plugin controller-nothing
check_fails 'one named twice' 'plugin scheduler-default is named twice' refused --plugin scheduler-default --plugin "$build/plugins/scheduler-default.so"
check_fails 'a lease of a plugin that is not attached' 'no --plugin is other' refused --plugin scheduler-default --leader-elect-resource-name other=x
check_fails 'times that do not fit' 'lease-duration must be longer than' refused --plugin scheduler-default --leader-elect-lease-duration 5s
check_fails 'no kubeconfig' '/none: ' refused --kubeconfig /none --plugin scheduler-default
check_fails 'a setting that the plugin does not have' 'no such setting' bash -c "printf '[plugins.scheduler-default]\ncolour = \"red\"\n' >'$work/bad.toml'; '$cleat' attach --kubeconfig '$KUBECONFIG' --listen off --plugin scheduler-default --config '$work/bad.toml'"
kubectl create serviceaccount narrow >/dev/null
kubectl create clusterrole narrow --verb=get,list,watch --resource=pods,nodes,namespaces >/dev/null
kubectl create clusterrolebinding narrow --clusterrole=narrow --serviceaccount=default:narrow >/dev/null
narrow=$work/narrow.kubeconfig
token_of default narrow >"$work/token"
sed -e '/client-certificate-data/d' -e "s|client-key-data:.*|tokenFile: token|" "$KUBECONFIG" >"$narrow"
check_fails 'a user who may not do what is needed, by name' 'may not do what scheduler-default needs: .*create pods/binding.*get leases.coordination.k8s.io in kube-system' refused --kubeconfig "$narrow" --plugin scheduler-default
echo nonsense >"$work/token"
check_fails 'a token that nobody knows' 'does not know the user' refused --kubeconfig "$narrow" --plugin scheduler-default
sed -e '/client-key-data/d' -e 's|client-certificate-data:.*|exec: {command: aws, apiVersion: v1}|' "$KUBECONFIG" >"$work/exec.kubeconfig"
check_fails 'credentials that another program has to fetch' 'user.exec: no other program is run' refused --kubeconfig "$work/exec.kubeconfig" --plugin scheduler-default
check 'its help says what there is' 'leader-elect-resource-name' "$cleat" attach --help
finish
