@0xa30d8d36204b8cf2;
# Kinds of the core group, v1, that are about storage which outlives a pod: PersistentVolume, and PersistentVolumeClaim,
# whose specification stands in core_v1.capnp because pods have it too.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Core = import "core_v1.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::core_v1");

struct PersistentVolume $C.openapi("io.k8s.api.core.v1.PersistentVolume") {
  # A piece of storage in the cluster, made by an administrator or by a provisioner. Its life does
  # not depend on any pod that uses it.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. The name is a
  # DNS subdomain.
  spec @1 :PersistentVolumeSpec $C.proto([2]) $C.always;
  # Where the storage is, how much of it there is, and whose it is.
  status @2 :PersistentVolumeStatus $C.proto([3]) $C.always;
  # Whether the volume is free, bound or released.
}

struct PersistentVolumeClaim $C.openapi("io.k8s.api.core.v1.PersistentVolumeClaim") {
  # What somebody asks of storage. A volume that fits is bound to the claim, and pods use it by the
  # claim's name.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. The name is a
  # DNS subdomain.
  spec @1 :Core.PersistentVolumeClaimSpec $C.proto([2]) $C.always;
  # What is wanted. Once made, only the requested size and the attributes class may change.
  status @2 :PersistentVolumeClaimStatus $C.proto([3]) $C.always;
  # Whether a volume was found, and what it offers.
}

