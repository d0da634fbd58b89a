@0xc1ea7c1ea7c1eae2;
# The role `flow-control`: says how the requests of one server share what it can do at a time. A request belongs to a flow, a flow
# to a level, and a level has seats that its requests sit on while they are served. The server tells flows apart and has
# requests take seats, wait and be turned away by what the plugin said last, so that no request asks anybody. One plugin
# fills it.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cleat::role");

interface FlowControl {
  flows @0 FlowsParams -> FlowsResults;
  # Waits until the answer is something else than at `cursor`, or until shortly before the deadline, and then tells the same
  # cursor alone. A cursor that this instance of the plugin has not given (0 among them) is answered at once.
}

struct FlowsParams {
  cursor @0 :UInt64;
  seats @1 :UInt32;
  # All that there are to divide.
}

struct FlowsResults {
  cursor @0 :UInt64;
  levels @1 :List(FlowLevel);
  flows @2 :List(Flow);
  # A request belongs to the first one that takes it. One that none takes counts against all seats alone.
  objectsPerSeat @3 :UInt32;
  # A list takes a seat for each so many objects that it may have to look at; 0: always one.
  watchesPerSeat @4 :UInt32;
  # A change takes a seat for each so many watches that are told of it, where there are as many, while they are; 0: none.
  tellingMicros @5 :UInt32;
  # How long that takes.
  narrowWatches @6 :List(NarrowWatches);
  # Watches that do not count there, because they are told of few changes.
  silentChanges @7 :List(Text);
  # Resources such as "serviceaccounts/token", of whose changes nobody is told.
}

struct NarrowWatches {
  group @0 :Text;
  resource @1 :Text;
  field @2 :Text;
  # Those whose selector names one value of this field, such as "spec.nodeName".
}

struct FlowLevel {
  name @0 :Text;
  uid @1 :Text;
  # What clients are told of it: "" says nothing.
  unlimited @2 :Bool;
  # Its requests are counted, and wait for nothing.
  seats @3 :UInt32;
  # Its share. Seats that it does not use may be lent to others, until it has `leastSeats` left; it may borrow up to `mostSeats`.
  leastSeats @4 :UInt32;
  mostSeats @5 :UInt32;
  queues @6 :UInt32;
  # 0: what finds no seat is turned away.
  handSize @7 :UInt32;
  # Each flow waits in the shortest of so many queues, which follow from what it is told apart by.
  queueLength @8 :UInt32;
  mostSeatsOfRequest @9 :UInt32;
}

enum FlowSplit {
  none @0;
  byUser @1;
  byNamespace @2;
}

struct Flow {
  name @0 :Text;
  uid @1 :Text;
  level @2 :UInt32;
  # Its index in `levels`.
  split @3 :FlowSplit;
  # By what the requests are told apart that are to wait as several.
  rules @4 :List(FlowRule);
  # It takes what any of them takes.
}

struct FlowRule {
  # In each list "*" stands for everything.
  users @0 :List(Text);
  userPrefixes @1 :List(Text);
  groups @2 :List(Text);
  # Who is one of the users, is called so, or is in one of the groups…
  resources @3 :List(FlowResources);
  paths @4 :List(FlowPaths);
  # …and asks for one of these.
}

struct FlowResources {
  verbs @0 :List(Text);
  groups @1 :List(Text);
  resources @2 :List(Text);
  # "pods", "pods/status"
  namespaces @3 :List(Text);
  clusterScope @4 :Bool;
  # Also requests that are in no namespace.
}

struct FlowPaths {
  verbs @0 :List(Text);
  paths @1 :List(Text);
  # Also what is below one of them.
}
