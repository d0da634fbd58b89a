@0xdd19f35d68b4999f;
# Kinds of the group flowcontrol.apiserver.k8s.io/v1, which say how an API server divides its capacity
# among requests: FlowSchema sorts requests into levels, PriorityLevelConfiguration describes a level.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::flowcontrol_v1");

struct FlowSchema $C.openapi("io.k8s.api.flowcontrol.v1.FlowSchema") {
  # Which requests belong together, and at which priority level they are served.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :FlowSchemaSpec $C.proto([2]) $C.required;
  # The requests and their level.
  status @2 :FlowSchemaStatus $C.proto([3]) $C.always;
  # What has been observed of it.
}

struct PriorityLevelConfiguration $C.openapi("io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration") {
  # A priority level: its share of the server and what becomes of requests beyond that.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries.
  spec @1 :PriorityLevelConfigurationSpec $C.proto([2]) $C.required;
  # The share and the limits.
  status @2 :PriorityLevelConfigurationStatus $C.proto([3]) $C.always;
  # What has been observed of it.
}

struct FlowSchemaSpec $C.openapi("io.k8s.api.flowcontrol.v1.FlowSchemaSpec") {
  # The requests that belong together and their level.
  priorityLevelConfiguration @0 :PriorityLevelConfigurationReference $C.proto([1]) $C.required;
  # The level. A schema whose level does not exist counts for nothing, and its status says so.
  matchingPrecedence @1 :Int32 $C.proto([2]) $C.always;
  # Which schema a request belongs to that several match: the one with the lowest number, 1 to 10000.
  # Defaults to 1000.
  distinguisherMethod @2 :FlowDistinguisherMethod $C.proto([3]);
  # How its requests are told apart into flows, between which the level is fair. Absent: they are one.
  rules @3 :List(PolicyRulesWithSubjects) $C.proto([4]) $C.listType("atomic");
  # A request belongs to it that one of these matches. None matches nothing.
}

