@0xe5be5d38626e3cad;
# Kinds of the core group, v1, that hold templates of pods: ReplicationController and PodTemplate.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Core = import "core_v1.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::core_v1");

struct ReplicationController $C.openapi("io.k8s.api.core.v1.ReplicationController") {
  # Keeps a given number of pods, made from one template, in existence. The predecessor of
  # ReplicaSet: prefer a Deployment.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. Where the
  # labels are empty, they become those of the pod's template.
  spec @1 :ReplicationControllerSpec $C.proto([2]) $C.always;
  # How many pods are wanted, and what they look like.
  status @2 :ReplicationControllerStatus $C.proto([3]) $C.always;
  # How many pods there are, as last observed. Written by the controller.
}

struct PodTemplate $C.openapi("io.k8s.api.core.v1.PodTemplate") {
  # A description of a pod, kept by itself. Nothing makes pods of it by itself.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  template @1 :Core.PodTemplateSpec $C.proto([2]) $C.always;
  # The pod's labels, annotations and specification.
}

struct ReplicationControllerCondition $C.openapi("io.k8s.api.core.v1.ReplicationControllerCondition") {
  # One aspect of a ReplicationController's state.
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

struct ReplicationControllerSpec $C.openapi("io.k8s.api.core.v1.ReplicationControllerSpec") {
  # The desired state of a ReplicationController.
  replicas @0 :Meta.Int32Value $C.proto([1]);
  # How many pods to run. Defaults to 1; 0 is allowed.
  selector @1 :List(Meta.TextEntry) $C.proto([2]) $C.mapType("atomic");
  # The labels, with exactly these values, of the pods that belong to this controller. Where it is
  # empty, they are those of the template.
  template @2 :Core.PodTemplateSpec $C.proto([3]);
  # The pod made when one is missing. Its labels must match the selector, its restart policy must be
  # Always. A change affects only pods made later.
  minReadySeconds @3 :Int32 $C.proto([4]);
  # Seconds a new pod must stay ready before it counts as available. Defaults to 0.
}

struct ReplicationControllerStatus $C.openapi("io.k8s.api.core.v1.ReplicationControllerStatus") {
  # The observed state of a ReplicationController.
  replicas @0 :Int32 $C.proto([1]) $C.required;
  # Pods that belong to the controller and are not terminating.
  fullyLabeledReplicas @1 :Int32 $C.proto([2]);
  # Of these, pods that carry all labels of the template.
  observedGeneration @2 :Int64 $C.proto([3]);
  # The generation of the spec that the controller has acted on.
  readyReplicas @3 :Int32 $C.proto([4]);
  # Of these, pods whose Ready condition is True.
  availableReplicas @4 :Int32 $C.proto([5]);
  # Of these, pods that have been ready for at least minReadySeconds.
  conditions @5 :List(ReplicationControllerCondition) $C.proto([6]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # The controller's conditions, one for each type.
}
