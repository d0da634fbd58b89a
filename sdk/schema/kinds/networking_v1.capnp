@0x89406a1d5104280a;
# Kinds of the group networking.k8s.io/v1: how traffic from outside reaches Services (Ingress and
# IngressClass), which traffic pods accept (NetworkPolicy), and where the addresses of Services come
# from (IPAddress and ServiceCIDR).

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Core = import "core_v1.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::networking_v1");

struct IPAddress $C.openapi("io.k8s.api.networking.v1.IPAddress") {
  # Records that an address is taken and by whom. Its name is the address in canonical form, so no
  # address can be given out twice.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. The name is
  # the IP address.
  spec @1 :IPAddressSpec $C.proto([2]) $C.required;
  # Who has the address.
}

struct ServiceCIDR $C.openapi("io.k8s.api.networking.v1.ServiceCIDR") {
  # A range from which cluster IPs of Services are given out. There may be several; a range in use
  # is not removed until its addresses are free.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. The range made
  # at start is called kubernetes.
  spec @1 :ServiceCIDRSpec $C.proto([2]) $C.always;
  # The address ranges.
  status @2 :ServiceCIDRStatus $C.proto([3]) $C.always;
  # Whether the range is in use.
}

struct IPAddressSpec $C.openapi("io.k8s.api.networking.v1.IPAddressSpec") {
  # Who has an address.
  parentRef @0 :ParentReference $C.proto([1]) $C.required;
  # The object the address was given to, such as a Service. Cannot change after creation.
}

struct ParentReference $C.openapi("io.k8s.api.networking.v1.ParentReference") {
  # Points at an object of any group.
  group @0 :Text $C.proto([1]);
  # The object's API group; empty is the core group.
  resource @1 :Text $C.proto([2]) $C.required;
  # The object's resource in its plural form, such as services.
  namespace @2 :Text $C.proto([3]);
  # The object's namespace; empty for cluster scope.
  name @3 :Text $C.proto([4]) $C.required;
  # The object's name.
}

struct ServiceCIDRSpec $C.openapi("io.k8s.api.networking.v1.ServiceCIDRSpec") {
  # The address ranges of a ServiceCIDR.
  cidrs @0 :List(Text) $C.proto([1]) $C.listType("atomic");
  # The ranges in CIDR notation: one, or one of each IP family. Present ranges cannot change; a
  # range of the other family may be added.
}

