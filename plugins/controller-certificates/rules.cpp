#include "rules.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <set>

namespace cleat::certificates {
namespace {

constexpr std::string_view kNodeSigner = "kubernetes.io/kube-apiserver-client-kubelet";
constexpr std::string_view kServingSigner = "kubernetes.io/kubelet-serving";
constexpr std::string_view kClientSigner = "kubernetes.io/kube-apiserver-client";
constexpr std::string_view kNodePrefix = "system:node:";
constexpr const char* kNodes = "system:nodes";
constexpr const char* kBootstrappers = "system:bootstrappers";
constexpr const char* kMasters = "system:masters";

using Usages = std::set<std::string>;

// A key that is no RSA key has no use for encipherment: it may be left out.
std::string nodeUsages(const Usages& usages, const std::string& purpose) {
  Usages asked = usages;
  asked.erase("key encipherment");
  if (asked == Usages{"digital signature", purpose}) return {};
  Usages wanted{"digital signature", "key encipherment", purpose};
  std::string list;
  for (const std::string& usage : wanted) list += (list.empty() ? "" : " ") + usage;
  return concat("usages did not match [", list, "]");
}

std::string nodeIdentity(const RequestedCertificate& wanted) {
  if (wanted.organizations != std::vector<std::string>{kNodes}) return "subject organization is not system:nodes";
  if (!wanted.commonName.starts_with(kNodePrefix) || wanted.commonName.size() == kNodePrefix.size()) {
    return "subject common name does not begin with system:node:";
  }
  if (wanted.emails > 0) return "Email subjectAltNames are not allowed";
  if (wanted.uris > 0) return "URI subjectAltNames are not allowed";
  if (wanted.otherNames > 0) return "subjectAltNames of this type are not allowed";
  return {};
}

std::string nodeClientRefusal(const RequestedCertificate& wanted, const Usages& usages) {
  if (std::string wrong = nodeIdentity(wanted); !wrong.empty()) return wrong;
  if (wanted.dnsNames > 0) return "DNS subjectAltNames are not allowed";
  if (wanted.addresses > 0) return "IP subjectAltNames are not allowed";
  return nodeUsages(usages, "client auth");
}

// Others reach a node by the names in it: nobody but the node itself has them certified.
std::string nodeServingRefusal(const RequestedCertificate& wanted, const Usages& usages, std::string_view requester) {
  if (std::string wrong = nodeIdentity(wanted); !wrong.empty()) return wrong;
  if (wanted.dnsNames == 0 && wanted.addresses == 0) return "DNS or IP subjectAltName is required";
  if (std::string wrong = nodeUsages(usages, "server auth"); !wrong.empty()) return wrong;
  if (requester == wanted.commonName) return {};
  return concat("the certificate is for ", wanted.commonName, ", and ", requester, " asks for it");
}

std::string clientRefusal(const RequestedCertificate& wanted, const Usages& usages) {
  if (std::ranges::find(wanted.organizations, kMasters) != wanted.organizations.end()) {
    return concat("use of ", kClientSigner, " signer with ", kMasters, " group is not allowed");
  }
  for (const std::string& usage : usages) {
    if (usage != "client auth" && usage != "digital signature" && usage != "key encipherment") {
      return concat("invalid usage for client certificate: ", usage);
    }
  }
  return usages.contains("client auth") ? std::string() : "missing required usage for client certificate: client auth";
}

}  // namespace

bool isOwnSigner(std::string_view signerName) {
  return signerName == kNodeSigner || signerName == kServingSigner || signerName == kClientSigner;
}

std::string refusal(certificates_v1::CertificateSigningRequestSpec::Reader spec, const RequestedCertificate& wanted) {
  const std::vector<std::string> list = strings(spec.getUsages());
  const Usages usages(list.begin(), list.end());
  const std::string_view signer = view(spec.getSignerName());
  if (signer == kNodeSigner) return nodeClientRefusal(wanted, usages);
  if (signer == kServingSigner) return nodeServingRefusal(wanted, usages, view(spec.getUsername()));
  return clientRefusal(wanted, usages);
}

AutomaticApproval automaticApproval(certificates_v1::CertificateSigningRequestSpec::Reader spec,
                                    const RequestedCertificate& wanted) {
  if (view(spec.getSignerName()) != kNodeSigner || !refusal(spec, wanted).empty()) return {};
  if (contains(spec.getGroups(), kNodes) && view(spec.getUsername()) == wanted.commonName) {
    return {"Auto approving self kubelet client certificate.", {}};
  }
  if (!contains(spec.getGroups(), kBootstrappers)) return {};
  return {"Auto approving kubelet client certificate.", wanted.commonName.substr(kNodePrefix.size())};
}

}  // namespace cleat::certificates
