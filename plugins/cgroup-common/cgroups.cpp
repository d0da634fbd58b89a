#include "cgroups.h"

#include <cleat/sdk/file.h>

#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <sstream>

namespace cleat::cgroup {
namespace {

// Controllers that a pod's group needs: those that limit it, those that account, and those in which service managers
// and we look for its processes.
constexpr const char* kControllers[] = {"cpu", "cpuacct", "memory", "pids", "cpuset", "name=systemd"};

uint64_t numberIn(const std::string& path) {
  auto text = readFile(path);
  return text ? std::strtoull(text->c_str(), nullptr, 10) : 0;
}

// The number behind `key` in a file of lines "key number".
uint64_t lineIn(const std::string& path, const std::string& key) {
  auto text = readFile(path);
  if (!text) return 0;
  std::istringstream lines(*text);
  std::string name;
  uint64_t value;
  while (lines >> name >> value)
    if (name == key) return value;
  return 0;
}

bool isFolder(const std::string& path) {
  struct stat facts;
  return lstat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}

std::vector<std::string> foldersBelow(const std::string& folder) {
  std::vector<std::string> found;
  if (auto names = listFolder(folder))
    for (const std::string& name : *names)
      if (isFolder(folder + "/" + name)) found.push_back(folder + "/" + name);
  return found;
}

// rmdir waits for the last process to be reaped, which is not ours to do.
constexpr int kRemoveAttempts = 100;

Result<void> removeFolder(const std::string& folder) {
  for (const std::string& child : foldersBelow(folder))
    if (auto removed = removeFolder(child); !removed) return removed;
  for (int attempt = 0;; ++attempt) {
    if (rmdir(folder.c_str()) == 0 || errno == ENOENT) return {};
    if (errno != EBUSY || attempt == kRemoveAttempts)
      return fail(systemError("cannot remove the cgroup " + folder, errno));
    timespec pause{0, 10'000'000};
    nanosleep(&pause, nullptr);
  }
}

std::string parentOf(const std::string& group) { return group.substr(0, group.rfind('/')); }

// A v1 cpuset accepts no process until it has processors and memory nodes; a new one has none.
void inheritCpuset(const std::string& mountPoint, const std::string& group) {
  for (const char* file : {"/cpuset.cpus", "/cpuset.mems"}) {
    auto own = readFile(mountPoint + group + file);
    if (!own || own->find_first_not_of(" \n") != std::string::npos) continue;
    if (auto above = readFile(mountPoint + parentOf(group) + file)) {
      auto written = writeInPlace(mountPoint + group + file, *above);
      (void)written;  // attaching a process will say so
    }
  }
}

}  // namespace

uint64_t cpuWeight(uint64_t shares) {
  shares = std::clamp<uint64_t>(shares, 2, 262144);
  return 1 + ((shares - 2) * 9999) / 262142;
}

bool isGroupPath(const std::string& group) {
  if (group.size() < 2 || group[0] != '/' || group.back() == '/' || group.size() > 3000) return false;
  std::istringstream parts(group.substr(1));
  for (std::string part; std::getline(parts, part, '/');)
    if (part.empty() || part == "." || part == "..") return false;
  return true;
}

bool Cgroups::Hierarchy::has(const std::string& controller) const {
  return std::find(controllers.begin(), controllers.end(), controller) != controllers.end();
}

Result<Cgroups> Cgroups::detect(const std::string& mountinfo) {
  CLEAT_TRY(auto text, readFile(mountinfo));
  Cgroups cgroups;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    // "36 35 98:0 /root /mount/point rw,… - cgroup cgroup rw,memory"
    size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream before(line.substr(0, dash)), after(line.substr(dash + 3));
    std::string id, parent, device, root, mountPoint, type, source, options;
    before >> id >> parent >> device >> root >> mountPoint;
    after >> type >> source >> options;
    if (type == "cgroup2") cgroups.hierarchies_.push_back({mountPoint, {}, true});
    if (type != "cgroup") continue;
    Hierarchy hierarchy{mountPoint, {}, false};
    std::istringstream list(options);
    for (std::string option; std::getline(list, option, ',');) hierarchy.controllers.push_back(option);
    cgroups.hierarchies_.push_back(std::move(hierarchy));
  }
  if (cgroups.hierarchies_.empty()) return fail(Status::internal("no cgroup filesystem is mounted"));
  return cgroups;
}

