// What somebody probably meant who typed a name that there is not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cleat::base {

// `; did you mean "authz-rbac"?`, to be put behind a message. Empty where nothing known is near enough.
std::string didYouMean(std::string_view typed, const std::vector<std::string>& known);

}  // namespace cleat::base
