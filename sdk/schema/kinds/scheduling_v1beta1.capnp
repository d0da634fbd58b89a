@0xd6b40e7f91c2a583;
# The kinds of the group scheduling.k8s.io/v1beta1: pods that are scheduled together. They are served only where they are switched
# on (plugins/kinds-scheduling-beta).

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::scheduling_v1beta1");

struct PodGroup $C.openapi("io.k8s.api.scheduling.v1beta1.PodGroup") {
  # Pods that are scheduled together: those that name it in spec.schedulingGroup.podGroupName.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :PodGroupSpec $C.proto([2]) $C.required;
  # How they are scheduled.
  status @2 :PodGroupStatus $C.proto([3]) $C.always;
  # What has come of it. Written by the scheduler.
}

struct Workload $C.openapi("io.k8s.api.scheduling.v1beta1.Workload") {
  # What a workload's groups of pods are made from, by whoever runs the workload.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :WorkloadSpec $C.proto([2]) $C.required;
  # The groups.
}

struct WorkloadSpec $C.openapi("io.k8s.api.scheduling.v1beta1.WorkloadSpec") {
  # The groups of pods of a workload.
  controllerRef @0 :TypedLocalObjectReference $C.proto([1]);
  # Whose pods they are, such as a Job; for people and tools. Cannot change.
  podGroupTemplates @1 :List(PodGroupTemplate) $C.proto([2]) $C.listType("map") $C.mapKeys(["name"]);
  # The groups: at most 8. None can be added or taken away later.
  compositePodGroupTemplates @2 :List(CompositePodGroupTemplate) $C.proto([3]) $C.listType("map") $C.mapKeys(["name"]);
  # Groups of groups. Not kept, because the feature is off by default.
}

struct TypedLocalObjectReference $C.openapi("io.k8s.api.scheduling.v1beta1.TypedLocalObjectReference") {
  # An object in the same namespace.
  apiGroup @0 :Text $C.proto([1]);
  # Its API group. Empty for the core group.
  kind @1 :Text $C.proto([2]) $C.required;
  # Its kind.
  name @2 :Text $C.proto([3]) $C.required;
  # Its name.
}

struct PodGroupTemplate $C.openapi("io.k8s.api.scheduling.v1beta1.PodGroupTemplate") {
  # What a group of pods is made from.
  name @0 :Text $C.proto([1]) $C.required;
  # The template's name, a DNS label, of which a workload has one. Cannot change.
  schedulingPolicy @1 :PodGroupSchedulingPolicy $C.proto([2]) $C.required;
  # Whether its pods wait for each other.
  schedulingConstraints @2 :PodGroupSchedulingConstraints $C.proto([3]);
  # Where its pods may be placed relative to each other. Not kept, because the feature is off by default.
  resourceClaims @3 :List(PodGroupResourceClaim) $C.proto([4]) $C.listType("map") $C.patchStrategy("merge,retainKeys") $C.patchMergeKey("name") $C.mapKeys(["name"]);
  # Claims to devices that its pods share. Not kept, because the feature is off by default.
  disruptionMode @4 :DisruptionMode $C.proto([5]);
  # How its pods may be disrupted. Cannot change.
  priorityClassName @5 :Text $C.proto([6]);
  # How important the group is, by the name of a PriorityClass. Cannot change.
  priority @6 :Meta.Int32Value $C.proto([7]);
  # The same as a number. Cannot change.
  preemptionPolicy @7 :Text $C.proto([8]) $C.optional;
  # Whether less important pods make room for it. Not kept, because the feature is off by default.
}

struct CompositePodGroupTemplate $C.openapi("io.k8s.api.scheduling.v1beta1.CompositePodGroupTemplate") {
  # What a group of groups is made from.
  name @0 :Text $C.proto([1]) $C.required;
  # The template's name, a DNS label, of which a workload has one.
  schedulingPolicy @1 :CompositePodGroupSchedulingPolicy $C.proto([2]) $C.required;
  # Whether its groups wait for each other.
  schedulingConstraints @2 :CompositePodGroupSchedulingConstraints $C.proto([3]);
  # Where its groups may be placed relative to each other.
  disruptionMode @3 :CompositeDisruptionMode $C.proto([4]);
  # How its groups may be disrupted.
  priorityClassName @4 :Text $C.proto([5]);
  # How important it is, by the name of a PriorityClass.
  priority @5 :Meta.Int32Value $C.proto([6]);
  # The same as a number.
  preemptionPolicy @6 :Text $C.proto([7]) $C.optional;
  # Whether less important pods make room for it.
  podGroupTemplates @7 :List(PodGroupTemplate) $C.proto([8]) $C.listType("map") $C.mapKeys(["name"]);
  # Its groups of pods.
  compositePodGroupTemplates @8 :List(CompositePodGroupTemplate) $C.proto([9]) $C.listType("map") $C.mapKeys(["name"]);
  # Its groups of groups.
}

