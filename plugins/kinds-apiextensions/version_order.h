// The order of versions: v10, v2, v1, v11beta2, v3beta1, v12alpha1, and behind them names of any other form.
#pragma once

#include <string_view>

namespace cleat::kinds::extensions {

// Whether `a` is a newer or more mature version than `b`.
bool isNewer(std::string_view a, std::string_view b);

}  // namespace cleat::kinds::extensions
