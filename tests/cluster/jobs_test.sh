#!/bin/bash
# A server and two nodes (up.sh): jobs and cron jobs whose pods really run, fail, are restarted, evicted and ended.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/two_nodes.sh"

job() {  # NAME SPEC SCRIPT [RESTART]
  kubectl create -f - <<YAML
apiVersion: batch/v1
kind: Job
metadata: {name: $1}
spec:
  $(sed 's/; */\n  /g' <<<"$2")
  template:
    spec:
      restartPolicy: ${4:-Never}
      terminationGracePeriodSeconds: 1
      volumes: [{name: d, emptyDir: {}}, {name: host, hostPath: {path: $work/marks, type: DirectoryOrCreate}}]
      containers:
      - name: c
        image: cleat-demo:1
        command: [sh, -c, '$3']
        volumeMounts: [{name: d, mountPath: /d}, {name: host, mountPath: /marks}]
YAML
}
conditions() { kubectl get job "$1" -o 'jsonpath={range .status.conditions[?(@.status=="True")]}{.type}={.reason} {end}'; }
status() { kubectl get job "$1" -o "jsonpath={.status.$2}"; }
pods() { kubectl get pods -l "job-name=$1" -o 'jsonpath={range .items[*]}{.status.phase} {end}'; }
pod_of() { kubectl get pods -l "job-name=$1" -o 'jsonpath={.items[0].metadata.name}'; }
logs() { kubectl logs -l "job-name=$1" --tail=-1 | sort | tr '\n' ' '; }

check 'a cluster of two nodes starts' 'a server and 2 nodes' up start "$cluster" 2
sh "$here/../../etc/demo-image.sh" "$work/demo.tar"
check 'both get an image' 'imported into 2 nodes' up import "$cluster" "$work/demo.tar"

echo '# to the end'
check 'a job of three' 'created' job sum 'completions: 3; parallelism: 2' 'echo one'
check 'is complete' 'condition met' kubectl wait --for=condition=complete job/sum --timeout=90s
check 'after three pods' '^Succeeded Succeeded Succeeded $' pods sum
check 'that are counted' '^3$' status sum succeeded
check 'and have told' '^one one one $' logs sum
check 'and may go' '^$' kubectl get pods -l job-name=sum -o 'jsonpath={.items[*].metadata.finalizers}'
check 'a job of indexes' 'created' job index 'completionMode: Indexed; completions: 3; parallelism: 3' 'echo $JOB_COMPLETION_INDEX $(hostname)'
check 'is complete' 'condition met' kubectl wait --for=condition=complete job/index --timeout=90s
check 'each knew its own' '^0 index-0 1 index-1 2 index-2 $' logs index
check 'all are done' '^0-2$' status index completedIndexes

echo '# failures'
check 'one that fails once in its place' 'created' job local 'completions: 2; parallelism: 2' '[ -e /d/x ] || { touch /d/x; exit 1; }' OnFailure
check 'is complete' 'condition met' kubectl wait --for=condition=complete job/local --timeout=90s
check 'with as many pods' '^Succeeded Succeeded $' pods local
check 'that were restarted' '^1 1$' kubectl get pods -l job-name=local -o 'jsonpath={.items[*].status.containerStatuses[*].restartCount}'
check 'one that fails once' 'created' job twice 'completions: 1; backoffLimit: 1' '[ -e /marks/twice ] || { touch /marks/twice; exit 1; }'
check 'is complete with another pod' 'condition met' kubectl wait --for=condition=complete job/twice --timeout=90s
check 'after one that failed' '^1 1$' bash -c "printf '%s %s' '$(status twice succeeded)' '$(status twice failed)'"
check 'one that fails' 'created' job bad 'completions: 1; backoffLimit: 0' 'exit 3'
check 'has failed' 'condition met' kubectl wait --for=condition=failed job/bad --timeout=60s
check 'for that' '^FailureTarget=BackoffLimitExceeded Failed=BackoffLimitExceeded $' conditions bad
check 'one that a code ends' 'created' job code \
  'completions: 2; parallelism: 2; completionMode: Indexed; podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {operator: In, values: [42]}}]}' \
  '[ $JOB_COMPLETION_INDEX = 0 ] && exit 42; sleep 1000'
check 'has failed' 'condition met' kubectl wait --for=condition=failed job/code --timeout=60s
check 'for that' 'Failed=PodFailurePolicy' conditions code
check 'which says how' 'Container c for pod default/code-0-[a-z0-9]+ failed with exit code 42 matching FailJob rule at index 0' \
  kubectl get job code -o 'jsonpath={.status.conditions[?(@.type=="Failed")].message}'
check 'and ended the other one' '^/0/0//2$' kubectl get job code -o \
  'jsonpath={.status.active}/{.status.ready}/{.status.terminating}/{.status.succeeded}/{.status.failed}'
