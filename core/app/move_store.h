// `cleat db move --to ENGINE`: what a server that does not run has stored, from the engine that keeps it to another
// one: "sqlite", or a plugin with the role `store-engine`. Revisions, and with them everybody's resourceVersions, stay.
// What was there before is put aside, not removed.
#pragma once

#include <string>

namespace cleat::app {

int moveStoreCommand(const std::string& dataDir, const std::string& configFile, const std::string& to);

}  // namespace cleat::app
