// HookCalls: what stands between a request and the webhooks that its rules match: whether one is to be asked, how it is
// asked, and what its answer means. Shared by the plugins for mutating and for validating webhooks.
#pragma once

#include <cleat/sdk/admission.h>

#include <optional>
#include <string>
#include <vector>

#include "policy-common/policy_request.h"
#include "webhook-common/destination.h"
#include "webhook-common/hook.h"
#include "webhook-common/review.h"

namespace cleat::webhook {

// What a webhook has said, or what is made of it that it did not: nothing refused and nothing changed.
struct HookVerdict {
  std::optional<Status> refused;          // the whole answer to the client
  std::optional<policy::Document> patch;  // a list of operations
  std::vector<std::string> warnings;
  std::vector<std::pair<std::string, std::string>> annotations;  // for the audit log
  bool asked = false;
};

// A request on its way through webhooks.
struct HookedRequest {
  HookedRequest(AdmissionRequest& request, Instant until) : asked(request), deadline(until) {}

  policy::PolicyRequest asked;
  Instant deadline;
  ReviewedObjects texts;
};

class HookCalls {
 public:
  explicit HookCalls(Context& context);

  void start();
  void stop() { caller_.stop(); }

  // Finds out what the request is about. To be called once, before the others.
  Task<Result<void>> look(HookedRequest& request);
  // Its objects have become others: writes their texts. An error where nobody here can read them.
  static Result<void> showObjects(HookedRequest& request);
  // The same where only the one that is to be has become another.
  static Result<void> showObject(HookedRequest& request);
  // Asks the webhook, if it is to be asked at all, about the objects as its rules know them.
  Task<HookVerdict> ask(HookPtr hook, HookedRequest& request);

 private:
  Task<HookVerdict> askAbout(HookPtr hook, HookedRequest& request);
  // Whether the hook's conditions hold; an error where they cannot be told.
  Task<Result<bool>> conditionsHold(const Hook& hook, HookedRequest& request);
  Task<Result<ReviewAnswer>> review(const Hook& hook, HookedRequest& request);

  Context& context_;
  WebhookCaller caller_;
  policy::PolicySurroundings surroundings_;
};

}  // namespace cleat::webhook
