@0xb787193f3c1eccf8;
# Kinds of the group storage.k8s.io/v1: the classes of storage and of its parameters, what CSI drivers are and say of nodes
# and of what is left, and the volumes that are attached.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Core = import "core_v1_storage.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::storage_v1");

struct StorageClass $C.openapi("io.k8s.api.storage.v1.StorageClass") {
  # A kind of storage that claims can ask for by name: who provides it, and how.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. The annotation
  # storageclass.kubernetes.io/is-default-class marks the class of claims that name none.
  provisioner @1 :Text $C.proto([2]) $C.required;
  # Who makes the volumes, by name. Cannot change.
  parameters @2 :List(Meta.TextEntry) $C.proto([3]);
  # What the provisioner wants to know: at most 512 entries and 256 KiB in all. Cannot change.
  reclaimPolicy @3 :Text $C.proto([4]) $C.optional $C.values(["Delete", "Recycle", "Retain"]);
  # What becomes of a volume when its claim is deleted: Delete or Retain. Defaults to Delete. Cannot
  # change.
  mountOptions @4 :List(Text) $C.proto([5]) $C.listType("atomic");
  # Options for mounts of the volumes, such as ro or soft. They are not checked: the mount fails if
  # one is wrong.
  allowVolumeExpansion @5 :Meta.BoolValue $C.proto([6]);
  # Whether claims of the class may be made larger.
  volumeBindingMode @6 :Text $C.proto([7]) $C.optional $C.values(["Immediate", "WaitForFirstConsumer"]);
  # Immediate makes and binds a volume as soon as it is asked for, WaitForFirstConsumer when it is
  # known where a pod will use it. Defaults to Immediate. Cannot change.
  allowedTopologies @7 :List(Core.TopologySelectorTerm) $C.proto([8]) $C.listType("atomic");
  # Where in the cluster volumes may be made; any of the terms will do. Empty: anywhere.
}

struct CSIDriver $C.openapi("io.k8s.api.storage.v1.CSIDriver") {
  # What the cluster has to know of a CSI driver that runs in it. The name is the driver's own.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. The name is
  # what the driver's GetPluginName returns, at most 63 characters.
  spec @1 :CSIDriverSpec $C.proto([2]) $C.required;
  # How the driver is to be treated.
}

struct CSINode $C.openapi("io.k8s.api.storage.v1.CSINode") {
  # What the CSI drivers on a node say of it. The node's agent keeps it; its name is the node's.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. The name is
  # the node's.
  spec @1 :CSINodeSpec $C.proto([2]) $C.required;
  # The drivers on the node.
  status @2 :CSINodeStatus $C.proto([3]);
  # What is wrong with the node's storage. Alpha: not taken.
}

struct CSIStorageCapacity $C.openapi("io.k8s.api.storage.v1.CSIStorageCapacity") {
  # How much storage of a class can still be had in a part of the cluster, as a driver reports it.
  # The scheduler reads it.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. The name has
  # no meaning.
  nodeTopology @1 :Meta.LabelSelector $C.proto([2]);
  # The nodes that can reach the storage. Absent: none; empty: all. Cannot change.
  storageClassName @2 :Text $C.proto([3]) $C.required;
  # The StorageClass that is meant. Cannot change.
  capacity @3 :Text $C.proto([4]) $C.format("quantity");
  # How much is left, as the driver's GetCapacity says. Absent: not known.
  maximumVolumeSize @4 :Text $C.proto([5]) $C.format("quantity");
  # The largest volume that can be made. Absent: not known.
}

struct VolumeAttachment $C.openapi("io.k8s.api.storage.v1.VolumeAttachment") {
  # Asks for a volume to be attached to a node, or detached by being deleted.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :VolumeAttachmentSpec $C.proto([2]) $C.required;
  # What is to be attached where, and by whom. Cannot change.
  status @2 :VolumeAttachmentStatus $C.proto([3]) $C.always;
  # How far that is. Written by the attacher.
}

