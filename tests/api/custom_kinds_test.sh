#!/bin/bash
# The life of a CustomResourceDefinition: its versions, its names, a restart, and its end with all objects.
build=${1:?usage: custom_kinds_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
. "$here/custom_resources.sh"
need curl
start_server
until_true 20 kubectl get serviceaccount default

create "$widgets" >/dev/null
established widgets.example.com >/dev/null
create "$(widget one 'color: blue')" >/dev/null
create "$(widget two 'color: red')" >/dev/null

# The definition changes: a new version becomes the one that is stored in.
second=$(python3 - "$widgets" <<'PY'
import sys
text = sys.argv[1]
v1 = text[text.index("  - name: v1"):]
old = v1.replace("storage: true", "storage: false").replace("    served: true", "    served: true\n    deprecated: true", 1)
print(text[:text.index("  - name: v1")] + old + "\n" + v1.replace("name: v1", "name: v2"), end="")
PY
)
check 'a second version' 'configured' apply "$second"
eventually 'is served' 10 'widgets +wd +example.com/v2 +true +Widget' kubectl api-resources --api-group=example.com
check 'objects are in both' '^example.com/v2 blue$' field widgets.v2.example.com one '{.apiVersion} {.spec.color}'
check 'and say which' '(^|.)example.com/v1 blue$' field widgets.v1.example.com one '{.apiVersion} {.spec.color}'
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
check_fails 'a webhook that converts without TLS' "spec.conversion.webhookClientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme" \
  create "$(sed 's/widgets/things/g; s/Widget/Thing/g' <<<"$widgets")
  conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {url: 'http://example.com'}}}"
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
eventually 'nobody can ask for it any more' 10 '^404 .*the server could not find the requested resource' request GET $api/widgets
rm -rf "$HOME/.kube/cache"
check 'nor finds it in discovery' '^owners$' bash -c \
  'kubectl get --raw /apis/example.com/v1 | python3 -c "import json, sys; print(*(r[\"name\"] for r in json.load(sys.stdin)[\"resources\"]))"'
check 'defined again it is empty' 'created' create "$widgets"
check 'and established' 'condition met' established widgets.example.com
check 'of what was before nothing comes back' 'No resources found' kubectl get widgets -A

finish
