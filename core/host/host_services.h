// What the host does for its plugin instances, gathered so that an instance can be made without the host: shared by all
// instances, and kept by whatever of them is still in progress when the host goes.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "core/base/executor.h"
#include "core/base/metrics.h"
#include "core/bus/cluster.h"
#include "core/host/messages.h"
#include "core/host/plugin_metrics.h"
#include "core/host/under_way.h"
#include "core/host/watchdog.h"
#include "core/object/catalogue.h"

namespace cleat::host {

using std::chrono::nanoseconds;

inline constexpr const char* kBusyMetric = "cleat_plugin_busy_nanoseconds_total";
inline constexpr const char* kBusyHelp = "How long a plugin's callbacks ran.";

// "5.1 s"
std::string roundedSeconds(int64_t nanoseconds);

struct HostLimits {
  nanoseconds start = std::chrono::seconds(30);    // until a plugin is ready
  nanoseconds call = std::chrono::seconds(10);     // of a role call without a deadline of its own
  nanoseconds request = std::chrono::seconds(30);  // of a plugin's call without one
  nanoseconds stop = std::chrono::seconds(10);     // for a plugin to stop
  nanoseconds callback = std::chrono::seconds(5);  // after which the watchdog reports a callback
  size_t outstanding = 10'000;                     // calls to, and requests of, one plugin
  size_t changesPerEvent = 256;
  nanoseconds restartFirst = std::chrono::milliseconds(500);  // before an isolated plugin is started again, doubling
  nanoseconds restartMost = std::chrono::seconds(60);         // up to this
  nanoseconds restartForget = std::chrono::minutes(5);        // running this long, it begins anew
};

struct HostServices {
  base::Executor& executor;  // on the clock that plugins see; `machine()` of it is for what is about their processes
  object::KindRegistry& kinds;
  base::Metrics& metrics;
  HostLimits limits;
  std::shared_ptr<Watchdog> watchdog;
  bus::Cluster* cluster = nullptr;  // set before any plugin starts
  // A call to whichever plugin fills the interface's role: of several the first that takes it.
  std::function<Task<RoleAnswer>(RoleCall call)> callRole;
  std::function<Ref<const Message>()> describePlugins;  // a PluginsResults
  // What a running plugin says of itself to whoever operates it; empty: all is well.
  std::function<void(const std::string& plugin, std::string message)> noteReport;
  std::function<bool(const std::string& plugin, std::string_view role)> hasRole;
  // What an admission plugin wants to see has become another (Instance::wanted).
  std::function<void()> wantsChanged;
  // After a plugin has offered kinds: makes what the disk holds of them visible. Absent where no kinds can be offered.
  std::function<Result<void>()> adoptKinds;
  // Who fills the interface's role, in order; and a call to one of them.
  std::function<std::vector<std::string>(uint64_t interfaceId)> fillersOf;
  std::function<Task<RoleAnswer>(std::string plugin, RoleCall call)> callFiller;
  PluginMetrics published = {};
  // A plugin misbehaves and goes on: "Flooded", "LimitReached", "Malformed". May be called as often as that happens.
  std::function<void(const std::string& plugin, const char* reason, std::string message)> noteTrouble = {};
  // What plugins have asked for and is answered still, whether or not they are there to hear it.
  std::shared_ptr<UnderWay> requests = std::make_shared<UnderWay>(executor);
};

}  // namespace cleat::host
