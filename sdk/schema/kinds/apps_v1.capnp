@0xdd196508acd00714;
# Kinds of the group apps/v1: those that keep pods running (Deployment, ReplicaSet, StatefulSet, DaemonSet) and the
# ControllerRevision, which keeps an earlier state of one.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Core = import "core_v1.capnp";
using Storage = import "core_v1_storage.capnp";
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
  type @0 :Text $C.proto([1]) $C.always;
  # The aspect: Available (enough replicas are up), Progressing (a rollout advances or is complete)
  # or ReplicaFailure (pods could not be made or removed).
  status @1 :Text $C.proto([2]) $C.always;
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
  type @0 :Text $C.proto([1]) $C.values(["Recreate", "RollingUpdate"]);
  # RollingUpdate replaces pods little by little; Recreate removes all old pods before making any
  # new one. Defaults to RollingUpdate.
  rollingUpdate @1 :RollingUpdateDeployment $C.proto([2]);
  # The pace of a rolling update. May be set only when type is RollingUpdate.
}

struct ReplicaSetCondition $C.openapi("io.k8s.api.apps.v1.ReplicaSetCondition") {
  # One aspect of a ReplicaSet's state.
  type @0 :Text $C.proto([1]) $C.always;
  # The aspect: ReplicaFailure, present when pods could not be made or removed.
  status @1 :Text $C.proto([2]) $C.always;
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

struct StatefulSet $C.openapi("io.k8s.api.apps.v1.StatefulSet") {
  # Runs numbered pods that keep their name and their storage when they are replaced: NAME-0, NAME-1
  # and so on.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :StatefulSetSpec $C.proto([2]) $C.required;
  # How many pods are wanted, what they look like, and the storage that each has.
  status @2 :StatefulSetStatus $C.proto([3]) $C.always;
  # How many pods there are, as last observed. Written by the controller.
}

struct DaemonSet $C.openapi("io.k8s.api.apps.v1.DaemonSet") {
  # Runs one pod on every node that the pod's template fits.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :DaemonSetSpec $C.proto([2]) $C.required;
  # The pod that each node runs, and how a change reaches the nodes.
  status @2 :DaemonSetStatus $C.proto([3]) $C.always;
  # On how many nodes the pod runs, as last observed. Written by the controller.
}

struct ControllerRevision $C.openapi("io.k8s.api.apps.v1.ControllerRevision") {
  # A state that a StatefulSet or DaemonSet had, kept to roll back to. What it holds never changes.
  # Controllers make them; clients seldom need them.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  data @1 :Text $C.proto([2]) $C.format("json") $C.required;
  # The state: any JSON object, which only its controller understands. Cannot change.
  revision @2 :Int64 $C.proto([3]) $C.always;
  # The state's number among those of one owner. The highest one is the newest.
}

struct DaemonSetCondition $C.openapi("io.k8s.api.apps.v1.DaemonSetCondition") {
  # One aspect of a DaemonSet's state.
  type @0 :Text $C.proto([1]) $C.always;
  # The aspect, in CamelCase.
  status @1 :Text $C.proto([2]) $C.always;
  # Whether the condition holds: True, False or Unknown.
  lastTransitionTime @2 :Text $C.proto([3]) $C.format("date-time");
  # When status last went from one value to another.
  reason @3 :Text $C.proto([4]);
  # Why the condition is as it is, in one CamelCase word meant for programs.
  message @4 :Text $C.proto([5]);
  # Why the condition is as it is, in a sentence meant for people.
}

struct DaemonSetSpec $C.openapi("io.k8s.api.apps.v1.DaemonSetSpec") {
  # The desired state of a DaemonSet.
  selector @0 :Meta.LabelSelector $C.proto([1]) $C.required;
  # Which pods belong to this DaemonSet. Must match the template's labels, and cannot change after
  # creation.
  template @1 :Core.PodTemplateSpec $C.proto([2]) $C.required;
  # The pod to run on each node that its node selector and affinity allow, or on every node. Its
  # restart policy must be Always.
  updateStrategy @2 :DaemonSetUpdateStrategy $C.proto([3]) $C.always;
  # How old pods give way to new ones. Defaults to a rolling update.
  minReadySeconds @3 :Int32 $C.proto([4]);
  # Seconds a new pod must stay ready before it counts as available. Defaults to 0.
  revisionHistoryLimit @4 :Meta.Int32Value $C.proto([6]);
  # How many superseded revisions to keep for rolling back. Defaults to 10; 0 keeps none.
}

struct DaemonSetStatus $C.openapi("io.k8s.api.apps.v1.DaemonSetStatus") {
  # The observed state of a DaemonSet.
  currentNumberScheduled @0 :Int32 $C.proto([1]) $C.required;
  # Nodes that run at least one of the pods and should.
  numberMisscheduled @1 :Int32 $C.proto([2]) $C.required;
  # Nodes that run one of the pods and should not.
  desiredNumberScheduled @2 :Int32 $C.proto([3]) $C.required;
  # Nodes that should run the pod.
  numberReady @3 :Int32 $C.proto([4]) $C.required;
  # Nodes that should run the pod and have one whose Ready condition is True.
  observedGeneration @4 :Int64 $C.proto([5]);
  # The generation of the spec that the controller has acted on.
  updatedNumberScheduled @5 :Int32 $C.proto([6]);
  # Nodes that run a pod made from the current template.
  numberAvailable @6 :Int32 $C.proto([7]);
  # Nodes that should run the pod and have one that has been ready for at least minReadySeconds.
  numberUnavailable @7 :Int32 $C.proto([8]);
  # Nodes that should run the pod and have none that has been ready for long enough.
  collisionCount @8 :Meta.Int32Value $C.proto([9]);
  # How often the name computed for a new ControllerRevision was already taken. It goes into the
  # hash so that the next name differs.
  conditions @9 :List(DaemonSetCondition) $C.proto([10]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # The DaemonSet's conditions, one for each type.
}

struct DaemonSetUpdateStrategy $C.openapi("io.k8s.api.apps.v1.DaemonSetUpdateStrategy") {
  # How a DaemonSet replaces its pods.
  type @0 :Text $C.proto([1]) $C.values(["OnDelete", "RollingUpdate"]);
  # RollingUpdate replaces pods little by little; OnDelete replaces a pod only once somebody has
  # deleted it. Defaults to RollingUpdate.
  rollingUpdate @1 :RollingUpdateDaemonSet $C.proto([2]);
  # The pace of a rolling update. May be set only when type is RollingUpdate.
}

struct RollingUpdateDaemonSet $C.openapi("io.k8s.api.apps.v1.RollingUpdateDaemonSet") {
  # How fast a rolling update may go. Exactly one of the two limits is more than 0.
  maxUnavailable @0 :Meta.IntOrString $C.proto([1]);
  # On how many nodes the pod may be unavailable during the update: a count, or a percentage of the
  # nodes that should run it, rounded up. Defaults to 1.
  maxSurge @1 :Meta.IntOrString $C.proto([2]);
  # On how many nodes the old pod stays until the new one beside it is available: a count, or a
  # percentage of the nodes that should run it, rounded up. Defaults to 0.
}

struct RollingUpdateStatefulSetStrategy $C.openapi("io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy") {
  # How a rolling update of a StatefulSet proceeds.
  partition @0 :Meta.Int32Value $C.proto([1]);
  # The lowest ordinal that is updated; pods below it stay as they are. Defaults to 0, which updates
  # all.
  maxUnavailable @1 :Meta.IntOrString $C.proto([2]);
  # How many pods may be unavailable during the update: a count above 0, or a percentage of replicas
  # rounded up. Absent means 1.
}

struct StatefulSetCondition $C.openapi("io.k8s.api.apps.v1.StatefulSetCondition") {
  # One aspect of a StatefulSet's state.
  type @0 :Text $C.proto([1]) $C.always;
  # The aspect, in CamelCase.
  status @1 :Text $C.proto([2]) $C.always;
  # Whether the condition holds: True, False or Unknown.
  lastTransitionTime @2 :Text $C.proto([3]) $C.format("date-time");
  # When status last went from one value to another.
  reason @3 :Text $C.proto([4]);
  # Why the condition is as it is, in one CamelCase word meant for programs.
  message @4 :Text $C.proto([5]);
  # Why the condition is as it is, in a sentence meant for people.
}

struct StatefulSetOrdinals $C.openapi("io.k8s.api.apps.v1.StatefulSetOrdinals") {
  # How a StatefulSet numbers its pods.
  start @0 :Int32 $C.proto([1]) $C.always;
  # The number of the first pod. Defaults to 0; a higher one lets two sets, as of two clusters, share
  # the numbers between them.
}

struct StatefulSetPersistentVolumeClaimRetentionPolicy $C.openapi("io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy") {
  # What happens to the claims made from volumeClaimTemplates when they are no longer used.
  whenDeleted @0 :Text $C.proto([1]);
  # When the StatefulSet is deleted: Retain keeps them, Delete removes them. Defaults to Retain.
  whenScaled @1 :Text $C.proto([2]);
  # When the set is made smaller: Retain keeps the claims of the pods that go, Delete removes them.
  # Defaults to Retain.
}

struct StatefulSetSpec $C.openapi("io.k8s.api.apps.v1.StatefulSetSpec") {
  # The desired state of a StatefulSet.
  replicas @0 :Meta.Int32Value $C.proto([1]);
  # How many pods to run. Defaults to 1; 0 is allowed.
  selector @1 :Meta.LabelSelector $C.proto([2]) $C.required;
  # Which pods belong to this StatefulSet. Must match the template's labels, and cannot change after
  # creation.
  template @2 :Core.PodTemplateSpec $C.proto([3]) $C.required;
  # The pod to make; each gets a name and claims of its own. Its restart policy must be Always.
  volumeClaimTemplates @3 :List(VolumeClaimTemplate) $C.proto([4]) $C.listType("atomic");
  # Claims that every pod gets for itself, named TEMPLATE-POD. The pod mounts each as a volume with
  # the template's name, which goes before a volume of that name in the pod's template.
  serviceName @4 :Text $C.proto([5]) $C.always;
  # Name of the headless Service, made by somebody else, that gives the pods their DNS names.
  podManagementPolicy @5 :Text $C.proto([6]) $C.values(["OrderedReady", "Parallel"]);
  # OrderedReady makes pods one after the other, each when the one before is ready, and removes them
  # in reverse; Parallel does not wait. Defaults to OrderedReady; cannot change.
  updateStrategy @6 :StatefulSetUpdateStrategy $C.proto([7]) $C.always;
  # How pods of an old template give way to new ones. Defaults to a rolling update.
  revisionHistoryLimit @7 :Meta.Int32Value $C.proto([8]);
  # How many superseded revisions to keep for rolling back. Defaults to 10; 0 keeps none.
  minReadySeconds @8 :Int32 $C.proto([9]);
  # Seconds a new pod must stay ready before it counts as available. Defaults to 0.
  persistentVolumeClaimRetentionPolicy @9 :StatefulSetPersistentVolumeClaimRetentionPolicy $C.proto([10]);
  # What happens to the claims of pods that go. Defaults to keeping them.
  ordinals @10 :StatefulSetOrdinals $C.proto([11]);
  # How the pods are numbered. Absent numbers them from 0.
}

struct StatefulSetStatus $C.openapi("io.k8s.api.apps.v1.StatefulSetStatus") {
  # The observed state of a StatefulSet.
  observedGeneration @0 :Int64 $C.proto([1]);
  # The generation of the spec that the controller has acted on.
  replicas @1 :Int32 $C.proto([2]) $C.required;
  # Pods that the controller has made.
  readyReplicas @2 :Int32 $C.proto([3]);
  # Of these, pods whose Ready condition is True.
  currentReplicas @3 :Int32 $C.proto([4]);
  # Of these, pods made from the revision currentRevision.
  updatedReplicas @4 :Int32 $C.proto([5]);
  # Of these, pods made from the revision updateRevision.
  currentRevision @5 :Text $C.proto([6]);
  # Name of the ControllerRevision that pods not yet updated are made from: those with the ordinals
  # from 0 to currentReplicas.
  updateRevision @6 :Text $C.proto([7]);
  # Name of the ControllerRevision that updated pods are made from: the last updatedReplicas ones.
  collisionCount @7 :Meta.Int32Value $C.proto([9]);
  # How often the name computed for a new ControllerRevision was already taken. It goes into the
  # hash so that the next name differs.
  conditions @8 :List(StatefulSetCondition) $C.proto([10]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # The set's conditions, one for each type.
  availableReplicas @9 :Int32 $C.proto([11]) $C.always;
  # Of the pods counted in replicas, those that have been ready for at least minReadySeconds.
}

struct StatefulSetUpdateStrategy $C.openapi("io.k8s.api.apps.v1.StatefulSetUpdateStrategy") {
  # How a StatefulSet replaces its pods.
  type @0 :Text $C.proto([1]) $C.values(["OnDelete", "Recreate", "RollingUpdate"]);
  # RollingUpdate replaces pods from the highest ordinal down; OnDelete replaces a pod only once
  # somebody has deleted it. Defaults to RollingUpdate.
  rollingUpdate @1 :RollingUpdateStatefulSetStrategy $C.proto([2]);
  # How a rolling update proceeds. May be set only when type is RollingUpdate.
}

struct VolumeClaimTemplate $C.openapi("io.k8s.api.core.v1.PersistentVolumeClaim") {
  # A PersistentVolumeClaim inside of a StatefulSet. Other than an object of its own it says its kind within.
  kind @0 :Text;
  # Always PersistentVolumeClaim.
  apiVersion @1 :Text;
  # Always v1.
  metadata @2 :Meta.ObjectMeta $C.proto([1]) $C.always;
  # The claim's name within the set, and the labels and annotations that the claims get.
  spec @3 :Core.PersistentVolumeClaimSpec $C.proto([2]) $C.always;
  # What storage each claim asks for.
  status @4 :Storage.PersistentVolumeClaimStatus $C.proto([3]) $C.always;
  # Of no use in a template.
}
