#!/bin/bash
# Jobs as a user of kubectl sees them, on a node that nobody is at: what it would say of pods is said here.
build=${1:?usage: jobs_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server
until_true 20 kubectl get serviceaccount default

kubectl create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Node
metadata: {name: a, labels: {kubernetes.io/hostname: a}}
status:
  allocatable: {cpu: "16", memory: 64Gi, pods: "200"}
  capacity: {cpu: "16", memory: 64Gi, pods: "200"}
  conditions: [{type: Ready, status: "True", reason: Said, message: so}]
YAML

job() {  # NAME SPEC [POD_SPEC]: a spec as YAML, added to the least that there must be
  kubectl create -f - <<YAML
apiVersion: batch/v1
kind: Job
metadata: {name: $1}
spec:
  $(sed 's/$/\n  /' <<<"${2:-parallelism: 1}")
  template:
    spec: {restartPolicy: ${3:-Never}, terminationGracePeriodSeconds: 30, containers: [{name: c, image: i}]}
YAML
}
lines() { sed 's/; */\n  /g' <<<"$1"; }  # "a: 1; b: 2" as lines
# The names of pods that run or are to: of a job, or of one of its indexes.
running() {  # JOB [INDEX]
  kubectl get pods -l "job-name=$1${2:+,batch.kubernetes.io/job-completion-index=$2}" -o \
    'jsonpath={range .items[*]}{.metadata.deletionTimestamp};{.status.phase};{.metadata.name}{"\n"}{end}' |
    sed -n 's/^;\(Pending\|Running\);//p'
}
how_many() { running "$@" | wc -l; }
indexes() {
  kubectl get pods -l "job-name=$1" -o \
    'jsonpath={range .items[*]}{.metadata.deletionTimestamp};{.status.phase};{.metadata.annotations.batch\.kubernetes\.io/job-completion-index}{"\n"}{end}' |
    sed -n 's/^;\(Pending\|Running\);//p' | sort | tr '\n' ' '
}
state() {  # POD PHASE CODE [CONDITION]: what a node says of a pod that has ended
  kubectl patch --subresource=status --type=merge pod "$1" -p '{"status":{"phase":"'"$2"'","conditions":['"${4:-}"'],"containerStatuses":[
    {"name":"c","image":"i","imageID":"","ready":false,"restartCount":0,
     "state":{"terminated":{"exitCode":'"$3"',"finishedAt":"'"$(date -u +%FT%TZ)"'"}}}]}}' >/dev/null
}
succeed() { state "$1" Succeeded 0; }
fails() { state "$1" Failed "${2:-1}" "${3:-}"; }
ready() {
  kubectl patch --subresource=status --type=merge pod "$1" -p '{"status":{"phase":"Running","conditions":[
    {"type":"Ready","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}' >/dev/null
}
# What is to go has gone.
reap() {
  local pod
  for pod in $(kubectl get pods -o 'jsonpath={range .items[?(@.metadata.deletionTimestamp)]}{.metadata.name}{"\n"}{end}'); do
    kubectl delete pod "$pod" --force --grace-period=0 >/dev/null 2>&1
  done
}
status() { kubectl get job "$1" -o "jsonpath={.status.$2}"; }
numbers() {  # JOB: active, ready, terminating, succeeded, failed
  kubectl get job "$1" -o 'jsonpath={.status.active}/{.status.ready}/{.status.terminating}/{.status.succeeded}/{.status.failed}'
}
conditions() { kubectl get job "$1" -o 'jsonpath={range .status.conditions[?(@.status=="True")]}{.type}={.reason} {end}'; }
why() { kubectl get job "$1" -o "jsonpath={.status.conditions[?(@.type==\"$2\")].message}"; }
events() { kubectl get events --field-selector "involvedObject.name=$1" -o 'jsonpath={range .items[*]}{.type} {.reason} {.message}{"\n"}{end}'; }
pod_of() { running "$@" | head -1; }

echo '# one pod'
check 'a job' 'created' job one "$(lines 'completions: 1; parallelism: 1')"
eventually 'runs a pod' 10 '^1$' how_many one
pod=$(pod_of one)
check 'that is its own' 'Job one true.*batch.kubernetes.io/job-tracking' kubectl get pod "$pod" -o \
  'jsonpath={.metadata.ownerReferences[0].kind} {.metadata.ownerReferences[0].name} {.metadata.ownerReferences[0].controller} {.metadata.finalizers}'
eventually 'it counts it' 10 '^1/0/0//$' numbers one
check 'it has started' '^20..-..-..T..:..:..Z$' status one startTime
ready "$pod"
eventually 'it is ready' 10 '^1/1/0//$' numbers one
succeed "$pod"
eventually 'it is complete' 10 '^SuccessCriteriaMet=CompletionsReached Complete=CompletionsReached $' conditions one
check 'for this reason' '^Reached expected number of succeeded pods$' why one Complete
check 'it counts one' '^/0/0/1/$' numbers one
check 'kubectl waits for it' 'condition met' kubectl wait --for=condition=complete job/one --timeout=5s
check 'kubectl shows it' 'one +Complete +1/1' kubectl get job one
check 'the pod may go' '^\[?\]?$' kubectl get pod "$pod" -o 'jsonpath={.metadata.finalizers}'
eventually 'it tells of the pod' 5 "Normal SuccessfulCreate Created pod: $pod" events one
eventually 'and of the end' 5 'Normal Completed Job completed' events one

echo '# as many as may, until enough have succeeded'
check 'a job of three' 'created' job three "$(lines 'completions: 3; parallelism: 2')"
eventually 'runs two' 10 '^2$' how_many three
succeed "$(pod_of three)"
eventually 'then two more' 10 '^2/0/0/1/$' numbers three
succeed "$(pod_of three)"
eventually 'then the last one' 10 '^1/0/0/2/$' numbers three
succeed "$(pod_of three)"
eventually 'and is complete' 10 'Complete=CompletionsReached' conditions three
check 'after three pods' '^3$' bash -c 'kubectl get pods -l job-name=three -o name | wc -l'

echo '# a work queue'
check 'a job without a number' 'created' job queue "$(lines 'parallelism: 2')"
eventually 'runs two' 10 '^2$' how_many queue
succeed "$(pod_of queue)"
eventually 'begins nothing more' 10 '^1/0/0/1/$' numbers queue
succeed "$(pod_of queue)"
eventually 'and is complete when all have ended' 10 'Complete=' conditions queue

echo '# failures'
check 'a job that may fail once' 'created' job weak "$(lines 'completions: 1; backoffLimit: 1')"
eventually 'runs a pod' 10 '^1$' how_many weak
fails "$(pod_of weak)"
eventually 'which has failed' 10 '^/0/0//1$' numbers weak
check 'it waits' '^0$' how_many weak
eventually 'for ten seconds' 20 '^1$' how_many weak
fails "$(pod_of weak)"
eventually 'and has failed with the next one' 10 '^FailureTarget=BackoffLimitExceeded Failed=BackoffLimitExceeded $' conditions weak
check 'for this reason' '^Job has reached the specified backoff limit$' why weak Failed
check 'kubectl shows it' 'weak +Failed +0/1' kubectl get job weak
eventually 'it tells of it' 5 'Warning BackoffLimitExceeded Job has reached the specified backoff limit' events weak
check 'a job that restarts containers' 'created' job again "$(lines 'completions: 1; backoffLimit: 2')" OnFailure
eventually 'runs a pod' 10 '^1$' how_many again
kubectl patch --subresource=status --type=merge pod "$(pod_of again)" -p '{"status":{"phase":"Running","containerStatuses":[
  {"name":"c","image":"i","imageID":"","ready":true,"restartCount":2,"state":{"running":{}}}]}}' >/dev/null
