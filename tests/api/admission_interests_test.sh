#!/bin/bash
# Which admission plugins a write calls: none of those that have nothing to say about it.
build=${1:?usage: admission_interests_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
start_server
create() {  # NAME [SPEC-OF-THE-POD]
  printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},"spec":{%s"containers":[{"name":"c","image":"i"}]}}' "$1" "${2:+$2,}" |
    kubectl create -f -
}
calls() {  # PLUGIN
  kubectl get --raw /metrics | awk -v key="cleat_plugin_calls_total{plugin=\"admission-$1\"}" '$1 == key {print $2}'
}
# How often the plugin is called by a command.
called_by() {  # PLUGIN COMMAND…
  local plugin=$1 before=$(calls "$1")
  shift
  "$@" >/dev/null || return
  echo "$(($(calls "$plugin") - before)) calls"
}
eventually 'there is an account' 10 'default' kubectl get serviceaccounts

check 'a pod has a priority' '^1 calls$' called_by priority create priority
eventually 'no webhook changes it while there are none' 10 '^0 calls$' called_by mutating-webhook create unchanged-$RANDOM
again=0
unhindered() { called_by "$1" create "$1-$((++again))-$RANDOM"; }
for plugin in validating-webhook mutating-policy validating-policy; do
  eventually "nor is $plugin called" 10 '^0 calls$' unhindered $plugin
done

check 'of runtime classes a pod without one has none' '^0 calls$' called_by runtime-class create classless
check 'nor is its node asked for' '^0 calls$' called_by pod-topology-labels create nodeless
check_fails 'a class that is not there is' 'RuntimeClass "none" not found' create classed '"runtimeClassName":"none"'
kubectl create -f - >/dev/null <<<'{"apiVersion":"node.k8s.io/v1","kind":"RuntimeClass","metadata":{"name":"there"},"handler":"h"}'
check 'one that is, in both passes' '^2 calls$' called_by runtime-class create with-class '"runtimeClassName":"there"'
check 'and a node' '^1 calls$' called_by pod-topology-labels create with-node '"nodeName":"n"'

policy='{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingAdmissionPolicy","metadata":{"name":"small"},"spec":{
  "failurePolicy":"Fail","matchConstraints":{"resourceRules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],
  "resources":["configmaps"]}]},"validations":[{"expression":"size(object.data) < 2"}]}}'
binding='{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingAdmissionPolicyBinding","metadata":{"name":"small"},"spec":{
  "policyName":"small","validationActions":["Deny"]}}'
check 'a policy' 'created' kubectl create -f - <<<"$policy"
check 'that is bound' 'created' kubectl create -f - <<<"$binding"
large() { kubectl create configmap "large-$RANDOM" --from-literal a=1 --from-literal b=2 2>&1; }
eventually 'holds' 10 'denied request' large
check 'for it is asked then' '^1 calls$' called_by validating-policy kubectl create configmap asked --from-literal a=1
kubectl delete validatingadmissionpolicybinding small >/dev/null
quiet() { called_by validating-policy kubectl create configmap "quiet-$RANDOM" --from-literal a=1; }
eventually 'and no more when it is not bound' 10 '^0 calls$' quiet
check 'so that all is let through' 'created' large
finish
