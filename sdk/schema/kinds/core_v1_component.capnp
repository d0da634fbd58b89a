@0x9a40458e2ceb0368;
# The kind of the core group, v1, that tells how the parts of the cluster are: computed when it is asked for, never stored.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::core_v1");

struct ComponentStatus $C.openapi("io.k8s.api.core.v1.ComponentStatus") {
  # How one part of the cluster is. Deprecated: the health of the server itself tells more (/readyz).
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # The part's name.
  conditions @1 :List(ComponentCondition) $C.proto([2]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # What was found.
}

struct ComponentCondition $C.openapi("io.k8s.api.core.v1.ComponentCondition") {
  # One thing that was found of a part of the cluster.
  type @0 :Text $C.proto([1]) $C.required;
  # Healthy, the only one.
  status @1 :Text $C.proto([2]) $C.required;
  # True, False, or Unknown where it could not be asked.
  message @2 :Text $C.proto([3]);
  # What the part says of itself.
  error @3 :Text $C.proto([4]);
  # Why it could not be asked.
}
