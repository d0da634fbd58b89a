#include "containers/container_paths.h"

#include <cleat/sdk/text.h>

#include <unistd.h>

#include <algorithm>
#include <climits>
#include <deque>
#include <set>

namespace cleat::runtime {
namespace {

// As the kernel has it.
constexpr int kMostLinks = 40;

std::deque<std::string> partsOf(std::string_view path) {
  std::deque<std::string> parts;
  while (!path.empty()) {
    size_t end = std::min(path.find('/'), path.size());
    if (end > 0) parts.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

bool isAtOrBelow(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder + "/");
}

// Files that are only looked at, and that programs on the machine rewrite for containers.
const std::set<std::string> kOfProc{"/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat",
                                    "/proc/swaps",   "/proc/uptime",    "/proc/loadavg", "/proc/slabinfo"};

}  // namespace

std::string resolvedInside(const std::string& rootfs, const std::string& path) {
  std::deque<std::string> left = partsOf(path);
  std::string resolved;
  for (int links = 0; !left.empty();) {
    std::string part = std::move(left.front());
    left.pop_front();
    if (part == ".") continue;
    if (part == "..") {
      resolved.resize(resolved.empty() ? 0 : resolved.rfind('/'));
      continue;
    }
    std::string next = resolved + "/" + part;
    char target[PATH_MAX];
    ssize_t size = links < kMostLinks ? readlink((rootfs + next).c_str(), target, sizeof target) : -1;
    if (size <= 0) {
      resolved = std::move(next);
      continue;
    }
    ++links;
    if (target[0] == '/') resolved.clear();
    std::deque<std::string> parts = partsOf(std::string_view(target, size_t(size)));
    left.insert(left.begin(), parts.begin(), parts.end());
  }
  return resolved.empty() ? "/" : resolved;
}

Result<void> checkPaths(const std::string& rootfs, const std::string& workingFolder,
                        const std::vector<BindMount>& mounts, bool privileged) {
  if (isAtOrBelow(resolvedInside(rootfs, workingFolder), "/proc"))
    return fail(Status::badRequest(concat("workingDir: ", workingFolder,
                                          " leads into /proc, where no container can begin: what is there belongs to "
                                          "processes, the runtime's among them")));
  for (const BindMount& each : mounts) {
    std::string target = resolvedInside(rootfs, each.containerPath);
    bool refused = (isAtOrBelow(target, "/proc") && !kOfProc.contains(target)) || (target == "/dev" && !privileged);
    if (refused)
      return fail(Status::badRequest(concat("mountPath: nothing can be mounted at ", each.containerPath,
                                            ": the container runtime works with what is there")));
  }
  return {};
}

}  // namespace cleat::runtime
