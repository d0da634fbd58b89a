@0xd9257e1d516e7e30;
# Kinds of the group authentication.k8s.io/v1, which answer who a caller is and issue tokens:
# TokenReview, TokenRequest and SelfSubjectReview. None of them is stored; a create is answered and
# forgotten.

using Cxx = import "/capnp/c++.capnp";
using C = import "../cleat.capnp";
using Meta = import "meta_v1.capnp";

$Cxx.namespace("cleat::authentication_v1");

struct TokenReview $C.openapi("io.k8s.api.authentication.v1.TokenReview") {
  # Asks whether a bearer token is good, and whose it is. The answer is in status; nothing is
  # stored.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. Has no use
  # here.
  spec @1 :TokenReviewSpec $C.proto([2]) $C.required;
  # The token to examine.
  status @2 :TokenReviewStatus $C.proto([3]) $C.always;
  # The verdict, filled in by the server.
}

struct TokenRequest $C.openapi("io.k8s.api.authentication.v1.TokenRequest") {
  # Asks for a token that authenticates as a service account. Posted to the account's token
  # subresource; nothing is stored.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. Has no use
  # here; the account is named by the request's path.
  spec @1 :TokenRequestSpec $C.proto([2]) $C.always;
  # The token wanted.
  status @2 :TokenRequestStatus $C.proto([3]) $C.always;
  # The token issued, filled in by the server.
}

struct SelfSubjectReview $C.openapi("io.k8s.api.authentication.v1.SelfSubjectReview") {
  # Asks the server whom it takes the caller for. Posted empty and answered in status; nothing is
  # stored.
  metadata @0 :Meta.ObjectMeta $C.proto([1]);
  # Name, labels, annotations and the rest of the metadata that every object carries. Has no use
  # here.
  status @1 :SelfSubjectReviewStatus $C.proto([2]) $C.always;
  # The caller's attributes, filled in by the server.
}

struct BoundObjectReference $C.openapi("io.k8s.api.authentication.v1.BoundObjectReference") {
  # The object whose life bounds that of a token.
  kind @0 :Text $C.proto([1]);
  # The object's kind: Pod, Secret or Node.
  apiVersion @1 :Text $C.proto([2]);
  # The object's API group and version; v1 for all three kinds.
  name @2 :Text $C.proto([3]);
  # The object's name. Pods and Secrets are looked up in the service account's namespace.
  uid @3 :Text $C.proto([4]);
  # The object's uid. If given, it must be that of the object now; when absent, the server fills it
  # in.
}

struct SelfSubjectReviewStatus $C.openapi("io.k8s.api.authentication.v1.SelfSubjectReviewStatus") {
  # Who the caller is, as authentication sees it.
  userInfo @0 :UserInfo $C.proto([1]) $C.always;
  # The caller's attributes.
}

struct TokenRequestSpec $C.openapi("io.k8s.api.authentication.v1.TokenRequestSpec") {
  # What the requested token should be good for.
  audiences @0 :List(Text) $C.proto([1]) $C.always $C.listType("atomic");
  # Whom the token is meant for; whoever receives it must find itself here. Empty means the API
  # server.
  boundObjectRef @1 :BoundObjectReference $C.proto([3]);
  # An object with which the token becomes invalid when it is deleted. When absent, the token is
  # bound to the service account alone.
  expirationSeconds @2 :Meta.Int64Value $C.proto([4]) $C.always;
  # Wished lifetime in seconds, at least 600 and at most 4294967296. Defaults to 3600. The server
  # may issue another; status says which.
  attestations @3 :List(Meta.TextListEntry) $C.proto([5]);
  # What the server is asked to attest, by well-known keys.
}

struct TokenRequestStatus $C.openapi("io.k8s.api.authentication.v1.TokenRequestStatus") {
  # The token issued.
  token @0 :Text $C.proto([1]) $C.always;
  # The token, to be sent as a bearer token.
  expirationTimestamp @1 :Text $C.proto([2]) $C.always $C.format("date-time");
  # When the token stops being valid.
}

struct TokenReviewSpec $C.openapi("io.k8s.api.authentication.v1.TokenReviewSpec") {
  # The token to examine, and for whom.
  token @0 :Text $C.proto([1]) $C.required;
  # The bearer token.
  audiences @1 :List(Text) $C.proto([2]) $C.listType("atomic");
  # The names under which the asker is known; a token meant for none of them is refused. Empty means
  # the API server's own audiences.
}

struct TokenReviewStatus $C.openapi("io.k8s.api.authentication.v1.TokenReviewStatus") {
  # What the server found out about a token.
  authenticated @0 :Bool $C.proto([1]);
  # True if the token belongs to a known user.
  user @1 :UserInfo $C.proto([2]) $C.always;
  # The user the token belongs to. Set only when authenticated.
  error @2 :Text $C.proto([3]);
  # Why the token could not be checked, if that failed.
  audiences @3 :List(Text) $C.proto([4]) $C.listType("atomic");
  # Those of the asked-for audiences that the token is good for. Empty with a successful answer
  # means that the token was checked against the API server's audience.
}

struct UserInfo $C.openapi("io.k8s.api.authentication.v1.UserInfo") {
  # A user's attributes, as authentication established them.
  username @0 :Text $C.proto([1]);
  # The name by which the user is authorized.
  uid @1 :Text $C.proto([2]);
  # An identifier that tells this user from others who bore the same name at other times. May be
  # empty.
  groups @2 :List(Text) $C.proto([3]) $C.listType("atomic");
  # The groups the user is in.
  extra @3 :List(Meta.TextListEntry) $C.proto([4]);
  # Further attributes that the authenticator supplied; each may have several values.
}
