// Authenticates callers by asking a server of the operator's whose their bearer token is.
#include <cleat/sdk/lists.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <memory>

#include "remote-common/review_cache.h"
#include "remote-common/review_server.h"
#include "token_review.h"

using namespace cleat;

namespace {

constexpr size_t kMostAnswer = 1024 * 1024;

class WebhookAuthenticator : public AuthenticatorPlugin {
 public:
  using AuthenticatorPlugin::AuthenticatorPlugin;

  Task<Result<void>> start() override {
    const std::string file = config().string("kubeconfig");
    if (file.empty()) co_return fail(Status::badRequest("[plugins.authn-webhook] kubeconfig: is needed"));
    CLEAT_CO_TRY(remote::RemoteTarget target, remote::readKubeconfig(file));
    server_ = std::make_unique<remote::ReviewServer>(context(), client_, std::move(target));
    goodFor_ = config().duration("cache_ttl");
    badFor_ = config().duration("cache_unauthenticated_ttl");
    attempts_ = {config().duration("timeout"), config().duration("retry_backoff")};
    co_return Result<void>();
  }
  void stop() override { client_.stop(); }

  Task<Result<void>> authenticate(role::Credentials::Reader credentials,
                                  Call<role::AuthenticateResults>& call) override {
    if (credentials.getBearerToken().size() == 0) co_return call.notMine();
    const std::string& own = config().server().serviceAccountIssuer;
    std::vector<std::string> wanted = strings(credentials.getAudiences());
    if (wanted.empty() && !own.empty()) wanted.push_back(own);
    std::string body = tokenReviewText(view(credentials.getBearerToken()), wanted);
    const std::string question = remote::digestOf(body);
    if (const ReviewedToken* known = cache_.find(question, context().now())) co_return answer(*known, wanted, call);
    auto posting = server_->post(std::move(body), attempts_, call.deadline());
    auto text = co_await std::move(posting);
    auto reviewed = text ? readTokenReview(*text) : Result<ReviewedToken>(fail(text.error()));
    if (!reviewed) {
      log().warn("webhook authenticator: ", reviewed.error());
      co_return call.retry(reviewed.error());
    }
    // A server that could not tell may be able to another time.
    const Duration ttl = reviewed->isAuthenticated ? goodFor_ : badFor_;
    if (ttl > Duration::zero() && reviewed->error.empty()) cache_.keep(question, *reviewed, context().now() + ttl);
    co_return answer(*reviewed, wanted, call);
  }

 private:
  Result<void> answer(const ReviewedToken& reviewed, const std::vector<std::string>& wanted,
                      Call<role::AuthenticateResults>& call) {
    // A server that says nothing of audiences knows tokens of the API server's own alone.
    std::vector<std::string> good = reviewed.audiences, shared;
    const std::string& own = config().server().serviceAccountIssuer;
    if (good.empty() && !own.empty()) good.push_back(own);
    std::ranges::copy_if(wanted, std::back_inserter(shared),
                         [&](const auto& one) { return std::ranges::find(good, one) != good.end(); });
    if (!wanted.empty() && shared.empty()) return call.notMine();
    if (!reviewed.isAuthenticated) {
      if (reviewed.error.empty()) return call.notMine();
      return call.denied(Status::unauthorized(reviewed.error));
    }
    if (reviewed.name.empty()) return call.denied(Status::unauthorized("the webhook names no user"));
    auto results = call.results();
    remote::fillUser(results.initUser(), reviewed);
    results.adoptAudiences(textList(orphanageOf(results), shared));
    return {};
  }

  webhook::HttpsClient client_{context(), {.mostBody = kMostAnswer}};
  std::unique_ptr<remote::ReviewServer> server_;
  remote::ReviewCache<ReviewedToken> cache_;
  remote::ReviewAttempts attempts_;
  Duration goodFor_{}, badFor_{};
};

}  // namespace

CLEAT_PLUGIN(WebhookAuthenticator, .name = "authn-webhook", .version = "0.1.0", .maturity = "beta",
             .roles = "authenticator",
             .configSchema =
                 "kubeconfig string  # file that says where the server is and as whom it is asked\n"
                 "cache_ttl duration 2m # how long a token counts as known\n"
                 "cache_unauthenticated_ttl duration 2m # how long one that is not known is not asked about again\n"
                 "timeout duration 30s # of a call with its retries\n"
                 "retry_backoff duration 500ms # the first pause before another attempt; each is half as long again\n");
