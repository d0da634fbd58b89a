#!/bin/bash
# StatefulSets, DaemonSets, ReplicationControllers, Jobs and CronJobs as kubectl sees them: written, shown, scaled, and filled in.
build=${1:?usage: workloads_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
start_server
until_true 20 kubectl get serviceaccount default
apps=/apis/apps/v1/namespaces/default
batch=/apis/batch/v1/namespaces/default
core=/api/v1/namespaces/default
patch() { sending application/merge-patch+json request PATCH "$@"; }
template='{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"i:1"}]}}'
selector='{"matchLabels":{"app":"web"}}'

echo '# stateful sets'
check 'one with storage' '^201' request POST $apps/statefulsets '{"metadata":{"name":"db"},"spec":{"replicas":2,"serviceName":"db","selector":'"$selector"',"template":'"$template"',
  "volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}]}}'
check 'is filled in' \
  '"volumeClaimTemplates":\[\{"kind":"PersistentVolumeClaim","apiVersion":"v1","metadata":\{"name":"data"\},"spec":\{"accessModes":\["ReadWriteOnce"\],"resources":\{"requests":\{"storage":"1Gi"\}\},"volumeMode":"Filesystem"\},"status":\{"phase":"Pending"\}\}\],"serviceName":"db","podManagementPolicy":"OrderedReady","updateStrategy":\{"type":"RollingUpdate","rollingUpdate":\{"partition":0,"maxUnavailable":1\}\},"revisionHistoryLimit":10,"persistentVolumeClaimRetentionPolicy":\{"whenDeleted":"Retain","whenScaled":"Retain"\}\},"status":\{.*"availableReplicas":0\}' \
  request GET $apps/statefulsets/db
check 'is shown' 'db +0/2 +[0-9]+s +c +i:1' kubectl get sts -o wide
check 'is scaled' 'statefulset.apps/db scaled' kubectl scale statefulset db --replicas=3
check 'has a scale' '^200 .*"kind":"Scale".*"spec":\{"replicas":3\},"status":\{"replicas":[01],"selector":"app=web"\}' request GET $apps/statefulsets/db/scale
check 'is autoscaled' 'horizontalpodautoscaler.autoscaling/db autoscaled' kubectl autoscale statefulset db --min=1 --max=3 --cpu-percent=50
check 'is described' 'Update Strategy: +RollingUpdate.*Volume Claims:.*Name: +data' kubectl describe sts db
check 'has no history yet' '.' kubectl rollout history statefulset db

echo '# daemon sets'
check 'one' '^201 .*"annotations":\{"deprecated.daemonset.template.generation":"1"\}.*"updateStrategy":\{"type":"RollingUpdate","rollingUpdate":\{"maxUnavailable":1,"maxSurge":0\}\},"revisionHistoryLimit":10' \
  request POST $apps/daemonsets '{"metadata":{"name":"agent"},"spec":{"selector":'"$selector"',"template":'"$template"'}}'
check 'its templates are counted' '^200 .*"generation":2,.*"deprecated.daemonset.template.generation":"2"' \
  patch $apps/daemonsets/agent '{"spec":{"template":{"spec":{"nodeSelector":{"disk":"ssd"}}}}}'
check 'and nothing else' '^200 .*"generation":3,.*"deprecated.daemonset.template.generation":"2"' patch $apps/daemonsets/agent \
  '{"metadata":{"annotations":{"deprecated.daemonset.template.generation":"9"}},"spec":{"minReadySeconds":1}}'
check 'is shown' 'agent( +[0-9]+){5} +disk=ssd +[0-9]+s +c +i:1 +app=web' \
  kubectl get ds -o wide
check 'its image is changed' 'daemonset.apps/agent image updated' kubectl set image ds/agent c=i:2
check 'it is restarted' 'daemonset.apps/agent restarted' kubectl rollout restart ds/agent

echo '# revisions'
check 'one' '^201' request POST $apps/controllerrevisions '{"metadata":{"name":"agent-1","ownerReferences":[{"apiVersion":"apps/v1","kind":"DaemonSet","name":"agent","uid":"'"$(kubectl get ds agent -o 'jsonpath={.metadata.uid}')"'","controller":true}]},"data":{"spec":{"template":{}}},"revision":4}'
check 'is shown' 'agent-1 +daemonset.apps/agent +4 ' kubectl get controllerrevisions

echo '# replication controllers and pod templates'
check 'one takes its selector and labels from the template' '^201 .*"labels":\{"app":"web"\}.*"spec":\{"replicas":1,"selector":\{"app":"web"\}' \
  request POST $core/replicationcontrollers '{"metadata":{"name":"old"},"spec":{"template":'"$template"'}}'
check 'is scaled' 'replicationcontroller/old scaled' kubectl scale rc old --replicas=2
check 'has a scale' '^200 .*"kind":"Scale".*"selector":"app=web"' request GET $core/replicationcontrollers/old/scale
check 'is shown' 'old +2 +[0-9]+ +0 +[0-9]+s +c +i:1 +app=web' kubectl get rc -o wide
check 'is selected by its count' 'replicationcontroller/old' kubectl get rc --field-selector=status.replicas!=99 -o name
check 'a template' '^201' request POST $core/podtemplates '{"metadata":{"name":"t"},"template":'"$template"'}'
check 'is shown' 't +c +i:1 +app=web' kubectl get podtemplates

echo '# jobs'
check 'one' 'job.batch/pi created' kubectl create job pi --image=perl:5 -- perl -e 1
uid=$(kubectl get job pi -o 'jsonpath={.metadata.uid}')
labels="\"batch.kubernetes.io/controller-uid\":\"$uid\",\"batch.kubernetes.io/job-name\":\"pi\",\"controller-uid\":\"$uid\",\"job-name\":\"pi\""
check 'is filled in' \
  '"spec":\{"parallelism":1,"completions":1,"selector":\{"matchLabels":\{"batch.kubernetes.io/controller-uid":"'"$uid"'"\}\},"manualSelector":false,"template":\{"metadata":\{"labels":\{'"$labels"'\}\},.*"backoffLimit":6,"completionMode":"NonIndexed","suspend":false,"podReplacementPolicy":"TerminatingOrFailed"\},"status":\{' \
  request GET $batch/jobs/pi
check 'is shown' 'pi +Running +0/1( +[0-9]+s){1,2} +pi +perl:5 +batch.kubernetes.io/controller-uid='"$uid" kubectl get jobs -o wide
check 'is applied again' 'job.batch/applied created' bash -c "printf '%s' '{\"apiVersion\":\"batch/v1\",\"kind\":\"Job\",\"metadata\":{\"name\":\"applied\"},\"spec\":{\"template\":{\"spec\":{\"restartPolicy\":\"Never\",\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}}' | tee '$work/job.json' | kubectl apply -f -"
check 'and again' 'job.batch/applied unchanged' kubectl apply -f "$work/job.json"
check 'and by the server' 'job.batch/applied serverside-applied' kubectl apply --server-side --force-conflicts -f "$work/job.json"
check 'and by the server again' 'job.batch/applied serverside-applied' kubectl apply --server-side -f "$work/job.json"
check 'one that others manage' '^201' request POST $batch/jobs '{"metadata":{"name":"done"},"spec":{"managedBy":"example.com/tests","template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}'
check 'has succeeded' '^200' patch $batch/jobs/done/status '{"status":{"startTime":"2026-01-01T00:00:00Z","completionTime":"2026-01-01T00:01:30Z","succeeded":1,
  "conditions":[{"type":"SuccessCriteriaMet","status":"True"},{"type":"Complete","status":"True"}]}}'
