// The kinds of authentication.k8s.io/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/authentication_v1.capnp.
#pragma once

#include <cleat/schema/kinds/authentication_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<authentication_v1::TokenReview> {
  static constexpr Resource resource{"authentication.k8s.io", "v1", "tokenreviews", "TokenReview", false};
};
// Only the body of the subresource serviceaccounts/token: it has no collection of its own.
template <>
struct KindOf<authentication_v1::TokenRequest> {
  static constexpr Resource resource{"authentication.k8s.io", "v1", "", "TokenRequest", true};
};
template <>
struct KindOf<authentication_v1::SelfSubjectReview> {
  static constexpr Resource resource{"authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", false};
};

}  // namespace cleat
