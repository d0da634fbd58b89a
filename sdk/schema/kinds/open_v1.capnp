@0x9b53b354708ad8ae;
# Objects of kinds that no struct describes, such as those that a CustomResourceDefinition brings: metadata as every
# object has it, and all the rest as a tree of JSON values. <cleat/sdk/json_tree.h> reads and makes such trees.

using Cxx = import "/capnp/c++.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::open_v1");

struct OpenObject {
  metadata @0 :Meta.ObjectMeta;
  members @1 :List(JsonValue);
  # All members but apiVersion, kind and metadata, each with its name, sorted by their names, which do not repeat.
}

struct JsonValue {
  # One value. Null, an empty list, an empty object and an absent member are four different things.
  name @0 :Text;
  # Of a member of an object; an element of a list has none.
  union {
    null @1 :Void;
    boolean @2 :Bool;
    integer @3 :Int64;
    float @4 :Float64;
    # A number that is no integer, or one beyond 64 bits.
    text @5 :Text;
    list @6 :List(JsonValue);
    object @7 :List(JsonValue);
    # The members, each with its name, sorted by their names, which do not repeat.
  }
}
