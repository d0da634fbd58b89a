@0xfa9a424fa65f44e7;
# Kinds of the core group, v1, that keep a namespace within bounds: LimitRange for each object,
# ResourceQuota for all of them together.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::core_v1");

struct LimitRange $C.openapi("io.k8s.api.core.v1.LimitRange") {
  # Bounds and defaults for what single containers, pods and volume claims of a namespace ask for.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :LimitRangeSpec $C.proto([2]) $C.always;
  # The bounds. They hold for what is created or resized from now on.
}

struct LimitRangeItem $C.openapi("io.k8s.api.core.v1.LimitRangeItem") {
  # The bounds for one type of thing. Amounts are given by the name of the resource.
  type @0 :Text $C.proto([1]) $C.required;
  # What is bounded: Container (each one), Pod (the sum over its containers) or
  # PersistentVolumeClaim. Each type at most once in a LimitRange.
  max @1 :List(Meta.TextEntry) $C.proto([2]) $C.format("quantity");
  # The most that may be asked for, of limits and requests alike. A limit has to be given.
  min @2 :List(Meta.TextEntry) $C.proto([3]) $C.format("quantity");
  # The least that has to be asked for, of requests and limits alike. A request has to be given.
  default @3 :List(Meta.TextEntry) $C.proto([4]) $C.format("quantity");
  # The limits of a container that says none. Where max is given and this is not, it is max.
  defaultRequest @4 :List(Meta.TextEntry) $C.proto([5]) $C.format("quantity");
  # The requests of a container that says none. Where this is not given it is the default limit or,
  # without one, min.
  maxLimitRequestRatio @5 :List(Meta.TextEntry) $C.proto([6]) $C.format("quantity");
  # How many times the request the limit may be. Both have to be given and not be zero.
}

struct LimitRangeSpec $C.openapi("io.k8s.api.core.v1.LimitRangeSpec") {
  # What a LimitRange demands.
  limits @0 :List(LimitRangeItem) $C.proto([1]) $C.required $C.listType("atomic");
  # The bounds, one entry for each type of thing.
}

struct ResourceQuota $C.openapi("io.k8s.api.core.v1.ResourceQuota") {
  # Bounds for what the objects of a namespace take all together. What would exceed one is refused.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :ResourceQuotaSpec $C.proto([2]) $C.always;
  # The bounds, and which objects count.
  status @2 :ResourceQuotaStatus $C.proto([3]) $C.always;
  # The bounds that are enforced, and how much of them is taken.
}

struct ResourceQuotaSpec $C.openapi("io.k8s.api.core.v1.ResourceQuotaSpec") {
  # What a ResourceQuota demands.
  hard @0 :List(Meta.TextEntry) $C.proto([1]) $C.format("quantity");
  # The most that may be taken of each resource: requests.cpu, limits.memory, pods,
  # count/deployments.apps, requests.storage and more. What is not named is not bounded.
  scopes @1 :List(Text) $C.proto([2]) $C.listType("atomic")
      $C.values(["BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass",
        "Terminating", "VolumeAttributesClass"]);
  # Only objects that match all of these count: Terminating, NotTerminating, BestEffort,
  # NotBestEffort, PriorityClass, CrossNamespacePodAffinity, VolumeAttributesClass. Cannot change.
  scopeSelector @2 :ScopeSelector $C.proto([3]);
  # Conditions that have to be met as well, for scopes that have values.
}

struct ResourceQuotaStatus $C.openapi("io.k8s.api.core.v1.ResourceQuotaStatus") {
  # How much of a quota is taken, as last counted.
  hard @0 :List(Meta.TextEntry) $C.proto([1]) $C.format("quantity");
  # The bounds that used was counted for.
  used @1 :List(Meta.TextEntry) $C.proto([2]) $C.format("quantity");
  # What the objects of the namespace take together, by the name of the resource.
}

struct ScopeSelector $C.openapi("io.k8s.api.core.v1.ScopeSelector") $C.mapType("atomic") {
  # Chooses the objects that count for a quota.
  matchExpressions @0 :List(ScopedResourceSelectorRequirement) $C.proto([1]) $C.listType("atomic");
  # The conditions, all of which an object has to meet.
}

struct ScopedResourceSelectorRequirement $C.openapi("io.k8s.api.core.v1.ScopedResourceSelectorRequirement") {
  # One condition on the objects that count: a scope, an operator and values.
  scopeName @0 :Text $C.proto([1]) $C.required
      $C.values(["BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass",
        "Terminating", "VolumeAttributesClass"]);
  # The scope, named as in scopes.
  operator @1 :Text $C.proto([2]) $C.required $C.values(["DoesNotExist", "Exists", "In", "NotIn"]);
  # In, NotIn, Exists or DoesNotExist. Scopes without values know Exists alone.
  values @2 :List(Text) $C.proto([3]) $C.listType("atomic");
  # The values for In and NotIn, such as names of priority classes. Empty with the other operators.
}
