@0xd77472e08fd75582;
# The scale subresource of the group autoscaling/v1, through which anything with replicas is scaled
# in the same way.

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
