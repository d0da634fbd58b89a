// `cleat plugin new`: writes a plugin to begin with, which builds against the installed SDK and has a test that passes.
#pragma once

#include <string>
#include <vector>

namespace cleat::app {

// The roles that there is something to begin with for, as `--role` takes them.
std::vector<std::string> templateRoles();

enum class PluginLanguage { cpp, plainC };

// `name` as operators type it ("scheduler-fancy"); `folder` is made, and must not be there yet. Returns the exit code.
int newPluginCommand(const std::string& role, PluginLanguage language, const std::string& name,
                     const std::string& folder);

}  // namespace cleat::app
