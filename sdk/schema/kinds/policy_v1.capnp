@0xb2de831739dd2045;
# Kinds of the group policy/v1: the budget for disruptions of pods, and the eviction that is held to it.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::policy_v1");

struct PodDisruptionBudget $C.openapi("io.k8s.api.policy.v1.PodDisruptionBudget") {
  # Limits how many of a set of pods may be evicted at the same time.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :PodDisruptionBudgetSpec $C.proto([2]) $C.always;
  # Which pods are protected, and how many of them must stay.
  status @2 :PodDisruptionBudgetStatus $C.proto([3]) $C.always;
  # How many pods may be evicted now, as last observed. Written by the controller and by evictions.
}

struct Eviction $C.openapi("io.k8s.api.policy.v1.Eviction") {
  # Asks that a pod be deleted if the budgets that protect it allow it. Sent to the subresource
  # eviction of the pod.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # The name and namespace of the pod.
  deleteOptions @1 :Meta.DeleteOptions $C.proto([2]);
  # How the pod is to be deleted.
}

struct PodDisruptionBudgetSpec $C.openapi("io.k8s.api.policy.v1.PodDisruptionBudgetSpec") {
  # What a budget protects. Either minAvailable or maxUnavailable is given, not both.
  minAvailable @0 :Meta.IntOrString $C.proto([1]);
  # How many of the selected pods must still be available after an eviction: a count, or a percentage
  # of the pods, rounded up. "100%" allows no eviction.
  selector @1 :Meta.LabelSelector $C.proto([2]) $C.patchStrategy("replace");
  # Which pods of the namespace are protected. An empty selector means all of them, an absent one
  # none.
  maxUnavailable @2 :Meta.IntOrString $C.proto([3]);
  # How many of the selected pods may be unavailable after an eviction: a count, or a percentage of
  # the pods, rounded up. 0 allows no eviction.
  unhealthyPodEvictionPolicy @3 :Text $C.proto([4]) $C.optional $C.values(["AlwaysAllow", "IfHealthyBudget"]);
  # When a running pod that is not ready may be evicted. IfHealthyBudget, the default: only while the
  # pods that the budget protects are as many as it wants. AlwaysAllow: at any time.
}

struct PodDisruptionBudgetStatus $C.openapi("io.k8s.api.policy.v1.PodDisruptionBudgetStatus") {
  # The observed state of a budget.
  observedGeneration @0 :Int64 $C.proto([1]);
  # The generation of the spec that the controller has acted on. Until it is the current one, no
  # eviction is allowed.
  disruptedPods @1 :List(Meta.TextEntry) $C.proto([2]) $C.format("date-time");
  # Pods whose eviction was allowed and that have not been seen to go yet, each with the time of the
  # eviction. The controller removes one that has gone, or that is still there after two minutes.
  disruptionsAllowed @2 :Int32 $C.proto([3]) $C.always;
  # How many pods may be evicted now.
  currentHealthy @3 :Int32 $C.proto([4]) $C.always;
  # How many of the pods are healthy.
  desiredHealthy @4 :Int32 $C.proto([5]) $C.always;
  # How many healthy pods there must be at least.
  expectedPods @5 :Int32 $C.proto([6]) $C.always;
  # How many pods the budget counts in all.
  conditions @6 :List(Meta.Condition) $C.proto([7]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # The budget's conditions, one for each type. DisruptionAllowed says whether a pod may be evicted
  # now, and if not, why.
}
