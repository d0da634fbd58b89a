@0xe5b7a3d8c91f6042;
# The group autoscaling/v2: HorizontalPodAutoscaler by any metrics. It is what autoscalers are stored as;
# autoscaling_v1.capnp is an older view of them.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::autoscaling_v2");

struct HorizontalPodAutoscaler $C.openapi("io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler") {
  # Keeps the number of replicas of a scalable object in step with what metrics say of its load.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :HorizontalPodAutoscalerSpec $C.proto([2]) $C.required;
  # What is scaled, how far and by which metrics.
  status @2 :HorizontalPodAutoscalerStatus $C.proto([3]) $C.always;
  # What was measured last and what came of it. Written by the controller.
}

struct HorizontalPodAutoscalerSpec $C.openapi("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec") {
  # What is scaled, how far and by which metrics.
  scaleTargetRef @0 :CrossVersionObjectReference $C.proto([1]) $C.required;
  # The object that is scaled, through its subresource scale.
  minReplicas @1 :Meta.Int32Value $C.proto([2]);
  # The fewest replicas that there may be. Defaults to 1; 0 takes a metric of the type Object or
  # External.
  maxReplicas @2 :Int32 $C.proto([3]) $C.required;
  # The most replicas that there may be. Not less than minReplicas.
  metrics @3 :List(MetricSpec) $C.proto([4]) $C.listType("atomic");
  # What the number of replicas is computed from. Each metric gives a number, and the greatest counts.
  # Defaults to a cpu utilization of 80 percent.
  behavior @4 :HorizontalPodAutoscalerBehavior $C.proto([5]);
  # How fast the number may rise and fall. Absent: by the defaults of both directions.
}

