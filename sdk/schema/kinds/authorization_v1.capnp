@0x80615fb101be7566;
# Kinds of the group authorization.k8s.io/v1, which answer what someone may do: the access reviews
# and the rules review. None of them is stored; a create is answered and forgotten.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::authorization_v1");

struct SubjectAccessReview $C.openapi("io.k8s.api.authorization.v1.SubjectAccessReview") {
  # Asks whether a given user or group may do a given thing. The answer is in status; nothing is
  # stored.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. Has no use
  # here and must be empty.
  spec @1 :SubjectAccessReviewSpec $C.proto([2]) $C.required;
  # Who wants to do what. Either resourceAttributes or nonResourceAttributes must be set.
  status @2 :SubjectAccessReviewStatus $C.proto([3]) $C.always;
  # The verdict, filled in by the server.
}

struct LocalSubjectAccessReview $C.openapi("io.k8s.api.authorization.v1.LocalSubjectAccessReview") {
  # A SubjectAccessReview confined to one namespace, so that the right to ask can be granted for
  # that namespace alone.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. Only the
  # namespace may be set; it must be the one in the path.
  spec @1 :SubjectAccessReviewSpec $C.proto([2]) $C.required;
  # Who wants to do what. The namespace in resourceAttributes must be that of the request, and
  # nonResourceAttributes is not allowed.
  status @2 :SubjectAccessReviewStatus $C.proto([3]) $C.always;
  # The verdict, filled in by the server.
}

struct SelfSubjectAccessReview $C.openapi("io.k8s.api.authorization.v1.SelfSubjectAccessReview") {
  # Asks whether the caller itself may do a given thing. Anyone may ask; nothing is stored.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. Has no use
  # here and must be empty.
  spec @1 :SelfSubjectAccessReviewSpec $C.proto([2]) $C.required;
  # What the caller wants to do.
  status @2 :SubjectAccessReviewStatus $C.proto([3]) $C.always;
  # The verdict, filled in by the server.
}

struct SelfSubjectRulesReview $C.openapi("io.k8s.api.authorization.v1.SelfSubjectRulesReview") {
  # Asks what the caller may do in a namespace. Good for display, such as hiding buttons; decisions
  # belong to SubjectAccessReview, since the list may be incomplete.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. Has no use
  # here and must be empty.
  spec @1 :SelfSubjectRulesReviewSpec $C.proto([2]) $C.required;
  # The namespace asked about.
  status @2 :SubjectRulesReviewStatus $C.proto([3]) $C.always;
  # The caller's rights, filled in by the server.
}

struct FieldSelectorAttributes $C.openapi("io.k8s.api.authorization.v1.FieldSelectorAttributes") {
  # The field selector of the request in question. Either rawSelector or requirements is set, not
  # both.
  rawSelector @0 :Text $C.proto([1]);
  # The selector as text, as in the fieldSelector parameter of a request.
  requirements @1 :List(Meta.FieldSelectorRequirement) $C.proto([2]) $C.listType("atomic");
  # The selector in parsed form. All requirements must hold.
}

struct LabelSelectorAttributes $C.openapi("io.k8s.api.authorization.v1.LabelSelectorAttributes") {
  # The label selector of the request in question. Either rawSelector or requirements is set, not
  # both.
  rawSelector @0 :Text $C.proto([1]);
  # The selector as text, as in the labelSelector parameter of a request.
  requirements @1 :List(Meta.LabelSelectorRequirement) $C.proto([2]) $C.listType("atomic");
  # The selector in parsed form. All requirements must hold.
}

struct NonResourceAttributes $C.openapi("io.k8s.api.authorization.v1.NonResourceAttributes") {
  # A request to a path that is not a resource, such as /healthz.
  path @0 :Text $C.proto([1]);
  # The URL path.
  verb @1 :Text $C.proto([2]);
  # The HTTP method in lower case, such as get.
}

struct NonResourceRule $C.openapi("io.k8s.api.authorization.v1.NonResourceRule") {
  # Paths that are not resources, and what may be done with them.
  verbs @0 :List(Text) $C.proto([1]) $C.required $C.listType("atomic");
  # HTTP methods in lower case; * stands for all.
  nonResourceURLs @1 :List(Text) $C.proto([2]) $C.listType("atomic");
  # Paths; * is allowed as the whole or as the last step of a path.
}

