// The priority classes that every cluster has, for what it could not do without. Their names and values are nobody
// else's, and stay as they are.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace cleat {

inline constexpr std::string_view kSystemPriorityPrefix = "system-";
// Above it is the system's own range.
inline constexpr int32_t kHighestUserPriority = 1'000'000'000;

struct SystemPriorityClass {
  std::string_view name;
  int32_t value;
  std::string_view description;
};

inline constexpr std::array<SystemPriorityClass, 2> kSystemPriorityClasses{{
    {"system-node-critical", 2 * kHighestUserPriority + 1000,
     "Used for system critical pods that must not be moved from their current node."},
    {"system-cluster-critical", 2 * kHighestUserPriority,
     "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."},
}};

// Null for any other.
constexpr const SystemPriorityClass* findSystemPriorityClass(std::string_view name) {
  for (const SystemPriorityClass& one : kSystemPriorityClasses) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

}  // namespace cleat
