@0xdd196508acd00714;
# Kinds of the group apps/v1 that keep a number of like pods running: Deployment and ReplicaSet.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Core = import "core_v1.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::apps_v1");

struct ReplicaSet $C.openapi("io.k8s.api.apps.v1.ReplicaSet") {
  # Keeps a given number of pods, made from one template, in existence. Usually made and managed by
  # a Deployment rather than by hand.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :ReplicaSetSpec $C.proto([2]) $C.required;
  # How many pods are wanted, and what they look like.
  status @2 :ReplicaSetStatus $C.proto([3]) $C.always;
  # How many pods there are, as last observed. Written by the controller.
}

struct Deployment $C.openapi("io.k8s.api.apps.v1.Deployment") {
  # Runs replicas of a pod and rolls a changed template out to them step by step, keeping earlier
  # revisions to roll back to.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :DeploymentSpec $C.proto([2]) $C.required;
  # The pods wanted and how a change reaches them.
  status @2 :DeploymentStatus $C.proto([3]) $C.always;
  # How far the rollout is, as last observed. Written by the controller.
}

struct DeploymentCondition $C.openapi("io.k8s.api.apps.v1.DeploymentCondition") {
  # One aspect of a Deployment's state.
  type @0 :Text $C.proto([1]) $C.required;
  # The aspect: Available (enough replicas are up), Progressing (a rollout advances or is complete)
  # or ReplicaFailure (pods could not be made or removed).
  status @1 :Text $C.proto([2]) $C.required;
  # Whether the condition holds: True, False or Unknown.
  reason @2 :Text $C.proto([4]);
  # Why the condition is as it is, in one CamelCase word meant for programs.
  message @3 :Text $C.proto([5]);
  # Why the condition is as it is, in a sentence meant for people.
  lastUpdateTime @4 :Text $C.proto([6]) $C.format("date-time");
  # When the condition was last written, whether or not its status changed.
  lastTransitionTime @5 :Text $C.proto([7]) $C.format("date-time");
  # When status last went from one value to another.
}

struct DeploymentSpec $C.openapi("io.k8s.api.apps.v1.DeploymentSpec") {
  # The desired state of a Deployment.
  replicas @0 :Meta.Int32Value $C.proto([1]);
  # How many pods to run. Defaults to 1; 0 is allowed.
  selector @1 :Meta.LabelSelector $C.proto([2]) $C.required;
  # Which pods belong to this Deployment. Must match the template's labels, and cannot change after
  # creation.
  template @2 :Core.PodTemplateSpec $C.proto([3]) $C.required;
  # The pod to make copies of. Its restart policy must be Always. A change to it starts a rollout.
  strategy @3 :DeploymentStrategy $C.proto([4]) $C.always $C.patchStrategy("retainKeys");
  # How old pods give way to new ones. Defaults to a rolling update.
  minReadySeconds @4 :Int32 $C.proto([5]);
  # Seconds a new pod must stay ready before it counts as available. Defaults to 0.
  revisionHistoryLimit @5 :Meta.Int32Value $C.proto([6]);
  # How many superseded ReplicaSets to keep for rolling back. Defaults to 10; 0 keeps none.
  paused @6 :Bool $C.proto([7]);
  # True holds back rollouts of template changes until it is false again. Scaling still works.
  progressDeadlineSeconds @7 :Meta.Int32Value $C.proto([9]);
  # Seconds a rollout may go without progress before the condition Progressing turns False with
  # reason ProgressDeadlineExceeded. The rollout is not undone. Defaults to 600.
}

