// `cleat plugin check`: whether plugins keep what their roles promise.
#pragma once

#include <string>
#include <vector>

namespace cleat::app {

struct CheckOptions {
  std::vector<std::string> files;
  std::string configFile, settings, objectsFile;
  bool withoutRunning = false;  // what the file says, and no more
  bool briefly = false;
  size_t jobs = 0;  // 0: as many as there are processors
  size_t calls = 4000;
};

// The exit code: 0 when all of them keep everything, 1 when not, 2 when nothing could be checked.
int checkPluginsCommand(const CheckOptions& options);

}  // namespace cleat::app
