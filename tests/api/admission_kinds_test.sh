#!/bin/bash
# The kinds of admissionregistration.k8s.io, as objects.
build=${1:?usage: admission_kinds_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
group=/apis/admissionregistration.k8s.io/v1
start_server
merge() { sending application/merge-patch+json request PATCH "$1" "$2"; }

echo '# every verb'
check 'every kind does what discovery says it does' 'checks, 0 failed$' python3 "$here/matrix.py" validatingwebhookconfigurations \
  mutatingwebhookconfigurations validatingadmissionpolicies validatingadmissionpolicybindings mutatingadmissionpolicies mutatingadmissionpolicybindings
eventually 'the group has its APIService' 20 'Local +True' kubectl get apiservice v1.admissionregistration.k8s.io

echo '# webhooks'
hook='{"name":"a.b.example","sideEffects":"None","admissionReviewVersions":["v1"],"clientConfig":{"service":{"namespace":"n","name":"s"}},"rules":[{"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"]}]}'
check 'filled in' '^201 .*"service":\{"namespace":"n","name":"s","port":443\}.*"scope":"\*".*"failurePolicy":"Fail","namespaceSelector":\{\}.*"timeoutSeconds":10.*"matchPolicy":"Equivalent","objectSelector":\{\}' \
  request POST $group/validatingwebhookconfigurations '{"metadata":{"name":"v"},"webhooks":['"$hook"']}'
check 'mutating ones' '^201 .*"reinvocationPolicy":"Never"' request POST $group/mutatingwebhookconfigurations '{"metadata":{"name":"m"},"webhooks":['"$hook"']}'
check 'shown' 'NAME +WEBHOOKS +AGE.*v +1' kubectl get validatingwebhookconfigurations
check 'wrong' '^422 .*exactly one of url or service is required.*"field":"webhooks\[0\].clientConfig"' request POST $group/validatingwebhookconfigurations \
  '{"metadata":{"name":"x"},"webhooks":[{"name":"a.b.c","sideEffects":"None","admissionReviewVersions":["v1"],"clientConfig":{}}]}'
check 'merged by name' '^200 .*"timeoutSeconds":5' sending application/strategic-merge-patch+json request PATCH $group/validatingwebhookconfigurations/v '{"webhooks":[{"name":"a.b.example","timeoutSeconds":5}]}'
check 'described' 'Webhooks:.*a.b.example' kubectl describe validatingwebhookconfiguration v

echo '# policies'
cat >"$work/policy.yaml" <<'YAML'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}]
  validations: [{expression: object.spec.replicas <= 5}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: replicas}
spec: {policyName: replicas, validationActions: [Deny], paramRef: {name: limits, namespace: default, parameterNotFoundAction: Deny}}
YAML
check 'applied' 'replicas created.*replicas created' kubectl apply -f "$work/policy.yaml"
check 'shown' 'replicas +1 +<unset>' kubectl get validatingadmissionpolicies
check 'bindings' 'replicas +replicas +default/limits' kubectl get validatingadmissionpolicybindings
check 'explained' 'resourceRules.*<\[\]NamedRuleWithOperations>' kubectl explain validatingadmissionpolicy.spec.matchConstraints
check 'status' '^200 .*"observedGeneration":1' merge $group/validatingadmissionpolicies/replicas/status '{"status":{"observedGeneration":1}}'
check 'all of it has a category' 'validatingadmissionpolicy.admissionregistration.k8s.io/replicas' kubectl get api-extensions -o name
finish
