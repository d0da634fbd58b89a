#!/bin/bash
# A server and two nodes (up.sh): daemon sets with real pods on each node, their rollouts, and replication controllers.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/two_nodes.sh"

check 'a cluster of two nodes starts' 'a server and 2 nodes' up start "$cluster" 2
sh "$here/../../etc/demo-image.sh" "$work/demo.tar"
check 'both get an image' 'imported into 2 nodes' up import "$cluster" "$work/demo.tar"

cat >"$work/agent.yaml" <<'YAML'
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  minReadySeconds: 1
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: c, image: "cleat-demo:1", env: [{name: ROUND, value: one}]}]
YAML
pods() {  # "NODE=ROUND" of each
  kubectl get pods -l app=agent -o 'jsonpath={range .items[*]}{.spec.nodeName}={.spec.containers[0].env[0].value}{"\n"}{end}' |
    sort | tr '\n' ' '
}
uids() { kubectl get pods -l app=agent -o 'jsonpath={range .items[*]}{.metadata.uid}{"\n"}{end}' | sort | tr '\n' ' '; }
pod_on() { kubectl get pods -l app=agent -o "jsonpath={.items[?(@.spec.nodeName==\"$1\")].metadata.name}"; }
rollout() { kubectl rollout "$1" daemonset/agent "${@:2}"; }
numbers() { kubectl get daemonset agent -o 'jsonpath={.status.desiredNumberScheduled} {.status.currentNumberScheduled} {.status.numberReady} {.status.numberAvailable} {.status.updatedNumberScheduled}'; }

check 'a daemon set' 'created' kubectl create -f "$work/agent.yaml"
check 'rolls out' 'successfully rolled out' rollout status --timeout=90s
check 'over both nodes' '^node-1=one node-2=one $' pods
eventually 'which it says' 20 '^2 2 2 2 2$' numbers
first=$(pod_on node-1)
check 'a pod is deleted' 'deleted' kubectl delete pod "$first" --wait=true
eventually 'and another takes its place' 60 '^node-1=one node-2=one $' pods
check 'which comes up' 'successfully rolled out' rollout status --timeout=60s
check 'and is another' '^another$' bash -c "[ '$(pod_on node-1)' = '$first' ] || printf another"

before=$(uids)
check 'a change of nothing that pods are made of' 'annotated' kubectl annotate daemonset agent note=this
check 'restarts nothing' "^$before\$" uids
check 'another template' 'env updated' kubectl set env daemonset/agent ROUND=two
check 'rolls out' 'successfully rolled out' rollout status --timeout=120s
check 'to both nodes' '^node-1=two node-2=two $' pods
check 'the history has both' 'REVISION.*1 .*2 ' rollout history
check 'undone' 'rolled back' rollout undo
check 'rolls out' 'successfully rolled out' rollout status --timeout=120s
check 'to what it was' '^node-1=one node-2=one $' pods

# One that cannot come up stops the rollout at one node; undone, the other one was never touched.
kubectl patch daemonset agent -p '{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"cleat-demo:none","imagePullPolicy":"Never"}]}}}}' >/dev/null
eventually 'an image that is not there stops at one node' 60 'ErrImageNeverPull' kubectl get pods -l app=agent
check 'the other one works on' '1/1 +Running' kubectl get pods -l app=agent
kept=$(kubectl get pods -l app=agent -o 'jsonpath={.items[?(@.status.phase=="Running")].metadata.name}')
check 'undone' 'rolled back' rollout undo
check 'it comes up' 'successfully rolled out' rollout status --timeout=120s
check 'without a restart where it worked' "(^| )$kept( |\$)" kubectl get pods -l app=agent -o 'jsonpath={.items[*].metadata.name}'

check 'a node is tainted' 'tainted' kubectl taint node node-2 mine=yes:NoExecute
eventually 'and loses its pod' 60 '^node-1=one $' pods
check 'without the taint' 'untainted' kubectl taint node node-2 mine-
eventually 'it gets one' 60 '^node-1=one node-2=one $' pods
check 'a node is to get nothing new' 'cordoned' kubectl cordon node-2
check 'which is not meant for these pods' 'deleted' kubectl delete pod "$(pod_on node-2)" --wait=true
eventually 'so one comes back' 60 '^2 2 2 2 2$' numbers
check 'everything may come again' 'uncordoned' kubectl uncordon node-2
check 'deleted' 'deleted' kubectl delete daemonset agent
eventually 'nothing is left of it' 60 'No resources found' kubectl get pods,controllerrevisions -l app=agent

kubectl create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: ReplicationController
metadata: {name: web}
spec:
  replicas: 2
  selector: {app: web}
  template:
    metadata: {labels: {app: web}}
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: c, image: "cleat-demo:1", ports: [{containerPort: 8080}]}]}
YAML
eventually 'a replication controller runs its pods' 60 'web +2 +2 +2' kubectl get rc web
kubectl expose rc web --port=80 --target-port=8080 >/dev/null
vip=$(kubectl get service web -o jsonpath='{.spec.clusterIP}')
answering() { for _ in $(seq 1 20); do up exec "$cluster" curl -sS --noproxy '*' --max-time 5 "http://$vip"; done | sort -u | grep -c .; }
eventually 'which answer' 20 '^2$' answering
check 'one goes' 'deleted' kubectl delete "$(kubectl get pods -l app=web -o name | head -1)"
eventually 'another comes' 60 'web +2 +2 +2' kubectl get rc web
check 'scaled to none' 'scaled' kubectl scale rc web --replicas=0
eventually 'they go' 60 'No resources found' kubectl get pods -l app=web
finish
