// PluginMetrics: the numbers that plugins publish about themselves (role/metrics.capnp), kept until they publish others
// or are gone, and written out for /metrics. What a plugin may publish has bounds, so that none fills the memory of
// whoever reads it. Thread-safe.
#pragma once

#include <cleat/schema/role/metrics.capnp.h>
#include <cleat/sdk/mutex.h>
#include <cleat/sdk/status.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::host {

class PluginMetrics {
 public:
  // 400, and nothing changes, where it is more than is kept of a plugin or cannot be written.
  Result<void> publish(const std::string& plugin, role::PublishMetricsParams::Reader said);
  void forget(const std::string& plugin);

  // Prometheus text, version 0.0.4, to stand behind `before`: what that has already is not said again. Where plugins
  // mean different things by a name, it is the first one's, by their own names.
  std::string text(std::string_view before) const;

 private:
  struct Family {
    std::string help, type, lines;
  };
  using Families = std::map<std::string, Family>;

  mutable Mutex mutex_;
  std::map<std::string, Families> published_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::host
