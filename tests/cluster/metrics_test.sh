#!/bin/bash
# A server and two nodes (up.sh): what nodes and pods use, as their agents measure it, and a deployment that grows while its pods
# are busy and shrinks when they rest.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/two_nodes.sh"

cat >"$work/quick.toml" <<'TOML'
[plugins.kinds-metrics]
resolution = "3s"

[plugins.controller-horizontal-pod-autoscaler]
sync_period = "2s"
TOML
deployment() {  # NAME REPLICAS SCRIPT
  kubectl apply -f - <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: {name: $1}
spec:
  replicas: $2
  selector: {matchLabels: {app: $1}}
  template:
    metadata: {labels: {app: $1}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {name: main, image: "cleat-demo:1", command: [sh, -c, '$3'], resources: {requests: {cpu: 100m}, limits: {cpu: 300m}}}
      - {name: side, image: "cleat-demo:1", command: [sleep, "10000"], resources: {requests: {cpu: 10m}}}
YAML
}
# Whether the deployment's pods use so many thousandths of a processor and more.
busy() { kubectl top pods -l "app=$1" --no-headers | awk -v least="$2" '{ used += $2 } END { print (used >= least ? "busy" : "idle"), used }'; }
raw() { kubectl get --raw "$1"; }

check 'a cluster of two nodes starts' 'a server and 2 nodes' up start "$cluster" 2 "$work/quick.toml"
sh "$here/../../etc/demo-image.sh" "$work/demo.tar"
check 'both get an image' 'imported into 2 nodes' up import "$cluster" "$work/demo.tar"
check 'a deployment' 'created' deployment busy 1 'trap "exit 0" TERM; while :; do :; done'
check 'another' 'created' deployment rest 2 'trap "exit 0" TERM; while :; do sleep 1; done'
check 'both run' 'condition met.*condition met' kubectl wait --for=condition=Available deployment/busy deployment/rest --timeout=60s

echo '# what is used'
node=$(kubectl get nodes -o 'jsonpath={.items[0].metadata.name}')
check 'the agent tells' 'container_cpu_usage_seconds_total\{container="main",namespace="default",pod="[a-z0-9-]+"\} [0-9.]+ [0-9]{13}.*node_cpu_usage_seconds_total [0-9.]+ [0-9]{13}.*resource_scrape_error 0' \
  raw "/api/v1/nodes/$node/proxy/metrics/resource"
check 'also in one document' '"nodeName":"'"$node"'".*"usageCoreNanoSeconds":[0-9]+.*"workingSetBytes":[0-9]+.*"podRef"' raw "/api/v1/nodes/$node/proxy/stats/summary"
check 'top nodes' '(node[^ ]* +[0-9]+m +[0-9]+% +[0-9]+Mi +[0-9]+%.*){2}' kubectl top nodes
eventually 'the busy one is busy' 40 '^busy' busy busy 150
eventually 'the other rests' 20 '^idle' busy rest 60
check 'top pods' 'busy-[a-z0-9-]+ +[0-9]+m +[0-9]+Mi' kubectl top pods
check 'with containers' 'busy-[a-z0-9-]+ +main +[0-9]+m .*busy-[a-z0-9-]+ +side +[0-9]+m ' kubectl top pods -l app=busy --containers
check 'of everywhere' 'default +busy-' kubectl top pods -A
check 'by a label' '^rest-[^ ]+ .*rest-[^ ]+ [^b]*$' kubectl top pods -l app=rest --no-headers
check 'as a table' 'NAME +CPU +MEMORY +WINDOW.*busy-' kubectl get pods.metrics.k8s.io
check 'as objects' '"kind":"PodMetricsList".*"timestamp":"[0-9TZ:-]+","window":"[0-9a-z.]+","containers":\[\{"name":"main","usage":\{"cpu":"[0-9]+[nmu]?","memory":"[0-9]+(Ki|Mi)?"\}\}' \
  raw "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods?labelSelector=app%3Dbusy"

echo '# what grows with it'
hpa() {  # NAME TARGET
  kubectl apply -f - <<YAML
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: $1}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: $1}
  minReplicas: 1
  maxReplicas: 3
  metrics:
  - {type: ContainerResource, containerResource: {name: cpu, container: main, target: {type: Utilization, averageUtilization: 50}}}
  behavior: {scaleDown: {stabilizationWindowSeconds: 0, policies: [{type: Pods, value: 5, periodSeconds: 1}]}}
YAML
}
replicas() { kubectl get deployment "$1" -o 'jsonpath={.spec.replicas} {.status.readyReplicas}'; }
conditions() { kubectl get hpa "$1" -o 'jsonpath={range .status.conditions[*]}{.type}={.status},{.reason} {end}'; }
check 'an autoscaler' 'created' hpa busy
eventually 'there are three' 60 '^3 3$' replicas busy
check 'for a reason' 'SuccessfulRescale +New size: 3; reason: cpu container resource utilization \(percentage of request\) above target|New size: 3; reason: cpu container' kubectl get events --field-selector reason=SuccessfulRescale -o 'custom-columns=R:.reason,M:.message'
eventually 'as its status says' 20 'AbleToScale=True,[A-Za-z]+ ScalingActive=True,ValidMetricFound ScalingLimited=True,TooManyReplicas' conditions busy
eventually 'and its row' 20 'busy +Deployment/busy +cpu: [0-9]+%/50% +1 +3 +3' kubectl get hpa busy
check 'they rest' 'configured' deployment busy 3 'trap "exit 0" TERM; while :; do sleep 1; done'
eventually 'there is one' 90 '^1 1$' replicas busy
check 'for a reason' 'New size: 1; reason: All metrics below target' kubectl get events --field-selector reason=SuccessfulRescale -o 'custom-columns=M:.message'
finish
