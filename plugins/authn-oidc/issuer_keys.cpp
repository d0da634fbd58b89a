#include "issuer_keys.h"

#include <cleat/sdk/text.h>

#include <algorithm>

#include "remote-common/remote_target.h"

namespace cleat::oidc {

namespace {

constexpr Duration kCallTimeout = std::chrono::seconds(10);
constexpr Duration kBetweenFetches = std::chrono::seconds(1);  // after one that went well
constexpr Duration kAfterFailure = std::chrono::seconds(2);
constexpr Duration kPreparing = std::chrono::seconds(10);
constexpr std::string_view kWellKnown = "/.well-known/openid-configuration";

std::string discoveryUrlOf(const IssuerConfig& issuer) {
  if (!issuer.discoveryUrl.empty()) return issuer.discoveryUrl;
  std::string_view url = issuer.url;
  if (url.ends_with('/')) url.remove_suffix(1);
  return concat(url, kWellKnown);
}

}  // namespace

IssuerKeys::IssuerKeys(Context& context, webhook::HttpsClient& client, IssuerConfig issuer)
    : context_(context), client_(client), issuer_(std::move(issuer)) {}

void IssuerKeys::prepare() { spawn(prepareAll(shared_from_this())); }

Task<void> IssuerKeys::prepareAll(std::shared_ptr<IssuerKeys> keys) {
  std::string told;
  while (!keys->isKnown_ && !keys->isRetired_) {
    auto waiting = keys->refreshed(keys->context_.now() + 2 * kCallTimeout);
    co_await std::move(waiting);
    if (keys->isKnown_) co_return;
    if (keys->lastError_ != told) {
      told = keys->lastError_;
      keys->context_.log.warn("oidc authenticator: initializing plugin: ", keys->issuer_.url, ": ", told);
    }
    co_await keys->context_.sleep(kPreparing);
  }
}

bool IssuerKeys::verifiesByKnown(const jwt::SignedToken& token) const {
  return std::ranges::any_of(keys_, [&](const jwt::JsonWebKey& key) {
    return (token.keyId.empty() || key.id() == token.keyId) && key.verifies(token);
  });
}

Task<Result<void>> IssuerKeys::check(const jwt::SignedToken& token, Instant deadline) {
  if (verifiesByKnown(token)) co_return Result<void>();
  auto waiting = refreshed(deadline);
  co_await std::move(waiting);
  if (verifiesByKnown(token)) co_return Result<void>();
  if (!isKnown_) {
    co_return fail(Status::unavailable(concat("oidc: authenticator for issuer ", inQuotes(issuer_.url),
                                              " is not initialized", lastError_.empty() ? "" : ": ", lastError_)));
  }
  if (!lastError_.empty()) {
    co_return fail(
        Status::unavailable(concat("oidc: verify token: failed to verify signature: fetching keys ", lastError_)));
  }
  co_return fail(
      Status::unauthorized("oidc: verify token: failed to verify signature: failed to verify id token signature"));
}

Task<void> IssuerKeys::refreshed(Instant deadline) {
  if (!isFetching_) {
    if (isRetired_ || context_.now() < nextFetch_) co_return;
    isFetching_ = true;
    spawn(fetch(shared_from_this()));
  }
  if (!isFetching_) co_return;
  Completion<bool> over;
  waiting_.push_back(over);
  const Timer limit = context_.after(std::max(deadline - context_.now(), Duration::zero()), [over]() mutable {
    if (!over.completed()) over.complete(false);
  });
  co_await over;
}

Task<void> IssuerKeys::fetch(std::shared_ptr<IssuerKeys> keys) {
  auto finding = keys->discover();
  auto done = co_await std::move(finding);
  if (done) {
    auto fetching = keys->fetchKeys();
    done = co_await std::move(fetching);
  }
  keys->lastError_ = done ? std::string() : done.error().message;
  // What has moved is found again by discovery.
  if (!done) keys->keysUrl_.clear();
  keys->nextFetch_ = keys->context_.now() + (done ? kBetweenFetches : kAfterFailure);
  keys->isFetching_ = false;
  std::vector<Completion<bool>> waiting = std::exchange(keys->waiting_, {});
  for (Completion<bool>& over : waiting) {
    if (!over.completed()) over.complete(true);
  }
}

Task<Result<void>> IssuerKeys::discover() {
  if (!keysUrl_.empty()) co_return Result<void>();
  auto getting = get(discoveryUrlOf(issuer_));
  auto text = co_await std::move(getting);
  if (!text) co_return fail(text.error());
  auto tree = JsonTree::parse(*text);
  if (!tree || !tree->view().isObject()) co_return fail(Status::internal("the discovery document is no JSON object"));
  auto issuer = tree->view().member("issuer"), keys = tree->view().member("jwks_uri");
  const std::string_view found = issuer ? issuer->text() : std::string_view();
  if (found != issuer_.url) {
    co_return fail(Status::internal(concat("oidc: issuer did not match the issuer returned by provider, expected ",
                                           inQuotes(issuer_.url), " got ", inQuotes(found))));
  }
  if (!keys || keys->text().empty()) {
    co_return fail(Status::internal("the discovery document has no jwks_uri"));
  }
  keysUrl_ = str(keys->text());
  co_return Result<void>();
}

Task<Result<void>> IssuerKeys::fetchKeys() {
  auto getting = get(keysUrl_);
  auto text = co_await std::move(getting);
  if (!text) co_return fail(text.error());
  auto keys = jwt::parseKeys(*text);
  if (!keys) co_return fail(Status::internal(concat("oidc: failed to decode keys: ", keys.error().message)));
  keys_ = *std::move(keys);
  isKnown_ = true;
  co_return Result<void>();
}

Task<Result<std::string>> IssuerKeys::get(std::string url) {
  auto target = remote::targetOf(url);
  if (!target) co_return fail(target.error());
  target->trust = issuer_.authority;
  webhook::HttpsRequest request = target->request({});
  auto getting = client_.get(std::move(request), kCallTimeout);
  webhook::HttpsAnswer answer = co_await std::move(getting);
  if (!answer.error.empty()) co_return fail(Status::internal(concat("Get ", inQuotes(url), ": ", answer.error)));
  if (answer.status / 100 == 3) {
    co_return fail(Status::internal(concat("Get ", inQuotes(url), ": unexpected redirect (", answer.status, ")")));
  }
  if (answer.status != 200) {
    co_return fail(Status::internal(concat("Get ", inQuotes(url), ": the issuer answered ", answer.status)));
  }
  co_return std::move(answer.body);
}

}  // namespace cleat::oidc
