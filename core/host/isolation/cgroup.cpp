#include "core/host/isolation/cgroup.h"

#include <cleat/sdk/text.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace cleat::host {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "cleat-plugins";
constexpr int64_t kPeriodUs = 100'000;

struct Hierarchy {
  std::string mount;
  bool second = false;  // version 2
};

std::string wholeFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

bool hasWord(const std::string& text, const std::string& word, char between) {
  std::istringstream words(text);
  for (std::string next; std::getline(words, next, between);) {
    if (next == word || next == word + "\n") return true;
  }
  return false;
}

// Where each controller is, as the kernel has them mounted.
std::map<std::string, Hierarchy> controllers() {
  std::map<std::string, Hierarchy> found;
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    const size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream head(line), tail(line.substr(dash + 3));
    std::string skipped, mount, type, device, options;
    head >> skipped >> skipped >> skipped >> skipped >> mount;
    tail >> type >> device >> options;
    for (const char* name : {"memory", "cpu", "pids"}) {
      if (type == "cgroup" && hasWord(options, name, ',')) found[name] = {mount, false};
      if (type == "cgroup2" && hasWord(wholeFile(mount + "/cgroup.controllers"), name, ' '))
        found[name] = {mount, true};
    }
  }
  return found;
}

bool writeInto(const std::string& file, const std::string& text) {
  int fd = open(file.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  close(fd);
  errno = error;
  return written;
}

// What a server that was killed has left behind. A group with somebody in it cannot be taken away.
void removeLeftovers(const std::string& parent) {
  std::error_code error;
  for (const auto& left : fs::directory_iterator(parent, error)) {
    const int owner = std::atoi(left.path().filename().c_str());
    if (owner > 0 && kill(owner, 0) != 0 && errno == ESRCH) rmdir(left.path().c_str());
  }
}

std::string uniqueName(const std::string& plugin) {
  static std::atomic<uint64_t> count = 0;
  return concat(getpid(), "-", plugin, "-", ++count);
}

using Settings = std::vector<std::pair<std::string, std::string>>;  // file and text

Settings settingsOf(const std::string& controller, const Confinement& limits, bool second) {
  const std::string quota = std::to_string(limits.cpuThousandths * kPeriodUs / 1000);
  const std::string memory = std::to_string(limits.memoryBytes);
  if (controller == "pids") return {{"pids.max", std::to_string(limits.processes)}};
  if (controller == "cpu") {
    if (second) return {{"cpu.max", concat(quota, " ", kPeriodUs)}};
    return {{"cpu.cfs_period_us", std::to_string(kPeriodUs)}, {"cpu.cfs_quota_us", quota}};
  }
  if (second) return {{"memory.max", memory}, {"memory.oom.group", "1"}};
  return {{"memory.limit_in_bytes", memory}};
}

// What it has beyond its memory_limit would go to the disk instead, without an end. Not each kernel counts that.
void refuseSwap(const std::string& folder, const Confinement& limits, bool second) {
  if (second) {
    writeInto(folder + "/memory.swap.max", "0");
  } else {
    writeInto(folder + "/memory.memsw.limit_in_bytes", std::to_string(limits.memoryBytes));
  }
}

}  // namespace

PluginCgroup::PluginCgroup(const std::string& plugin, Confinement& confinement) {
  const std::string name = uniqueName(plugin);
  const std::map<std::string, Hierarchy> known = controllers();
  confinement.limited = true;
  for (const auto& [controller, what] : {std::pair{"memory", "a limit on memory"},
                                         {"cpu", "a limit on processor time"},
                                         {"pids", "a limit on processes"}}) {
    auto found = known.find(controller);
    errno = ENOENT;
    bool added = false;
    if (found != known.end()) {
      const auto& [mount, second] = found->second;
      if (second) {
        // In the parent's list, or else its children cannot have it.
        mkdir(concat(mount, "/", kFolder).c_str(), 0755);
        writeInto(mount + "/cgroup.subtree_control", concat("+", controller));
        writeInto(concat(mount, "/", kFolder, "/cgroup.subtree_control"), concat("+", controller));
      }
      added = add(mount, name, settingsOf(controller, confinement, second));
    }
    if (added) {
      folders_.back().first = controller;
      if (folders_.back().first == "memory") refuseSwap(folders_.back().second, confinement, found->second.second);
      continue;
    }
    confinement.limited = false;
    confinement.lacks.push_back(
        concat(what, " (no control group: ", found == known.end() ? "the kernel has none" : std::strerror(errno), ")"));
  }
}

bool PluginCgroup::add(const std::string& hierarchy, const std::string& name, const Settings& settings) {
  const std::string parent = concat(hierarchy, "/", kFolder), folder = concat(parent, "/", name);
  const bool fresh =
      std::ranges::find(folders_, folder, &std::pair<std::string, std::string>::second) == folders_.end();
  int made = -1;
  // Another server takes the parent away when the last of its own groups goes, which may be between the two.
  for (int tries = 0; tries < 3 && made != 0; ++tries) {
    if (mkdir(parent.c_str(), 0755) == 0 || errno == EEXIST) removeLeftovers(parent);
    made = mkdir(folder.c_str(), 0755);
    if (made != 0 && errno != ENOENT) break;
  }
  if (made != 0 && (fresh || errno != EEXIST)) return false;
  for (const auto& [file, text] : settings) {
    if (writeInto(folder + "/" + file, text)) continue;
    const int error = errno;
    if (fresh) rmdir(folder.c_str());
    errno = error;
    return false;
  }
  if (fresh) {
    int entrance = open((folder + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC);
    if (entrance < 0) return false;
    entrances_.push_back(entrance);
  }
  folders_.emplace_back("", folder);
  return true;
}

void PluginCgroup::forgetEntrances() {
  for (int entrance : entrances_) close(entrance);
  entrances_.clear();
}

PluginCgroup::~PluginCgroup() {
  forgetEntrances();
  for (const auto& [controller, folder] : folders_) {
    rmdir(folder.c_str());
    rmdir(fs::path(folder).parent_path().c_str());  // stays while there is another's in it
  }
}

uint64_t PluginCgroup::counted(const std::string& controller, const char* file, const char* key) const {
  auto found = std::ranges::find(folders_, controller, &std::pair<std::string, std::string>::first);
  if (found == folders_.end()) return 0;
  std::ifstream lines(found->second + "/" + file);
  std::string name;
  for (uint64_t count = 0; lines >> name >> count;) {
    if (name == key) return count;
  }
  return 0;
}

uint64_t PluginCgroup::memoryKills() const {
  const uint64_t second = counted("memory", "memory.events", "oom_kill");
  return second ? second : counted("memory", "memory.oom_control", "oom_kill");
}

uint64_t PluginCgroup::refusedProcesses() const { return counted("pids", "pids.events", "max"); }

}  // namespace cleat::host
