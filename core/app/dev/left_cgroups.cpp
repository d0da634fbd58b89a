#include "core/app/dev/left_cgroups.h"

#include <poll.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <ranges>
#include <vector>

namespace cleat::app {
namespace {

namespace fs = std::filesystem;

constexpr int kTriesToRemove = 20;
constexpr int kBetweenRemovalsMs = 50;

std::vector<std::string> hierarchies() {
  std::vector<std::string> folders;
  std::ifstream mounts("/proc/self/mounts");
  std::string device, folder, type, rest;
  while (mounts >> device >> folder >> type && std::getline(mounts, rest)) {
    if (type == "cgroup" || type == "cgroup2") folders.push_back(folder);
  }
  return folders;
}

// False while one of them is still there: the kernel lets go of a group a moment after its last process.
bool removeFolders(const std::string& top) {
  std::error_code error;
  std::vector<std::string> folders;
  if (fs::is_directory(top, error)) folders.push_back(top);
  for (fs::recursive_directory_iterator at(top, error), end; !error && at != end; at.increment(error)) {
    if (at->is_directory(error)) folders.push_back(at->path().string());
  }
  for (const std::string& folder : folders | std::views::reverse) ::rmdir(folder.c_str());
  return !fs::exists(top, error);
}

}  // namespace

void removeLeftCgroups(const std::string& root) {
  for (const std::string& hierarchy : hierarchies()) {
    for (int i = 0; i < kTriesToRemove && !removeFolders(hierarchy + root); ++i) ::poll(nullptr, 0, kBetweenRemovalsMs);
  }
}

}  // namespace cleat::app
