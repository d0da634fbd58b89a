// What the lists of the configuration say about plugins, worked out and checked before any of them is loaded: which are
// loaded, in which order, and which of its roles each is given. A plugin fills the roles of the lists that name it, and
// no others; one that authenticates or authorizes fills all that its manifest has.
#pragma once

#include <cleat/sdk/status.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/config.h"
#include "core/host/loading/manifest.h"
#include "core/host/plugin_host.h"

namespace cleat::app {

struct PluginPlan {
  std::optional<host::PluginSpec> engine;                               // what keeps the store; none: the built-in one
  std::vector<host::PluginSpec> kinds, others;                          // in the order of loading
  std::map<std::string, std::vector<std::string>, std::less<>> chains;  // who is asked in which order, by role
  std::map<std::string, std::string, std::less<>> broken;  // what is wrong with a plugin's file, by file and line
  std::vector<std::string> warnings;                       // by file and line
};

// An entry without a file, or whose plugin has not the list's role, is refused with the file, the line and, where there
// is one, the name that was probably meant. A server's plan keeps one whose file is none at present, unless it is the
// program's own or the store's engine.
Result<PluginPlan> planServer(const base::Config& config);
Result<PluginPlan> planNode(const base::Config& config);

// How authenticators and authorizers are asked.
host::AskPolicies askPoliciesOf(const base::Config& config);

bool isListed(const std::vector<std::string>& names, std::string_view name);
// The same in one of several lists.
bool isListed(const std::vector<base::PluginList>& lists, std::string_view name);

// The plugin of that name, or of the file that the configuration has for it; without a list that names it, the error
// says which was probably meant.
Result<host::Manifest> findManifest(const base::Config& config, const std::string& name);

}  // namespace cleat::app
