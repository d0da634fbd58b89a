#!/bin/bash
# What mutating webhooks and policies are told of requests, what the audit log says of them, and who is asked once more.
build=${1:?usage: webhook_requests_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/custom_resources.sh"
. "$here/requests.sh"
need openssl python3
log=$work/audit/audit.log
cat >"$work/policy.yaml" <<'YAML'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: Request, resources: [{resources: [configmaps]}], verbs: [create]}
- {level: Metadata, resources: [{resources: [secrets]}], verbs: [create]}
- {level: None}
YAML
{
  nobody_is_missed
  printf '[audit]\npolicy = "%s"\nsinks = ["audit-log"]\n[plugins.audit-log]\nfile = "%s"\n' "$work/policy.yaml" "$log"
} >"$work/audit.toml"
start_server --config "$work/audit.toml"
until_true 20 kubectl get serviceaccount default
. "$here/hooks.sh"

config() { printf '{apiVersion: v1, kind: %s, metadata: {name: %s, labels: {hook: "%s"}}}' "${3:-ConfigMap}" "$1" "$2"; }
# What the webhook of that path was asked about the object, as Python sees it.
asked() {  # PATH NAME EXPRESSION
  python3 - "$work/reviews" "$@" <<'PY'
import json, sys
file, path, name, expression = sys.argv[1:]
found = [json.loads(line[len(path) + 1:]) for line in open(file) if line.startswith(path + " ")]
all = [r for r in found if r.get("name") == name]
print(eval(expression, {"all": all, "last": all[-1] if all else None, "options": all[-1]["options"] if all else None, "json": json}))
PY
}
said() { asked "$1" "$2" 'json.dumps(options)'; }

echo '# what is not there yet'
check 'who may change it' 'created' create "$(configuration Mutating early "$(hook /label/early | sed 's/hook: "labelearly"/hook: "new"/')" "$(hook /prefix)" "$(hook /rename)")"
check 'who may refuse it' 'created' create "$(configuration Validating late "$(hook /warn | sed 's/hook: "warn"/hook: "new"/')")"
post() { request POST /api/v1/namespaces/default/configmaps "{\"metadata\":{$1,\"labels\":{\"hook\":\"$2\"}}}"; }
eventually 'a name that is to be made' 10 '^201 .*"name":"made-[a-z0-9]{5}".*"early":"yes"' post '"generateName":"made-"' new
last_seen() {  # PATH: what it was told of the name, the uid and the time
  python3 - "$work/reviews" "$1" <<'PY'
import json, sys
request = json.loads([line for line in open(sys.argv[1]) if line.startswith(sys.argv[2] + " ")][-1].split(" ", 1)[1])
metadata = request["object"]["metadata"]
print(request.get("name"), *(metadata.get(member) for member in ("name", "generateName", "uid", "creationTimestamp", "namespace")))
PY
}
check 'is unknown to those who may change it, as are uid and time' '^None None made- None None default$' last_seen /label/early
check 'and known to those who look at it afterwards' '^(made-[a-z0-9]{5}) \1 made- [0-9a-f-]{36} 20[^ ]+Z default$' last_seen /warn
check 'one that is given' '^201 ' post '"name":"given"' new
check 'is known to all' '^given given None None None default$' last_seen /label/early
check 'another beginning' '^201 .*"name":"other-[a-z0-9]{5}".*"generateName":"other-"' post '"generateName":"made-"' prefix
check 'a name instead of it' '^201 .*"name":"mine".*"generateName":"made-"' post '"generateName":"made-"' rename
check 'which is not made again where it is taken' '^409 .*configmaps \\"mine\\" already exists, the server was not able to generate a unique name for the object' post '"generateName":"made-"' rename
check 'a job has its labels' '^201 .*"batch.kubernetes.io/controller-uid":"([0-9a-f-]{36})".*"batch.kubernetes.io/job-name":"work-([a-z0-9]{5})"' \
  request POST /apis/batch/v1/namespaces/default/jobs '{"metadata":{"generateName":"work-"},"spec":{"suspend":true,"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}'
