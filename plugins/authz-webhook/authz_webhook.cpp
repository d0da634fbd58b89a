// Authorizes by asking servers of the operator's, one after the other until one decides.
#include <cleat/sdk/fillers.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "access_review.h"
#include "authorization_config.h"
#include "remote-common/followed_file.h"
#include "remote-common/review_cache.h"
#include "remote-common/review_server.h"

using namespace cleat;
using namespace cleat::authz;

namespace {

constexpr size_t kMostAnswer = 1024 * 1024;
constexpr size_t kMostKeptQuestion = 10'000;  // a longer one is not worth the memory
constexpr uint64_t kMostCost = 10'000'000;

struct Webhook {
  Webhook(Context& context, webhook::HttpsClient& client, WebhookConfig from)
      : config(std::move(from)), server(context, client, config.target) {}
  const WebhookConfig config;
  remote::ReviewServer server;
  remote::ReviewCache<AccessVerdict> cache;
};
using WebhookPtr = std::shared_ptr<Webhook>;

// Whether all conditions hold: one that does not settles it, whatever becomes of the others.
Result<bool> conditionsHold(const WebhookConfig& config, role::Attributes::Reader attributes) {
  if (config.conditions.empty()) return true;
  const cel::Value request = reviewValue(attributes);
  std::string error;
  for (const WebhookConfig::Condition& condition : config.conditions) {
    const cel::Value holds = condition.program->evaluate(std::array{request}, {.cost = kMostCost}).value;
    if (holds.isFalse()) return false;
    if (holds.isTrue()) continue;
    error += concat(error.empty() ? "" : ", ", "cel evaluation error: expression '", condition.text,
                    "' resulted in error: ", holds.isError() ? holds.message() : "it is no bool");
  }
  if (error.empty()) return true;
  return fail(Status::internal(std::move(error)));
}

class WebhookAuthorizer : public AuthorizerPlugin {
 public:
  using AuthorizerPlugin::AuthorizerPlugin;

  Task<Result<void>> start() override {
    const std::string file = config().string("config");
    CLEAT_CO_TRY(std::vector<WebhookConfig> webhooks, webhookOfSettings(config()));
    if (file.empty() == webhooks.empty()) {
      co_return fail(Status::badRequest("[plugins.authz-webhook] config or kubeconfig: one of them is needed"));
    }
    if (!file.empty()) {
      Fillers fillers(context());
      auto listing = fillers.of(role::authorizer::authorize);
      CLEAT_CO_TRY(chain_, co_await std::move(listing));
      CLEAT_CO_TRY(webhooks, file_.read(file, reader()));
    }
    take(std::move(webhooks));
    co_return Result<void>();
  }
  void stop() override { client_.stop(); }

  Task<Result<void>> authorize(role::Attributes::Reader attributes, Call<role::AuthorizeResults>& call) override {
    // Nobody but them can set a webhook right that refuses everything.
    if (contains(attributes.getUser().getGroups(), "system:masters")) {
      call.results().setDecision(role::Decision::ALLOW);
      co_return Result<void>();
    }
    if (auto webhooks = file_.changed(reader())) take(*std::move(webhooks));
    const std::vector<WebhookPtr> asked = webhooks_;
    std::string reasons;
    for (const WebhookPtr& webhook : asked) {
      auto asking = ask(webhook, attributes, call.deadline());
      auto verdict = co_await std::move(asking);
      if (!verdict) {
        log().warn("webhook authorizer ", webhook->config.name, ": ", verdict.error());
        if (!webhook->config.deniesOnFailure) continue;
        co_return call.retry(Status::internal(concat("Internal error occurred: ", verdict.error().message)));
      }
      if (verdict->isAllowed || verdict->isDenied) {
        call.results().setDecision(verdict->isAllowed ? role::Decision::ALLOW : role::Decision::DENY);
        call.results().setReason(verdict->reason);
        co_return Result<void>();
      }
      if (!verdict->reason.empty()) reasons += concat(reasons.empty() ? "" : "\n", verdict->reason);
    }
    call.results().setDecision(role::Decision::NO_OPINION);
    call.results().setReason(reasons);
    co_return Result<void>();
  }

  // A webhook is asked about one thing; what there is altogether it cannot say.
  Task<Result<void>> rules(role::RulesParams::Reader, Call<role::RulesResults>& call) override {
    co_return call.notMine();
  }

 private:
  Task<Result<AccessVerdict>> ask(WebhookPtr webhook, role::Attributes::Reader attributes, Instant deadline) {
    const WebhookConfig& config = webhook->config;
    CLEAT_CO_TRY(const bool holds, conditionsHold(config, attributes));
    if (!holds) co_return AccessVerdict();
    std::string body = accessReviewText(attributes, config.reviewVersion);
    const std::string question = body.size() <= kMostKeptQuestion ? remote::digestOf(body) : std::string();
    if (const AccessVerdict* known = webhook->cache.find(question, context().now())) co_return *known;
    const remote::ReviewAttempts attempts{.timeout = config.timeout};
    auto posting = webhook->server.post(std::move(body), attempts, deadline);
    auto text = co_await std::move(posting);
    if (!text) co_return fail(text.error());
    CLEAT_CO_TRY(AccessVerdict verdict, readAccessReview(*text, config.reviewVersion));
    const Duration ttl = verdict.isAllowed ? config.authorizedTtl : config.unauthorizedTtl;
    if (!question.empty() && ttl > Duration::zero()) webhook->cache.keep(question, verdict, context().now() + ttl);
    co_return verdict;
  }

  std::function<Result<std::vector<WebhookConfig>>(const std::string&)> reader() const {
    return [this](const std::string& file) { return readAuthorizationConfig(file, chain_); };
  }

  void take(std::vector<WebhookConfig> webhooks) {
    webhooks_.clear();
    for (WebhookConfig& one : webhooks) {
      webhooks_.push_back(std::make_shared<Webhook>(context(), client_, std::move(one)));
    }
  }

  // A file that has changed counts from the next request on.
  remote::FollowedFile file_{context(), "authorization configuration"};
  webhook::HttpsClient client_{context(), {.mostBody = kMostAnswer}};
  std::vector<WebhookPtr> webhooks_;
  std::vector<std::string> chain_;  // the plugins that authorize, in order, when this one was started
};

}  // namespace

CLEAT_PLUGIN(WebhookAuthorizer, .name = "authz-webhook", .version = "0.1.0", .maturity = "beta", .roles = "authorizer",
             .configSchema =
                 "config string  # file with an AuthorizationConfiguration; empty: the settings below\n"
                 "kubeconfig string  # file that says where the one webhook is and as whom it is asked\n"
                 "authorized_ttl duration 5m # how long an allowance is kept\n"
                 "unauthorized_ttl duration 30s # how long anything else is\n"
                 "timeout duration 30s # of a call with its retries\n"
                 "failure_policy string NoOpinion # what a webhook that fails means: NoOpinion, or Deny\n"
                 "match_conditions list  # expressions in CEL that all have to hold for it to be asked\n");
