// Gives what is in a volume that lasts to a pod's fsGroup. Blocks: for Context::blocking.
#pragma once

#include <cleat/sdk/status.h>

#include <cstdint>
#include <string>

namespace cleat::agent {

enum class GroupChange { always, onRootMismatch };

// The folder and all below it get the group; files can be read and written by it, folders entered, and what is made in
// them later is the group's as well. Follows no link and enters no other filesystem. With onRootMismatch nothing is
// done where the folder itself is as it should be.
Result<void> giveToGroup(const std::string& folder, uint32_t group, GroupChange change);

}  // namespace cleat::agent
