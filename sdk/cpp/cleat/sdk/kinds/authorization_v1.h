// The kinds of authorization.k8s.io/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/authorization_v1.capnp.
#pragma once

#include <cleat/schema/kinds/authorization_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<authorization_v1::SubjectAccessReview> {
  static constexpr Resource resource{"authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview",
                                     false};
};
template <>
struct KindOf<authorization_v1::LocalSubjectAccessReview> {
  static constexpr Resource resource{"authorization.k8s.io", "v1", "localsubjectaccessreviews",
                                     "LocalSubjectAccessReview", true};
};
template <>
struct KindOf<authorization_v1::SelfSubjectAccessReview> {
  static constexpr Resource resource{"authorization.k8s.io", "v1", "selfsubjectaccessreviews",
                                     "SelfSubjectAccessReview", false};
};
template <>
struct KindOf<authorization_v1::SelfSubjectRulesReview> {
  static constexpr Resource resource{"authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview",
                                     false};
};

}  // namespace cleat
