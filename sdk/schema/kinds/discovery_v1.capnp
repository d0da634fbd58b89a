@0xbd04f9e2dd78d1e5;
# The kind of the group discovery.k8s.io/v1: EndpointSlice, which says where a Service's traffic
# goes.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Core = import "core_v1.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::discovery_v1");

struct EndpointSlice $C.openapi("io.k8s.api.discovery.v1.EndpointSlice") {
  # Some of the endpoints behind a Service. Proxies and DNS join all slices whose label
  # kubernetes.io/service-name names the Service.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  endpoints @1 :List(Endpoint) $C.proto([2]) $C.always $C.listType("atomic");
  # The endpoints in this slice, at most 1000.
  ports @2 :List(EndpointPort) $C.proto([3]) $C.always $C.listType("atomic");
  # The ports that every endpoint in this slice offers, at most 100. Empty means that no port is
  # offered.
  addressType @3 :Text $C.proto([4]) $C.required $C.values(["FQDN", "IPv4", "IPv6"]);
  # What the addresses are: IPv4, IPv6, or FQDN (deprecated). Cannot change after creation.
}

struct Endpoint $C.openapi("io.k8s.api.discovery.v1.Endpoint") {
  # One place that serves a Service's traffic, usually a pod.
  addresses @0 :List(Text) $C.proto([1]) $C.required $C.listType("set");
  # The endpoint's addresses, all of the slice's address type; from 1 to 100. Consumers use the
  # first.
  conditions @1 :EndpointConditions $C.proto([2]) $C.always;
  # Whether the endpoint can be given traffic.
  hostname @2 :Text $C.proto([3]) $C.optional;
  # The endpoint's host name in DNS, as an RFC 1123 label. Endpoints that share one share its
  # records.
  targetRef @3 :Core.ObjectReference $C.proto([4]);
  # The object behind the endpoint, usually a Pod.
  deprecatedTopology @4 :List(Meta.TextEntry) $C.proto([5]);
  # Deprecated. What an earlier API version kept as topology; read-only here. Use nodeName and zone.
  nodeName @5 :Text $C.proto([6]) $C.optional;
  # The node the endpoint runs on.
  zone @6 :Text $C.proto([7]) $C.optional;
  # The zone the endpoint is in.
  hints @7 :EndpointHints $C.proto([8]);
  # Advice on which consumers should prefer this endpoint.
}

struct EndpointConditions $C.openapi("io.k8s.api.discovery.v1.EndpointConditions") {
  # Whether an endpoint can be given traffic.
  ready @0 :Meta.BoolValue $C.proto([1]);
  # True if the endpoint should get new connections: it serves and is not terminating, or the
  # Service publishes endpoints that are not ready. Absent counts as true.
  serving @1 :Meta.BoolValue $C.proto([2]);
  # Like ready, but says only whether the endpoint passes its readiness check, even while it
  # terminates. Absent counts as true.
  terminating @2 :Meta.BoolValue $C.proto([3]);
  # True if the endpoint is being shut down. Absent counts as false.
}

struct EndpointHints $C.openapi("io.k8s.api.discovery.v1.EndpointHints") {
  # Which consumers should prefer an endpoint. Proxies may ignore hints when they do not cover all
  # zones or nodes.
  forZones @0 :List(ForZone) $C.proto([1]) $C.listType("atomic");
  # Zones whose traffic should go to this endpoint. At most 8.
  forNodes @1 :List(ForNode) $C.proto([2]) $C.listType("atomic");
  # Nodes whose traffic should go to this endpoint. At most 8.
}

struct EndpointPort $C.openapi("io.k8s.api.discovery.v1.EndpointPort") $C.mapType("atomic") {
  # A port that all endpoints of a slice offer.
  name @0 :Text $C.proto([1]) $C.optional;
  # The port's name, as in the Service. Unique within a slice; may be empty only for a single port.
  protocol @1 :Text $C.proto([2]) $C.optional $C.values(["SCTP", "TCP", "UDP"]);
  # TCP, UDP or SCTP. Defaults to TCP.
  port @2 :Meta.Int32Value $C.proto([3]);
  # The port number. Absent means that ports are not restricted; what that amounts to depends on the
  # consumer.
  appProtocol @3 :Text $C.proto([4]) $C.optional;
  # The application protocol, for implementations that understand it: an IANA service name such as
  # https, one of kubernetes.io/h2c, kubernetes.io/ws and kubernetes.io/wss, or a name with a domain
  # prefix.
}

struct ForNode $C.openapi("io.k8s.api.discovery.v1.ForNode") {
  # A node named in a hint.
  name @0 :Text $C.proto([1]) $C.required;
  # The node's name.
}

struct ForZone $C.openapi("io.k8s.api.discovery.v1.ForZone") {
  # A zone named in a hint.
  name @0 :Text $C.proto([1]) $C.required;
  # The zone's name, as in the node label topology.kubernetes.io/zone.
}
