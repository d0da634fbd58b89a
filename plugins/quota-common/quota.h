// A ResourceQuota as it is read: what it bounds, and which objects count for it.
#pragma once

#include <cleat/sdk/kinds/core_v1_quota.h>

#include <string>
#include <vector>

#include "quota-common/usage.h"

namespace cleat::quota {

// One condition on the objects that count.
struct ScopeRule {
  std::string scope, op;
  std::vector<std::string> values;
};

struct Quota {
  std::string name;
  Amounts hard;
  std::vector<ScopeRule> scopes;

  // Whether an object of the kind is in all its scopes. Kinds that a scope says nothing about are in none.
  bool counts(const KindName& kind, const AnyRef& object) const;
};

Quota readQuota(core_v1::ResourceQuota::Reader quota);

}  // namespace cleat::quota