std::string Cgroups::describe() const {
  if (isV2()) return "v2";
  bool unified = std::any_of(hierarchies_.begin(), hierarchies_.end(), [](const auto& each) { return each.version2; });
  return unified ? "hybrid" : "v1";
}

const Cgroups::Hierarchy* Cgroups::hierarchyOf(const std::string& controller) const {
  for (const Hierarchy& each : hierarchies_)
    if (each.has(controller) || isV2()) return &each;
  return nullptr;
}

std::vector<const Cgroups::Hierarchy*> Cgroups::ours() const {
  std::vector<const Hierarchy*> list;
  for (const Hierarchy& each : hierarchies_) {
    bool wanted = each.version2 || std::any_of(std::begin(kControllers), std::end(kControllers),
                                               [&](const char* name) { return each.has(name); });
    if (wanted) list.push_back(&each);
  }
  return list;
}

Result<void> Cgroups::make(const std::string& group) const {
  if (!isGroupPath(group)) return fail(Status::badRequest("\"" + group + "\" is not the path of a cgroup"));
  MutexLock lock(*shared_);
  for (const Hierarchy* hierarchy : ours()) {
    for (size_t slash = 0; slash != std::string::npos;) {
      std::string above = group.substr(0, slash);
      slash = group.find('/', slash + 1);
      std::string path = group.substr(0, slash);
      if (isV2())
        for (const char* controller : {"+cpu", "+memory", "+pids", "+cpuset", "+io"}) {
          // One that the kernel or the group above does not have is noticed where its limit is set.
          auto enabled = writeInPlace(hierarchy->mountPoint + above + "/cgroup.subtree_control", controller);
          (void)enabled;
        }
      if (mkdir((hierarchy->mountPoint + path).c_str(), 0755) != 0 && errno != EEXIST)
        return fail(systemError("cannot make the cgroup " + hierarchy->mountPoint + path, errno));
      if (hierarchy->has("cpuset")) inheritCpuset(hierarchy->mountPoint, path);
    }
  }
  return {};
}

Result<void> Cgroups::set(const std::string& controller, const std::string& group, const std::string& file,
                          const std::string& value) const {
  const Hierarchy* hierarchy = hierarchyOf(controller);
  if (hierarchy == nullptr)
    return fail(Status::internal("this machine has no cgroup controller \"" + controller + "\""));
  return writeInPlace(hierarchy->mountPoint + group + "/" + file, value);
}

Result<void> Cgroups::limit(const std::string& group, const Resources& resources) const {
  bool v2 = isV2();
  Result<void> result;
  auto apply = [&](bool wanted, const char* controller, const char* file, const std::string& value) {
    if (wanted && result) result = set(controller, group, file, value);
  };
  std::string period = std::to_string(resources.cpuPeriodUs == 0 ? 100000 : resources.cpuPeriodUs);
  std::string quota = std::to_string(resources.cpuQuotaUs);
  bool anyMemory = resources.memoryLimitBytes >= kNoLimit;
  std::string memory = anyMemory ? (v2 ? "max" : "-1") : std::to_string(resources.memoryLimitBytes);
  if (v2) {
    apply(resources.cpuShares > 0, "cpu", "cpu.weight", std::to_string(cpuWeight(resources.cpuShares)));
    apply(resources.cpuQuotaUs != 0, "cpu", "cpu.max", (resources.cpuQuotaUs < 0 ? "max" : quota) + " " + period);
    apply(resources.memoryLimitBytes > 0, "memory", "memory.max", memory);
  } else {
    apply(resources.cpuShares > 0, "cpu", "cpu.shares", std::to_string(std::max<uint64_t>(resources.cpuShares, 2)));
    apply(resources.cpuQuotaUs > 0, "cpu", "cpu.cfs_period_us", period);
    apply(resources.cpuQuotaUs != 0, "cpu", "cpu.cfs_quota_us", resources.cpuQuotaUs < 0 ? "-1" : quota);
    apply(resources.memoryLimitBytes > 0, "memory", "memory.limit_in_bytes", memory);
  }
  apply(resources.pidsLimit > 0, "pids", "pids.max", std::to_string(resources.pidsLimit));
  apply(!resources.cpusetCpus.empty(), "cpuset", "cpuset.cpus", resources.cpusetCpus);
  return result;
}

