@0xb878bfac6f495f1b;
# What every API group shares: the metadata of objects and lists, label selectors, conditions, the
# Status that requests are answered with, the options of a delete; and the small structs the kind
# schemas are built from (boxes for optional scalars, entries of maps).

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";

$Cxx.namespace("cleat::meta_v1");

struct Int32Value { value @0 :Int32; }
# A 32-bit integer that may be absent. In JSON it is a plain number; a null pointer leaves the field
# out, while a box holding 0 writes 0.
struct Int64Value { value @0 :Int64; }
# A 64-bit integer that may be absent. In JSON it is a plain number; a null pointer leaves the field
# out, while a box holding 0 writes 0.
struct BoolValue { value @0 :Bool; }
# A boolean that may be absent. In JSON it is plain true or false; a null pointer leaves the field
# out, while a box holding false writes false.
struct Float64Value { value @0 :Float64; }
# A floating-point number that may be absent. In JSON it is a plain number; a null pointer leaves
# the field out, while a box holding 0 writes 0.

struct TextEntry { key @0 :Text; value @1 :Text; }
# One member of a map from text to text, such as labels. In JSON the list of entries is an object;
# entries are sorted by key and keys do not repeat.
struct DataEntry { key @0 :Text; value @1 :Data; }
# One member of a map from text to bytes, such as the content of a Secret. In JSON the value is
# base64; entries are sorted by key and keys do not repeat.
struct TextListEntry { key @0 :Text; value @1 :List(Text); }
# One member of a map from text to a list of texts. In JSON the value is an array of strings;
# entries are sorted by key and keys do not repeat.

struct IntOrString {
  # Either a number or a text; JSON writes whichever it is. Ports use it for number or name,
  # rollouts for a count or a percentage such as "25%".
  union {
    intVal @0 :Int32;
    # The value when it is a number.
    strVal @1 :Text;
    # The value when it is a text.
  }
}

struct AnyObject {
  # The view of an object whose kind does not matter. The first field of every kind's root struct is
  # its metadata, so any object's message can be read as this struct.
  metadata @0 :ObjectMeta;
  # Name, labels, annotations and the rest of the metadata that every object carries.
}

struct Condition $C.openapi("io.k8s.apimachinery.pkg.apis.meta.v1.Condition") {
  # One aspect of an object's state as a controller observed it. A list of conditions holds each
  # type at most once.
  type @0 :Text $C.proto([1]) $C.required;
  # The aspect described, in CamelCase, such as Ready; a domain prefix such as example.com/Ready
  # keeps types of third parties apart.
  status @1 :Text $C.proto([2]) $C.required;
  # Whether the condition holds: True, False or Unknown.
  observedGeneration @2 :Int64 $C.proto([3]);
  # The metadata.generation that this condition was computed from. When it is lower than the
  # object's current generation, the condition is out of date.
  lastTransitionTime @3 :Text $C.proto([4]) $C.format("date-time") $C.required;
  # When status last went from one value to another. If that is not known, when the underlying state
  # was seen to change.
  reason @4 :Text $C.proto([5]) $C.required;
  # Why the condition is as it is, in one CamelCase word meant for programs. Must not be empty.
  message @5 :Text $C.proto([6]) $C.required;
  # Why the condition is as it is, in a sentence meant for people. May be empty.
}

struct DeleteOptions $C.openapi("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions") {
  # How to carry out a delete. Sent as the body of a DELETE request, or as its query parameters.
  gracePeriodSeconds @0 :Int64Value $C.proto([1]);
  # Seconds the object is given to finish before it is removed. 0 removes it at once; when absent,
  # the kind's own default applies. Must not be negative.
  preconditions @1 :Preconditions $C.proto([2]);
  # What must be true of the object for the delete to go ahead; otherwise it fails with a conflict
  # (409).
  orphanDependents @2 :BoolValue $C.proto([3]);
  # Deprecated, use propagationPolicy. True leaves the dependents in place without an owner; false
  # has them collected. Cannot be combined with propagationPolicy.
  propagationPolicy @3 :Text $C.proto([4]) $C.optional;
  # What happens to objects owned by this one. Orphan leaves them; Background removes this object
  # now and them afterwards; Foreground keeps this object, marked as deleting, until they are gone.
  # When absent, the object's finalizers and the kind's default decide.
  dryRun @4 :List(Text) $C.proto([5]) $C.listType("atomic");
  # With the single value All, the request is checked and answered in full but nothing is stored.
  ignoreStoreReadErrorWithClusterBreakingPotential @5 :BoolValue $C.proto([6]);
  # True deletes an object that can no longer be read from the store, skipping finalizers and
  # preconditions. Use only when a corrupt object blocks the cluster; it needs a permission of its
  # own.
}

