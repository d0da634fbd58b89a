#include "core/app/dev/plugin_build.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <regex>

namespace cleat::app {
namespace {

namespace fs = std::filesystem;

constexpr int kLookAtBuildMs = 50;

bool isInPath(const char* program) {
  const char* path = std::getenv("PATH");
  for (std::string_view rest = path ? path : ""; !rest.empty();) {
    const size_t colon = rest.find(':');
    if (::access(concat(rest.substr(0, colon), "/", program).c_str(), X_OK) == 0) return true;
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  }
  return false;
}

// The first plugin that the folder's CMakeLists.txt adds.
Result<std::string> firstTarget(const std::string& folder) {
  CLEAT_TRY(const std::string text, cleat::readFile(folder + "/CMakeLists.txt"));
  static const std::regex kAdded(R"((?:^|\n)[ \t]*cleat_add_plugin\(\s*([A-Za-z0-9_.-]+))");
  std::smatch found;
  if (std::regex_search(text, found, kAdded)) return found[1].str();
  return fail(Status::badRequest(concat(folder, "/CMakeLists.txt adds no plugin by cleat_add_plugin(NAME)")));
}

}  // namespace

Result<int> runInSight(const Command& command, int stopFd) {
  Command seen = command;
  seen.descriptors = {{1, STDOUT_FILENO}, {2, STDERR_FILENO}};
  CLEAT_TRY(const pid_t pid, spawn(seen));
  for (;;) {
    int status = 0;
    if (::waitpid(pid, &status, WNOHANG) == pid) return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    pollfd stop{stopFd, POLLIN, 0};
    if (::poll(&stop, 1, kLookAtBuildMs) <= 0) continue;
    ::kill(-pid, SIGKILL);
    waitForExit(pid);
    return fail(Status::internal("interrupted"));
  }
}

Result<PluginBuild> PluginBuild::plan(BuildPlan plan) {
  if (!fs::exists(plan.sources + "/CMakeLists.txt")) {
    return fail(Status::badRequest(concat("there is no plugin to build in ", plan.sources,
                                          ": it has no CMakeLists.txt (`cleat plugin new` makes one)")));
  }
  if (!isInPath("cmake")) return fail(Status::badRequest("there is no cmake, which builds the plugin"));
  if (plan.target.empty()) {
    CLEAT_TRY(plan.target, firstTarget(plan.sources));
  }
  return PluginBuild(std::move(plan));
}

Command PluginBuild::configure() const {
  Command command{.argv = {"/usr/bin/env", "cmake", "-S", plan_.sources, "-B", plan_.into, "-DCMAKE_BUILD_TYPE=Debug"}};
  if (isInPath("ninja")) command.argv.insert(command.argv.end(), {"-G", "Ninja"});
  if (!plan_.sdk.empty()) command.argv.push_back("-DCMAKE_PREFIX_PATH=" + plan_.sdk);
  for (const std::string& definition : plan_.definitions) command.argv.push_back("-D" + definition);
  command.argv.push_back("--log-level=WARNING");
  return command;
}

Result<std::string> PluginBuild::build(int stopFd) {
  if (!configured_) {
    CLEAT_TRY(const int code, runInSight(configure(), stopFd));
    if (code != 0) return fail(Status::badRequest("CMake cannot make a build of it"));
    configured_ = true;
  }
  const Command command{.argv = {"/usr/bin/env", "cmake", "--build", plan_.into, "--target", plan_.target}};
  CLEAT_TRY(const int code, runInSight(command, stopFd));
  if (code != 0) return fail(Status::badRequest("it does not compile"));
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(plan_.into, error)) {
    if (entry.path().filename() == plan_.target + ".so") return entry.path().string();
  }
  return fail(Status::badRequest(concat("the build has made no ", plan_.target, ".so")));
}

}  // namespace cleat::app
