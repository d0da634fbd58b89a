#!/bin/bash
# Another API server behind this one: found by kubectl, asked for whoever asks, and missed when it goes.
build=${1:?usage: aggregation_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
. "$here/custom_resources.sh"
need openssl python3
start_server
until_true 20 kubectl get serviceaccount default

echo '# what other servers read about this one'
read_by='kubectl get configmap -n kube-system extension-apiserver-authentication -o'
until_true 20 $read_by name
check 'whose clients it knows' 'BEGIN CERTIFICATE' $read_by 'jsonpath={.data.client-ca-file}'
check 'who speaks for others' '^\["front-proxy-client"\] \["X-Remote-User"\] \["X-Remote-Group"\] \["X-Remote-Extra-"\]$' $read_by \
  'jsonpath={.data.requestheader-allowed-names} {.data.requestheader-username-headers} {.data.requestheader-group-headers} {.data.requestheader-extra-headers-prefix}'
$read_by 'jsonpath={.data.requestheader-client-ca-file}' >"$work/front.crt"
eventually 'who may read it' 10 'configmaps.*extension-apiserver-authentication.*get list watch' kubectl describe role -n kube-system extension-apiserver-authentication-reader
check 'what others let it decide' 'subjectaccessreviews.authorization.k8s.io.*create' kubectl describe clusterrole system:auth-delegator

# The other server, and an authority of its own.
certificate() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "$@" 2>/dev/null; }
certificate -subj /CN=things -keyout "$work/ca.key" -out "$work/ca.crt"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=thing -keyout "$work/thing.key" -out "$work/thing.csr" 2>/dev/null
printf 'subjectAltName=DNS:things.default.svc\n' >"$work/names"
openssl x509 -req -in "$work/thing.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -CAcreateserial -days 2 -extfile "$work/names" -out "$work/thing.crt" 2>/dev/null
thingPort=$(free_port)
start_things() {
  python3 "$here/extension_server.py" "$thingPort" "$work/thing.crt" "$work/thing.key" "$work/front.crt" &
  things=$!
  until_true 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$thingPort" 2>/dev/null
}
trap 'code=$?; kill $things 2>/dev/null; (exit $code); clean_up' EXIT
start_things
api_service() {  # SERVICE PORT TRUST
  printf -- '---\n{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: v1.things.example.com}, spec: {group: things.example.com, version: v1, groupPriorityMinimum: 2000, versionPriority: 20, service: {namespace: default, name: %s, port: %s}, %s}}' "$1" "$2" "$3"
}
register() { api_service "$@" >"$work/service.yaml"; kubectl apply -f "$work/service.yaml" 2>&1; }
trusted="caBundle: $(base64 -w0 <"$work/ca.crt")"
available() { kubectl get apiservice v1.things.example.com -o 'jsonpath={.status.conditions[0].status} {.status.conditions[0].reason}: {.status.conditions[0].message}'; }
ours=/apis/things.example.com/v1/namespaces/default/things

echo '# one that cannot be asked'
check 'registered' 'created' register things "$thingPort" "$trusted"
eventually 'no service' 10 '^False ServiceNotFound: service/things in "default" is not present$' available
unavailable() { kubectl get --raw /metrics | grep '^aggregator_unavailable_apiservice'; }
eventually 'counted' 15 'aggregator_unavailable_apiservice\{plugin="aggregator",name="v1.things.example.com"\} 1.aggregator_unavailable_apiservice_total\{plugin="aggregator",name="v1.things.example.com",reason="ServiceNotFound"\} 1' unavailable
check 'and no answer' '^503 service unavailable' request GET $ours
create '{apiVersion: v1, kind: Service, metadata: {name: empty}, spec: {ports: [{name: https, port: 443}]}}' >/dev/null
register empty 443 "$trusted" >/dev/null
eventually 'no endpoints' 10 '^False EndpointsNotFound: cannot find endpointslices for service/empty in "default"$' available
register empty 444 "$trusted" >/dev/null
eventually 'no such port' 10 '^False ServicePortError: service/empty in "default" is not listening on port 444$' available
create '{apiVersion: v1, kind: Service, metadata: {name: selecting}, spec: {selector: {a: b}, ports: [{name: https, port: 443}]}}' >/dev/null
register selecting 443 "$trusted" >/dev/null
eventually 'nobody is ready' 10 '^False MissingEndpoints: endpoints for service/selecting in "default" have no addresses with port name "https"$' available
create '{apiVersion: v1, kind: Service, metadata: {name: things}, spec: {type: ExternalName, externalName: localhost}}' >/dev/null
register things 1 "$trusted" >/dev/null
eventually 'nobody answers' 10 '^False FailedDiscoveryCheck: failing or missing response from https://localhost:1/apis/things.example.com/v1: Get "https://localhost:1/apis/things.example.com/v1": dial tcp localhost:1: connect: connection refused$' available
certificate -subj /CN=other -keyout "$work/other.key" -out "$work/other.crt"
register things "$thingPort" "caBundle: $(base64 -w0 <"$work/other.crt")" >/dev/null
eventually 'it is not the right one' 10 'FailedDiscoveryCheck: .*x509: certificate signed by unknown authority' available