kubectl delete mutatingwebhookconfiguration early >/dev/null; kubectl delete validatingwebhookconfiguration late >/dev/null

echo '# options'
every='{operations: ["*"], apiGroups: [""], apiVersions: [v1], resources: [configmaps, pods]}'
check 'a webhook about everything' 'created' create "$(configuration Validating all "$(hook /allow '' "$every")")"
seen() { attempt "$(config "$1" allow)" --dry-run=server >/dev/null; said /allow "$1"; }
eventually 'a dry run' 10 '^\{"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1", "dryRun": \["All"\], "fieldManager": "kubectl-create", "fieldValidation": "(Strict|Ignore)"\}$' seen dry
check 'made by kubectl' 'created' create "$(config made allow)" --field-manager=me --validate=warn
check 'is told by whom, and how its fields are looked at' '^\{"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1", "fieldManager": "me", "fieldValidation": "Warn"\}$' said /allow made
check 'who says nothing' '^201 ' request POST /api/v1/namespaces/default/configmaps '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"plain","labels":{"hook":"allow"}}}'
check 'has nothing said for them' '^\{"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"\}$' said /allow plain
check 'a patch' '^200 ' sending application/merge-patch+json request PATCH '/api/v1/namespaces/default/configmaps/plain?fieldManager=patcher&fieldValidation=Strict' '{"data":{"a":"b"}}'
check 'is an update' '^\{"kind": "UpdateOptions", "apiVersion": "meta.k8s.io/v1", "fieldManager": "patcher", "fieldValidation": "Strict"\}$' said /allow plain
applied() { printf -- '---\n%s' "$1" | kubectl apply --server-side --field-manager=applier -f -; }
check 'applied to nothing' 'serverside-applied' applied "$(config applied allow)"
check 'is a create' '^\{"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1", "fieldManager": "applier", "fieldValidation": "(Strict|Ignore)"\}$' said /allow applied
check 'and again' 'serverside-applied' applied "$(config applied allow | sed 's/}}$/}, data: {x: w}}/')"
check 'an update' '^\{"kind": "UpdateOptions", "apiVersion": "meta.k8s.io/v1", "fieldManager": "applier"' said /allow applied
check 'a deletion' 'deleted' kubectl delete configmap applied --grace-period=7 --wait=false
check 'is told how' '^\{"kind": "DeleteOptions", "apiVersion": "meta.k8s.io/v1", "gracePeriodSeconds": 7, "propagationPolicy": "Background"\}$' said /allow applied
uid=$(kubectl get configmap made -o 'jsonpath={.metadata.uid}') revision=$(kubectl get configmap made -o 'jsonpath={.metadata.resourceVersion}')
check 'with all that there is' '^200 ' request DELETE /api/v1/namespaces/default/configmaps/made "{\"preconditions\":{\"uid\":\"$uid\",\"resourceVersion\":\"$revision\"},\"orphanDependents\":false,\"dryRun\":[\"All\"]}"
check 'as it was said' "^\\{\"kind\": \"DeleteOptions\", \"apiVersion\": \"meta.k8s.io/v1\", \"preconditions\": \\{\"uid\": \"$uid\", \"resourceVersion\": \"$revision\"\\}, \"orphanDependents\": false, \"dryRun\": \\[\"All\"\\]\\}\$" said /allow made
pod() { printf '{apiVersion: v1, kind: Pod, metadata: {name: %s, labels: {hook: "%s"}}, spec: {%scontainers: [{name: c, image: i}]}}' "$1" "$2" "${3:-}"; }
create "$(pod waits allow)" >/dev/null
create "$(pod runs allow 'nodeName: node-a, terminationGracePeriodSeconds: 33, ')" >/dev/null
request DELETE /api/v1/namespaces/default/pods/waits >/dev/null
request DELETE /api/v1/namespaces/default/pods/runs >/dev/null
check 'a pod that is nowhere goes at once' '"gracePeriodSeconds": 0' said /allow waits
check 'one on a node takes the time that it says' '"gracePeriodSeconds": 33' said /allow runs
registration='apiVersion: admissionregistration.k8s.io/v1'
create "{$registration, kind: ValidatingAdmissionPolicy, metadata: {name: manager}, spec: {matchConstraints: {resourceRules: [$every], objectSelector: {matchLabels: {hook: policy}}}, validations: [{expression: \"request.options.fieldManager != 'evil'\", messageExpression: \"'not by ' + request.options.fieldManager\"}]}}" >/dev/null
create "{$registration, kind: ValidatingAdmissionPolicyBinding, metadata: {name: manager}, spec: {policyName: manager, validationActions: [Deny]}}" >/dev/null
eventually 'policies see them too' 10 'denied request: not by evil' attempt "$(config p policy)" --field-manager=evil --dry-run=server
check 'and decide by them' 'created' create "$(config p policy)" --field-manager=good --dry-run=server
kubectl delete validatingadmissionpolicybinding,validatingadmissionpolicy manager >/dev/null
kubectl delete validatingwebhookconfiguration all >/dev/null

