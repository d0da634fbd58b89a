// What a PodDisruptionBudget says of one more eviction, and what the eviction leaves in its status.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/policy_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>
#include <cleat/sdk/time.h>

#include <string_view>

namespace cleat::kinds::policy {

// A pod that is not ready does not count towards the budget, so under some policies it may go for nothing.
bool isFree(const Object<core_v1::Pod>& pod, const Object<policy_v1::PodDisruptionBudget>& budget);

// 429 or 403 in Kubernetes' words where the budget does not allow it now; else the budget as it is afterwards.
Result<Draft<policy_v1::PodDisruptionBudget>> spend(const Object<policy_v1::PodDisruptionBudget>& budget,
                                                    std::string_view pod, WallTime now);

// 429: the budget was being counted anew, and it is worth trying again.
Status notYetCounted(std::string_view budget);

}  // namespace cleat::kinds::policy
