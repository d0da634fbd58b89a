#!/bin/bash
# Replication controllers without a node, as a user of kubectl sees them.
build=${1:?usage: replication_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server
until_true 20 kubectl get serviceaccount default

controller() {  # NAME REPLICAS
  kubectl create -f - <<YAML
apiVersion: v1
kind: ReplicationController
metadata: {name: $1}
spec:
  replicas: $2
  selector: {app: $1}
  template:
    metadata: {labels: {app: $1}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: i}]}
YAML
}
pods() { kubectl get pods -l "app=$1" -o name | wc -l; }
owner() { kubectl get pod "$1" -o 'jsonpath={.metadata.ownerReferences[*].kind}/{.metadata.ownerReferences[*].name};'; }
status() { kubectl get replicationcontroller "$1" -o 'jsonpath={.status.replicas} {.status.fullyLabeledReplicas} {.status.readyReplicas} {.status.availableReplicas} {.status.observedGeneration}'; }

check 'a controller' 'created' controller web 2
eventually 'makes its pods' 20 '^2$' pods web
eventually 'and counts them' 10 '^2 2   1$' status web
check 'kubectl shows that' 'web +2 +2 +0' kubectl get rc web
check 'it tells what it has done' 'SuccessfulCreate +replicationcontroller/web +Created pod: web-' kubectl get events
for pod in $(kubectl get pods -l app=web -o name); do
  kubectl patch --subresource=status --type=merge "$pod" -p '{"status":{"phase":"Running","conditions":[
    {"type":"Ready","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}' >/dev/null
done
eventually 'they come up' 10 '^2 2 2 2 1$' status web
check 'scaled' 'scaled' kubectl scale rc web --replicas=3
eventually 'it makes one more' 20 '^3$' pods web
check 'back' 'scaled' kubectl scale rc web --replicas=1
eventually 'it deletes two' 20 '^1$' pods web
eventually 'of which one is up' 10 '^1 1 1 1 3$' status web

mine=$(kubectl get pods -l app=web -o 'jsonpath={.items[0].metadata.name}')
check 'a pod of its own' '^ReplicationController/web;$' owner "$mine"
check 'gets another label' 'labeled' kubectl label --overwrite pod "$mine" app=other
eventually 'is let go' 10 '^/;$' owner "$mine"
eventually 'and replaced' 10 '^1$' pods web
check 'a pod that nobody owns' 'created' kubectl run stray --image=i --labels=app=late
check 'a controller for it' 'created' controller late 1
eventually 'takes it over' 10 '^ReplicationController/late;$' owner stray
check 'and makes none' '^1$' pods late

check 'deleted without its pods' 'deleted' kubectl delete rc late --cascade=orphan
eventually 'it leaves them' 10 '^/;$' owner stray
check 'deleted with them' 'deleted' kubectl delete rc web
eventually 'they go' 20 '^0$' pods web
finish
