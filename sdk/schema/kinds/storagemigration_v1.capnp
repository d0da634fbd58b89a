@0x9cd421d54f6a21db;
# The kind of the group storagemigration.k8s.io/v1 that has stored objects written anew in the version
# that their resource is stored in now: StorageVersionMigration.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::storagemigration_v1");

struct StorageVersionMigration $C.openapi("io.k8s.api.storagemigration.v1.StorageVersionMigration") {
  # Asks that every object of a resource is written once more, as it is, so that none is left in an
  # older version.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :StorageVersionMigrationSpec $C.proto([2]) $C.always;
  # The resource.
  status @2 :StorageVersionMigrationStatus $C.proto([3]) $C.always;
  # How far it has come.
}

struct StorageVersionMigrationSpec $C.openapi("io.k8s.api.storagemigration.v1.StorageVersionMigrationSpec") {
  # What is to be written anew.
  resource @0 :GroupResource $C.proto([1]) $C.required;
  # The resource. Cannot change after creation.
}

struct StorageVersionMigrationStatus $C.openapi("io.k8s.api.storagemigration.v1.StorageVersionMigrationStatus") {
  # How far a migration has come.
  conditions @0 :List(Meta.Condition) $C.proto([1]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # Running, Succeeded and Failed. The last two are final.
  resourceVersion @1 :Text $C.proto([2]);
  # The cluster's revision at which the migration began: objects that were written later are in the new
  # version already. Cannot change once it is set.
}

struct GroupResource $C.openapi("io.k8s.apimachinery.pkg.apis.meta.v1.GroupResource") {
  # A resource whatever its version.
  group @0 :Text $C.proto([1]) $C.required;
  # The API group; empty is the core group.
  resource @1 :Text $C.proto([2]) $C.required;
  # The resource in its plural form.
}