eventually 'may do so as often' 10 'FailureTarget=BackoffLimitExceeded' conditions again
eventually 'and waits for the pod to end' 10 '^/0/1//1$' numbers again
check 'until then it has not failed' '^FailureTarget=BackoffLimitExceeded $' conditions again
reap
eventually 'then it has' 10 ' Failed=BackoffLimitExceeded' conditions again

echo '# a deadline'
check 'a job with little time' 'created' job brief "$(lines 'completions: 1; activeDeadlineSeconds: 2')"
eventually 'runs a pod' 10 '^1$' how_many brief
eventually 'until its time is over' 10 'FailureTarget=DeadlineExceeded' conditions brief
reap
eventually 'and has failed' 10 'Failed=DeadlineExceeded' conditions brief
check 'for this reason' '^Job was active longer than specified deadline$' why brief Failed

echo '# suspended'
check 'a job' 'created' job pause "$(lines 'completions: 2; parallelism: 2')"
eventually 'runs two' 10 '^2$' how_many pause
before=$(status pause startTime)
check 'is suspended' 'patched' kubectl patch job pause -p '{"spec":{"suspend":true}}'
eventually 'and runs none' 10 '^0$' how_many pause
eventually 'it says so' 10 '^Suspended=JobSuspended $' conditions pause
check 'it has not started' '^$' status pause startTime
check 'kubectl shows it' 'pause +Suspended +0/2' kubectl get job pause
reap
eventually 'none has failed' 10 '^/0/0//$' numbers pause
until_true 3 bash -c "[ \"\$(date -u +%FT%TZ)\" != '$before' ]"
check 'is resumed' 'patched' kubectl patch job pause -p '{"spec":{"suspend":false}}'
eventually 'and runs two' 10 '^2/0/0//$' numbers pause
check 'it says so' '^False$' kubectl get job pause -o 'jsonpath={.status.conditions[?(@.type=="Suspended")].status}'
check 'it has started anew' '^later$' bash -c "[ '$(status pause startTime)' \\> '$before' ] && printf later"
eventually 'it tells of both' 5 'Normal Suspended Job suspended.*Normal Resumed Job resumed' events pause

