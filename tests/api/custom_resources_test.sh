#!/bin/bash
# Kinds that users bring by a CustomResourceDefinition, as kubectl and curl see them.
build=${1:?usage: custom_resources_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
start_server
until_true 20 kubectl get serviceaccount default

apply() { printf '%s\n' "$1" | kubectl apply "${@:2}" -f -; }
create() { printf '%s\n' "$1" | kubectl create "${@:2}" -f -; }
field() { kubectl get "$1" "$2" -o "jsonpath=$3"; }
condition() {  # DEFINITION TYPE: "True NoConflicts"
  kubectl get crd "$1" -o "jsonpath={.status.conditions[?(@.type=='$2')].status} {.status.conditions[?(@.type=='$2')].reason}"
}
established() { kubectl wait --for=condition=Established --timeout=20s "crd/$1"; }
api=/apis/example.com/v1/namespaces/default

# The kind of most of what follows: PLURAL KIND GROUP [MORE]
schema='{type: object, required: [spec], properties: {
  spec: {type: object, required: [color], properties: {
    color: {type: string, enum: [red, blue, green]},
    size: {type: integer, minimum: 1, maximum: 10, default: 3},
    label: {type: string, maxLength: 5, pattern: "^[a-z]*$"},
    port: {x-kubernetes-int-or-string: true},
    parts: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name],
            items: {type: object, required: [name], properties: {name: {type: string}, count: {type: integer}}}},
    tags: {type: array, x-kubernetes-list-type: set, items: {type: string}},
    options: {type: object, additionalProperties: {type: string}},
    free: {type: object, x-kubernetes-preserve-unknown-fields: true},
    template: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true},
    replicas: {type: integer}}},
  status: {type: object, properties: {replicas: {type: integer}, selector: {type: string}, phase: {type: string}}}}}'
widgets=$(cat <<YAML
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, kind: Widget, shortNames: [wd], categories: [all, toys]}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: $(tr -d '\n' <<<"$schema")}
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas, labelSelectorPath: .status.selector}
    additionalPrinterColumns:
    - {name: Color, type: string, jsonPath: .spec.color}
    - {name: Size, type: integer, jsonPath: .spec.size, priority: 1}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    selectableFields: [{jsonPath: .spec.color}, {jsonPath: .spec.size}]
YAML
)
widget() { printf '{apiVersion: example.com/v1, kind: Widget, metadata: {name: %s}, spec: {%s}}' "$1" "$2"; }

# The definition.
check 'a kind is defined' 'customresourcedefinition.apiextensions.k8s.io/widgets.example.com created' create "$widgets"
check 'and established' 'condition met' established widgets.example.com
check 'its objects can be asked for from then on' 'No resources found' kubectl get widgets
check 'its names are accepted' '^True NoConflicts$' condition widgets.example.com NamesAccepted
check 'defaults are filled in' '^widget WidgetList None v1 widgets$' field crd widgets.example.com \
  '{.spec.names.singular} {.spec.names.listKind} {.spec.conversion.strategy} {.status.storedVersions[0]} {.status.acceptedNames.plural}'
check 'definitions are listed with their age' 'NAME +CREATED AT.*widgets.example.com +20[0-9-]+T[0-9:]+Z' kubectl get crds
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
check 'which is gone' '^$' field wd two '{.spec.options}'
check 'it is deleted' 'deleted' kubectl delete widget two
check_fails 'and gone' 'widgets.example.com "two" not found' kubectl get widget two
check_fails 'an update has to name a revision' 'resourceVersion: Invalid value: (0|0x0): must be specified for an update' bash -c \
  "printf '%s' '$(widget one 'color: red')' | kubectl replace -f -"

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
applied() { printf '%s\n' "$2" | kubectl apply --server-side --field-manager="$1" "${@:3}" -f -; }
check 'one manager applies' 'serverside-applied' applied first "$(widget shared 'color: red, parts: [{name: a, count: 1}]')"
check 'another adds to the list' 'serverside-applied' applied second "$(widget shared 'color: red, parts: [{name: b, count: 2}]')"
check 'elements are known by their key' '^a b$' field wd shared '{.spec.parts[*].name}'
check_fails 'what is another'"'"'s is guarded' 'conflict with "first".*\.spec\.parts\[name="a"\]\.count' \
  applied second "$(widget shared 'color: red, parts: [{name: a, count: 9}, {name: b, count: 2}]')"
check 'what nobody applies any more goes' 'serverside-applied' applied first "$(widget shared 'color: red')"
check 'and nothing else' '^b$' field wd shared '{.spec.parts[*].name}'
revision=$(field wd shared '{.metadata.resourceVersion}')
applied first "$(widget shared 'color: red')" >/dev/null
check 'to apply the same writes nothing' "^$revision\$" field wd shared '{.metadata.resourceVersion}'
kubectl delete widget shared >/dev/null

# Status and scale.
check 'a status is not written along' '^201 ' request POST $api/widgets \
  '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"scaled"},"spec":{"color":"red","replicas":2},"status":{"phase":"x"}}'
