#!/bin/bash
# Objects of kinds that users bring by a CustomResourceDefinition, as kubectl and curl see them.
build=${1:?usage: custom_resources_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
. "$here/custom_resources.sh"
need curl
start_server
until_true 20 kubectl get serviceaccount default

# The definition.
check 'a kind is defined' 'customresourcedefinition.apiextensions.k8s.io/widgets.example.com created' create "$widgets"
check 'and established' 'condition met' established widgets.example.com
check 'its objects can be asked for from then on' 'No resources found' kubectl get widgets
check 'its names are accepted' '^True NoConflicts$' condition widgets.example.com NamesAccepted
check 'defaults are filled in' '^widget WidgetList None v1 widgets$' field crd widgets.example.com \
  '{.spec.names.singular} {.spec.names.listKind} {.spec.conversion.strategy} {.status.storedVersions[0]} {.status.acceptedNames.plural}'
check 'definitions are listed with their age' 'NAME +SCOPE +VERSIONS +CREATED AT.*widgets.example.com +Namespaced +v1\(storage\) +20[0-9-]+T[0-9:]+Z' kubectl get crds
check 'discovery has it' 'widgets +wd +example.com/v1 +true +Widget' kubectl api-resources --api-group=example.com
check 'with its subresources' '"widgets/scale".*"widgets/status"' bash -c \
  'kubectl get --raw /apis/example.com/v1 | python3 -c "import json, sys; print(json.dumps(sorted(r[\"name\"] for r in json.load(sys.stdin)[\"resources\"])))"'
check 'and its group' '"preferredVersion": ?\{"groupVersion": ?"example.com/v1"' kubectl get --raw /apis/example.com
check 'kubectl explains it' 'KIND: +Widget.*spec' kubectl explain widget
check 'down to its fields' 'size.*<integer>' kubectl explain widget.spec
check_fails 'a definition is there once' 'AlreadyExists|already exists' create "$widgets"

# Objects.
check 'an object is created' 'widget.example.com/one created' create "$(widget one 'color: red')"
check 'its default is filled in' '^3$' field widget one '{.spec.size}'
check 'columns are printed' 'NAME +COLOR +AGE.one +red +[0-9]+s' kubectl get widgets
check 'more of them on demand' 'NAME +COLOR +SIZE +AGE.one +red +3' kubectl get widgets -o wide
check 'the short name is understood' '^widget.example.com/one$' kubectl get wd -o name
check 'so is the category' 'widget.example.com/one' kubectl get toys -o name
check 'as in "all"' 'widget.example.com/one' kubectl get all -o name
check 'and the full name' '^widget.example.com/one$' kubectl get widgets.v1.example.com -o name
check 'a merge patch' 'patched' kubectl patch wd one --type=merge -p '{"spec":{"color":"blue"}}'
check 'a JSON patch' 'patched' kubectl patch wd one --type=json -p '[{"op":"add","path":"/spec/options","value":{"a":"b"}}]'
check 'both took effect' '^blue b$' field wd one '{.spec.color} {.spec.options.a}'
check 'a strategic merge patch is not for them' '^415 ' sending application/strategic-merge-patch+json request PATCH \
  $api/widgets/one '{"spec":{"color":"red"}}'
check 'generation counts changes of the spec' '^3$' field wd one '{.metadata.generation}'
check 'kubectl apply creates' 'two created' apply "$(widget two 'color: red, options: {a: "1"}')"
check 'does nothing the second time' 'two unchanged' apply "$(widget two 'color: red, options: {a: "1"}')"
check 'and takes away what is not named any more' 'two configured' apply "$(widget two 'color: red')"
check 'which is gone' '^--$' field wd two '-{.spec.options}-'
metadata_of() { accepting "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;v=v1;g=meta.k8s.io" request GET "$api/$1" >/dev/null; tr -c '[:print:]' ' ' <"$work/body" | tr -s ' '; }
check 'its metadata can be had in protobuf' 'k8s .*meta.k8s.io/v1 PartialObjectMetadata.*two' metadata_of widgets/two
check 'the rest of it cannot' '^406 .*only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf"' accepting application/vnd.kubernetes.protobuf request GET "$api/widgets/two"
check 'it is deleted' 'deleted' kubectl delete widget two
check_fails 'and gone' 'widgets.example.com "two" not found' kubectl get widget two
check 'an update has to name a revision' '^422 .*metadata.resourceVersion: Invalid value: (0|0x0): must be specified for an update' \
  request PUT $api/widgets/one '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"one"},"spec":{"color":"red"}}'

# Unknown fields, null and what a schema does not look into.
check 'unknown fields are dropped' '^201 .*"spec":\{"color":"red","size":3\}' request POST "$api/widgets?fieldValidation=Ignore" \
  '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"pruned"},"spec":{"color":"red","weight":5},"extra":1}'
check 'or warned of' '^201 .*unknown field \\"spec.weight\\"' request POST "$api/widgets?fieldValidation=Warn" \
  '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"warned"},"spec":{"color":"red","weight":5}}'
check 'or refused' '^400 .*strict decoding error: unknown field \\"spec.weight\\"' request POST "$api/widgets?fieldValidation=Strict" \
  '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"strict"},"spec":{"color":"red","weight":5}}'
check_fails 'as kubectl wants it' 'unknown field "spec.weight"' create "$(widget strict 'color: red, weight: 5')"
check 'a schema may keep them' 'created' create "$(widget free 'color: red, free: {any: {thing: [1, null, {}]}}')"
check 'as they are' '^\{"any":\{"thing":\[1,null,\{\}\]\}\}$' field wd free '{.spec.free}'
check 'an embedded object keeps its fields' 'created' create \
  "$(widget embedded 'color: red, template: {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {x: 1}}')"
check 'with its metadata' '^a 1$' field wd embedded '{.spec.template.metadata.name} {.spec.template.spec.x}'
check 'null takes the place of a default' '^201 .*"size":3' request POST $api/widgets \
  '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"nulled"},"spec":{"color":"red","size":null}}'
kubectl delete widget pruned warned free embedded nulled >/dev/null

# What a schema says is wrong.
check_fails 'what is required' 'spec.color: Required value' create "$(widget bad 'size: 1')"
check_fails 'one of some' 'spec.color: Unsupported value: "pink": supported values: "red", "blue", "green"' \
  create "$(widget bad 'color: pink')"
check_fails 'types' 'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"' \
  create "$(widget bad 'color: red, size: big')"
check_fails 'the greatest' 'spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10' \
  create "$(widget bad 'color: red, size: 11')"
check_fails 'the least' 'spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1' \
  create "$(widget bad 'color: red, size: 0')"
check_fails 'the longest' 'spec.label: Too long: may not be more than 5 (bytes|characters)' create "$(widget bad 'color: red, label: abcdef')"
check_fails 'patterns' "spec.label: Invalid value: \"A\": spec.label in body should match '\^\[a-z\]\*\\$'" \
  create "$(widget bad 'color: red, label: A')"
check_fails 'keys of a list that come twice' 'spec.parts\[1\]: Duplicate value: \{"name":"a"\}' \
  create "$(widget bad 'color: red, parts: [{name: a}, {name: a}]')"
check_fails 'elements of a set that come twice' 'spec.tags\[1\]: Duplicate value: "x"' create "$(widget bad 'color: red, tags: [x, x]')"
check_fails 'embedded objects that say no kind' 'spec.template.kind: Required value' \
  create "$(widget bad 'color: red, template: {apiVersion: v1}')"
check_fails 'names' 'metadata.name: Invalid value: "Bad"' create "$(widget Bad 'color: red')"
check_fails 'a negative number of replicas' '.spec.replicas: Invalid value: -1: should be a non-negative integer' \
  create "$(widget bad 'color: red, replicas: -1')"
check 'a number or a text' 'created' create "$(widget port 'color: red, port: 80')"
check 'either' 'patched' kubectl patch wd port --type=merge -p '{"spec":{"port":"http"}}'
kubectl delete widget port >/dev/null

# Server-side apply, by the schema.
applied() { printf -- '---\n%s\n' "$2" | kubectl apply --server-side --field-manager="$1" "${@:3}" -f -; }
check 'one manager applies' 'serverside-applied' applied first "$(widget shared 'color: red, parts: [{name: a, count: 1}]')"
check 'another adds to the list' 'serverside-applied' applied second "$(widget shared 'color: red, parts: [{name: b, count: 2}]')"
check 'elements are known by their key' '^a b$' field wd shared '{.spec.parts[*].name}'
check_fails 'what is another'"'"'s is guarded' 'conflict with "first".*\.spec\.parts\[name="a"\]\.count' \
  applied second "$(widget shared 'color: red, parts: [{name: a, count: 9}, {name: b, count: 2}]')"
check 'what nobody applies any more goes' 'serverside-applied' applied first "$(widget shared 'color: red')"
check 'and nothing else' '^b$' field wd shared '{.spec.parts[*].name}'
nothing='color: red, size: null, free: {a: null, b: {c: null}}'
check 'nulls are applied' 'serverside-applied' applied first "$(widget nothing "$nothing")"
check 'and stay where they may be' '^3 \{"a":null,"b":\{"c":null\}\}$' field wd nothing '{.spec.size} {.spec.free}'
nulls=$(field wd nothing '{.metadata.resourceVersion}')
check 'again' 'serverside-applied' applied first "$(widget nothing "$nothing")"
check 'they are no change' "^$nulls\$" field wd nothing '{.metadata.resourceVersion}'
check_fails 'and somebody'"'"'s' 'conflict with "first".*: .spec.free.a' applied second "$(widget nothing 'color: red, free: {a: 1}')"
check 'who may let go of them' '^\{\}$' eval "applied first \"\$(widget nothing 'color: red, free: {}')\" >/dev/null; field wd nothing '{.spec.free}'"
kubectl delete widget nothing >/dev/null
check_fails 'elements that are the same' 'failed to create typed patch object \(default/new; example.com/v1, Kind=Widget\): .spec.parts: duplicate entries for key \[name="a"\]' \
  applied first "$(widget new 'color: red, parts: [{name: a}, {name: a}]')"
check_fails 'of a set' '.spec.tags: duplicate entries for key \[="x"\]' applied first "$(widget shared 'color: red, tags: [x, x]')"
check_fails 'that have no key' '.spec.parts: element 0: associative list with keys has an element that omits key field "name" \(and doesn.t have default value\)' \
  applied first "$(widget shared 'color: red, parts: [{count: 1}]')"
check 'is an error of the server, as in Kubernetes' '^500 ' sending application/apply-patch+yaml request PATCH "$api/widgets/new?fieldManager=first" \
  "$(widget new 'color: red, tags: [x, x]')"
revision=$(field wd shared '{.metadata.resourceVersion}')
applied first "$(widget shared 'color: red')" >/dev/null
check 'to apply the same writes nothing' "^$revision\$" field wd shared '{.metadata.resourceVersion}'
kubectl delete widget shared >/dev/null

# Status and scale.
check 'a status is not written along' '^201 ' request POST $api/widgets \
  '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"scaled"},"spec":{"color":"red","replicas":2},"status":{"phase":"x"}}'
check 'it has none' '^--$' field wd scaled '-{.status}-'
check 'it has a subresource of its own' '^200 .*"phase":"Running"' sending application/merge-patch+json request PATCH \
  $api/widgets/scaled/status '{"spec":{"color":"blue"},"status":{"phase":"Running","replicas":1,"selector":"a=b"}}'
check 'that writes nothing else' '^red Running 1$' field wd scaled '{.spec.color} {.status.phase} {.metadata.generation}'
check 'metadata neither' '^200 .*"phase":"Running"' sending application/merge-patch+json request PATCH $api/widgets/scaled/status \
  '{"metadata":{"labels":{"a":"b"},"annotations":{"a":"b"},"finalizers":["a.example/f"],"ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"n","uid":"u"}]}}'
check 'of which nothing stays' '^///$' field wd scaled '{.metadata.labels}/{.metadata.annotations}/{.metadata.finalizers}/{.metadata.ownerReferences}'
check 'nor is anybody said to have written it' '^0$' bash -c "kubectl get wd scaled -o json --show-managed-fields | grep -c 'f:metadata' || true"
check 'a status applied is the same' '^200 .*"phase":"Applied"' sending application/apply-patch+yaml request PATCH "$api/widgets/scaled/status?fieldManager=m&force=true" \
  '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"scaled","labels":{"a":"b"}},"status":{"phase":"Applied"}}'
check 'without labels' '^//$' field wd scaled '/{.metadata.labels}/'
sending application/merge-patch+json request PATCH $api/widgets/scaled/status '{"status":{"phase":"Running"}}' >/dev/null
check 'which is checked too' '^422 .*status.replicas' sending application/merge-patch+json request PATCH \
  $api/widgets/scaled/status '{"status":{"replicas":"many"}}'
check 'the scale shows the numbers' '"replicas": ?2.*"replicas": ?1.*"selector": ?"a=b"' kubectl get --raw $api/widgets/scaled/scale
check 'kubectl scale' 'scaled' kubectl scale widget/scaled --replicas=5
check 'changes the number' '^5 2$' field wd scaled '{.spec.replicas} {.metadata.generation}'
sending application/merge-patch+json request PATCH $api/widgets/scaled/scale '{"spec":{"replicas":6}}' >/dev/null
check 'the answer is of the revision that it made' "^$(of_answer 'd["metadata"]["resourceVersion"]')\$" field wd scaled '{.metadata.resourceVersion}'
check 'it can be left out' '^200 ' sending application/merge-patch+json request PATCH $api/widgets/scaled '{"spec":{"replicas":null}}'
check 'then there is no scale to read' '^500 .*the spec replicas field \\".spec.replicas\\" does not exist' request GET $api/widgets/scaled/scale
check 'but to write' '^200 .*"replicas":5' sending application/merge-patch+json request PATCH $api/widgets/scaled/scale '{"spec":{"replicas":5}}'
check_fails 'which is not less than none' 'greater than or equal to 0' kubectl scale widget/scaled --replicas=-2

# Watching and selecting.
kubectl get widgets -w --output-watch-events >"$work/watch" 2>&1 &
watcher=$!
until_true 10 grep -q scaled "$work/watch"
create "$(widget seen 'color: blue')" >/dev/null && kubectl delete widget seen >/dev/null
eventually 'a watch tells of what comes and goes' 10 'ADDED +seen +blue.*DELETED +seen' cat "$work/watch"
kill $watcher
check 'fields select' '^widget.example.com/scaled$' kubectl get wd --field-selector spec.color=red -o name
check 'numbers as well' '^widget.example.com/one.widget.example.com/scaled$' kubectl get wd --field-selector spec.size=3 -o name
selectable() {  # PATH-OF-THE-DOCUMENT MEMBER: what the documents of OpenAPI say
  kubectl get --raw "$1" | python3 -c 'import json, sys; d = json.load(sys.stdin); d = d[sys.argv[1]] if len(sys.argv) == 2 else d[sys.argv[1]][sys.argv[2]]
print(json.dumps(next(s for n, s in d.items() if n.endswith(".Widget")).get("x-kubernetes-selectable-fields")))' "${@:2}"
}
selected='\[\{"fieldPath": "spec.color"\}, \{"fieldPath": "spec.size"\}\]'
check 'OpenAPI 3 says which' "^$selected\$" selectable /openapi/v3/apis/example.com/v1 components schemas
check 'OpenAPI 2 too' "^$selected\$" selectable /openapi/v2 definitions
check_fails 'no other fields' 'field label not supported' kubectl get wd --field-selector spec.label=a

# Watches on what is withdrawn, or looks otherwise from now on: they end as a connection ends, after all that was to be told.
watching() {  # FILE: the events of a watch until it ends, and how it did
  curl -sS -N --max-time 60 --cacert "$data/pki/ca.crt" --cert "$data/pki/admin.crt" --key "$data/pki/admin.key" \
    "https://127.0.0.1:$port/apis/watched.example/v1/namespaces/default/gadgets?watch=1" >"$1" 2>&1
  echo "ended $?" >>"$1"
}
gadgets() {  # SERVED MORE
  printf 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: gadgets.watched.example}\nspec:\n'
  printf '  group: watched.example\n  scope: Namespaced\n  names: {plural: gadgets, kind: Gadget}\n  versions:\n'
  printf '  - {name: v1, served: %s, storage: false, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object%s}}}}}\n' "$1" "$2"
  printf '  - {name: v2, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object%s}}}}}\n' "$2"
}
gadgets true '' | kubectl create -f - >/dev/null
established gadgets.watched.example >/dev/null
watching "$work/watch1" &
watching "$work/watch2" &
until_true 10 bash -c "kubectl create -f - <<<'{\"apiVersion\":\"watched.example/v1\",\"kind\":\"Gadget\",\"metadata\":{\"name\":\"g\"},\"spec\":{}}'"
until_true 10 grep -q ADDED "$work/watch1"
check 'a schema is changed' 'configured' bash -c "$(declare -f gadgets); gadgets true ', properties: {a: {type: string}}' | kubectl apply -f - 2>&1"
eventually 'a watch by the old schema ends' 20 '"type":"ADDED".*ended 0' cat "$work/watch1"
watching "$work/watch3" &
until_true 10 grep -q ADDED "$work/watch3"
check 'a version is withdrawn' 'configured' bash -c "$(declare -f gadgets); gadgets false ', properties: {a: {type: string}}' | kubectl apply -f - 2>&1"
eventually 'which ends what watches it' 20 '"type":"ADDED".*ended 0' cat "$work/watch3"
gadgets true ', properties: {a: {type: string}}' | kubectl apply -f - >/dev/null 2>&1
until_true 10 kubectl get gadgets.v1.watched.example
watching "$work/watch4" &
until_true 10 grep -q ADDED "$work/watch4"
check 'with the definition all of it goes' 'deleted' kubectl delete crd gadgets.watched.example --timeout=20s
eventually 'of which a watch hears before it ends' 20 '"type":"ADDED".*"type":"DELETED".*ended 0' cat "$work/watch4"
check 'without an error' '^0$' bash -c "cat '$work'/watch? | grep -c ERROR || true"

finish