echo '# the audit log'
# The annotations of the webhooks in the last event about the object, one a line.
notes() {
  python3 - "$log" "$1" <<'PY'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
found = [e for e in events if e["objectRef"].get("name") == sys.argv[2]]
for key, value in sorted((found[-1].get("annotations") or {}).items()) if found else []:
    if "webhook.admission" in key or "hooks.test" in key:
        print(key, value)
PY
}
about='{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [configmaps, secrets]}'
named() { sed "s/objectSelector: {[^}]*}}/objectSelector: {matchLabels: {hook: $1}}/"; }
check 'webhooks' 'created' create "$(configuration Mutating m "$(hook /deny '' "$about")" "$(hook /label/seen '' "$about" | named audited)" "$(hook /allow '' "$about" | named audited)" \
  "$(hook /error 'failurePolicy: Ignore' "$about" | named audited)")"
check 'one that only looks' 'created' create "$(configuration Validating w "$(hook /warn '' "$about" | named other)" "$(hook /half 'failurePolicy: Ignore' "$about" "$(url /error)" | named audited)")"
labelled() { create "$(config "$1" audited)" --dry-run=server -o 'jsonpath={.metadata.labels}' 2>&1 || true; }
eventually 'are there' 10 '"seen":"yes"' labelled probe
create "$(config noted audited)" >/dev/null
eventually 'who was asked, and who changed it' 10 '^failed-open.mutation.webhook.admission.k8s.io/round_0_index_3 error.hooks.test
failed-open.validating.webhook.admission.k8s.io/round_0_index_0 half.hooks.test
mutation.webhook.admission.k8s.io/round_0_index_1 \{"configuration":"m","webhook":"labelseen.hooks.test","mutated":true\}
mutation.webhook.admission.k8s.io/round_0_index_2 \{"configuration":"m","webhook":"allow.hooks.test","mutated":false\}
mutation.webhook.admission.k8s.io/round_0_index_3 \{"configuration":"m","webhook":"error.hooks.test","mutated":false\}
patch.webhook.admission.k8s.io/round_0_index_1 \{"configuration":"m","webhook":"labelseen.hooks.test","patch":\[\{"op":"add","path":"/metadata/labels/seen","value":"yes"\}\],"patchType":"JSONPatch"\}$' notes noted
create "$(config secretly audited Secret)" >/dev/null
eventually 'where bodies are not wanted' 10 'round_0_index_1 \{"configuration":"m","webhook":"labelseen.hooks.test","mutated":true\}' notes secretly
check 'there is no patch' '^0$' bash -c "grep secretly $log | grep -c patch.webhook || true"
check 'of one that is refused too' 'not on my watch' attempt "$(config refused deny)"
eventually 'it is said' 10 '^mutation.webhook.admission.k8s.io/round_0_index_0 \{"configuration":"m","webhook":"deny.hooks.test","mutated":false\}$' notes refused
kubectl delete mutatingwebhookconfiguration m >/dev/null
kubectl delete validatingwebhookconfiguration w >/dev/null

