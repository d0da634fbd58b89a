// Which requests the cluster's signers accept, and which are approved without anybody being asked.
#pragma once

#include <cleat/sdk/kinds/certificates_v1.h>
#include <cleat/sdk/object.h>

#include <string>
#include <string_view>

#include "signer.h"

namespace cleat::certificates {

using certificates_v1::CertificateSigningRequest;

// One of the signers that this controller stands for.
bool isOwnSigner(std::string_view signerName);

// Why the request's signer refuses it; empty when it does not.
std::string refusal(certificates_v1::CertificateSigningRequestSpec::Reader spec, const RequestedCertificate& wanted);

// Whether it is for what a node shows as a client, as its signer would sign it: not only somebody's decision, but also
// the author's rights may have it approved.
bool isForNodeClient(certificates_v1::CertificateSigningRequestSpec::Reader spec, const RequestedCertificate& wanted);

// Why it is approved without anybody being asked: a new node, or one that renews its own certificate, asks for just
// that node's identity.
struct AutomaticApproval {
  std::string why;      // empty when somebody has to decide
  std::string newNode;  // only as long as there is no Node of this name: it would take that one's place
};
AutomaticApproval automaticApproval(certificates_v1::CertificateSigningRequestSpec::Reader spec,
                                    const RequestedCertificate& wanted);

}  // namespace cleat::certificates
