#!/bin/bash
# Deployments and their replica sets without a node: histories, names that are taken, sets that are let go.
build=${1:?usage: rollout_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server

deployment() {  # NAME ROUND
  cat <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: {name: $1}
spec:
  replicas: 0
  selector: {matchLabels: {app: $1}}
  template:
    metadata: {labels: {app: $1}}
    spec: {containers: [{name: c, image: i, env: [{name: ROUND, value: $2}]}]}
YAML
}
make() { deployment "$@" | kubectl create -f -; }
revision() { kubectl get deployment "$1" -o 'jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}'; }
sets() {  # of NAME: "REVISION=ROUND" of each
  kubectl get replicasets -l "app=$1" -o 'jsonpath={range .items[*]}{.metadata.annotations.deployment\.kubernetes\.io/revision}={.spec.template.spec.containers[0].env[0].value} {end}' |
    tr ' ' '\n' | sort | tr '\n' ' '
}
history_of() { kubectl get replicasets -l "app=$1" -o 'jsonpath={range .items[*]}{.metadata.annotations.deployment\.kubernetes\.io/revision-history} {end}'; }
next() {  # ROUND REVISION
  kubectl set env deployment/web "ROUND=$1" >/dev/null
  eventually "round $1 is revision $2" 10 "^$2\$" revision web
}

# A history.
check 'a deployment' 'created' make web one
eventually 'begins with revision 1' 10 '^1$' revision web
next two 2
next three 3
eventually 'each has a set' 5 '^ *1=one 2=two 3=three ' sets web
check 'undone' 'rolled back' kubectl rollout undo deployment/web
eventually 'the one before is the newest revision' 10 '^4$' revision web
eventually 'in the set that it had' 5 '^ *1=one 3=three 4=two ' sets web
check 'which remembers what it was' '^ *2 *$' history_of web
check 'the history has no 2 any more' '1 .*3 .*4 ' kubectl rollout history deployment/web
check_fails 'so nobody goes back to it' 'unable to find specified revision 2 in history' kubectl rollout undo deployment/web --to-revision=2
check 'to 3 one can' 'rolled back' kubectl rollout undo deployment/web --to-revision=3
eventually 'and it is 5' 10 '^5$' revision web
check 'and back' 'rolled back' kubectl rollout undo deployment/web
eventually 'to what was 2 and 4' 10 '^6$' revision web
eventually 'which is remembered in order' 5 '(^| )2,4( |$)' history_of web
check 'there are three sets, as before' '^ *1=one 5=three 6=two ' sets web

# What a client in Go sends back has every struct that the API holds by value, empty ones too: that is no other template.
generation() { kubectl get deployment web -o 'jsonpath={.metadata.generation}'; }
before=$(generation)
kubectl get deployment web -o json | python3 -c '
import json, sys
d = json.load(sys.stdin)
d["metadata"].setdefault("creationTimestamp", None)
d["spec"]["template"]["metadata"]["creationTimestamp"] = None
d["spec"]["template"]["spec"]["containers"][0]["resources"] = {}
del d["status"]
json.dump(d, sys.stdout)' >"$work/back.json"
check 'what was read is sent back' 'replaced' kubectl replace -f "$work/back.json"
check 'and is the same' "^$before\$" generation

# A name that is taken.
names() { kubectl get replicasets -l app=collides -o 'jsonpath={.items[*].metadata.name}'; }
check 'another deployment' 'created' make collides one
eventually 'has a set' 10 '^collides-[b-df-hj-np-tv-z2-9]+$' names
first=$(names)
check 'whose label is changed' 'labeled' kubectl label --overwrite replicaset "$first" app=released
eventually 'it is let go' 10 '^;$' kubectl get replicaset "$first" -o 'jsonpath={.metadata.ownerReferences};'
eventually 'and keeps its name, so another is found' 10 '^1$' kubectl get deployment collides -o 'jsonpath={.status.collisionCount}'
eventually 'for a new set' 10 '^collides-[b-df-hj-np-tv-z2-9]+$' names
check 'which is another' '^another$' bash -c "[ '$(names)' = '$first' ] || printf another"
check 'and the deployment'"'"'s' '^collides$' kubectl get replicaset -l app=collides -o 'jsonpath={.items[*].metadata.ownerReferences[*].name}'
eventually 'which is done' 10 'True NewReplicaSetAvailable' kubectl get deployment collides -o \
  'jsonpath={.status.conditions[?(@.type=="Progressing")].status} {.status.conditions[?(@.type=="Progressing")].reason}'
check 'the label comes back' 'labeled' kubectl label --overwrite replicaset "$first" app=collides
eventually 'and the set to its deployment' 10 '^collides$' kubectl get replicaset "$first" -o 'jsonpath={.metadata.ownerReferences[*].name}'
check 'the collision is not forgotten' '^1$' kubectl get deployment collides -o 'jsonpath={.status.collisionCount}'
finish