check 'it has none' '^$' field wd scaled '{.status}'
check 'it has a subresource of its own' '^200 .*"phase":"Running"' sending application/merge-patch+json request PATCH \
  $api/widgets/scaled/status '{"spec":{"color":"blue"},"status":{"phase":"Running","replicas":1,"selector":"a=b"}}'
check 'that writes nothing else' '^red Running 1$' field wd scaled '{.spec.color} {.status.phase} {.metadata.generation}'
check 'which is checked too' '^422 .*status.replicas' sending application/merge-patch+json request PATCH \
  $api/widgets/scaled/status '{"status":{"replicas":"many"}}'
check 'the scale shows the numbers' '"replicas": ?2.*"replicas": ?1.*"selector": ?"a=b"' kubectl get --raw $api/widgets/scaled/scale
check 'kubectl scale' 'scaled' kubectl scale widget/scaled --replicas=5
check 'changes the number' '^5 2$' field wd scaled '{.spec.replicas} {.metadata.generation}'
check_fails 'which is not less than none' 'greater than or equal to 0' kubectl scale widget/scaled --replicas=-2

# Watching and selecting.
kubectl get widgets -w --output-watch-events >"$work/watch" 2>&1 &
watcher=$!
until_true 10 grep -q scaled "$work/watch"
create "$(widget seen 'color: blue')" >/dev/null && kubectl delete widget seen >/dev/null
eventually 'a watch tells of what comes and goes' 10 'ADDED +seen +blue.*DELETED +seen' cat "$work/watch"
kill $watcher
check 'fields select' '^widget.example.com/scaled$' kubectl get wd --field-selector spec.color=red -o name
check 'numbers as well' '^widget.example.com/(one|scaled).widget.example.com/(one|scaled)$' kubectl get wd --field-selector spec.size=3 -o name
check_fails 'no other fields' 'field label not supported' kubectl get wd --field-selector spec.label=a

# The definition changes: a new version becomes the one that is stored in.
second=$(python3 - "$widgets" <<'PY'
import sys
text = sys.argv[1]
v1 = text[text.index("  - name: v1"):]
old = v1.replace("storage: true", "storage: false").replace("    served: true", "    served: true\n    deprecated: true", 1)
print(text[:text.index("  - name: v1")] + old + v1.replace("name: v1", "name: v2"), end="")
PY
)
check 'a second version' 'configured' apply "$second"
eventually 'is served' 10 'widgets +wd +example.com/v2 +true +Widget' kubectl api-resources --api-group=example.com
check 'objects are in both' '^example.com/v2 blue$' field widgets.v2.example.com one '{.apiVersion} {.spec.color}'
check 'and say which' '^example.com/v1 blue$' field widgets.v1.example.com one '{.apiVersion} {.spec.color}'
check 'the old one warns' 'example.com/v1 Widget is deprecated; use example.com/v2 Widget' kubectl get widgets.v1.example.com
check 'both versions have been stored in' '^\["v1","v2"\]$' field crd widgets.example.com '{.status.storedVersions}'
check 'what is written now' 'patched' kubectl patch widgets.v1.example.com one --type=merge -p '{"spec":{"size":4}}'
check 'is the same in the other' '^4$' field widgets.v2.example.com one '{.spec.size}'
check_fails 'a version that objects may be stored in stays' 'status.storedVersions\[0\]: Invalid value: "v1": missing from spec.versions' \
  bash -c "kubectl get crd widgets.example.com -o json | python3 -c 'import json, sys; d = json.load(sys.stdin); d[\"spec\"][\"versions\"] = d[\"spec\"][\"versions\"][1:]; print(json.dumps(d))' | kubectl replace -f -"
check_fails 'the scope stays' 'spec.scope: Invalid value: "Cluster": field is immutable' \
  kubectl patch crd widgets.example.com --type=merge -p '{"spec":{"scope":"Cluster"}}'

# A new default shows in what was stored without it.
check 'a default is added' 'patched' kubectl patch crd widgets.example.com --type=json -p '[
  {"op":"add","path":"/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/label/default","value":"new"},
  {"op":"add","path":"/spec/versions/1/schema/openAPIV3Schema/properties/spec/properties/label/default","value":"new"}]'
eventually 'old objects have it when they are read' 10 '^new$' field wd one '{.spec.label}'
check 'in lists too' '^new new$' kubectl get wd -o 'jsonpath={.items[*].spec.label}'

# Its status is a subresource, as conformance tests use it.
check 'the status of a definition is read' '"kind": ?"CustomResourceDefinition"' kubectl get --raw \
  /apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com/status
check 'and written' '^200 .*"reason":"Test"' sending application/merge-patch+json request PATCH \
  /apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com/status \
  '{"metadata":{"annotations":{"noted":"yes"}},"status":{"conditions":[{"type":"Probed","status":"True","reason":"Test","message":"m","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}'
check 'with metadata' '^yes$' field crd widgets.example.com '{.metadata.annotations.noted}'
eventually 'it is still established' 10 '^True ' condition widgets.example.com Established

