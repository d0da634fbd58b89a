#!/bin/bash
# The horizontal pod autoscaler without a node, so without metrics: what it does all the same, and how it says what it lacks.
# tests/cluster/metrics_test.sh has busy pods.
build=${1:?usage: autoscaler_test.sh BUILD_DIR}
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
need openssl python3
cat >"$work/quick.toml" <<'TOML'
[plugins.controller-horizontal-pod-autoscaler]
sync_period = "1s"
downscale_stabilization = "1s"
TOML
start_server --config "$work/quick.toml"
until_true 20 kubectl get serviceaccount default

autoscaler() {  # NAME TARGET MIN MAX METRICS
  kubectl apply -f - <<YAML
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: $1}
spec:
  scaleTargetRef: {$2}
  minReplicas: $3
  maxReplicas: $4
  metrics: [$5]
YAML
}
cpu='{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}'
web='apiVersion: apps/v1, kind: Deployment, name: web'
condition() { kubectl get hpa "$1" -o "jsonpath={range .status.conditions[?(@.type==\"$2\")]}{.status} {.reason}: {.message}{end}"; }
events() { kubectl get events --field-selector "involvedObject.kind=HorizontalPodAutoscaler,involvedObject.name=$1" -o 'custom-columns=R:.reason,M:.message' --no-headers; }
replicas() { kubectl get "$1" -o 'jsonpath={.spec.replicas}'; }

echo '# bounds'
check 'a deployment' 'created' kubectl create deployment web --image=registry.example/web:1
check 'an autoscaler that wants two at least' 'created' autoscaler web "$web" 2 4 "$cpu"
eventually 'there are two' 10 '^2$' replicas deployment/web
eventually 'as it says' 10 'SuccessfulRescale +New size: 2; reason: Current number of replicas below Spec.MinReplicas' events web
eventually 'its target is there' 5 '^True SucceededGetScale: the HPA controller was able to get the target.s current scale$' condition web AbleToScale
check 'more than there may be' 'scaled' kubectl scale deployment web --replicas=9
eventually 'are four' 10 '^4$' replicas deployment/web
eventually 'as it says' 10 'New size: 4; reason: Current number of replicas above Spec.MaxReplicas' events web

echo '# what cannot be measured'
eventually 'it says so' 10 '^False FailedGetResourceMetric: the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API$' condition web ScalingActive
eventually 'by events too' 5 'FailedComputeMetricsReplicas +invalid metrics \(1 invalid out of 1\), first error is: failed to get cpu resource metric value: failed to get cpu utilization' events web
eventually 'it is seen' 5 'web +Deployment/web +cpu: <unknown>/50% +2 +4 +4' kubectl get hpa web
check 'and described' 'ScalingActive +False +FailedGetResourceMetric' kubectl describe hpa web
check 'another metric' 'configured' autoscaler web "$web" 2 4 '{type: External, external: {metric: {name: queue}, target: {type: Value, value: "5"}}}'
eventually 'nobody serves' 10 '^False FailedGetExternalMetric: the HPA was unable to compute the replica count: unable to get external metric default/queue/nil: unable to fetch metrics from external metrics API: the server could not find the requested resource \(get queue.external.metrics.k8s.io\)$' condition web ScalingActive
check 'a condition says nothing of generations' '^;[0-9]+$' kubectl get hpa web -o 'jsonpath={.status.conditions[*].observedGeneration};{.status.observedGeneration}'
eventually 'an event tells of it in Kubernetes'"'"' words' 10 'first error is: failed to get queue external metric value: failed to get (external metric queue|queue external metric): unable to get' \
  kubectl get events --field-selector involvedObject.name=web,reason=FailedComputeMetricsReplicas -o 'jsonpath={range .items[*]}{.message}{"\n"}{end}'
check 'one of pods' 'configured' autoscaler web "$web" 2 4 '{type: Pods, pods: {metric: {name: hits}, target: {type: AverageValue, averageValue: "5"}}}'
eventually 'nobody either' 10 '^False FailedGetPodsMetric: .*unable to get metric hits: unable to fetch metrics from custom metrics API: no custom metrics API \(custom.metrics.k8s.io\) registered$' condition web ScalingActive
check 'one of an object' 'configured' autoscaler web "$web" 2 4 '{type: Object, object: {metric: {name: hits}, describedObject: {apiVersion: networking.k8s.io/v1, kind: Ingress, name: front}, target: {type: Value, value: "5"}}}'
eventually 'nor of that' 10 '^False FailedGetObjectMetric: .*unable to get metric hits on Ingress default/front: .*no custom metrics API' condition web ScalingActive

