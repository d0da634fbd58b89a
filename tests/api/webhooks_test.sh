#!/bin/bash
# Webhooks that are asked about changes, good and bad ones, as kubectl meets them.
build=${1:?usage: webhooks_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/custom_resources.sh"
. "$here/requests.sh"
need openssl python3
start_server
until_true 20 kubectl get serviceaccount default

. "$here/hooks.sh"
config() { printf '{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, labels: {hook: "%s"}}, data: {a: b}}' "$1" "$(tr -dc 'a-z0-9' <<<"$2")"; }
try() { attempt "$(config "c$checks" "$1")"; }  # a new object for the hook of that path
# The labels that it would be created with.
labels_of() { create "$1" --dry-run=server -o 'jsonpath={.metadata.labels}' 2>&1 || true; }

echo '# validating'
check 'webhooks' 'created' create "$(configuration Validating v "$(hook /allow)" "$(hook /deny)" "$(hook /deny-silently)" "$(hook /warn)" "$(hook /wrong-uid)" "$(hook /no-response)" \
  "$(hook /error)" "$(hook /redirect)" "$(hook /hang)" "$(hook /nonsense)" "$(hook /gigabyte)" "$(hook /drip)" "$(hook /untyped-patch)" \
  "$(hook /flood)" "$(hook /hang-up)" "$(hook /half)" \
  "$(hook /long '' '' "$(url /hang)" | sed 's/timeoutSeconds: 2/timeoutSeconds: 9/')")"
eventually 'one refuses' 10 'Error from server \(Forbidden\).*: admission webhook "deny.hooks.test" denied the request: not on my watch' attempt "$(config d /deny)"
check 'and nothing is stored' 'NotFound' bash -c 'kubectl get configmap d 2>&1; true'
check 'without a word' 'admission webhook "denysilently.hooks.test" denied the request without explanation' try /deny-silently
check 'one allows' 'created' try /allow
check 'one warns' 'Warning: mind the gap.*created' try /warn
check 'what it is not about it is not asked' 'created' create "$(config free none)"
check 'what was asked' '^/allow \{"uid": "[0-9a-f-]{36}", "kind": \{"group": "", "version": "v1", "kind": "ConfigMap"\}, "resource": \{"group": "", "version": "v1", "resource": "configmaps"\}, "requestKind": .*"name": "c4", "namespace": "default", "operation": "CREATE", "userInfo": \{"username": "[^"]+".*"object": \{"apiVersion": "v1", "kind": "ConfigMap", "data": \{"a": "b"\}, "metadata": .*"oldObject": null, "dryRun": false, "options": \{"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1", "fieldManager": "kubectl-create", "fieldValidation": "(Strict|Ignore)"\}' \
  grep '^/allow ' "$work/reviews"
check 'a change' 'labeled' kubectl label configmap c4 more=yes
check 'has an old object' '"operation": "UPDATE".*"oldObject": \{"apiVersion": "v1"' bash -c "grep '^/allow ' $work/reviews | tail -1"
check 'over a kept connection' '^1$' bash -c "grep '^/allow ' $work/reviews | grep -o '\"connections\": .*' | sort | uniq | wc -l"
# What takes eleven seconds is waited for while the rest goes on.
create "$(configuration Mutating late "$(hook /label/ready)" "$(hook /late | sed 's/timeoutSeconds: 2/timeoutSeconds: 20/')")" >/dev/null
eventually 'one changes what is stored' 10 '"ready":"yes"' labels_of "$(config l /label/ready)"
create "$(config late /late)" >"$work/late" 2>&1 &
late=$!
until_true 10 grep -q '^/late ' "$work/reviews"
asked=$SECONDS
eleven_seconds_later() { [ $((SECONDS - asked)) -gt 10 ]; }
{ until_true 15 eleven_seconds_later; release /late; } &

echo '# webhooks that misbehave'
check 'answers another question' 'InternalError.*failed calling webhook "wronguid.hooks.test": received invalid webhook response: expected response.uid="[0-9a-f-]+", got "another"' try /wrong-uid
check 'answers nothing' 'failed calling webhook "noresponse.hooks.test": received invalid webhook response: webhook response was absent' try /no-response
check 'patches what it may only look at' 'webhook "untypedpatch.hooks.test": received invalid webhook response: validating webhook may not return response.patch' try /untyped-patch
check 'is broken' 'failed calling webhook "error.hooks.test": failed to call webhook: an error on the server \("out of order"\) has prevented the request from succeeding' try /error
check 'sends elsewhere' 'failed calling webhook "redirect.hooks.test": failed to call webhook: unexpected redirect \(307\)' try /redirect
briefly() { request POST "/api/v1/namespaces/default/configmaps?timeout=$1" '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"brief","labels":{"hook":"hang"}}}'; }
check 'hangs, longer than the client waits' '^(500 .*context deadline exceeded|504 .*[Tt]imeout: request did not complete).*soon$' soon briefly 1500ms
check_fails 'and nothing is done' 'not found' kubectl get configmap brief
check 'what is no time' '^400 .*"message":"invalid timeout specified in the request URL - time: invalid duration \\"soon\\""' briefly soon
check 'hangs' 'failed calling webhook "hang.hooks.test": failed to call webhook: Post "https://127.0.0.1:[0-9]+/hang\?timeout=2s": context deadline exceeded' try /hang
check 'speaks slowly' 'failed calling webhook "drip.hooks.test": .*context deadline exceeded' try /drip
check 'is no JSON' 'failed calling webhook "nonsense.hooks.test": received invalid webhook response: couldn.t get version/kind; json parse error' try /nonsense
check 'answers a gigabyte' 'failed calling webhook "gigabyte.hooks.test": .*the answer is longer than 8388608 bytes' try /gigabyte
# A server that was quick so far is waited for on the thread that asks, for as long as that is short.
after_quick_ones() {
  attempt "$(config "q$checks" /allow)" >/dev/null
  attempt "$(config "r$checks" /allow)" >/dev/null
  try "$1"
}
check 'was quick and hangs' 'failed calling webhook "hang.hooks.test": .*context deadline exceeded' after_quick_ones /hang
check 'was quick and speaks slowly' 'failed calling webhook "drip.hooks.test": .*context deadline exceeded' after_quick_ones /drip
check 'was quick and answers without end' 'failed calling webhook "flood.hooks.test": .*the answer is longer than 8388608 bytes' after_quick_ones /flood
half() {
  after_quick_ones /half &
  until_true 10 grep -q '^/half-sent' "$work/reviews"
  release /half
  wait $!
}
check 'was quick and needs a while for the rest' 'created' half
check 'was quick and hangs up behind its answer' 'created' after_quick_ones /hang-up
check 'and is asked over a new connection' 'created' after_quick_ones /hang-up

counted() { kubectl get --raw /metrics | grep '^apiserver_admission_webhook'; }
eventually 'refusals are counted' 15 'webhook_rejection_count\{plugin="admission-validating-webhook",error_type="no_error",name="deny.hooks.test",operation="CREATE",rejection_code="40[0-9]",type="validating"\} [1-9]' counted
check 'and those for an answer that did not come' 'webhook_rejection_count\{plugin="admission-validating-webhook",error_type="calling_webhook_error",name="error.hooks.test",operation="CREATE",rejection_code="0",type="validating"\} [1-9]' counted
check 'answers' 'webhook_request_total\{plugin="admission-validating-webhook",code="200",name="allow.hooks.test",operation="UPDATE",rejected="false",type="validating"\} 1' counted
check 'and how long they took' 'webhook_admission_duration_seconds_count\{plugin="admission-validating-webhook",name="allow.hooks.test",operation="UPDATE",rejected="false",type="validating"\} 1' counted
# Ten requests wait for nine seconds each; another one does not.
beside() {
  local waiting=()
  for each in $(seq 10); do attempt "$(config "h$each" /long)" >/dev/null & waiting+=($!); done
  until_true 10 bash -c "[ \$(grep -c '^/hang .*\"hook\": \"long\"' $work/reviews) = 10 ]"
  attempt "$(config beside /allow)"
  kill -0 "${waiting[9]}" && echo 'while they wait'
  kill "${waiting[@]}"
}
check 'those that wait for it hold up nobody' 'created.while they wait' beside
# More of them at once than one server is asked, none of which is answered before as many are there as it is: the others wait
# for their turn.
create "$(configuration Validating crowded "$(hook /slow '' '' "$(url /gather/128)" | sed 's/timeoutSeconds: 2/timeoutSeconds: 20/')" "$(hook /there)")" >/dev/null
crowd() {  # COUNT
  for each in $(seq "$1"); do
    [ "$each" = 1 ] || echo next
    printf 'url = "https://127.0.0.1:%s/api/v1/namespaces/default/configmaps?dryRun=All"\ncacert = "%s"\ncert = "%s"\nkey = "%s"\noutput = /dev/null\nwrite-out = "%%{http_code}\\n"\nmax-time = 30\nheader = "Content-Type: application/yaml"\ndata-binary = "%s"\n' \
      "$port" "$data/pki/ca.crt" "$data/pki/admin.crt" "$data/pki/admin.key" "$(config "crowd$each" /slow | sed 's/"/\\"/g')"
  done >"$work/crowd"
  curl -s -Z --parallel-max "$1" -K "$work/crowd" 2>/dev/null | sort | uniq -c | tr -s ' '
}
asked_there() { create "$(config there /there)" --dry-run=server >/dev/null; grep -o '^/there' "$work/reviews"; }
eventually 'one that is slow' 10 '/there' asked_there
check 'is asked by a crowd' '^ 150 201$' crowd 150
kubectl delete validatingwebhookconfiguration crowded >/dev/null

echo '# failure policies, addresses and trust'
check 'more of them' 'created' create "$(configuration Validating w "$(hook /ignored 'failurePolicy: Ignore' '' "$(url /hang)")" \
  "$(hook /stranger '' '' "{url: \"https://127.0.0.1:$hookPort/allow\", caBundle: $otherCa}")" "$(hook /closed '' '' "{url: \"https://127.0.0.1:1/x\", caBundle: $ca}")" \
  "$(hook /misnamed '' '' "{url: \"https://localhost:$hookPort/allow\", caBundle: $ca}")" \
  "$(hook /service '' '' "{service: {namespace: default, name: hook, path: /deny, port: 8443}, caBundle: $ca}")" \
  "$(hook /absent '' '' "{service: {namespace: default, name: absent}, caBundle: $ca}")")"
eventually 'nobody is there' 10 'failed calling webhook "closed.hooks.test": failed to call webhook: Post "https://127.0.0.1:1/x\?timeout=2s": dial tcp 127.0.0.1:1: connect: connection refused' attempt "$(config d /closed)"
check 'ignored where it fails' 'created' try /ignored
check 'from another authority' 'stranger.hooks.test": .*tls: failed to verify certificate: x509: certificate signed by unknown authority' try /stranger
check 'for another name' 'misnamed.hooks.test": .*x509: certificate is not valid for localhost' try /misnamed
check 'no such service' 'absent.hooks.test": failed to call webhook: Post "https://absent.default.svc:443/\?timeout=2s": service "absent" not found' try /absent
create '{apiVersion: v1, kind: Service, metadata: {name: hook}, spec: {ports: [{name: https, port: 8443, targetPort: 1}]}}' >/dev/null
eventually 'a service without endpoints' 10 'service.hooks.test": failed to call webhook: Post "https://hook.default.svc:8443/deny\?timeout=2s": no endpoints available for service "hook"' attempt "$(config d /service)"
# The API lets nobody write a loopback address into endpoints; the machine's own may serve nothing.
kubectl delete validatingwebhookconfiguration w >/dev/null

echo '# mutating'
check 'webhooks' 'created' create "$(configuration Mutating m "$(hook /label/one)" "$(hook /rename)" "$(hook /move)" "$(hook /patch-nonsense)" "$(hook /patch-missing)" "$(hook /patch-undecodable)" "$(hook /deny-undecodable)" "$(hook /patch-untyped '' '' "$(url /untyped-patch)")")"
eventually 'one changes what is stored' 10 '"one":"yes"' labels_of "$(config l /label/one)"
check 'names what is not there yet' 'configmap/mine created' try /rename
create "$(config there none)" >/dev/null
renaming() { kubectl label configmap there --overwrite hook=rename 2>&1; }
check_fails 'and nothing that is' 'InternalError.*metadata.name' renaming
check 'moves it to another namespace' 'the namespace of the provided object does not match the namespace sent on the request' try /move
check 'patches into what cannot be' 'InternalError.*"patchnonsense.hooks.test" returned a patch that cannot be applied: data' try /patch-nonsense
check 'patches what is not there' 'InternalError.*"patchmissing.hooks.test" returned a patch that cannot be applied: .*unable to remove nonexistent key' try /patch-missing
check 'gives a patch that is none' 'InternalError.*failed calling webhook "patchundecodable.hooks.test": received undecodable patch in webhook response: ' try /patch-undecodable
check 'which nobody looks at where it refuses' 'admission webhook "denyundecodable.hooks.test" denied the request: no$' try /deny-undecodable
wait $late
check 'takes longer than ten seconds' 'created' cat "$work/late"
kubectl delete mutatingwebhookconfiguration late >/dev/null
check 'patches without saying how' 'failed calling webhook "patchuntyped.hooks.test": received invalid webhook response: webhook returned response.patch but not response.patchType' try /patch-untyped
reinvoked() { sed 's/hook: "[a-z0-9]*"/hook: "again"/' <<<"$1"; }
create "$(configuration Mutating again "$(reinvoked "$(hook /count 'reinvocationPolicy: IfNeeded')")" "$(reinvoked "$(hook /label/two)")")" >/dev/null
eventually 'one asks to see what others changed' 10 '"count":"2","hook":"again","two":"yes"' labels_of "$(config l again)"

echo '# which requests'
any='{operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"]}'
check 'webhooks about everything' 'created' create "$(configuration Validating everything "$(hook /all 'failurePolicy: Ignore, matchConditions: [{name: pods, expression: "request.resource.resource != \"leases\" && request.resource.resource != \"events\""}]' "$any" "$(url /allow)" | sed 's/objectSelector: {[^}]*}}, //')")"
check 'one about few of them' 'created' create "$(configuration Validating effects "$(hook /effects '' '' "$(url /allow)")")"
kubectl create namespace quiet >/dev/null
create "$(configuration Validating selecting "$(hook /selecting 'namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [quiet]}]}' '' "$(url /deny)")" \
  "$(hook /conditioned 'matchConditions: [{name: a, expression: "object.data.a == \"b\""}]' '' "$(url /deny)")" \
  "$(hook /failing 'matchConditions: [{name: a, expression: "object.data.nothing == \"b\""}]' '' "$(url /deny)")" \
  "$(hook /permitted 'matchConditions: [{name: a, expression: "authorizer.group(\"\").resource(\"pods\").check(\"create\").allowed()"}]' '' "$(url /deny)")")" >/dev/null
eventually 'by the namespace' 10 'denied the request' attempt "$(config d /selecting)"
check 'another namespace is left alone' 'created' create "$(config d /selecting)" -n quiet
check 'by a condition' 'admission webhook "conditioned.hooks.test" denied' attempt "$(config d /conditioned)"
check 'which does not hold' 'created' create "$(config other /conditioned | sed 's/a: b/a: c/')"
check 'which fails' 'Forbidden.*configmaps "d" is forbidden: expression .object.data.nothing == "b". resulted in error: no such key: nothing' attempt "$(config d /failing)"
loops='object.data.all(a, object.data.all(b, object.data.all(c, object.data.all(d, a + b + c != d))))'
create "$(configuration Validating exploding "$(hook /exploding "matchConditions: [{name: a, expression: \"$loops\"}]" '' "$(url /deny)")")" >/dev/null
many=$(printf 'k%s: x, ' $(seq 80))
exploding() { soon attempt "$(config exploding /exploding | sed "s/a: b/$many/")" --dry-run=server; }
eventually 'one that explodes is stopped' 10 'configmaps "exploding" is forbidden: expression .object.data.all.*resulted in error: operation cancelled: actual cost limit exceeded.*soon' exploding
asked_about() { grep -c '^/deny .*"name": "exploding"' "$work/reviews" || true; }
check 'and nobody is asked' '^0$' asked_about
check 'one that is to fail open' 'patched' kubectl patch validatingwebhookconfiguration exploding --type=json -p '[{"op":"replace","path":"/webhooks/0/failurePolicy","value":"Ignore"}]'
eventually 'lets pass' 10 'created.*soon' exploding
kubectl delete validatingwebhookconfiguration exploding >/dev/null
check 'which asks what the caller may' 'admission webhook "permitted.hooks.test" denied' attempt "$(config d /permitted)"
check 'webhooks are not asked about webhooks' '^0$' bash -c "grep -c '\"resource\": \"validatingwebhookconfigurations\"' $work/reviews; true"
create '{apiVersion: apps/v1, kind: Deployment, metadata: {name: scaled}, spec: {replicas: 0, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}}' >/dev/null
check 'a subresource' 'scaled' kubectl scale deployment scaled --replicas=0 --current-replicas=0
check 'in its own kind' '"kind": \{"group": "autoscaling", "version": "v1", "kind": "Scale"\}, "resource": \{"group": "apps", "version": "v1", "resource": "deployments"\}, "subResource": "scale"' grep scale "$work/reviews"
kubectl delete configmap free >/dev/null
check 'a deletion' '"name": "free", "namespace": "default", "operation": "DELETE".*"object": null, "oldObject": \{"apiVersion"' bash -c "grep '\"DELETE\"' $work/reviews"
check 'would be made' 'created' create "$(config dry /effects)" --dry-run=server
check 'a dry run is told' '"dryRun": true, "options": \{"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1", "dryRun": \["All"\], "fieldManager": "kubectl-create"' bash -c "grep '\"dryRun\": true' $work/reviews | head -1"
kubectl delete validatingwebhookconfigurations --all >/dev/null
eventually 'those that are gone are not asked' 10 'created' attempt "$(config d /deny)"

echo '# connections'
create '{apiVersion: v1, kind: Pod, metadata: {name: connected}, spec: {containers: [{name: c, image: i}]}}' >/dev/null
connects() { printf '{operations: [CONNECT], apiGroups: [""], apiVersions: [v1], resources: ["%s"]}' "$1"; }
unselected() { sed 's/objectSelector: {[^}]*}}, //'; }
check 'webhooks about them' 'created' create "$(configuration Validating connecting "$(hook /attach '' "$(connects pods/attach)" "$(url /deny)" | unselected)" \
  "$(hook /exec 'matchConditions: [{name: a, expression: "object.command[0] == \"rm\" && request.kind.kind == \"PodExecOptions\""}]' "$(connects pods/exec)" "$(url /deny)" | unselected)" \
  "$(hook /proxied '' "$(connects pods/proxy)" "$(url /deny)" | unselected)" "$(hook /logs '' "$(connects pods/log)" "$(url /deny)" | unselected)")"
pod=/api/v1/namespaces/default/pods/connected
eventually 'attaching is refused' 10 '^403 .*admission webhook ."attach.hooks.test." denied the request: not on my watch' request POST "$pod/attach?container=c&stdin=true&stdout=1"
check 'by its options' '"kind": \{"group": "", "version": "v1", "kind": "PodAttachOptions"\}, "resource": \{"group": "", "version": "v1", "resource": "pods"\}, "subResource": "attach".*"name": "connected", "namespace": "default", "operation": "CONNECT".*"object": \{"apiVersion": "v1", "container": "c", "kind": "PodAttachOptions", "stdin": true, "stdout": true\}, "oldObject": null, "dryRun": false, "options": null' \
  grep PodAttachOptions "$work/reviews"
check 'a command' '^403 .*admission webhook ."exec.hooks.test." denied' request POST "$pod/exec?command=rm&command=-rf&stdout=true"
check 'and not another one' '^[^4]|^400 .*host' request POST "$pod/exec?command=ls&stdout=true"
check 'what is behind a proxy' '^403 .*admission webhook ."proxied.hooks.test." denied' request GET "$pod/proxy/a/b%20c?path=mine"
check 'by its path' '"object": \{"apiVersion": "v1", "kind": "PodProxyOptions", "path": "a/b c"\}' grep PodProxyOptions "$work/reviews"
check 'a log is read' '^[^4]|^400 .*host' request GET "$pod/log"
check 'changes of them' 'created' create "$(configuration Mutating connecting "$(hook /set/container/other '' "$(connects pods/exec)" | unselected)" \
  "$(hook /set/ports/81 '' "$(connects pods/portforward)" | unselected)" "$(hook /set/path/elsewhere '' "$(connects pods/proxy)" | unselected)")"
eventually 'count' 10 '^400 .*container other is not valid for pod connected' request POST "$pod/exec?command=ls&stdout=true"
check 'are seen by who is asked last' '^403 .*admission webhook ."proxied.hooks.test." denied' request GET "$pod/proxy/a"
check 'as they are by then' '"object": \{"apiVersion": "v1", "kind": "PodProxyOptions", "path": "elsewhere"\}' grep PodProxyOptions "$work/reviews"
kubectl delete mutatingwebhookconfigurations connecting >/dev/null
check 'changes that fit nothing' 'created' create "$(configuration Mutating connecting "$(hook /set/tty/maybe '' "$(connects pods/exec)" | unselected)" \
  "$(hook /set/kind/Pod '' "$(connects pods/portforward)" | unselected)")"
eventually 'are refused' 10 '^500 .*returned a patch that cannot be applied: json: cannot unmarshal the field PodExecOptions.tty' request POST "$pod/exec?command=ls"
check 'as is another kind' '^500 .*cannot be applied: the options of the connection are no PodPortForwardOptions' request POST "$pod/portforward?ports=80"
kubectl delete validatingwebhookconfigurations,mutatingwebhookconfigurations connecting >/dev/null

echo '# objects of users'
create "$widgets" >/dev/null
established widgets.example.com >/dev/null
create "$(configuration Mutating custom "$(hook /label/custom '' '{operations: ["*"], apiGroups: [example.com], apiVersions: ["*"], resources: [widgets]}')")" >/dev/null
widget='{apiVersion: example.com/v1, kind: Widget, metadata: {name: w, labels: {hook: labelcustom}}, spec: {color: red, free: {a: [1, 2.5, null]}}}'
eventually 'are changed too' 10 '"custom":"yes"' labels_of "$widget"
check 'and what they hold stays' 'created' create "$widget"
check 'as it was' '^\{"a":\[1,2.5,null\]\}$' field widget w '{.spec.free}'

echo '# what only the server writes'
lamps='{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: lamps.example.com}, spec: {group: example.com, scope: Namespaced,
  names: {plural: lamps, kind: Lamp}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {
    spec: {type: object}, status: {type: object, properties: {phase: {type: string}}}}}}}]}}'
