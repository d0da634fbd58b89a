// The objects of a cluster in which plugins are checked, as JSON, in the order in which they are made: a little of
// everything that plugins look at.
#pragma once

#include <span>
#include <string_view>

namespace cleat::app {

std::span<const std::string_view> checkPopulation();

}  // namespace cleat::app
