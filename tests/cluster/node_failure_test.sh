#!/bin/bash
# A server and two nodes (up.sh), one of which is killed: its pods are replaced on the other one, and it comes back. Times are short.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/two_nodes.sh"

cat >"$work/short.toml" <<'TOML'
[plugins.controller-node-lifecycle]
node_monitor_period = "1s"
node_monitor_grace_period = "25s"

[plugins.controller-pod-gc]
quarantine = "5s"
TOML
check 'a cluster of two nodes starts' 'a server and 2 nodes' up start "$cluster" 2 "$work/short.toml"
sh "$here/../../etc/demo-image.sh" "$work/demo.tar"
check 'both get an image' 'imported into 2 nodes' up import "$cluster" "$work/demo.tar"
kubectl create -f - >/dev/null <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 2}]
      containers: [{name: c, image: "cleat-demo:1", ports: [{containerPort: 8080}]}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 2
  serviceName: db
  podManagementPolicy: Parallel
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      terminationGracePeriodSeconds: 1
      tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 2}]
      affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [
        {weight: 100, podAffinityTerm: {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: db}}}}]}}
      containers: [{name: c, image: "cleat-demo:1"}]
YAML
kubectl expose deployment web --port=80 --target-port=8080 >/dev/null
kubectl rollout status deployment/web --timeout=90s >/dev/null
kubectl rollout status statefulset/db --timeout=90s >/dev/null
on() { kubectl get pods -l "app=$1" --field-selector "spec.nodeName=$2" -o 'jsonpath={range .items[*]}{.metadata.name}{" "}{end}'; }
readiness() { kubectl get node "$1" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'; }
taints() { kubectl get node "$1" -o 'jsonpath={range .spec.taints[*]}{.key}:{.effect} {end}'; }
running_on() { kubectl get pods -l "app=$1" --field-selector "spec.nodeName=$2,status.phase=Running" --no-headers 2>/dev/null | grep -vc Terminating; }
endpoints() { kubectl get endpointslices -l kubernetes.io/service-name=web -o 'jsonpath={range .items[*].endpoints[?(@.conditions.ready==true)]}{.nodeName}{"\n"}{end}' | sort -u | tr '\n' ' '; }
check 'pods run on both nodes' 'web-' on web node-1
check 'on the second too' 'web-' on web node-2
check 'and one of the set there' '^db-[01] $' on db node-2
lost=$(on db node-2)
check 'a service leads to both' '^node-1 node-2 $' endpoints

# The agent is killed; the containers go on, and nobody hears of them.
kill -9 "$(cat "$cluster/node-2.pid")"
eventually 'a node that is killed is missed' 60 '^Unknown$' readiness node-2
check 'and the other one not' '^True$' readiness node-1
eventually 'it is to be left' 20 'unreachable:NoExecute' taints node-2
eventually 'no service leads there any more' 20 '^node-1 $' endpoints
eventually 'its pods are replaced on the other node' 60 '^4$' running_on web node-1
check 'which the deployment counts' '4/4' kubectl get deployment web
check 'what was there is still said to be' 'Terminating' kubectl get pods -l app=web
check 'a pod of a set is not made twice' "$lost" on db node-2
check 'until somebody says that the node is off' 'tainted' kubectl taint node node-2 node.kubernetes.io/out-of-service=nodeshutdown:NoExecute
eventually 'then it is elsewhere' 60 '^2$' running_on db node-1
eventually 'and nothing is said to be there' 20 'No resources found' kubectl get pods --field-selector spec.nodeName=node-2

# It comes back.
check 'that is taken back' 'untainted' kubectl taint node node-2 node.kubernetes.io/out-of-service-
(exec nsenter --net="/run/netns/cleat-$(printf %s "$cluster" | sha256sum | cut -c1-6)-2" -- setsid "$CLEAT" agent --data-dir "$cluster/node-2" \
  --server https://172.31.255.1:6443 --token "$(cat "$cluster/server/node-token")" --node-name node-2 \
  --config "$cluster/node-2.toml") >>"$cluster/node-2.log" 2>&1 </dev/null &
echo $! >"$cluster/node-2.pid"
eventually 'the node is ready again' 60 '^True$' readiness node-2
eventually 'without taints' 20 '^$' taints node-2
check 'it takes pods' 'scaled' kubectl scale deployment web --replicas=8
eventually 'of new ones' 60 '[1-9]' running_on web node-2

# One that is stopped for a time, with its pods.
kubectl rollout status deployment/web --timeout=90s >/dev/null
kubectl patch deployment web --type=json -p '[{"op":"remove","path":"/spec/template/spec/tolerations"}]' >/dev/null
kubectl rollout status deployment/web --timeout=120s >/dev/null
before=$(on web node-2)
kill -STOP "$(cat "$cluster/node-2.pid")"
eventually 'one that is stopped is missed' 60 '^Unknown$' readiness node-2
eventually 'its pods are not ready' 20 '^node-1 $' endpoints
kill -CONT "$(cat "$cluster/node-2.pid")"
eventually 'and when it goes on it is ready' 30 '^True$' readiness node-2
eventually 'without taints' 20 '^$' taints node-2
eventually 'with its pods' 30 '^node-1 node-2 $' endpoints
check 'which are the same' "^$before\$" on web node-2

# A node that is deleted takes its pods with it.
kill -9 "$(cat "$cluster/node-2.pid")"
check 'a node is deleted' 'deleted' kubectl delete node node-2
eventually 'its pods go' 40 'No resources found' kubectl get pods --field-selector spec.nodeName=node-2
eventually 'and are replaced' 60 '8/8' kubectl get deployment web
finish