echo '# indexes'
indexed='completionMode: Indexed; completions: 3; parallelism: 2'
check 'an indexed job' 'created' job ix "$(lines "$indexed")"
eventually 'runs the first two' 10 '^0 1 $' indexes ix
pod=$(pod_of ix 1)
check 'whose names tell them apart' '^ix-1-' printf '%s' "$pod"
check 'whose hosts do' '^ix-1$' kubectl get pod "$pod" -o 'jsonpath={.spec.hostname}'
check 'who can read their number' "JOB_COMPLETION_INDEX metadata.labels\['batch.kubernetes.io/job-completion-index'\]" \
  kubectl get pod "$pod" -o 'jsonpath={.spec.containers[0].env[0].name} {.spec.containers[0].env[0].valueFrom.fieldRef.fieldPath}'
succeed "$pod"
eventually 'the second is done' 10 '^1$' status ix completedIndexes
eventually 'and the third runs' 10 '^0 2 $' indexes ix
succeed "$(pod_of ix 0)"
succeed "$(pod_of ix 2)"
eventually 'all are' 10 '^0-2$' status ix completedIndexes
eventually 'and the job is complete' 10 'Complete=CompletionsReached' conditions ix
check 'one that grows' 'created' job grow "$(lines 'completionMode: Indexed; completions: 1; parallelism: 1')"
eventually 'runs its one' 10 '^0 $' indexes grow
check 'is made larger' 'patched' kubectl patch job grow -p '{"spec":{"completions":3,"parallelism":3}}'
eventually 'and runs three' 10 '^0 1 2 $' indexes grow
check 'is made smaller' 'patched' kubectl patch job grow -p '{"spec":{"completions":2,"parallelism":2}}'
eventually 'and runs two' 10 '^0 1 $' indexes grow

