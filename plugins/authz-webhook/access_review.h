// SubjectAccessReview (authorization.k8s.io): what is sent to a webhook, what comes back, and the same request as
// conditions in CEL see it.
#pragma once

#include <cleat/cel/environment.h>
#include <cleat/schema/role/authz.capnp.h>
#include <cleat/sdk/status.h>

#include <string>
#include <string_view>

namespace cleat::authz {

struct AccessVerdict {
  bool isAllowed = false, isDenied = false;  // neither: no opinion
  std::string reason;
};

std::string accessReviewText(role::Attributes::Reader attributes, std::string_view version);
Result<AccessVerdict> readAccessReview(std::string_view text, std::string_view version);

// Expressions speak of `request`, which is the review's spec.
cel::Environment reviewEnvironment();
cel::Value reviewValue(role::Attributes::Reader attributes);

}  // namespace cleat::authz
