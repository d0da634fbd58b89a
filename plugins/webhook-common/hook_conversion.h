// HookConverter: the objects of a request in another version, where users' kinds are converted by a webhook of theirs:
// for webhooks that are asked about one version and meet another (matchPolicy: Equivalent).
#pragma once

#include <cleat/sdk/context.h>

#include <vector>

#include "policy-common/policy_request.h"
#include "webhook-common/destination.h"

namespace cleat::webhook {

class HookConverter {
 public:
  HookConverter(Context& context, WebhookCaller& caller) : context_(context), caller_(caller) {}

  // The request as `other`, one that needs conversion, names it. An error where the objects cannot be had.
  Task<Result<policy::PolicyRequest>> shownAs(const policy::PolicyRequest& asked, const policy::Equivalent& other,
                                              Instant deadline);
  // What such a one was changed to, as the request has it.
  Task<Result<AnyRef>> asRequested(const policy::PolicyRequest& asked, const policy::PolicyRequest& shown,
                                   AnyRef changed, Instant deadline);

 private:
  Task<Result<std::vector<AnyRef>>> convert(const policy::PolicyRequest& asked, std::string_view from,
                                            std::string_view to, std::vector<AnyRef> objects, Instant deadline);

  Context& context_;
  WebhookCaller& caller_;
};

}  // namespace cleat::webhook
