#!/bin/bash
# Cleat's scheduler and controllers at work for kube-apiserver with etcd, by `cleat attach`: where pods go is where they go on a
# Cleat server; a Deployment is made, scaled and rolled; nothing is lost or done twice when kube-apiserver goes and comes back, and
# when one attached process takes over from another. Needs the programs that tests/bench/beside compiles; skipped without them.
build=${1:?usage: attach_kubernetes_test.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../transcript.sh"
. "$here/../program.sh"
need curl openssl
programs=${CLEAT_BESIDE:-$here/../../build/beside}/bin
for program in etcd kube-apiserver; do
  [ -x "$programs/$program" ] || { echo "SKIPPED: there is no $programs/$program (tests/bench/beside compiles it)"; exit 77; }
done

declare -A processes
launch() {  # NAME PROGRAM OPTION…
  local name=$1
  shift
  "$@" >>"$work/$name.log" 2>&1 &
  processes[$name]=$!
}
end() {  # NAME [SIGNAL]: sets $ended
  kill "${2:--TERM}" "${processes[$1]}" 2>/dev/null
  wait "${processes[$1]}" 2>/dev/null
  ended=$?
  unset "processes[$1]"
}
end_all() {
  local code=$? name
  for name in "${!processes[@]}"; do
    kill -KILL "${processes[$name]}" 2>/dev/null
    wait "${processes[$name]}" 2>/dev/null
  done
  [ "$failures" = 0 ] || for name in "$work"/*.log; do echo "--- $name"; tail -25 "$name"; done
  rm -rf "$work"
  exit $code
}
trap end_all EXIT

# Keys and certificates, and a kubeconfig for the administrator.
printf '[req]\ndistinguished_name=name\n[name]\n' >"$work/openssl.cnf"
certify() {  # NAME SUBJECT EXTENSION SIGNER…
  openssl req -x509 -config "$work/openssl.cnf" -newkey ec -nodes -days 2 -pkeyopt ec_paramgen_curve:P-256 -subj "$2" -addext "$3" \
    "${@:4}" -keyout "$work/$1.key" -out "$work/$1.crt" 2>/dev/null
}
certify ca /CN=test basicConstraints=critical,CA:TRUE
signer=(-CA "$work/ca.crt" -CAkey "$work/ca.key")
certify server /CN=kube-apiserver subjectAltName=IP:127.0.0.1 "${signer[@]}"
certify admin /O=system:masters/CN=admin extendedKeyUsage=clientAuth "${signer[@]}"
openssl genrsa -out "$work/accounts.key" 2048 2>/dev/null
etcd=http://127.0.0.1:$(free_port)
peer=http://127.0.0.1:$(free_port)
kubeconfig_of() {  # PORT
  cat <<YAML
apiVersion: v1
kind: Config
current-context: it
clusters: [{name: it, cluster: {server: "https://127.0.0.1:$1", certificate-authority: $work/ca.crt}}]
users: [{name: admin, user: {client-certificate: admin.crt, client-key: admin.key}}]
contexts: [{name: it, context: {cluster: it, user: admin}}]
YAML
}
export KUBECONFIG=$work/kubernetes.kubeconfig
kubeconfig_of "$port" >"$KUBECONFIG"
start_apiserver() {
  launch kube-apiserver "$programs/kube-apiserver" --etcd-servers "$etcd" --secure-port "$port" --bind-address 127.0.0.1 \
    --advertise-address 192.0.2.1 --endpoint-reconciler-type none --authorization-mode Node,RBAC \
    --service-cluster-ip-range 10.96.0.0/16 --service-account-issuer https://kubernetes.default.svc \
    --tls-cert-file "$work/server.crt" --tls-private-key-file "$work/server.key" --client-ca-file "$work/ca.crt" \
    --service-account-key-file "$work/accounts.key" --service-account-signing-key-file "$work/accounts.key" \
    --disable-admission-plugins ServiceAccount
  until_true 120 kubectl get --raw /readyz || { echo 'kube-apiserver does not become ready'; exit 1; }
}
launch etcd "$programs/etcd" --data-dir "$work/etcd" --log-level warn --listen-client-urls "$etcd" --advertise-client-urls "$etcd" \
  --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer"
start_apiserver

declare -A ports
attach() {  # NAME OPTION…
  local name=$1
  shift
  ports[$name]=$(free_port)
  : >"$work/$name.log"
  launch "$name" "$cleat" attach --kubeconfig "$KUBECONFIG" --listen "127.0.0.1:${ports[$name]}" \
    --leader-elect-lease-duration 3s --leader-elect-renew-deadline 2s --leader-elect-retry-period 500ms "$@"
  until_true 90 grep -q '^cleat: attached to' "$work/$name.log" || { cat "$work/$name.log"; exit 1; }
}
# Nodes are tainted as not ready until somebody has seen that they are.
all=(--plugin scheduler-default --plugin controller-deployment --plugin controller-replicaset --plugin controller-node-taints)
said() { cat "$work/$1.log"; }

# The same nodes and pods for any server: plain ones, some that shun each other, some that are spread, some that select.
objects() {
  python3 - <<'PY'
import json
def show(kind, name, spec=None, status=None, labels=None):
    body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "labels": labels or {}}}
    body |= ({"spec": spec} if spec else {}) | ({"status": status} if status else {})
    print(json.dumps(body))
amounts = {"cpu": "4", "memory": "8Gi", "pods": "110"}
for i in range(6):
    labels = {"kubernetes.io/hostname": f"node-{i}", "topology.kubernetes.io/zone": f"zone-{i % 3}", "disk": "ssd" if i < 2 else "tape"}
    show("Node", f"node-{i}", None if i != 5 else {"unschedulable": True},
         {"allocatable": amounts, "capacity": amounts, "conditions": [{"type": "Ready", "status": "True"}]}, labels)
def pod(name, app, cpu, **spec):
    show("Pod", name, {"containers": [{"name": "c", "image": "pause", "resources": {"requests": {"cpu": cpu, "memory": "100Mi"}}}],
                       "tolerations": [], **spec}, None, {"app": app})
shun = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
    {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "db"}}}]}}
even = [{"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule",
         "labelSelector": {"matchLabels": {"app": "web"}}}]
for i in range(5): pod(f"db-{i}", "db", "500m", affinity=shun)
for i in range(9): pod(f"web-{i}", "web", "100m", topologySpreadConstraints=even)
for i in range(4): pod(f"fast-{i}", "fast", "900m", nodeSelector={"disk": "ssd"})
for i in range(3): pod(f"huge-{i}", "huge", "5")
PY
}
fill() { objects | while read -r line; do kubectl create -f - <<<"$line" >/dev/null || return 1; done; }
settled() { [ "$(kubectl get pods -o json | python3 -c '
import json, sys
pods = json.load(sys.stdin)["items"]
print(sum(1 for p in pods if p["spec"].get("nodeName") or any(c["type"] == "PodScheduled" for c in p.get("status", {}).get("conditions", []))))
')" = 21 ]; }
# What a placement is, apart from which of two equal nodes a pod got: how many of each sort are on nodes of each sort, and what the
# others are told.
placement() {
  kubectl get nodes,pods -o json | python3 -c '
import collections, json, sys
items = json.load(sys.stdin)["items"]
nodes = {n["metadata"]["name"]: n["metadata"]["labels"] for n in items if n["kind"] == "Node"}
pods = [p for p in items if p["kind"] == "Pod"]
by = collections.Counter()
for p in pods:
    app, node = p["metadata"]["labels"]["app"], p["spec"].get("nodeName")
    if not node:
        says = [c.get("message") for c in p["status"].get("conditions", []) if c["type"] == "PodScheduled"]
        by[f"{app} waits: {says}"] += 1
    elif app == "db": by["db on %d nodes" % len({q["spec"].get("nodeName") for q in pods if q["metadata"]["labels"]["app"] == "db" and q["spec"].get("nodeName")})] += 1
    elif app == "web": by["web in " + nodes[node]["topology.kubernetes.io/zone"]] += 1
    else: by[app + " on " + nodes[node]["disk"]] += 1
for key in sorted(by): print(by[key], key)
'
}

echo '--- the same placements as on a Cleat server'
attach first "${all[@]}"
eventually 'the scheduler is at work for kube-apiserver' 60 'scheduler-default is at work' said first
check 'nodes and pods are made' '^$' fill
until_true 60 settled
placement >"$work/on-kubernetes"
kubeconfig_of_kubernetes=$KUBECONFIG
port_of_kubernetes=$port
port=$(free_port)
printf '[plugins.controller-node-lifecycle]\nnode_monitor_grace_period = "1h"\nnode_startup_grace_period = "1h"\n' >"$work/calm.toml"
launch cleat "$cleat" server --data-dir "$work/data" --listen "127.0.0.1:$port" --config "$work/calm.toml"
export KUBECONFIG=$work/data/admin.kubeconfig
until_true 60 kubectl get serviceaccount default
check 'the same on Cleat' '^$' fill
until_true 60 settled
placement >"$work/on-cleat"
end cleat
export KUBECONFIG=$kubeconfig_of_kubernetes
port=$port_of_kubernetes
cat "$work/on-kubernetes"
check 'pods are placed alike' '^$' diff "$work/on-cleat" "$work/on-kubernetes"
check 'what does not fit is told why' "3 huge waits: \['0/6 nodes are available: 1 node\(s\) were unschedulable, 5 Insufficient cpu" cat "$work/on-kubernetes"

echo '--- a deployment'
kubectl delete pods --all --force --grace-period=0 >/dev/null 2>&1
running() {  # pods that are bound
  kubectl get pods -l app=demo -o 'jsonpath={range .items[*]}{.spec.nodeName}{"\n"}{end}' | grep -c node- || true
}
check 'is made' 'created' kubectl create deployment demo --image=pause --replicas=20
eventually 'has its pods, and they their nodes' 60 '^20$' running
check 'the image is changed' 'updated' kubectl set image deployment/demo pause=pause:2
eventually 'a second replica set begins' 30 '^2$' bash -c 'kubectl get rs -l app=demo --no-headers | wc -l'
check 'undone' 'rolled back' kubectl rollout undo deployment/demo

echo '--- kube-apiserver goes and comes back'
end kube-apiserver -KILL
eventually 'nobody leads without it' 15 'plugin-scheduler-default ok: standing by' curl -s "http://127.0.0.1:${ports[first]}/readyz?verbose"
start_apiserver
check 'more are wanted' 'scaled' kubectl scale deployment demo --replicas=40
eventually 'and are there, with nodes' 90 '^(4[0-9]|5[0-9])$' running

echo '--- hand-over'
attach second "${all[@]}"
eventually 'another stands by' 10 'plugin-scheduler-default ok: standing by: .* leads' curl -s "http://127.0.0.1:${ports[second]}/readyz?verbose"
check 'more are wanted, and the first is killed meanwhile' 'scaled' kubectl scale deployment demo --replicas=120
end first -KILL
eventually 'the second goes on to the end' 90 '^(12[0-9]|1[3-9][0-9])$' running
twice() { kubectl get events -o json | python3 -c '
import collections, json, sys
bound = collections.Counter(e["involvedObject"]["uid"] for e in json.load(sys.stdin)["items"] if e["reason"] == "Scheduled")
print(sum(1 for count in bound.values() if count > 1))'; }
check 'no pod was bound twice' '^0$' twice
end second
check 'it ends well' '^0$' echo "$ended"
finish
