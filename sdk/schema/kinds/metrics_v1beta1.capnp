@0xd2255a348d403d5f;
# Kinds of metrics.k8s.io/v1beta1: what nodes and pods use of processor and memory. Computed when they are asked for, never
# stored. The format "duration" of a Text is a span of time as Go writes it: "1m30s".

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::metrics_v1beta1");

struct NodeMetrics $C.openapi("io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics") {
  # What a node uses.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # The node's name and labels.
  timestamp @1 :Text $C.proto([2]) $C.format("date-time") $C.required;
  # The end of the time that was looked at.
  window @2 :Text $C.proto([3]) $C.format("duration") $C.required;
  # How long that time was.
  usage @3 :List(Meta.TextEntry) $C.proto([4]) $C.format("quantity") $C.required;
  # The memory in use at its end, and the processor time used in it, as so many processors.
}

struct PodMetrics $C.openapi("io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics") {
  # What the containers of a pod use.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # The pod's name, namespace and labels.
  timestamp @1 :Text $C.proto([2]) $C.format("date-time") $C.required;
  # The end of the time that was looked at.
  window @2 :Text $C.proto([3]) $C.format("duration") $C.required;
  # How long that time was.
  containers @3 :List(ContainerMetrics) $C.proto([4]) $C.required;
  # Each container that runs.
}

struct ContainerMetrics $C.openapi("io.k8s.metrics.pkg.apis.metrics.v1beta1.ContainerMetrics") {
  # What a container uses.
  name @0 :Text $C.proto([1]) $C.required;
  # The container's name in its pod.
  usage @1 :List(Meta.TextEntry) $C.proto([2]) $C.format("quantity") $C.required;
  # The memory in use, and the processor time used, as so many processors.
}
