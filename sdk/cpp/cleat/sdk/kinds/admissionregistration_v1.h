// The kinds of admissionregistration.k8s.io/v1 as the SDK knows them: include this to use them as Object<K>, Draft<K>,
// Informer<K> and with a Client. The types are those of sdk/schema/kinds/admissionregistration_v1.capnp.
#pragma once

#include <cleat/schema/kinds/admissionregistration_v1.capnp.h>
#include <cleat/sdk/kind.h>

namespace cleat {

template <>
struct KindOf<admissionregistration_v1::ValidatingWebhookConfiguration> {
  static constexpr Resource resource{"admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations",
                                     "ValidatingWebhookConfiguration", false};
};
template <>
struct KindOf<admissionregistration_v1::MutatingWebhookConfiguration> {
  static constexpr Resource resource{"admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations",
                                     "MutatingWebhookConfiguration", false};
};
template <>
struct KindOf<admissionregistration_v1::ValidatingAdmissionPolicy> {
  static constexpr Resource resource{"admissionregistration.k8s.io", "v1", "validatingadmissionpolicies",
                                     "ValidatingAdmissionPolicy", false};
};
template <>
struct KindOf<admissionregistration_v1::ValidatingAdmissionPolicyBinding> {
  static constexpr Resource resource{"admissionregistration.k8s.io", "v1", "validatingadmissionpolicybindings",
                                     "ValidatingAdmissionPolicyBinding", false};
};
template <>
struct KindOf<admissionregistration_v1::MutatingAdmissionPolicy> {
  static constexpr Resource resource{"admissionregistration.k8s.io", "v1", "mutatingadmissionpolicies",
                                     "MutatingAdmissionPolicy", false};
};
template <>
struct KindOf<admissionregistration_v1::MutatingAdmissionPolicyBinding> {
  static constexpr Resource resource{"admissionregistration.k8s.io", "v1", "mutatingadmissionpolicybindings",
                                     "MutatingAdmissionPolicyBinding", false};
};

}  // namespace cleat
