@0xe2b7c94d5a1f8e37;
# The role `volume`: makes volumes of one or more drivers usable on this node. Any number of plugins fill it; the agent asks
# the one that has the driver which a volume names (`csi.driver`, `flexVolume.driver`). Calls are idempotent and may be
# repeated, also after a crash of either side.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cleat::role");

interface Volume {
  describe @0 () -> VolumeDescription;
  # Which drivers it has. Asked before anything else, and again when a volume names a driver that nobody has.

  mount @1 MountVolumeParams -> MountVolumeResults;
  # Before the pod's containers are made. When it fails, the pod's event says why, and it is asked again.

  unmount @2 UnmountVolumeParams -> ();
  # The pod is gone. What is not mounted (any more) is success.

  expand @3 ExpandVolumeParams -> ExpandVolumeResults;
  # The volume has become larger, and what is on it is to follow, while a pod uses it. Asked of drivers that say that
  # they can.
}

struct VolumeDescription {
  drivers @0 :List(Text);
  # "loop.cleat"
  ephemeral @1 :List(Text);
  # Those among them that pods may name themselves, for volumes that live as long as they do. An object of the cluster
  # about the driver (CSIDriver) has the last word.
  details @2 :List(VolumeDriver);
  # Of those among them that have something to say about this node: it stands in the node's CSINode.
}

struct VolumeDriver {
  name @0 :Text;
  nodeId @1 :Text;
  # What the driver calls this node. Empty: it is not in the CSINode.
  topology @2 :List(VolumeAttribute);
  # Where the node is, for the driver: it becomes the node's labels.
  mostVolumes @3 :Int64;
  # So many of its volumes can be on the node at a time; 0: it does not say.
  expands @4 :Bool;
  # It takes part when a volume becomes larger.
}

struct MountVolumeParams {
  driver @0 :Text;
  handle @1 :Text;
  # csi.volumeHandle; of a volume that a pod has for itself alone a name of its own, "inline-…". Of flexVolume: the
  # name of the PersistentVolume.
  target @2 :Text;
  # An empty folder on the node, of this pod and volume alone: it may be mounted upon.
  fsType @3 :Text;
  readOnly @4 :Bool;
  attributes @5 :List(VolumeAttribute);
  # csi.volumeAttributes, flexVolume.options
  volume @6 :Text;
  # The name of the PersistentVolume; empty: the pod has it for itself alone.
  podNamespace @7 :Text;
  podName @8 :Text;
  podUid @9 :Text;
  capacityBytes @10 :UInt64;
  # Of the PersistentVolume; 0: it says none.
  block @11 :Bool;
  # The pod wants the device, without a filesystem: `path` in the results is where it is then.
  mountOptions @12 :List(Text);
  accessModes @13 :List(Text);
  # Of the PersistentVolume: "ReadWriteOnce"
  publishContext @14 :List(VolumeAttribute);
  # What the attacher said when it attached the volume to this node.
  stageSecrets @15 :List(VolumeSecret);
  publishSecrets @16 :List(VolumeSecret);
  # What is in the secrets that the volume names, for making it usable on the node and for the pod.
  hasGroup @17 :Bool;
  group @18 :UInt32;
  # The files are to belong to it (fsGroup).
}

struct VolumeSecret {
  key @0 :Text;
  value @1 :Data;
}

struct VolumeAttribute {
  key @0 :Text;
  value @1 :Text;
}

struct MountVolumeResults {
  path @0 :Text;
  # Where the volume is: `target`, or another folder of the node. Empty: `target`.
  groupIsSet @1 :Bool;
  # The driver has seen to `group`; else the agent does.
}

struct UnmountVolumeParams {
  driver @0 :Text;
  handle @1 :Text;
  target @2 :Text;
  volume @3 :Text;
  podUid @4 :Text;
}

struct ExpandVolumeParams {
  driver @0 :Text;
  handle @1 :Text;
  path @2 :Text;
  # Where the volume is, as `mount` said.
  capacityBytes @3 :UInt64;
  # As large as it is at least.
  block @4 :Bool;
  fsType @5 :Text;
  mountOptions @6 :List(Text);
  accessModes @7 :List(Text);
  secrets @8 :List(VolumeSecret);
}

struct ExpandVolumeResults {
  capacityBytes @0 :UInt64;
  # As large as it is now; 0: as was asked.
}
