// The places of the groups and versions of Kubernetes' own API among others, which clients go by.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cleat::apiregistration {

struct Priority {
  int32_t group = 0, version = 0;
};

// That of every version of a custom group.
inline constexpr Priority kCustom{1000, 100};

// Nothing for a group or version that Kubernetes does not have.
std::optional<Priority> builtInPriority(std::string_view group, std::string_view version);

}  // namespace cleat::apiregistration
