// What is to be said of pods that are there already when their namespace comes to enforce more.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "policy.h"

namespace cleat::pod_security {

// At most so many are looked at.
inline constexpr size_t kMostChecked = 3000;

// One warning for each way of violating it, with the name of one pod; one before them all that says what they are
// about. Pods for which `isExempt` holds are passed over.
std::vector<std::string> warningsOf(std::string_view ns, const LevelVersion& enforce,
                                    std::vector<Object<core_v1::Pod>> pods,
                                    const std::function<bool(core_v1::PodSpec::Reader)>& isExempt);

}  // namespace cleat::pod_security
