#!/bin/bash
# ValidatingAdmissionPolicies with their bindings and parameters, as kubectl meets them.
build=${1:?usage: validating_policies_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/custom_resources.sh"
. "$here/requests.sh"
start_server
until_true 20 kubectl get serviceaccount default

# Would be created, or why not.
attempt() { create "$1" --dry-run=server "${@:2}" 2>&1 || true; }
registration='apiVersion: admissionregistration.k8s.io/v1'
# policy NAME SPEC-WITHOUT-MATCH [RULE]
policy() {
  printf '{%s, kind: ValidatingAdmissionPolicy, metadata: {name: %s}, spec: {matchConstraints: {resourceRules: [%s]}, %s}}' \
    "$registration" "$1" "${3:-{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]\}}" "$2"
}
# binding NAME POLICY [MORE]
binding() { printf '{%s, kind: ValidatingAdmissionPolicyBinding, metadata: {name: %s}, spec: {policyName: %s, %s}}' "$registration" "$1" "$2" "${3:-validationActions: [Deny]}"; }
deployment() {  # NAME REPLICAS [LABELS]
  printf '{apiVersion: apps/v1, kind: Deployment, metadata: {name: %s, labels: {%s}}, spec: {replicas: %s, selector: {matchLabels: {a: b}},
    template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: registry/app:v1}]}}}}' "$1" "$3" "$2"
}
config() { printf '{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, labels: {%s}}, data: {%s}}' "$1" "$3" "$2"; }
maps='{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE, DELETE], resources: [configmaps]}'

# Refused where they are written.
check_fails 'what is no expression' "spec.validations\[0\].expression: Invalid value: \"object.\": compilation failed: ERROR: <input>:1:8: Syntax error: mismatched input '<EOF>' expecting IDENTIFIER" \
  create "$(policy bad 'validations: [{expression: "object."}]')"
check_fails 'no boolean' 'spec.validations\[0\].expression: Invalid value: "1 \+ 1": must evaluate to bool' create "$(policy bad 'validations: [{expression: 1 + 1}]')"
check_fails 'parameters without a kind of them' "undeclared reference to 'params'" create "$(policy bad 'validations: [{expression: params.x == 1}]')"
check_fails 'a variable that comes later' "spec.variables\[0\].expression: Invalid value: .*undefined field 'b'" \
  create "$(policy bad 'variables: [{name: a, expression: variables.b}, {name: b, expression: "1"}], validations: [{expression: "true"}]')"
check_fails 'a message that is no text' 'spec.validations\[0\].messageExpression: Invalid value: "1": must evaluate to string' create "$(policy bad 'validations: [{expression: "true", messageExpression: "1"}]')"

check_fails 'what else is wrong is told beside it' '\* spec.failurePolicy: Unsupported value: "Odd".*\* spec.validations\[0\].expression: Invalid value: "x": compilation failed.*\* spec.validations\[0\].message: Invalid value: "a\\nb": message must not contain line breaks' \
  create "$(policy bad 'failurePolicy: Odd, validations: [{expression: x, message: "a\nb"}]')"

# Deny, with the words of Kubernetes.
check 'a policy' 'created' create "$(policy replicas 'validations: [{expression: object.spec.replicas <= 5}]')"
check 'that nothing binds refuses nothing' 'created' create "$(deployment unbound 9)"
check 'bound' 'created' create "$(binding replicas-all replicas)"
eventually 'it refuses' 10 "is invalid: : ValidatingAdmissionPolicy 'replicas' with binding 'replicas-all' denied request: failed expression: object.spec.replicas <= 5" \
  attempt "$(deployment many 6)"
check_fails 'a change too' "ValidatingAdmissionPolicy 'replicas' with binding 'replicas-all' denied request" kubectl patch deployment unbound --type=merge -p '{"spec":{"replicas":8}}'
check 'but not what keeps it' 'created' create "$(deployment few 5)"
check 'what may not be is not there' 'NotFound' bash -c 'kubectl get deployment many 2>&1; true'

# Warn, and both.
check 'only a warning' 'patched' kubectl patch validatingadmissionpolicybinding replicas-all --type=merge -p '{"spec":{"validationActions":["Warn","Audit"]}}'
eventually 'is told' 10 "Warning: Validation failed for ValidatingAdmissionPolicy 'replicas' with binding 'replicas-all': failed expression: object.spec.replicas <= 5.*created" \
  attempt "$(deployment many 6)"
