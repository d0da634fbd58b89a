#include "core/api/handlers/http_routes.h"

#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/base/log.h"

namespace cleat::api {
namespace {

// How long a plugin may keep the question, and when one that gave no answer is asked again. A plugin is replaced only
// when it has answered.
constexpr std::chrono::seconds kQuestion{10}, kPause{1};
// What one plugin may say, so that it does not fill the memory.
constexpr size_t kMostRoutes = 1000, kMostVersions = 1000;

bool comesBefore(const ServedVersion& a, const ServedVersion& b) {
  if (a.group != b.group) {
    return a.groupPriority != b.groupPriority ? a.groupPriority > b.groupPriority : a.group < b.group;
  }
  return a.versionPriority != b.versionPriority ? a.versionPriority > b.versionPriority : a.version < b.version;
}

// All versions of a group have the highest of its priorities, so that they stay together.
void shareGroupPriorities(std::vector<ServedVersion>& versions) {
  std::map<std::string, int32_t> highest;
  for (const ServedVersion& each : versions) {
    auto [place, isNew] = highest.try_emplace(each.group, each.groupPriority);
    if (!isNew) place->second = std::max(place->second, each.groupPriority);
  }
  for (ServedVersion& each : versions) each.groupPriority = highest[each.group];
}

ServedVersion readVersion(role::ServedVersion::Reader from) {
  return {str(from.getGroup()),     str(from.getVersion()), from.getGroupPriority(), from.getVersionPriority(),
          str(from.getResources()), from.getStale(),        str(from.getOpenApi()),  str(from.getOpenApiV2())};
}

}  // namespace

bool isIn(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return false;
  return path.size() == prefix.size() || prefix.ends_with('/') || path[prefix.size()] == '/';
}

std::optional<HttpRoute> HttpRoutes::match(std::string_view path) {
  if (gate_.generation() != seen_.load(std::memory_order_acquire)) follow();
  if (!hasRoutes_.load(std::memory_order_acquire)) return std::nullopt;
  std::shared_ptr<const Table> table;
  {
    MutexLock lock(mutex_);
    table = table_;
  }
  for (const HttpRoute& route : *table) {
    if (isIn(path, route.prefix)) return route;
  }
  return std::nullopt;
}

ServedVersions HttpRoutes::versions() const {
  MutexLock lock(mutex_);
  return versions_;
}

void HttpRoutes::follow() {
  if (stopped_.load(std::memory_order_acquire)) return;
  // Read first: what changes while this looks is seen by the next request.
  seen_.store(gate_.generation(), std::memory_order_release);
  std::vector<std::string> fresh;
  {
    const std::vector<std::string> plugins = gate_.httpHandlers();
    MutexLock lock(mutex_);
    for (const std::string& plugin : plugins) {
      if (followed_.insert(plugin).second) fresh.push_back(plugin);
    }
  }
  for (const std::string& plugin : fresh) spawn(followOne(shared_from_this(), plugin, 0));
}

bool HttpRoutes::isOver(const std::string& plugin) {
  if (stopped_.load(std::memory_order_acquire)) return true;
  const std::vector<std::string> plugins = gate_.httpHandlers();
  if (std::ranges::find(plugins, plugin) != plugins.end()) return false;
  MutexLock lock(mutex_);
  followed_.erase(plugin);
  said_.erase(plugin);
  publish();
  return true;
}

void HttpRoutes::followLater(const std::string& plugin, uint64_t cursor) {
  executor_.after(kPause, [weak = weak_from_this(), plugin, cursor] {
    if (auto self = weak.lock(); self && !self->isOver(plugin)) spawn(followOne(self, plugin, cursor));
  });
}

Task<void> HttpRoutes::followOne(std::shared_ptr<HttpRoutes> self, std::string plugin, uint64_t cursor) {
  for (;;) {
    const int64_t begun = self->executor_.now();
    gate::RoleCall call = gate::makeCall(role::httpHandler::routes,
                                         [cursor](role::RoutesParams::Builder params) { params.setCursor(cursor); });
    call.timeoutNs = std::chrono::nanoseconds(kQuestion).count();
    gate::RoleAnswer answer = co_await self->gate_.askHttpHandler(plugin, std::move(call));
    if (self->isOver(plugin)) co_return;
    bool isNew = false;
    if (answer.status == CLEAT_OK) {
      auto results = gate::resultsOf(role::httpHandler::routes, answer);
      isNew = results.getCursor() != cursor;
      cursor = results.getCursor();
      if (isNew) self->take(plugin, results);
    } else {
      cursor = 0;
    }
    // One that keeps no question is not asked all the time.
    const bool atOnce = self->executor_.now() - begun < std::chrono::nanoseconds(kPause).count();
    if (!isNew && atOnce) co_return self->followLater(plugin, cursor);
  }
}

void HttpRoutes::take(const std::string& plugin, role::RoutesResults::Reader results) {
  Said said;
  for (auto route : results.getRoutes()) {
    const std::string prefix = str(route.getPrefix());
    if (!prefix.starts_with('/') || said.routes.size() == kMostRoutes) {
      base::log(base::LogLevel::warn, plugin, concat("the path \"", prefix, "\" that it takes is not served"));
      continue;
    }
    said.routes.push_back({prefix, plugin, route.getWantsBody()});
  }
  for (auto version : results.getVersions()) {
    if (said.versions.size() < kMostVersions) said.versions.push_back(readVersion(version));
  }
  MutexLock lock(mutex_);
  said_[plugin] = std::move(said);
  publish();
}

void HttpRoutes::publish() {
  auto table = std::make_shared<Table>();
  auto versions = std::make_shared<std::vector<ServedVersion>>();
  for (const auto& [plugin, said] : said_) {
    table->insert(table->end(), said.routes.begin(), said.routes.end());
    versions->insert(versions->end(), said.versions.begin(), said.versions.end());
  }
  std::ranges::stable_sort(*table, std::greater(), [](const HttpRoute& route) { return route.prefix.size(); });
  shareGroupPriorities(*versions);
  std::ranges::stable_sort(*versions, comesBefore);
  hasRoutes_.store(!table->empty(), std::memory_order_release);
  table_ = std::move(table);
  versions_ = std::move(versions);
  generation_.fetch_add(1, std::memory_order_acq_rel);
}

}  // namespace cleat::api
