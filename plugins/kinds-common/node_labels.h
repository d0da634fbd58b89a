// Labels of nodes that have gone out of use.
#pragma once

#include <string_view>

namespace cleat::kinds {

// What is said of one that somebody still uses; empty: it is in use.
std::string_view deprecationOfNodeLabel(std::string_view key);

}  // namespace cleat::kinds
