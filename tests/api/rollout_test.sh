#!/bin/bash
# Deployments and their replica sets without a node: histories, names that are taken, sets that are let go, and how a rollout
# that proceeds, pauses or stalls is told.
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

# Progress, with a deadline of three seconds. No node runs the pods: what one would say of them is said here.
up() {  # every pod of the deployment is ready
  local pod
  for pod in $(kubectl get pods -l "app=$1" -o name); do
    kubectl patch --subresource=status --type=merge "$pod" -p '{"status":{"phase":"Running","conditions":[
      {"type":"Ready","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}' >/dev/null
  done
}
come_up() { up "$1"; kubectl get deployment "$1" -o 'jsonpath={.status.updatedReplicas}/{.status.availableReplicas}/{.status.replicas}'; }
condition() {  # TYPE OF
  kubectl get deployment "$2" -o "jsonpath={.status.conditions[?(@.type=='$1')].status} {.status.conditions[?(@.type=='$1')].reason}"
}
progress() { condition Progressing slow; }
older_than() {  # SECONDS: since when the condition is what it is
  local since
  since=$(kubectl get deployment slow -o 'jsonpath={.status.conditions[?(@.type=="Progressing")].lastUpdateTime}')
  [ $(($(date +%s) - $(date -d "$since" +%s))) -gt "$1" ]
}
rollout() { timeout 20 kubectl rollout "$1" deployment/slow "${@:2}"; }
deployment slow one | sed 's/replicas: 0/replicas: 2\n  progressDeadlineSeconds: 3/' | kubectl create -f - >/dev/null
eventually 'a new deployment has made its set' 10 '^True (NewReplicaSetCreated|ReplicaSetUpdated)$' progress
eventually 'whose pods come up' 20 '^2/2/2$' come_up slow
eventually 'and it is done' 10 '^True NewReplicaSetAvailable$' progress
check 'as kubectl says' 'successfully rolled out' rollout status
until_true 10 older_than 4
kubectl set env deployment/slow ROUND=two >/dev/null
eventually 'after more than its deadline a new template begins anew' 10 '^True (NewReplicaSetCreated|ReplicaSetUpdated)$' progress
eventually 'and comes up within it' 20 '^2/2/2$' come_up slow
check 'without having failed at any time' 'successfully rolled out' rollout status
kubectl set env deployment/slow ROUND=three >/dev/null
check_fails 'one that stalls is told by kubectl' 'exceeded its progress deadline' rollout status
check 'and in its condition' '^False ProgressDeadlineExceeded$' progress
check 'undone' 'rolled back' rollout undo
eventually 'it is what it was' 20 '^2/2/2$' come_up slow
eventually 'which is done' 10 '^True NewReplicaSetAvailable$' progress
kubectl set env deployment/slow ROUND=four >/dev/null
check 'it is paused in the middle' 'paused' rollout pause
eventually 'which its condition says' 10 '^Unknown DeploymentPaused$' progress
until_true 10 older_than 4
check 'for longer than its deadline' '^Unknown DeploymentPaused$' progress
sizes() { kubectl get replicasets -l app=slow -o 'jsonpath={range .items[?(@.spec.replicas>0)]}{.spec.replicas}:{.metadata.annotations.deployment\.kubernetes\.io/desired-replicas}:{.metadata.annotations.deployment\.kubernetes\.io/max-replicas} {end}' | tr ' ' '\n' | sort | tr '\n' ' '; }
kubectl scale deployment/slow --replicas=4 >/dev/null
eventually 'paused it can be scaled, and each set gets its part' 10 '^ *(1:4:5 4:4:5|2:4:5 3:4:5|4:4:5) ' sizes
check 'and is resumed' 'resumed' rollout resume
eventually 'with its whole time' 10 '^(Unknown DeploymentResumed|True ReplicaSetUpdated)$' progress
eventually 'and comes up' 20 '^4/4/4$' come_up slow
check 'and is done' 'successfully rolled out' rollout status

# What somebody else writes into the status while its controller does stays there.
foreign() { kubectl get deployment slow -o 'jsonpath={.status.conditions[?(@.type=="Foreign")].message}'; }
for round in $(seq 20); do
  kubectl scale deployment/slow --replicas=$((1 + round % 2)) >/dev/null
  kubectl patch --subresource=status --type=strategic deployment/slow -p "{\"status\":{\"conditions\":[
    {\"type\":\"Foreign\",\"status\":\"True\",\"message\":\"round $round\"}]}}" >/dev/null
  [ "$(foreign)" = "round $round" ] || echo "lost in round $round"
done >"$work/lost"
check 'a condition of somebody else is not lost once in twenty times' '^0 ' wc -l "$work/lost"
eventually 'and what the controller has to say is said' 20 '^1/1/1$' come_up slow

# What keeps pods from being made is told of the deployment, and taken back.
deployment nobodys one | sed 's/replicas: 0/replicas: 1/; s/spec: {containers/spec: {serviceAccountName: nobody, containers/' |
  kubectl create -f - >/dev/null
eventually 'a set cannot make its pods' 10 '^True FailedCreate$' condition ReplicaFailure nobodys
kubectl create serviceaccount nobody >/dev/null
eventually 'until it can' 60 '^ $' condition ReplicaFailure nobodys
finish