kubectl delete validatingadmissionpolicybinding replicas-all >/dev/null

# Variables, messages, reasons, conditions.
check 'variables' 'created' create "$(policy images 'matchConditions: [{name: not-exempt, expression: "!has(object.metadata.labels) || !(\"exempt\" in object.metadata.labels)"}],
  variables: [{name: containers, expression: object.spec.template.spec.containers}, {name: bad, expression: "variables.containers.filter(c, !c.image.startsWith(\"registry/\"))"}],
  validations: [{expression: "size(variables.bad) == 0", messageExpression: "\"images of \" + variables.bad.map(c, c.name).join(\", \") + \" are from elsewhere, by \" + request.userInfo.username", reason: Forbidden},
                {expression: "object.spec.replicas != 7", message: "no seven"}]')"
create "$(binding images images)" >/dev/null
elsewhere() { deployment "$1" 1 "$2" | sed 's,registry/app,elsewhere/app,'; }
eventually 'a message that is computed, with a reason' 10 "\(Forbidden\).*deployments.apps \"d\" is forbidden: ValidatingAdmissionPolicy 'images' with binding 'images' denied request: images of c are from elsewhere, by " \
  attempt "$(elsewhere d)"
check_fails 'a message' 'denied request: no seven' create "$(deployment d 7)"
check 'a condition that does not hold' 'created' create "$(elsewhere exempt 'exempt: "yes"')"
kubectl delete validatingadmissionpolicybinding images >/dev/null

# Errors and failurePolicy.
check 'an expression that fails' 'created' create "$(policy fails 'validations: [{expression: "object.data.x == \"1\""}]' "$maps")"
create "$(binding fails fails)" >/dev/null
eventually 'refuses' 10 "denied request: expression 'object.data.x == \"1\"' resulted in error: no such key: x" attempt "$(config m 'y: "1"')"
check 'what ignores its failures' 'patched' kubectl patch validatingadmissionpolicy fails --type=merge -p '{"spec":{"failurePolicy":"Ignore"}}'
eventually 'does not' 10 'created' attempt "$(config m 'y: "1"')"
check_fails 'but where it says no' 'failed expression: object.data.x == "1"' create "$(config m 'x: "2"')"
kubectl delete validatingadmissionpolicybinding fails >/dev/null

# Parameters: a ConfigMap, and a kind of users' own.
check 'parameters' 'created' create "$(policy limited 'paramKind: {apiVersion: v1, kind: ConfigMap}, validations: [{expression: "object.spec.replicas <= int(params.data.most)", messageExpression: "\"at most \" + params.data.most"}]')"
create "$(binding limited limited 'validationActions: [Deny], paramRef: {name: limit, namespace: default, parameterNotFoundAction: Deny}')" >/dev/null
eventually 'that are not there' 10 "denied request: failed to configure binding: no params found for policy binding with .Deny. parameterNotFoundAction" attempt "$(deployment p 1)"
check 'come' 'created' create "$(config limit 'most: "2"')"
check_fails 'and count' 'denied request: at most 2' create "$(deployment p 3)"
check 'both ways' 'created' create "$(deployment p 2)"
check 'chosen by labels' 'patched' kubectl patch validatingadmissionpolicybinding limited --type=json -p '[{"op":"replace","path":"/spec/paramRef","value":{"selector":{"matchLabels":{"for":"web"}},"parameterNotFoundAction":"Allow"}}]'
eventually 'none is nothing' 10 'created' attempt "$(deployment q 3)"
create "$(config one 'most: "4"' 'for: web')" >/dev/null
create "$(config two 'most: "1"' 'for: web')" >/dev/null
check_fails 'all of them count' 'denied request: at most 1' create "$(deployment q 3)"
kubectl delete validatingadmissionpolicybinding limited >/dev/null
create "$widgets" >/dev/null; established widgets.example.com >/dev/null
check 'parameters of a kind of users own' 'created' create "$(policy sized 'paramKind: {apiVersion: example.com/v1, kind: Widget}, validations: [{expression: "object.spec.replicas <= params.spec.size"}]')"
create "$(binding sized sized 'validationActions: [Deny], paramRef: {name: size, parameterNotFoundAction: Deny}')" >/dev/null
create "$(widget size 'color: red, size: 4')" >/dev/null
eventually 'are read' 10 "failed expression: object.spec.replicas <= params.spec.size" attempt "$(deployment r 5)"
check 'and keep nobody out who keeps them' 'created' create "$(deployment r 4)"
kubectl delete validatingadmissionpolicybinding sized >/dev/null
check 'a kind that is not there' 'created' create "$(policy lost 'paramKind: {apiVersion: example.com/v1, kind: Nothing}, validations: [{expression: "true"}]')"
create "$(binding lost lost 'validationActions: [Deny], paramRef: {name: x, parameterNotFoundAction: Deny}')" >/dev/null
eventually 'refuses' 10 "ValidatingAdmissionPolicy 'lost' denied request: failed to configure policy: failed to find resource referenced by paramKind: 'example.com/v1, Kind=Nothing'" \
  attempt "$(deployment s 1)"