echo '# nothing to scale'
check 'down to nothing' 'scaled' kubectl scale deployment web --replicas=0
eventually 'is let be' 10 '^False ScalingDisabled: scaling is disabled since the replica count of the target is zero$' condition web ScalingActive
queue='{type: External, external: {metric: {name: queue}, target: {type: AverageValue, averageValue: "5"}}}'
check 'one that may go down to nothing' 'configured' autoscaler web "$web" 0 4 "$queue"
check 'runs' 'scaled' kubectl scale deployment web --replicas=1
eventually 'and is measured' 10 '^False FailedGetExternalMetric: ' condition web ScalingActive
check 'a user sets it to nothing' 'scaled' kubectl scale deployment web --replicas=0
eventually 'it is let be as well' 10 '^False ScalingDisabled: scaling is disabled since the replica count of the target is zero$' condition web ScalingActive
check 'which was not done here' '^False NotScaledToZero: the HPA controller did not scale the workload to zero$' condition web ScaledToZero
check 'one for what is not there' 'created' autoscaler gone 'apiVersion: apps/v1, kind: Deployment, name: gone' 1 2 "$cpu"
eventually 'says so' 10 '^False FailedGetScale: the HPA controller was unable to get the target.s current scale: .*"gone" not found' condition gone AbleToScale
check 'one for what nobody knows' 'created' autoscaler odd 'apiVersion: example.com/v9, kind: Gadget, name: odd' 1 2 "$cpu"
eventually 'says so' 10 'no matches for kind "Gadget" in group "example.com"' condition odd AbleToScale
kubectl apply -f - >/dev/null <<'YAML'
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: none}
spec:
  selector: {matchLabels: {app: none}}
  template: {metadata: {labels: {app: none}}, spec: {containers: [{name: c, image: i}]}}
YAML
check 'one for what has no scale' 'created' autoscaler none 'apiVersion: apps/v1, kind: DaemonSet, name: none' 1 2 "$cpu"
eventually 'says so' 10 '^False FailedGetScale: .*the server could not find the requested resource' condition none AbleToScale

echo '# down to nothing and back'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=metrics -addext 'subjectAltName=DNS:metrics.default.svc' \
  -keyout "$work/metrics.key" -out "$work/metrics.crt" 2>/dev/null
metricsPort=$(free_port)
echo 12 >"$work/waiting"
python3 "$here/metrics_server.py" "$metricsPort" "$work/metrics.crt" "$work/metrics.key" "$work/waiting" &
metrics=$!
trap 'code=$?; kill $metrics 2>/dev/null; (exit $code); clean_up' EXIT
until_true 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$metricsPort" 2>/dev/null
check 'a server of metrics' 'created' kubectl apply -f - <<YAML
apiVersion: v1
kind: Service
metadata: {name: metrics}
spec: {type: ExternalName, externalName: localhost}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.external.metrics.k8s.io}
spec:
  group: external.metrics.k8s.io
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  service: {namespace: default, name: metrics, port: $metricsPort}
  caBundle: $(base64 -w0 <"$work/metrics.crt")
YAML
check 'a deployment' 'created' kubectl create deployment shop --image=registry.example/shop:1
check 'that goes by how many wait' 'created' autoscaler shop 'apiVersion: apps/v1, kind: Deployment, name: shop' 0 4 "$queue"
eventually 'has one for each five' 30 '^3$' replicas deployment/shop
check 'not by nothing' '^False NotScaledToZero: ' condition shop ScaledToZero
echo 0 >"$work/waiting"
eventually 'none where nobody waits' 30 '^0$' replicas deployment/shop
eventually 'as it says' 10 '^True ScaledToZero: the HPA controller scaled the workload to zero$' condition shop ScaledToZero
eventually 'and looks on' 10 '^True ValidMetricFound: ' condition shop ScalingActive
echo 7 >"$work/waiting"
eventually 'so it comes back' 30 '^2$' replicas deployment/shop
eventually 'as it says' 10 '^False NotScaledToZero: the HPA controller did not scale the workload to zero$' condition shop ScaledToZero
check 'a user sets it to nothing' 'scaled' kubectl scale deployment shop --replicas=0
eventually 'then it stays' 10 '^False ScalingDisabled: ' condition shop ScalingActive
check 'as it is' '^0$' replicas deployment/shop

echo '# what users bring'
check 'a definition' 'created' kubectl apply -f - <<'YAML'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: farms.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: farms, singular: farm, kind: Farm}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {replicas: {type: integer}}}, status: {type: object, properties: {replicas: {type: integer}, selector: {type: string}}}}}}
    subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas, labelSelectorPath: .status.selector}}
YAML
check 'is there' 'condition met' kubectl wait --for=condition=Established crd/farms.example.com --timeout=20s
check 'one of it' 'created' kubectl apply -f - <<<'{"apiVersion":"example.com/v1","kind":"Farm","metadata":{"name":"north"},"spec":{"replicas":1}}'
check 'its autoscaler' 'created' autoscaler north 'apiVersion: example.com/v1, kind: Farm, name: north' 3 5 "$cpu"
eventually 'it grows' 10 '^3$' replicas farm/north
eventually 'which pods it has it does not say' 10 '^False InvalidSelector: the HPA target.s scale is missing a selector$' condition north ScalingActive
finish
