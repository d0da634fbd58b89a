@0x9a2a4dfe9530fac8;
# The kind of the group node.k8s.io/v1: RuntimeClass, the ways in which nodes can run a pod.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";
using Core = import "core_v1.capnp";

$Cxx.namespace("cleat::node_v1");

struct RuntimeClass $C.openapi("io.k8s.api.node.v1.RuntimeClass") {
  # A way to run pods, which they name in runtimeClassName: what the runtime of a node calls it, what it costs, and which
  # nodes have it.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  handler @1 :Text $C.proto([2]) $C.required;
  # The name that the configuration of the nodes' runtime has for it, a DNS label. Nodes may mean different things by the
  # same name. Cannot be changed.
  overhead @2 :Overhead $C.proto([3]);
  # What running a pod in this way takes beside its containers.
  scheduling @3 :Scheduling $C.proto([4]);
  # Which nodes have it. Absent: all of them.
}

struct Overhead $C.openapi("io.k8s.api.node.v1.Overhead") {
  # What running a pod takes beside its containers.
  podFixed @0 :List(Meta.TextEntry) $C.proto([1]) $C.format("quantity");
  # For each pod, by resource. Admission writes it into the pod, and it counts like a request of a container.
}

struct Scheduling $C.openapi("io.k8s.api.node.v1.Scheduling") {
  # Which nodes have a RuntimeClass.
  nodeSelector @0 :List(Meta.TextEntry) $C.proto([1]) $C.mapType("atomic");
  # Labels that those nodes have. Admission adds them to the nodeSelector of each pod, and refuses a pod that demands
  # another value of one.
  tolerations @1 :List(Core.Toleration) $C.proto([2]) $C.listType("atomic");
  # Taints of those nodes to be tolerated. Admission adds them to the tolerations of each pod.
}
