// What may be taken only where a quota covers it (`limitedResources` of Kubernetes' configuration of ResourceQuota): in
// a namespace without such a quota nobody gets it.
//
//   CLEAT_CO_TRY(limits_, LimitedResources::parse(config().string("limited_resources")));
//   if (auto refusal = limits_.objection(kind, object, usage, quotasOfTheNamespace)) …
#pragma once

#include <cleat/sdk/status.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quota-common/quota.h"

namespace cleat::quota {

// Why nothing may be taken.
struct NotCovered {
  std::string message;
  bool isForbidden = true;  // otherwise Kubernetes answers it as a failure of its own
};

class LimitedResources {
 public:
  // The list in JSON: [{"resource": "pods", "apiGroup": "", "matchContains": ["cpu"], "matchScopes": [{"scopeName":
  // …}]}]. An empty text is an empty list.
  static Result<LimitedResources> parse(std::string_view json);

  // Whether objects of the kind can be limited at all.
  bool concerns(const KindName& kind) const;
  // `usage`: what the object takes. Nothing where everything of it that is limited is covered.
  std::optional<NotCovered> objection(const KindName& kind, const AnyRef& object, const Amounts& usage,
                                      const std::vector<Quota>& quotas) const;

 private:
  struct Limit {
    KindName kind;
    std::vector<std::string> contained;  // resources are limited whose names contain one of them
    std::vector<ScopeRule> scopes;       // objects that one of these is about are
  };
  std::vector<std::string> limitedNames(const KindName& kind, const Amounts& usage) const;

  std::vector<Limit> limits_;
};

}  // namespace cleat::quota