create "$lamps" >/dev/null
established lamps.example.com >/dev/null
objects='{operations: [CREATE, UPDATE], apiGroups: ["", example.com], apiVersions: [v1], resources: [pods, widgets, lamps, widgets/status]}'
check 'a defaulter' 'created' create "$(configuration Mutating defaulter "$(hook /defaulter '' "$objects")" "$(hook /phase '' "$objects")")"
system='{.metadata.labels.defaulted} {.metadata.generation} {.metadata.creationTimestamp} {.status}'
defaulted() { create "$1" --dry-run=server -o "jsonpath=$system" 2>&1 || true; }
labelled() { printf '{apiVersion: %s, kind: %s, metadata: {name: %s, labels: {hook: %s}}, spec: {%s}}' "$@"; }
eventually 'of pods' 10 '^yes 1 20..-..-..T..:..:..Z \{"phase":"Pending",.*' defaulted "$(labelled v1 Pod p defaulter 'containers: [{name: c, image: i}]')"
check 'of a kind with a status of its own' '^yes 1 20..-..-..T..:..:..Z $' defaulted "$(labelled example.com/v1 Widget dw defaulter 'color: red')"
check 'which it cannot write with the rest' '^ 1 20..-..-..T..:..:..Z $' defaulted "$(labelled example.com/v1 Widget dw phase 'color: red')"
create "$(labelled example.com/v1 Widget dw phase 'color: red')" >/dev/null
check 'but as a status' '"phase":"Hooked"' kubectl patch widget dw --subresource=status --type=merge -p '{"status":{"replicas":1}}' -o 'jsonpath={.status}'
check 'nor in a change' '^ 2 .*"phase":"Hooked"' kubectl patch widget dw --type=merge -p '{"spec":{"color":"blue"}}' -o "jsonpath=$system"
check 'where it is a field as others' '^ 1 20..-..-..T..:..:..Z \{"phase":"Hooked"\}$' defaulted "$(labelled example.com/v1 Lamp l phase)"
kubectl delete mutatingwebhookconfiguration defaulter >/dev/null

