#include "pod/storage_watch.h"

#include <cleat/sdk/text.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "pod/pod_worker.h"
#include "pod/storage_limits.h"

namespace cleat::agent {
namespace {

constexpr Duration kMeasureEvery = std::chrono::seconds(10);
constexpr int kMostEntries = 1'000'000;

// Where a pod's files are.
struct Places {
  std::string uid;
  std::map<std::string, std::string> emptyDirs, logs;  // folders, by the volume's and the container's name
};

using Uses = std::map<std::string, StorageUse>;  // by the pod's uid

std::string parentOf(const std::string& path) { return std::filesystem::path(path).parent_path(); }

}  // namespace

uint64_t bytesBelow(const std::string& folder) {
  struct stat root{};
  if (lstat(folder.c_str(), &root) != 0 || !S_ISDIR(root.st_mode)) return 0;
  std::set<ino_t> seen;
  uint64_t blocks = 0;
  int entries = 0;
  std::error_code ignored;
  // What vanishes while it is looked at is gone.
  std::filesystem::recursive_directory_iterator at(folder, std::filesystem::directory_options::skip_permission_denied,
                                                   ignored);
  for (; !ignored && at != std::filesystem::end(at) && ++entries <= kMostEntries; at.increment(ignored)) {
    struct stat facts{};
    if (lstat(at->path().c_str(), &facts) != 0) continue;
    if (facts.st_dev != root.st_dev) {
      at.disable_recursion_pending();
      continue;
    }
    if (facts.st_nlink > 1 && !S_ISDIR(facts.st_mode) && !seen.insert(facts.st_ino).second) continue;
    blocks += static_cast<uint64_t>(facts.st_blocks);
  }
  return blocks * 512;
}

Task<void> StorageWatch::keepLooking() {
  while (true) {
    co_await context_.sleep(kMeasureEvery);
    co_await look();
  }
}

Task<void> StorageWatch::look() {
  std::vector<std::shared_ptr<PodWorker>> limited;
  std::vector<Places> places;
  std::map<std::string, std::pair<std::string, std::string>> containers;  // by id, the pod's uid and the name
  for (const std::shared_ptr<PodWorker>& worker : workers_()) {
    if (!worker->pod() || !limitsStorage(worker->pod()->getSpec())) continue;
    Places own{.uid = worker->uid(), .emptyDirs = {}, .logs = {}};
    for (auto volume : worker->pod()->getSpec().getVolumes()) {
      if (!volume.hasEmptyDir() || view(volume.getEmptyDir().getMedium()) == "Memory") continue;
      own.emptyDirs[str(volume.getName())] = concat(podsFolder_, "/", worker->uid(), "/volumes/", volume.getName());
    }
    for (const RuntimeContainer& container : worker->runtime()->containers) {
      if (!container.logPath.empty()) own.logs[container.name] = parentOf(container.logPath);
      containers[container.id] = {worker->uid(), container.name};
    }
    places.push_back(std::move(own));
    limited.push_back(worker);
  }
  if (limited.empty()) co_return;
  auto count = [places] {
    Uses uses;
    for (const Places& pod : places) {
      for (const auto& [name, folder] : pod.emptyDirs) uses[pod.uid].emptyDirs[name] = bytesBelow(folder);
      for (const auto& [name, folder] : pod.logs) uses[pod.uid].containers[name] = bytesBelow(folder);
    }
    return uses;
  };
  Uses uses = co_await context_.blocking(count);
  Result<Answer<role::StatsResults>> stats = co_await runtime_.stats();
  if (!stats) context_.log.warn("the runtime does not say what containers have written: ", stats.error());
  if (stats) {
    for (auto each : (*stats)->getContainers()) {
      auto found = containers.find(str(each.getContainerId()));
      if (found == containers.end()) continue;
      uses[found->second.first].containers[found->second.second] += each.getRootfsUsedBytes();
    }
  }
  for (const std::shared_ptr<PodWorker>& worker : limited) {
    if (!worker->pod()) continue;
    std::optional<std::string> why = storageExceeded(worker->pod()->getSpec(), uses[worker->uid()]);
    if (why) worker->evict(*why);
  }
}

}  // namespace cleat::agent
