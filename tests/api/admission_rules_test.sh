#!/bin/bash
# Which requests policies and webhooks are asked about, as their rules say it; what policies tell the audit log; and webhooks that speak
# the older form of a review.
build=${1:?usage: admission_rules_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/custom_resources.sh"
. "$here/requests.sh"
need openssl python3
log=$work/audit/audit.log
printf 'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata, verbs: [create], resources: [{resources: [configmaps]}]}, {level: None}]\n' >"$work/policy.yaml"
{ nobody_is_missed; printf '[audit]\npolicy = "%s"\nsinks = ["audit-log"]\n[plugins.audit-log]\nfile = "%s"\n' "$work/policy.yaml" "$log"; } >"$work/audit.toml"
start_server --config "$work/audit.toml"
until_true 20 kubectl get serviceaccount default
. "$here/hooks.sh"

registration='apiVersion: admissionregistration.k8s.io/v1'
every='{operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources: ["*"]}'
# policy NAME MATCH [ACTIONS] [MORE]: denies whatever its rules match
policy() {
  create "{$registration, kind: ValidatingAdmissionPolicy, metadata: {name: $1}, spec: {matchConstraints: {$2}, ${4:-validations: [{expression: \"false\", message: $1 minds\}]}}}" >/dev/null
  create "{$registration, kind: ValidatingAdmissionPolicyBinding, metadata: {name: $1}, spec: {policyName: $1, validationActions: [${3:-Deny}]}}" >/dev/null
}
unbind() { kubectl delete validatingadmissionpolicybinding "$1" >/dev/null; kubectl delete validatingadmissionpolicy "$1" >/dev/null; }
config() { printf '{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, labels: {hook: "%s"}}, data: {a: "%s"}}' "$1" "${2:-}" "${3:-b}"; }
tried() { attempt "$@" --dry-run=server; }

echo '# rules of policies'
policy excluding 'resourceRules: [{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: ["*"]}], excludeResourceRules: [{operations: ["*"], apiGroups: [""], apiVersions: [v1], resources: [secrets]}]'
eventually 'what a rule matches' 10 'excluding minds' tried "$(config one)"
check 'but for what is taken out' 'created' tried '{apiVersion: v1, kind: Secret, metadata: {name: one}}'
check 'and what is done otherwise' 'no changes needed|labeled' bash -c 'kubectl label serviceaccount default more=yes'
unbind excluding
policy named 'resourceRules: [{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [configmaps], resourceNames: [famous]}]'
eventually 'one by its name' 10 'named minds' tried "$(config famous)"
check 'and no other' 'created' tried "$(config another)"
unbind named
policy scoped 'resourceRules: [{operations: [CREATE], apiGroups: ["*"], apiVersions: ["*"], resources: ["*"], scope: Cluster}], excludeResourceRules: [{operations: ["*"], apiGroups: [admissionregistration.k8s.io], apiVersions: ["*"], resources: ["*"]}]'
eventually 'what is in no namespace' 10 'scoped minds' tried '{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: p}, value: 1}'
check 'a namespace is not in itself' 'scoped minds' tried '{apiVersion: v1, kind: Namespace, metadata: {name: place}}'
check 'and what is in one' 'created' tried "$(config two)"
unbind scoped
policy scaled 'resourceRules: [{operations: [UPDATE], apiGroups: [apps], apiVersions: [v1], resources: [deployments/scale]}]' Deny 'validations: [{expression: "object.spec.replicas < 5", message: too many}]'
kubectl create deployment d --image=i --replicas=1 >/dev/null
scaled() { kubectl scale deployment d --replicas="$1" 2>&1 || true; }
eventually 'a subresource has a kind of its own' 10 'too many' scaled 7
check 'by which it is judged' 'scaled' scaled 3
check 'while its parent is another thing' 'patched' kubectl patch deployment d --type=merge -p '{"spec":{"replicas":6}}'
unbind scaled

echo '# what policies tell the audit log'
policy telling 'resourceRules: [{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [configmaps]}]' Audit \
  "validations: [{expression: 'true'}, {expression: \"object.data.a != 'bad'\", messageExpression: \"'not ' + object.data.a\"}], auditAnnotations: [{key: value, valueExpression: \"'it is ' + object.data.a\"}, {key: none, valueExpression: 'null'}]"
# The annotations of the last event about the object that are a policy's, one a line.
notes() {
  python3 - "$log" "$1" <<'PY'
import json, sys
found = [e for e in map(json.loads, open(sys.argv[1])) if e["objectRef"].get("name") == sys.argv[2]]
for key, value in sorted((found[-1].get("annotations") or {}).items()) if found else []:
    if "authorization" not in key and "pod-security" not in key:
        print(key, value)
PY
}
told() { create "$(config "$1" '' "$2")" >/dev/null 2>&1; kubectl delete configmap "$1" >/dev/null 2>&1; notes "$1"; }
eventually 'what it finds, by its key' 10 '^telling/value it is good
$' told fine good
check 'what is refused by nobody' '^telling/value it is bad
validation.policy.admission.k8s.io/validation_failure \[\{"message":"not bad","policy":"telling","binding":"telling","expressionIndex":1,"validationActions":\["Audit"\]\}\]
$' told fails bad
kubectl patch validatingadmissionpolicybinding telling --type=merge -p '{"spec":{"validationActions":["Deny"]}}' >/dev/null
denied() { tried "$(config denied '' bad)"; }
eventually 'what is refused' 10 'not bad' denied
check 'has its annotations as well' '^telling/value it is bad
$' told denied bad
unbind telling

echo '# webhooks'
names='{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [configmaps]}'
check 'one that speaks v1beta1' 'created' create "$(configuration Mutating m "$(hook /beta '' "$names" | sed 's/admissionReviewVersions: \[v1\]/admissionReviewVersions: [v1beta1]/')")"
beta() { create "$(config b beta)" --dry-run=server -o 'jsonpath={.metadata.labels.beta}' 2>&1 || true; }
eventually 'is asked in that form, and needs neither uid nor type' 10 '^yes$' beta
kubectl delete mutatingwebhookconfiguration m >/dev/null
check_fails 'one that understands none is not taken' 'must include at least one of v1, v1beta1' create "$(configuration Mutating m "$(hook /beta '' "$names" | sed 's/admissionReviewVersions: \[v1\]/admissionReviewVersions: [v9]/')")"
check 'one that understands one of several' 'created' create "$(configuration Mutating m "$(hook /label/several '' "$names" | sed 's/admissionReviewVersions: \[v1\]/admissionReviewVersions: [v9, v1]/')")"
several() { create "$(config s labelseveral)" --dry-run=server -o 'jsonpath={.metadata.labels.several}' 2>&1 || true; }
eventually 'is asked in that' 10 '^yes$' several
kubectl delete mutatingwebhookconfiguration m >/dev/null
check_fails 'one with side effects in dry runs is not taken' 'sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"' create "$(configuration Validating v "$(hook /allow | sed 's/sideEffects: None/sideEffects: Some/')")"
check 'one whose conditions explode' 'created' create "$(configuration Validating v "$(hook /deny 'matchConditions: [{name: loops, expression: "object.data.exists(a, object.data.exists(b, object.data.exists(c, object.data.exists(d, a + b + c == d))))"}]')")"
many=$(printf 'k%s: x, ' $(seq 80))
exploding() { tried "{apiVersion: v1, kind: ConfigMap, metadata: {name: loud, labels: {hook: deny}}, data: {$many}}"; }
eventually 'refuses' 10 'configmaps "loud" is forbidden: .*actual cost limit exceeded.*soon' soon exploding
kubectl patch validatingwebhookconfiguration v --type=json -p '[{"op":"replace","path":"/webhooks/0/failurePolicy","value":"Ignore"}]' >/dev/null
eventually 'or is not asked, where it may fail' 10 'created.*soon' soon exploding
finish