struct FieldSelectorRequirement $C.openapi("io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement") {
  # One requirement of a field selector in its parsed form, as authorizers receive it.
  key @0 :Text $C.proto([1]) $C.required;
  # Path of the selected field, such as spec.nodeName.
  operator @1 :Text $C.proto([2]) $C.required;
  # How the field relates to values: In, NotIn, Exists or DoesNotExist.
  values @2 :List(Text) $C.proto([3]) $C.listType("atomic");
  # The values to compare with. Needed for In and NotIn; must be empty for Exists and DoesNotExist.
}

struct LabelSelector $C.openapi("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector") $C.mapType("atomic") {
  # A condition on labels. All parts must hold; an empty selector matches every object, an absent
  # one matches none.
  matchLabels @0 :List(TextEntry) $C.proto([1]);
  # Labels an object must have with exactly these values.
  matchExpressions @1 :List(LabelSelectorRequirement) $C.proto([2]) $C.listType("atomic");
  # Further requirements on labels; all of them must hold.
}

struct LabelSelectorRequirement $C.openapi("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement") {
  # A requirement on one label.
  key @0 :Text $C.proto([1]) $C.required;
  # The label's key.
  operator @1 :Text $C.proto([2]) $C.required;
  # How the label relates to values: In, NotIn, Exists or DoesNotExist. NotIn also holds where the
  # label is missing.
  values @2 :List(Text) $C.proto([3]) $C.listType("atomic");
  # The values to compare with. Needed for In and NotIn; must be empty for Exists and DoesNotExist.
}

struct ListMeta $C.openapi("io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta") {
  # Metadata of a list, as opposed to that of the objects in it.
  selfLink @0 :Text $C.proto([1]);
  # Deprecated and no longer filled in.
  resourceVersion @1 :UInt64 $C.proto([2]) $C.format("uint64-string");
  # The revision of the cluster that the list shows. A watch started from it misses nothing. Clients
  # must treat it as opaque.
  continue @2 :Text $C.proto([3]);
  # A token that, sent back as the continue parameter, fetches the next page of the same snapshot.
  # Absent on the last page. It expires when the snapshot's history is dropped.
  remainingItemCount @3 :Int64Value $C.proto([4]);
  # How many items follow this page. Absent on the last page and when a selector makes the number
  # unknown.
  shardInfo @4 :ShardInfo $C.proto([5]);
  # Present when the answer is only one shard of the collection because the request asked for a
  # shard; absent when the list is whole.
}

struct ManagedFieldsEntry $C.openapi("io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry") {
  # Which fields of an object one writer set. The server maintains these entries; server-side apply
  # uses them to find conflicts.
  manager @0 :Text $C.proto([1]);
  # Name of the writer, from the request's fieldManager parameter or its user agent.
  operation @1 :Text $C.proto([2]);
  # How the fields were written: Apply or Update.
  apiVersion @2 :Text $C.proto([3]);
  # The group and version in which fieldsV1 is expressed.
  time @3 :Text $C.proto([4]) $C.format("date-time");
  # When this writer last added, changed or removed a field.
  fieldsType @4 :Text $C.proto([6]);
  # The format of the field set; always FieldsV1.
  fieldsV1 @5 :Text $C.proto([7]) $C.format("json");
  # The set of fields as a nested JSON object: f:<name> is a field, k:<keys> a list element named by
  # its keys, v:<value> a set's element, and "." the thing itself.
  subresource @6 :Text $C.proto([8]);
  # The subresource through which the fields were written, such as status. Absent for the object
  # itself.
}

struct ObjectMeta $C.openapi("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta") {
  # What is known about every object regardless of its kind: its identity, its labels, who owns it,
  # and its life from creation to deletion.
  name @0 :Text $C.proto([1]);
  # The object's name, unique among objects of its resource in its namespace. Cannot change after
  # creation.
  generateName @1 :Text $C.proto([2]);
  # Prefix from which the server makes a unique name when name is empty, by adding a random suffix.
  # If the result is taken, the create fails and may be repeated.
  namespace @2 :Text $C.proto([3]);
  # The namespace the object lives in; empty for kinds of cluster scope. Cannot change after
  # creation.
  selfLink @3 :Text $C.proto([4]);
  # Deprecated and no longer filled in.
  uid @4 :Text $C.proto([5]);
  # Identity of this very object, set by the server at creation. An object deleted and made again
  # under the same name has another uid.
  resourceVersion @5 :UInt64 $C.proto([6]) $C.format("uint64-string");
  # The revision at which the object was last written, set by the server. An update that carries an
  # older one is refused with a conflict. Clients compare it only for equality.
  generation @6 :Int64 $C.proto([7]);
  # Counts changes to the desired state, starting at 1. Writes to status or metadata do not raise
  # it. Set by the server.
  creationTimestamp @7 :Text $C.proto([8]) $C.format("date-time");
  # CreationTimestamp is a timestamp of when the object was created, in UTC. Set by the server.
  deletionTimestamp @8 :Text $C.proto([9]) $C.format("date-time");
  # When the object is due to go. Set by the server on a delete that cannot take effect at once; it
  # can be brought forward but never unset, and the object disappears once its finalizers are gone.
  deletionGracePeriodSeconds @9 :Int64Value $C.proto([10]);
  # Seconds between the delete request and deletionTimestamp. Set together with it and may only be
  # lowered.
  labels @10 :List(TextEntry) $C.proto([11]);
  # Short keys and values by which objects are selected and grouped. Values are at most 63
  # characters.
  annotations @11 :List(TextEntry) $C.proto([12]);
  # Keys and values that tools and people attach; they cannot be selected by. All annotations
  # together are limited to 256 KiB.
  ownerReferences @12 :List(OwnerReference) $C.proto([13]) $C.listType("map") $C.mapKeys(["uid"]) $C.patchStrategy("merge") $C.patchMergeKey("uid");
  # The objects this one belongs to. When all owners are gone it is garbage-collected. At most one
  # may be the managing controller.
  finalizers @13 :List(Text) $C.proto([14]) $C.listType("set") $C.patchStrategy("merge");
  # Names of those who must act before the object may go. While any remain, a delete only sets
  # deletionTimestamp; each removes its own entry when done.
  managedFields @14 :List(ManagedFieldsEntry) $C.proto([17]) $C.listType("atomic");
  # Which writer set which field; kept by the server for server-side apply. Clients seldom need it
  # and may clear it.
}

