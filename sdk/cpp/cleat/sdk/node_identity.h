// Which node a caller is. A node is the user `system:node:NAME` in the group `system:nodes`; one without the other is
// no node.
//
//   if (std::optional<std::string_view> node = nodeNameOf(request.user())) …   // "worker-1"
#pragma once

#include <cleat/schema/role/authn.capnp.h>
#include <cleat/sdk/lists.h>

#include <optional>
#include <string_view>

namespace cleat {

inline constexpr std::string_view kNodeUserPrefix = "system:node:";
inline constexpr const char* kNodesGroup = "system:nodes";

// Nothing for who is no node; empty for one whose name cannot be told.
inline std::optional<std::string_view> nodeNameOf(role::User::Reader user) {
  const std::string_view name = view(user.getName());
  if (!name.starts_with(kNodeUserPrefix) || !contains(user.getGroups(), kNodesGroup)) return std::nullopt;
  return name.substr(kNodeUserPrefix.size());
}

}  // namespace cleat