Result<void> Cgroups::attach(const std::string& group, pid_t pid) const {
  for (const Hierarchy* hierarchy : ours()) {
    CLEAT_TRY(writeInPlace(hierarchy->mountPoint + group + "/cgroup.procs", std::to_string(pid)));
  }
  return {};
}

std::vector<pid_t> Cgroups::processes(const std::string& folder) const {
  std::vector<pid_t> pids;
  if (auto text = readFile(folder + "/cgroup.procs")) {
    std::istringstream lines(*text);
    for (pid_t pid; lines >> pid;) pids.push_back(pid);
  }
  for (const std::string& child : foldersBelow(folder)) {
    std::vector<pid_t> below = processes(child);
    pids.insert(pids.end(), below.begin(), below.end());
  }
  return pids;
}

void Cgroups::kill(const std::string& group) const {
  for (const Hierarchy* hierarchy : ours()) {
    std::string folder = hierarchy->mountPoint + group;
    // Linux 5.14 and later kill a whole group at once.
    if (hierarchy->version2 && writeInPlace(folder + "/cgroup.kill", "1")) continue;
    for (pid_t pid : processes(folder)) ::kill(pid, SIGKILL);
  }
}

bool Cgroups::populated(const std::string& group) const {
  for (const Hierarchy* hierarchy : ours())
    if (!processes(hierarchy->mountPoint + group).empty()) return true;
  return false;
}

Result<Usage> Cgroups::usage(const std::string& group) const {
  const Hierarchy* memory = hierarchyOf("memory");
  const Hierarchy* cpu = hierarchyOf("cpuacct");
  if (memory == nullptr || cpu == nullptr) return fail(Status::internal("the cgroups of this machine do not account"));
  std::string memoryFolder = memory->mountPoint + group, cpuFolder = cpu->mountPoint + group;
  if (!isFolder(memoryFolder)) return fail(Status::notFound("cgroups", group));
  bool v2 = isV2();
  Usage usage;
  usage.cpuNs = v2 ? lineIn(cpuFolder + "/cpu.stat", "usage_usec") * 1000 : numberIn(cpuFolder + "/cpuacct.usage");
  usage.memoryBytes = numberIn(memoryFolder + (v2 ? "/memory.current" : "/memory.usage_in_bytes"));
  usage.memoryRssBytes = lineIn(memoryFolder + "/memory.stat", v2 ? "anon" : "total_rss");
  uint64_t inactive = lineIn(memoryFolder + "/memory.stat", v2 ? "inactive_file" : "total_inactive_file");
  usage.memoryWorkingSetBytes = usage.memoryBytes - std::min(usage.memoryBytes, inactive);
  return usage;
}

Result<void> Cgroups::remove(const std::string& group) const {
  if (!isGroupPath(group)) return {};
  Result<void> result;
  for (const Hierarchy& hierarchy : hierarchies_) {
    auto removed = removeFolder(hierarchy.mountPoint + group);
    if (!removed) result = removed;
    MutexLock lock(*shared_);
    // It stays where another is in it, and the next who leaves it finds it empty.
    if (std::string above = parentOf(group); removed && !above.empty())
      (void)rmdir((hierarchy.mountPoint + above).c_str());
  }
  return result;
}

}  // namespace cleat::cgroup
