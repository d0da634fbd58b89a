#!/bin/bash
# What the server says of its own groups: an APIService for each version, the objects of flow control that every cluster has, and
# stored objects that are written anew.
build=${1:?usage: api_groups_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
. "$here/custom_resources.sh"
need curl
start_server
until_true 20 kubectl get serviceaccount default
services=/apis/apiregistration.k8s.io/v1/apiservices
flows=/apis/flowcontrol.apiserver.k8s.io/v1
merge() { sending application/merge-patch+json request PATCH "$1" "$2"; }
versions() {  # what discovery lists, as names of APIServices
  python3 - "$work" <<'P'
import json, subprocess, sys
raw = lambda path: json.loads(subprocess.run(["kubectl", "get", "--raw", path], capture_output=True, check=True).stdout)
print(*sorted(["v1."] + [v["version"] + "." + g["name"] for g in raw("/apis")["groups"] for v in g["versions"]]))
P
}
named() { kubectl get apiservices -o 'jsonpath={.items[*].metadata.name}' | tr ' ' '\n' | sort | tr '\n' ' ' | sed 's/ $//'; }
available() { kubectl get apiservice "$1" -o 'jsonpath={.status.conditions[0].status} {.status.conditions[0].reason}: {.status.conditions[0].message}'; }

echo '# an APIService for each version of each group'
eventually 'all that discovery lists' 10 '^same$' bash -c "export KUBECONFIG=$KUBECONFIG work=$work; $(declare -f versions named); [ \"\$(versions)\" = \"\$(named)\" ] && echo same || { versions; named; }"
check 'they are local and available' 'v1. +Local +True.*v1.apps +Local +True' kubectl get apiservices v1. v1.apps
check 'with their place among others' '^onstart 17800 15 True Local: Local APIServices are always available$' kubectl get apiservice v1.apps -o \
  'jsonpath={.metadata.labels.kube-aggregator\.kubernetes\.io/automanaged} {.spec.groupPriorityMinimum} {.spec.versionPriority} {.status.conditions[0].status} {.status.conditions[0].reason}: {.status.conditions[0].message}'
check 'describe' 'Name: +v1.apps' kubectl describe apiservice v1.apps
check 'a deleted one' '^200 ' request DELETE $services/v1.apps
check 'takes nothing away' 'deployments' kubectl get --raw /apis/apps/v1
stop_server
start_server
eventually 'and is there again after a start' 20 'v1.apps +Local +True' kubectl get apiservice v1.apps

echo '# of custom kinds'
create "$widgets" >/dev/null
established widgets.example.com >/dev/null
eventually 'comes with its definition' 10 '^true 1000 100$' kubectl get apiservice v1.example.com -o \
  'jsonpath={.metadata.labels.kube-aggregator\.kubernetes\.io/automanaged} {.spec.groupPriorityMinimum} {.spec.versionPriority}'
uid=$(kubectl get apiservice v1.example.com -o 'jsonpath={.metadata.uid}')
check 'changed' '^200 ' merge $services/v1.example.com '{"spec":{"groupPriorityMinimum":7}}'
eventually 'it is brought back' 10 '^1000$' kubectl get apiservice v1.example.com -o 'jsonpath={.spec.groupPriorityMinimum}'
check 'deleted' '^200 ' request DELETE $services/v1.example.com
eventually 'it is made again' 10 'Local +True' kubectl get apiservice v1.example.com
stop_server
start_server
check 'a start leaves it' 'Local +True' kubectl get apiservice v1.example.com

echo '# one that another API server is to serve'
check 'made' '^201 .*"port":443' request POST $services \
  '{"metadata":{"name":"v1beta1.metrics.example"},"spec":{"group":"metrics.example","version":"v1beta1","groupPriorityMinimum":100,"versionPriority":100,"service":{"namespace":"kube-system","name":"metrics"}}}'
eventually 'it says that it is not served' 10 '^False ServiceNotFound: service/metrics in "kube-system" is not present$' \
  available v1beta1.metrics.example
check 'get' 'v1beta1.metrics.example +kube-system/metrics +False \(ServiceNotFound\)' kubectl get apiservice v1beta1.metrics.example
check 'and it is not' '^503 service unavailable' request GET /apis/metrics.example/v1beta1
check 'wrong ones' '^422 .*must be `spec.version' request POST $services '{"metadata":{"name":"v1.a"},"spec":{"group":"b","version":"v1","groupPriorityMinimum":1,"versionPriority":1}}'
check 'deleted' '^200 ' request DELETE $services/v1beta1.metrics.example

echo '# flow control'
eventually 'what every cluster has' 10 '^catch-all exempt global-default kube-controller-manager kube-scheduler kube-system-service-accounts probes service-accounts system-leader-election system-node-high system-nodes$' \
  kubectl get flowschemas -o 'jsonpath={.items[*].metadata.name}'
eventually 'levels' 10 '^catch-all exempt global-default leader-election node-high system workload-high workload-low$' \
  kubectl get prioritylevelconfigurations -o 'jsonpath={.items[*].metadata.name}'
eventually 'schemas are shown' 10 'NAME +PRIORITYLEVEL +MATCHINGPRECEDENCE +DISTINGUISHERMETHOD +AGE +MISSINGPL.*exempt +exempt +1 +<none> +[0-9a-z]+ +False.*catch-all +catch-all +10000 +ByUser' \
  kubectl get flowschemas exempt catch-all
check 'levels are shown' 'catch-all +Limited +5 +<none> +<none> +<none>.*exempt +Exempt +<none> +<none> +<none> +<none>.*system +Limited +30 +64 +6 +50' \
  kubectl get prioritylevelconfigurations
check 'deleted' 'deleted.*deleted' kubectl delete flowschema/global-default prioritylevelconfiguration/system
eventually 'they are made again' 10 'global-default +global-default +9900.*' kubectl get flowschema global-default
eventually 'levels, too' 10 'system +Limited +30' kubectl get prioritylevelconfiguration system
check 'the mandatory ones are fixed' "^422 .*spec of 'catch-all' must equal the fixed value" merge $flows/flowschemas/catch-all '{"spec":{"matchingPrecedence":9999}}'
check 'but for the share of exempt' '^200 .*"nominalConcurrencyShares":7' merge $flows/prioritylevelconfigurations/exempt '{"spec":{"exempt":{"nominalConcurrencyShares":7}}}'
check 'a suggested one is changed' '^200 ' merge $flows/flowschemas/service-accounts '{"spec":{"matchingPrecedence":8000}}'
eventually 'and brought back' 10 '^9000$' kubectl get flowschema service-accounts -o 'jsonpath={.spec.matchingPrecedence}'
check 'unless it says that it is not to be' '^200 ' merge $flows/flowschemas/service-accounts '{"metadata":{"annotations":{"apf.kubernetes.io/autoupdate-spec":"false"}},"spec":{"matchingPrecedence":8000}}'
check 'a schema without its level' '^201 ' request POST $flows/flowschemas \
  '{"metadata":{"name":"mine"},"spec":{"priorityLevelConfiguration":{"name":"none"},"rules":[{"subjects":[{"kind":"User","user":{"name":"u"}}],"nonResourceRules":[{"verbs":["*"],"nonResourceURLs":["*"]}]}]}}'
eventually 'says so' 10 '^True NotFound This FlowSchema references the PriorityLevelConfiguration object named "none" but there is no such object$' kubectl get flowschema mine -o \
  'jsonpath={.status.conditions[0].status} {.status.conditions[0].reason} {.status.conditions[0].message}'
check 'until it is there' '^201 ' request POST $flows/prioritylevelconfigurations '{"metadata":{"name":"none"},"spec":{"type":"Limited","limited":{"limitResponse":{"type":"Reject"}}}}'
eventually 'then it is well' 10 'mine +none +1000 +<none> +[0-9a-z]+ +False' kubectl get flowschema mine
stop_server
start_server
check 'a change lasts beyond a start' '^8000$' kubectl get flowschema service-accounts -o 'jsonpath={.spec.matchingPrecedence}'

echo '# stored objects are written anew'
two() {  # which version is stored
  printf '%s' "$widgets" | sed 's/^  - name: v1$/  - name: v1/' | python3 -c '
import sys
text = sys.stdin.read()
head, version = text.split("  versions:\n")
second = version.replace("name: v1\n", "name: v2\n", 1)
stored, other = ("true", "false") if sys.argv[1] == "v1" else ("false", "true")
print(head + "  versions:\n" + version.replace("storage: true", "storage: " + stored).rstrip("\n"))
print(second.replace("storage: true", "storage: " + other))' "$1"
}
apply "$(two v1)" >/dev/null 2>&1
until_true 10 kubectl get --raw /apis/example.com/v2
for name in a b c; do create "$(widget $name 'color: red')" >/dev/null; done
apply "$(two v2)" >/dev/null 2>&1
eventually 'another version is stored from now on' 10 'v2' kubectl get crd widgets.example.com -o 'jsonpath={.status.storedVersions}'
check 'written by nobody, an object stays as it is' '^200 ' request GET $api/widgets/a
revision=$(of_answer 'd["metadata"]["resourceVersion"]')
check 'a migration' '^201 ' request POST /apis/storagemigration.k8s.io/v1/storageversionmigrations \
  '{"metadata":{"name":"widgets"},"spec":{"resource":{"group":"example.com","resource":"widgets"}}}'
eventually 'comes to its end' 20 'widgets +widgets.example.com +Succeeded' kubectl get storageversionmigrations
eventually 'and says how' 10 '^Running=False MigrationCompleted Migration completed;Succeeded=True StorageVersionMigrationSucceeded Migration completed;$' \
  kubectl get storageversionmigration widgets -o 'jsonpath={range .status.conditions[*]}{.type}={.status} {.reason} {.message};{end}'
check 'nothing is stored in the older version any more' '^\["v2"\]$' kubectl get crd widgets.example.com -o 'jsonpath={.status.storedVersions}'
check 'which the definition says' '^False MigrationSucceeded The migration has succeeded and the stored versions have been updated$' \
  kubectl get crd widgets.example.com -o 'jsonpath={range .status.conditions[?(@.type=="StorageMigrating")]}{.status} {.reason} {.message}{end}'
check 'the object was written' '^200 ' request GET $api/widgets/a
check 'at a new revision' '^yes$' bash -c "[ $revision -lt $(of_answer 'd["metadata"]["resourceVersion"]') ] && echo yes"
check 'and as it was' '^red 1$' kubectl get widget a -o 'jsonpath={.spec.color} {.metadata.generation}'
check 'a second one finds nothing to write' '^201 ' request POST /apis/storagemigration.k8s.io/v1/storageversionmigrations \
  '{"metadata":{"name":"again"},"spec":{"resource":{"group":"example.com","resource":"widgets"}}}'
revision=$(kubectl get widget a -o 'jsonpath={.metadata.resourceVersion}')
eventually 'it ends well' 20 'again +widgets.example.com +Succeeded' kubectl get storageversionmigrations
check 'and has written nothing' "^$revision\$" kubectl get widget a -o 'jsonpath={.metadata.resourceVersion}'
check 'the version may go, in which nothing is stored' 'patched' kubectl patch crd widgets.example.com --type=json -p '[{"op":"remove","path":"/spec/versions/0"}]'
check 'its resource is fixed' '^422 .*field is immutable' merge /apis/storagemigration.k8s.io/v1/storageversionmigrations/again '{"spec":{"resource":{"resource":"pods"}}}'
check 'one of a resource that cannot be migrated' '^201 ' request POST /apis/storagemigration.k8s.io/v1/storageversionmigrations \
  '{"metadata":{"name":"tokens"},"spec":{"resource":{"group":"authentication.k8s.io","resource":"tokenreviews"}}}'
check 'waits a little' '^\[\]$' kubectl get storageversionmigration tokens -o 'jsonpath=[{.status.conditions}]'
finish