struct HorizontalPodAutoscalerStatus $C.openapi("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus") {
  # What was measured last and what came of it.
  observedGeneration @0 :Meta.Int64Value $C.proto([1]);
  # The metadata.generation that the controller has acted upon last.
  lastScaleTime @1 :Text $C.proto([2]) $C.format("date-time");
  # When the number of replicas was changed last.
  currentReplicas @2 :Int32 $C.proto([3]);
  # How many replicas there were when it was last looked at.
  desiredReplicas @3 :Int32 $C.proto([4]) $C.required;
  # How many replicas were found to be right then.
  currentMetrics @4 :List(MetricStatus) $C.proto([5]) $C.listType("atomic");
  # What the metrics were when they were last read.
  conditions @5 :List(HorizontalPodAutoscalerCondition) $C.proto([6]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # Whether it can scale, and what keeps it from that.
}

struct HorizontalPodAutoscalerCondition $C.openapi("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition") {
  # One aspect of the state of an autoscaler.
  type @0 :Text $C.proto([1]) $C.required;
  # The aspect: ScalingActive, AbleToScale or ScalingLimited.
  status @1 :Text $C.proto([2]) $C.required;
  # Whether the condition holds: True, False or Unknown.
  lastTransitionTime @2 :Text $C.proto([3]) $C.format("date-time");
  # When status last went from one value to another.
  reason @3 :Text $C.proto([4]);
  # Why the condition is as it is, in one CamelCase word meant for programs.
  message @4 :Text $C.proto([5]);
  # Why, in a sentence meant for people.
  observedGeneration @5 :Int64 $C.proto([6]);
  # The metadata.generation that this condition was computed from.
}

struct HorizontalPodAutoscalerBehavior $C.openapi("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior") {
  # How fast the number of replicas may change, in each direction.
  scaleUp @0 :HPAScalingRules $C.proto([1]);
  # For more replicas. By default it may grow by 4 pods or by 100 percent in 15 seconds, whichever is
  # more, without a window.
  scaleDown @1 :HPAScalingRules $C.proto([2]);
  # For fewer replicas. By default it may shrink to the least in 15 seconds, after a window of 300
  # seconds.
}

struct HPAScalingRules $C.openapi("io.k8s.api.autoscaling.v2.HPAScalingRules") {
  # How fast the number of replicas may change in one direction.
  selectPolicy @0 :Text $C.proto([1]);
  # Which of the policies counts: Max (the default), Min, or Disabled for no change at all.
  policies @1 :List(HPAScalingPolicy) $C.proto([2]) $C.listType("atomic");
  # By how much the number may change in which time. At least one.
  stabilizationWindowSeconds @2 :Meta.Int32Value $C.proto([3]);
  # For how many seconds past recommendations are considered, so that the number does not flutter. From
  # 0 to 3600.
  tolerance @3 :Text $C.proto([4]) $C.format("quantity");
  # How far a metric may be off its target before anything is changed, as a part of it. Defaults to 10
  # percent for the whole cluster.
}

struct HPAScalingPolicy $C.openapi("io.k8s.api.autoscaling.v2.HPAScalingPolicy") {
  # By how much the number of replicas may change in which time.
  type @0 :Text $C.proto([1]) $C.required;
  # Pods for a number of them, Percent for a part of those there are.
  value @1 :Int32 $C.proto([2]) $C.required;
  # By how much. Greater than zero.
  periodSeconds @2 :Int32 $C.proto([3]) $C.required;
  # In how many seconds. From 1 to 1800.
}

struct CrossVersionObjectReference $C.openapi("io.k8s.api.autoscaling.v2.CrossVersionObjectReference") {
  # Names an object by its kind, in whichever version.
  kind @0 :Text $C.proto([1]) $C.required;
  # The object's kind.
  name @1 :Text $C.proto([2]) $C.required;
  # The object's name.
  apiVersion @2 :Text $C.proto([3]);
  # The group and version of the object's kind.
}

struct MetricSpec $C.openapi("io.k8s.api.autoscaling.v2.MetricSpec") {
  # One metric to scale by. The member that type names is set, and no other.
  type @0 :Text $C.proto([1]) $C.required;
  # Object, Pods, Resource, ContainerResource or External.
  object @1 :ObjectMetricSource $C.proto([2]);
  # A metric of one object in the cluster, such as the requests that an ingress takes.
  pods @2 :PodsMetricSource $C.proto([3]);
  # A metric that each pod has, averaged over all of them.
  resource @3 :ResourceMetricSource $C.proto([4]);
  # What the pods use of a resource that they may request, such as cpu.
  external @4 :ExternalMetricSource $C.proto([5]);
  # A metric from outside of the cluster.
  containerResource @5 :ContainerResourceMetricSource $C.proto([7]);
  # What one container of each pod uses of a resource.
}

struct ObjectMetricSource $C.openapi("io.k8s.api.autoscaling.v2.ObjectMetricSource") {
  # A metric of one object in the cluster, such as the requests that an ingress takes.
  describedObject @0 :CrossVersionObjectReference $C.proto([1]) $C.required;
  # The object that the metric is of.
  target @1 :MetricTarget $C.proto([2]) $C.required;
  # What it is to be.
  metric @2 :MetricIdentifier $C.proto([3]) $C.required;
  # The metric.
}

struct PodsMetricSource $C.openapi("io.k8s.api.autoscaling.v2.PodsMetricSource") {
  # A metric that each pod has, averaged over all of them.
  metric @0 :MetricIdentifier $C.proto([1]) $C.required;
  # The metric.
  target @1 :MetricTarget $C.proto([2]) $C.required;
  # What it is to be.
}

struct ResourceMetricSource $C.openapi("io.k8s.api.autoscaling.v2.ResourceMetricSource") {
  # What the pods use of a resource that they may request, such as cpu.
  name @0 :Text $C.proto([1]) $C.required;
  # The resource's name.
  target @1 :MetricTarget $C.proto([2]) $C.required;
  # What it is to be.
}

struct ContainerResourceMetricSource $C.openapi("io.k8s.api.autoscaling.v2.ContainerResourceMetricSource") {
  # What one container of each pod uses of a resource.
  name @0 :Text $C.proto([1]) $C.required;
  # The resource's name.
  target @1 :MetricTarget $C.proto([2]) $C.required;
  # What it is to be.
  container @2 :Text $C.proto([3]) $C.required;
  # The container's name in the pods.
}

struct ExternalMetricSource $C.openapi("io.k8s.api.autoscaling.v2.ExternalMetricSource") {
  # A metric from outside of the cluster.
  metric @0 :MetricIdentifier $C.proto([1]) $C.required;
  # The metric.
  target @1 :MetricTarget $C.proto([2]) $C.required;
  # What it is to be.
}

struct MetricIdentifier $C.openapi("io.k8s.api.autoscaling.v2.MetricIdentifier") {
  # Names a metric.
  name @0 :Text $C.proto([1]) $C.required;
  # The metric's name.
  selector @1 :Meta.LabelSelector $C.proto([2]);
  # Which series of the metric is meant, by its labels. Absent: the name alone says it.
}

struct MetricTarget $C.openapi("io.k8s.api.autoscaling.v2.MetricTarget") {
  # What a metric is to be. The member that type names is set.
  type @0 :Text $C.proto([1]) $C.required;
  # Utilization, Value or AverageValue.
  value @1 :Text $C.proto([2]) $C.format("quantity");
  # The value as a whole.
  averageValue @2 :Text $C.proto([3]) $C.format("quantity");
  # The average over all pods.
  averageUtilization @3 :Meta.Int32Value $C.proto([4]);
  # The average over all pods, in percent of what they request. Only of a resource.
}

struct MetricStatus $C.openapi("io.k8s.api.autoscaling.v2.MetricStatus") {
  # What one metric was when it was last read. The member that type names is set.
  type @0 :Text $C.proto([1]) $C.required;
  # Object, Pods, Resource, ContainerResource or External.
  object @1 :ObjectMetricStatus $C.proto([2]);
  # A metric of one object in the cluster, such as the requests that an ingress takes.
  pods @2 :PodsMetricStatus $C.proto([3]);
  # A metric that each pod has, averaged over all of them.
  resource @3 :ResourceMetricStatus $C.proto([4]);
  # What the pods use of a resource that they may request, such as cpu.
  external @4 :ExternalMetricStatus $C.proto([5]);
  # A metric from outside of the cluster.
  containerResource @5 :ContainerResourceMetricStatus $C.proto([7]);
  # What one container of each pod uses of a resource.
}

struct ObjectMetricStatus $C.openapi("io.k8s.api.autoscaling.v2.ObjectMetricStatus") {
  # What it was: a metric of one object in the cluster, such as the requests that an ingress takes.
  metric @0 :MetricIdentifier $C.proto([1]) $C.required;
  # The metric.
  current @1 :MetricValueStatus $C.proto([2]) $C.required;
  # What it was.
  describedObject @2 :CrossVersionObjectReference $C.proto([3]) $C.required;
  # The object that the metric is of.
}

struct PodsMetricStatus $C.openapi("io.k8s.api.autoscaling.v2.PodsMetricStatus") {
  # What it was: a metric that each pod has, averaged over all of them.
  metric @0 :MetricIdentifier $C.proto([1]) $C.required;
  # The metric.
  current @1 :MetricValueStatus $C.proto([2]) $C.required;
  # What it was.
}

struct ResourceMetricStatus $C.openapi("io.k8s.api.autoscaling.v2.ResourceMetricStatus") {
  # What it was: what the pods use of a resource that they may request, such as cpu.
  name @0 :Text $C.proto([1]) $C.required;
  # The resource's name.
  current @1 :MetricValueStatus $C.proto([2]) $C.required;
  # What it was.
}

struct ContainerResourceMetricStatus $C.openapi("io.k8s.api.autoscaling.v2.ContainerResourceMetricStatus") {
  # What it was: what one container of each pod uses of a resource.
  name @0 :Text $C.proto([1]) $C.required;
  # The resource's name.
  current @1 :MetricValueStatus $C.proto([2]) $C.required;
  # What it was.
  container @2 :Text $C.proto([3]) $C.required;
  # The container's name in the pods.
}

struct ExternalMetricStatus $C.openapi("io.k8s.api.autoscaling.v2.ExternalMetricStatus") {
  # What it was: a metric from outside of the cluster.
  metric @0 :MetricIdentifier $C.proto([1]) $C.required;
  # The metric.
  current @1 :MetricValueStatus $C.proto([2]) $C.required;
  # What it was.
}

struct MetricValueStatus $C.openapi("io.k8s.api.autoscaling.v2.MetricValueStatus") {
  # What a metric was.
  value @0 :Text $C.proto([1]) $C.format("quantity");
  # The value as a whole.
  averageValue @1 :Text $C.proto([2]) $C.format("quantity");
  # The average over all pods.
  averageUtilization @2 :Meta.Int32Value $C.proto([3]);
  # The average over all pods, in percent of what they request.
}
