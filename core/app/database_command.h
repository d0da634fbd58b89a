// `cleat db status`: how what is stored is stored: which resources, with which encryption and keys. Read from the file
// itself, also while a server runs.
#pragma once

#include <string>

namespace cleat::app {

int databaseStatusCommand(const std::string& dataDir);

}  // namespace cleat::app
