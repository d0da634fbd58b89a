@0xb924b2feb10bea26;
# The kind of the group scheduling.k8s.io/v1: PriorityClass, the names by which pods say how important they are.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::scheduling_v1");

struct PriorityClass $C.openapi("io.k8s.api.scheduling.v1.PriorityClass") {
  # A name for how important pods are. Pods name it in priorityClassName and are given its value as their priority when they
  # are created.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. Names that begin with system- are
  # the cluster's own.
  value @1 :Int32 $C.proto([2]) $C.always;
  # The priority that pods of this class get; higher is more important. At most 1000000000, above which is the cluster's
  # own. Cannot be changed.
  globalDefault @2 :Bool $C.proto([3]);
  # Whether pods that name no class are of this one. Only one class can say so; of several that were made at the same
  # moment the one with the lowest value counts.
  description @3 :Text $C.proto([4]);
  # For people: which pods the class is meant for.
  preemptionPolicy @4 :Text $C.proto([5]) $C.optional $C.values(["Never", "PreemptLowerPriority"]);
  # PreemptLowerPriority lets pods of this class push out less important ones; Never makes them wait. Defaults to
  # PreemptLowerPriority. Cannot be changed.
}
