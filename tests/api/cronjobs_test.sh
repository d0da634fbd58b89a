#!/bin/bash
# Cron jobs as a user of kubectl sees them. There is no node: how their jobs end is said here.
build=${1:?usage: cronjobs_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server
until_true 20 kubectl get serviceaccount default

cron() {  # NAME SCHEDULE [SPEC]
  kubectl create -f - <<YAML
apiVersion: batch/v1
kind: CronJob
metadata: {name: $1}
spec:
  schedule: "$2"
  ${3:-suspend: false}
  jobTemplate:
    metadata: {labels: {of: $1}, annotations: {note: mine}}
    spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}
YAML
}
# Says when it was last seen to, so that it is due at once.
last_seen() { kubectl patch --subresource=status --type=merge cronjob "$1" -p '{"status":{"lastScheduleTime":"'"$2"'"}}'; }
jobs_of() { kubectl get jobs -l "of=$1" -o 'jsonpath={range .items[*]}{.metadata.name} {end}'; }
active() { kubectl get cronjob "$1" -o 'jsonpath={range .status.active[*]}{.name} {end}'; }
end_job() {  # NAME
  local now
  now=$(date -u +%FT%TZ)
  local pod
  for pod in $(kubectl get pods -l "job-name=$1" -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}'); do
    kubectl patch --subresource=status --type=merge pod "$pod" -p '{"status":{"phase":"'"${2:-Succeeded}"'"}}' >/dev/null
  done
}
events() { kubectl get events --field-selector "involvedObject.name=$1" -o 'jsonpath={range .items[*]}{.type} {.reason} {.message}{"\n"}{end}'; }
year=$(date -u +%Y)
# The first of this year, in minutes since 1970.
begun=$(($(date -u -d "$year-01-01T00:00:00Z" +%s) / 60))

echo '# a time that has come'
check 'every minute' 'created' cron tick '* * * * *'
check 'once a year' 'created' cron yearly '0 0 1 1 *' 'timeZone: Etc/UTC'
check 'nothing is due' '^$' jobs_of yearly
check 'it was seen to this year' 'patched' last_seen yearly "$year-01-01T00:00:00Z"
check 'and nothing is due' '^$' jobs_of yearly
check 'it was last seen to the year before' 'patched' last_seen yearly "$((year - 1))-06-01T00:00:00Z"
eventually 'a job is made' 10 "^yearly-$begun \$" jobs_of yearly
check 'that says for when' "^$year-01-01T00:00:00Z mine\$" kubectl get job "yearly-$begun" -o \
  'jsonpath={.metadata.annotations.batch\.kubernetes\.io/cronjob-scheduled-timestamp} {.metadata.annotations.note}'
check 'and by whom' '^CronJob yearly true$' kubectl get job "yearly-$begun" -o \
  'jsonpath={.metadata.ownerReferences[0].kind} {.metadata.ownerReferences[0].name} {.metadata.ownerReferences[0].controller}'
eventually 'it is listed' 5 "^yearly-$begun \$" active yearly
check 'with its time' "^$year-01-01T00:00:00Z\$" kubectl get cronjob yearly -o 'jsonpath={.status.lastScheduleTime}'
check 'kubectl shows that' 'yearly +0 0 1 1 \* +Etc/UTC +False +1 ' kubectl get cronjob yearly
eventually 'it runs a pod' 10 'pod/yearly-' kubectl get pods -l "job-name=yearly-$begun" -o name
end_job "yearly-$begun"
eventually 'when it has ended it is listed no more' 10 '^;20..-' kubectl get cronjob yearly -o 'jsonpath={.status.active};{.status.lastSuccessfulTime}'
eventually 'all is told' 5 "Normal SuccessfulCreate Created job yearly-$begun.*Normal SawCompletedJob Saw completed job: yearly-$begun, condition: Complete" events yearly

echo '# a job that still runs'
for policy in Allow Forbid Replace; do
  name=${policy,,}
  check "$policy" 'created' cron "$name" '0 0 1 * *' "concurrencyPolicy: $policy"
  check 'was seen to two months ago' 'patched' last_seen "$name" "$(date -u -d "$(date -u +%Y-%m-15) -2 months" +%FT%TZ)"
  eventually 'makes a job' 10 "^$name-[0-9]+ \$" active "$name"
done
for name in allow forbid replace; do
  last_seen $name "$(date -u -d "$(date -u +%Y-%m-15) -2 months" +%FT%TZ)" >/dev/null
  kubectl patch cronjob $name -p '{"spec":{"schedule":"0 0 2 * *"}}' >/dev/null
