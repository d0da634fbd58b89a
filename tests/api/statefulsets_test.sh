#!/bin/bash
# Stateful sets on a node that nobody is at: the order of pods, their names and claims, updates and their history, as a user of
# kubectl sees it. What a node would say of its pods is said here.
build=${1:?usage: statefulsets_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server
until_true 20 kubectl get serviceaccount default

statefulset() {  # NAME REPLICAS IMAGE MORE: what else the spec says
  kubectl create -f - <<YAML
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: $1}
spec:
  replicas: $2
  serviceName: front
  selector: {matchLabels: {app: $1}}
  template:
    metadata: {labels: {app: $1}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: $3}]}
$(printf '%s\n' "${@:4}" | sed 's/^/  /')
YAML
}
pods() {  # OF: "POD=IMAGE" of each that is not about to go
  kubectl get pods -l "app=$1" -o 'jsonpath={range .items[*]}{.metadata.deletionTimestamp};{.metadata.name}={.spec.containers[0].image}{"\n"}{end}' |
    sed -n 's/^;//p' | sort | tr '\n' ' '
}
# The node: what is there runs and is ready, but for the pods named; what is to go has gone.
work_of_nodes() {  # OF [UNREADY…]
  local pod of=$1
  shift
  for pod in $(kubectl get pods -l "app=$of" -o 'jsonpath={range .items[?(@.metadata.deletionTimestamp)]}{.metadata.name}{"\n"}{end}'); do
    kubectl delete pod "$pod" --force --grace-period=0 >/dev/null 2>&1
  done
  for pod in $(kubectl get pods -l "app=$of" -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}'); do
    [[ " $* " != *" $pod "* ]] || continue
    ready "$pod" True >/dev/null 2>&1
  done
}
ready() {  # POD True|False
  kubectl patch --subresource=status --type=merge pod "$1" -p '{"status":{"phase":"Running","conditions":[
    {"type":"Ready","status":"'"$2"'","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}'
}
worked() { work_of_nodes "$@"; pods "$1"; }
none() { [ -n "$(worked "$1")" ] || echo none; }
numbers() { kubectl get statefulset "$1" -o 'jsonpath={.status.replicas} {.status.readyReplicas} {.status.availableReplicas} {.status.currentReplicas} {.status.updatedReplicas}'; }
counted() { work_of_nodes "$1"; numbers "$1"; }
revisions() { kubectl get controllerrevisions -l "app=$1" -o 'jsonpath={range .items[*]}{.revision}{"\n"}{end}' | sort -n | tr '\n' ' '; }
at() { kubectl get statefulset "$1" -o "jsonpath={.status.$2}"; }
patch() { kubectl patch statefulset "$@"; }

echo '# in order'
check 'a set' 'created' statefulset web 3 one
eventually 'makes its first pod' 20 '^web-0=one $' pods web
eventually 'which it counts' 10 '^1 0? ?0 1 1$' numbers web
check 'and no second one until that is ready' '^web-0=one $' pods web
check 'it is ready' 'patched' ready web-0 True
eventually 'then the next' 10 '^web-0=one web-1=one $' pods web
check 'it runs, and is not ready' 'patched' ready web-1 False
check 'so it waits' '^web-0=one web-1=one $' pods web
eventually 'until all are there' 20 '^web-0=one web-1=one web-2=one $' worked web
eventually 'and up' 20 '^3 3 3 3 3$' counted web
check 'kubectl shows that' 'web +3/3' kubectl get statefulset web
check 'and that it is rolled out' 'partitioned roll out complete|rolling update complete 3 pods' timeout 20 kubectl rollout status statefulset/web
check 'a pod has its name and number' '^web-1 1 web-1 front$' kubectl get pod web-1 -o \
  'jsonpath={.metadata.labels.statefulset\.kubernetes\.io/pod-name} {.metadata.labels.apps\.kubernetes\.io/pod-index} {.spec.hostname} {.spec.subdomain}'
check 'and its revision' "^$(at web currentRevision)\$" kubectl get pod web-1 -o 'jsonpath={.metadata.labels.controller-revision-hash}'
check 'it tells what it has done' 'SuccessfulCreate +statefulset/web +Create Pod web-0 in StatefulSet web successful' kubectl get events
check 'its pods are its own' 'Controlled By: +StatefulSet/web' kubectl describe pod web-0

echo '# replaced'
uid=$(kubectl get pod web-1 -o 'jsonpath={.metadata.uid}')
kubectl delete pod web-1 --force --grace-period=0 >/dev/null 2>&1
eventually 'a deleted pod comes back under its name' 20 '^web-0=one web-1=one web-2=one $' pods web
check 'as another' '^another$' bash -c "[ \"\$(kubectl get pod web-1 -o 'jsonpath={.metadata.uid}')\" = $uid ] || echo another"
eventually 'and up' 20 '^3 3 3 3 3$' counted web
uid=$(kubectl get pod web-0 -o 'jsonpath={.metadata.uid}')
kubectl patch --subresource=status --type=merge pod web-0 -p '{"status":{"phase":"Failed","reason":"Evicted"}}' >/dev/null
another() { work_of_nodes web web-0; kubectl get pod web-0 -o 'jsonpath={.metadata.uid}' | grep -qx "$uid" || echo another; }
eventually 'a failed one is replaced' 20 '^another$' another
check 'which is told' 'SuccessfulDelete +statefulset/web +Delete Pod web-0 in StatefulSet web successful' kubectl get events
eventually 'and all is well' 20 '^3 3 3 3 3$' counted web
check 'a label is lost' 'labeled|unlabeled' kubectl label pod web-1 statefulset.kubernetes.io/pod-name-
eventually 'and put back' 10 '^web-1$' kubectl get pod web-1 -o 'jsonpath={.metadata.labels.statefulset\.kubernetes\.io/pod-name}'

echo '# scaled'
check 'less' 'scaled' kubectl scale statefulset/web --replicas=1
eventually 'goes in reverse' 20 '^web-0=one $' worked web
eventually 'and is counted' 10 '^1 1 1 1 1$' numbers web
order() { kubectl get events --field-selector reason=SuccessfulDelete --sort-by=.metadata.creationTimestamp -o 'jsonpath={range .items[*]}{.message}{"\n"}{end}' | grep -o 'web-[12]' | tr '\n' ' '; }
check 'the last one first' 'web-2 .*web-1' order
ready web-0 False >/dev/null
check 'more' 'scaled' kubectl scale statefulset/web --replicas=2
eventually 'is seen' 10 '^.+$' bash -c "[ \"\$(kubectl get statefulset web -o 'jsonpath={.metadata.generation}')\" = \"\$(kubectl get statefulset web -o 'jsonpath={.status.observedGeneration}')\" ] && echo seen"
check 'and waits for the first one to be well' '^web-0=one $' pods web
eventually 'then it comes' 20 '^web-0=one web-1=one $' worked web
check 'to three' 'scaled' kubectl scale statefulset/web --replicas=3
eventually 'it goes on' 20 '^web-0=one web-1=one web-2=one $' worked web
eventually 'and is up' 20 '^3 3 3 3 3$' counted web

echo '# updates'
first=$(at web currentRevision)
check 'another image, for the last pod alone' 'patched' patch web -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":2}},"template":{"spec":{"containers":[{"name":"c","image":"two"}]}}}}'
eventually 'reaches it' 20 '^web-0=one web-1=one web-2=two $' worked web
eventually 'and no other' 20 '^3 3 3 2 1$' counted web
check 'as kubectl says' 'partitioned roll out complete: 1 new pods have been updated' timeout 20 kubectl rollout status statefulset/web
check 'the revisions differ' "^$first web-" kubectl get statefulset web -o 'jsonpath={.status.currentRevision} {.status.updateRevision}'
kubectl delete pod web-0 web-2 --force --grace-period=0 >/dev/null 2>&1
eventually 'pods that go come back as they were' 20 '^web-0=one web-1=one web-2=two $' worked web
eventually 'and up' 20 '^3 3 3 2 1$' counted web
check 'for all' 'patched' patch web -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}'
eventually 'they are replaced' 40 '^web-0=two web-1=two web-2=two $' worked web
eventually 'and up' 20 '^3 3 3 3 3$' counted web
second=$(at web updateRevision)
eventually 'the new revision is the current one' 10 "^$second\$" at web currentRevision
check 'which is told' 'rolling update complete 3 pods at revision|roll out complete' timeout 20 kubectl rollout status statefulset/web
check 'there are two revisions' '^1 2 $' revisions web
check 'as kubectl says' 'REVISION.*1 .*2 ' kubectl rollout history statefulset/web
check 'the first one with its image' 'Image:[[:space:]]+one' kubectl rollout history statefulset/web --revision=1
check 'undone' 'rolled back' kubectl rollout undo statefulset/web
eventually 'the old image is back' 40 '^web-0=one web-1=one web-2=one $' worked web
eventually 'as the newest revision' 10 '^2 3 $' revisions web
eventually 'under its old name' 10 "^$first\$" at web updateRevision
eventually 'and up' 20 '^3 3 3 3 3$' counted web
check 'restarted' 'restarted' kubectl rollout restart statefulset/web
eventually 'makes a revision' 20 '^2 3 4 $' revisions web
eventually 'of which all are' 40 '^3 3 3 3 3$' counted web
check 'two at a time' 'patched' patch web -p '{"spec":{"updateStrategy":{"rollingUpdate":{"maxUnavailable":2}},"template":{"spec":{"containers":[{"name":"c","image":"three"}]}}}}'
eventually 'two are replaced at once' 20 '^web-0=one (web-1=three )?(web-2=three )?$' pods web
eventually 'then the third' 40 '^web-0=three web-1=three web-2=three $' worked web
eventually 'and all are up' 20 '^3 3 3 3 3$' counted web