# After a restart everything is there from the first request on.
kubectl patch crd widgets.example.com --type=merge -p '{"metadata":{"labels":{"kept":"yes"}}}' >/dev/null
stop_server
start_server
check 'objects are there again at once' '^widget.example.com/one$' kubectl get wd one -o name
check 'as they were' '^4 blue new$' field widgets.v2.example.com one '{.spec.size} {.spec.color} {.spec.label}'
check 'and can be created' 'created' create "$(widget again 'color: green')"
check 'and are still checked' '^422 ' request POST $api/widgets \
  '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"bad"},"spec":{"color":"pink"}}'

# Names in conflict.
other=$(sed 's/widgets/gadgets/g; s/shortNames: \[wd\], //' <<<"$widgets")
check 'another kind of the same name' 'created' create "$other"
eventually 'does not get it' 10 '^False (KindConflict|ListKindConflict)$' condition gadgets.example.com NamesAccepted
check 'and is not established' '^False NotAccepted$' condition gadgets.example.com Established
check_fails 'nor served' "the server doesn't have a resource type" kubectl get gadgets
check 'it may go' 'deleted' kubectl delete crd gadgets.example.com --timeout=20s

# Definitions that are none.
check_fails 'a name of another kind' 'metadata.name: Invalid value: "x.example.com": must be spec.names.plural\+"."\+spec.group' \
  create "${widgets/name: widgets.example.com/name: x.example.com}"
check_fails 'a schema that is not structural' 'properties\[color\].type: Required value: must not be empty for specified object fields' \
  create "$(sed 's/widgets/things/g; s/Widget/Thing/g; s/shortNames: .wd., //; s/color: {type: string, enum/color: {enum/' <<<"$widgets")"
check_fails 'a webhook that converts' 'spec.conversion.strategy: Forbidden: .*webhooks are not called' \
  create "$(sed 's/widgets/things/g; s/Widget/Thing/g' <<<"$widgets")
  conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {url: 'https://example.com'}}}"
check_fails 'a group of the community without approval' 'annotations\[api-approved.kubernetes.io\]: Required value: protected groups must have approval' \
  create "$(sed 's/example.com/toys.k8s.io/g' <<<"$widgets")"

# A kind of the whole cluster, that owns and is owned.
check 'a kind without namespaces' 'created' create "$(cat <<'YAML'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: owners.example.com}
spec:
  group: example.com
  scope: Cluster
  names: {plural: owners, kind: Owner}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
YAML
)"
check 'is established' 'condition met' established owners.example.com
check 'its object' 'created' create '{apiVersion: example.com/v1, kind: Owner, metadata: {name: boss}, anything: [1, {b: null}]}'
check 'keeps everything' '^\[1,\{"b":null\}\]$' field owner boss '{.anything}'
check 'without columns its age is shown' 'NAME +AGE.boss +[0-9]+s' kubectl get owners
owned() {  # KIND NAME APIVERSION
  printf '{apiVersion: %s, kind: %s, metadata: {name: %s, ownerReferences: [{apiVersion: example.com/v1, kind: Owner, name: boss, uid: %s}]}%s}' \
    "$3" "$1" "$2" "$(field owner boss '{.metadata.uid}')" "${4:-}"
}
check 'a custom object is owned' 'created' create "$(owned Widget owned example.com/v1 ', spec: {color: red}')"
check 'so is a config map' 'created' create "$(owned ConfigMap owned v1)"
check 'the owner goes' 'deleted' kubectl delete owner boss
eventually 'the custom object with it' 20 'not found' kubectl get widget owned
eventually 'and the config map' 20 'not found' kubectl get configmap owned

# Namespaces.
check 'a namespace' 'created' kubectl create namespace team
check 'with an object' 'created' create "$(widget there 'color: red')" -n team
check 'goes with it' 'deleted' kubectl delete namespace team --timeout=30s
check_fails 'for good' 'not found' kubectl -n team get widget there

# The end of a kind.
kubectl patch wd one --type=merge -p '{"metadata":{"finalizers":["example.com/hold"]}}' >/dev/null
check 'a kind is deleted' 'deleted' kubectl delete crd widgets.example.com --wait=false
eventually 'its objects first' 10 '^widget.example.com/one$' kubectl get widgets -A -o name
check 'it says so' '^True InstanceDeletionInProgress$' condition widgets.example.com Terminating
check_fails 'no new ones are taken' 'widgets.example.com "late" is forbidden: create not allowed while custom resource definition is terminating' \
  create "$(widget late 'color: red')"
check 'the last one is let go' 'patched' kubectl patch wd one --type=merge -p '{"metadata":{"finalizers":null}}'
eventually 'and the kind with it' 20 'not found' kubectl get crd widgets.example.com
eventually 'nobody can ask for it any more' 10 "the server doesn't have a resource type" kubectl get widgets
check 'nor finds it in discovery' '^owners$' bash -c \
  'kubectl get --raw /apis/example.com/v1 | python3 -c "import json, sys; print(*(r[\"name\"] for r in json.load(sys.stdin)[\"resources\"]))"'
check 'defined again it is empty' 'created' create "$widgets"
check 'and established' 'condition met' established widgets.example.com
check 'of what was before nothing comes back' 'No resources found' kubectl get widgets -A

finish
