#!/bin/bash
# MutatingAdmissionPolicies with their bindings and parameters, as kubectl meets them.
build=${1:?usage: mutating_policies_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
. "$here/custom_resources.sh"
need curl
start_server
until_true 20 kubectl get serviceaccount default

registration='apiVersion: admissionregistration.k8s.io/v1'
deployments='{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}'
maps='{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps, secrets]}'
# policy NAME RULE SPEC
policy() {
  printf '{%s, kind: MutatingAdmissionPolicy, metadata: {name: %s}, spec: {reinvocationPolicy: Never, matchConstraints: {resourceRules: [%s]}, %s}}' \
    "$registration" "$1" "$2" "$3"
}
binding() { printf '{%s, kind: MutatingAdmissionPolicyBinding, metadata: {name: %s}, spec: {policyName: %s%s}}' "$registration" "$1" "$1" "${2:+, $2}"; }
bind() { create "$(policy "$1" "$2" "$3")" && create "$(binding "$1" "$4")"; }
unbind() { kubectl delete mutatingadmissionpolicybinding "$1" >/dev/null; kubectl delete mutatingadmissionpolicy "$1" >/dev/null; }
applies() { printf 'mutations: [{patchType: ApplyConfiguration, applyConfiguration: {expression: %s}}]' "$1"; }
patches() { printf 'mutations: [{patchType: JSONPatch, jsonPatch: {expression: %s}}]' "$1"; }
deployment() {  # NAME [LABELS]
  printf '{apiVersion: apps/v1, kind: Deployment, metadata: {name: %s, labels: {%s}}, spec: {replicas: 1, selector: {matchLabels: {a: b}},
    template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: app, ports: [{containerPort: 80}], env: [{name: X, value: "1"}]}]}}}}' "$1" "$2"
}
config() { printf '{apiVersion: v1, kind: ConfigMap, metadata: {name: %s}, data: {%s}}' "$1" "$2"; }
# made OBJECT JSONPATH [OPTION…]: what would be created, or why nothing.
made() { create "$1" --dry-run=server -o "jsonpath=$2" "${@:3}" 2>&1 || true; }

# Refused where they are written.
check_fails 'no configuration' 'spec.mutations\[0\].applyConfiguration.expression: Invalid value: "1": must evaluate to Object' create "$(policy bad "$maps" "$(applies '"1"')")"
check_fails 'no patches' 'spec.mutations\[0\].jsonPatch.expression: Invalid value: .*must evaluate to list\(JSONPatch\)' create "$(policy bad "$maps" "$(patches '"[1]"')")"
check_fails 'a list of anything' 'Invalid value: "\[\]": must evaluate to list\(JSONPatch\) but got list\(dyn\)' create "$(policy bad "$maps" "$(patches '"[]"')")"
check_fails 'null, by its full name' 'must evaluate to list\(JSONPatch\) but got null_type' create "$(policy bad "$maps" "$(patches '"null"')")"
check 'an empty list of patches, where its type is known' 'created' create "$(policy bad "$maps" "$(patches '"true ? [] : [JSONPatch{}]"')")" --dry-run=server
check_fails 'a wrong field of a patch' "undefined field 'oper'" create "$(policy bad "$maps" "$(patches "\"[JSONPatch{oper: 'add'}]\"")")"

# Apply configurations, merged as server-side apply does.
check 'a configuration' 'created.*created' bind sidecar "$deployments" "$(applies "\"Object{metadata: Object.metadata{labels: {'seen': 'yes'}}, spec: Object.spec{replicas: object.spec.replicas + 2, template: Object.spec.template{spec: Object.spec.template.spec{containers: [Object.spec.template.spec.containers.item{name: 'c', env: [{'name': 'Y', 'value': '2'}]}, Object.spec.template.spec.containers.item{name: 'd', image: 'side'}]}}}}\"")"
eventually 'changes what is there' 10 '^3 yes$' made "$(deployment one)" '{.spec.replicas} {.metadata.labels.seen}'
check 'adds to lists by their keys' '^c:app:X Y,80 d:side:,' made "$(deployment one)" '{range .spec.template.spec.containers[*]}{.name}:{.image}:{.env[*].name},{.ports[*].containerPort} {end}' 
check 'and leaves the rest' '^IfNotPresent|Always' made "$(deployment one)" '{.spec.template.spec.containers[0].imagePullPolicy}'
unbind sidecar

