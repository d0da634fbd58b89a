// HookCalls: what stands between a request and the webhooks that its rules match: whether one is to be asked, how it is
// asked, and what its answer means. Shared by the plugins for mutating and for validating webhooks.
#pragma once

#include <cleat/sdk/admission.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy-common/policy_request.h"
#include "webhook-common/destination.h"
#include "webhook-common/hook.h"
#include "webhook-common/hook_conversion.h"
#include "webhook-common/hook_counts.h"
#include "webhook-common/review.h"

namespace cleat::webhook {

// What a webhook has said, or what is made of it that it did not: nothing refused and nothing changed.
struct HookVerdict {
  std::optional<Status> refused;          // the whole answer to the client
  std::optional<policy::Document> patch;  // a list of operations
  std::vector<std::string> warnings;
  std::vector<AuditAnnotation> annotations;  // for the audit log, of what the webhook itself says
  std::string patchJson;                     // the patch as the webhook wrote it
  bool asked = false;                        // it is one that is to be asked, and perhaps could not be
  bool failedOpen = false;                   // it could not, and that does not matter
  // The request as it was shown, where that is by another name than its own; otherwise null.
  std::shared_ptr<const policy::PolicyRequest> shown;
};

// A request on its way through webhooks.
struct HookedRequest {
  HookedRequest(policy::PolicyRequest about, Instant until) : asked(std::move(about)), deadline(until) {}

  // The object becomes another one.
  void setObject(AnyRef object) {
    asked.object = std::move(object);
    hasObjectText = false;
  }

  policy::PolicyRequest asked;
  Instant deadline;
  ReviewedObjects texts;  // once somebody is to be asked
  bool hasObjectText = false, hasOldText = false;
};

class HookCalls {
 public:
  explicit HookCalls(Context& context);

  void start();
  void stop() { caller_.stop(); }

  // Finds out what the request is about, where that is known here: `look` does where it is not. Once, before the
  // others.
  bool lookHere(HookedRequest& request) const { return surroundings_.lookHere(request.asked); }
  Task<Result<void>> look(HookedRequest& request) { return surroundings_.look(request.asked); }
  // Asks the webhook, if it is to be asked at all, about the objects as its rules know them. `othersFollow`: who asks
  // has more to ask before there is an answer.
  Task<HookVerdict> ask(HookPtr hook, HookedRequest& request, bool othersFollow = false);
  // What the patched object is in the request, of a webhook that was shown it as `shown`.
  Task<Result<AnyRef>> asRequested(const HookedRequest& request, const policy::PolicyRequest& shown, AnyRef patched);

 private:
  Task<HookVerdict> askAbout(HookPtr hook, HookedRequest& request, bool othersFollow);
  // Whether the hook's conditions hold; an error where they cannot be told.
  Task<Result<bool>> conditionsHold(const Hook& hook, HookedRequest& request);
  // Writes the texts of its objects, as far as that has not been done. An error where nobody here can read them.
  static Result<void> showObjects(HookedRequest& request);
  static Result<void> showObject(HookedRequest& request);
  Task<Result<ReviewAnswer>> review(const Hook& hook, HookedRequest& request, bool othersFollow);

  Context& context_;
  HookCounts counts_{context_};
  WebhookCaller caller_;
  HookConverter converter_{context_, caller_};
  policy::PolicySurroundings surroundings_;
};

}  // namespace cleat::webhook
