@0x9779c16f7e86e6b1;
# The kind of the group apiregistration.k8s.io/v1 that says which versions of which API groups there
# are and who serves each of them: APIService.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::apiregistration_v1");

struct APIService $C.openapi("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService") {
  # One version of one API group and who serves it: the API server itself or, with a service, another
  # one behind it. Its name is VERSION.GROUP.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :APIServiceSpec $C.proto([2]) $C.always;
  # The version and who serves it.
  status @2 :APIServiceStatus $C.proto([3]) $C.always;
  # Whether it is served, as last observed.
}

struct APIServiceSpec $C.openapi("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec") {
  # A version of an API group and who serves it.
  service @0 :ServiceReference $C.proto([1]);
  # The Service of the API server that serves it. Absent when this server does so itself.
  group @1 :Text $C.proto([2]);
  # The group's name; empty is the core group.
  version @2 :Text $C.proto([3]);
  # The version's name, such as v1.
  insecureSkipTLSVerify @3 :Bool $C.proto([4]);
  # True takes whatever certificate the other server shows. Not recommended; caBundle is the way to
  # trust one.
  caBundle @4 :Data $C.proto([5]) $C.listType("atomic");
  # Authorities, in PEM, by which the other server's certificate is checked. Empty takes those that
  # this machine trusts.
  groupPriorityMinimum @5 :Int32 $C.proto([7]) $C.required;
  # The place of the group among others, 1 to 20000: clients prefer higher ones. The highest of the
  # group's versions counts; groups of equal priority are sorted by name.
  versionPriority @6 :Int32 $C.proto([8]) $C.required;
  # The place of the version within its group, 1 to 1000: higher ones come first. Those of equal
  # priority are sorted as Kubernetes sorts versions: v10, v2, v1, v1beta2, v1alpha1.
}

struct APIServiceStatus $C.openapi("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus") {
  # The observed state of an APIService.
  conditions @0 :List(APIServiceCondition) $C.proto([1]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # Its conditions, one for each type.
}

struct ServiceReference $C.openapi("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference") {
  # A port of a Service behind which an API server is.
  namespace @0 :Text $C.proto([1]);
  # The Service's namespace.
  name @1 :Text $C.proto([2]);
  # The Service's name.
  port @2 :Meta.Int32Value $C.proto([3]);
  # Its port, 1 to 65535. Defaults to 443.
}

struct APIServiceCondition $C.openapi("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition") {
  # One aspect of the state of an APIService. Available says whether it is served.
  type @0 :Text $C.proto([1]) $C.required;
  # The aspect that it is about.
  status @1 :Text $C.proto([2]) $C.required;
  # Whether the condition holds: True, False or Unknown.
  lastTransitionTime @2 :Text $C.proto([3]) $C.format("date-time");
  # When status last went from one value to another.
  reason @3 :Text $C.proto([4]);
  # Why the condition is as it is, in one CamelCase word meant for programs.
  message @4 :Text $C.proto([5]);
  # Why the condition is as it is, in a sentence meant for people.
}
