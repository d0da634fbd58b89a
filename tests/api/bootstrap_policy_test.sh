#!/bin/bash
# The roles and bindings that a cluster begins with, beside those of Kubernetes 1.37.
build=${1:?usage: bootstrap_policy_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
start_server

names() { kubectl get "$@" -o 'jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}{"\n"}{end}' -l kubernetes.io/bootstrapping=rbac-defaults | grep -v system:plugin: | sort; }
count() { names "$@" | wc -l; }
# 73 and 54 in Kubernetes 1.37.2; here those that join have a role bound to them from the start, in place of kubeadm's doing.
eventually 'as many cluster roles as there' 20 '^73$' count clusterroles
eventually 'as many bindings, and one' 20 '^55$' count clusterrolebindings
eventually 'as many roles of namespaces' 20 '^7$' count roles -A
eventually 'as many bindings of them' 20 '^7$' count rolebindings -A
check 'by their names' 'kube-public/system:controller:bootstrap-signer.*kube-system/extension-apiserver-authentication-reader.*kube-system/system::leader-locking-kube-controller-manager.*kube-system/system::leader-locking-kube-scheduler.*kube-system/system:controller:bootstrap-signer.*kube-system/system:controller:cloud-provider.*kube-system/system:controller:token-cleaner' \
  bash -c "$(declare -f names); names roles -A | tr '\n' ' '"

rules() { kubectl get clusterrole "$1" -o json | python3 -c 'import json, sys
for rule in json.load(sys.stdin)["rules"]:
    print(",".join(rule.get("nonResourceURLs", [])) or ",".join(rule["apiGroups"]) + " " + ",".join(rule["resources"]), ",".join(rule["verbs"]), ",".join(rule.get("resourceNames", [])))'; }
check 'discovery' '^/api,/api/\*,/apis,/apis/\*,/healthz,/livez,/openapi,/openapi/\*,/readyz,/version,/version/ get ?$' rules system:discovery
check 'what is open to all' '^/healthz,/livez,/readyz,/version,/version/ get ?$' rules system:public-info-viewer
check 'basic users' '^authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews create *
authentication.k8s.io selfsubjectreviews create ?$' rules system:basic-user
check 'a controller' 'batch jobs get,list,patch,update,watch.*batch jobs/status update.*,events.k8s.io events create,patch,update' rules system:controller:job-controller
check 'an approver, for one signer' '^certificates.k8s.io signers approve kubernetes.io/kubelet-serving$' rules system:certificates.k8s.io:kubelet-serving-approver
check 'it is bound to its account' 'ServiceAccount kube-system job-controller' kubectl get clusterrolebinding system:controller:job-controller \
  -o 'jsonpath={.subjects[0].kind} {.subjects[0].namespace} {.subjects[0].name}'
check 'public information is for both' 'system:authenticated system:unauthenticated' kubectl get clusterrolebinding system:public-info-viewer -o 'jsonpath={.subjects[*].name}'
check 'nodes have nothing by a role' '^$' kubectl get clusterrolebinding system:node -o 'jsonpath={.subjects}'

can() { kubectl auth can-i "$@" 2>/dev/null || true; }
account=system:serviceaccount:kube-system
check 'the scheduler binds pods' '^yes$' can create pods --subresource=binding --as=system:kube-scheduler
check 'and holds its lease' '^yes$' can update leases.coordination.k8s.io/kube-scheduler -n kube-system --as=system:kube-scheduler
check 'in its namespace' '^no$' can update leases.coordination.k8s.io/other -n default --as=system:kube-scheduler
check 'a controller does its work' '^yes$' can create pods -n shop --as=$account:replicaset-controller
check 'and no other' '^no$' can create secrets -n shop --as=$account:replicaset-controller
check 'the manager reads everything' '^yes$' can list widgets.example.com --as=system:kube-controller-manager
check 'whoever asks for it reads how requests are authenticated' '^yes$' can get configmaps/extension-apiserver-authentication -n kube-system --as=system:kube-scheduler
check 'monitoring reads numbers' '^yes$' can get /metrics --as=m --as-group=system:monitoring
check 'others do not' '^no$' can get /metrics --as=m
check 'an aggregated server asks about callers' 'created' kubectl create clusterrolebinding d --clusterrole=system:auth-delegator --user=server
eventually 'as that role says' 5 '^yes$' can create subjectaccessreviews.authorization.k8s.io --as=server

# Who views, edits and administers.
for role in view edit admin; do kubectl -n default create rolebinding $role --clusterrole=$role --user=$role >/dev/null; done
while read -r verb resource view edit admin; do
  for role in view edit admin; do eventually "$role: $verb $resource: ${!role}" 5 "^${!role}\$" can "$verb" "$resource" -n default --as=$role; done
done <<'END'
get pods yes yes yes
get pods/log yes yes yes
get secrets no yes yes
get endpointslices.discovery.k8s.io yes yes yes
create deployments.apps no yes yes
update endpoints no no no
create pods/exec no yes yes
create events.events.k8s.io no yes yes
impersonate serviceaccounts no yes yes
create roles.rbac.authorization.k8s.io no no yes
create localsubjectaccessreviews.authorization.k8s.io no no yes
get nodes no no no
update resourcequotas no no no
get resourceclaims.resource.k8s.io yes yes yes
END

# What was changed is set right at a start, unless it says that it must not.
check 'a rule goes' 'patched' kubectl patch clusterrole system:controller:job-controller --type=json -p '[{"op":"remove","path":"/rules/0"}]'
check 'a role goes' 'deleted' kubectl delete clusterrole system:controller:ttl-controller
check 'a subject goes' 'patched' kubectl patch clusterrolebinding system:kube-scheduler --type=json -p '[{"op":"remove","path":"/subjects"}]'
check 'a rule of a namespace goes' 'patched' kubectl -n kube-system patch role system:controller:token-cleaner --type=json -p '[{"op":"remove","path":"/rules/0"}]'
check 'a rule comes' 'patched' kubectl patch clusterrole system:monitoring --type=json -p '[{"op":"add","path":"/rules/-","value":{"nonResourceURLs":["/mine"],"verbs":["get"]}}]'
check 'one is to stay' 'annotated' kubectl annotate clusterrole system:kube-dns rbac.authorization.kubernetes.io/autoupdate=false --overwrite
check 'as it is made' 'patched' kubectl patch clusterrole system:kube-dns --type=json -p '[{"op":"remove","path":"/rules/0"}]'
stop_server
start_server
eventually 'the rule is back' 20 'batch jobs get,list' rules system:controller:job-controller
eventually 'the role too' 20 'nodes list,patch,update,watch' rules system:controller:ttl-controller
eventually 'and the subject' 20 'system:kube-scheduler' kubectl get clusterrolebinding system:kube-scheduler -o 'jsonpath={.subjects[*].name}'
eventually 'and that of the namespace' 20 'secrets' kubectl -n kube-system get role system:controller:token-cleaner -o 'jsonpath={.rules[*].resources}'
check 'what was added stays' '/mine get' rules system:monitoring
check 'what is to stay stays' '^(null|)$' kubectl get clusterrole system:kube-dns -o 'jsonpath={.rules}'
before=$(kubectl get clusterroles,clusterrolebindings,roles,rolebindings -A -o 'jsonpath={.items[*].metadata.resourceVersion}')
stop_server
start_server
until_true 5 false
check 'another start writes nothing' "^$before\$" kubectl get clusterroles,clusterrolebindings,roles,rolebindings -A -o 'jsonpath={.items[*].metadata.resourceVersion}'
finish
