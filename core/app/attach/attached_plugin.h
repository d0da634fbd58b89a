// AttachedPlugin: one plugin that works for an API server elsewhere. It runs from when this process has become its
// leader until it is not any more, in a host of its own, before the mirror that all attached plugins read from; what it
// writes passes a fence that is open for as long as it leads.
#pragma once

#include <cleat/sdk/mutex.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/api/discovery/server_health.h"
#include "core/app/attach/fenced_client.h"
#include "core/app/attach/leader_lease.h"
#include "core/app/attach/led_cluster.h"
#include "core/base/asio_executor.h"
#include "core/base/metrics.h"
#include "core/host/plugin_host.h"

namespace cleat::app {

class AttachedPlugin : public std::enable_shared_from_this<AttachedPlugin> {
 public:
  // What it shares with the others; outlives it.
  struct Surroundings {
    base::AsioExecutor& executor;
    object::KindRegistry& kinds;
    bus::Cluster& mirror;
    std::shared_ptr<http::HttpClient> server;
    base::Metrics& metrics;
    host::HostOptions hostOptions;
    std::function<void(const Status& why)> failed;  // it cannot be started
  };
  // Without lease options it leads from the beginning, whoever else does.
  AttachedPlugin(const Surroundings& around, host::PluginSpec spec, std::optional<LeaderLeaseOptions> lease);

  void begin();
  // Stops it, and gives the lease back. Harmless where it was never begun.
  Task<void> end();
  api::HealthCheck health() const;

 private:
  static Task<void> run(std::shared_ptr<AttachedPlugin> self);
  Task<bool> lead();
  void renewed(int64_t began);
  void setHost(std::shared_ptr<host::PluginHost> host);

  const Surroundings& around_;
  const host::PluginSpec spec_;
  const std::shared_ptr<FencedClient> fence_;
  LedCluster cluster_;
  std::optional<LeaderLease> lease_;
  base::Gauge& leading_;
  Completion<bool> stop_;  // of one without a lease
  Completion<bool> ended_;

  mutable Mutex mutex_;
  std::shared_ptr<host::PluginHost> host_ CLEAT_GUARDED_BY(mutex_);
  bool begun_ CLEAT_GUARDED_BY(mutex_) = false;
  bool stopping_ CLEAT_GUARDED_BY(mutex_) = false;
};

}  // namespace cleat::app