echo '# warnings of what is refused'
check 'one webhook warns, and then one denies' 'created' create "$(configuration Mutating m "$(hook /warn '' "$every" | named both)")"
create "$(configuration Validating v "$(hook /deny '' "$every" | named both)" "$(hook /deny-warned '' "$every" | named told)")" >/dev/null
eventually 'the client hears both' 10 '^Warning: mind the gap
Error from server \(Forbidden\): error when creating "STDIN": admission webhook "deny.hooks.test" denied the request: not on my watch$' attempt "$(config heard both)"
check 'a text once' '^Warning: mind the gap
Warning: and the step
Error from server .*told you$' attempt "$(config told told)"
kubectl patch mutatingwebhookconfiguration m --type=json -p '[{"op":"replace","path":"/webhooks/0/objectSelector","value":{}}]' >/dev/null
kubectl patch validatingwebhookconfiguration v --type=json -p '[{"op":"remove","path":"/webhooks/1"},{"op":"replace","path":"/webhooks/0/objectSelector","value":{"matchLabels":{"refused":"now"}}}]' >/dev/null
create "$(config stays both | sed 's/hook: "both"/refused: "now"/')" >/dev/null 2>&1 || true
kubectl patch validatingwebhookconfiguration v --type=json -p '[{"op":"replace","path":"/webhooks/0/rules/0/operations","value":["UPDATE","DELETE"]}]' >/dev/null
made() { create "$(config stays both | sed 's/hook: "both"/refused: "now"/')" 2>&1 || true; }
eventually 'an object that may come but not change' 10 'mind the gap.*(created|already exists)' made
told() { kubectl "$@" 2>&1 || true; }
check 'an update' 'Warning: mind the gap.*not on my watch' told annotate configmap stays a=b
reapply() { printf -- '---\n%s' "$(config stays both | sed 's/hook: "both"/refused: "now"/')" | told apply --server-side --field-manager=me -f -; }
check 'a patch that is applied' 'Warning: mind the gap.*not on my watch' reapply
check 'a deletion' 'Warning: mind the gap.*not on my watch' told delete configmap stays
check 'or of all there are' 'Warning: mind the gap.*not on my watch' told delete configmap -l refused=now
kubectl delete validatingwebhookconfiguration v >/dev/null
gone() { kubectl delete configmap stays 2>&1 || true; }
eventually 'what is deleted is warned of as well' 10 'Warning: mind the gap.*deleted' gone
kubectl delete mutatingwebhookconfiguration m >/dev/null
create "{$registration, kind: ValidatingAdmissionPolicy, metadata: {name: two}, spec: {matchConstraints: {resourceRules: [$every], objectSelector: {matchLabels: {hook: two}}}, validations: [{expression: \"has(object.data)\", message: \"no data\"}]}}" >/dev/null
create "{$registration, kind: ValidatingAdmissionPolicyBinding, metadata: {name: a-warns}, spec: {policyName: two, validationActions: [Warn]}}" >/dev/null
create "{$registration, kind: ValidatingAdmissionPolicyBinding, metadata: {name: b-denies}, spec: {policyName: two, validationActions: [Deny]}}" >/dev/null
eventually 'a policy that warns here and denies there' 10 "^Warning: Validation failed for ValidatingAdmissionPolicy 'two' with binding 'a-warns': no data
Error from server .*binding 'b-denies' denied request: no data\$" attempt "$(config p two)"
kubectl delete validatingadmissionpolicybinding a-warns b-denies >/dev/null
kubectl delete validatingadmissionpolicy two >/dev/null