echo '# each index for itself'
check 'a job whose indexes may fail once' 'created' job each "$(lines 'completionMode: Indexed; completions: 2; parallelism: 2; backoffLimitPerIndex: 1')"
eventually 'runs both' 10 '^0 1 $' indexes each
fails "$(pod_of each 0)"
eventually 'tries one again' 20 '^0 1 $' indexes each
check 'knows what was before' '^1$' kubectl get pod "$(pod_of each 0)" -o 'jsonpath={.metadata.annotations.batch\.kubernetes\.io/job-index-failure-count}'
fails "$(pod_of each 0)"
eventually 'and gives it up' 10 '^0$' status each failedIndexes
check 'while the other one runs' '^1 $' indexes each
succeed "$(pod_of each 1)"
eventually 'which succeeds' 10 '^1$' status each completedIndexes
eventually 'the job has failed' 10 '^FailureTarget=FailedIndexes Failed=FailedIndexes $' conditions each
check 'with two pods' '^/0/0/1/2$' numbers each
check 'a job of which one index may fail' 'created' job most "$(lines 'completionMode: Indexed; completions: 4; parallelism: 3; backoffLimitPerIndex: 0; maxFailedIndexes: 1')"
eventually 'runs three' 10 '^0 1 2 $' indexes most
fails "$(pod_of most 0)"
eventually 'goes on without one' 10 '^1 2 3 $' indexes most
fails "$(pod_of most 2)"
eventually 'and ends with two' 10 'FailureTarget=MaxFailedIndexesExceeded' conditions most
reap
eventually 'as failed' 10 ' Failed=MaxFailedIndexesExceeded' conditions most
check 'these did' '^0,2$' status most failedIndexes

echo '# what a failure means'
rule() { printf 'podFailurePolicy: {rules: [{action: %s, %s}]}' "$@"; }
check 'a job that one code ends' 'created' job code "$(lines "completions: 2; parallelism: 2; $(rule FailJob 'onExitCodes: {operator: In, values: [42]}')")"
eventually 'runs two' 10 '^2$' how_many code
pod=$(pod_of code)
fails "$pod" 42
eventually 'ends with it' 10 'FailureTarget=PodFailurePolicy' conditions code
reap
eventually 'as failed' 10 'Failed=PodFailurePolicy' conditions code
check 'for this reason' "^Container c for pod default/$pod failed with exit code 42 matching FailJob rule at index 0\$" why code Failed
check 'a job that disruptions do not count for' 'created' job spared "$(lines "completions: 1; backoffLimit: 0; $(rule Ignore 'onPodConditions: [{type: DisruptionTarget}]')")"
eventually 'runs a pod' 10 '^1$' how_many spared
fails "$(pod_of spared)" 1 '{"type":"DisruptionTarget","status":"True"}'
eventually 'runs another' 20 '^1/0/0//$' numbers spared
check 'a job with a code for an index' 'created' job lone "$(lines "completionMode: Indexed; completions: 2; parallelism: 2; backoffLimitPerIndex: 3; $(rule FailIndex 'onExitCodes: {operator: NotIn, values: [1]}')")"
eventually 'runs both' 10 '^0 1 $' indexes lone
fails "$(pod_of lone 1)" 9
eventually 'gives that one up' 10 '^1$' status lone failedIndexes

echo '# when it is enough'
check 'a job that certain indexes are enough for' 'created' job enough "$(lines 'completionMode: Indexed; completions: 3; parallelism: 3; successPolicy: {rules: [{succeededIndexes: "0,2", succeededCount: 1}]}')"
eventually 'runs three' 10 '^0 1 2 $' indexes enough
succeed "$(pod_of enough 2)"
eventually 'has enough' 10 '^SuccessCriteriaMet=SuccessPolicy $' conditions enough
reap
eventually 'and is complete' 10 'Complete=SuccessPolicy' conditions enough
check 'by this rule' '^Matched rules at index 0$' why enough Complete
check 'none has failed' '^/0/0/1/$' numbers enough

