// The kinds of policy/v1, each as it adds itself to the plugin's table.
#pragma once

#include <cleat/sdk/kinds/policy_v1.h>

#include "kinds-common/kind_table.h"

namespace cleat::kinds::policy {

inline constexpr const char* kSchemaFile = "kinds/policy_v1.capnp";

void addDisruptionBudgets(KindTable& table);
// With the subresource of pods whose body it is.
void addEvictions(KindTable& table);

}  // namespace cleat::kinds::policy
