@0xc1ea7c1ea7c1ead2;
# The role `authorizer`: decides whether a caller may do what it asks. The host asks the authorizers of
# the configured chain in order until one decides; if none does, the request is refused. A plugin that
# calls this interface (a SubjectAccessReview) is answered by the whole chain.

using Cxx = import "/capnp/c++.capnp";
using Auth = import "authn.capnp";
$Cxx.namespace("cleat::role");

interface Authorizer {
  authorize @0 Attributes -> AuthorizeResults;

  rules @1 RulesParams -> RulesResults;
  # What a user may do in a namespace, as far as it can be listed (SelfSubjectRulesReview). CLEAT_NOT_MINE:
  # cannot tell.
}

struct Attributes {
  user @0 :Auth.User;
  verb @1 :Text;
  # "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "bind", "escalate", …; for a
  # path that is no resource the HTTP method in lower case.
  group @2 :Text;
  version @3 :Text;
  resource @4 :Text;
  subresource @5 :Text;
  namespace @6 :Text;
  name @7 :Text;
  path @8 :Text;
  # Set instead of a resource: "/healthz".
  fieldSelector @9 :List(SelectorRequirement);
  labelSelector @10 :List(SelectorRequirement);
  # Of a list, watch or deletecollection: all of them hold for every object that the request is about. They make a request
  # smaller and never larger, so that who does not know them may leave them out of account.
}

struct SelectorRequirement {
  key @0 :Text;
  # A label, or a field: "spec.nodeName".
  operator @1 :Text;
  # "In", "NotIn", "Exists", "DoesNotExist", "Gt" or "Lt".
  values @2 :List(Text);
}

enum Decision {
  noOpinion @0;
  allow @1;
  deny @2;
}

struct AuthorizeResults {
  decision @0 :Decision;
  reason @1 :Text;
}

struct RulesParams {
  user @0 :Auth.User;
  namespace @1 :Text;
}

struct RulesResults {
  resourceRules @0 :List(ResourceRule);
  nonResourceRules @1 :List(NonResourceRule);
  incomplete @2 :Bool;
}

struct ResourceRule {
  verbs @0 :List(Text);
  groups @1 :List(Text);
  resources @2 :List(Text);
  resourceNames @3 :List(Text);
}

struct NonResourceRule {
  verbs @0 :List(Text);
  paths @1 :List(Text);
}