struct ServiceCIDRStatus $C.openapi("io.k8s.api.networking.v1.ServiceCIDRStatus") {
  # The observed state of a ServiceCIDR.
  conditions @0 :List(Meta.Condition) $C.proto([1]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # Conditions of the range. Ready says whether addresses may be given out from it.
}

struct Ingress $C.openapi("io.k8s.api.networking.v1.Ingress") {
  # Rules by which HTTP requests from outside the cluster reach Services. An ingress controller, which
  # is no part of the API server, carries them out.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :IngressSpec $C.proto([2]) $C.always;
  # Which requests go where.
  status @2 :IngressStatus $C.proto([3]) $C.always;
  # Where the Ingress can be reached. Written by the ingress controller.
}

struct IngressClass $C.openapi("io.k8s.api.networking.v1.IngressClass") {
  # A sort of Ingress and the controller that serves it. The annotation
  # ingressclass.kubernetes.io/is-default-class with the value true makes it the class of Ingresses
  # that name none.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :IngressClassSpec $C.proto([2]) $C.always;
  # The controller and its parameters.
}

struct NetworkPolicy $C.openapi("io.k8s.api.networking.v1.NetworkPolicy") {
  # Which traffic a set of pods accepts and may send. Policies only ever allow: a pod that none
  # selects is open, and one that several select may do what any of them says. The network of the
  # nodes carries them out, if it knows how to.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :NetworkPolicySpec $C.proto([2]) $C.always;
  # The pods and their traffic.
}

struct IngressSpec $C.openapi("io.k8s.api.networking.v1.IngressSpec") {
  # Which requests an Ingress sends where.
  defaultBackend @0 :IngressBackend $C.proto([1]);
  # Where requests go that no rule matches. Needed when there are no rules; without it the controller
  # decides.
  tls @1 :List(IngressTLS) $C.proto([2]) $C.listType("atomic");
  # Certificates for TLS, which is served on port 443 only. Those of one host are told apart by the
  # name that the client asks for.
  rules @2 :List(IngressRule) $C.proto([3]) $C.listType("atomic");
  # The rules by host. What none of them matches goes to the default backend.
  ingressClassName @3 :Text $C.proto([4]) $C.optional;
  # The IngressClass that this Ingress belongs to, and by it the controller. Without it the default
  # class is filled in, if there is one.
}

struct IngressStatus $C.openapi("io.k8s.api.networking.v1.IngressStatus") {
  # The observed state of an Ingress.
  loadBalancer @0 :IngressLoadBalancerStatus $C.proto([1]) $C.always;
  # The load balancer in front of the Ingress.
}

struct IngressClassSpec $C.openapi("io.k8s.api.networking.v1.IngressClassSpec") {
  # Who serves a class.
  controller @0 :Text $C.proto([1]);
  # The controller's name, a path below a domain such as example.com/ingress-controller, of at most
  # 250 characters. Cannot change after creation.
  parameters @1 :IngressClassParametersReference $C.proto([2]);
  # An object with further settings for the controller.
}

struct NetworkPolicySpec $C.openapi("io.k8s.api.networking.v1.NetworkPolicySpec") {
  # The pods that a policy is about and the traffic that it allows them.
  podSelector @0 :Meta.LabelSelector $C.proto([1]) $C.always;
  # The pods of the policy's namespace that it is about. An empty selector is all of them.
  ingress @1 :List(NetworkPolicyIngressRule) $C.proto([2]) $C.listType("atomic");
  # What the pods accept: whatever matches any rule of any policy that selects them. No rules accept
  # nothing.
  egress @2 :List(NetworkPolicyEgressRule) $C.proto([3]) $C.listType("atomic");
  # What the pods may send: whatever matches any rule of any policy that selects them. No rules allow
  # nothing, if policyTypes has Egress.
  policyTypes @3 :List(Text) $C.proto([4]) $C.listType("atomic") $C.values(["Egress", "Ingress"]);
  # Which directions the policy is about: Ingress, Egress or both. Defaults to Ingress, and Egress
  # besides where there are egress rules; a policy that forbids all egress has to say so here.
}

struct IngressBackend $C.openapi("io.k8s.api.networking.v1.IngressBackend") {
  # Where requests go: a Service or another object, exactly one of the two.
  resource @0 :Core.TypedLocalObjectReference $C.proto([3]);
  # An object of the Ingress's namespace that the controller knows what to do with.
  service @1 :IngressServiceBackend $C.proto([4]);
  # A Service of the Ingress's namespace.
}

struct IngressTLS $C.openapi("io.k8s.api.networking.v1.IngressTLS") {
  # A certificate and the hosts that it is for.
  hosts @0 :List(Text) $C.proto([1]) $C.listType("atomic");
  # The hosts that the certificate names. Empty leaves it to the controller.
  secretName @1 :Text $C.proto([2]);
  # The Secret that holds the certificate and its key. Empty lets TLS pass by the host's name alone.
}

struct IngressRule $C.openapi("io.k8s.api.networking.v1.IngressRule") {
  # The paths of one host.
  host @0 :Text $C.proto([1]);
  # The host's full name, without address or port; *.example.com stands for every name of one more
  # label. Empty is every host.
  http @1 :HTTPIngressRuleValue $C.proto([2, 1]);
  # The paths. Without any, all requests of the host go to the default backend.
}

struct IngressLoadBalancerStatus $C.openapi("io.k8s.api.networking.v1.IngressLoadBalancerStatus") {
  # The state of the load balancer in front of an Ingress.
  ingress @0 :List(IngressLoadBalancerIngress) $C.proto([1]) $C.listType("atomic");
  # Where it takes traffic in.
}

struct IngressClassParametersReference $C.openapi("io.k8s.api.networking.v1.IngressClassParametersReference") {
  # Points at an object with settings for an ingress controller.
  apiGroup @0 :Text $C.proto([1]) $C.optional;
  # The object's API group; absent is the core group.
  kind @1 :Text $C.proto([2]) $C.required;
  # The object's kind.
  name @2 :Text $C.proto([3]) $C.required;
  # The object's name.
  scope @3 :Text $C.proto([4]) $C.optional;
  # Whether the object is of the cluster or of a namespace: Cluster (the default) or Namespace.
  namespace @4 :Text $C.proto([5]) $C.optional;
  # The object's namespace. Needed when scope is Namespace, and must be absent when it is Cluster.
}

struct NetworkPolicyIngressRule $C.openapi("io.k8s.api.networking.v1.NetworkPolicyIngressRule") {
  # Traffic that is accepted: it must match both ports and from.
  ports @0 :List(NetworkPolicyPort) $C.proto([1]) $C.listType("atomic");
  # The ports of the pods that may be reached. Empty is all of them.
  from @1 :List(NetworkPolicyPeer) $C.proto([2]) $C.listType("atomic");
  # Who may reach them; any one of these is enough. Empty is everybody.
}

struct NetworkPolicyEgressRule $C.openapi("io.k8s.api.networking.v1.NetworkPolicyEgressRule") {
  # Traffic that may be sent: it must match both ports and to.
  ports @0 :List(NetworkPolicyPort) $C.proto([1]) $C.listType("atomic");
  # The ports that traffic may go to. Empty is all of them.
  to @1 :List(NetworkPolicyPeer) $C.proto([2]) $C.listType("atomic");
  # Whom the pods may reach; any one of these is enough. Empty is everybody.
}

struct IngressServiceBackend $C.openapi("io.k8s.api.networking.v1.IngressServiceBackend") {
  # A port of a Service.
  name @0 :Text $C.proto([1]) $C.required;
  # The Service's name.
  port @1 :ServiceBackendPort $C.proto([2]) $C.always;
  # Which of its ports.
}

struct HTTPIngressRuleValue $C.openapi("io.k8s.api.networking.v1.HTTPIngressRuleValue") {
  # Where the requests of a host go, by their paths.
  paths @0 :List(HTTPIngressPath) $C.proto([1]) $C.required $C.listType("atomic");
  # The paths; there must be one at least.
}

struct IngressLoadBalancerIngress $C.openapi("io.k8s.api.networking.v1.IngressLoadBalancerIngress") {
  # A place where a load balancer takes traffic in.
  ip @0 :Text $C.proto([1]);
  # Its address, where it is known by one.
  hostname @1 :Text $C.proto([2]);
  # Its name, where it is known by one.
  ports @2 :List(IngressPortStatus) $C.proto([4]) $C.listType("atomic");
  # What it does on its ports.
}

struct NetworkPolicyPort $C.openapi("io.k8s.api.networking.v1.NetworkPolicyPort") {
  # A port, or a range of them, that traffic is allowed on.
  protocol @0 :Text $C.proto([1]) $C.optional $C.values(["SCTP", "TCP", "UDP"]);
  # TCP, UDP or SCTP. Defaults to TCP.
  port @1 :Meta.IntOrString $C.proto([2]);
  # The number, or the name of a port of the pod. Absent is every port of the protocol.
  endPort @2 :Meta.Int32Value $C.proto([3]);
  # The last port of a range that begins with port, which must be a number that is not larger.
}

struct NetworkPolicyPeer $C.openapi("io.k8s.api.networking.v1.NetworkPolicyPeer") {
  # Somebody at the other end of allowed traffic: pods, or a range of addresses.
  podSelector @0 :Meta.LabelSelector $C.proto([1]);
  # Pods by their labels: of the namespaces that namespaceSelector selects or, without it, of the
  # policy's own. An empty selector is all pods.
  namespaceSelector @1 :Meta.LabelSelector $C.proto([2]);
  # Namespaces by their labels, with those of their pods that podSelector selects or, without it,
  # with all of them. An empty selector is all namespaces.
  ipBlock @2 :IPBlock $C.proto([3]);
  # A range of addresses. Must stand alone.
}

struct ServiceBackendPort $C.openapi("io.k8s.api.networking.v1.ServiceBackendPort") $C.mapType("atomic") {
  # Names a port of a Service, by name or by number, not both.
  name @0 :Text $C.proto([1]);
  # The port's name.
  number @1 :Int32 $C.proto([2]);
  # The port's number.
}

struct HTTPIngressPath $C.openapi("io.k8s.api.networking.v1.HTTPIngressPath") {
  # A path and where its requests go.
  path @0 :Text $C.proto([1]);
  # What the path of a request is compared with. Must begin with / and be there when pathType is
  # Exact or Prefix.
  backend @1 :IngressBackend $C.proto([2]) $C.required;
  # Where the requests go.
  pathType @2 :Text $C.proto([3]) $C.required $C.optional $C.values(["Exact", "ImplementationSpecific", "Prefix"]);
  # How it is compared: Exact as it is, with attention to case; Prefix by whole elements between
  # slashes; ImplementationSpecific as the controller likes.
}

struct IngressPortStatus $C.openapi("io.k8s.api.networking.v1.IngressPortStatus") {
  # What became of a port of a load balancer.
  port @0 :Int32 $C.proto([1]) $C.required;
  # The port's number.
  protocol @1 :Text $C.proto([2]) $C.required $C.values(["SCTP", "TCP", "UDP"]);
  # TCP, UDP or SCTP.
  error @2 :Text $C.proto([3]) $C.optional;
  # What is wrong with it, in one CamelCase word, with a domain before it where it is the provider's
  # own. Absent when all is well.
}

struct IPBlock $C.openapi("io.k8s.api.networking.v1.IPBlock") {
  # A range of addresses with holes in it.
  cidr @0 :Text $C.proto([1]) $C.required;
  # The range in CIDR notation, such as 192.168.1.0/24 or 2001:db8::/64.
  except @1 :List(Text) $C.proto([2]) $C.listType("atomic");
  # Parts of the range that do not belong to it, in the same notation.
}