check 'one whose odd indexes fail' 'created' job odd 'completionMode: Indexed; completions: 4; parallelism: 4; backoffLimitPerIndex: 1' \
  'exit $((JOB_COMPLETION_INDEX % 2))'
check 'has failed' 'condition met' kubectl wait --for=condition=failed job/odd --timeout=90s
check 'for them' 'Failed=FailedIndexes' conditions odd
check 'these' '^1,3 0,2 4 2$' kubectl get job odd -o \
  'jsonpath={.status.failedIndexes} {.status.completedIndexes} {.status.failed} {.status.succeeded}'
check 'one with little time' 'created' job brief 'completions: 1; activeDeadlineSeconds: 3' 'sleep 1000'
check 'has failed' 'condition met' kubectl wait --for=condition=failed job/brief --timeout=60s
check 'for that' 'Failed=DeadlineExceeded' conditions brief

echo '# evicted'
check 'one that disruptions do not count for' 'created' job spared \
  'completions: 1; backoffLimit: 0; podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}' \
  '[ -e /marks/spared ] && exit 0; touch /marks/spared; sleep 1000'
eventually 'runs' 60 '^Running $' pods spared
until_true 20 test -e "$work/marks/spared"
evicted=$(pod_of spared)
printf '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"%s","namespace":"default"}}' "$evicted" >"$work/eviction.json"
check 'its pod is evicted' 'Success' kubectl create --raw "/api/v1/namespaces/default/pods/$evicted/eviction" -f "$work/eviction.json"
check 'it is complete with another one' 'condition met' kubectl wait --for=condition=complete job/spared --timeout=90s
check 'and none has failed' '^1/$' kubectl get job spared -o 'jsonpath={.status.succeeded}/{.status.failed}'

echo '# suspended, and gone'
check 'a job' 'created' job pause 'completions: 2; parallelism: 2' '[ -e /marks/go ] && exit 0; sleep 1000'
eventually 'runs' 60 '^Running Running $' pods pause
check 'is suspended' 'patched' kubectl patch job pause -p '{"spec":{"suspend":true}}'
eventually 'and runs no more' 60 '^$' pods pause
check 'nothing has failed' '^//0$' kubectl get job pause -o 'jsonpath={.status.active}/{.status.failed}/{.status.terminating}'
touch "$work/marks/go"
check 'it goes on' 'patched' kubectl patch job pause -p '{"spec":{"suspend":false}}'
check 'and is complete' 'condition met' kubectl wait --for=condition=complete job/pause --timeout=90s
check 'one that has enough with one' 'created' job enough \
  'completionMode: Indexed; completions: 3; parallelism: 3; successPolicy: {rules: [{succeededIndexes: "0"}]}' \
  '[ $JOB_COMPLETION_INDEX = 0 ] || sleep 1000'
check 'is complete' 'condition met' kubectl wait --for=condition=complete job/enough --timeout=90s
check 'with that' '^SuccessCriteriaMet=SuccessPolicy Complete=SuccessPolicy $' conditions enough
check 'and index' '^0$' status enough completedIndexes
check 'a job' 'created' job gone 'completions: 2; parallelism: 2' 'sleep 1000'
eventually 'runs' 60 '^Running Running $' pods gone
check 'is deleted' 'deleted' kubectl delete job gone --wait=true --timeout=60s
eventually 'and its pods have gone' 60 '^$' pods gone
check 'one that goes by itself' 'created' job ttl 'completions: 1; ttlSecondsAfterFinished: 1' 'true'
eventually 'has gone' 60 'NotFound' kubectl get job ttl
eventually 'with its pod' 30 '^$' pods ttl

echo '# every minute'
kubectl create cronjob tick --image=cleat-demo:1 --schedule='* * * * *' -- sh -c 'echo tick' >/dev/null
jobs_of_tick() { kubectl get jobs -o 'jsonpath={range .items[*]}{.metadata.name}={.status.succeeded} {end}' | tr ' ' '\n' | grep ^tick | tr '\n' ' '; }
eventually 'a job is made and done' 130 '^tick-[0-9]+=1 ' jobs_of_tick
eventually 'and the time of it is told' 20 '^20..-' kubectl get cronjob tick -o 'jsonpath={.status.lastSuccessfulTime}'
check 'which kubectl shows' 'tick +\* \* \* \* \* +<none> +False +[01] +[0-9]+' kubectl get cronjob tick
check 'one by hand' 'created' kubectl create job hand --from=cronjob/tick
check 'is complete as well' 'condition met' kubectl wait --for=condition=complete job/hand --timeout=60s
check 'it is deleted' 'deleted' kubectl delete cronjob tick
eventually 'with its jobs' 30 '^$' jobs_of_tick
finish