echo '# replacing'
check 'a job that waits for its pods' 'created' job slow "$(lines 'completions: 1; podReplacementPolicy: Failed')"
eventually 'runs a pod' 10 '^1$' how_many slow
pod=$(pod_of slow)
until_true 10 bash -c "[ \"\$(kubectl get pod $pod -o 'jsonpath={.spec.nodeName}')\" = a ]"
check 'that is deleted' 'deleted' kubectl delete pod "$pod" --wait=false
eventually 'waits for it' 10 '^/0/1//$' numbers slow
fails "$pod"
eventually 'and runs another' 20 '^1/0/0//1$' numbers slow

echo '# whose pods'
check 'a job' 'created' job own "$(lines 'completions: 2; parallelism: 2')"
eventually 'runs two' 10 '^2$' how_many own
pod=$(pod_of own)
check 'one is made nobody'"'"'s' 'patched' kubectl patch pod "$pod" --type=json -p '[{"op":"remove","path":"/metadata/ownerReferences"}]'
eventually 'and taken over again' 10 '^own$' kubectl get pod "$pod" -o 'jsonpath={.metadata.ownerReferences[*].name}'
check 'one is made another'"'"'s' 'labeled' kubectl label pod "$pod" job-name- batch.kubernetes.io/job-name- controller-uid- batch.kubernetes.io/controller-uid-
eventually 'and let go' 10 '^;$' kubectl get pod "$pod" -o 'jsonpath={.metadata.ownerReferences};{.metadata.finalizers}'
eventually 'another one runs instead' 10 '^2$' how_many own
check 'somebody else'"'"'s job' 'created' job theirs "$(lines 'managedBy: example.com/queue; completions: 1')"
check 'has the labels of its pods' '^theirs theirs ' kubectl get job theirs -o \
  'jsonpath={.metadata.labels.job-name} {.metadata.labels.batch\.kubernetes\.io/job-name} {.metadata.labels.controller-uid}'
check 'a job behind it' 'created' job behind "$(lines 'completions: 1')"
eventually 'runs' 10 '^1$' how_many behind
check 'while the first was left alone' '^0$' how_many theirs
check 'with nothing in its status' '^$' kubectl get job theirs -o 'jsonpath={.status.startTime}'

echo '# nobody looks for a while'
check 'a job' 'created' job lost "$(lines 'completions: 3; parallelism: 3')"
eventually 'runs three' 10 '^3$' how_many lost
stop_server -KILL
start_server
eventually 'it is still there' 20 '^3/0/0//$' numbers lost
for pod in $(running lost); do succeed "$pod"; done
kubectl delete pods -l job-name=lost --wait=false >/dev/null
eventually 'all of them count' 10 '^/0/0/3/$' numbers lost
check 'and the job is complete' 'Complete=' conditions lost

echo '# it goes'
check 'a job' 'created' job gone "$(lines 'completions: 2; parallelism: 2')"
eventually 'runs two' 10 '^2$' how_many gone
check 'is deleted' 'deleted' kubectl delete job gone --wait=true --timeout=20s
eventually 'with its pods' 20 '^$' bash -c 'for pod in $(kubectl get pods -l job-name=gone -o name); do kubectl delete "$pod" --force --grace-period=0 >/dev/null 2>&1; done; kubectl get pods -l job-name=gone -o name'
check 'a job' 'created' job left "$(lines 'completions: 1')"
eventually 'runs a pod' 10 '^1$' how_many left
check 'is deleted without it' 'deleted' kubectl delete job left --cascade=orphan --timeout=20s
eventually 'the pod stays and may go' 10 '^pod/left-[a-z0-9]+=$' kubectl get pods -l job-name=left -o \
  'jsonpath={range .items[*]}pod/{.metadata.name}={.metadata.finalizers}{.metadata.ownerReferences}{end}'
check 'a job that goes by itself' 'created' job ttl "$(lines 'completions: 1; ttlSecondsAfterFinished: 2')"
eventually 'runs a pod' 10 '^1$' how_many ttl
succeed "$(pod_of ttl)"
eventually 'is complete' 10 'Complete=' conditions ttl
eventually 'and goes' 10 'NotFound' kubectl get job ttl
eventually 'with its pod' 10 '^$' kubectl get pods -l job-name=ttl -o name
finish
