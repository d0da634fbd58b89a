@0x89406a1d5104280a;
# Kinds of the group networking.k8s.io/v1 that manage the addresses of Services: IPAddress and
# ServiceCIDR.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::networking_v1");

struct IPAddress $C.openapi("io.k8s.api.networking.v1.IPAddress") {
  # Records that an address is taken and by whom. Its name is the address in canonical form, so no
  # address can be given out twice.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. The name is
  # the IP address.
  spec @1 :IPAddressSpec $C.proto([2]) $C.required;
  # Who has the address.
}

struct ServiceCIDR $C.openapi("io.k8s.api.networking.v1.ServiceCIDR") {
  # A range from which cluster IPs of Services are given out. There may be several; a range in use
  # is not removed until its addresses are free.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. The range made
  # at start is called kubernetes.
  spec @1 :ServiceCIDRSpec $C.proto([2]) $C.always;
  # The address ranges.
  status @2 :ServiceCIDRStatus $C.proto([3]) $C.always;
  # Whether the range is in use.
}

struct IPAddressSpec $C.openapi("io.k8s.api.networking.v1.IPAddressSpec") {
  # Who has an address.
  parentRef @0 :ParentReference $C.proto([1]) $C.required;
  # The object the address was given to, such as a Service. Cannot change after creation.
}

struct ParentReference $C.openapi("io.k8s.api.networking.v1.ParentReference") {
  # Points at an object of any group.
  group @0 :Text $C.proto([1]);
  # The object's API group; empty is the core group.
  resource @1 :Text $C.proto([2]) $C.required;
  # The object's resource in its plural form, such as services.
  namespace @2 :Text $C.proto([3]);
  # The object's namespace; empty for cluster scope.
  name @3 :Text $C.proto([4]) $C.required;
  # The object's name.
}

struct ServiceCIDRSpec $C.openapi("io.k8s.api.networking.v1.ServiceCIDRSpec") {
  # The address ranges of a ServiceCIDR.
  cidrs @0 :List(Text) $C.proto([1]) $C.listType("atomic");
  # The ranges in CIDR notation: one, or one of each IP family. Present ranges cannot change; a
  # range of the other family may be added.
}

struct ServiceCIDRStatus $C.openapi("io.k8s.api.networking.v1.ServiceCIDRStatus") {
  # The observed state of a ServiceCIDR.
  conditions @0 :List(Meta.Condition) $C.proto([1]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # Conditions of the range. Ready says whether addresses may be given out from it.
}
