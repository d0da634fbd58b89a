#!/bin/bash
# Priority and fairness: which FlowSchema a request belongs to, what its level lets it do while others are at it, and what answers
# and metrics say of that.
build=${1:?usage: priority_fairness_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl python3
cat >"$work/small.toml" <<'TOML'
[server]
max_requests = 20
request_timeout = "8s"
TOML
start_server --config "$work/small.toml"
until_true 20 kubectl get flowschema global-default

# The answer's status and heads, as whom.
asked() {  # USER METHOD PATH
  curl -sS -g --max-time 20 --cacert "$data/pki/ca.crt" --cert "$data/pki/admin.crt" --key "$data/pki/admin.key" -D "$work/head" -o "$work/body" \
    ${1:+-H "Impersonate-User: $1"} -X "$2" "https://127.0.0.1:$port$3"
  tr -d '\r' <"$work/head" | tr 'A-Z\n' 'a-z '
}
uid() { kubectl get "$1" "$2" -o 'jsonpath={.metadata.uid}'; }
counted() { kubectl get --raw /metrics | grep -c -- "priority_level=\"$1\"" || true; }
metrics() { kubectl get --raw /metrics | grep -E -- "$1"; }
cat >"$work/hold.py" <<'PY'
"""hold.py USER PORT PKI STOP: begins a POST whose body comes when somebody opens the pipe STOP, and prints the answer's first line."""
import socket, ssl, sys
user, port, pki, stop = sys.argv[1:]
context = ssl.create_default_context(cafile=pki + "/ca.crt")
context.check_hostname = False
context.load_cert_chain(pki + "/admin.crt", pki + "/admin.key")
body = b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"held-"}}'
with context.wrap_socket(socket.create_connection(("127.0.0.1", int(port)))) as client:
    client.sendall(b"POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                   b"Impersonate-User: %s\r\nContent-Length: %d\r\n\r\n" % (user.encode(), len(body)))
    open(stop).read()
    client.sendall(body)
    print(client.recv(4096).split(b"\r\n")[0].decode(), flush=True)
PY
hold() {  # USER NAME
  rm -f "$work/stop-$2"
  mkfifo "$work/stop-$2"
  python3 "$work/hold.py" "$1" "$port" "$data/pki" "$work/stop-$2" >"$work/held-$2" &
}
let_go() { timeout 10 bash -c ': >"$0"' "$work/stop-$1"; until_true 10 test -s "$work/held-$1"; cat "$work/held-$1"; }

level() {  # NAME RESPONSE
  printf -- '---\n{apiVersion: flowcontrol.apiserver.k8s.io/v1, kind: PriorityLevelConfiguration, metadata: {name: %s}, spec: {type: Limited, limited: {nominalConcurrencyShares: 1, borrowingLimitPercent: 0, limitResponse: %s}}}\n' "$1" "$2"
}
schema() {  # NAME LEVEL USER
  printf -- '---\n{apiVersion: flowcontrol.apiserver.k8s.io/v1, kind: FlowSchema, metadata: {name: %s}, spec: {matchingPrecedence: 50, priorityLevelConfiguration: {name: %s}, distinguisherMethod: {type: ByUser}, rules: [{subjects: [{kind: User, user: {name: %s}}], resourceRules: [{verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"], clusterScope: true}]}]}}\n' "$1" "$2" "$3"
}

echo '# whose flow a request is in'
eventually 'an administrator is exempt' 10 "x-kubernetes-pf-flowschema-uid: $(uid flowschema exempt) x-kubernetes-pf-prioritylevel-uid: $(uid prioritylevelconfiguration exempt)" asked '' GET /api/v1/namespaces
check 'probes are too, whoever asks' "x-kubernetes-pf-flowschema-uid: $(uid flowschema probes) x-kubernetes-pf-prioritylevel-uid: $(uid prioritylevelconfiguration exempt)" asked mary GET /healthz
check 'everybody else has a flow' "^http/1.1 403 .*x-kubernetes-pf-flowschema-uid: $(uid flowschema global-default) " asked mary GET /api/v1/namespaces
check 'service accounts of the system' "x-kubernetes-pf-flowschema-uid: $(uid flowschema kube-system-service-accounts) " asked system:serviceaccount:kube-system:x GET /api/v1/namespaces
check 'who elects a leader' "x-kubernetes-pf-flowschema-uid: $(uid flowschema system-leader-election) " asked system:kube-scheduler GET /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x
check 'shares are seats' 'apiserver_flowcontrol_nominal_limit_seats\{priority_level="workload-low"\} 9$' metrics 'nominal_limit_seats.*"workload-low"'

echo '# a level that turns away'
{ level tight '{type: Reject}'; schema tight tight mary; } >"$work/tight.yaml"
check 'made' 'flowschema.*/tight created' kubectl apply -f "$work/tight.yaml"
eventually 'has its flow' 10 "x-kubernetes-pf-flowschema-uid: $(uid flowschema tight) " asked mary GET /api/v1/namespaces
check 'and one seat' 'nominal_limit_seats\{priority_level="tight"\} 1$' metrics 'nominal_limit_seats.*"tight"'
check 'says that its level exists' '^False$' kubectl get flowschema tight -o 'jsonpath={.status.conditions[?(@.type=="Dangling")].status}'
kubectl create clusterrolebinding mary --clusterrole=cluster-admin --user=mary --user=paul --user=olga >/dev/null
eventually 'may' 10 '^http/1.1 200 ' asked mary GET /api/v1/namespaces/default/configmaps
hold mary one
eventually 'the seat is taken' 10 'current_executing_requests\{priority_level="tight",flow_schema="tight"\} 1$' metrics 'current_executing_requests.*"tight"'
check 'the next is told to come back' "^http/1.1 429 .*retry-after: 1 .*x-kubernetes-pf-flowschema-uid: $(uid flowschema tight) " asked mary GET /api/v1/namespaces/default/configmaps
check 'in Kubernetes words' '"kind":"Status".*"message":"Too many requests, please try again later.","reason":"TooManyRequests","details":\{"retryAfterSeconds":1\},"code":429' cat "$work/body"
check 'others go on' '^http/1.1 200 ' asked '' GET /api/v1/namespaces/default/configmaps
check 'also those of other flows' '^http/1.1 200 ' asked olga GET /api/v1/namespaces/default/configmaps
check 'what has the seat is served' '^HTTP/1.1 201 Created$' let_go one
eventually 'and gives it back' 10 '^http/1.1 200 ' asked mary GET /api/v1/namespaces/default/configmaps
check 'it was counted' 'rejected_requests_total\{priority_level="tight",flow_schema="tight",reason="concurrency-limit"\} [1-9]' metrics rejected_requests_total

echo '# a watch has its seat until it has begun'
curl -sS -N --max-time 30 --cacert "$data/pki/ca.crt" --cert "$data/pki/admin.crt" --key "$data/pki/admin.key" -H 'Impersonate-User: mary' \
  "https://127.0.0.1:$port/api/v1/namespaces/default/configmaps?watch=1" >"$work/watched" &
watching=$!
until_true 10 test -s "$work/watched"
check 'with one open there is a seat' '^http/1.1 200 ' asked mary GET /api/v1/namespaces/default/configmaps
kill "$watching"

echo '# a write that many are told of'
{ level wide '{type: Reject}' | sed 's/Shares: 1,/Shares: 500,/'; schema wide wide olga; } >"$work/wide.yaml"
kubectl apply -f "$work/wide.yaml" >/dev/null
eventually 'has its flow' 10 "x-kubernetes-pf-flowschema-uid: $(uid flowschema wide) " asked olga GET /api/v1/namespaces/default/configmaps
hold olga few
eventually 'has one seat' 10 'current_executing_seats\{priority_level="wide",flow_schema="wide"\} 1$' metrics 'current_executing_seats.*"wide"'
let_go few >/dev/null
watchers=
for i in $(seq 11); do
  curl -sS -N --max-time 60 --cacert "$data/pki/ca.crt" --cert "$data/pki/admin.crt" --key "$data/pki/admin.key" \
    "https://127.0.0.1:$port/api/v1/namespaces/default/configmaps?watch=1" >"$work/watched-$i" &
  watchers="$watchers $!"
done
for i in $(seq 11); do until_true 10 test -s "$work/watched-$i"; done
hold olga many
eventually 'has more, for each ten watches one' 10 'current_executing_seats\{priority_level="wide",flow_schema="wide"\} 2$' metrics 'current_executing_seats.*"wide"'
check 'and is served' '^HTTP/1.1 201 Created$' let_go many
kill $watchers
kubectl delete -f "$work/wide.yaml" >/dev/null

echo '# a level that queues'
{ level patient '{type: Queue, queuing: {queues: 1, handSize: 1, queueLengthLimit: 1}}'; schema patient patient paul; } >"$work/patient.yaml"
kubectl apply -f "$work/patient.yaml" >/dev/null
eventually 'has its flow' 10 "x-kubernetes-pf-flowschema-uid: $(uid flowschema patient) " asked paul GET /api/v1/namespaces/default/configmaps
hold paul one
eventually 'the seat is taken' 10 'current_executing_requests\{priority_level="patient",flow_schema="patient"\} 1$' metrics 'current_executing_requests.*"patient"'
hold paul two
eventually 'the next one waits' 10 'current_inqueue_requests\{priority_level="patient",flow_schema="patient"\} 1$' metrics 'current_inqueue_requests.*"patient"'
check 'the queue takes no more' '^http/1.1 429 ' asked paul GET /api/v1/namespaces/default/configmaps
check 'what has the seat is served' '^HTTP/1.1 201 Created$' let_go one
check 'and then who waited' '^HTTP/1.1 201 Created$' let_go two
check 'which took its time' 'request_wait_duration_seconds_count\{priority_level="patient",flow_schema="patient",execute="true"\} [1-9]' metrics request_wait_duration_seconds_count
hold paul three
eventually 'the seat is taken' 10 'current_executing_requests\{priority_level="patient",flow_schema="patient"\} 1$' metrics 'current_executing_requests.*"patient"'
check 'nobody waits for ever' '^http/1.1 429 ' asked paul GET /api/v1/namespaces/default/configmaps
check 'for a quarter of what a request may take' 'reason="time-out"\} 1$' metrics 'patient.*time-out'
let_go three >/dev/null

echo '# beside it'
check 'admission is measured' 'apiserver_admission_controller_admission_duration_seconds_count\{name="admission-namespace-lifecycle",operation="CREATE",rejected="false",type="(admit|validate)"\} [1-9]' metrics admission_controller_admission_duration_seconds_count
check 'all of it too' 'apiserver_admission_step_admission_duration_seconds_count\{operation="CREATE",rejected="false",type="admit"\} [1-9]' metrics admission_step_admission_duration_seconds_count
eventually 'and the queues of controllers' 15 'workqueue_adds_total\{plugin="controller-namespace",name="namespace"\} [1-9]' metrics workqueue_adds_total
check 'how long keys wait' 'workqueue_queue_duration_seconds_bucket\{plugin="controller-namespace",name="namespace",le="\+Inf"\} [1-9]' metrics workqueue_queue_duration_seconds_bucket

echo '# what goes'
kubectl delete flowschema patient >/dev/null
eventually 'without its schema the flow is another' 10 "x-kubernetes-pf-flowschema-uid: $(uid flowschema global-default) " asked paul GET /api/v1/namespaces/default/configmaps
kubectl delete prioritylevelconfiguration tight >/dev/null
eventually 'a schema without a level says so' 10 '^True$' kubectl get flowschema tight -o 'jsonpath={.status.conditions[?(@.type=="Dangling")].status}'
eventually 'and takes nothing' 10 "x-kubernetes-pf-flowschema-uid: $(uid flowschema global-default) " asked mary GET /api/v1/namespaces/default/configmaps
eventually 'what is gone is not counted' 25 '^0$' counted tight
stop_server

echo '# turns'
sed -i 's/^request_timeout.*/request_timeout = "80s"/' "$work/small.toml"
start_server --config "$work/small.toml"
until_true 20 kubectl get flowschema global-default
# So many queues that two flows are not in the same one.
{ level fair '{type: Queue, queuing: {queues: 10000, handSize: 1, queueLengthLimit: 9}}'; schema greedy fair paul; schema modest fair olga; } >"$work/fair.yaml"
kubectl apply -f "$work/fair.yaml" >/dev/null
executing() { metrics "current_executing_requests.*\"$1\""; }
queued() { metrics "current_inqueue_requests.*\"$1\""; }
for user in paul:greedy olga:modest; do
  eventually 'has its flow' 10 "x-kubernetes-pf-flowschema-uid: $(uid flowschema ${user#*:}) " asked ${user%:*} GET /api/v1/namespaces/default/configmaps
done
hold paul first
eventually 'one flow has the seat, for which nobody waited' 10 'flow_schema="greedy"\} 1$' executing greedy
hold paul second
eventually 'it waits for it again' 10 'flow_schema="greedy"\} 1$' queued greedy
hold olga third
eventually 'and then another flow' 10 'flow_schema="modest"\} 1$' queued modest
check 'the seat comes back' '^HTTP/1.1 201 Created$' let_go first
eventually 'and goes to who had none' 10 'flow_schema="modest"\} 1$' executing modest
check 'though the first has waited for longer' 'flow_schema="greedy"\} 1$' queued greedy
check 'then it is' '^HTTP/1.1 201 Created$' let_go third
check 'the turn of the first' '^HTTP/1.1 201 Created$' let_go second
stop_server

echo '# without a plugin for it'
printf '[roles]\nflow-control = []\n' >"$work/none.toml"
start_server --config "$work/none.toml"
check 'answers name no flow' '^http/1.1 200 ([^x]|x[^-])*$' asked '' GET /api/v1/namespaces
finish
