#include "legacy_token.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/text.h>
#include <cleat/sdk/time.h>

namespace cleat::legacy {
namespace {

constexpr std::string_view kNamespaceClaim = "kubernetes.io/serviceaccount/namespace";
constexpr std::string_view kSecretClaim = "kubernetes.io/serviceaccount/secret.name";
constexpr std::string_view kAccountClaim = "kubernetes.io/serviceaccount/service-account.name";
constexpr std::string_view kUidClaim = "kubernetes.io/serviceaccount/service-account.uid";
constexpr size_t kDateLength = 10;

std::string subjectOf(const Claims& claims) { return concat("system:serviceaccount:", claims.ns, ":", claims.account); }

std::string text(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

boost::json::object writeClaims(const Claims& claims) {
  return {{"iss", kIssuer},
          {kNamespaceClaim, claims.ns},
          {kSecretClaim, claims.secret},
          {kAccountClaim, claims.account},
          {kUidClaim, claims.accountUid},
          {"sub", subjectOf(claims)}};
}

std::optional<Claims> readClaims(const boost::json::object& object) {
  Claims claims{.ns = text(object, kNamespaceClaim),
                .secret = text(object, kSecretClaim),
                .account = text(object, kAccountClaim),
                .accountUid = text(object, kUidClaim)};
  const bool whole =
      !claims.ns.empty() && !claims.secret.empty() && !claims.account.empty() && !claims.accountUid.empty();
  if (!whole || text(object, "sub") != subjectOf(claims)) return std::nullopt;
  return claims;
}

std::string dateOf(WallTime time) { return formatTime(time).substr(0, kDateLength); }

std::optional<WallTime> timeOf(std::string_view date) {
  if (date.size() != kDateLength) return std::nullopt;
  return parseTime(concat(date, "T00:00:00Z"));
}

}  // namespace cleat::legacy