create "$(configuration Validating long "$(hook /warn-at-length '' "$every")" "$(hook /warn-much '' "$every")")" >/dev/null
warned() { request POST "/api/v1/namespaces/default/configmaps?dryRun=All" "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"w\",\"labels\":{\"hook\":\"$1\"}}}"; }
eventually 'a long warning is told as it is' 10 '^201 299 - "x{300}" ' warned warnatlength
much() { warned warnmuch >/dev/null; python3 -c 'import sys; told = [l.split("\"")[1] for l in open(sys.argv[1], encoding="utf-8") if l.lower().startswith("warning:")]; print(len(told), {len(t) for t in told}, told[15][:2])' "$work/head"; }
check 'of too much each is cut, and the last are left out' '^16 \{256\} 15$' much
kubectl delete validatingwebhookconfiguration long >/dev/null

echo '# each sees what the one before has left, filled in'
pods='{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}'
check 'a webhook that adds a container, and one that looks' 'created' create "$(configuration Mutating f "$(hook /sidecar '' "$pods" | named filled)" "$(hook /allow '' "$pods" | named filled)")"
filled() { attempt "$(pod "$1" filled)" --dry-run=server >/dev/null; asked /allow "$1" '[json.dumps([c["name"], c.get("imagePullPolicy"), c.get("terminationMessagePath")]) for c in all[0]["object"]["spec"]["containers"]] if all else None'; }
eventually 'the second sees it with its defaults' 10 '\["side", "Always", "/dev/termination-log"\]' filled seen
check 'and is asked once' '^1 1$' bash -c "echo $(asked /sidecar seen 'len(all)') $(asked /allow seen 'len(all)')"
kubectl delete mutatingwebhookconfiguration f >/dev/null
# A policy of two mutations, and another one.
adds() { printf 'Object{spec: Object.spec{containers: [Object.spec.containers{name: "%s", image: "i"}]}}' "$1"; }
reads() { printf 'Object{metadata: Object.metadata{labels: {"%s": object.spec.containers.map(c, c.imagePullPolicy).join("-")}}}' "$1"; }
mutation() { printf '{patchType: ApplyConfiguration, applyConfiguration: {expression: '"'"'%s'"'"'}}' "$1"; }
policy() {  # NAME MUTATIONS
  create "{$registration, kind: MutatingAdmissionPolicy, metadata: {name: $1}, spec: {reinvocationPolicy: Never, matchConstraints: {resourceRules: [$pods], objectSelector: {matchLabels: {hook: filled}}}, mutations: [$2]}}" >/dev/null
  create "{$registration, kind: MutatingAdmissionPolicyBinding, metadata: {name: $1}, spec: {policyName: $1}}" >/dev/null
}
policy one "$(mutation "$(adds x)"), $(mutation "$(reads one)")"
policy two "$(mutation "$(adds y)")"
policy two-b "$(mutation "$(reads two)")"
create "$(configuration Mutating g "$(hook /half '' "$pods" "$(url /allow)" | named filled)")" >/dev/null
labels() { create "$(pod "$1" filled)" --dry-run=server -o 'jsonpath={.metadata.labels.one} {.metadata.labels.two}' 2>&1 || true; }
eventually 'so do mutations and policies' 10 '^Always-Always Always-Always-Always$' labels policies
check 'and a webhook behind them' '\["Always", "Always", "Always"\]' asked /allow policies 'json.dumps([c.get("imagePullPolicy") for c in all[0]["object"]["spec"]["containers"]])'
kubectl delete mutatingwebhookconfiguration g >/dev/null
kubectl delete mutatingadmissionpolicybinding,mutatingadmissionpolicy one two two-b >/dev/null
size='{type: object, properties: {width: {type: integer, default: 3}}}'
create "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: boxes.example.com}, spec: {group: example.com, scope: Namespaced, names: {plural: boxes, kind: Box}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: $size}}}}}}]}}" >/dev/null
established boxes.example.com >/dev/null
boxes='{operations: [CREATE], apiGroups: ["example.com"], apiVersions: [v1], resources: [boxes]}'
check 'of users'"'"' own kinds too' 'created' create "$(configuration Mutating h "$(hook /size '' "$boxes" | named box)" "$(hook /allow '' "$boxes" | named box)")"
box() { attempt "{apiVersion: example.com/v1, kind: Box, metadata: {name: $1, labels: {hook: box}}, spec: {}}" --dry-run=server >/dev/null; asked /allow "$1" 'json.dumps(all[0]["object"]["spec"]) if all else None'; }
eventually 'by their schemas' 10 '^\{"size": \{"width": 3\}\}$' box boxed
kubectl delete mutatingwebhookconfiguration h >/dev/null

