// ServiceSync: keeps a node as its services and endpoint slices say, whatever the way. It watches both and gives the
// table of them to `apply`, that of each family of addresses by itself, when it has changed. A proxy derives from
// ProxyPlugin, which has one:
//
//   class Proxy : public ProxyPlugin {
//     using ProxyPlugin::ProxyPlugin;
//     Result<void> apply(Family family, const std::vector<ServicePort>& table) override;
//   };
//
// `apply` runs on the host's pool for blocking work, never twice at a time for one family. What changes meanwhile is
// not lost: the next round follows, at the earliest `minInterval` after the last one began, so changes that come close
// together are applied together. What failed, or threw, is logged and tried again with what is true then, after
// kRetryAfter; the other family does not wait for it.
#pragma once

#include <cleat/sdk/plugin.h>

#include <array>
#include <functional>
#include <vector>

#include "proxy-common/service_table.h"

namespace cleat::proxy {

class ServiceSync {
 public:
  using Apply = std::function<Result<void>(Family family, const std::vector<ServicePort>& table)>;
  static constexpr Duration kRetryAfter = std::chrono::seconds(5);

  ServiceSync(Context& context, Duration minInterval, Apply apply);

  // Ends when both kinds are known and `apply` has run once for each family. Where that failed, and no service is in
  // effect in the other, the error is the result. Follows all changes from then on.
  Task<Result<void>> start();

 private:
  struct OfFamily {
    Family family;
    bool dirty = false, syncing = false;
    Result<void> applied = fail(Status::unavailable("not yet"));
    std::vector<ServicePort> table = {};  // as it was applied last
  };

  void changed();
  Task<void> syncUntilClean(OfFamily& one);
  Task<Result<void>> sync(OfFamily& one);
  static std::string zoneOf(const Object<core_v1::Node>& node);

  Context& context_;
  const Duration minInterval_;
  const Apply apply_;
  bool started_ = false;
  std::array<OfFamily, kFamilies.size()> families_{{{Family::ipv4}, {Family::ipv6}}};
  Informer<Service> services_;
  Informer<EndpointSlice> slices_;
  Informer<core_v1::Node> node_;  // this one, whose zone counts
  HealthChecks health_{context_.log};
};

// The base of a proxy: a plugin that is one ServiceSync. Ready when its first table is in effect.
class ProxyPlugin : public Plugin {
 public:
  explicit ProxyPlugin(Context& context)
      : Plugin(context), sync_(context, config().duration("min_sync_interval"),
                               [this](Family family, const auto& table) { return applyIfPossible(family, table); }) {}
  Task<Result<void>> start() override { return sync_.start(); }

 protected:
  // As ServiceSync says of its function. Not called after `stop` has begun, nor for IPv6 where the machine has none.
  virtual Result<void> apply(Family family, const std::vector<ServicePort>& table) = 0;

 private:
  Result<void> applyIfPossible(Family family, const std::vector<ServicePort>& table);

  enum class Ipv6 { unknown, works, absent, missed };
  Ipv6 ipv6_ = Ipv6::unknown;
  ServiceSync sync_;
};

}  // namespace cleat::proxy