struct DeploymentStatus $C.openapi("io.k8s.api.apps.v1.DeploymentStatus") {
  # The observed state of a Deployment.
  observedGeneration @0 :Int64 $C.proto([1]);
  # The generation of the spec that the controller has acted on.
  replicas @1 :Int32 $C.proto([2]);
  # Pods that match the selector and are not terminating, old and new.
  updatedReplicas @2 :Int32 $C.proto([3]);
  # Of these, pods made from the current template.
  availableReplicas @3 :Int32 $C.proto([4]);
  # Of these, pods that have been ready for at least minReadySeconds.
  unavailableReplicas @4 :Int32 $C.proto([5]);
  # Pods still missing until every wanted replica is available: not yet created, or not yet ready
  # for long enough.
  conditions @5 :List(DeploymentCondition) $C.proto([6]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # The Deployment's conditions, one for each type.
  readyReplicas @6 :Int32 $C.proto([7]);
  # Of the pods counted in replicas, those whose Ready condition is True.
  collisionCount @7 :Meta.Int32Value $C.proto([8]);
  # How often the name computed for a new ReplicaSet was already taken. It goes into the hash so
  # that the next name differs.
  terminatingReplicas @8 :Meta.Int32Value $C.proto([9]);
  # Pods of this Deployment that are being deleted and have not gone yet. Absent when not tracked.
}

struct DeploymentStrategy $C.openapi("io.k8s.api.apps.v1.DeploymentStrategy") {
  # How a Deployment replaces its pods.
  type @0 :Text $C.proto([1]);
  # RollingUpdate replaces pods little by little; Recreate removes all old pods before making any
  # new one. Defaults to RollingUpdate.
  rollingUpdate @1 :RollingUpdateDeployment $C.proto([2]);
  # The pace of a rolling update. May be set only when type is RollingUpdate.
}

struct ReplicaSetCondition $C.openapi("io.k8s.api.apps.v1.ReplicaSetCondition") {
  # One aspect of a ReplicaSet's state.
  type @0 :Text $C.proto([1]) $C.required;
  # The aspect: ReplicaFailure, present when pods could not be made or removed.
  status @1 :Text $C.proto([2]) $C.required;
  # Whether the condition holds: True, False or Unknown.
  lastTransitionTime @2 :Text $C.proto([3]) $C.format("date-time");
  # When status last went from one value to another.
  reason @3 :Text $C.proto([4]);
  # Why the condition is as it is, in one CamelCase word meant for programs.
  message @4 :Text $C.proto([5]);
  # Why the condition is as it is, in a sentence meant for people.
}

struct ReplicaSetSpec $C.openapi("io.k8s.api.apps.v1.ReplicaSetSpec") {
  # The desired state of a ReplicaSet.
  replicas @0 :Meta.Int32Value $C.proto([1]);
  # How many pods to run. Defaults to 1; 0 is allowed.
  selector @1 :Meta.LabelSelector $C.proto([2]) $C.required;
  # Which pods belong to this ReplicaSet, including ones it did not make and may adopt. Must match
  # the template's labels, and cannot change after creation.
  template @2 :Core.PodTemplateSpec $C.proto([3]) $C.always;
  # The pod made when one is missing. A change affects only pods made later.
  minReadySeconds @3 :Int32 $C.proto([4]);
  # Seconds a new pod must stay ready before it counts as available. Defaults to 0.
}

struct ReplicaSetStatus $C.openapi("io.k8s.api.apps.v1.ReplicaSetStatus") {
  # The observed state of a ReplicaSet.
  replicas @0 :Int32 $C.proto([1]) $C.required;
  # Pods that belong to the set and are not terminating.
  fullyLabeledReplicas @1 :Int32 $C.proto([2]);
  # Of these, pods that carry all labels of the template.
  observedGeneration @2 :Int64 $C.proto([3]);
  # The generation of the spec that the controller has acted on.
  readyReplicas @3 :Int32 $C.proto([4]);
  # Of these, pods whose Ready condition is True.
  availableReplicas @4 :Int32 $C.proto([5]);
  # Of these, pods that have been ready for at least minReadySeconds.
  conditions @5 :List(ReplicaSetCondition) $C.proto([6]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # The set's conditions, one for each type.
  terminatingReplicas @6 :Meta.Int32Value $C.proto([7]);
  # Pods of this set that are being deleted and have not gone yet. Absent when not tracked.
}

struct RollingUpdateDeployment $C.openapi("io.k8s.api.apps.v1.RollingUpdateDeployment") {
  # How fast a rolling update may go. The two limits cannot both be 0.
  maxUnavailable @0 :Meta.IntOrString $C.proto([1]);
  # How many pods below the wanted number may be unavailable during the update: a count, or a
  # percentage of replicas rounded down. Defaults to 25%.
  maxSurge @1 :Meta.IntOrString $C.proto([2]);
  # How many pods above the wanted number may exist during the update: a count, or a percentage of
  # replicas rounded up. Defaults to 25%.
}