echo '# conversion'
# paints CONVERSION: a definition whose versions have different schemas
paints() {
  local color='{type: object, properties: {color: {type: string}}}'
  printf '{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: paints.example.com}, spec: {group: example.com, scope: Namespaced,
    names: {plural: paints, kind: Paint}, conversion: %s, versions: [
      {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: %s}}}},
      {name: v2, served: true, storage: false, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {paint: %s, coats: {type: integer, default: 2}}}}}}}]}}' \
    "$1" "$color" "$color"
}
by() { printf '{strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: %s}}' "$(url "$1")"; }
paint() { kubectl get "paints.$1.example.com" "${2:-p}" -o 'jsonpath={.spec} {.metadata.labels}' 2>&1 || true; }
check_fails 'without an address' 'spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required' create "$(paints '{strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {}}}')"
check_fails 'without a known review' 'spec.conversion.conversionReviewVersions: Invalid value: .*must include at least one of v1, v1beta1' create "$(paints "$(by /convert | sed 's/\[v1\]/[v7]/')")"
check 'a definition' 'created' create "$(paints "$(by /convert)")"
established paints.example.com >/dev/null
check 'an object' 'created' create '{apiVersion: example.com/v1, kind: Paint, metadata: {name: p}, spec: {color: red}}'
check 'as it was written' '^\{"color":"red"\}' paint v1
check 'in another version, pruned and defaulted' '^\{"coats":2,"paint":\{"color":"red"\}\} \{"converted":"yes"\}$' paint v2
check 'what was asked' '"desiredAPIVersion": "example.com/v2", "objects": \[\{"apiVersion": "example.com/v1", "kind": "Paint", "metadata": ' grep '^/convert ' "$work/reviews"
check 'written in the other version' 'created' create '{apiVersion: example.com/v2, kind: Paint, metadata: {name: q}, spec: {paint: {color: blue}}}'
check 'and read in both' '^\{"color":"blue"\}' paint v1 q
check 'listed' '^red blue $' kubectl get paints.v2.example.com -o 'jsonpath={range .items[*]}{.spec.paint.color} {end}'
check 'changed' 'patched' kubectl patch paints.v2.example.com p --type=merge -p '{"spec":{"paint":{"color":"green"}}}'
check 'for both' '^\{"color":"green"\}' paint v1
ofFirst='{operations: [CREATE, UPDATE], apiGroups: [example.com], apiVersions: [v1], resources: [paints]}'
second() { printf '{apiVersion: example.com/v2, kind: Paint, metadata: {name: %s, labels: {hook: %s}}, spec: {paint: {color: blue}, coats: 3}}' "$@"; }
check 'webhooks that know one version' 'created' create "$(configuration Validating first "$(hook /deny '' "$ofFirst")" "$(hook /allow '' "$ofFirst")")"
check 'and change it' 'created' create "$(configuration Mutating first "$(hook /label/seen '' "$ofFirst")")"
eventually 'are asked about another' 10 'admission webhook "deny.hooks.test" denied the request: not on my watch' attempt "$(second x deny)" --dry-run=server
check 'allow it' 'created' create "$(second x allow)" --dry-run=server
check 'see it as they know it' '"kind": \{"group": "example.com", "version": "v1", "kind": "Paint"\}, .*"requestKind": \{"group": "example.com", "version": "v2", .*"object": \{"apiVersion": "example.com/v1", "kind": "Paint", .*"spec": \{"coats": 3, "color": "blue"' \
  bash -c "grep '^/allow ' $work/reviews | grep '\"name\": \"x\"'"
