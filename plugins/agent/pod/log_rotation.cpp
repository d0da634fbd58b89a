#include "pod/log_rotation.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

constexpr Duration kRotateEvery = 10s;

}  // namespace

Result<bool> rotateLog(const std::string& path, const std::string& stamp, const LogLimits& limits) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return false;
    return fail(systemError("cannot look at " + path, errno));
  }
  if (static_cast<uint64_t>(status.st_size) <= limits.mostBytes) return false;
  size_t slash = path.rfind('/');
  std::string folder = path.substr(0, slash);
  std::string prefix = path.substr(slash + 1) + ".";
  CLEAT_TRY(auto names, listFolder(folder));
  std::vector<std::string> aside;  // the oldest first
  for (const auto& name : names) {
    if (name.starts_with(prefix)) aside.push_back(name);
  }
  // With the one that is put aside now and the new one there are as many as may be.
  for (size_t i = 0; i + (limits.mostFiles - 2) < aside.size(); ++i) {
    unlink(concat(folder, "/", aside[i]).c_str());
  }
  if (rename(path.c_str(), concat(path, ".", stamp).c_str()) != 0) {
    return fail(systemError("cannot put aside " + path, errno));
  }
  return true;
}

Task<void> LogRotation::keepLooking() {
  while (true) {
    co_await context_.sleep(kRotateEvery);
    co_await look();
  }
}

Task<void> LogRotation::look() {
  struct Log {
    std::string containerId, path;
  };
  std::vector<Log> logs;
  for (const auto& [uid, pod] : runtime_.pods()) {
    for (const auto& container : pod->containers) {
      if (container.running() && !container.logPath.empty()) logs.push_back({container.id, container.logPath});
    }
  }
  if (logs.empty()) co_return;
  std::string stamp;
  for (char c : formatTime(context_.wallNow())) {
    if (c >= '0' && c <= '9') stamp += c;
    if (c == 'T') stamp += '-';
  }
  auto rotate = [logs, stamp, limits = limits_] {
    std::vector<std::string> rotated;
    for (const auto& log : logs) {
      if (rotateLog(log.path, stamp, limits).value_or(false)) rotated.push_back(log.containerId);
    }
    return rotated;
  };
  std::vector<std::string> rotated = co_await context_.blocking(rotate);
  for (const auto& id : rotated) {
    Result<void> reopened = co_await runtime_.reopenLog(id);
    if (!reopened) context_.log.warn("the runtime does not open the log of ", id, " anew: ", reopened.error());
  }
}

}  // namespace cleat::agent