struct VolumeAttributesClass $C.openapi("io.k8s.api.storage.v1.VolumeAttributesClass") {
  # Parameters of volumes, such as throughput, that can be changed while they are in use.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  driverName @1 :Text $C.proto([2]) $C.required;
  # The CSI driver that understands them. Cannot change.
  parameters @2 :List(Meta.TextEntry) $C.proto([3]);
  # The parameters: at least one, at most 512 and 256 KiB in all. Cannot change.
}

struct CSIDriverSpec $C.openapi("io.k8s.api.storage.v1.CSIDriverSpec") {
  # How a CSI driver is to be treated.
  attachRequired @0 :Meta.BoolValue $C.proto([1]);
  # Whether volumes have to be attached to a node before they are mounted there. Defaults to true.
  # Cannot change.
  podInfoOnMount @1 :Meta.BoolValue $C.proto([2]);
  # Whether the driver is told at a mount which pod it is for: its name, namespace, uid and service
  # account. Defaults to false.
  volumeLifecycleModes @2 :List(Text) $C.proto([3]) $C.listType("set");
  # Persistent for volumes that are claimed, Ephemeral for those that a pod's specification makes.
  # Defaults to Persistent alone. Cannot change.
  storageCapacity @3 :Meta.BoolValue $C.proto([4]);
  # Whether pods wait until the driver has reported that there is room, in a CSIStorageCapacity.
  # Defaults to false.
  fsGroupPolicy @4 :Text $C.proto([5]) $C.optional;
  # Whether files are given to the pod's group at a mount: ReadWriteOnceWithFSType where the volume
  # has a filesystem and one writer, File always, None never. Defaults to the first.
  tokenRequests @5 :List(TokenRequest) $C.proto([6]) $C.listType("atomic");
  # Tokens of the pod's service account that the driver is given at a mount.
  requiresRepublish @6 :Meta.BoolValue $C.proto([7]);
  # Whether mounts are asked for again and again, so that the driver can bring what it mounted up to
  # date. Defaults to false.
  seLinuxMount @7 :Meta.BoolValue $C.proto([8]);
  # Whether the driver can mount with an SELinux context. Defaults to false.
  nodeAllocatableUpdatePeriodSeconds @8 :Meta.Int64Value $C.proto([9]);
  # How often each node asks the driver anew how many volumes it can take, at least every 10
  # seconds. Absent: never.
  serviceAccountTokenInSecrets @9 :Meta.BoolValue $C.proto([10]);
  # Whether the tokens are handed over among the secrets rather than among the volume's attributes,
  # which may be logged. Only together with tokenRequests. Defaults to false.
  preventPodSchedulingIfMissing @10 :Meta.BoolValue $C.proto([11]);
  # Whether no pod that needs the driver is put on a node that does not have it. Defaults to false.
}

struct CSINodeSpec $C.openapi("io.k8s.api.storage.v1.CSINodeSpec") {
  # The CSI drivers on a node.
  drivers @0 :List(CSINodeDriver) $C.proto([1]) $C.required $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # The drivers, each once. One that is there can only be removed.
}

struct CSINodeStatus $C.openapi("io.k8s.api.storage.v1.CSINodeStatus") {
  # The observed state of a node's storage.
  storageHealth @0 :List(StorageHealth) $C.proto([1]) $C.listType("map") $C.mapKeys(["name"]) $C.patchStrategy("merge") $C.patchMergeKey("name");
  # What each driver finds wrong.
}

struct VolumeAttachmentSpec $C.openapi("io.k8s.api.storage.v1.VolumeAttachmentSpec") {
  # What is to be attached where.
  attacher @0 :Text $C.proto([1]) $C.required;
  # The CSI driver that attaches it.
  source @1 :VolumeAttachmentSource $C.proto([2]) $C.required;
  # The volume.
  nodeName @2 :Text $C.proto([3]) $C.required;
  # The node to attach it to.
}

