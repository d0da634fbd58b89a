#include "core/app/plugin_start.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <chrono>

#include "core/app/wait.h"
#include "core/base/log.h"

namespace cleat::app {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::chrono::nanoseconds kPatienceWithOthers = std::chrono::seconds(10);

}  // namespace

Result<void> startPlugins(host::PluginHost& host, const std::vector<host::PluginSpec>& specs) {
  for (const host::PluginSpec& spec : specs) {
    CLEAT_TRY(wait(host.loadOrRetry(spec)));
  }
  return {};
}

Result<void> startPluginsInTime(host::PluginHost& host, const std::vector<host::PluginSpec>& specs) {
  std::chrono::nanoseconds left = kPatienceWithOthers;
  for (const host::PluginSpec& spec : specs) {
    const bool isOurs = !spec.privateCopy;
    if (isOurs) {
      CLEAT_TRY(wait(host.loadOrRetry(spec)));
      continue;
    }
    const Steady::time_point begun = Steady::now();
    const std::optional<Result<void>> loaded = waitFor(host.loadOrRetry(spec), left);
    if (loaded && !*loaded) return *loaded;
    if (!loaded) {
      base::log(base::LogLevel::warn, "host",
                concat("plugin ", spec.name, " is not ready yet, and the server goes on without it"));
    }
    left = std::max(left - (Steady::now() - begun), std::chrono::nanoseconds(0));
  }
  return {};
}

}  // namespace cleat::app