struct OwnerReference $C.openapi("io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference") $C.mapType("atomic") {
  # A pointer from a dependent object to its owner. The owner is in the same namespace or of cluster
  # scope.
  kind @0 :Text $C.proto([1]) $C.required;
  # The owner's kind.
  name @1 :Text $C.proto([3]) $C.required;
  # The owner's name.
  uid @2 :Text $C.proto([4]) $C.required;
  # The owner's uid. The reference means exactly that object, not a later one of the same name.
  apiVersion @3 :Text $C.proto([5]) $C.required;
  # The owner's API group and version.
  controller @4 :BoolValue $C.proto([6]);
  # True if the owner is the controller that manages this object. At most one reference may say so.
  blockOwnerDeletion @5 :BoolValue $C.proto([7]);
  # True if a foreground delete of the owner must wait until this object is gone. Defaults to false.
}

struct Preconditions $C.openapi("io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions") {
  # Conditions that an object must meet for a request to change it; if they fail, the answer is a
  # conflict.
  uid @0 :Text $C.proto([1]) $C.optional;
  # The uid the object must have. Absent means any.
  resourceVersion @1 :Text $C.proto([2]) $C.optional;
  # The resourceVersion the object must have. Absent means any.
}

struct ShardInfo $C.openapi("io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo") {
  # Which part of a collection a sharded list shows.
  selector @0 :Text $C.proto([1]) $C.required;
  # The shard selector of the request, repeated so that the client can tell which shard it received
  # and merge several.
}

struct Status $C.openapi("io.k8s.apimachinery.pkg.apis.meta.v1.Status") {
  # The answer to a request that returns no object: every error, and some successes.
  metadata @0 :ListMeta $C.proto([1]);
  # List metadata; for most answers empty.
  status @1 :Text $C.proto([2]);
  # Success or Failure.
  message @2 :Text $C.proto([3]);
  # What happened, in a sentence meant for people.
  reason @3 :Text $C.proto([4]);
  # Why the request failed, in one CamelCase word meant for programs, such as NotFound or Conflict.
  # It refines the HTTP code but never contradicts it.
  details @4 :StatusDetails $C.proto([5]);
  # More about the failure, depending on reason; absent when there is no more to say.
  code @5 :Int32 $C.proto([6]);
  # The HTTP status code of the answer.
}

struct StatusCause $C.openapi("io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause") {
  # One of several causes of a failure, for example one invalid field.
  reason @0 :Text $C.proto([1]);
  # What kind of cause this is, in one CamelCase word, such as FieldValueRequired.
  message @1 :Text $C.proto([2]);
  # The cause, in a sentence meant for people.
  field @2 :Text $C.proto([3]);
  # Path of the offending field, such as spec.containers[0].image. Absent when the cause is not
  # about a field.
}

struct StatusDetails $C.openapi("io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails") {
  # What a failure was about.
  name @0 :Text $C.proto([1]);
  # Name of the object concerned, or of the nearest thing to it that is known.
  group @1 :Text $C.proto([2]);
  # API group of the object concerned; empty for the core group.
  kind @2 :Text $C.proto([3]);
  # The kind or resource concerned.
  causes @3 :List(StatusCause) $C.proto([4]) $C.listType("atomic");
  # The causes found; a validation failure lists one for each bad field.
  retryAfterSeconds @4 :Int32 $C.proto([5]);
  # Seconds to wait before trying again. 0 when waiting is not called for.
  uid @5 :Text $C.proto([6]);
  # The uid of the object concerned, if it is a single one.
}
