#include "volumes/token_cache.h"

#include <cleat/sdk/kinds/authentication_v1.h>
#include <cleat/sdk/kinds/core_v1.h>

#include <algorithm>

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

constexpr Duration kLongestUse = 24h;

// Four fifths of the life that is left, and never longer than a day.
Duration useOf(Duration life) { return std::min<Duration>(life / 5 * 4, kLongestUse); }

}  // namespace

Task<Result<std::string>> TokenCache::token(TokenRequestSpec spec) {
  auto asking = issued(std::move(spec));
  CLEAT_CO_TRY(IssuedToken token, co_await std::move(asking));
  co_return std::move(token.token);
}

Task<Result<IssuedToken>> TokenCache::issued(TokenRequestSpec spec) {
  std::string key = concat(spec.podUid, "/", spec.serviceAccount, "/", spec.expirationSeconds, "/", spec.audience);
  auto found = entries_.find(key);
  if (found != entries_.end() && context_.wallNow() < found->second.refreshAt) co_return found->second.issued();

  Draft<authentication_v1::TokenRequest> request;
  auto wanted = request->initSpec();
  wanted.initExpirationSeconds().setValue(spec.expirationSeconds);
  if (!spec.audience.empty()) wanted.initAudiences(1).set(0, spec.audience);
  auto bound = wanted.initBoundObjectRef();
  bound.setKind("Pod");
  bound.setApiVersion("v1");
  bound.setName(spec.podName);
  bound.setUid(spec.podUid);
  auto answer = co_await client_.createSubresource<core_v1::ServiceAccount>(spec.podNamespace, spec.serviceAccount,
                                                                            "token", std::move(request));
  WallTime now = context_.wallNow();
  if (!answer || !*answer) {
    found = entries_.find(key);
    if (found != entries_.end() && now < found->second.expiresAt) co_return found->second.issued();
    Status why = answer ? Status::internal("the API gave no token") : std::move(answer.error());
    why.message = concat("failed to fetch token: ", why.message);
    co_return fail(std::move(why));
  }
  auto status = (*answer)->getStatus();
  Duration fallback = std::chrono::seconds(spec.expirationSeconds);
  WallTime expiresAt = parseTime(status.getExpirationTimestamp()).value_or(now + fallback);
  Entry entry{str(status.getToken()), now + useOf(expiresAt - now), expiresAt};
  entries_[key] = entry;
  co_return entry.issued();
}

std::optional<WallTime> TokenCache::refreshAt(const std::string& podUid) const {
  std::string prefix = podUid + "/";
  std::optional<WallTime> first;
  for (auto at = entries_.lower_bound(prefix); at != entries_.end() && at->first.starts_with(prefix); ++at) {
    if (!first || at->second.refreshAt < *first) first = at->second.refreshAt;
  }
  return first;
}

void TokenCache::forget(const std::string& podUid) {
  std::string prefix = podUid + "/";
  std::erase_if(entries_, [&](const auto& item) { return item.first.starts_with(prefix); });
}

}  // namespace cleat::agent
