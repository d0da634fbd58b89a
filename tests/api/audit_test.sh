#!/bin/bash
# The audit log, in a file and sent elsewhere: what it says of kubectl's requests, and what happens when it cannot be kept.
build=${1:?usage: audit_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need openssl python3
log=$work/audit/audit.log
cat >"$work/policy.yaml" <<'YAML'
apiVersion: audit.k8s.io/v1
kind: Policy
omitManagedFields: true
rules:
- {level: None, nonResourceURLs: ["/healthz*", "/openapi*", "/api*"]}
- {level: None, resources: [{group: coordination.k8s.io}]}
- {level: RequestResponse, resources: [{resources: [configmaps]}], namespaces: [default]}
- {level: Request, resources: [{resources: [serviceaccounts/token]}]}
- {level: Metadata, omitStages: [RequestReceived]}
YAML

# A server elsewhere that takes the events.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=audit -addext 'subjectAltName=IP:127.0.0.1' -keyout "$work/sink.key" -out "$work/sink.crt" 2>/dev/null
sinkPort=$(free_port)
touch "$work/sent"
cat >"$work/sink.py" <<'PY'
import http.server, json, ssl, sys
class Sink(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open(sys.argv[4], "a") as out:
            for event in body["items"]:
                out.write(" ".join([body["kind"], event["verb"], event["requestURI"]]) + "\n")
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Sink)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
PY
start_sink() { python3 "$work/sink.py" "$sinkPort" "$work/sink.crt" "$work/sink.key" "$work/sent" & sink=$!; }
trap 'code=$?; kill $sink 2>/dev/null; (exit $code); clean_up' EXIT
start_sink
settings() {  # MODE PATH
  cat >"$work/audit.toml" <<TOML
[audit]
policy = "$work/policy.yaml"
mode = "$1"
sinks = ["audit-log", "audit-webhook"]

[plugins.audit-log]
file = "$2"

[plugins.audit-webhook]
url = "https://127.0.0.1:$sinkPort/events"
ca_file = "$work/sink.crt"
TOML
}
settings batch "$log"
start_server --config "$work/audit.toml"
until_true 20 kubectl get serviceaccount default
# The last event with all of these in it.
event() { python3 - "$log" "$@" <<'PY'
import sys
found = [line for line in open(sys.argv[1]) if all(part in line for part in sys.argv[2:])]
print(found[-1] if found else "none", end="")
PY
}
told() { eventually "$1" 10 "$2" event "${@:3}"; }

echo '# what it says'
request POST /api/v1/namespaces/default/configmaps '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"made"},"data":{"a":"b"}}' >/dev/null
told 'a beginning' '^\{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"[0-9a-f-]{36}","stage":"RequestReceived","requestURI":"/api/v1/namespaces/default/configmaps","verb":"create","user":\{"username":"kubernetes-admin","groups":\["system:masters","system:authenticated"\].*"sourceIPs":\["127.0.0.1"\],"userAgent":"client".*"objectRef":\{"resource":"configmaps","namespace":"default","apiVersion":"v1"\}' \
  '"verb":"create"' configmaps RequestReceived
told 'an end' '"responseStatus":\{"metadata":\{\},"code":201\}.*"requestObject":\{.*"responseObject":\{.*"annotations":\{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":"[^"]*' \
  '"verb":"create"' configmaps ResponseComplete
told 'what it is called' '"objectRef":\{"resource":"configmaps","namespace":"default","name":"made","apiVersion":"v1"\}' '"name":"made"' ResponseComplete
# kubectl writes its own kinds in protobuf.
kubectl create configmap packed --from-literal=a=b >/dev/null
told 'what comes in protobuf, in JSON' '"name":"packed".*"requestObject":\{[^}]*"name":"packed"[^}]*\},"data":\{"a":"b"\}\},"responseObject":\{[^}]*"name":"packed"[^}]*"uid":' \
  '"verb":"create"' packed ResponseComplete
packed() { accepting application/vnd.kubernetes.protobuf request GET "$1" >"$work/packed"; }
packed /api/v1/namespaces/default/configmaps
told 'and lists' '"responseObject":\{"kind":"ConfigMapList","apiVersion":"v1","metadata":\{"resourceVersion":"[0-9]+"\},"items":\[.*"data":\{"a":"b"\}' '"verb":"list"' packed ConfigMapList
packed /api/v1/namespaces/default/configmaps/nowhere
told 'and errors' '"responseStatus":\{"metadata":\{\},"status":"Failure","message":"configmaps \\"nowhere\\" not found","reason":"NotFound".*"code":404\}.*"responseObject":\{"kind":"Status"' nowhere ResponseComplete
check 'without who owns which field' '^0$' bash -c "grep -c managedFields '$log'; true"
kubectl get secret nothing >/dev/null 2>&1
told 'an error' '"level":"Metadata".*"responseStatus":\{"metadata":\{\},"status":"Failure","message":"secrets \\"nothing\\" not found","reason":"NotFound","details":\{"name":"nothing","kind":"secrets"\},"code":404\}' nothing ResponseComplete
check 'and no more than is wanted of it' '^none$' event nothing RequestReceived
kubectl get pods --as=mary --as-group=ops >/dev/null 2>&1
told 'who acts as whom' '"user":\{"username":"kubernetes-admin".*"impersonatedUser":\{"username":"mary","groups":\["ops","system:authenticated"\]\}.*"authorization.k8s.io/decision":"forbid"' '"username":"mary"' /pods
bearer wrong request GET /api/v1/namespaces/default/pods >/dev/null
told 'who is not known' '"stage":"ResponseStarted".*"user":\{\}.*"code":401' '"code":401'
check 'an answer names its events' '[Aa]udit-[Ii][Dd]: mine' bash -c "curl -sS -o /dev/null -D - -H 'Audit-ID: mine' --cacert '$data/pki/ca.crt' --cert '$data/pki/admin.crt' --key '$data/pki/admin.key' 'https://127.0.0.1:$port/api/v1/namespaces/default/pods'"
told 'by that name' '"auditID":"mine"' '"auditID":"mine"'
timeout 2 kubectl get pods --watch >/dev/null 2>&1
told 'a watch begins' '"verb":"watch"' '"verb":"watch"' /pods ResponseStarted
told 'and ends' '"verb":"watch"' '"verb":"watch"' /pods ResponseComplete
check 'nothing of what is none' '^none$' event '"requestURI":"/healthz'
eventually 'it is sent elsewhere too' 10 'EventList create /api/v1/namespaces/default/configmaps' cat "$work/sent"

echo '# elsewhere is away for a while'
kill "$sink"
request POST /api/v1/namespaces/default/configmaps '{"metadata":{"name":"meanwhile"}}' >/dev/null
told 'the file has it' meanwhile meanwhile
eventually 'health says so' 10 'audit-webhook.*(connection refused|EOF)' kubectl get --raw '/readyz?verbose'
start_sink
eventually 'it comes later' 60 'EventList get /api/v1/namespaces/default/configmaps/later|EventList create' bash -c "tail -n +2 '$work/sent' | tail -40"
kubectl get configmap meanwhile >/dev/null
eventually 'in order' 60 'EventList get /api/v1/namespaces/default/configmaps/meanwhile' tail -40 "$work/sent"

echo '# a sink is taken out, and put in again'
plugin() { "$cleat" plugin "$@" --data-dir "$data"; }
check 'one of two' '^unloaded audit-webhook ' plugin unload audit-webhook
check_fails 'it is gone' 'no plugin audit-webhook is loaded' plugin info audit-webhook
request POST /api/v1/namespaces/default/configmaps '{"metadata":{"name":"unsent"}}' >/dev/null
told 'the other has what came since' unsent unsent
check 'the last one' '^unloaded audit-log ' plugin unload audit-log
check 'which is warned of' "config: $work/audit.toml:4: audit.sinks: nobody keeps the audit log that audit.policy asks for" cat "$work/log"
check_fails 'health names neither' '^$' bash -c "kubectl get --raw '/readyz?verbose' | grep audit-"
request POST /api/v1/namespaces/default/configmaps '{"metadata":{"name":"unseen"}}' >/dev/null
check 'back again' 'loaded audit-log ' plugin load audit-log
request POST /api/v1/namespaces/default/configmaps '{"metadata":{"name":"seen"}}' >/dev/null
told 'it goes on' '"name":"seen"' '"name":"seen"'
check 'without what was between' '^none$' event unseen
check_fails 'another policy takes a restart' 'nothing was changed: audit.policy takes a restart' bash -c "
  sed -i 's/policy.yaml/other.yaml/' '$work/audit.toml'; '$cleat' reload --data-dir '$data'; code=\$?
  sed -i 's/other.yaml/policy.yaml/' '$work/audit.toml'; exit \$code"
check_fails 'another mode too' 'nothing was changed: audit.mode takes a restart' bash -c "
  sed -i 's/\"batch\"/\"strict\"/' '$work/audit.toml'; '$cleat' reload --data-dir '$data'; code=\$?
  sed -i 's/\"strict\"/\"batch\"/' '$work/audit.toml'; exit \$code"
check 'other sinks do not' '^loaded audit-webhook$' "$cleat" reload --data-dir "$data"

echo '# a disk that is full'
stop_server
settings batch /dev/full
sed -i 's/, "audit-webhook"//' "$work/audit.toml"
start_server --config "$work/audit.toml"
check 'requests go on' 'created' kubectl create configmap full
eventually 'health says so' 10 '\[\+\]audit ok: audit-log: cannot write to /dev/full: No space left on device' kubectl get --raw '/readyz?verbose'
stop_server
settings strict /dev/full
sed -i 's/, "audit-webhook"//' "$work/audit.toml"
start_program 'is ready' server --listen "127.0.0.1:$port" --config "$work/audit.toml"
check_fails 'or fail, where that is wanted' 'the audit log cannot be kept: cannot write to /dev/full: No space left on device' kubectl create configmap never --validate=false
stop_server
settings strict "$log"
sed -i 's/, "audit-webhook"//' "$work/audit.toml"
start_server --config "$work/audit.toml"
check_fails 'nor is the last sink taken out then' 'nothing was changed: plugin audit-log alone keeps the audit log' plugin unload audit-log
check 'it was not made' 'NotFound' bash -c 'kubectl get configmap never 2>&1; true'

stop_server

# One that fills while the server runs, and has room again later.
small=$work/small
mkdir "$small"
filling() {  # MODE: a server whose log has room for some events
  settings "$1" "$small/audit.log"
  sed -i 's/, "audit-webhook"//' "$work/audit.toml"
  rm -f "$small"/*
  dd if=/dev/zero of="$small/filler" bs=4k >/dev/null 2>&1
  truncate -s -160K "$small/filler"
  start_server --config "$work/audit.toml"
}
fill() {
  local n
  for n in $(seq 300); do request POST /api/v1/namespaces/default/configmaps '{"metadata":{"name":"'"$1-$n"'"}}' | grep -q '^201' || return 1; done
}
last_try() { request POST /api/v1/namespaces/default/configmaps '{"metadata":{"name":"'"$1"'"}}'; }
whole() { python3 -c 'import json, sys; print(all(json.loads(line)["kind"] == "Event" for line in open(sys.argv[1])))' "$small/audit.log"; }
if mount -t tmpfs -o size=2m small "$small"; then
  trap 'code=$?; kill $sink 2>/dev/null; umount -l "$small"; (exit $code); clean_up' EXIT
  echo '# a disk that fills, where what is not kept is not done'
  filling strict
  check_fails 'at last' '^$' fill strict
  check 'a client is told' '^500 .*the audit log cannot be kept: cannot write to .*: No space left on device' last_try never-strict
  check 'readers as well' '^500 .*the audit log cannot be kept' request GET /api/v1/namespaces/default/configmaps
  rm "$small/filler"
  eventually 'with room again, all goes on' 10 '^201' last_try strict-again
  check 'what was refused was not done' '^404' request GET /api/v1/namespaces/default/configmaps/never-strict
  check 'the log has nothing but whole events' '^True$' whole
  eventually 'and the new ones' 5 '"name":"strict-again"' tail -8 "$small/audit.log"
  stop_server
  echo '# and where the log is there for as long as it can be'
  filling batch
  check 'nobody notices' '^$' fill batch
  eventually 'but whoever asks for health' 10 'audit-log: cannot write to .*: No space left on device' kubectl get --raw '/readyz?verbose'
  rm "$small/filler"
  last_try batch-again >/dev/null
  eventually 'with room again it is kept, half a minute later at the latest' 45 'batch-again' tail -4 "$small/audit.log"
  check 'with all that waited' '^300$' bash -c "grep ResponseComplete '$small/audit.log' | grep -o '\"name\":\"batch-[0-9]*\",\"apiVersion' | sort -u | wc -l"
  check 'in whole events' '^True$' whole
  eventually 'and health is good' 10 '^0$' bash -c "kubectl get --raw '/readyz?verbose' | grep -c 'No space left' || true"
  stop_server
fi

echo '# a policy that is wrong'
sed -i 's/level: Request,/level: Some,/' "$work/policy.yaml"
complains 'is told' 'policy.yaml: rules\[3\].level: "Some" is none of None, Metadata, Request and RequestResponse' "$work/audit.toml"
sed -i 's/level: Some,/level: Request,/' "$work/policy.yaml"
start_server --config "$work/audit.toml"
stop_server

echo '# without a policy'
start_server
check_fails 'no sink is loaded' 'plugin audit-log keeps an audit log, and there is none without audit.policy' plugin load audit-log
finish
