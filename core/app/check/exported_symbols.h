// The names that a shared object gives to whoever loads it, read out of the file without loading it. A plugin has one:
// what else it exports can take the place of what another plugin, or the program, meant by the same name.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <vector>

namespace cleat::app {

Result<std::vector<std::string>> exportedSymbols(const std::string& file);

}  // namespace cleat::app
