@0xc1ea7c1ea7c1ea70;
# Annotations that say of a kind's schema what Cap'n Proto itself cannot: how a field looks in
# JSON and in protobuf, and how Kubernetes merges, defaults and lists it. The core reads them by
# reflection when a kinds plugin registers its schema; it is compiled against no kind.
#
# Conventions of every kind schema:
#  - The first field of a kind's root struct is `metadata @0 :ObjectMeta`, so any object can be read
#    as `AnyObject` (kinds/meta_v1.capnp). `apiVersion` and `kind` are not stored: the key says them.
#  - A plain scalar is left out of the JSON when it is zero, unless `$required` or `$always`. A scalar whose
#    absence means something is a box (`Int32Value`, …), absent when null.
#  - A Text is left out of the JSON when null or empty, unless `$required`, `$always` or `$optional`.
#  - A map is a list of a `…Entry` struct with the fields `key` and `value`, sorted by key.
#  - The comment behind a field is what `kubectl explain` prints.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cleat::schema");

annotation json @0xc1ea7c1ea7c1ea71 (field) :Text;
# The field's JSON name where it differs from the Cap'n Proto name.

annotation proto @0xc1ea7c1ea7c1ea72 (field) :List(UInt32);
# The field's number in the protobuf form, or the path of numbers where JSON inlines a message.

annotation required @0xc1ea7c1ea7c1ea73 (field) :Void;
# Always present in the JSON; OpenAPI lists it as required.

annotation always @0xc1ea7c1ea7c1ea7c (field) :Void;
# Always present in the JSON, as null, empty or zero, without being required. A struct that says so is held by value in
# Kubernetes: an empty one is as good as none.

annotation optional @0xc1ea7c1ea7c1ea74 (field) :Void;
# On Text: the empty string means something else than absence, and is kept.

annotation format @0xc1ea7c1ea7c1ea75 (field) :Text;
# What a Text or integer holds: "date-time" (RFC 3339, seconds, UTC), "micro-time" (RFC 3339 with
# microseconds), "quantity", "json" (any JSON value, kept as its text), "uint64-string".

annotation listType @0xc1ea7c1ea7c1ea76 (field) :Text;
# "atomic", "set" or "map": how server-side apply merges the list.

annotation mapKeys @0xc1ea7c1ea7c1ea77 (field) :List(Text);
# With listType "map": the JSON names of the fields that identify an element. A name may be followed by what the
# field's absence means: "protocol=TCP".

annotation mapType @0xc1ea7c1ea7c1ea78 (field, struct) :Text;
# "atomic" where the struct or map is replaced as a whole by server-side apply; "granular" on a field that is merged
# although its struct is atomic elsewhere.

annotation patchStrategy @0xc1ea7c1ea7c1ea79 (field) :Text;
# Strategic merge patch: "merge", "replace", "retainKeys" or "merge,retainKeys".

annotation patchMergeKey @0xc1ea7c1ea7c1ea7a (field) :Text;
# Strategic merge patch: the JSON name of the field that identifies a list's element.

annotation values @0xc1ea7c1ea7c1ea7e (field) :List(Text);
# On Text, and on lists and maps of Text: which ones there are, for OpenAPI (`enum`) and so for `kubectl explain` and clients
# that are generated. What else is written is refused by the kind's rules, where it is, and not because of this.

annotation openapi @0xc1ea7c1ea7c1ea7b (struct) :Text;
# The type's name in OpenAPI documents.

annotation choice @0xc1ea7c1ea7c1ea7d (struct) :Void;
# The struct is a union, or has one field, and JSON writes it as the value of the member that is set, without its name.
# When JSON is read the value's type chooses the member: no two members have the same one, of an object, an array, a
# text, a boolean and a number, unless one holds any JSON. In protobuf it is a message like others.
