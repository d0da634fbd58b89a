@0xeaa70c7812265584;
# How the pods of a workload are scheduled as a group (scheduling.k8s.io/v1alpha3), as far as kinds of other groups hold
# it. The group's own kinds are not served.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::scheduling_v1alpha3");

struct TopologyConstraint $C.openapi("io.k8s.api.scheduling.v1alpha3.TopologyConstraint") {
  # What the nodes of all pods of a group have in common.
  key @0 :Text $C.proto([1]) $C.required;
  # The node label whose value must be the same for all of them, such as one for racks.
}

struct WorkloadPodGroupAllDisruptionMode $C.openapi("io.k8s.api.scheduling.v1alpha3.WorkloadPodGroupAllDisruptionMode") {
  # All pods of a group are disrupted together. It has no settings.
}

struct WorkloadPodGroupBasicSchedulingPolicy $C.openapi("io.k8s.api.scheduling.v1alpha3.WorkloadPodGroupBasicSchedulingPolicy") {
  # Pods are scheduled one by one. It has no settings.
}

struct WorkloadPodGroupDisruptionMode $C.openapi("io.k8s.api.scheduling.v1alpha3.WorkloadPodGroupDisruptionMode") {
  # How the pods of a group may be disrupted. One of its fields is set.
  single @0 :WorkloadPodGroupSingleDisruptionMode $C.proto([1]);
  # Each pod may be disrupted by itself.
  all @1 :WorkloadPodGroupAllDisruptionMode $C.proto([2]);
  # All pods are disrupted, or none.
}

struct WorkloadPodGroupGangSchedulingPolicy $C.openapi("io.k8s.api.scheduling.v1alpha3.WorkloadPodGroupGangSchedulingPolicy") {
  # Pods are scheduled together or not at all.
  minCount @0 :Meta.Int32Value $C.proto([1]);
  # How many pods there must be room for at the same time. Absent leaves it to the workload's kind.
}

struct WorkloadPodGroupResourceClaim $C.openapi("io.k8s.api.scheduling.v1alpha3.WorkloadPodGroupResourceClaim") {
  # A claim to devices that all pods of a group share. Either its claim or its template is given.
  name @0 :Text $C.proto([1]) $C.required;
  # The name by which pods refer to it.
  resourceClaimName @1 :Text $C.proto([2]) $C.optional;
  # Name of a ResourceClaim that exists.
  resourceClaimTemplateName @2 :Text $C.proto([3]) $C.optional;
  # Name of a ResourceClaimTemplate from which each group gets a claim of its own.
}

struct WorkloadPodGroupSchedulingConstraints $C.openapi("io.k8s.api.scheduling.v1alpha3.WorkloadPodGroupSchedulingConstraints") {
  # Where the pods of a group may be placed relative to each other.
  topology @0 :List(TopologyConstraint) $C.proto([1]) $C.listType("atomic");
  # What the nodes that they are placed on have in common.
}

struct WorkloadPodGroupSchedulingPolicy $C.openapi("io.k8s.api.scheduling.v1alpha3.WorkloadPodGroupSchedulingPolicy") {
  # Whether the pods of a group wait for each other. One of its fields is set.
  basic @0 :WorkloadPodGroupBasicSchedulingPolicy $C.proto([1]);
  # They do not.
  gang @1 :WorkloadPodGroupGangSchedulingPolicy $C.proto([2]);
  # They are scheduled together.
}

struct WorkloadPodGroupSingleDisruptionMode $C.openapi("io.k8s.api.scheduling.v1alpha3.WorkloadPodGroupSingleDisruptionMode") {
  # Each pod of a group may be disrupted by itself. It has no settings.
}
