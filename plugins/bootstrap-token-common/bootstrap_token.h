// Bootstrap tokens: `ID.SECRET`, kept in a secret kube-system/bootstrap-token-ID of type bootstrap.kubernetes.io/token.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>
#include <cleat/sdk/time.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::bootstrap {

inline constexpr const char* kNamespace = "kube-system";
inline constexpr std::string_view kNamePrefix = "bootstrap-token-";
inline constexpr std::string_view kSecretType = "bootstrap.kubernetes.io/token";
// What to watch of them all.
inline constexpr const char* kFieldSelector = "type=bootstrap.kubernetes.io/token";

struct TokenParts {
  std::string_view id, secret;
};
// Nothing for what has not the form of one: six and sixteen small letters and digits.
std::optional<TokenParts> splitToken(std::string_view token);

struct BootstrapToken {
  std::string_view id, secret;
};
// The token of a secret, whose words it looks at; nothing where it is of another type, or its name and content do not
// say the same.
std::optional<BootstrapToken> tokenOf(const Object<core_v1::Secret>& secret);

// How long it is still good: zero when it no longer is, or says a time that none can be read of; nothing where it has
// no end.
std::optional<Duration> timeLeft(const Object<core_v1::Secret>& secret, WallTime now);
bool isExpired(const Object<core_v1::Secret>& secret, WallTime now);

// Whether it may be used for that: "authentication", "signing".
bool isFor(const Object<core_v1::Secret>& secret, std::string_view usage);

// system:bootstrappers, and the groups that the secret names besides, which have to be of its kind.
Result<std::vector<std::string>> groupsOf(const Object<core_v1::Secret>& secret);

}  // namespace cleat::bootstrap