struct PersistentVolumeSpec $C.openapi("io.k8s.api.core.v1.PersistentVolumeSpec") {
  # A volume's storage. Besides what is said of it in general, exactly one of the sources is set; it
  # cannot change.
  capacity @0 :List(Meta.TextEntry) $C.proto([1]) $C.format("quantity");
  # How much the volume holds, under the key storage.
  gcePersistentDisk @1 :Core.GCEPersistentDiskVolumeSource $C.proto([2, 1]);
  # Deprecated, use csi. A persistent disk of Google Compute Engine.
  awsElasticBlockStore @2 :Core.AWSElasticBlockStoreVolumeSource $C.proto([2, 2]);
  # Deprecated, use csi. A disk of Amazon's Elastic Block Store.
  hostPath @3 :Core.HostPathVolumeSource $C.proto([2, 3]);
  # A directory of a node, for tests on a single node: nobody sees to it that pods stay on that
  # node.
  glusterfs @4 :GlusterfsPersistentVolumeSource $C.proto([2, 4]);
  # Deprecated; its support has ended. A Gluster volume.
  nfs @5 :Core.NFSVolumeSource $C.proto([2, 5]);
  # An export of an NFS server.
  rbd @6 :RBDPersistentVolumeSource $C.proto([2, 6]);
  # Deprecated; its support has ended. A block device of Ceph.
  iscsi @7 :ISCSIPersistentVolumeSource $C.proto([2, 7]);
  # An iSCSI disk.
  cinder @8 :CinderPersistentVolumeSource $C.proto([2, 8]);
  # Deprecated, use csi. A volume of OpenStack Cinder.
  cephfs @9 :CephFSPersistentVolumeSource $C.proto([2, 9]);
  # Deprecated; its support has ended. A Ceph filesystem.
  fc @10 :Core.FCVolumeSource $C.proto([2, 10]);
  # A Fibre Channel disk.
  flocker @11 :Core.FlockerVolumeSource $C.proto([2, 11]);
  # Deprecated; its support has ended. A dataset of the Flocker service.
  flexVolume @12 :FlexPersistentVolumeSource $C.proto([2, 12]);
  # Deprecated, use csi. A volume of a driver program on the node.
  azureFile @13 :AzureFilePersistentVolumeSource $C.proto([2, 13]);
  # Deprecated, use csi. A file share of Microsoft Azure.
  vsphereVolume @14 :Core.VsphereVirtualDiskVolumeSource $C.proto([2, 14]);
  # Deprecated, use csi. A disk of vSphere.
  quobyte @15 :Core.QuobyteVolumeSource $C.proto([2, 15]);
  # Deprecated; its support has ended. A Quobyte volume.
  azureDisk @16 :Core.AzureDiskVolumeSource $C.proto([2, 16]);
  # Deprecated, use csi. A data disk of Microsoft Azure.
  photonPersistentDisk @17 :Core.PhotonPersistentDiskVolumeSource $C.proto([2, 17]);
  # Deprecated; its support has ended. A disk of the Photon controller.
  portworxVolume @18 :Core.PortworxVolumeSource $C.proto([2, 18]);
  # Deprecated, use csi. A Portworx volume.
  scaleIO @19 :ScaleIOPersistentVolumeSource $C.proto([2, 19]);
  # Deprecated; its support has ended. A ScaleIO volume.
  local @20 :LocalVolumeSource $C.proto([2, 20]);
  # Storage that one node has: a disk, a partition or a directory. Needs nodeAffinity.
  storageos @21 :StorageOSPersistentVolumeSource $C.proto([2, 21]);
  # Deprecated; its support has ended. A StorageOS volume.
  csi @22 :CSIPersistentVolumeSource $C.proto([2, 22]);
  # A volume of a CSI driver.
  accessModes @23 :List(Text) $C.proto([3]) $C.listType("atomic")
      $C.values(["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]);
  # The ways in which it can be mounted: ReadWriteOnce (by one node), ReadOnlyMany, ReadWriteMany or
  # ReadWriteOncePod (by one pod).
  claimRef @24 :Core.ObjectReference $C.proto([4]) $C.mapType("granular");
  # The claim that the volume is bound to, or is meant for. Set when the two are bound, or before by
  # whoever wants to decide.
  persistentVolumeReclaimPolicy @25 :Text $C.proto([5]) $C.values(["Delete", "Recycle", "Retain"]);
  # What becomes of the volume when its claim is deleted: Retain keeps it for somebody to look
  # after, Delete removes it with its storage, Recycle (deprecated) empties it. Defaults to Retain.
  storageClassName @26 :Text $C.proto([6]);
  # The StorageClass that the volume belongs to. Empty: to none.
  mountOptions @27 :List(Text) $C.proto([7]) $C.listType("atomic");
  # Options for the mount, such as ro or soft. They are not checked: the mount fails if one is
  # wrong.
  volumeMode @28 :Text $C.proto([8]) $C.optional $C.values(["Block", "Filesystem"]);
  # Filesystem for a mounted filesystem, Block for a raw device. Defaults to Filesystem. Cannot
  # change.
  nodeAffinity @29 :VolumeNodeAffinity $C.proto([9]);
  # The nodes that can reach the volume; pods that use it run on one of these. Cannot change once
  # set.
  volumeAttributesClassName @30 :Text $C.proto([10]) $C.optional;
  # The VolumeAttributesClass whose parameters the volume has at present. Only volumes of CSI
  # drivers have one, and it cannot be taken away again.
}

struct PersistentVolumeStatus $C.openapi("io.k8s.api.core.v1.PersistentVolumeStatus") {
  # The observed state of a volume.
  phase @0 :Text $C.proto([1]) $C.values(["Available", "Bound", "Failed", "Pending", "Released"]);
  # Pending (not ready to be bound), Available, Bound, Released (its claim was deleted) or Failed
  # (it could not be reclaimed).
  message @1 :Text $C.proto([2]);
  # Why the volume is in this phase, in a sentence meant for people.
  reason @2 :Text $C.proto([3]);
  # Why reclaiming failed, in one CamelCase word meant for programs.
  lastPhaseTransitionTime @3 :Text $C.proto([4]) $C.format("date-time");
  # When the phase last changed. Set by the server.
}

struct VolumeNodeAffinity $C.openapi("io.k8s.api.core.v1.VolumeNodeAffinity") {
  # The nodes that can reach a volume.
  required @0 :Core.NodeSelector $C.proto([1]);
  # What must be true of a node. Must be given.
}

struct PersistentVolumeClaimStatus $C.openapi("io.k8s.api.core.v1.PersistentVolumeClaimStatus") {
  # The observed state of a claim.
  phase @0 :Text $C.proto([1]) $C.values(["Bound", "Lost", "Pending"]);
  # Pending (not bound yet), Bound, or Lost (the volume that it was bound to is gone, with all that
  # was on it).
  accessModes @1 :List(Text) $C.proto([2]) $C.listType("atomic")
      $C.values(["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]);
  # The ways in which the bound volume can be mounted.
  capacity @2 :List(Meta.TextEntry) $C.proto([3]) $C.format("quantity");
  # How much the bound volume holds.
  conditions @3 :List(PersistentVolumeClaimCondition) $C.proto([4]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # The claim's conditions, one for each type.
  allocatedResources @4 :List(Meta.TextEntry) $C.proto([5]) $C.format("quantity");
  # What is being made ready for the claim, while it grows more than it has: the size that counts
  # against quotas. Keys are storage or names with a domain.
  allocatedResourceStatuses @5 :List(Meta.TextEntry) $C.proto([7]) $C.mapType("granular")
      $C.values(["ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress",
        "NodeResizeInfeasible", "NodeResizePending"]);
  # How far growing has come, by resource: ControllerResizeInProgress, ControllerResizeInfeasible,
  # NodeResizePending, NodeResizeInProgress or NodeResizeInfeasible.
  currentVolumeAttributesClassName @6 :Text $C.proto([8]) $C.optional;
  # The VolumeAttributesClass whose parameters the volume has. Absent: none.
  modifyVolumeStatus @7 :ModifyVolumeStatus $C.proto([9]);
  # How far the change to another VolumeAttributesClass has come. Absent: none is under way.
  healthStatus @8 :VolumeHealthStatus $C.proto([10]);
  # What is wrong with the volume, as its driver says. Alpha: not taken.
}

struct PersistentVolumeClaimCondition $C.openapi("io.k8s.api.core.v1.PersistentVolumeClaimCondition") {
  # One aspect of a claim's state.
  type @0 :Text $C.proto([1]) $C.required;
  # The aspect, such as Resizing, FileSystemResizePending, ModifyingVolume or Unused.
  status @1 :Text $C.proto([2]) $C.required;
  # Whether the condition holds: True, False or Unknown.
  lastProbeTime @2 :Text $C.proto([3]) $C.format("date-time");
  # When the condition was last checked.
  lastTransitionTime @3 :Text $C.proto([4]) $C.format("date-time");
  # When status last went from one value to another.
  reason @4 :Text $C.proto([5]);
  # Why the condition is as it is, in one CamelCase word meant for programs.
  message @5 :Text $C.proto([6]);
  # Why the condition is as it is, in a sentence meant for people.
}

struct ModifyVolumeStatus $C.openapi("io.k8s.api.core.v1.ModifyVolumeStatus") {
  # How far a change of a volume's attributes has come.
  targetVolumeAttributesClassName @0 :Text $C.proto([1]);
  # The VolumeAttributesClass that the volume is to have.
  status @1 :Text $C.proto([2]) $C.required $C.values(["InProgress", "Infeasible", "Pending"]);
  # Pending (the class is not there), InProgress, or Infeasible (the driver refuses the class's
  # parameters).
}

struct VolumeHealthStatus $C.openapi("io.k8s.api.core.v1.VolumeHealthStatus") {
  # What is wrong with a claim's volume.
  healthConditions @0 :List(Core.VolumeHealthCondition) $C.proto([1]) $C.listType("map") $C.mapKeys(["status", "reason"]) $C.patchStrategy("merge") $C.patchMergeKey("status");
  # What has been found; at most 16.
  lastTransitionTime @1 :Text $C.proto([2]) $C.format("date-time");
  # When the present conditions were first seen.
}

struct SecretReference $C.openapi("io.k8s.api.core.v1.SecretReference") $C.mapType("atomic") {
  # Points at a Secret of any namespace.
  name @0 :Text $C.proto([1]);
  # The Secret's name, unique in its namespace.
  namespace @1 :Text $C.proto([2]);
  # The Secret's namespace.
}

struct GlusterfsPersistentVolumeSource $C.openapi("io.k8s.api.core.v1.GlusterfsPersistentVolumeSource") {
  # Deprecated; its support has ended. A mount of a Gluster volume.
  endpoints @0 :Text $C.proto([1]) $C.required;
  # Name of the Endpoints that list the Gluster servers.
  path @1 :Text $C.proto([2]) $C.required;
  # Name of the Gluster volume.
  readOnly @2 :Bool $C.proto([3]);
  # True mounts the volume read-only. Defaults to false.
  endpointsNamespace @3 :Text $C.proto([4]) $C.optional;
  # Namespace of the Endpoints. Absent: that of the claim.
}

struct RBDPersistentVolumeSource $C.openapi("io.k8s.api.core.v1.RBDPersistentVolumeSource") {
  # Deprecated; its support has ended in favour of CSI drivers. A block device of Ceph.
  monitors @0 :List(Text) $C.proto([1]) $C.required $C.listType("atomic");
  # Addresses of the Ceph monitors.
  image @1 :Text $C.proto([2]) $C.required;
  # Name of the image.
  fsType @2 :Text $C.proto([3]);
  # Filesystem to mount, such as ext4 or xfs; the node must support it. When empty, the volume's
  # driver chooses, usually ext4.
  pool @3 :Text $C.proto([4]);
  # The pool it is in. Defaults to rbd.
  user @4 :Text $C.proto([5]);
  # The Ceph user. Defaults to admin.
  keyring @5 :Text $C.proto([6]);
  # Path of the user's keyring on the node. Defaults to /etc/ceph/keyring.
  secretRef @6 :SecretReference $C.proto([7]);
  # Secret that holds the user's key. Goes before keyring.
  readOnly @7 :Bool $C.proto([8]);
  # True mounts the volume read-only. Defaults to false.
}

struct ISCSIPersistentVolumeSource $C.openapi("io.k8s.api.core.v1.ISCSIPersistentVolumeSource") {
  # An iSCSI disk. It can be mounted for writing on one node only.
  targetPortal @0 :Text $C.proto([1]) $C.required;
  # Address of the target's portal, with the port unless it is 3260 (or 860).
  iqn @1 :Text $C.proto([2]) $C.required;
  # The target's qualified name.
  lun @2 :Int32 $C.proto([3]) $C.required;
  # Number of the logical unit.
  iscsiInterface @3 :Text $C.proto([4]);
  # Name of the initiator's interface. Defaults to default (TCP).
  fsType @4 :Text $C.proto([5]);
  # Filesystem to mount, such as ext4 or xfs; the node must support it. When empty, the volume's
  # driver chooses, usually ext4.
  readOnly @5 :Bool $C.proto([6]);
  # True mounts the volume read-only. Defaults to false.
  portals @6 :List(Text) $C.proto([7]) $C.listType("atomic");
  # Further portals of the target, for multiple paths, in the form of targetPortal.
  chapAuthDiscovery @7 :Bool $C.proto([8]);
  # Whether discovery authenticates by CHAP. Defaults to false.
  secretRef @8 :SecretReference $C.proto([10]);
  # Secret with the CHAP credentials.
  chapAuthSession @9 :Bool $C.proto([11]);
  # Whether sessions authenticate by CHAP. Defaults to false.
  initiatorName @10 :Text $C.proto([12]) $C.optional;
  # Name the initiator goes by. If given with iscsiInterface, an interface of its own is made for
  # the connection.
}

struct CinderPersistentVolumeSource $C.openapi("io.k8s.api.core.v1.CinderPersistentVolumeSource") {
  # Deprecated, use the CSI driver cinder.csi.openstack.org. A volume of OpenStack Cinder.
  volumeID @0 :Text $C.proto([1]) $C.required;
  # The volume's id in Cinder.
  fsType @1 :Text $C.proto([2]);
  # Filesystem to mount, such as ext4 or xfs; the node must support it. When empty, the volume's
  # driver chooses, usually ext4.
  readOnly @2 :Bool $C.proto([3]);
  # True mounts the volume read-only. Defaults to false.
  secretRef @3 :SecretReference $C.proto([4]);
  # Secret with the credentials for OpenStack.
}

struct CephFSPersistentVolumeSource $C.openapi("io.k8s.api.core.v1.CephFSPersistentVolumeSource") {
  # Deprecated; its support has ended in favour of CSI drivers. A mount of a Ceph filesystem.
  monitors @0 :List(Text) $C.proto([1]) $C.required $C.listType("atomic");
  # Addresses of the Ceph monitors.
  path @1 :Text $C.proto([2]);
  # Directory to mount as the root. Defaults to /.
  user @2 :Text $C.proto([3]);
  # The Ceph user. Defaults to admin.
  secretFile @3 :Text $C.proto([4]);
  # Path of the user's keyring on the node. Defaults to /etc/ceph/user.secret.
  secretRef @4 :SecretReference $C.proto([5]);
  # Secret that holds the user's key. Goes before secretFile.
  readOnly @5 :Bool $C.proto([6]);
  # True mounts the volume read-only. Defaults to false.
}

struct FlexPersistentVolumeSource $C.openapi("io.k8s.api.core.v1.FlexPersistentVolumeSource") {
  # Deprecated, use a CSI driver. A volume that a driver program on the node attaches and mounts.
  driver @0 :Text $C.proto([1]) $C.required;
  # The driver's name.
  fsType @1 :Text $C.proto([2]);
  # Filesystem to mount. When empty, the driver chooses.
  secretRef @2 :SecretReference $C.proto([3]);
  # Secret whose content is handed to the driver.
  readOnly @3 :Bool $C.proto([4]);
  # True mounts the volume read-only. Defaults to false.
  options @4 :List(Meta.TextEntry) $C.proto([5]);
  # Further options that the driver understands.
}

struct AzureFilePersistentVolumeSource $C.openapi("io.k8s.api.core.v1.AzureFilePersistentVolumeSource") {
  # Deprecated, use the CSI driver file.csi.azure.com. A file share of Microsoft Azure.
  secretName @0 :Text $C.proto([1]) $C.required;
  # Name of the Secret with the storage account's name and key.
  shareName @1 :Text $C.proto([2]) $C.required;
  # Name of the share.
  readOnly @2 :Bool $C.proto([3]);
  # True mounts the volume read-only. Defaults to false.
  secretNamespace @3 :Text $C.proto([4]) $C.optional;
  # Namespace of the Secret. Absent: that of the claim.
}

struct ScaleIOPersistentVolumeSource $C.openapi("io.k8s.api.core.v1.ScaleIOPersistentVolumeSource") {
  # Deprecated; its support has ended. A ScaleIO volume.
  gateway @0 :Text $C.proto([1]) $C.required;
  # Address of the ScaleIO gateway.
  system @1 :Text $C.proto([2]) $C.required;
  # Name of the storage system.
  secretRef @2 :SecretReference $C.proto([3]) $C.required;
  # Secret with the user's credentials. Needed to log in.
  sslEnabled @3 :Bool $C.proto([4]);
  # Whether to talk to the gateway by TLS. Defaults to false.
  protectionDomain @4 :Text $C.proto([5]);
  # Name of the protection domain.
  storagePool @5 :Text $C.proto([6]);
  # The storage pool of the domain.
  storageMode @6 :Text $C.proto([7]);
  # ThickProvisioned or ThinProvisioned. Defaults to ThinProvisioned.
  volumeName @7 :Text $C.proto([8]);
  # Name of a volume that exists already.
  fsType @8 :Text $C.proto([9]);
  # Filesystem to mount, such as ext4 or xfs. Defaults to xfs.
  readOnly @9 :Bool $C.proto([10]);
  # True mounts the volume read-only. Defaults to false.
}

struct LocalVolumeSource $C.openapi("io.k8s.api.core.v1.LocalVolumeSource") {
  # Storage of one node: a disk, a partition or a directory.
  path @0 :Text $C.proto([1]) $C.required;
  # Path of the directory or the block device on the node. Must not contain "..".
  fsType @1 :Text $C.proto([2]) $C.optional;
  # Filesystem to mount from a block device. When absent, one is found out, or ext4.
}

struct StorageOSPersistentVolumeSource $C.openapi("io.k8s.api.core.v1.StorageOSPersistentVolumeSource") {
  # Deprecated; its support has ended. A StorageOS volume.
  volumeName @0 :Text $C.proto([1]);
  # The volume's name, unique in its StorageOS namespace.
  volumeNamespace @1 :Text $C.proto([2]);
  # The volume's StorageOS namespace. When empty, the pod's namespace; "default" if namespaces are
  # not used there.
  fsType @2 :Text $C.proto([3]);
  # Filesystem to mount, such as ext4 or xfs; the node must support it. When empty, the volume's
  # driver chooses, usually ext4.
  readOnly @3 :Bool $C.proto([4]);
  # True mounts the volume read-only. Defaults to false.
  secretRef @4 :Core.ObjectReference $C.proto([5]);
  # Secret with the credentials for StorageOS. When absent, its defaults are tried.
}

struct CSIPersistentVolumeSource $C.openapi("io.k8s.api.core.v1.CSIPersistentVolumeSource") {
  # A volume that a CSI driver manages.
  driver @0 :Text $C.proto([1]) $C.required;
  # Name of the driver.
  volumeHandle @1 :Text $C.proto([2]) $C.required;
  # The volume's name with its driver, as CreateVolume returned it. Cannot change.
  readOnly @2 :Bool $C.proto([3]);
  # True publishes the volume as read-only. Defaults to false.
  fsType @3 :Text $C.proto([4]);
  # Filesystem to mount, such as ext4 or xfs. When empty, the driver chooses.
  volumeAttributes @4 :List(Meta.TextEntry) $C.proto([5]);
  # Properties of the volume that the driver wants to see at every publish.
  controllerPublishSecretRef @5 :SecretReference $C.proto([6]);
  # Secret that the driver needs to attach and detach the volume. Its whole content is handed over.
  nodeStageSecretRef @6 :SecretReference $C.proto([7]);
  # Secret that the driver needs to stage the volume on a node.
  nodePublishSecretRef @7 :SecretReference $C.proto([8]);
  # Secret that the driver needs to publish the volume to a pod.
  controllerExpandSecretRef @8 :SecretReference $C.proto([9]);
  # Secret that the driver needs to make the volume larger. May be added later.
  nodeExpandSecretRef @9 :SecretReference $C.proto([10]);
  # Secret that the driver needs to make the filesystem larger on the node.
}

struct TopologySelectorTerm $C.openapi("io.k8s.api.core.v1.TopologySelectorTerm") $C.mapType("atomic") {
  # Chooses parts of the cluster's topology. All requirements must hold; without any, nothing is
  # chosen.
  matchLabelExpressions @0 :List(TopologySelectorLabelRequirement) $C.proto([1]) $C.listType("atomic");
  # Requirements on the topology's labels.
}

struct TopologySelectorLabelRequirement $C.openapi("io.k8s.api.core.v1.TopologySelectorLabelRequirement") {
  # A requirement on one label of a topology.
  key @0 :Text $C.proto([1]) $C.required;
  # The label's key.
  values @1 :List(Text) $C.proto([2]) $C.required $C.listType("atomic");
  # The values, of which the label must have one.
}
