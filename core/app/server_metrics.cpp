#include "core/app/server_metrics.h"

#include <cleat/sdk/text.h>

#include <cleat/sdk/kubernetes_version.h>

#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

namespace cleat::app {
namespace {

// How many objects there are of each kind.
std::string objectCounts(const object::Catalogue& kinds, const store::Snapshot& snapshot) {
  // One for all versions of a resource.
  std::map<std::pair<std::string, std::string>, size_t> counts;
  for (const object::KindRef& kind : kinds.served()) {
    if (kind->verbs.empty() || kind->isVirtual) continue;
    counts.emplace(std::pair(kind->group, kind->plural), snapshot.count(*kind));
  }
  std::string older, newer;
  for (const auto& [name, count] : counts) {
    const auto& [group, plural] = name;
    const std::string value = " " + std::to_string(count) + "\n";
    older += "apiserver_storage_objects{resource=\"" + plural + (group.empty() ? "" : "." + group) + "\"}" + value;
    newer += "apiserver_resource_objects{group=\"" + group + "\",resource=\"" + plural + "\"}" + value;
  }
  return "# HELP apiserver_storage_objects Stored objects by kind; apiserver_resource_objects is newer.\n"
         "# TYPE apiserver_storage_objects gauge\n" +
         older +
         "# HELP apiserver_resource_objects Stored objects by kind.\n"
         "# TYPE apiserver_resource_objects gauge\n" +
         newer;
}

// How much the database in this folder takes on the disk; empty where another engine keeps the data.
std::string storeSize(const std::string& folder) {
  constexpr const char* kName = "apiserver_storage_size_bytes";
  uintmax_t bytes = 0;
  bool found = false;
  for (const char* file : {"/cleat.db", "/cleat.db-wal"}) {
    std::error_code absent;
    const uintmax_t size = std::filesystem::file_size(folder + file, absent);
    if (absent) continue;
    found = true;
    bytes += size;
  }
  if (!found) return {};
  // The label is of the first server of the store, as Kubernetes calls it, and here there is no other.
  return concat("# HELP ", kName, " Size of the store's files on the disk.\n# TYPE ", kName, " gauge\n", kName,
                "{storage_cluster_id=\"etcd-0\"} ", bytes, "\n");
}

}  // namespace

std::string serverMetrics(const object::Catalogue& kinds, const store::Store& store, const std::string& folder) {
  return concat(objectCounts(kinds, *store.snapshot()), storeSize(folder), buildInfo());
}

std::string buildInfo() {
  return std::string(
             "# HELP kubernetes_build_info Which version this is.\n"
             "# TYPE kubernetes_build_info gauge\n"
             "kubernetes_build_info{build_date=\"1970-01-01T00:00:00Z\",compiler=\"g++\",git_commit=\"\","
             "git_tree_state=\"clean\",git_version=\"") +
         kKubernetesGitVersion + "\",go_version=\"none\",major=\"" + kKubernetesMajor + "\",minor=\"" +
         kKubernetesMinor + "\",platform=\"linux/amd64\"} 1\n";
}

std::string noteOf(const store::Store& store) {
  std::string note;
  for (const auto& [resource, count] : store.orphans()) {
    note += concat(note.empty() ? "there are objects whose kinds no plugin brings: " : ", ", count, " ", resource);
  }
  if (const size_t count = store.unreadable(); count > 0) {
    note += concat(note.empty() ? "" : "; ", count, " stored objects cannot be read");
  }
  return note;
}

}  // namespace cleat::app
