// HttpRoutes: which plugin answers which paths (role http-handler), and which versions of API groups are to be found
// there. Each of those plugins is asked, and asked again once it says something else; what it said last counts until
// then, also while it does not answer. Where no plugin takes a path, looking one up costs two atomic reads.
//
// Thread-safe. `stop` comes before the end of what answers for the plugins.
#pragma once

#include <cleat/schema/role/http_handler.methods.h>
#include <cleat/sdk/mutex.h>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/executor.h"
#include "core/gate/gate.h"

namespace cleat::api {

// Whether the path is the prefix, or below it as below a folder.
bool isIn(std::string_view path, std::string_view prefix);

struct HttpRoute {
  std::string prefix, plugin;
  bool wantsBody = false;
};

// As the role's schema says.
struct ServedVersion {
  std::string group, version;
  int32_t groupPriority = 0, versionPriority = 0;
  std::string resources;
  bool stale = false;
  std::string openApi, openApiV2;
  std::string name() const { return group + "/" + version; }
};
using ServedVersions = std::shared_ptr<const std::vector<ServedVersion>>;

class HttpRoutes : public std::enable_shared_from_this<HttpRoutes> {
 public:
  HttpRoutes(base::Executor& executor, gate::Gate& gate) : executor_(executor), gate_(gate) {}

  // Begins to ask the plugins that there are; later ones are found by the next request.
  void begin() { follow(); }
  void stop() { stopped_.store(true, std::memory_order_release); }

  // The longest prefix that is the path, or a folder that it is in.
  std::optional<HttpRoute> match(std::string_view path);

  // By the priorities of their groups and their own, the highest first; never null. `generation` is raised with each
  // change of them.
  ServedVersions versions() const;
  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

 private:
  struct Said {
    std::vector<HttpRoute> routes;
    std::vector<ServedVersion> versions;
  };
  using Table = std::vector<HttpRoute>;

  void follow();
  static Task<void> followOne(std::shared_ptr<HttpRoutes> self, std::string plugin, uint64_t cursor);
  void followLater(const std::string& plugin, uint64_t cursor);
  bool isOver(const std::string& plugin);
  void take(const std::string& plugin, role::RoutesResults::Reader results);
  void publish() CLEAT_REQUIRES(mutex_);

  base::Executor& executor_;
  gate::Gate& gate_;
  std::atomic<bool> stopped_ = false;
  std::atomic<uint64_t> seen_ = 0;        // the generation of the plugins that are followed
  std::atomic<uint64_t> generation_ = 1;  // of `versions_`
  std::atomic<bool> hasRoutes_ = false;
  mutable Mutex mutex_;
  std::set<std::string> followed_ CLEAT_GUARDED_BY(mutex_);
  std::map<std::string, Said> said_ CLEAT_GUARDED_BY(mutex_);
  // The longest first.
  std::shared_ptr<const Table> table_ CLEAT_GUARDED_BY(mutex_) = std::make_shared<const Table>();
  ServedVersions versions_ CLEAT_GUARDED_BY(mutex_) = std::make_shared<const std::vector<ServedVersion>>();
};

}  // namespace cleat::api
