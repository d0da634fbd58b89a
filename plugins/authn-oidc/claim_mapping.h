// From the claims of a token that was found good to a user, by an issuer's rules.
#pragma once

#include <cleat/cel/environment.h>
#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/status.h>

#include <string>
#include <vector>

#include "authentication_config.h"
#include "remote-common/known_user.h"

namespace cleat::oidc {

using TokenUser = remote::KnownUser;

// What expressions may speak of: `claims`, or `user`.
cel::Environment claimsEnvironment();
cel::Environment userEnvironment();

// An error is Kubernetes': `oidc: required claim hd not present in ID token`.
Result<TokenUser> mapClaims(JsonView claims, const IssuerConfig& issuer);

}  // namespace cleat::oidc
