@0xc0ffee0000000001;
# The kind Ticket of my-plugin.example/v1. The comments are what `kubectl explain` says.

using Cxx = import "/capnp/c++.capnp";
using C = import "/cleat.capnp";
using Meta = import "/kinds/meta_v1.capnp";

$Cxx.namespace("my_plugin");

struct Ticket $C.openapi("example.my-plugin.v1.Ticket") {
  # A seat that somebody has asked for.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :TicketSpec $C.proto([2]) $C.always;
  # What is asked for.
  status @2 :TicketStatus $C.proto([3]) $C.always;
  # What has become of it.
}

struct TicketSpec $C.openapi("example.my-plugin.v1.TicketSpec") {
  # What somebody asks for.
  seat @0 :Text $C.proto([1]);
  # A letter and a number: "B12".
  guests @1 :Meta.Int32Value $C.proto([2]);
  # How many come along. At least 0, which it is when nothing is said.
}

struct TicketStatus $C.openapi("example.my-plugin.v1.TicketStatus") {
  # What has become of a ticket.
  phase @0 :Text $C.proto([1]) $C.optional;
  # Booked, or nothing yet.
}