echo '# one that can'
register things "$thingPort" "$trusted" >/dev/null
eventually 'is available' 20 '^True Passed: all checks passed$' available
eventually 'is not counted any more' 15 'aggregator_unavailable_apiservice\{plugin="aggregator",name="v1.things.example.com"\} 0' unavailable
check 'its group is found' '"name":"things.example.com","versions":\[\{"groupVersion":"things.example.com/v1","version":"v1"\}\]' request GET /apis
eventually 'with its resources' 10 '"things.example.com".*"version":"v1","resources":\[\{"resource":"things","responseKind":\{"group":"things.example.com","version":"v1","kind":"Thing"\},"scope":"Namespaced","singularResource":"thing","verbs":\["get","list","watch","create"\],"shortNames":\["th"\],"subresources":\[\{"subresource":"status".*"freshness":"Current"' \
  accepting 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' request GET /apis
check 'and its document' '"title": "things"' request GET /openapi/v3/apis/things.example.com/v1
check 'which is in the index' 'apis/things.example.com/v1":\{"serverRelativeURL":"/openapi/v3/apis/things.example.com/v1\?hash=' request GET /openapi/v3
check 'and in the one of everything' '^things.example.com: io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta_v2, not others' eval \
  'request GET /openapi/v2 | python3 "$(dirname "$0")/merged_openapi.py"'
check 'by its short name' 'one.*two' kubectl get th
check 'one' '"request": "GET /apis/things.example.com/v1/namespaces/default/things/mine\?pretty=1".*"by": "front-proxy-client".*"X-Remote-User=kubernetes-admin".*"X-Remote-Group=system:masters"' request GET "$ours/mine?pretty=1"
check 'what is sent' '^201 .*"asked": .*\\"color\\":\\"red\\"' request POST $ours '{"apiVersion":"things.example.com/v1","kind":"Thing","color":"red"}'
check 'errors are its own' '^418 .*I am a teapot' request GET $ours/teapot
forging() {
  curl -sS --cacert "$data/pki/ca.crt" --cert "$data/pki/admin.crt" --key "$data/pki/admin.key" -H 'X-Remote-User: root' -H 'X-Remote-Group: everyone' -H 'X-Remote-Extra-Scopes: all' \
    "https://127.0.0.1:$port$ours/mine" | grep -o '"for": .*\]'
}
check 'nobody says who they are' '^"for": \["X-Remote-User=kubernetes-admin", "X-Remote-Group=system:masters", "X-Remote-Group=system:authenticated"(, "X-Remote-Extra-[^"]*")*\]$' forging
check_fails 'who may not' 'Forbidden.*things.things.example.com "mine" is forbidden: User "mary" cannot get resource "things" in API group "things.example.com" in the namespace "default"' kubectl get --raw $ours/mine --as=mary
kubectl create role things --verb=get --resource=things.things.example.com >/dev/null; kubectl create rolebinding things --role=things --user=mary >/dev/null
eventually 'who may is another one' 10 'X-Remote-User=mary"' kubectl get --raw $ours/mine --as=mary
check 'paths with dots are none' '^404 ' request GET "$ours/%2e%2e/x"

echo '# when it goes'
kubectl get --raw "$ours?watch=true" >"$work/watched" 2>&1 &
watching=$!
until_true 10 grep -q watched "$work/watched"
# One that does not answer any more is waited for as long as the client has time; a watch of it goes on when it does.
kill -STOP "$things"
check 'nobody waits for ever' '^50[34] .*(no answer in time|[Tt]imeout)' request GET "$ours?timeout=2s"
seen() { grep -o watched "$work/watched" | wc -l; }
before=$(seen)
kill -CONT "$things"
more() { [ "$(seen)" -gt "$before" ] && echo more; }
eventually 'a watch goes on when it does' 10 more more
kill -9 "$things"
ended() { for _ in $(seq 100); do kill -0 "$watching" 2>/dev/null || { echo ended; return; }; sleep 0.1; done; }
check 'a watch ends' '^ended$' ended
check 'as what was cut off, and not as what is over' '(unexpected EOF|INTERNAL_ERROR|connection reset)[^}]*$' cat "$work/watched"
check 'nobody is reached' '^503 .*(error trying to reach service|service unavailable)' request GET $ours
eventually 'and it says so' 45 '^False FailedDiscoveryCheck: ' available
check 'what it had is known still' '"things.example.com".*"freshness":"Stale"' accepting 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' request GET /apis
start_things
eventually 'it comes back' 20 '^True Passed' available
stop_server
start_server
eventually 'after a start it is there' 10 'one.*two' kubectl get things
kubectl delete apiservice v1.things.example.com >/dev/null
eventually 'without its APIService it is not' 10 '^404 ' request GET $ours
finish
