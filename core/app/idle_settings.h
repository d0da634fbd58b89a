// What the configuration says that does not do what it seems to, each with its file and line: told when a server or a
// node starts, and no reason not to.
#pragma once

#include <string>
#include <vector>

#include "core/base/config.h"
#include "core/host/plugin_host.h"
#include "core/object/catalogue.h"

namespace cleat::app {

// Of plugins that no list names; of how one is confined that is not; files that are not there; keys without which
// nothing is signed.
std::vector<std::string> idleSettings(const base::Config& config);

// What admission plugins want to see, operators want them to, and plugins from elsewhere ask to be allowed, that no
// kind is.
std::vector<std::string> idleInterests(const base::Config& config, const host::PluginHost& host,
                                       const object::Catalogue& kinds);

}  // namespace cleat::app