check 'and change it so' '^\{"coats":3,"paint":\{"color":"blue"\}\} .*"seen":"yes"' create "$(second x labelseen)" --dry-run=server -o 'jsonpath={.spec} {.metadata.labels}'
kubectl delete validatingwebhookconfigurations,mutatingwebhookconfigurations first >/dev/null
policy='apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy'
create "{$policy, metadata: {name: first}, spec: {matchConstraints: {resourceRules: [$ofFirst]}, validations: [{expression: 'object.spec.color != \"red\"'}]}}" >/dev/null
create "{${policy}Binding, metadata: {name: first}, spec: {policyName: first, validationActions: [Deny]}}" >/dev/null
eventually 'policies do not let pass what they cannot see' 10 "ValidatingAdmissionPolicy 'first' denied request: its rules are about example.com/v1, to which objects of paints are converted by a webhook" attempt "$(second x none)" --dry-run=server
kubectl delete validatingadmissionpolicybindings,validatingadmissionpolicies first >/dev/null
convert_by() { kubectl patch crd paints.example.com --type=merge -p "{\"spec\":{\"conversion\":{\"webhook\":{\"clientConfig\":{\"url\":\"https://127.0.0.1:$hookPort$1\"}}}}}" >/dev/null; }
# Objects that have been converted are kept, so each is asked about another.
fresh() { create "{apiVersion: example.com/v1, kind: Paint, metadata: {name: $1}, spec: {color: red}}" >/dev/null; }
failed='Error from server: conversion webhook for example.com/v1, Kind=Paint returned invalid'
loses() {  # WHAT PATTERN
  convert_by "/convert-badly/$1"
  fresh "lost$1"
  eventually "a converter that loses metadata: $1" 10 "$2" paint v2 "lost$1"
}
loses name "$failed object: must have the same name: lostname != another$"
check 'is the server'"'"'s failure' '^500 .*"message":"conversion webhook for example.com/v1, Kind=Paint returned invalid object: must have the same name: lostname != another".*"code":500' \
  request GET /apis/example.com/v2/namespaces/default/paints/lostname
