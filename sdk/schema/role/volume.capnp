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
}

struct VolumeDescription {
  drivers @0 :List(Text);
  # "loop.cleat"
  ephemeral @1 :List(Text);
  # Those among them that pods may name themselves, for volumes that live as long as they do.
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
}

struct VolumeAttribute {
  key @0 :Text;
  value @1 :Text;
}

struct MountVolumeResults {
  path @0 :Text;
  # Where the volume is: `target`, or another folder of the node. Empty: `target`.
}

struct UnmountVolumeParams {
  driver @0 :Text;
  handle @1 :Text;
  target @2 :Text;
  volume @3 :Text;
  podUid @4 :Text;
}