struct FlowSchemaStatus $C.openapi("io.k8s.api.flowcontrol.v1.FlowSchemaStatus") {
  # The observed state of a FlowSchema.
  conditions @0 :List(FlowSchemaCondition) $C.proto([1]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # Its conditions, one for each type. Dangling says that its level does not exist.
}

struct PriorityLevelConfigurationSpec $C.openapi("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec") {
  # The share of a priority level.
  type @0 :Text $C.proto([1]) $C.required;
  # Exempt, whose requests are served at once whatever there is, or Limited.
  limited @1 :LimitedPriorityLevelConfiguration $C.proto([2]);
  # The limits. Needed when type is Limited, and must be absent otherwise.
  exempt @2 :ExemptPriorityLevelConfiguration $C.proto([3]);
  # What others may have of the share of an exempt level. Must be absent when type is Limited.
}

struct PriorityLevelConfigurationStatus $C.openapi("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationStatus") {
  # The observed state of a PriorityLevelConfiguration.
  conditions @0 :List(PriorityLevelConfigurationCondition) $C.proto([1]) $C.listType("map") $C.mapKeys(["type"]) $C.patchStrategy("merge") $C.patchMergeKey("type");
  # Its conditions, one for each type.
}

struct PriorityLevelConfigurationReference $C.openapi("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference") {
  # Points at a priority level.
  name @0 :Text $C.proto([1]) $C.required;
  # The level's name.
}

struct FlowDistinguisherMethod $C.openapi("io.k8s.api.flowcontrol.v1.FlowDistinguisherMethod") {
  # How requests are told apart into flows.
  type @0 :Text $C.proto([1]) $C.required;
  # ByUser or ByNamespace.
}

struct PolicyRulesWithSubjects $C.openapi("io.k8s.api.flowcontrol.v1.PolicyRulesWithSubjects") {
  # Requests by who makes them and what they ask for; both must match.
  subjects @0 :List(Subject) $C.proto([1]) $C.required $C.listType("atomic");
  # Who; any one of these is enough, and there must be one at least.
  resourceRules @1 :List(ResourcePolicyRule) $C.proto([2]) $C.listType("atomic");
  # Requests for resources. There must be a rule here or in nonResourceRules.
  nonResourceRules @2 :List(NonResourcePolicyRule) $C.proto([3]) $C.listType("atomic");
  # Requests for other paths.
}

struct LimitedPriorityLevelConfiguration $C.openapi("io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration") {
  # How much is served at a limited level at a time.
  nominalConcurrencyShares @0 :Meta.Int32Value $C.proto([1]) $C.always;
  # Its part of the server, in proportion to the shares of all levels. Defaults to 30; 0 leaves it what
  # it can borrow.
  limitResponse @1 :LimitResponse $C.proto([2]) $C.required;
  # What becomes of requests that cannot be served at once.
  lendablePercent @2 :Meta.Int32Value $C.proto([3]);
  # How much of its part others may borrow, in percent, 0 to 100. Defaults to 0.
  borrowingLimitPercent @3 :Meta.Int32Value $C.proto([4]);
  # How much it may borrow of others, in percent of its own part. Absent: without limit.
}

struct ExemptPriorityLevelConfiguration $C.openapi("io.k8s.api.flowcontrol.v1.ExemptPriorityLevelConfiguration") {
  # What is set aside for an exempt level, whose requests are served in any case.
  nominalConcurrencyShares @0 :Meta.Int32Value $C.proto([1]);
  # Its part of the server, in proportion to the shares of all levels. Defaults to 0.
  lendablePercent @1 :Meta.Int32Value $C.proto([2]);
  # How much of its part others may borrow, in percent, 0 to 100. Defaults to 0.
}

struct LimitResponse $C.openapi("io.k8s.api.flowcontrol.v1.LimitResponse") {
  # What becomes of requests that cannot be served at once.
  type @0 :Text $C.proto([1]) $C.required;
  # Queue has them wait, Reject turns them away.
  queuing @1 :QueuingConfiguration $C.proto([2]);
  # The queues. Needed when type is Queue, and must be absent otherwise.
}

struct QueuingConfiguration $C.openapi("io.k8s.api.flowcontrol.v1.QueuingConfiguration") {
  # The queues of a level.
  queues @0 :Int32 $C.proto([1]) $C.always;
  # How many there are, up to 10000000. Defaults to 64; 1 makes all flows alike.
  handSize @1 :Int32 $C.proto([2]) $C.always;
  # How many of them each flow is dealt, of which the shortest is taken. Not more than queues. Defaults
  # to 8.
  queueLengthLimit @2 :Int32 $C.proto([3]) $C.always;
  # How many requests may wait in a queue; more are turned away. Defaults to 50.
}

struct Subject $C.openapi("io.k8s.api.flowcontrol.v1.Subject") {
  # Who makes a request: the member named by kind must be there, and no other.
  kind @0 :Text $C.proto([1]) $C.required;
  # User, Group or ServiceAccount.
  user @1 :UserSubject $C.proto([2]);
  # The user.
  group @2 :GroupSubject $C.proto([3]);
  # The group of users.
  serviceAccount @3 :ServiceAccountSubject $C.proto([4]);
  # The service account.
}

struct UserSubject $C.openapi("io.k8s.api.flowcontrol.v1.UserSubject") {
  # A user.
  name @0 :Text $C.proto([1]) $C.required;
  # The user's name; * is every user.
}

struct GroupSubject $C.openapi("io.k8s.api.flowcontrol.v1.GroupSubject") {
  # A group of users.
  name @0 :Text $C.proto([1]) $C.required;
  # The group's name; * is every group.
}

struct ServiceAccountSubject $C.openapi("io.k8s.api.flowcontrol.v1.ServiceAccountSubject") {
  # A service account.
  namespace @0 :Text $C.proto([1]) $C.required;
  # Its namespace.
  name @1 :Text $C.proto([2]) $C.required;
  # Its name; * is every one of the namespace.
}

struct ResourcePolicyRule $C.openapi("io.k8s.api.flowcontrol.v1.ResourcePolicyRule") {
  # Requests for resources. All members must match.
  verbs @0 :List(Text) $C.proto([1]) $C.required $C.listType("set");
  # The verbs, or * alone for all.
  apiGroups @1 :List(Text) $C.proto([2]) $C.required $C.listType("set");
  # The API groups, or * alone for all.
  resources @2 :List(Text) $C.proto([3]) $C.required $C.listType("set");
  # The resources in their plural form, with the subresource where it is about one, or * alone for all.
  clusterScope @3 :Bool $C.proto([4]);
  # True matches requests that name no namespace.
  namespaces @4 :List(Text) $C.proto([5]) $C.always $C.listType("set");
  # The namespaces, or * alone for all. Empty matches no request that names one, which clusterScope must
  # allow for.
}

struct NonResourcePolicyRule $C.openapi("io.k8s.api.flowcontrol.v1.NonResourcePolicyRule") {
  # Requests for paths that are no resources. Both members must match.
  verbs @0 :List(Text) $C.proto([1]) $C.required $C.listType("set");
  # The verbs, or * alone for all.
  nonResourceURLs @1 :List(Text) $C.proto([6]) $C.required $C.listType("set");
  # The paths, of which one may end with /*, or * alone for all.
}

struct FlowSchemaCondition $C.openapi("io.k8s.api.flowcontrol.v1.FlowSchemaCondition") {
  # One aspect of the state of a FlowSchema.
  type @0 :Text $C.proto([1]) $C.required;
  # The aspect that it is about.
  status @1 :Text $C.proto([2]);
  # Whether the condition holds: True, False or Unknown.
  lastTransitionTime @2 :Text $C.proto([3]) $C.format("date-time");
  # When status last went from one value to another.
  reason @3 :Text $C.proto([4]);
  # Why the condition is as it is, in one CamelCase word meant for programs.
  message @4 :Text $C.proto([5]);
  # Why the condition is as it is, in a sentence meant for people.
}

struct PriorityLevelConfigurationCondition $C.openapi("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationCondition") {
  # One aspect of the state of a PriorityLevelConfiguration.
  type @0 :Text $C.proto([1]) $C.required;
  # The aspect that it is about.
  status @1 :Text $C.proto([2]);
  # Whether the condition holds: True, False or Unknown.
  lastTransitionTime @2 :Text $C.proto([3]) $C.format("date-time");
  # When status last went from one value to another.
  reason @3 :Text $C.proto([4]);
  # Why the condition is as it is, in one CamelCase word meant for programs.
  message @4 :Text $C.proto([5]);
  # Why the condition is as it is, in a sentence meant for people.
}
