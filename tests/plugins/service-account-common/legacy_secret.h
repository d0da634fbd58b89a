// A secret that holds, or is to hold, a token of a service account, for tests.
#pragma once

#include "service-account-common/legacy_token.h"
#include "tests/plugins/objects.h"

namespace cleat::test {

inline Draft<core_v1::Secret> tokenSecret(const char* name, const char* account) {
  auto draft = named<core_v1::Secret>("default", name);
  draft->setType(legacy::kType);
  setAnnotation(draft->getMetadata(), legacy::kAccountName, account);
  return draft;
}

// The account names these secrets.
inline Draft<core_v1::ServiceAccount> accountWith(const char* name, const std::vector<std::string>& secrets) {
  auto draft = named<core_v1::ServiceAccount>("default", name);
  auto list = draft->initSecrets(static_cast<uint32_t>(secrets.size()));
  for (uint32_t i = 0; i < list.size(); ++i) list[i].setName(secrets[i]);
  return draft;
}

}  // namespace cleat::test