# JSON patches, in order.
check 'patches' 'created.*created' bind patched "$maps" "$(patches "\"[JSONPatch{op: 'test', path: '/data/a', value: '1'}, JSONPatch{op: 'add', path: '/data/' + jsonpatch.escapeKey('x/y~z'), value: 'new'}, JSONPatch{op: 'copy', from: '/data/a', path: '/data/b'}, JSONPatch{op: 'remove', path: '/data/a'}]\"" | sed 's,x/y~z,x-y_z,')"
eventually 'are applied' 10 '"b":"1".*"x-y_z":"new"' made "$(config one 'a: "1"')" '{.data}'
check 'or not, where a test fails' '^{"a":"2"}$' made "$(config one 'a: "2"')" '{.data}'
check 'or what is to be tested is not there' '^{"c":"2"}$' made "$(config one 'c: "2"')" '{.data}'
unbind patched
check 'one that cannot be done' 'created.*created' bind patched "$maps" "$(patches "\"[JSONPatch{op: 'add', path: '/metadata/labels', value: {'added': 'yes'}}, JSONPatch{op: 'remove', path: '/data/a'}]\"")"
eventually 'is done' 10 '^{"b":"1"} yes$' made "$(config one 'a: "2", b: "1"')" '{.data} {.metadata.labels.added}'
check_fails 'or refuses' "policy 'patched' with binding 'patched' denied request: JSON Patch: unable to remove nonexistent key: /data/a" create "$(config one 'b: "2"')"
check 'what fails is let through where the policy says so' 'patched' kubectl patch mutatingadmissionpolicy patched --type=merge -p '{"spec":{"failurePolicy":"Ignore"}}'
eventually 'as it is' 10 '^{"b":"2"} $' made "$(config one 'b: "2"')" '{.data} {.metadata.labels.added}'
unbind patched
label() { printf "{patchType: ApplyConfiguration, applyConfiguration: {expression: \"Object{metadata: Object.metadata{labels: {'%s': 'yes'}}}\"}}" "$1"; }
remove="{patchType: JSONPatch, jsonPatch: {expression: \"[JSONPatch{op: 'remove', path: '/data/absent'}]\"}}"
check 'of several mutations that are to fail open' 'created.*created' bind several "$maps" "failurePolicy: Ignore, mutations: [$(label first), $remove, $(label last)]"
eventually 'one that fails leaves the others' 10 '^yes yes$' made "$(config one 'b: "2"')" '{.metadata.labels.first} {.metadata.labels.last}'
unbind several

# One that explodes is stopped, and changes nothing where it is to fail open.
many=$(printf 'k%s: x, ' $(seq 80))
loops='object.data.exists(a, object.data.exists(b, object.data.exists(c, object.data.exists(d, a + b + c == d))))'
check 'a mutation that explodes' 'created.*created' bind exploding "$maps" "$(applies "\"Object{metadata: Object.metadata{labels: {'n': string($loops)}}}\"")"
eventually 'is stopped' 10 "policy 'exploding' with binding 'exploding' denied request: .*operation cancelled: actual cost limit exceeded.*soon" soon made "$(config loud "$many")" '{.data}'
check 'one that is to fail open' 'patched' kubectl patch mutatingadmissionpolicy exploding --type=merge -p '{"spec":{"failurePolicy":"Ignore"}}'
eventually 'changes nothing' 10 '^loud.soon' soon made "$(config loud "$many")" '{.metadata.name}{.metadata.labels}{"\n"}'
unbind exploding

# One question after the other to authorizers: as many as can be paid for.
asking() {  # COUNT: each is asked when the one before is answered
  local all="{name: v0, expression: 'true'}" i
  for i in $(seq "$1"); do
    all+=", {name: v$i, expression: \"variables.v$((i - 1)) ? authorizer.group('').resource('configmaps').name('n$i').check('get').allowed() : false\"}"
  done
  printf "variables: [%s], %s" "$all" "$(applies "\"Object{metadata: Object.metadata{labels: {'asked': string(variables.v$1)}}}\"")"
}
check 'questions that hang on each other' 'created.*created' bind asking "$maps" "$(asking 25)"
eventually 'are all asked' 10 '^true$' made "$(config asked 'a: b')" '{.metadata.labels.asked}'
unbind asking
check 'more of them' 'created.*created' bind asking "$maps" "$(asking 30)"
eventually 'are too many' 10 "policy 'asking' with binding 'asking' denied request: validation failed due to running out of cost budget, no further validation rules will be run" made "$(config asked 'a: b')" '{.metadata.labels.asked}'
check 'where it is to fail open' 'patched' kubectl patch mutatingadmissionpolicy asking --type=merge -p '{"spec":{"failurePolicy":"Ignore"}}'
eventually 'nothing is changed' 10 '^asked .$' made "$(config asked 'a: b')" '{.metadata.name} {.metadata.labels}.'
unbind asking

