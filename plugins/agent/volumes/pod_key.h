// A pod's own key, and the request that shows a signer which one it is.
#pragma once

#include <cleat/sdk/status.h>

#include <string>

namespace cleat::agent {

struct PodKey {
  std::string privatePem;  // PKCS#8
  std::string requestDer;  // PKCS#10 that says nothing but the public key, signed with the other half
};

// `type` as a volume names it: "RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521" or "ED25519". Takes up to
// seconds of a processor: for Context::blocking.
Result<PodKey> makePodKey(const std::string& type);

}  // namespace cleat::agent
