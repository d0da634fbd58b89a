// ServiceSync: keeps a node as its services and endpoint slices say, whatever the way. It watches both and gives the
// table of them to `apply` when it has changed. A proxy derives from ProxyPlugin, which has one:
//
//   class Proxy : public ProxyPlugin {
//     using ProxyPlugin::ProxyPlugin;
//     Result<void> apply(const std::vector<ServicePort>& table) override;
//   };
//
// `apply` runs on the host's pool for blocking work, never twice at a time. What changes meanwhile is not lost: the
// next round follows, at the earliest `minInterval` after the last one began, so changes that come close together are
// applied together. What failed, or threw, is logged and tried again with what is true then, after kRetryAfter.
#pragma once

#include <cleat/sdk/plugin.h>

#include <functional>
#include <vector>

#include "proxy-common/service_table.h"

namespace cleat::proxy {

class ServiceSync {
 public:
  using Apply = std::function<Result<void>(const std::vector<ServicePort>& table)>;
  static constexpr Duration kRetryAfter = std::chrono::seconds(5);

  ServiceSync(Context& context, Duration minInterval, Apply apply);

  // Ends when both kinds are known and `apply` has run once; its error is the result. Follows all changes from then on.
  Task<Result<void>> start();

 private:
  void changed();
  Task<void> syncUntilClean();
  Task<Result<void>> sync();
  static std::string zoneOf(const Object<core_v1::Node>& node);

  Context& context_;
  const Duration minInterval_;
  const Apply apply_;
  bool dirty_ = false, syncing_ = false, started_ = false, applied_ = false;
  std::vector<ServicePort> table_;  // as it was applied last
  Informer<Service> services_;
  Informer<EndpointSlice> slices_;
  Informer<core_v1::Node> node_;  // this one, whose zone counts
};

// The base of a proxy: a plugin that is one ServiceSync. Ready when its first table is in effect.
class ProxyPlugin : public Plugin {
 public:
  explicit ProxyPlugin(Context& context)
      : Plugin(context), sync_(context, config().duration("min_sync_interval"),
                               [this](const std::vector<ServicePort>& table) { return apply(table); }) {}
  Task<Result<void>> start() override { return sync_.start(); }

 protected:
  // As ServiceSync says of its function. Not called after `stop` has begun.
  virtual Result<void> apply(const std::vector<ServicePort>& table) = 0;

 private:
  ServiceSync sync_;
};

}  // namespace cleat::proxy
