// From the claims of a token that was found good to a user, by an issuer's rules.
#pragma once

#include <cleat/cel/environment.h>
#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/status.h>

#include <string>
#include <utility>
#include <vector>

#include "authentication_config.h"

namespace cleat::oidc {

struct TokenUser {
  std::string name, uid;
  std::vector<std::string> groups;
  std::vector<std::pair<std::string, std::vector<std::string>>> extra;
};

// What expressions may speak of: `claims`, or `user`.
cel::Environment claimsEnvironment();
cel::Environment userEnvironment();

// An error is Kubernetes': `oidc: required claim hd not present in ID token`.
Result<TokenUser> mapClaims(JsonView claims, const IssuerConfig& issuer);

}  // namespace cleat::oidc