kubectl delete validatingadmissionpolicybinding lost >/dev/null

# Who it is about: selectors, kinds of users' own, deletion, the namespace, what the user may.
check 'selectors' 'created' create "$(policy labelled 'validations: [{expression: "false", message: never}]' "$maps" | sed 's/matchConstraints: {/matchConstraints: {objectSelector: {matchLabels: {watched: "yes"}}, namespaceSelector: {matchLabels: {held: "yes"}}, /')"
create "$(binding labelled labelled)" >/dev/null
kubectl create namespace held >/dev/null; kubectl label namespace held held=yes >/dev/null
eventually 'choose' 10 'denied request: never' attempt "$(config c 'a: b' 'watched: "yes"')" -n held
check 'objects' 'created' create "$(config c 'a: b')" -n held
check 'and namespaces' 'created' create "$(config c 'a: b' 'watched: "yes"')"
kubectl delete validatingadmissionpolicybinding labelled >/dev/null
check 'a custom kind' 'created' create "$(policy colors 'validations: [{expression: "object.spec.color != \"blue\"", messageExpression: "object.kind + \" \" + object.metadata.name + \" in \" + namespaceObject.metadata.name"}]' '{apiGroups: [example.com], apiVersions: [v1], operations: [CREATE], resources: [widgets]}')"
create "$(binding colors colors)" >/dev/null
eventually 'is looked at' 10 'denied request: Widget w in default' attempt "$(widget w 'color: blue')"
check 'deletion' 'created' create "$(policy kept 'validations: [{expression: "request.operation != \"DELETE\" || oldObject.metadata.name != \"c\"", message: kept}]' "$maps")"
create "$(binding kept kept)" >/dev/null
eventually 'is refused' 10 'denied request: kept' bash -c 'kubectl delete configmap c --dry-run=server 2>&1; true'
kubectl delete validatingadmissionpolicybinding kept colors >/dev/null
check 'what the user may' 'created' create "$(policy allowed 'validations: [{expression: "authorizer.group(\"\").resource(\"nodes\").check(\"delete\").allowed()", message: may not}, {expression: "authorizer.requestResource.check(\"create\").allowed()", message: may not create}, {expression: "!authorizer.serviceAccount(\"default\", \"default\").group(\"\").resource(\"nodes\").check(\"delete\").allowed()", message: the account may}]' "$maps")"
create "$(binding allowed allowed)" >/dev/null
kubectl create role maker --verb=create,get --resource=configmaps >/dev/null; kubectl create rolebinding maker --role=maker --user=mary >/dev/null
eventually 'is asked' 10 'denied request: may not' attempt "$(config z 'a: b')" --as=mary
check 'of each one' 'created' create "$(config z 'a: b')"

