// Tokens that lie in secrets of the type kubernetes.io/service-account-token: made once, without an end, good for as
// long as the secret and the account are there. Their claims and the names on their secrets are Kubernetes'.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace cleat::legacy {

inline constexpr std::string_view kIssuer = "kubernetes/serviceaccount";
inline constexpr const char* kType = "kubernetes.io/service-account-token";
inline constexpr const char* kFieldSelector = "type=kubernetes.io/service-account-token";

// On a secret: annotations that say whose token it holds, and labels that say when it was used and when it was told to
// be good no more, as dates ("2026-11-29").
inline constexpr std::string_view kAccountName = "kubernetes.io/service-account.name";
inline constexpr std::string_view kAccountUid = "kubernetes.io/service-account.uid";
inline constexpr std::string_view kLastUsed = "kubernetes.io/legacy-token-last-used";
inline constexpr std::string_view kInvalidSince = "kubernetes.io/legacy-token-invalid-since";

inline constexpr std::string_view kTokenKey = "token", kAuthorityKey = "ca.crt", kNamespaceKey = "namespace";

struct Claims {
  std::string ns, secret, account, accountUid;
  bool operator==(const Claims&) const = default;
};
boost::json::object writeClaims(const Claims& claims);
// Nothing where one of them is missing, or the subject is not the account that they name.
std::optional<Claims> readClaims(const boost::json::object& claims);

// "2026-11-29", and back; nothing for what is no date.
std::string dateOf(WallTime time);
std::optional<WallTime> timeOf(std::string_view date);

}  // namespace cleat::legacy
