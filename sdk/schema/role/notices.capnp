@0xf4b66a2c4111e6a4;
# The role `notices`: is told what happens to plugins of a server that whoever operates it should know. Any number of plugins fill
# it, and each is told all of it.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cleat::role");

interface Notices {
  tell @0 TellParams -> ();
  # What has happened since the call before. A failure means that none of it is known to have been heard: the same call comes
  # again, later each time, up to half a minute apart. One plugin is told one call at a time, in the order in which things
  # happened. The last 256 happenings are kept; a plugin that is loaded later is told of them along with the next one.
}

struct TellParams {
  happenings @0 :List(Happening);
}

struct Happening {
  # One thing that has happened to a plugin, so many times.
  plugin @0 :Text;
  # Its name.
  reason @1 :Text;
  # In CamelCase, for programs: "Crashed" (its process has ended by itself), "Stuck" (a callback did not return in time),
  # "FailedToStart" (when the server started; it is tried again), "Restarted" (it runs again); and of one that goes on,
  # each at most once a minute: "Flooded" (it writes more lines, or sends more messages, than are taken), "LimitReached" (its
  # process has reached a limit on memory or processes), "Malformed" (an answer of it is none). There may be others.
  message @2 :Text;
  # For people; the last one where there were several.
  isWarning @3 :Bool;
  # Otherwise it is good news.
  count @4 :UInt32;
  # At least 1.
  firstTime @5 :Int64;
  # When it happened first, in nanoseconds since 1970. No two happenings of a server have the same.
  lastTime @6 :Int64;
}
