// The lists of a configuration that put plugins into a server's roles, to be changed; and what safe mode leaves of
// them.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <vector>

#include "core/base/config.h"

namespace cleat::app {

struct ServerList {
  std::string key, role;  // "admission.chain", "admission"
  std::vector<std::string>& names;
};
std::vector<ServerList> listsOf(base::Config& config);

// The plugins of all of them.
std::vector<std::string> listed(base::Config& config);

// Into the lists of these roles; a role that has none gets one.
void enlist(base::Config& config, const std::string& name, const std::vector<std::string>& roles);

// Takes plugins that were not installed with the program out of a server's lists, and out of a node's; gives what was
// left out.
std::vector<std::string> leaveOthersOut(base::Config& config);
std::vector<std::string> leaveOthersOfNodeOut(base::Config& config);

// A server's safe mode, and that of a node that is `besideNode`: leaves the others out and says so in the log. Fails
// where one of them keeps the store, which cannot be left out.
Result<void> enterSafeMode(base::Config& config, bool besideNode);

}  // namespace cleat::app