echo '# in parallel'
check 'a set' 'created' statefulset many 3 one 'podManagementPolicy: Parallel' 'ordinals: {start: 5}' 'updateStrategy: {type: OnDelete}'
eventually 'makes all at once' 20 '^many-5=one many-6=one many-7=one $' pods many
eventually 'they come up' 20 '^3 3 3 3 3$' counted many
check 'another image' 'image updated' kubectl set image statefulset/many c=two
eventually 'is seen' 10 '^2$' at many observedGeneration
check 'and waits' '^many-5=one many-6=one many-7=one $' pods many
kubectl delete pod many-6 --force --grace-period=0 >/dev/null 2>&1
eventually 'until a pod is deleted' 20 '^many-5=one many-6=two many-7=one $' worked many
check 'to none' 'scaled' kubectl scale statefulset/many --replicas=0
eventually 'all go' 20 '^none$' none many

echo '# claims'
claims() { kubectl get persistentvolumeclaims -l "app=$1" -o 'jsonpath={range .items[*]}{.metadata.name}:{.metadata.ownerReferences[*].kind}{"\n"}{end}' | sort | tr '\n' ' '; }
template='volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]'
check 'a set' 'created' statefulset db 2 one "$template"
eventually 'its pods come up' 20 '^2 2 2 2 2$' counted db
check 'each with a claim' '^data-db-0: data-db-1: $' claims db
check 'as a volume' '^data=data-db-1$' kubectl get pod db-1 -o 'jsonpath={range .spec.volumes[?(@.persistentVolumeClaim)]}{.name}={.persistentVolumeClaim.claimName}{end}'
check 'which is told' 'SuccessfulCreate +statefulset/db +Create Claim data-db-0 Pod db-0 in StatefulSet db success' kubectl get events
check 'deleted' 'deleted' kubectl delete statefulset db
eventually 'the pods go' 20 '^none$' none db
check 'and the claims stay' '^data-db-0: data-db-1: $' claims db
kubectl delete persistentvolumeclaims -l app=db --wait=false >/dev/null
eventually 'they can be deleted' 20 '^$' claims db
check 'a set whose claims go' 'created' statefulset db 2 one "$template" 'persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete, whenScaled: Delete}'
eventually 'its pods come up' 20 '^2 2 2 2 2$' counted db
eventually 'the claims are the set'"'"'s' 10 '^data-db-0:StatefulSet data-db-1:StatefulSet $' claims db
check 'less' 'scaled' kubectl scale statefulset/db --replicas=1
eventually 'a pod goes' 20 '^db-0=one $' worked db
eventually 'with its claim' 20 '^data-db-0:StatefulSet $' claims db
check 'more' 'scaled' kubectl scale statefulset/db --replicas=2
eventually 'it comes back' 20 '^2 2 2 2 2$' counted db
check 'with a new claim' '^data-db-0:StatefulSet data-db-1:StatefulSet $' claims db
check 'deleted' 'deleted' kubectl delete statefulset db
eventually 'the pods go' 20 '^none$' none db
eventually 'and the claims too' 20 '^$' claims db

echo '# orphans and their new owner'
check 'deleted without its pods' 'deleted' kubectl delete statefulset web --cascade=orphan
eventually 'they are nobody'"'"'s' 10 '^;;;$' kubectl get pods -l app=web -o 'jsonpath={range .items[*]}{.metadata.ownerReferences};{end}'
before=$(kubectl get pods -l app=web -o 'jsonpath={.items[*].metadata.uid}')
check 'the same one again' 'created' statefulset web 3 three
eventually 'takes them over' 20 '^StatefulSet;StatefulSet;StatefulSet;$' kubectl get pods -l app=web -o 'jsonpath={range .items[*]}{.metadata.ownerReferences[*].kind};{end}'
check 'with its history' '^2 3 4 5 |^2 3 4 $|^3 ' revisions web
check 'deleted with its pods' 'deleted' kubectl delete statefulset web
eventually 'nothing is left of it' 20 '^none$' none web
eventually 'nor of its history' 20 'No resources found' kubectl get controllerrevisions -l app=web
finish
