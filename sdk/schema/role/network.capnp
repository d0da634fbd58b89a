@0xc1ea7c1ea7c1ead4;
# The role `network`: connects pod sandboxes to the pod network. One plugin of a node fills it.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cleat::role");

interface Network {
  status @0 () -> NetworkStatus;

  setup @1 NetworkParams -> SetupResults;
  # Idempotent: a second call for the same sandbox gives the same addresses.

  teardown @2 NetworkParams -> ();
  # Idempotent; the namespace may be gone already.

  collect @3 CollectParams -> ();
  # Releases what is held for sandboxes that are not in the list (after a crash).
}

struct NetworkStatus {
  ready @0 :Bool;
  reason @1 :Text;
  # "NetworkPluginNotReady"
  message @2 :Text;
}

struct NetworkParams {
  sandboxId @0 :Text;
  namespacePath @1 :Text;
  # "/var/run/netns/…" or "/proc/PID/ns/net".
  podNamespace @2 :Text;
  podName @3 :Text;
  podUid @4 :Text;
  ports @5 :List(HostPort);
}

struct HostPort {
  hostIp @0 :Text;
  hostPort @1 :UInt16;
  containerPort @2 :UInt16;
  protocol @3 :Text;
  # "TCP", "UDP", "SCTP"
}

struct SetupResults {
  addresses @0 :List(Text);
  # The pod's addresses, the primary one first.
}

struct CollectParams {
  sandboxIds @0 :List(Text);
}