done
eventually 'another one beside it' 10 '^allow-[0-9]+ allow-[0-9]+ $' active allow
check 'none' '^forbid-[0-9]+ $' active forbid
eventually 'which is told' 10 'Normal JobAlreadyActive Not starting job because prior execution is running and concurrency policy is Forbid' events forbid
eventually 'another one in its place' 10 'Normal SuccessfulDelete Deleted job replace-[0-9]+' events replace
check 'and no other' '^replace-[0-9]+ $' active replace
end_job "$(active forbid)"
eventually 'when it has ended the next one follows' 10 '^forbid-[0-9]+ forbid-[0-9]+ $' jobs_of forbid

echo '# late, and too late'
check 'one that may be late by an hour' 'created' cron late '0 0 1 1 *' 'startingDeadlineSeconds: 3600'
check 'was seen to two years ago' 'patched' last_seen late "$((year - 2))-06-01T00:00:00Z"
check 'one that may be late by minutes' 'created' cron many '* * * * *' 'startingDeadlineSeconds: 36000'
check 'was seen to yesterday' 'patched' last_seen many "$(date -u -d yesterday +%FT%TZ)"
eventually 'makes one job for all' 10 '^many-[0-9]+ $' jobs_of many
eventually 'and tells of so many' 5 'Warning TooManyMissedTimes too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew' events many
check 'the first one makes none' '^$' jobs_of late
check 'which it tells' "Warning MissSchedule Missed scheduled time to start a job: .*, 01 Jan $year 00:00:00 \+0000" events late

echo '# suspended'
check 'one' 'created' cron still '0 0 1 1 *' 'suspend: true'
check 'is due' 'patched' last_seen still "$((year - 1))-06-01T00:00:00Z"
check 'another one' 'created' cron next '0 0 1 1 *'
check 'is due' 'patched' last_seen next "$((year - 1))-06-01T00:00:00Z"
eventually 'and seen to' 10 '^next-' jobs_of next
check 'while the first is not' '^$' jobs_of still
check 'until it goes on' 'patched' kubectl patch cronjob still -p '{"spec":{"suspend":false}}'
eventually 'and is made up for' 10 "^still-$begun \$" jobs_of still

echo '# zones and schedules'
check 'a zone' 'created' cron vienna '30 8 1 1 *' 'timeZone: Europe/Vienna'
check 'is due' 'patched' last_seen vienna "$((year - 1))-06-01T00:00:00Z"
eventually 'at its own time' 10 "^$year-01-01T08:30:00\+01:00 \$" kubectl get jobs -l of=vienna -o \
  'jsonpath={range .items[*]}{.metadata.annotations.batch\.kubernetes\.io/cronjob-scheduled-timestamp} {end}'
check_fails 'a zone in the schedule' 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead' cron zoned 'TZ=UTC 0 0 * * *'
check 'a day that never comes' 'created' cron never '0 0 31 2 *'
eventually 'is told of' 10 'Warning InvalidSchedule invalid schedule: 0 0 31 2 \* : ' events never

echo '# what is kept'
check 'one that keeps one' 'created' cron kept '0 0 1 1 *' 'successfulJobsHistoryLimit: 1'
check 'a job by hand' 'created' kubectl create job by-hand --from=cronjob/kept
eventually 'is not its own work' 10 'Warning UnexpectedJob Saw a job that the controller did not create or forgot: by-hand' events kept
check 'but its own job' '^CronJob kept$' kubectl get job by-hand -o 'jsonpath={.metadata.ownerReferences[0].kind} {.metadata.ownerReferences[0].name}'
check 'says how it came' '^manual$' kubectl get job by-hand -o 'jsonpath={.metadata.annotations.cronjob\.kubernetes\.io/instantiate}'
eventually 'which runs' 10 'pod/by-hand-' kubectl get pods -l job-name=by-hand -o name
end_job by-hand
eventually 'and succeeds' 10 'Complete' kubectl get job by-hand
check 'is due' 'patched' last_seen kept "$((year - 1))-06-01T00:00:00Z"
eventually 'another one' 10 "kept-$begun" jobs_of kept
eventually 'runs' 10 'pod/kept-' kubectl get pods -l "job-name=kept-$begun" -o name
end_job "kept-$begun"
eventually 'and takes its place' 10 "^kept-$begun \$" jobs_of kept
check_fails 'as it should' 'NotFound' kubectl get job by-hand

echo '# a minute has passed'
eventually 'a job is made every minute' 70 '^tick-[0-9]+ ' jobs_of tick
check 'it is deleted' 'deleted' kubectl delete cronjob tick
eventually 'with its jobs' 20 '^$' jobs_of tick
finish
