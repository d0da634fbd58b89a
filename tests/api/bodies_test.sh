#!/bin/bash
# What a body may say that is not quite right, by every road on which one comes: unknown and doubled fields, and nulls.
build=${1:?usage: bodies_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
start_server

core=/api/v1/namespaces/default/configmaps
apps=/apis/apps/v1/namespaces/default/deployments
deployment() {  # NAME MORE-OF-THE-CONTAINER MORE-OF-THE-SPEC
  printf '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"%s"},"spec":{"replicas":0%s,' "$1" "${3:-}"
  printf '"selector":{"matchLabels":{"app":"a"}},"template":{"metadata":{"labels":{"app":"a"}},'
  printf '"spec":{"containers":[{"name":"c","image":"i"%s}]}}}}' "${2:-}"
}

# Unknown and doubled fields.
wrong=$(deployment wrong ',"imagee":"x"' ',"replicas":1,"replicas":2,"replica":1')
check 'strictly, JSON is refused with all that is wrong' \
  '^400 .*strict decoding error: duplicate field \\"spec.replicas\\", unknown field \\"spec.replica\\", unknown field \\"spec.template.spec.containers\[0\].imagee\\""' \
  request POST "$apps?fieldValidation=Strict" "$wrong"
check 'by default each is a warning, and the last one counts' \
  '^201 299 - "duplicate field \\"spec.replicas\\"" 299 - "unknown field \\"spec.replica\\"" 299 - "unknown field \\"spec.template.spec.containers\[0\].imagee\\"".*"replicas":2' request POST "$apps?dryRun=All" "$wrong"
check 'or nothing is said' '^201 \{.*"replicas":2' request POST "$apps?dryRun=All&fieldValidation=Ignore" "$wrong"
check 'there is no other way' '^422 .*fieldValidation: Unsupported value: \\"Maybe\\"' request POST "$apps?fieldValidation=Maybe" "$wrong"

yaml='apiVersion: v1
kind: ConfigMap
metadata:
  name: wrong
dada: {}
data:
  a: first
  b: x
  a: last
data:
  c: only
  c: this
'
yaml() { sending application/yaml request POST "$core$1" "$yaml"; }
check 'strictly, YAML is refused with all that is wrong' \
  '^400 .*strict decoding error: yaml: unmarshal errors:\\n  line 9: key \\"a\\" already set in map\\n  line 12: key \\"c\\" already set in map\\n  line 11: key \\"data\\" already set in map, unknown field \\"dada\\""' \
  yaml '?fieldValidation=Strict'
check 'by default each is a warning, and the last one counts' \
  '^201 299 - "line 9: key \\"a\\" already set in map" 299 - "line 12: key \\"c\\" already set in map" 299 - "line 11: key \\"data\\" already set in map" 299 - "unknown field \\"dada\\"".*"data":\{"c":"this"\}' yaml '?dryRun=All'
check 'or nothing is said' '^201 \{.*"data":\{"c":"this"\}' yaml '?dryRun=All&fieldValidation=Ignore'

# The same in patches.
check 'a deployment' '^201 ' request POST "$apps" "$(deployment kept)"
twice='{"spec":{"paused":false,"paused":true,"x":1}}'
merge() { sending application/merge-patch+json request PATCH "$apps/kept$1" "$2"; }
strategic() { sending application/strategic-merge-patch+json request PATCH "$apps/kept$1" "$2"; }
operations() { sending application/json-patch+json request PATCH "$apps/kept$1" "$2"; }
apply() { sending application/apply-patch+yaml request PATCH "$apps/kept?fieldManager=m&force=true$1" "$2"; }
both='strict decoding error: duplicate field \\"spec.paused\\", unknown field \\"spec.x\\""'
check 'a merge patch, strictly' "^422 .*\" \\\\\"\\\\\" is invalid: patch: Invalid value: .*$both" merge '?fieldValidation=Strict' "$twice"
check 'a strategic one' "^422 .*\" \\\\\"\\\\\" is invalid: patch: Invalid value: \\\\\"map\[spec:map\[paused:true x:1\]\]\\\\\": $both" \
  strategic '?fieldValidation=Strict' "$twice"
check 'operations' '^422 .*strict decoding error: json patch duplicate field \\"\[0\].value\\", json patch unknown field \\"\[0\].x\\", unknown field \\"spec.y\\""' \
  operations '?fieldValidation=Strict' '[{"op":"add","path":"/spec/y","value":1,"value":2,"x":1}]'
check 'an apply' '^400 .*error strict decoding patch: error converting YAML to JSON: yaml: unmarshal errors:\\n  line 3: key \\"paused\\" already set in map"' \
  apply '&fieldValidation=Strict' $'{apiVersion: apps/v1, kind: Deployment,\nmetadata: {name: kept},\nspec: {paused: false, paused: true}}'
for patch in merge strategic; do
  check "a $patch patch, with warnings" '^200 299 - "duplicate field \\"spec.paused\\"" 299 - "unknown field \\"spec.x\\"".*"paused":true' $patch '?dryRun=All' "$twice"
  check "a $patch patch, in silence" '^200 \{.*"paused":true' $patch '?dryRun=All&fieldValidation=Ignore' "$twice"
done
check 'operations, with warnings' '^200 299 - "json patch duplicate field' operations '?dryRun=All' '[{"op":"add","path":"/spec/paused","value":false,"value":true}]'
check 'an apply, with a warning' '^200 299 - "line 3: key \\"paused\\" already set in map".*"paused":true' apply '&dryRun=All' $'{apiVersion: apps/v1, kind: Deployment,\nmetadata: {name: kept},\nspec: {paused: false, paused: true}}'
check 'of a wrong type' '^422 .* is invalid: patch: Invalid value: .*json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32' \
  merge '' '{"spec":{"replicas":"two"}}'

# Nulls: the zero value in a map, nothing elsewhere; in a patch that merges, they take away.
nulls=$(deployment nulls ',"env":null,"resources":{"limits":{"cpu":null,"memory":"64Mi"}}' ',"paused":null,"strategy":null')
check 'a null in a map of texts is an empty one' '^201 .*"annotations":\{"x":""\}.*"data":\{"a":"","b":"y"\}' \
  request POST $core '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"nulls","annotations":{"x":null},"labels":null},"data":{"a":null,"b":"y"},"binaryData":null}'
check 'in YAML as well' '^201 .*"data":\{"a":"","b":"x"\}' \
  sending application/yaml request POST "$core?dryRun=All" $'{apiVersion: v1, kind: ConfigMap, metadata: {name: n2}, data: {a: ~, b: x}}'
check 'of quantities it is 0' '^201 .*"limits":\{"cpu":"0","memory":"64Mi"\}' request POST "$apps" "$nulls"
check 'of bytes it is nothing' '^201 .*"data":\{"a":null\}' \
  request POST '/api/v1/namespaces/default/secrets?dryRun=All' '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"a":null}}'
check 'applied, it is the same' '^201 .*"data":\{"a":""\}' sending application/apply-patch+yaml \
  request PATCH "$core/n3?fieldManager=m&dryRun=All" '{apiVersion: v1, kind: ConfigMap, metadata: {name: n3}, data: {a: null}}'
check 'an operation says so too' '^200 .*"data":\{"a":"","b":"y","c":""\}' sending application/json-patch+json \
  request PATCH "$core/nulls?dryRun=All" '[{"op":"add","path":"/data/c","value":null}]'
check 'a merge takes away' '^200 .*"data":\{"b":"y","c":"z"\}' sending application/merge-patch+json \
  request PATCH $core/nulls '{"data":{"a":null,"c":"z","d":null},"metadata":{"annotations":null}}'
patch='{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"i","resources":{"limits":{"cpu":null,"memory":"1Gi"}}}]}}}}'
check 'in a list that is merged, too' '^200 .*"limits":\{"memory":"1Gi"\}' sending application/strategic-merge-patch+json request PATCH "$apps/nulls?dryRun=All" "$patch"
check 'and in one that is replaced' '^200 .*"limits":\{"memory":"1Gi"\}' sending application/merge-patch+json request PATCH "$apps/nulls?dryRun=All" "$patch"

# What the API holds by value is always there, and an empty one is none.
check 'an empty struct is shown' '"name":"c","image":"i","resources":\{\}' request GET "$apps/kept"
version() { kubectl get deployment kept -o 'jsonpath={.metadata.generation} {.metadata.resourceVersion}'; }
before=$(version)
check 'and sent back' '^200' strategic '' '{"metadata":{"creationTimestamp":null},"spec":{"strategy":{},"template":{"spec":{"containers":[{"name":"c","resources":{}}]}}},"status":{}}'
check 'changes nothing' "^$before\$" version
finish
