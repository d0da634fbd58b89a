// Asks a server of the operator's about the images of pods.
#include <cleat/sdk/admission.h>
#include <cleat/sdk/text.h>

#include <memory>

#include "image_policy_config.h"
#include "image_review.h"
#include "remote-common/review_cache.h"
#include "remote-common/review_server.h"

using namespace cleat;
using namespace cleat::image_policy;
using core_v1::Pod;

namespace {

constexpr size_t kMostAnswer = 1024 * 1024;
constexpr std::string_view kAuditPrefix = "imagepolicywebhook.image-policy.k8s.io/";

class ImagePolicyWebhook : public AdmissionPlugin {
 public:
  using AdmissionPlugin::AdmissionPlugin;

  Task<Result<void>> start() override {
    const std::string file = config().string("config");
    CLEAT_CO_TRY(config_, file.empty() ? imagePolicyOfSettings(config()) : readImagePolicy(file));
    server_ = std::make_unique<remote::ReviewServer>(context(), client_, config_.target);
    co_return Result<void>();
  }
  void stop() override { client_.stop(); }

  std::vector<AdmissionInterest> interests() override {
    std::vector<AdmissionInterest> all;
    for (const char* resource : {"pods", "pods/ephemeralcontainers"}) {
      all.push_back({.resource = resource,
                     .operations = {role::Operation::CREATE, role::Operation::UPDATE},
                     .validates = true,
                     .waits = true});
    }
    return all;
  }

  Task<Result<void>> validate(AdmissionRequest& request) override {
    const Images which = request.subresource().empty() ? Images::ofPod : Images::ofEphemeralContainers;
    std::string body = imageReviewText(request.object<Pod>(), request.ns(), which);
    const std::string question = remote::digestOf(body);
    if (const ImageVerdict* known = cache_.find(question, context().now())) co_return answer(*known, request);
    const remote::ReviewAttempts attempts{.firstPause = config_.retryBackoff};
    auto posting = server_->post(std::move(body), attempts, request.deadline());
    auto text = co_await std::move(posting);
    auto verdict = text ? readImageReview(*text) : Result<ImageVerdict>(fail(text.error()));
    if (!verdict) {
      if (!config_.allowsByDefault) co_return request.forbid(verdict.error().message);
      log().warn("image policy webhook, failing open: ", verdict.error());
      request.annotate({{concat(kAuditPrefix, "failed-open"), "true"}});
      co_return Result<void>();
    }
    const Duration ttl = verdict->isAllowed ? config_.allowTtl : config_.denyTtl;
    if (ttl > Duration::zero()) cache_.keep(question, *verdict, context().now() + ttl);
    co_return answer(*verdict, request);
  }

 private:
  static Result<void> answer(const ImageVerdict& verdict, AdmissionRequest& request) {
    std::vector<std::pair<std::string, std::string>> told;
    for (const auto& [key, value] : verdict.annotations) told.emplace_back(concat(kAuditPrefix, key), value);
    if (!told.empty()) request.annotate(told);
    if (verdict.isAllowed) return {};
    if (verdict.reason.empty()) return request.forbid("one or more images rejected by webhook backend");
    return request.forbid(concat("image policy webhook backend denied one or more images: ", verdict.reason));
  }

  ImagePolicyConfig config_;
  webhook::HttpsClient client_{context(), {.mostBody = kMostAnswer}};
  std::unique_ptr<remote::ReviewServer> server_;
  remote::ReviewCache<ImageVerdict> cache_{1024};
};

}  // namespace

CLEAT_PLUGIN(ImagePolicyWebhook, .name = "admission-image-policy-webhook", .version = "0.1.0", .maturity = "beta",
             .roles = "admission",
             .configSchema =
                 "config string  # file with an imagePolicy as Kubernetes has it; empty: the settings below\n"
                 "kubeconfig string  # file that says where the backend is and as whom it is asked\n"
                 "allow_ttl duration 5m # how long an allowance is kept; 0s: not at all\n"
                 "deny_ttl duration 30s # how long a denial is\n"
                 "retry_backoff duration 500ms # the first pause before another attempt; each is half as long again\n"
                 "default_allow bool false # what a backend that does not answer means\n");
