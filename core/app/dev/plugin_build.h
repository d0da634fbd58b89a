// Builds a plugin out of its folder, with CMake, into a folder of its own. What the compiler says goes to the terminal.
#pragma once

#include <cleat/sdk/process.h>
#include <cleat/sdk/status.h>

#include <string>
#include <vector>

namespace cleat::app {

// Runs the command to its end with our own standard output and error: its exit code. When `stopFd` becomes readable it
// is killed, and there is an error.
Result<int> runInSight(const Command& command, int stopFd);

struct BuildPlan {
  std::string sources, into;
  std::string target;                    // empty: the first that the CMakeLists.txt adds
  std::string sdk;                       // where Cleat is installed; empty: CMake finds it
  std::vector<std::string> definitions;  // "VARIABLE=VALUE", for CMake
};

class PluginBuild {
 public:
  // Fails where there is nothing to build.
  static Result<PluginBuild> plan(BuildPlan plan);

  const std::string& target() const { return plan_.target; }
  // The plugin's file, as it was built last. An error when it could not be.
  Result<std::string> build(int stopFd);

 private:
  explicit PluginBuild(BuildPlan plan) : plan_(std::move(plan)) {}
  Command configure() const;

  BuildPlan plan_;
  bool configured_ = false;
};

}  // namespace cleat::app
