// The certificate with which the agent serves its HTTPS API: made at the first start, signed by itself, kept in the
// agent's data directory. Clients of it are told apart by their certificates; it need not prove more than that it is
// still the same. Blocks: for Context::blocking.
#pragma once

#include <cleat/sdk/status.h>

#include <string>

namespace cleat::agent {

struct ServingCertificate {
  std::string certificatePem, keyPem;
};

// From FOLDER/kubelet.crt and FOLDER/kubelet.key (0600), made if they are not there.
Result<ServingCertificate> servingCertificate(const std::string& folder, const std::string& nodeName,
                                              const std::string& address);

}  // namespace cleat::agent