check 'says so' 'done +Complete +1/1 +90s ' kubectl get jobs
check 'is selected by it' '^job.batch/done$' kubectl get jobs --field-selector=status.successful=1 -o name
check 'the others are, too' '^job.batch/applied.job.batch/pi$' kubectl get jobs --field-selector=status.successful!=1 -o name
check_fails 'the field has no other name' 'field label not supported: status.succeeded' kubectl get jobs --field-selector=status.succeeded=1
check 'is waited for' 'condition met' kubectl wait --for=condition=complete job/done --timeout=10s
check 'is described' 'Completions: +1.*Pods Statuses:.*1 Succeeded' kubectl describe job done
check 'an indexed one' '^201 .*"backoffLimit":2147483647.*"backoffLimitPerIndex":1' request POST $batch/jobs \
  '{"metadata":{"name":"ix"},"spec":{"completionMode":"Indexed","completions":3,"backoffLimitPerIndex":1,"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}'

echo '# a job deleted without a word about its pods'
check 'has a pod' '^201' request POST $core/pods '{"metadata":{"name":"pi-1","ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"pi","uid":"'"$uid"'"}]},"spec":{"containers":[{"name":"c","image":"i"}]}}'
check 'leaves it, and says so' '^200 299 - "child pods are preserved by default when jobs are deleted; .*"finalizers":\["orphan"\]' request DELETE $batch/jobs/pi
eventually 'goes' 20 'NotFound' kubectl get job pi
check 'and the pod has no owner' '^200 .*"name":"pi-1"' request GET $core/pods/pi-1
check 'any more' '^None$' of_answer 'd["metadata"].get("ownerReferences")'

echo '# cron jobs'
check 'one' 'cronjob.batch/nightly created' kubectl create cronjob nightly --image=i:1 --schedule='0 3 * * *'
check 'is filled in' '"schedule":"0 3 \* \* \*","concurrencyPolicy":"Allow","suspend":false,.*"successfulJobsHistoryLimit":3,"failedJobsHistoryLimit":1\},"status":\{\}' request GET $batch/cronjobs/nightly
check 'with a zone' '^200' patch $batch/cronjobs/nightly '{"spec":{"timeZone":"Etc/UTC"}}'
check 'is shown' 'nightly +0 3 \* \* \* +Etc/UTC +False +0 +<none> +[0-9]+s' kubectl get cj
check 'makes a job by hand' 'job.batch/now created' kubectl create job now --from=cronjob/nightly
check 'is suspended' 'cronjob.batch/nightly patched' kubectl patch cronjob nightly -p '{"spec":{"suspend":true}}'
check_fails 'a wrong schedule' 'spec.schedule: Invalid value: "every night": expected exactly 5 fields, found 2: \[every night\]' \
  kubectl create cronjob wrong --image=i:1 --schedule='every night'

echo '# all of them'
check 'are in the category' 'replicationcontroller/old.*daemonset.apps/agent.*statefulset.apps/db.*cronjob.batch/nightly.*job.batch/ix' kubectl get all -o name
check 'are explained' 'maxSurge.*maxUnavailable' kubectl explain daemonset.spec.updateStrategy.rollingUpdate
check 'down to the last field' 'onExitCodes.*containerName' kubectl explain job --recursive
check 'are labelled' 'labeled' kubectl label job,cronjob,sts,ds,rc,podtemplate --all tried=yes
check 'are deleted' 'deleted' kubectl delete job,cronjob,sts,ds,rc,podtemplate,controllerrevision --all --wait=false
finish
