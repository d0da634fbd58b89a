// The configuration of a server or a node as a start reads it, and a reload again: the file that was given, and over it
// what operators have saved while the program ran (`cleat plugin … --save`), in DATA/plugins.toml.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <vector>

#include "core/base/config.h"

namespace cleat::app {

struct ConfigSources {
  std::string file;  // empty: the defaults
  // Whose plugins.toml are read over it, one after the other: of the node of `cleat up` the server's comes before its
  // own. The last one is what --save writes.
  std::vector<std::string> folders = {};
};

Result<base::Config> loadWholeConfig(const ConfigSources& sources);
// The same without what the last folder has: what is saved there is the difference to this.
Result<base::Config> loadConfigBelowSaved(const ConfigSources& sources);

// The file that --save writes.
std::string savedFile(const std::string& dataDir);

}  // namespace cleat::app
