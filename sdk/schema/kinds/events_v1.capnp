@0xb8d0c5f3a1e94b27;
# The group events.k8s.io/v1: the newer form of the events of core/v1. They are the same objects under other names, so
# every struct here has the layout of its twin in core_v1.capnp: the same ordinals, with the same types.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";
using Core = import "core_v1.capnp";

$Cxx.namespace("cleat::events_v1");

struct Event $C.openapi("io.k8s.api.events.v1.Event") {
  # A note that something happened to an object, for people who want to know why. Events expire
  # after a while, and nothing should be decided by them.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. The namespace
  # is that of the object concerned.
  regarding @1 :Core.ObjectReference $C.proto([8]) $C.always;
  # The object concerned; mostly the one that the reporting controller looks after.
  reason @2 :Text $C.proto([7]);
  # Why the action was taken, in one CamelCase word meant for programs. At most 128 characters; new
  # events need it.
  note @3 :Text $C.proto([10]);
  # What happened, in a sentence meant for people. At most 1 kB.
  deprecatedSource @4 :Core.EventSource $C.proto([12]) $C.always;
  # Who reported the event, in the older form.
  deprecatedFirstTimestamp @5 :Text $C.proto([13]) $C.format("date-time");
  # When this was first seen, in the older form.
  deprecatedLastTimestamp @6 :Text $C.proto([14]) $C.format("date-time");
  # When this was last seen, in the older form.
  deprecatedCount @7 :Int32 $C.proto([15]);
  # How often this has been seen, in the older form.
  type @8 :Text $C.proto([11]);
  # Normal or Warning; new events need it.
  eventTime @9 :Text $C.proto([2]) $C.format("micro-time") $C.required;
  # When this first happened, to the microsecond.
  series @10 :EventSeries $C.proto([3]);
  # How a repeated event goes on. Absent for a single event.
  action @11 :Text $C.proto([6]);
  # What was done or failed about the object, in one CamelCase word, such as Binding. At most 128
  # characters; new events need it.
  related @12 :Core.ObjectReference $C.proto([9]);
  # A second object that plays a part, such as the pod that a ReplicaSet made.
  reportingController @13 :Text $C.proto([4]);
  # Name of the controller that reported the event, such as kubernetes.io/kubelet. New events need
  # it.
  reportingInstance @14 :Text $C.proto([5]);
  # Which instance of the controller it was, such as its pod or node. At most 128 characters; new
  # events need it.
}

struct EventSeries $C.openapi("io.k8s.api.events.v1.EventSeries") {
  # How a repeated event goes on.
  count @0 :Int32 $C.proto([1]) $C.required;
  # How often the event has been seen so far.
  lastObservedTime @1 :Text $C.proto([2]) $C.format("micro-time") $C.required;
  # When it was last seen.
}
