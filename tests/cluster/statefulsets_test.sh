#!/bin/bash
# A server and two nodes (up.sh): stateful sets with real pods, their names, updates and what comes back when one goes.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/two_nodes.sh"

check 'a cluster of two nodes starts' 'a server and 2 nodes' up start "$cluster" 2
sh "$here/../../etc/demo-image.sh" "$work/demo.tar"
check 'both get an image' 'imported into 2 nodes' up import "$cluster" "$work/demo.tar"

cat >"$work/web.yaml" <<'YAML'
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  replicas: 3
  serviceName: front
  minReadySeconds: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: c
        image: cleat-demo:1
        env: [{name: ROUND, value: one}]
        readinessProbe: {exec: {command: ["test", "!", "-e", "/tmp/unwell"]}, periodSeconds: 1, failureThreshold: 1}
YAML
pods() {  # "POD=ROUND" of each
  kubectl get pods -l app=web -o 'jsonpath={range .items[*]}{.metadata.name}={.spec.containers[0].env[0].value}{"\n"}{end}' |
    sort | tr '\n' ' '
}
uid() { kubectl get pod "$1" -o 'jsonpath={.metadata.uid}'; }
rollout() { kubectl rollout "$1" statefulset/web "${@:2}"; }
numbers() { kubectl get statefulset web -o 'jsonpath={.status.replicas} {.status.readyReplicas} {.status.availableReplicas} {.status.updatedReplicas}'; }
starts() { kubectl get pods -l app=web -o 'jsonpath={range .items[*]}{.metadata.creationTimestamp} {.metadata.name}{"\n"}{end}' | sort | cut -d ' ' -f 2 | tr '\n' ' '; }
run() { kubectl exec "$1" -- "${@:2}"; }

check 'a stateful set' 'created' kubectl create -f "$work/web.yaml"
check 'rolls out' 'complete' rollout status --timeout=120s
check 'as three pods' '^web-0=one web-1=one web-2=one $' pods
check 'one after the other' '^web-0 web-1 web-2 $' starts
check 'each knows its name' '^web-1$' run web-1 hostname
check 'and its full one' '^web-1.front.default.svc' run web-1 hostname -f
first=$(uid web-1)
check 'a pod is deleted' 'deleted' kubectl delete pod web-1 --wait=true
# The pods first: right after the deletion the numbers may still be those of before.
eventually 'it comes back under its name' 60 '^web-0=one web-1=one web-2=one $' pods
eventually 'and is ready' 60 '^3 3 3 3$' numbers
check 'and is another' '^another$' bash -c "[ '$(uid web-1)' = '$first' ] || printf another"
run web-0 touch /tmp/unwell
eventually 'one that is unwell is counted' 30 '^3 2 2 3$' numbers
check 'is scaled' 'scaled' kubectl scale statefulset/web --replicas=4
eventually 'which is seen' 10 '^2$' kubectl get statefulset web -o 'jsonpath={.status.observedGeneration}'
check 'and waits' '^web-0=one web-1=one web-2=one $' pods
run web-0 rm -f /tmp/unwell
eventually 'until it is well' 60 '^web-0=one web-1=one web-2=one web-3=one $' pods
check 'back' 'scaled' kubectl scale statefulset/web --replicas=3
eventually 'the last one goes' 60 '^web-0=one web-1=one web-2=one $' pods

check 'another template' 'env updated' kubectl set env statefulset/web ROUND=two
check 'rolls out' 'complete' rollout status --timeout=180s
check 'to all' '^web-0=two web-1=two web-2=two $' pods
check 'from the last one down' '^web-2 web-1 web-0 $' starts
check 'the history has both' 'REVISION.*1 .*2 ' rollout history
check 'undone' 'rolled back' rollout undo
check 'rolls out' 'complete' rollout status --timeout=180s
check 'to what it was' '^web-0=one web-1=one web-2=one $' pods
check 'restarted' 'restarted' rollout restart
check 'it is done' 'complete' rollout status --timeout=180s

kubectl patch statefulset web -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":2}}}}' >/dev/null
kubectl set env statefulset/web ROUND=three >/dev/null
check 'a canary' 'partitioned roll out complete: 1 new pods' rollout status --timeout=120s
check 'is the last one' '^web-0=one web-1=one web-2=three $' pods
kubectl delete pod web-0 --wait=true >/dev/null
eventually 'others that go come back as they were' 60 '^web-0=one web-1=one web-2=three $' pods
eventually 'and nothing else changes' 60 '^3 3 3 1$' numbers
check 'deleted' 'deleted' kubectl delete statefulset web
eventually 'nothing is left of it' 60 'No resources found' kubectl get pods,controllerrevisions -l app=web
finish
