// Sandbox: how the child of an isolated plugin gives up everything that its confinement does not name, before it has
// loaded anything of the plugin. Afterwards the process sees a file system of its own with the system's libraries, the
// plugin's file with the libraries that come with it, and its state folder, has no capability and can gain none, is
// held to its limits, and asks the kernel for little.
#pragma once

#include <string>
#include <vector>

#include "core/host/isolation/confinement.h"

namespace cleat::host {

// Of a process with one thread. Gives what could not be had, each with the reason: empty when all could.
// `confinement.lacks` is part of it.
std::vector<std::string> enterSandbox(const Confinement& confinement, const std::string& pluginFile);

}  // namespace cleat::host
