#include "bootstrap-token-common/bootstrap_token.h"

#include <cleat/sdk/secret_data.h>
#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::bootstrap {

namespace {

constexpr size_t kIdSize = 6, kSecretSize = 16, kLongestGroup = 256;
constexpr std::string_view kGroup = "system:bootstrappers";

bool isWord(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// system:bootstrappers:NAME, of small letters, digits, colons and dashes, the last none of these two.
bool isGroup(std::string_view group) {
  if (!group.starts_with(kGroup) || group.size() < kGroup.size() + 2 || group[kGroup.size()] != ':') return false;
  const std::string_view name = group.substr(kGroup.size() + 1);
  if (name.size() > kLongestGroup || !isWord(name.back())) return false;
  return std::ranges::all_of(name, [](char c) { return isWord(c) || c == ':' || c == '-'; });
}

}  // namespace

std::optional<TokenParts> splitToken(std::string_view token) {
  if (token.size() != kIdSize + 1 + kSecretSize || token[kIdSize] != '.') return std::nullopt;
  const TokenParts parts{token.substr(0, kIdSize), token.substr(kIdSize + 1)};
  if (!std::ranges::all_of(parts.id, isWord) || !std::ranges::all_of(parts.secret, isWord)) return std::nullopt;
  return parts;
}

std::optional<BootstrapToken> tokenOf(const Object<core_v1::Secret>& secret) {
  if (view(secret->getType()) != kSecretType || !secret.name().starts_with(kNamePrefix)) return std::nullopt;
  const BootstrapToken token{dataIn(secret, "token-id"), dataIn(secret, "token-secret")};
  if (token.secret.empty() || token.id != secret.name().substr(kNamePrefix.size())) return std::nullopt;
  return token;
}

std::optional<Duration> timeLeft(const Object<core_v1::Secret>& secret, WallTime now) {
  const std::string_view expiration = dataIn(secret, "expiration");
  if (expiration.empty()) return std::nullopt;
  const std::optional<WallTime> end = parseTime(expiration);
  return end ? std::max<Duration>(*end - now, Duration::zero()) : Duration::zero();
}

bool isExpired(const Object<core_v1::Secret>& secret, WallTime now) {
  const std::optional<Duration> left = timeLeft(secret, now);
  return left && *left <= Duration::zero();
}

bool isFor(const Object<core_v1::Secret>& secret, std::string_view usage) {
  return dataIn(secret, concat("usage-bootstrap-", usage)) == "true";
}

Result<std::vector<std::string>> groupsOf(const Object<core_v1::Secret>& secret) {
  std::vector<std::string> groups{str(kGroup)};
  std::string_view more = dataIn(secret, "auth-extra-groups");
  while (!more.empty()) {
    const size_t comma = more.find(',');
    const std::string_view group = more.substr(0, comma);
    if (!isGroup(group)) {
      return fail(Status::badRequest(concat("bootstrap group ", inQuotes(group), " is invalid (must match ",
                                            R"(\Asystem:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]\z))")));
    }
    if (std::ranges::find(groups, group) == groups.end()) groups.push_back(str(group));
    if (comma == std::string_view::npos) break;
    more.remove_prefix(comma + 1);
  }
  return groups;
}

}  // namespace cleat::bootstrap