struct PodGroupSpec $C.openapi("io.k8s.api.scheduling.v1beta1.PodGroupSpec") {
  # How a group's pods are scheduled.
  parentCompositePodGroupName @0 :Text $C.proto([1]) $C.optional;
  # The group of groups that it belongs to. Not kept, because the feature is off by default.
  workloadRef @1 :WorkloadReference $C.proto([2]);
  # The template that it was made from. Cannot change.
  schedulingPolicy @2 :PodGroupSchedulingPolicy $C.proto([3]) $C.required;
  # Whether its pods wait for each other.
  schedulingConstraints @3 :PodGroupSchedulingConstraints $C.proto([4]);
  # Where its pods may be placed relative to each other. Not kept, because the feature is off by default.
  resourceClaims @4 :List(PodGroupResourceClaim) $C.proto([5]) $C.listType("map") $C.patchStrategy("merge,retainKeys") $C.patchMergeKey("name") $C.mapKeys(["name"]);
  # Claims to devices that its pods share. Not kept, because the feature is off by default.
  disruptionMode @5 :DisruptionMode $C.proto([6]);
  # How its pods may be disrupted: each by itself, which is the default, or all together, which only a gang may say. Cannot change.
  priorityClassName @6 :Text $C.proto([7]);
  # How important the group is, by the name of a PriorityClass; without one the default class counts. Its pods must be as
  # important. Cannot change.
  priority @7 :Meta.Int32Value $C.proto([8]);
  # The same as a number, which the API server fills in. Cannot change.
  preemptionPolicy @8 :Text $C.proto([9]) $C.optional;
  # Whether less important pods make room for it. Not kept, because the feature is off by default.
}

struct PodGroupStatus $C.openapi("io.k8s.api.scheduling.v1beta1.PodGroupStatus") {
  # What has come of a group.
  conditions @0 :List(Meta.Condition) $C.proto([1]) $C.listType("map") $C.patchStrategy("merge") $C.patchMergeKey("type") $C.mapKeys(["type"]);
  # PodGroupInitiallyScheduled says whether as many of its pods as are needed were given nodes; once it is true it stays so.
  resourceClaimStatuses @1 :List(PodGroupResourceClaimStatus) $C.proto([2]) $C.listType("map") $C.patchStrategy("merge,retainKeys") $C.patchMergeKey("name") $C.mapKeys(["name"]);
  # Which claims were made for it. Not kept, because the feature is off by default.
}

struct WorkloadReference $C.openapi("io.k8s.api.scheduling.v1beta1.WorkloadReference") {
  # A template of a Workload in the same namespace.
  workloadName @0 :Text $C.proto([1]) $C.required;
  # The Workload's name.
  templateName @1 :Text $C.proto([2]) $C.required;
  # The template's name.
}

struct PodGroupSchedulingPolicy $C.openapi("io.k8s.api.scheduling.v1beta1.PodGroupSchedulingPolicy") {
  # Whether the pods of a group wait for each other. Exactly one of its fields is set.
  basic @0 :BasicSchedulingPolicy $C.proto([1]);
  # They do not. Cannot change.
  gang @1 :GangSchedulingPolicy $C.proto([2]);
  # They are scheduled together.
}

struct BasicSchedulingPolicy $C.openapi("io.k8s.api.scheduling.v1beta1.BasicSchedulingPolicy") {
  # Pods are scheduled one by one. It has no settings.
}

struct GangSchedulingPolicy $C.openapi("io.k8s.api.scheduling.v1beta1.GangSchedulingPolicy") {
  # Pods are scheduled together or not at all.
  minCount @0 :Int32 $C.proto([1]) $C.required;
  # How many pods there must be room for at the same time: at least 1.
}

struct PodGroupSchedulingConstraints $C.openapi("io.k8s.api.scheduling.v1beta1.PodGroupSchedulingConstraints") {
  # Where the pods of a group may be placed relative to each other.
  topology @0 :List(TopologyConstraint) $C.proto([1]) $C.listType("atomic");
  # What the nodes that they are placed on have in common.
}

