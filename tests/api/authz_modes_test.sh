#!/bin/bash
# Authorizers that look at no roles: a file of rules, everything, nothing.
build=${1:?usage: authz_modes_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"

may() { kubectl --as="$1" ${3:+--as-group="$3"} get --raw "$2" 2>&1 || true; }
maps=/api/v1/namespaces/default/configmaps

cat >"$work/policy" <<'JSONL'
# Who may what.

{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"user":"jane","namespace":"*","resource":"configmaps","apiGroup":"*"}}
{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"group":"readers","namespace":"default","resource":"*","apiGroup":"*","readonly":true}}
{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"user":"*","nonResourcePath":"/metri*","readonly":true}}
{"user":"old","namespace":"default"}
JSONL
cat >"$work/abac.toml" <<TOML
[authz]
chain = ["authz-node", "authz-rbac", "authz-abac"]
[plugins.authz-abac]
policy_file = "$work/policy"
TOML
start_server --config "$work/abac.toml"
check 'a user has what a line gives' 'ConfigMapList' may jane $maps
check 'in any namespace, where it says so' 'ConfigMapList' may jane /api/v1/configmaps
check 'writes too' 'created' kubectl --as=jane create configmap a
check 'and nothing else' 'secrets is forbidden.*: No policy matched.' may jane /api/v1/namespaces/default/secrets
check 'a group has it as well' 'SecretList' may joe /api/v1/namespaces/default/secrets readers
check_fails 'to read only' 'configmaps is forbidden.*: No policy matched.' kubectl --as=joe --as-group=readers create configmap b
check 'in that namespace' 'No policy matched.' may joe /api/v1/namespaces/kube-system/secrets readers
check 'paths have patterns' 'cleat|TYPE|HELP' may joe /metrics
check 'a line from before versions' 'ConfigMapList' may old $maps
check 'is about all in its namespace' 'DeploymentList' may old /apis/apps/v1/namespaces/default/deployments
check 'the list of what one may has it' 'configmaps\.\* +\[\] +\[\] +\[\*\]' kubectl --as=jane auth can-i --list
stop_server

sed -i '4s/readonly":true/readonly":"yes"/' "$work/policy"
complains 'a wrong line is told' 'policy:4: (spec.)?readonly: expected true or false' "$work/abac.toml"

printf '[authz]\nchain = ["authz-always-allow"]\n' >"$work/allow.toml"
start_server --config "$work/allow.toml"
check 'everybody may everything' 'SecretList' may joe /api/v1/secrets
check 'and is told so' 'yes' kubectl --as=joe auth can-i delete nodes
check 'the list says it' '\*\.\* +\[\] +\[\] +\[\*\]' kubectl --as=joe auth can-i --list
check 'without roles having been made' 'No resources found|^$' kubectl get clusterroles --field-selector=metadata.name=absent
eventually 'the cluster works' 20 'default' kubectl get serviceaccounts
stop_server

printf '[authz]\nchain = ["authz-always-deny", "authz-rbac"]\n' >"$work/deny.toml"
start_server --config "$work/deny.toml"
check 'nobody may anything, by that' 'configmaps is forbidden.*: Everything is forbidden.' may joe $maps
check 'others are still asked' 'created' kubectl create clusterrolebinding joe --clusterrole=view --user=joe
eventually 'and may allow' 5 'ConfigMapList' may joe $maps
check 'masters may' 'NodeList' kubectl get --raw /api/v1/nodes
stop_server
finish
