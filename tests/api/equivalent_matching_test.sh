#!/bin/bash
# Rules that are written with another version of what a request is about, or with another group: webhooks and policies see it as
# they know it, and what they make of it goes on as it came.
build=${1:?usage: equivalent_matching_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/custom_resources.sh"
. "$here/requests.sh"
need openssl python3
start_server
. "$here/hooks.sh"
until_true 20 kubectl get serviceaccount default

autoscaler() {  # NAME [LABEL]
  printf '{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: %s, labels: {hook: "%s"}}, spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}, {type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 70}}}]}}' "$1" "$2"
}
attempt() { create "$1" --dry-run=server "${@:2}" 2>&1 || true; }
older='{operations: [CREATE, UPDATE], apiGroups: [autoscaling], apiVersions: [v1], resources: [horizontalpodautoscalers]}'

echo '# webhooks'
create "$(configuration Validating v "$(hook /allow '' "$older")" "$(hook /deny 'matchPolicy: Exact' "$older")")" >/dev/null
create "$(configuration Mutating m "$(hook /label/one '' "$older")")" >/dev/null
asked() { attempt "$(autoscaler a allow)" >/dev/null; grep -c '^/allow ' "$work/reviews"; }
eventually 'one that knows another version is asked' 10 '[1-9]' asked
check 'in that version' '"kind": \{"group": "autoscaling", "version": "v1", "kind": "HorizontalPodAutoscaler"\}, "resource": \{"group": "autoscaling", "version": "v1", "resource": "horizontalpodautoscalers"\}, "requestKind": \{"group": "autoscaling", "version": "v2".*"requestResource": \{"group": "autoscaling", "version": "v2"' \
  grep '^/allow ' "$work/reviews"
check 'about an object of it' '"object": \{"apiVersion": "autoscaling/v1".*"targetCPUUtilizationPercentage": 60' grep '^/allow ' "$work/reviews"
check 'which says the rest in annotations' 'autoscaling.alpha.kubernetes.io/metrics' grep '^/allow ' "$work/reviews"
check 'one that wants its own version is not' 'created' attempt "$(autoscaler exact deny)"
changed() { attempt "$(autoscaler l labelone)" -o 'jsonpath={.apiVersion} {.metadata.labels.one} {.spec.metrics[*].resource.name}'; }
eventually 'what one changes goes on as it came' 10 '^autoscaling/v2 yes (memory cpu|cpu memory)$' changed
newer='{operations: [CREATE], apiGroups: [events.k8s.io], apiVersions: [v1], resources: [events]}'
create "$(configuration Validating events "$(hook /warn '' "$newer")")" >/dev/null
event() {
  create '{apiVersion: v1, kind: Event, metadata: {name: e, labels: {hook: warn}}, involvedObject: {kind: Pod, name: p, namespace: default}, reason: Tried, message: hello, type: Normal}' --dry-run=server 2>&1
}
eventually 'an event of the core group is one of events.k8s.io' 10 'Warning: mind the gap' event
check 'with its fields' '"kind": \{"group": "events.k8s.io", "version": "v1", "kind": "Event"\}.*"apiVersion": "events.k8s.io/v1".*"note": "hello".*"regarding": ' grep '^/warn ' "$work/reviews"
kubectl delete validatingwebhookconfigurations,mutatingwebhookconfigurations --all >/dev/null

echo '# policies'
registration='apiVersion: admissionregistration.k8s.io/v1'
create "{$registration, kind: ValidatingAdmissionPolicy, metadata: {name: cpu}, spec: {matchConstraints: {resourceRules: [$older]}, validations: [
  {expression: 'object.spec.targetCPUUtilizationPercentage < 50', messageExpression: \"'it is ' + request.kind.version + ' of ' + request.requestKind.version + ', ' + request.resource.version + ' of ' + request.requestResource.version + ', for ' + request.options.kind\"}]}}" >/dev/null
create "{$registration, kind: ValidatingAdmissionPolicyBinding, metadata: {name: cpu}, spec: {policyName: cpu, validationActions: [Deny]}}" >/dev/null
eventually 'one that knows another version is held against it' 10 'denied request: it is v1 of v2, v1 of v2, for CreateOptions' attempt "$(autoscaler p)"
kubectl patch validatingadmissionpolicy cpu --type=merge -p '{"spec":{"matchConstraints":{"matchPolicy":"Exact"}}}' >/dev/null
eventually 'unless it wants its own' 10 'created' attempt "$(autoscaler p)"
create "{$registration, kind: MutatingAdmissionPolicy, metadata: {name: more}, spec: {reinvocationPolicy: Never, matchConstraints: {resourceRules: [$older]}, mutations: [{patchType: ApplyConfiguration, applyConfiguration: {expression: 'Object{spec: Object.spec{maxReplicas: object.spec.targetCPUUtilizationPercentage}}'}}]}}" >/dev/null
create "{$registration, kind: MutatingAdmissionPolicyBinding, metadata: {name: more}, spec: {policyName: more}}" >/dev/null
more() { attempt "$(autoscaler p)" -o 'jsonpath={.apiVersion} {.spec.maxReplicas} {.spec.metrics[*].resource.name}'; }
eventually 'what it changes goes on as it came' 10 '^autoscaling/v2 60 (memory cpu|cpu memory)$' more
finish