echo '# those that were asked before'
pods='{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}'
create '{apiVersion: v1, kind: LimitRange, metadata: {name: limits}, spec: {limits: [{type: Container, default: {cpu: 300m}}]}}' >/dev/null
check 'a webhook that adds a container' 'created' create "$(configuration Mutating a "$(hook /sidecar '' "$pods" | named wide)")"
shown() { create "$(pod "$1" "$2")" --dry-run=server -o "jsonpath=$3" 2>&1 || true; }
each='{range .spec.containers[*]}{.name} {.resources.limits.cpu} {.volumeMounts[0].mountPath} {.imagePullPolicy}{"\n"}{end}'
eventually 'is followed by the other plugins' 10 '^c 300m /var/run/secrets/kubernetes.io/serviceaccount Always
side 300m /var/run/secrets/kubernetes.io/serviceaccount Always
$' shown one wide "$each"
times() { asked /sidecar "$1" 'len(all)'; }
check 'but not asked again itself' '^1$' times one
kubectl patch mutatingwebhookconfiguration a --type=json -p '[{"op":"replace","path":"/webhooks/0/reinvocationPolicy","value":"IfNeeded"}]' >/dev/null
twice() { shown "$1" wide "$each" >/dev/null; times "$1"; }
eventually 'unless it wants to' 10 '^2$' twice again
check 'and then sees what they have made of it' 'True' asked /sidecar again '"300m" in json.dumps(all[-1]["object"]["spec"]["containers"][1]) and len(all[-1]["object"]["spec"]["containers"]) == 2'
kubectl delete mutatingwebhookconfiguration a >/dev/null
check 'a policy that adds one' 'created' create "{$registration, kind: MutatingAdmissionPolicy, metadata: {name: side}, spec: {reinvocationPolicy: Never, matchConstraints: {resourceRules: [$pods], objectSelector: {matchLabels: {hook: wide}}}, mutations: [{patchType: ApplyConfiguration, applyConfiguration: {expression: \"Object{spec: Object.spec{containers: [Object.spec.containers{name: 'added', image: 'i'}]}}\"}}]}}"
create "{$registration, kind: MutatingAdmissionPolicyBinding, metadata: {name: side}, spec: {policyName: side}}" >/dev/null
eventually 'is followed by them as well' 10 'added 300m /var/run/secrets/kubernetes.io/serviceaccount Always' shown two wide "$each"
kubectl delete mutatingadmissionpolicybinding,mutatingadmissionpolicy side >/dev/null
# Those that want to see what others did later: by the round in which they are asked.
check 'one behind the other' 'created' create "$(configuration Mutating b "$(hook /count 'reinvocationPolicy: IfNeeded' | named chain)" "$(hook /label/late '' | named chain)")"
count() { create "$(config "$1" chain)" --dry-run=server -o 'jsonpath={.metadata.labels.count} {.metadata.labels.late}' 2>&1 || true; }
eventually 'the first one is asked twice' 10 '^2 yes$' count x
check 'the second round has a number of its own' 'created' create "$(config rounds chain)"
eventually 'in the log' 10 'mutation.webhook.admission.k8s.io/round_0_index_0 \{"configuration":"b","webhook":"count.hooks.test","mutated":true\}
mutation.webhook.admission.k8s.io/round_0_index_1 .*
mutation.webhook.admission.k8s.io/round_1_index_0 \{"configuration":"b","webhook":"count.hooks.test","mutated":true\}
patch' notes rounds
kubectl patch mutatingwebhookconfiguration b --type=json -p '[{"op":"remove","path":"/webhooks/1"}]' >/dev/null
eventually 'alone it is asked once' 10 '^1 $' count z
finish
