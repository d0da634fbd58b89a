#!/bin/bash
# What becomes of objects as people and charts write them: what is overlooked, filled in and dropped, as Kubernetes 1.37 does.
build=${1:?usage: written_objects_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl
start_server
until_true 20 kubectl get serviceaccount default
core=/api/v1/namespaces/default
template='"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"c","image":"i"}]'
value() { of_answer "d$1"; }  # of what was answered last

echo '# a namespace of an object that is in none is overlooked'
roles=/apis/rbac.authorization.k8s.io/v1/clusterroles
role() { printf '{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"r","namespace":"somewhere"%s},"rules":[]}' "$1"; }
check 'in a create' '^201 ' request POST "$roles" "$(role '')"
check 'in an update' '^200 ' request PUT "$roles/r" "$(role ',"labels":{"a":"b"}')"
check 'in a patch' '^200 ' sending application/merge-patch+json request PATCH "$roles/r" '{"metadata":{"namespace":"somewhere"}}'
check 'in an apply' '^200 ' sending application/apply-patch+yaml request PATCH "$roles/r?fieldManager=m&force=true" "$(role '')"
check 'and is not kept' '^False$' value '["metadata"].get("namespace", False)'
check 'in a review' '^201 .*"allowed":true' request POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews \
  '{"metadata":{"namespace":"somewhere"},"spec":{"resourceAttributes":{"verb":"get","resource":"pods"}}}'
check 'one of another namespace is not' '^400 .*the namespace of the provided object does not match the namespace sent on the request' \
  request POST "$core/configmaps" '{"metadata":{"name":"m","namespace":"somewhere"}}'

echo '# a job without labels has those of its pods'
jobs=/apis/batch/v1/namespaces/default/jobs
job() { printf '{"metadata":{"name":"%s"%s},"spec":{"suspend":true,"template":{"metadata":{"labels":{"app":"a"}},"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}' "$1" "$2"; }
check 'all of them' '^201 ' request POST "$jobs" "$(job plain '')"
check 'also those that they get' '^app batch.kubernetes.io/controller-uid batch.kubernetes.io/job-name controller-uid job-name$' value '["metadata"]["labels"] and " ".join(sorted(d["metadata"]["labels"]))'
check 'is found by them' '^job.batch/plain$' kubectl get jobs -l job-name=plain -o name
check 'labels of its own' '^201 ' request POST "$jobs" "$(job own ',"labels":{"mine":"yes"}')"
check 'are all it has' '^..mine.: .yes..$' value '["metadata"]["labels"]'

echo '# what is filled in'
v1=/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers
scaler() { printf '{"metadata":{"name":"%s"},"spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},"maxReplicas":3%s}}' "$1" "$2"; }
check 'an autoscaler without a metric' '^201 ' request POST "$v1" "$(scaler a '')"
check 'is for 80 % of the processor' '^80$' value '["spec"]["targetCPUUtilizationPercentage"]'
check 'a percentage' '^201 ' request POST "$v1" "$(scaler b ',"targetCPUUtilizationPercentage":50')"
check 'stays' '^50$' value '["spec"]["targetCPUUtilizationPercentage"]'
volume='"volumes":[{"name":"v","hostPath":{"path":"/x"}}]'
check 'a folder of the node' '^201 ' request POST "$core/pods" '{"metadata":{"name":"h"},"spec":{"containers":[{"name":"c","image":"i"}],'"$volume"'}}'
check 'is not looked at first' "^\{'path': '/x', 'type': ''\}$" value '["spec"]["volumes"][0]["hostPath"]'
check 'also in a template' '^201 ' request POST /apis/apps/v1/namespaces/default/deployments \
  '{"metadata":{"name":"h"},"spec":{"paused":true,"replicas":0,"selector":{"matchLabels":{"app":"a"}},"template":{'"$template,$volume"'}}}}'
check 'is not' "^\{'path': '/x', 'type': ''\}$" value '["spec"]["template"]["spec"]["volumes"][0]["hostPath"]'

echo '# what is dropped'
check 'a node that is configured by the API, without a warning' '^201 \{' request POST /api/v1/nodes \
  '{"metadata":{"name":"n"},"spec":{"configSource":{"configMap":{"name":"a","namespace":"b","kubeletConfigKey":"c"}}},"status":{"config":{"error":"e"}}}'
check 'is not' '^None None$' value '["spec"].get("configSource"), print(d["spec"].get("configSource"), d["status"].get("config")), exit()'
check 'secrets of an account' '^201 ' request POST "$core/serviceaccounts" '{"metadata":{"name":"s"},"secrets":[{"name":"a","kind":"Secret","uid":"u","fieldPath":"f"}]}'
check 'are names' "^\[\{'name': 'a'\}\]$" value '["secrets"]'
check 'a topology of older versions' '^201 ' request POST /apis/discovery.k8s.io/v1/namespaces/default/endpointslices \
  '{"metadata":{"name":"e"},"addressType":"IPv4","endpoints":[{"addresses":["192.0.2.1"],"deprecatedTopology":{"a":"b"}}]}'
check 'is none' "^\{'addresses': \['192.0.2.1'\], 'conditions': \{\}\}$" value '["endpoints"][0]'

echo '# finalizers: some groups know names without a domain'
lease=/apis/coordination.k8s.io/v1/namespaces/default/leases
check 'of a lease any name will do' '^201 ' request POST "$lease" '{"metadata":{"name":"l","finalizers":["mine"]},"spec":{}}'
check 'that is one' '^422 .*Lease.coordination.k8s.io \\"l2\\" is invalid: metadata.finalizers: Invalid value: \\"a b\\": name part must' \
  request POST "$lease" '{"metadata":{"name":"l2","finalizers":["a b"]},"spec":{}}'
check 'of a budget too' '^201 ' request POST /apis/policy/v1/namespaces/default/poddisruptionbudgets \
  '{"metadata":{"name":"b","finalizers":["mine"]},"spec":{"minAvailable":1,"selector":{"matchLabels":{"a":"b"}}}}'
check 'of a config map it will not' '^422 .*name is neither a standard finalizer name nor is it fully qualified' \
  request POST "$core/configmaps" '{"metadata":{"name":"f","finalizers":["mine"]}}'

echo '# updates and ends'
migrations=/apis/storagemigration.k8s.io/v1/storageversionmigrations
migration='{"metadata":{"name":"m"},"spec":{"resource":{"group":"","resource":"configmaps"}}}'
check 'a migration' '^201 ' request POST "$migrations" "$migration"
check 'is updated by its revision alone' '^422 .*metadata.resourceVersion: Invalid value: 0: must be specified for an update' request PUT "$migrations/m" "$migration"
check 'a namespace that is kept' '^201 ' request POST /api/v1/namespaces '{"metadata":{"name":"kept"},"spec":{"finalizers":["kubernetes","a.example/f"]}}'
check 'ends when others let it' '^200 ' request DELETE /api/v1/namespaces/kept
check 'and has no time of its own for that' '^True None$' value '["metadata"].get("x"), print("deletionTimestamp" in d["metadata"], d["metadata"].get("deletionGracePeriodSeconds")), exit()'

echo '# an event is called what it is in the core group'
check 'also where it comes from the other' '^422 .*"message":"Event \\"e\\" is invalid: .*"details":\{"name":"e","kind":"Event"' \
  request POST /apis/events.k8s.io/v1/namespaces/default/events '{"metadata":{"name":"e"}}'

echo '# what is applied and does not fit the schema is an error without a reason'
check 'of the code alone' '^500 .*field not declared in schema","code":500\}$' sending application/apply-patch+yaml \
  request PATCH "$core/configmaps/odd?fieldManager=m" '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"odd"},"unknown":1}'
check 'who owns what is not applied, not even as nothing' '^400 .*metadata.managedFields must be nil' sending application/apply-patch+yaml \
  request PATCH "$core/configmaps/odd?fieldManager=m" '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"odd","managedFields":[]}}'

finish