# Connections, by their options.
check 'a policy about commands' 'created' create "$(policy commands 'validations: [{expression: "!has(object.command) || object.command[0] != \"rm\"", messageExpression: "object.kind + \" of \" + object.container"}]' '{apiGroups: [""], apiVersions: [v1], operations: [CONNECT], resources: [pods/exec]}')"
create "$(binding commands commands)" >/dev/null
create '{apiVersion: v1, kind: Pod, metadata: {name: connected}, spec: {containers: [{name: c, image: i}]}}' >/dev/null
run_in() { request POST "/api/v1/namespaces/default/pods/connected/exec?container=c&stdout=true&command=$1"; }
eventually 'refuses one' 10 '^422 .*denied request: PodExecOptions of c' run_in rm
check 'and lets another through' '^[^4]|^400 .*host' run_in ls
# Whoever asks for a connection to be upgraded is warned as well, whether it is refused or comes to nothing later.
check 'a policy that warns of all' 'created' create "$(policy commands-seen 'validations: [{expression: "false", message: seen}]' '{apiGroups: [""], apiVersions: [v1], operations: [CONNECT], resources: [pods/exec]}')"
create "$(binding commands-seen commands-seen 'validationActions: [Warn]')" >/dev/null
upgrading() {  # METHOD PROTOCOL COMMAND
  curl -sS --max-time 20 --cert "$data/pki/admin.crt" --key "$data/pki/admin.key" --cacert "$data/pki/ca.crt" -X "$1" -i --http1.1 \
    -H 'Connection: Upgrade' -H "Upgrade: $2" -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' \
    "https://127.0.0.1:$port/api/v1/namespaces/default/pods/connected/exec?container=c&stdout=true&command=$3" | tr -d '\r' | tr '\n' ' '
}
seen="[Ww]arning: 299 - \"Validation failed for ValidatingAdmissionPolicy 'commands-seen' with binding 'commands-seen': seen\""
eventually 'refused' 10 "^HTTP/1.1 422 .*$seen.*denied request: PodExecOptions of c" upgrading GET websocket rm
check 'by SPDY' "^HTTP/1.1 422 .*$seen.*denied request: PodExecOptions of c" upgrading POST SPDY/3.1 rm
check 'admitted, and then without a node' "^HTTP/1.1 400 .*$seen.*does not have a host assigned" upgrading GET websocket ls
kubectl delete validatingadmissionpolicybinding commands commands-seen >/dev/null

# One that explodes is stopped, and refuses unless it is to fail open.
explodes='validations: [{expression: "object.data.all(a, object.data.all(b, object.data.all(c, object.data.all(d, a + b + c != d))))"}]'
check 'a policy that explodes' 'created' create "$(policy exploding "$explodes" "$maps")"
create "$(binding exploding exploding)" >/dev/null
many=$(printf 'k%s: x, ' $(seq 80))
cost() { local begin=$SECONDS; attempt "$(config many "$many")"; [ $((SECONDS - begin)) -lt 5 ] && echo 'soon'; }
eventually 'is stopped' 10 "ValidatingAdmissionPolicy 'exploding' with binding 'exploding' denied request: .*operation cancelled: actual cost limit exceeded.*soon" cost
kubectl patch validatingadmissionpolicy exploding --type=merge -p '{"spec":{"failurePolicy":"Ignore"}}' >/dev/null
eventually 'and lets pass where it may' 10 'created.*soon' cost
kubectl delete validatingadmissionpolicybinding exploding >/dev/null

# What would fail is said beforehand.
check 'expressions that would fail' 'created' create "$(policy typed 'variables: [{name: spec, expression: object.spec}], validations: [{expression: object.spec.nothing == 1, messageExpression: "object.metadata.name + string(object.metadata.nothing)"}, {expression: variables.spec.replicas > 0}]')"
eventually 'are told in the status' 10 "^1 spec.validations\[0\].expression: apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'nothing'.*spec.validations\[0\].messageExpression: apps/v1, Kind=Deployment: ERROR: <input>:1:46: undefined field 'nothing'" \
  field validatingadmissionpolicy typed '{.status.observedGeneration} {range .status.typeChecking.expressionWarnings[*]}{.fieldRef}: {.warning} {end}'
eventually 'and that nothing would' 10 '^1 $' field validatingadmissionpolicy replicas '{.status.observedGeneration} {.status.typeChecking.expressionWarnings[*].fieldRef}'

# They are gone when they are deleted.
kubectl delete validatingadmissionpolicy --all >/dev/null
eventually 'nothing is left' 10 'created' attempt "$(config zz 'a: b')" --as=mary
finish
