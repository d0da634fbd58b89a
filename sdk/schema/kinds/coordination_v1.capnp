@0xcd1082bf78eb9e20;
# The kind of the group coordination.k8s.io/v1: Lease, used for leader election and for the
# heartbeats of nodes.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::coordination_v1");

struct Lease $C.openapi("io.k8s.api.coordination.v1.Lease") {
  # A claim that its holder renews in time or loses. Leader elections use leases, and nodes show by
  # them that they are alive.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :LeaseSpec $C.proto([2]) $C.always;
  # Who holds the lease, and until when.
}

struct LeaseSpec $C.openapi("io.k8s.api.coordination.v1.LeaseSpec") {
  # The state of a lease.
  holderIdentity @0 :Text $C.proto([1]) $C.optional;
  # Who holds the lease now. Absent or empty when nobody does. With a strategy, it is the
  # coordinator that names the holder.
  leaseDurationSeconds @1 :Meta.Int32Value $C.proto([2]);
  # Seconds after renewTime at which others may take the lease. Must be positive.
  acquireTime @2 :Text $C.proto([3]) $C.format("micro-time");
  # When the present holder took the lease.
  renewTime @3 :Text $C.proto([4]) $C.format("micro-time");
  # When the holder last renewed the lease.
  leaseTransitions @4 :Meta.Int32Value $C.proto([5]);
  # How often the lease has gone from one holder to another.
  strategy @5 :Text $C.proto([6]) $C.optional;
  # How a coordinated election chooses the leader, such as OldestEmulationVersion. Absent when
  # candidates settle it among themselves.
  preferredHolder @6 :Text $C.proto([7]) $C.optional;
  # The candidate the present holder should give way to. May be set only together with strategy.
}
