@0xc0de9a7e5f3b1d24;
# What requests on the connections of core/v1 take as parameters. Each is called as the connection's options are; the
# comments are what OpenAPI says of the parameters.

using Cxx = import "/capnp/c++.capnp";
using C = import "/cleat.capnp";
using Meta = import "/kinds/meta_v1.capnp";

$Cxx.namespace("cleat::kinds::core::options");

struct PodLogOptions {
  # What is read of the log of a container.
  container @0 :Text;
  # The container. Defaults to the one that there is, or to the one that the pod's annotation names.
  follow @1 :Bool;
  # Go on with what is written while the request lasts. Defaults to false.
  insecureSkipTLSVerifyBackend @2 :Bool;
  # Has no effect: which nodes are trusted the server says alone.
  limitBytes @3 :Meta.Int64Value;
  # End after so many bytes. Defaults to all of it.
  previous @4 :Bool;
  # Read what the container wrote that was there before this one. Defaults to false.
  sinceSeconds @5 :Meta.Int64Value;
  # Read what was written in so many seconds before now. Not together with sinceTime.
  stream @6 :Text $C.optional;
  # What was written to Stdout or to Stderr alone, or All. Defaults to All.
  tailLines @7 :Meta.Int64Value;
  # Begin so many lines before the end. Defaults to the beginning.
  timestamps @8 :Bool;
  # Put before each line when it was written. Defaults to false.
}

struct PodExecOptions {
  # A command that is run in a container.
  command @0 :List(Text);
  # The program and its arguments, each a parameter of its own. No shell looks at them.
  container @1 :Text;
  # The container. Defaults to the one that there is, or to the one that the pod's annotation names.
  stderr @2 :Bool;
  # Take along what the command writes to its standard error.
  stdin @3 :Bool;
  # Take to the command what the client sends. Defaults to false.
  stdout @4 :Bool;
  # Take along what the command writes to its standard output.
  tty @5 :Bool;
  # Give the command a terminal. Defaults to false.
}

struct PodAttachOptions {
  # What is taken to and from the program of a container that runs.
  container @0 :Text;
  # The container. Defaults to the one that there is, or to the one that the pod's annotation names.
  stderr @1 :Bool;
  # Take along what the program writes to its standard error.
  stdin @2 :Bool;
  # Take to the program what the client sends. Defaults to false.
  stdout @3 :Bool;
  # Take along what the program writes to its standard output.
  tty @4 :Bool;
  # The program has a terminal. Defaults to false.
}

struct PodPortForwardOptions {
  # Connections to ports of a pod.
  ports @0 :List(Int32);
  # The ports, for clients that speak over a WebSocket.
}

struct PodProxyOptions {
  # A request that a pod answers.
  path @0 :Text;
  # The path that the pod is asked for.
}

struct ServiceProxyOptions {
  # A request that an endpoint of a service answers.
  path @0 :Text;
  # The path that it is asked for.
}

struct NodeProxyOptions {
  # A request that the agent of a node answers.
  path @0 :Text;
  # The path that it is asked for.
}
