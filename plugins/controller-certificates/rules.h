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

// Why it is approved without anybody being asked: a new node, or one that renews its own certificate, asks for just
// that node's identity. Empty when somebody has to decide.
std::string automaticApproval(certificates_v1::CertificateSigningRequestSpec::Reader spec,
                              const RequestedCertificate& wanted);

}  // namespace cleat::certificates
