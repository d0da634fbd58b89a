// `cleat plugin dev`: a plugin is built, loaded into a server that is there for it alone, and replaced whenever its
// sources change, until somebody presses Ctrl-C. Then nothing of it is left.
#pragma once

#include <string>
#include <vector>

namespace cleat::app {

struct DevOptions {
  std::string folder = ".";
  std::string target;                    // empty: the first of the folder
  std::string listen;                    // empty: a free port on loopback
  std::string configFile;                // empty: the folder's cleat.toml, if it has one
  std::string sdk;                       // empty: where the program is installed
  std::vector<std::string> definitions;  // for CMake
};

// Returns the exit code.
int runDev(const DevOptions& options);

}  // namespace cleat::app
