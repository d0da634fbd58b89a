// Secrets with bootstrap tokens, for tests.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/text.h>

#include <map>
#include <string>

#include "tests/plugins/objects.h"

namespace cleat::test {

using SecretData = std::map<std::string, std::string>;

inline SecretData tokenData() {
  return {{"token-id", "abcdef"},
          {"token-secret", "0123456789abcdef"},
          {"usage-bootstrap-authentication", "true"},
          {"usage-bootstrap-signing", "true"}};
}

inline Draft<core_v1::Secret> bootstrapSecret(const SecretData& data,
                                              const std::string& name = "bootstrap-token-abcdef",
                                              const std::string& type = "bootstrap.kubernetes.io/token") {
  auto secret = named<core_v1::Secret>("kube-system", name);
  secret->setType(type);
  auto entries = secret->initData(static_cast<uint32_t>(data.size()));
  uint32_t at = 0;
  for (const auto& [key, value] : data) {
    entries[at].setKey(key);
    entries[at++].setValue(dataOf(value));
  }
  return secret;
}

}  // namespace cleat::test