# Conditions, variables, parameters, the request.
check 'parameters' 'created.*created' bind tagged "$maps" "paramKind: {apiVersion: v1, kind: ConfigMap}, matchConditions: [{name: no-secrets, expression: \"request.resource.resource == 'configmaps'\"}], variables: [{name: tag, expression: \"params.data.tag + '-' + request.userInfo.username\"}], $(applies "\"Object{data: {'tag': variables.tag}}\"")" 'paramRef: {name: tags, namespace: default, parameterNotFoundAction: Deny}'
eventually 'that are not there' 10 "policy 'tagged' with binding 'tagged' denied request: failed to configure binding: no params found" made "$(config two)" '{.data}'
kubectl patch mutatingadmissionpolicybinding tagged --type=merge -p '{"spec":{"paramRef":{"parameterNotFoundAction":"Allow"}}}' >/dev/null
eventually 'come' 10 'created' create "$(config tags 'tag: blue')"
eventually 'and are used' 10 '^blue-' made "$(config two)" '{.data.tag}'
check 'a condition that does not hold' '^{"k":"dg=="}$' made '{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {k: dg==}}' '{.data}'
unbind tagged
check 'bytes stay what they are' 'created.*created' bind labelled "$maps" "$(applies "\"Object{metadata: Object.metadata{labels: {'n': string(size(object.data))}}}\"")"
eventually 'in secrets' 10 '^1 dg==$' made '{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {k: dg==}}' '{.metadata.labels.n} {.data.k}'
unbind labelled

# One after the other, and once more.
check 'first' 'created.*created' bind a-first "$maps" "$(applies "\"Object{data: {'a': has(object.data.b) ? 'after b' : 'before b'}}\"")"
check 'second' 'created.*created' bind b-second "$maps" "$(applies "\"Object{data: {'b': object.data.a}}\"")"
eventually 'each sees what the one before has left' 10 '^before b, before b$' made "$(config three 'c: d')" '{.data.a}, {.data.b}'
kubectl patch mutatingadmissionpolicy a-first --type=merge -p '{"spec":{"reinvocationPolicy":"IfNeeded"}}' >/dev/null
eventually 'and again what came after it' 10 '^after b, before b$' made "$(config three 'c: d')" '{.data.a}, {.data.b}'
unbind a-first; unbind b-second

# What may not be done.
check 'a list that is one thing' 'created.*created' bind whole "$deployments" "$(applies "\"Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{tolerations: [{'key': 'x'}]}}}}\"")"
eventually 'is not replaced' 10 "policy 'whole' with binding 'whole' denied request: error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.template.spec.tolerations\$" made "$(deployment four)" '{.metadata.name}'
unbind whole
check 'a struct that is one thing' 'created.*created' bind whole "$deployments" "$(applies "\"Object{spec: Object.spec{selector: Object.spec.selector{matchLabels: {'c': 'd'}}}}\"")"
eventually 'nor that' 10 'may not mutate atomic arrays, maps or structs: .spec.selector$' made "$(deployment four)" '{.metadata.name}'
unbind whole
check 'a field that there is not' 'created.*created' bind odd "$deployments" "$(applies "\"Object{spec: Object.spec{replicaz: 3}}\"")"
eventually 'is refused' 10 "denied request: error applying patch: failed to convert patch object to typed object: .spec.replicaz: field not declared in schema$" made "$(deployment four)" '{.metadata.name}'
unbind odd
check 'an element twice' 'created.*created' bind twice "$deployments" "$(applies "\"Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: [{'name': 'c', 'image': 'a'}, {'name': 'c', 'image': 'b'}]}}}}\"")"
eventually 'is refused' 10 '.spec.template.spec.containers: duplicate entries for key \[name="c"\]$' made "$(deployment four)" '{.metadata.name}'
unbind twice
check 'an element without its key' 'created.*created' bind nameless "$deployments" "$(applies "\"Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: [{'image': 'a'}]}}}}\"")"
eventually 'is refused' 10 '.spec.template.spec.containers: element 0: associative list with keys has an element that omits key field "name"' made "$(deployment four)" '{.metadata.name}'
unbind nameless
check 'sets' 'created.*created' bind final "$maps" "$(applies "\"Object{metadata: Object.metadata{finalizers: ['example.com/a', 'example.com/b']}}\"")"
eventually 'get what they have not' 10 '^\["example.com/b","example.com/a"\]$' made "$(config four 'a: b' | sed 's,name: four,name: four\, finalizers: [example.com/b],')" '{.metadata.finalizers}'
unbind final
check 'a value of another type' 'created.*created' bind typed "$deployments" "$(applies "\"Object{spec: Object.spec{replicas: 'many'}}\"")"
eventually 'is refused' 10 "policy 'typed' with binding 'typed' denied request: spec.replicas: must be an integer that fits" made "$(deployment five)" '{.metadata.name}'
unbind typed

check 'what only the server writes' 'created.*created' bind system "$deployments" "$(patches "\"[JSONPatch{op: 'add', path: '/status', value: {}}, JSONPatch{op: 'add', path: '/metadata/generation', value: 7}, JSONPatch{op: 'add', path: '/metadata/labels/seen', value: 'yes'}]\"")"
eventually 'stays as it is' 10 '^yes 1 \{\}$' made "$(deployment six 'x: z')" '{.metadata.labels.seen} {.metadata.generation} {.status}'
unbind system

