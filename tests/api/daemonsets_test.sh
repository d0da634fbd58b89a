#!/bin/bash
# Daemon sets on nodes that nobody is at: where pods go, rollouts and their history, as a user of kubectl sees it. What a node
# would say of its pods is said here.
build=${1:?usage: daemonsets_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server
until_true 20 kubectl get serviceaccount default

node() {  # NAME LABELS
  kubectl create -f - <<YAML
apiVersion: v1
kind: Node
metadata: {name: $1, labels: {kubernetes.io/hostname: $1$2}}
status:
  allocatable: {cpu: "4", memory: 8Gi, pods: "110"}
  capacity: {cpu: "4", memory: 8Gi, pods: "110"}
  conditions: [{type: Ready, status: "True", reason: Said, message: so}]
YAML
}
daemonset() {  # NAME IMAGE STRATEGY
  kubectl create -f - <<YAML
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: $1}
spec:
  selector: {matchLabels: {app: $1}}
  updateStrategy: ${3:-{type: RollingUpdate\}}
  template:
    metadata: {labels: {app: $1}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: $2}]}
YAML
}
pods() {  # OF: "NODE=IMAGE" of each that is not about to go
  kubectl get pods -l "app=$1" -o 'jsonpath={range .items[*]}{.metadata.deletionTimestamp};{.spec.nodeName}={.spec.containers[0].image}{"\n"}{end}' |
    sed -n 's/^;//p' | sort | tr '\n' ' '
}
# The nodes: what is bound runs and is ready, what is to go has gone.
work_of_nodes() {  # OF
  local pod
  for pod in $(kubectl get pods -l "app=$1" -o 'jsonpath={range .items[?(@.spec.nodeName)]}{.metadata.name}{"\n"}{end}'); do
    kubectl patch --subresource=status --type=merge pod "$pod" -p '{"status":{"phase":"Running","conditions":[
      {"type":"Ready","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}' >/dev/null 2>&1
  done
  for pod in $(kubectl get pods -l "app=$1" -o 'jsonpath={range .items[?(@.metadata.deletionTimestamp)]}{.metadata.name}{"\n"}{end}'); do
    kubectl delete pod "$pod" --force --grace-period=0 >/dev/null 2>&1
  done
}
worked() { work_of_nodes "$1"; pods "$1"; }
none() { [ -n "$(worked "$1")" ] || echo none; }
numbers() { kubectl get daemonset "$1" -o 'jsonpath={.status.desiredNumberScheduled} {.status.currentNumberScheduled} {.status.numberReady} {.status.updatedNumberScheduled} {.status.numberAvailable} {.status.numberMisscheduled}'; }
counted() { work_of_nodes "$1"; numbers "$1"; }
revisions() { kubectl get controllerrevisions -l "app=$1" -o 'jsonpath={range .items[*]}{.revision}{"\n"}{end}' | sort -n | tr '\n' ' '; }

check 'a node' 'created' node a ', disk: ssd'
check 'another' 'created' node b ''
check 'a daemon set' 'created' daemonset web one
eventually 'runs on both' 20 '^a=one b=one $' pods web
eventually 'which it counts' 10 '^2 2 0 2  0$' numbers web
eventually 'they come up' 20 '^2 2 2 2 2 0$' counted web
check 'kubectl shows that' 'web +2 +2 +2 +2 +2' kubectl get daemonset web
check 'and that it is rolled out' 'successfully rolled out' timeout 20 kubectl rollout status daemonset/web
check 'each pod asks for its node' '^(metadata.name In \["[ab]"\] ?){2}$' kubectl get pods -l app=web -o \
  'jsonpath={range .items[*].spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[*].matchFields[*]}{.key} {.operator} {.values} {end}'
check 'and puts up with trouble there' 'not-ready:NoExecute unreachable:NoExecute disk-pressure:NoSchedule memory-pressure:NoSchedule pid-pressure:NoSchedule unschedulable:NoSchedule' \
  bash -c "kubectl get pods -l app=web -o 'jsonpath={range .items[0].spec.tolerations[*]}{.key}:{.effect} {end}' | sed 's|node.kubernetes.io/||g'"
check 'it tells what it has done' 'SuccessfulCreate +daemonset/web +Created pod: web-' kubectl get events
check 'its pods are its own' 'Controlled By: +DaemonSet/web' kubectl describe pods -l app=web

# Nodes come and go.
check 'a third node' 'created' node c ''
eventually 'gets a pod' 20 '^a=one b=one c=one $' pods web
check 'one is tainted' 'tainted' kubectl taint node c mine=yes:NoSchedule
eventually 'and keeps the pod that it has' 10 '^2 2 2 2 2 1$' numbers web
check 'another taint' 'tainted' kubectl taint node c mine=yes:NoExecute
eventually 'takes it away' 20 '^a=one b=one $' worked web
check 'without taints' 'untainted' kubectl taint node c mine-
eventually 'it gets one again' 20 '^a=one b=one c=one $' worked web
check 'a node goes' 'deleted' kubectl delete node c
eventually 'and is not counted' 10 '^2 2 2 2 2 0$' numbers web
kubectl delete pods -l app=web --field-selector spec.nodeName=c --force --grace-period=0 >/dev/null 2>&1

# A rollout, node by node.
check 'another image' 'image updated' kubectl set image daemonset/web c=two
eventually 'replaces one pod' 20 '^(a=two b=one|a=one b=two) $' pods web
eventually 'until all are new' 40 '^a=two b=two $' worked web
eventually 'and up' 20 '^2 2 2 2 2 0$' counted web
check 'there are two revisions' '^1 2 $' revisions web
check 'as kubectl says' 'REVISION.*1 .*2 ' kubectl rollout history daemonset/web
check 'the first one with its image' 'Image:[[:space:]]+one' kubectl rollout history daemonset/web --revision=1
check 'undone' 'rolled back' kubectl rollout undo daemonset/web
eventually 'the old image is back' 40 '^a=one b=one $' worked web
eventually 'as the newest revision' 10 '^2 3 $' revisions web
eventually 'and up' 20 '^2 2 2 2 2 0$' counted web
check 'which is done' 'successfully rolled out' timeout 20 kubectl rollout status daemonset/web

# A pod that fails is replaced.
failing=$(kubectl get pods -l app=web -o 'jsonpath={.items[0].metadata.name}')
kubectl patch --subresource=status --type=merge pod "$failing" -p '{"status":{"phase":"Failed"}}' >/dev/null
eventually 'a failed pod is told of' 20 "FailedDaemonPod +daemonset/web +Found failed daemon pod default/$failing on node [ab], will try to kill it" kubectl get events
eventually 'and replaced' 20 '^a=one b=one $' worked web
check_fails 'by another' 'not found' kubectl get pod "$failing"

# Labels decide.
check 'one for certain nodes' 'created' daemonset picky one
check 'is told which' 'patched' kubectl patch daemonset picky -p '{"spec":{"template":{"spec":{"nodeSelector":{"disk":"ssd"}}}}}'
eventually 'and runs there alone' 20 '^a=one $' worked picky
check 'the label goes' 'unlabeled|labeled' kubectl label node a disk-
eventually 'and with it the pod' 20 '^none$' none picky

# The surge, and by hand.
check 'one that surges' 'created' daemonset surge one '{type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}'
eventually 'runs on both' 20 '^a=one b=one $' worked surge
check 'another image' 'image updated' kubectl set image daemonset/surge c=two
eventually 'comes beside the old one' 20 '^a=one a=two b=one $' pods surge
eventually 'until all are new' 40 '^a=two b=two $' worked surge
check 'one that waits' 'created' daemonset manual one '{type: OnDelete}'
eventually 'runs on both' 20 '^a=one b=one $' worked manual
check 'another image' 'image updated' kubectl set image daemonset/manual c=two
eventually 'is known' 10 '^2$' kubectl get daemonset manual -o 'jsonpath={.status.observedGeneration}'
check 'and changes nothing' '^a=one b=one $' worked manual
kubectl delete pods -l app=manual --field-selector spec.nodeName=a --force --grace-period=0 >/dev/null 2>&1
eventually 'until a pod is deleted' 20 '^a=two b=one $' worked manual

# Orphans and their new owner.
check 'deleted without its pods' 'deleted' kubectl delete daemonset web --cascade=orphan
eventually 'they are nobody'"'"'s' 10 '^;;$' kubectl get pods -l app=web -o 'jsonpath={range .items[*]}{.metadata.ownerReferences};{end}'
before=$(kubectl get pods -l app=web -o name | sort | cksum)
check 'the same one again' 'created' daemonset web one
eventually 'takes them over' 20 '^DaemonSet;DaemonSet;$' kubectl get pods -l app=web -o 'jsonpath={range .items[*]}{.metadata.ownerReferences[*].kind};{end}'
eventually 'and its revisions' 10 '^2 3 $' revisions web
check 'without a new pod' "^$before\$" bash -c 'kubectl get pods -l app=web -o name | sort | cksum'
check 'deleted with its pods' 'deleted' kubectl delete daemonset web
eventually 'nothing is left of it' 20 '^none$' none web
eventually 'nor of its history' 20 'No resources found' kubectl get controllerrevisions -l app=web
finish