struct VolumeAttachmentStatus $C.openapi("io.k8s.api.storage.v1.VolumeAttachmentStatus") {
  # How far attaching or detaching has come.
  attached @0 :Bool $C.proto([1]) $C.required;
  # Whether the volume is attached. Only the attacher sets it.
  attachmentMetadata @1 :List(Meta.TextEntry) $C.proto([2]);
  # What the driver returned at the attach, for the mounts that follow; at most 256 KiB.
  attachError @2 :VolumeError $C.proto([3]);
  # Why attaching last failed. Absent after a success.
  detachError @3 :VolumeError $C.proto([4]);
  # Why detaching last failed. Absent after a success.
}

struct TokenRequest $C.openapi("io.k8s.api.storage.v1.TokenRequest") {
  # A token that a CSI driver is given of a pod's service account.
  audience @0 :Text $C.proto([1]) $C.required;
  # Whom the token is for. Empty: the API server.
  expirationSeconds @1 :Meta.Int64Value $C.proto([2]);
  # How long it is good for, from 10 minutes to 2^32 seconds. Defaults to an hour.
}

struct CSINodeDriver $C.openapi("io.k8s.api.storage.v1.CSINodeDriver") {
  # A CSI driver on a node.
  name @0 :Text $C.proto([1]) $C.required;
  # The driver's name, as it gives it itself.
  nodeID @1 :Text $C.proto([2]) $C.required;
  # What the driver calls the node; at most 256 characters.
  topologyKeys @2 :List(Text) $C.proto([3]) $C.listType("atomic");
  # Labels of the node by which the driver tells which volumes can be reached there.
  allocatable @3 :VolumeNodeResources $C.proto([4]);
  # How many volumes the node can take. May change.
}

struct StorageHealth $C.openapi("io.k8s.api.storage.v1.StorageHealth") {
  # What a CSI driver finds wrong with its storage.
  name @0 :Text $C.proto([1]) $C.required;
  # The driver's name.
  healthConditions @1 :List(StorageHealthCondition) $C.proto([2]) $C.listType("atomic");
  # What has been found; at most 16.
}

struct VolumeAttachmentSource $C.openapi("io.k8s.api.storage.v1.VolumeAttachmentSource") {
  # The volume to attach: exactly one field is set.
  persistentVolumeName @0 :Text $C.proto([1]) $C.optional;
  # Name of the PersistentVolume.
  inlineVolumeSpec @1 :Core.PersistentVolumeSpec $C.proto([2]);
  # The whole of a volume that a pod's own specification describes; only of a CSI driver.
}

struct VolumeError $C.openapi("io.k8s.api.storage.v1.VolumeError") {
  # Why something about a volume failed.
  time @0 :Text $C.proto([1]) $C.format("date-time");
  # When it failed.
  message @1 :Text $C.proto([2]);
  # What happened, in a sentence meant for people, without secrets.
  errorCode @2 :Meta.Int32Value $C.proto([3]);
  # The gRPC code that the driver answered with.
}

struct VolumeNodeResources $C.openapi("io.k8s.api.storage.v1.VolumeNodeResources") {
  # Limits on volumes of a node.
  count @0 :Meta.Int32Value $C.proto([1]);
  # How many different volumes of the driver can be used at a time. Absent: no limit.
}

struct StorageHealthCondition $C.openapi("io.k8s.api.storage.v1.StorageHealthCondition") {
  # One thing that is wrong with a driver's storage.
  status @0 :Text $C.proto([1]) $C.required $C.values(["StorageDegraded", "StorageUnreachable"]);
  # StorageUnreachable or StorageDegraded.
  reason @1 :Text $C.proto([2]) $C.required;
  # Why, in one CamelCase word of at most 256 bytes.
  message @2 :Text $C.proto([3]);
  # What a person needs to know, in at most 1024 bytes.
  accessMode @3 :Text $C.proto([4]) $C.optional
      $C.values(["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]);
  # The access mode that is affected. Absent: all.
  volumeMode @4 :Text $C.proto([5]) $C.optional $C.values(["Block", "Filesystem"]);
  # The volume mode that is affected, Filesystem or Block. Absent: both.
  lastTransitionTime @5 :Text $C.proto([6]) $C.format("date-time");
  # When the condition was first seen as it is.
}