check 'while the stored version is read' '^\{"color":"red"\}' paint v1 lostname
check 'and nothing is listed in the other' 'Error from server.*: conversion webhook for example.com/v1, Kind=Paint returned invalid' bash -c 'kubectl get paints.v2.example.com 2>&1; true'
loses namespace "$failed object: must have the same namespace: default != another$"
loses uid "$failed object: must have the same UID: [0-9a-f-]{36} != another$"
loses nothing "$failed object: must have the same name: lostnothing != $"
loses labels "$failed metadata: metadata.labels\[size\] must be a string, but is int64 in converted object$"
loses wronglabels "$failed metadata: metadata.labels: Invalid value: \"not so\": a valid label must be"
loses rest '^\{"coats":2,"paint":\{"color":"red"\}\} \{"converted":"yes"\}$'
check 'what is not labels or annotations stays as it is' '^1 here $' kubectl get paints.v2.example.com lostrest -o 'jsonpath={.metadata.generation} {.metadata.annotations.made} {.metadata.finalizers}'
check 'nor is it written' 'patched' kubectl patch paints.v2.example.com lostrest --type=merge -p '{"spec":{"coats":3}}'
check 'from there' '^2 $' kubectl get paints.v1.example.com lostrest -o 'jsonpath={.metadata.generation} {.metadata.finalizers}'
convert_by /convert-not
fresh s
eventually 'a converter that cannot' 10 'conversion webhook for example.com/v1, Kind=Paint failed: cannot be converted' paint v2 s
convert_by /error
fresh t
eventually 'a converter that is broken' 10 'conversion webhook for example.com/v1, Kind=Paint failed: an error on the server' paint v2 t
echo '# a controller whose pods a webhook fails'
pods='{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}'
check 'a webhook about pods that answers 500' 'created' create "$(configuration Validating broken "$(hook /error '' "$pods" | sed 's/objectSelector: {[^}]*}}, //')")"
says='failed calling webhook "error.hooks.test": failed to call webhook: an error on the server'
eventually 'nobody gets one' 10 "InternalError.*$says" kubectl run alone --image=i --dry-run=server
before=$(grep -c '^/error ' "$work/reviews")
asked() { echo "$(($(grep -c '^/error ' "$work/reviews") - before)) times"; }
check 'a deployment is taken' 'created' kubectl create deployment web --image=i --replicas=3
conditions() { kubectl get "$1" -o 'jsonpath={range .items[*].status.conditions[*]}{.type} {.status} {.reason} {.message}{"\n"}{end}'; }
eventually 'its set says why it has no pods' 20 "ReplicaFailure True FailedCreate .*$says" conditions replicasets
eventually 'and so does the deployment' 10 'ReplicaFailure True FailedCreate' conditions deployments
read -r -t 8 <> <(:) || true
check 'the webhook is asked now and then' '^([2-9]|[1-5][0-9]|60) times$' asked
check 'the condition stands' 'ReplicaFailure True FailedCreate' conditions deployments
tell() { kubectl get events --field-selector reason=FailedCreate --no-headers | wc -l; }
check 'and few events tell of it' '^([1-9]|[12][0-9]|30)$' tell
check 'the webhook goes' 'deleted' kubectl delete validatingwebhookconfiguration broken
eventually 'and the pods come' 60 '^3$' kubectl get deployment web -o 'jsonpath={.status.replicas}'
finish
