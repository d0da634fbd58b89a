#include "core/app/envtest/admission_names.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <cctype>

namespace cleat::app {
namespace {

struct AdmissionEntry {
  const char* name;
  bool byDefault;
};

// In the order in which Kubernetes asks them.
constexpr AdmissionEntry kAdmissionOrder[] = {
    {"AlwaysAdmit", false},
    {"NamespaceAutoProvision", false},
    {"NamespaceLifecycle", true},
    {"NamespaceExists", false},
    {"LimitPodHardAntiAffinityTopology", false},
    {"LimitRanger", true},
    {"ServiceAccount", true},
    {"NodeRestriction", false},
    {"TaintNodesByCondition", true},
    {"AlwaysPullImages", false},
    {"ImagePolicyWebhook", false},
    {"PodSecurity", true},
    {"PodNodeSelector", false},
    {"Priority", true},
    {"DefaultTolerationSeconds", true},
    {"PodTolerationRestriction", false},
    {"EventRateLimit", false},
    {"ExtendedResourceToleration", false},
    {"DefaultStorageClass", true},
    {"StorageObjectInUseProtection", true},
    {"OwnerReferencesPermissionEnforcement", false},
    {"PersistentVolumeClaimResize", true},
    {"RuntimeClass", true},
    {"CertificateApproval", true},
    {"CertificateSigning", true},
    {"ClusterTrustBundleAttest", true},
    {"CertificateSubjectRestriction", true},
    {"DefaultIngressClass", true},
    {"DenyServiceExternalIPs", false},
    {"PodTopologyLabels", true},
    {"PodResizeValidator", true},
    {"MutatingAdmissionPolicy", true},
    {"MutatingAdmissionWebhook", true},
    {"ValidatingAdmissionPolicy", true},
    {"ValidatingAdmissionWebhook", true},
    {"ResourceQuota", true},
    {"AlwaysDeny", false},
};

bool isNamed(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

std::string admissionPluginOf(std::string_view kubernetesName) {
  std::string name(kubernetesName);
  // The webhooks and policies are all of admission.
  constexpr std::string_view kAdmission = "Admission";
  if (const size_t at = name.find(kAdmission); at != std::string::npos) name.erase(at, kAdmission.size());
  std::string out = "admission";
  for (size_t i = 0; i < name.size(); ++i) {
    const bool upper = std::isupper(static_cast<unsigned char>(name[i])) != 0;
    // Of several capitals in a row, as in "IPs", only the first one begins a word.
    const bool afterUpper = i > 0 && std::isupper(static_cast<unsigned char>(name[i - 1])) != 0;
    if (upper && !afterUpper) out += '-';
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
  }
  return out;
}

Result<std::vector<std::string>> admissionChain(const std::vector<std::string>& enabled,
                                                const std::vector<std::string>& disabled) {
  for (const auto* names : {&enabled, &disabled}) {
    for (const std::string& name : *names) {
      if (std::ranges::any_of(kAdmissionOrder, [&](const AdmissionEntry& one) { return name == one.name; })) continue;
      return fail(Status::badRequest(concat("there is no admission plugin ", name)));
    }
  }
  std::vector<std::string> chain;
  for (const AdmissionEntry& one : kAdmissionOrder) {
    const bool on = one.byDefault ? !isNamed(disabled, one.name) : isNamed(enabled, one.name);
    if (on) chain.push_back(admissionPluginOf(one.name));
  }
  return chain;
}

}  // namespace cleat::app
