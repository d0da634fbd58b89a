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

bool isOfNodes(const RequestedCertificate& wanted) { return wanted.organizations == std::vector<std::string>{kNodes}; }

std::string nodeNameRefusal(const RequestedCertificate& wanted) {
  return wanted.commonName.starts_with(kNodePrefix) ? std::string()
                                                    : "subject common name does not begin with system:node:";
}

// What is wrong first is told, in the order in which Kubernetes looks: it is another for the two.
std::string nodeClientRefusal(const RequestedCertificate& wanted, const Usages& usages) {
  if (!isOfNodes(wanted)) return "subject organization is not system:nodes";
  if (wanted.dnsNames > 0) return "DNS subjectAltNames are not allowed";
  if (wanted.emails > 0) return "Email subjectAltNames are not allowed";
  if (wanted.addresses > 0) return "IP subjectAltNames are not allowed";
  if (wanted.uris > 0) return "URI subjectAltNames are not allowed";
  if (wanted.otherNames > 0) return "subjectAltNames of this type are not allowed";
  if (std::string wrong = nodeNameRefusal(wanted); !wrong.empty()) return wrong;
  return nodeUsages(usages, "client auth");
}

// That the node itself asks for it is for whoever approves it to see.
std::string nodeServingRefusal(const RequestedCertificate& wanted, const Usages& usages) {
  if (!isOfNodes(wanted)) return "subject organization is not system:nodes";
  if (wanted.dnsNames == 0 && wanted.addresses == 0) return "DNS or IP subjectAltName is required";
  if (wanted.emails > 0) return "Email subjectAltNames are not allowed";
  if (wanted.uris > 0) return "URI subjectAltNames are not allowed";
  if (wanted.otherNames > 0) return "subjectAltNames of this type are not allowed";
  if (std::string wrong = nodeUsages(usages, "server auth"); !wrong.empty()) return wrong;
  return nodeNameRefusal(wanted);
}

std::string clientRefusal(const RequestedCertificate& wanted, const std::vector<std::string>& usages) {
  if (std::ranges::find(wanted.organizations, kMasters) != wanted.organizations.end()) {
    return concat("use of ", kClientSigner, " signer with ", kMasters, " group is not allowed");
  }
  for (const std::string& usage : usages) {
    if (usage != "client auth" && usage != "digital signature" && usage != "key encipherment") {
      return concat("invalid usage for client certificate: ", usage);
    }
  }
  return std::ranges::find(usages, "client auth") != usages.end()
             ? std::string()
             : "missing required usage for client certificate: client auth";
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
  if (signer == kServingSigner) return nodeServingRefusal(wanted, usages);
  return clientRefusal(wanted, list);
}

bool isForNodeClient(certificates_v1::CertificateSigningRequestSpec::Reader spec, const RequestedCertificate& wanted) {
  return view(spec.getSignerName()) == kNodeSigner && refusal(spec, wanted).empty();
}

AutomaticApproval automaticApproval(certificates_v1::CertificateSigningRequestSpec::Reader spec,
                                    const RequestedCertificate& wanted) {
  if (!isForNodeClient(spec, wanted) || wanted.commonName == kNodePrefix) return {};
  if (contains(spec.getGroups(), kNodes) && view(spec.getUsername()) == wanted.commonName) {
    return {"Auto approving self kubelet client certificate.", {}};
  }
  if (!contains(spec.getGroups(), kBootstrappers)) return {};
  return {"Auto approving kubelet client certificate.", wanted.commonName.substr(kNodePrefix.size())};
}

}  // namespace cleat::certificates