struct ResourceAttributes $C.openapi("io.k8s.api.authorization.v1.ResourceAttributes") {
  # A request to a resource.
  namespace @0 :Text $C.proto([1]);
  # The object's namespace. Empty means all namespaces, or a resource of cluster scope.
  verb @1 :Text $C.proto([2]);
  # What is to be done, such as get, list, watch, create, update, patch or delete; * stands for all.
  group @2 :Text $C.proto([3]);
  # The resource's API group; empty is the core group and * stands for all.
  version @3 :Text $C.proto([4]);
  # The resource's API version; * stands for all.
  resource @4 :Text $C.proto([5]);
  # The resource in its plural form, such as pods; * stands for all.
  subresource @5 :Text $C.proto([6]);
  # A subresource such as log. Empty means the resource itself.
  name @6 :Text $C.proto([7]);
  # The object's name. Empty means all objects, or a verb that names none.
  fieldSelector @7 :FieldSelectorAttributes $C.proto([8]);
  # The field selector that narrows a list, watch or deletecollection. It can only make the request
  # smaller.
  labelSelector @8 :LabelSelectorAttributes $C.proto([9]);
  # The label selector that narrows a list, watch or deletecollection. It can only make the request
  # smaller.
}

struct ResourceRule $C.openapi("io.k8s.api.authorization.v1.ResourceRule") {
  # Resources, and what may be done with them.
  verbs @0 :List(Text) $C.proto([1]) $C.required $C.listType("atomic");
  # Verbs such as get, list or create; * stands for all.
  apiGroups @1 :List(Text) $C.proto([2]) $C.listType("atomic");
  # API groups of the resources; * stands for all.
  resources @2 :List(Text) $C.proto([3]) $C.listType("atomic");
  # Resources in their plural form; * stands for all, and */scale for a subresource of all.
  resourceNames @3 :List(Text) $C.proto([4]) $C.listType("atomic");
  # Names of single objects the rule is confined to. Empty means all objects.
}

struct SelfSubjectAccessReviewSpec $C.openapi("io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec") {
  # What the caller wants to do. Exactly one of the two fields must be set.
  resourceAttributes @0 :ResourceAttributes $C.proto([1]);
  # The request in question, if it is to a resource.
  nonResourceAttributes @1 :NonResourceAttributes $C.proto([2]);
  # The request in question, if it is to another path.
}

struct SelfSubjectRulesReviewSpec $C.openapi("io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec") {
  # Where the caller wants to know its rights.
  namespace @0 :Text $C.proto([1]);
  # The namespace to list the caller's rights in. Must be set.
}

struct SubjectAccessReviewSpec $C.openapi("io.k8s.api.authorization.v1.SubjectAccessReviewSpec") {
  # Who wants to do what. Exactly one kind of attributes must be set, and at least a user or a
  # group.
  resourceAttributes @0 :ResourceAttributes $C.proto([1]);
  # The request in question, if it is to a resource.
  nonResourceAttributes @1 :NonResourceAttributes $C.proto([2]);
  # The request in question, if it is to another path.
  user @2 :Text $C.proto([3]);
  # The user to decide about. If empty while groups is set, the question is about any member of
  # these groups.
  groups @3 :List(Text) $C.proto([4]) $C.listType("atomic");
  # The groups to decide about.
  extra @4 :List(Meta.TextListEntry) $C.proto([5]);
  # Further attributes of the user, as its authenticator would supply them.
  uid @5 :Text $C.proto([6]);
  # The user's uid, where authorizers care about it.
}

struct SubjectAccessReviewStatus $C.openapi("io.k8s.api.authorization.v1.SubjectAccessReviewStatus") {
  # The verdict on an access review.
  allowed @0 :Bool $C.proto([1]) $C.required;
  # True if the request would be let through.
  reason @1 :Text $C.proto([2]);
  # Why it is allowed or denied. May be empty.
  evaluationError @2 :Text $C.proto([3]);
  # What went wrong while deciding. The verdict may still stand, for example when one of several
  # roles could not be read.
  denied @3 :Bool $C.proto([4]);
  # True if an authorizer refuses the request outright. When both allowed and denied are false, no
  # authorizer had an opinion and the request is not let through.
}

struct SubjectRulesReviewStatus $C.openapi("io.k8s.api.authorization.v1.SubjectRulesReviewStatus") {
  # What the caller may do in a namespace, as far as the authorizers can list it.
  resourceRules @0 :List(ResourceRule) $C.proto([1]) $C.required $C.listType("atomic");
  # What the caller may do with resources. The order means nothing.
  nonResourceRules @1 :List(NonResourceRule) $C.proto([2]) $C.required $C.listType("atomic");
  # What the caller may do with paths that are not resources. The order means nothing.
  incomplete @2 :Bool $C.proto([3]) $C.required;
  # True if the lists are not the whole truth, because an authorizer cannot enumerate its rules or
  # failed.
  evaluationError @3 :Text $C.proto([4]);
  # What went wrong while listing the rules; what was found is still given.
}
