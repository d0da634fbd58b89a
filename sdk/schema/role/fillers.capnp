@0xb1d6f1a9c47e2d05;
# What the host itself answers about the roles that plugins fill: who fills one, and a call to one of them by name. A call of a
# role's own method goes to the fillers in the order of the configuration, until one takes it.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cleat::role");

interface Fillers {
  list @0 ListFillersParams -> ListFillersResults;
  # In the order of the configuration.

  call @1 CallFillerParams -> ();
  # objects[0]: the parameters of the method that is called, the other objects are its own. Results: objects[0] the method's
  # results, and then its objects. Deadline, cancellation and how it ends are those of the call that is made.
}

struct ListFillersParams {
  interfaceId @0 :UInt64;
}

struct ListFillersResults {
  names @0 :List(Text);
}

struct CallFillerParams {
  interfaceId @0 :UInt64;
  method @1 :UInt32;
  filler @2 :Text;
  # The name of a plugin that fills the role.
}