# Connections, by their options.
create '{apiVersion: v1, kind: Pod, metadata: {name: connected}, spec: {containers: [{name: c, image: i}]}}' >/dev/null
check 'a connection' 'created.*created' bind connects '{apiGroups: [""], apiVersions: [v1], operations: [CONNECT], resources: [pods/exec]}' \
  "$(patches "\"[JSONPatch{op: 'replace', path: '/container', value: object.container + '-other'}]\"")"
run_in() { request POST "/api/v1/namespaces/default/pods/connected/exec?container=c&stdout=true&command=ls"; }
eventually 'asks for something else' 10 '^400 .*container c-other is not valid for pod connected' run_in
unbind connects

# Kinds of users' own.
create "$widgets" >/dev/null; established widgets.example.com >/dev/null
check 'a custom kind' 'created.*created' bind sized '{apiGroups: [example.com], apiVersions: [v1], operations: [CREATE], resources: [widgets]}' "$(applies "\"Object{spec: Object.spec{size: 7, options: {'made': 'here'}}}\"")"
eventually 'is changed' 10 '^red 7 here$' made "$(widget w 'color: red')" '{.spec.color} {.spec.size} {.spec.options.made}'
check 'and then held against its schema' '^422$|invalid|Unsupported' made "$(widget w 'color: pink')" '{.spec.color}'
unbind sized
create '{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: racks.example.com}, spec: {group: example.com, scope: Namespaced, names: {plural: racks, kind: Rack},
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {
    slots: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name, side], items: {type: object, required: [name], properties: {name: {type: string}, side: {type: string, default: front}, size: {type: integer}, notes: {type: array, items: {type: string}}}}},
    tags: {type: array, x-kubernetes-list-type: set, items: {type: string}},
    order: {type: array, items: {type: string}},
    limits: {type: object, x-kubernetes-map-type: atomic, additionalProperties: {type: integer}},
    owners: {type: object, additionalProperties: {type: string}},
    free: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}}}}]}}' >/dev/null
established racks.example.com >/dev/null
racks='{apiGroups: [example.com], apiVersions: [v1], operations: [CREATE], resources: [racks]}'
rack() { printf '{apiVersion: example.com/v1, kind: Rack, metadata: {name: r}, spec: {slots: [{name: a, size: 1}, {name: a, side: back, size: 2}], tags: [x, v], order: [one], limits: {a: 1}, owners: {p: q}, free: {a: {b: c}}}}'; }
stacked() { bind stack "$racks" "$(applies "\"Object{spec: Object.spec{$1}}\"")"; }
check 'lists of a custom kind' 'created.*created' stacked "slots: [Object.spec.slots{name: 'a', size: 7}, Object.spec.slots{name: 'b', size: 3}], tags: ['v', 'z'], owners: {'r': 's'}, free: {'a': {'d': 'e'}}"
eventually 'are merged by its schema' 10 '^a:front:7 a:back:2 b:front:3 \["x","v","z"\] \["one"\] \{"p":"q","r":"s"\} \{"a":\{"b":"c","d":"e"\}\}$' made "$(rack)" '{range .spec.slots[*]}{.name}:{.side}:{.size} {end}{.spec.tags} {.spec.order} {.spec.owners} {.spec.free}'
unbind stack
stack_fails() {  # DESCRIPTION CONFIGURATION WHY
  check "$1" 'created.*created' stacked "$2"
  eventually 'is refused' 10 "denied request: error applying patch: ($3)\$" made "$(rack)" '{.spec}'
  unbind stack
}
atomic='invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs'
stack_fails 'a list that is one thing there' "order: ['two']" "$atomic: .spec.order"
stack_fails 'a map that is one' "limits: {'b': 2}" "$atomic: .spec.limits"
stack_fails 'one in an element' "slots: [Object.spec.slots{name: 'a', notes: ['n']}], order: ['x']" "$atomic: .spec.order, .spec.slots\\[0\\].notes|$atomic: .spec.slots\\[0\\].notes, .spec.order"
stack_fails 'a member that it has not' "colour: 'red'" 'failed to convert patch object to typed object: .spec.colour: field not declared in schema'
stack_fails 'an element twice' "slots: [{'name': 'a'}, {'name': 'a', 'side': 'front'}]" 'failed to convert patch object to typed object: .spec.slots: duplicate entries for key \[name="a",side="front"\]'
stack_fails 'an element without a key' "slots: [{'side': 'back'}]" 'failed to convert patch object to typed object: .spec.slots: element 0: associative list with keys has an element that omits key field "name" \(and doesn.t have default value\)'
finish
