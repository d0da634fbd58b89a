@0xb7d1e09c5f3a4826;
# The role `device-driver`: makes devices that were allocated to claims (resource.k8s.io) usable on this node. Any number of plugins
# fill it; the agent asks the one that has the driver which an allocation names. Calls are idempotent and may be repeated,
# also after a crash of either side.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cleat::role");

interface DeviceDriver {
  describe @0 () -> DeviceDrivers;
  # Which drivers it has, and how their devices are. Asked each second, and when an allocation names a driver that nobody has.

  prepare @1 PrepareClaimParams -> PrepareClaimResults;
  # Before the first pod that uses the claim has a sandbox, and once more when a pod gets another one. When it fails, the
  # pod's event says why, and it is asked again.

  unprepare @2 UnprepareClaimParams -> ();
  # The last pod that uses the claim here has ended, also where preparing it failed or was never answered. What is not
  # prepared (any more) is success.
}

struct DeviceDrivers {
  drivers @0 :List(Text);
  # "gpu.example.com"
  health @1 :List(DeviceHealth);
  # How their devices are, as far as it knows. A device that is not among them may be in any state.
}

struct DeviceHealth {
  driver @0 :Text;
  pool @1 :Text;
  device @2 :Text;
  health @3 :Health;
  message @4 :Text;
  # More about it, for people; may be empty.
}

enum Health {
  unknown @0;
  healthy @1;
  unhealthy @2;
}

struct PrepareClaimParams {
  driver @0 :Text;
  claimNamespace @1 :Text;
  claimName @2 :Text;
  claimUid @3 :Text;
  devices @4 :List(ClaimedDevice);
  # What the driver's part of the claim is.
  parameters @5 :List(DeviceParameters);
  # What the class and the claim say to the driver, in the order in which it counts.
}

struct ClaimedDevice {
  request @0 :Text;
  # "request", or "request/subrequest"
  pool @1 :Text;
  device @2 :Text;
  shareId @3 :Text;
  # Which share of it; empty: it is not shared.
  adminAccess @4 :Bool;
  # It is only looked at, while others may use it.
}

struct DeviceParameters {
  fromClass @0 :Bool;
  # Else the claim says so itself.
  requests @1 :List(Text);
  # Whom it is about; empty: all requests.
  json @2 :Text;
  # An object that only the driver understands.
}

struct PrepareClaimResults {
  devices @0 :List(PreparedDevice);
}

struct PreparedDevice {
  requests @0 :List(Text);
  # Which of the claim's requests it is for; empty: all of them.
  pool @1 :Text;
  device @2 :Text;
  shareId @3 :Text;
  cdiDevices @4 :List(Text);
  # What the runtime gives to containers that use the request: names of the Container Device Interface, such as
  # "example.com/gpu=0", which files in /etc/cdi or /var/run/cdi describe.
}

struct UnprepareClaimParams {
  driver @0 :Text;
  claimNamespace @1 :Text;
  claimName @2 :Text;
  claimUid @3 :Text;
}