struct TopologyConstraint $C.openapi("io.k8s.api.scheduling.v1beta1.TopologyConstraint") {
  # What the nodes of all pods of a group have in common.
  key @0 :Text $C.proto([1]) $C.required;
  # The node label whose value must be the same for all of them, such as one for racks.
}

struct PodGroupResourceClaim $C.openapi("io.k8s.api.scheduling.v1beta1.PodGroupResourceClaim") {
  # A claim to devices that all pods of a group share. Either its claim or its template is given.
  name @0 :Text $C.proto([1]) $C.required;
  # The name by which pods refer to it.
  resourceClaimName @1 :Text $C.proto([2]) $C.optional;
  # Name of a ResourceClaim that exists.
  resourceClaimTemplateName @2 :Text $C.proto([3]) $C.optional;
  # Name of a ResourceClaimTemplate from which the group gets a claim of its own.
}

struct PodGroupResourceClaimStatus $C.openapi("io.k8s.api.scheduling.v1beta1.PodGroupResourceClaimStatus") {
  # Which claim was made from a template.
  name @0 :Text $C.proto([1]) $C.required;
  # The name of the entry in the spec's resourceClaims.
  resourceClaimName @1 :Text $C.proto([2]) $C.optional;
  # Name of the ResourceClaim that was made.
}

struct DisruptionMode $C.openapi("io.k8s.api.scheduling.v1beta1.DisruptionMode") {
  # How the pods of a group may be disrupted. Exactly one of its fields is set.
  single @0 :SingleDisruptionMode $C.proto([1]);
  # Each pod may be disrupted by itself.
  all @1 :AllDisruptionMode $C.proto([2]);
  # All pods are disrupted, or none.
}

struct SingleDisruptionMode $C.openapi("io.k8s.api.scheduling.v1beta1.SingleDisruptionMode") {
  # Each pod of a group may be disrupted by itself. It has no settings.
}

struct AllDisruptionMode $C.openapi("io.k8s.api.scheduling.v1beta1.AllDisruptionMode") {
  # All pods of a group are disrupted together. It has no settings.
}

struct CompositePodGroupSchedulingPolicy $C.openapi("io.k8s.api.scheduling.v1beta1.CompositePodGroupSchedulingPolicy") {
  # Whether the groups of a group wait for each other. Exactly one of its fields is set.
  basic @0 :CompositeBasicSchedulingPolicy $C.proto([1]);
  # They do not.
  gang @1 :CompositeGangSchedulingPolicy $C.proto([2]);
  # They are scheduled together.
}

struct CompositeBasicSchedulingPolicy $C.openapi("io.k8s.api.scheduling.v1beta1.CompositeBasicSchedulingPolicy") {
  # Groups are scheduled one by one. It has no settings.
}

struct CompositeGangSchedulingPolicy $C.openapi("io.k8s.api.scheduling.v1beta1.CompositeGangSchedulingPolicy") {
  # Groups are scheduled together or not at all.
  minGroupCount @0 :Int32 $C.proto([1]) $C.required;
  # How many groups there must be room for at the same time.
}

struct CompositePodGroupSchedulingConstraints $C.openapi("io.k8s.api.scheduling.v1beta1.CompositePodGroupSchedulingConstraints") {
  # Where the groups of a group may be placed relative to each other.
  topology @0 :List(TopologyConstraint) $C.proto([1]) $C.listType("atomic");
  # What the nodes that they are placed on have in common.
}

struct CompositeDisruptionMode $C.openapi("io.k8s.api.scheduling.v1beta1.CompositeDisruptionMode") {
  # How the groups of a group may be disrupted. Exactly one of its fields is set.
  single @0 :SingleCompositeDisruptionMode $C.proto([1]);
  # Each group may be disrupted by itself.
  all @1 :AllCompositeDisruptionMode $C.proto([2]);
  # All groups are disrupted, or none.
}

struct SingleCompositeDisruptionMode $C.openapi("io.k8s.api.scheduling.v1beta1.SingleCompositeDisruptionMode") {
  # Each group of a group may be disrupted by itself. It has no settings.
}

struct AllCompositeDisruptionMode $C.openapi("io.k8s.api.scheduling.v1beta1.AllCompositeDisruptionMode") {
  # All groups of a group are disrupted together. It has no settings.
}
