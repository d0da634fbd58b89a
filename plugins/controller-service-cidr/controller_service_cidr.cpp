// Ranges of services' addresses: ready while they are there, and held while services have addresses of them alone.
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/finalizer_guard.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/networking_v1.h>
#include <cleat/sdk/own_status.h>

#include <algorithm>

#include "kinds-common/addresses.h"

namespace cleat::ranges {
namespace {

using kinds::Cidr;
using kinds::Ip;
using networking_v1::IPAddress;
using networking_v1::ServiceCIDR;

constexpr const char* kFinalizer = "networking.k8s.io/service-cidr-finalizer";
// Whoever was given an address when the range was deleted is seen by then.
constexpr std::chrono::seconds kGrace{10};

std::vector<Cidr> networksOf(const Object<ServiceCIDR>& range) {
  std::vector<Cidr> networks;
  for (auto text : range->getSpec().getCidrs()) {
    if (auto network = Cidr::parse(view(text))) networks.push_back(*network);
  }
  return networks;
}

bool contains(const std::vector<Cidr>& networks, const Ip& address) {
  return std::ranges::any_of(networks, [&](const Cidr& network) { return network.contains(address); });
}

// Whether all of the network lies in one of the others.
bool covers(const std::vector<Cidr>& networks, const Cidr& inner) {
  return std::ranges::any_of(networks, [&](const Cidr& network) {
    return network.is4() == inner.is4() && network.prefix() <= inner.prefix() && network.contains(inner.network());
  });
}

class ServiceCidrs : public ControllerPlugin {
 public:
  explicit ServiceCidrs(Context& context) : ControllerPlugin(context, "service-cidr") {}

 private:
  Result<void> watch() override {
    controller().watch(ranges_);
    // Another range, or an address less, may be what one that goes has waited for.
    ranges_.onChange([this](const auto&, const auto&) { wakeGoing(); });
    addresses_.onChange([this](const auto&, const Object<IPAddress>& now) {
      if (!now) wakeGoing();
    });
    controller().needs(addresses_);
    return {};
  }

  void wakeGoing() {
    ranges_.forEach([this](const Object<ServiceCIDR>& range) {
      if (deletionPending(range.meta())) controller().enqueue(str(range.name()));
    });
  }

  Task<Result<Reconciled>> reconcile(std::string name) override {
    const Object<ServiceCIDR> range = ranges_.get(name);
    if (!range) co_return Reconciled();
    if (guard_.isUnguarded(range)) {
      auto guarded = guard_.guard(range);
      co_return co_await std::move(guarded);
    }
    if (!deletionPending(range.meta())) {
      auto told = tell(range, "True", "", "Kubernetes Service CIDR is ready");
      CLEAT_CO_TRY(co_await std::move(told));
      co_return Reconciled();
    }
    if (!guard_.mayGo(range)) co_return Reconciled();
    const auto since = parseTime(range.meta().getDeletionTimestamp());
    const Duration left = since ? *since + kGrace - context().wallNow() : Duration{};
    if (left > Duration{}) co_return Reconciled{.requeueAfter = left};
    if (isNeeded(range)) {
      auto told = tell(range, "False", "Terminating",
                       "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new "
                       "ServiceCIDR");
      CLEAT_CO_TRY(co_await std::move(told));
      co_return Reconciled();
    }
    auto released = guard_.release(range);
    co_return co_await std::move(released);
  }

  // Whether there are addresses that are in this range and in no other one that stays.
  bool isNeeded(const Object<ServiceCIDR>& range) const {
    std::vector<Cidr> others;
    ranges_.forEach([&](const Object<ServiceCIDR>& other) {
      if (other.uid() == range.uid() || deletionPending(other.meta())) return;
      for (const Cidr& network : networksOf(other)) others.push_back(network);
    });
    const std::vector<Cidr> mine = networksOf(range);
    if (std::ranges::all_of(mine, [&](const Cidr& network) { return covers(others, network); })) return false;
    bool needed = false;
    addresses_.forEach([&](const Object<IPAddress>& object) {
      const auto address = Ip::parse(object.name());
      needed = needed || (address && contains(mine, *address) && !contains(others, *address));
    });
    return needed;
  }

  // A condition that says so already stays as it is, whatever its words.
  Task<Result<void>> tell(Object<ServiceCIDR> range, const char* status, const char* reason, const char* message) {
    const auto ready = findCondition(range->getStatus().getConditions(), "Ready");
    if (ready && view(ready->getStatus()) == status) co_return Result<void>();
    Draft<ServiceCIDR> draft(range);
    setCondition<meta_v1::Condition>(draft->getStatus(),
                                     {"Ready", status, reason, message, formatTime(context().wallNow())});
    auto written = writeStatus<ServiceCIDR>(client_, range, std::move(draft));
    co_return co_await std::move(written);
  }

  Client client_{context()};
  FinalizerGuard<ServiceCIDR> guard_{context(), kFinalizer};
  Informer<ServiceCIDR> ranges_{context()};
  Informer<IPAddress> addresses_{context()};
};

}  // namespace
}  // namespace cleat::ranges

CLEAT_PLUGIN(cleat::ranges::ServiceCidrs, .name = "controller-service-cidr", .version = "0.1.0", .maturity = "alpha",
             .roles = "controller",
             .grants =
                 "networking.k8s.io servicecidrs get,list,watch,update\n"
                 "networking.k8s.io servicecidrs/status update\n"
                 "networking.k8s.io ipaddresses list,watch\n");
