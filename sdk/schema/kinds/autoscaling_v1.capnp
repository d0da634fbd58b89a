@0xd77472e08fd75582;
# The group autoscaling/v1: the scale subresource, through which anything with replicas is scaled in the same way, and
# HorizontalPodAutoscaler by the use of cpu.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::autoscaling_v1");

struct Scale $C.openapi("io.k8s.api.autoscaling.v1.Scale") {
  # The view of a scalable object that its scale subresource gives: how many replicas it wants and
  # has.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Metadata of the object being scaled. On a write, its resourceVersion guards against lost
  # updates.
  spec @1 :ScaleSpec $C.proto([2]) $C.always;
  # The number of replicas wanted. The only part a write changes.
  status @2 :ScaleStatus $C.proto([3]) $C.always;
  # The number of replicas there are.
}

struct ScaleSpec $C.openapi("io.k8s.api.autoscaling.v1.ScaleSpec") {
  # The desired scale.
  replicas @0 :Int32 $C.proto([1]);
  # How many replicas are wanted. Must not be negative.
}

struct ScaleStatus $C.openapi("io.k8s.api.autoscaling.v1.ScaleStatus") {
  # The observed scale.
  replicas @0 :Int32 $C.proto([1]) $C.required;
  # How many replicas there are.
  selector @1 :Text $C.proto([2]);
  # The label selector of the replicas' pods, written as in the labelSelector parameter of a
  # request. Autoscalers find the pods with it.
}

struct HorizontalPodAutoscaler $C.openapi("io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler") {
  # Keeps the number of replicas of a scalable object in step with the cpu that its pods use. What
  # autoscaling/v2 says beyond that stands in annotations.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :HorizontalPodAutoscalerSpec $C.proto([2]) $C.required;
  # What is scaled, how far and by which metrics.
  status @2 :HorizontalPodAutoscalerStatus $C.proto([3]) $C.always;
  # What was measured last and what came of it. Written by the controller.
}

struct HorizontalPodAutoscalerSpec $C.openapi("io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec") {
  # What is scaled, how far, and by which use of cpu.
  scaleTargetRef @0 :CrossVersionObjectReference $C.proto([1]) $C.required;
  # The object that is scaled, through its subresource scale.
  minReplicas @1 :Meta.Int32Value $C.proto([2]);
  # The fewest replicas that there may be. Defaults to 1; 0 takes a metric of the type Object or
  # External.
  maxReplicas @2 :Int32 $C.proto([3]) $C.required;
  # The most replicas that there may be. Not less than minReplicas.
  targetCPUUtilizationPercentage @3 :Meta.Int32Value $C.proto([4]);
  # The average use of cpu that is aimed for, in percent of what the pods request. Absent: as other
  # metrics say, or 80.
}

struct HorizontalPodAutoscalerStatus $C.openapi("io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus") {
  # What was measured last and what came of it.
  observedGeneration @0 :Meta.Int64Value $C.proto([1]);
  # The metadata.generation that the controller has acted upon last.
  lastScaleTime @1 :Text $C.proto([2]) $C.format("date-time");
  # When the number of replicas was changed last.
  currentReplicas @2 :Int32 $C.proto([3]) $C.required;
  # How many replicas there were when it was last looked at.
  desiredReplicas @3 :Int32 $C.proto([4]) $C.required;
  # How many replicas were found to be right then.
  currentCPUUtilizationPercentage @4 :Meta.Int32Value $C.proto([5]);
  # The average use of cpu over all pods when it was last measured, in percent of what they request.
}

struct CrossVersionObjectReference $C.openapi("io.k8s.api.autoscaling.v1.CrossVersionObjectReference") $C.mapType("atomic") {
  # Names an object by its kind, in whichever version.
  kind @0 :Text $C.proto([1]) $C.required;
  # The object's kind.
  name @1 :Text $C.proto([2]) $C.required;
  # The object's name.
  apiVersion @2 :Text $C.proto([3]);
  # The group and version of the object's kind.
}
