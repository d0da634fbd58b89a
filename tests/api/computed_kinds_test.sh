#!/bin/bash
# Kinds that nothing stores: what they are is computed when somebody asks. ComponentStatus tells of the server's own parts; of
# metrics there is nothing to tell without nodes (tests/cluster/metrics_test.sh has some).
build=${1:?usage: computed_kinds_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
. "$here/requests.sh"
need curl openssl
cat >"$work/none.toml" <<'TOML'
[schedulers]
enabled = []
TOML
start_server --config "$work/none.toml"
. "$here/../bare_client.sh"
statuses=/api/v1/componentstatuses

echo '# what is there'
check 'resources' 'componentstatuses +cs +v1 +false +ComponentStatus +get,list' kubectl api-resources -o wide --api-group=
check 'by kubectl' 'NAME +STATUS +MESSAGE +ERROR.*controller-manager +Healthy +ok.*etcd-0 +Healthy +ok.*scheduler +Unhealthy +no scheduler is running' kubectl get cs
check 'one' 'etcd-0 +Healthy' kubectl get componentstatus etcd-0
check 'with a warning' '^200 299 - "v1 ComponentStatus is deprecated in v1.19\+" \{"kind":"ComponentStatusList","apiVersion":"v1","metadata":\{\},"items":\[\{"metadata":\{"name":"controller-manager"\},"conditions":\[\{"type":"Healthy","status":"True","message":"ok"\}\]\}' request GET $statuses
check 'one by its path' '^200 .*\{"apiVersion":"v1","kind":"ComponentStatus","metadata":\{"name":"scheduler"\},"conditions":\[\{"type":"Healthy","status":"False"' request GET $statuses/scheduler
check 'none of that name' '^404 .*componentstatuses \\"nothing\\" not found' request GET $statuses/nothing
check 'pages are passed over' '"name":"controller-manager".*"name":"etcd-0".*"name":"scheduler"' request GET "$statuses?limit=1&continue=x"
check 'a field chooses' '^200 [^[]*\[\{"metadata":\{"name":"etcd-0"\}[^]]*\]\}\]\}' request GET "$statuses?fieldSelector=metadata.name%3Detcd-0"
check 'labels choose' '"items":\[\]' request GET "$statuses?labelSelector=a%3Db"
check_fails 'a field that is none' '"spec.x" is not a known field selector' kubectl get cs --field-selector=spec.x=y
check 'as YAML' 'kind: ComponentStatus' kubectl get cs etcd-0 -o yaml
check 'explained' 'KIND: +ComponentStatus.*conditions' kubectl explain componentstatuses
check 'in OpenAPI' 'io.k8s.api.core.v1.ComponentStatusList' kubectl get --raw /openapi/v2
check 'the metadata alone' '^200 .*"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":\{\},"items":\[\{"kind":"PartialObjectMetadata"' \
  accepting 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' request GET $statuses

echo '# what there is not'
for try in "POST $statuses" "DELETE $statuses" "PUT $statuses/scheduler" "PATCH $statuses/scheduler" "DELETE $statuses/scheduler" \
    "GET $statuses?watch=true"; do
  check "$try" '^405 .*the server does not allow this method on the requested resource' request $try '{}'
done
check_fails 'a watch with kubectl' 'MethodNotAllowed|does not allow this method' kubectl get cs -w

echo '# who may look'
check 'an account' 'created' kubectl create serviceaccount nobody
nobody=$(token_of default nobody)
check 'not everybody' '^403 .*componentstatuses is forbidden: User .*nobody.* cannot list resource .*componentstatuses' bearer "$nobody" request GET $statuses
check 'not at what is not there either' '^403 ' bearer "$nobody" request GET $statuses/nothing
check 'a role' 'created' kubectl create clusterrole looks --verb=get --resource=componentstatuses --resource-name=scheduler
check 'given' 'created' kubectl create clusterrolebinding looks --clusterrole=looks --serviceaccount=default:nobody
eventually 'at the one that is named' 5 '^200 ' bearer "$nobody" request GET $statuses/scheduler
check 'and no other' '^403 ' bearer "$nobody" request GET $statuses/etcd-0

echo '# metrics'
check 'the group' 'metrics.k8s.io/v1beta1' kubectl api-versions
check 'its resources' 'NodeMetrics +get,list.*PodMetrics +get,list' kubectl api-resources --api-group=metrics.k8s.io -o wide
check 'its service is this server' 'v1beta1.metrics.k8s.io +Local +True' kubectl get apiservice v1beta1.metrics.k8s.io
check 'of no nodes' '^200 \{"kind":"NodeMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":\{\},"items":\[\]\}' request GET /apis/metrics.k8s.io/v1beta1/nodes
check 'of pods nowhere' '^200 .*"items":\[\]' request GET /apis/metrics.k8s.io/v1beta1/pods
check 'of one that is not there' '^404 .*pods.metrics.k8s.io \\"web\\" not found' request GET /apis/metrics.k8s.io/v1beta1/namespaces/default/pods/web
check 'a node without metrics' 'created' kubectl create -f - <<<'{"apiVersion":"v1","kind":"Node","metadata":{"name":"silent"}}'
check 'has none' '^404 .*nodes.metrics.k8s.io \\"silent\\" not found' request GET /apis/metrics.k8s.io/v1beta1/nodes/silent
check_fails 'as kubectl says' 'metrics not available yet' kubectl top nodes
finish
