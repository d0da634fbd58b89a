// AdmissionReview (admission.k8s.io), the text that is sent to a webhook and what comes back.
#pragma once

#include <cleat/sdk/status.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy-common/document.h"
#include "policy-common/policy_request.h"

namespace cleat::webhook {

// What the texts of all reviews of one request have in common; the objects as they are now.
struct ReviewedObjects {
  std::string object = "null", old = "null";  // JSON
};

std::string reviewText(const policy::PolicyRequest& request, const ReviewedObjects& objects,
                       std::string_view reviewVersion, std::string_view uid);

struct ReviewAnswer {
  bool allowed = false;
  Status denial;                          // where it is not allowed, as the client is told
  std::optional<policy::Document> patch;  // a list of operations
  std::vector<std::string> warnings;
  std::vector<std::pair<std::string, std::string>> annotations;  // for the audit log, as the webhook names them
  std::string patchJson;                                         // the patch as the webhook wrote it
};

struct ReviewExpected {
  std::string_view webhook, reviewVersion, uid;
  bool mutates = false;
};

// An error says what is wrong with it, as Kubernetes does: `received invalid webhook response: expected
// response.uid="…", …`.
Result<ReviewAnswer> readReview(std::string_view text, const ReviewExpected& expected);

}  // namespace cleat::webhook
