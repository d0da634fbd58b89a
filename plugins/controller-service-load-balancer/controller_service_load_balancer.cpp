// Load balancers out of the nodes themselves: a service of the type LoadBalancer gets their addresses, where the
// proxies take what comes to its ports. What a cloud's controller does elsewhere.
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/host_port.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/meta.h>

#include <charconv>
#include <set>

#include "balancing.h"

namespace cleat::balancer {
namespace {

constexpr const char* kByService = "service";
constexpr const char* kServiceLabel = "kubernetes.io/service-name";
constexpr const char* kWanting = "wanting";
constexpr uint16_t kSecureShell = 22;

std::vector<std::string> serviceOf(const Object<EndpointSlice>& slice) {
  const auto service = label(slice.meta(), kServiceLabel);
  if (!service) return {};
  return {keyOf(slice.ns(), *service)};
}

class ServiceLoadBalancer : public ControllerPlugin {
 public:
  explicit ServiceLoadBalancer(Context& context) : ControllerPlugin(context, "service-load-balancer") {}

 private:
  Result<void> watch() override {
    CLEAT_TRY(readReserved());
    // All that want one, for one that goes may leave its ports to another.
    services_.addIndex(kWanting, [](const Object<Service>& service) {
      return wantsBalancer(service) ? std::vector<std::string>{kWanting} : std::vector<std::string>();
    });
    slices_.addIndex(kByService, serviceOf);
    controller().watch(services_);
    services_.onChange([this](const auto& before, const auto& now) {
      const bool wanted = before && wantsBalancer(before), wants = now && wantsBalancer(now);
      if (wanted != wants || (wants && differInPorts(before, now))) wakeAll();
    });
    nodes_.onChange([this](const auto& before, const auto& now) {
      if (!before || !now || isAvailable(before) != isAvailable(now) || differ(before, now)) wakeAll();
    });
    controller().needs(nodes_);
    controller().watch(slices_, [this](const Object<EndpointSlice>& slice) {
      std::vector<std::string> keys = serviceOf(slice);
      std::erase_if(keys, [this](const std::string& key) {
        const Object<Service> service = services_.get(key);
        return !service || view(service->getSpec().getExternalTrafficPolicy()) != "Local";
      });
      return keys;
    });
    return {};
  }

  static bool differInPorts(const Object<Service>& a, const Object<Service>& b) {
    return capnp::toAny(a->getSpec().getPorts()) != capnp::toAny(b->getSpec().getPorts());
  }
  static bool differ(const Object<Node>& a, const Object<Node>& b) {
    return capnp::toAny(a->getStatus().getAddresses()) != capnp::toAny(b->getStatus().getAddresses());
  }

  void wakeAll() {
    for (const auto& service : services_.byIndex(kWanting, kWanting)) {
      controller().enqueue(keyOf(service.ns(), service.name()));
    }
  }

  // What the nodes serve themselves is not for services to take.
  Result<void> readReserved() {
    reserved_ = {kSecureShell, config().server().agentPort};
    std::vector<std::string> ports = config().list("reserved_ports");
    const std::string_view url = config().server().url;
    const auto server = splitHostPort(url.substr(std::min(url.size(), url.find("//") + 2)));
    if (server && !server->port.empty()) ports.emplace_back(server->port);
    for (const std::string& text : ports) {
      uint16_t port = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
      if (error != std::errc() || end != text.data() + text.size() || port == 0) {
        return fail(Status::badRequest(concat("reserved_ports: \"", text, "\" is no port")));
      }
      reserved_.insert(port);
    }
    return {};
  }

  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<Service> service = services_.get(key);
    if (!service) co_return Reconciled();
    if (!wantsBalancer(service)) {
      if (!hasBalancer(service)) co_return Reconciled();
      auto taken = takeBack(service);
      CLEAT_CO_TRY(co_await std::move(taken));
      co_return Reconciled();
    }
    auto ensured = ensure(service);
    CLEAT_CO_TRY(co_await std::move(ensured));
    co_return Reconciled();
  }

  Task<Result<void>> ensure(Object<Service> service) {
    const std::string refusal = refusalOf(service, services_.byIndex(kWanting, kWanting), reserved_);
    std::vector<std::string> addresses;
    if (refusal.empty()) {
      addresses =
          addressesFor(service, nodes_.list(), slices_.byIndex(kByService, keyOf(service.ns(), service.name())));
    }
    if (hasBalancer(service) && addressesOf(service) == addresses && !(addresses.empty() && isNews(service, refusal))) {
      co_return Result<void>();
    }
    events_.normal(service, "EnsuringLoadBalancer", "Ensuring load balancer");
    if (!hasBalancer(service)) {
      Draft<Service> held(service);
      addFinalizer(held.meta(), kFinalizer);
      Result<Object<Service>> updated = co_await client_.update<Service>(std::move(held));
      if (!updated) co_return ignoringGone(updated.error());
      service = std::move(*updated);
    }
    auto told = tell(service, addresses);
    CLEAT_CO_TRY(co_await std::move(told));
    if (!refusal.empty()) {
      events_.warning(service, "SyncLoadBalancerFailed",
                      concat("Error syncing load balancer: failed to ensure load balancer: ", refusal));
    } else if (addresses.empty()) {
      events_.warning(service, "UnAvailableLoadBalancer", "There are no available nodes for LoadBalancer");
    } else {
      events_.normal(service, "EnsuredLoadBalancer", "Ensured load balancer");
    }
    co_return Result<void>();
  }

  // Whether this service has not been told yet why it has no address.
  bool isNews(const Object<Service>& service, const std::string& why) {
    const auto [told, isNew] = told_.try_emplace(str(service.uid()), why);
    if (isNew || told->second == why) return isNew;
    told->second = why;
    return true;
  }

  Task<Result<void>> takeBack(Object<Service> service) {
    events_.normal(service, "DeletingLoadBalancer", "Deleting load balancer");
    told_.erase(str(service.uid()));
    if (!addressesOf(service).empty()) {
      auto told = tell(service, {});
      CLEAT_CO_TRY(co_await std::move(told));
      Result<Object<Service>> now = co_await client_.get<Service>(service.ns(), service.name());
      if (!now) co_return ignoringGone(now.error());
      service = std::move(*now);
    }
    Draft<Service> freed(service);
    removeFinalizer(freed.meta(), kFinalizer);
    Result<Object<Service>> updated = co_await client_.update<Service>(std::move(freed));
    if (!updated) co_return ignoringGone(updated.error());
    events_.normal(service, "DeletedLoadBalancer", "Deleted load balancer");
    co_return Result<void>();
  }

  // Writes the addresses into the status, if they are others.
  Task<Result<void>> tell(Object<Service> service, std::vector<std::string> addresses) {
    if (addressesOf(service) == addresses) co_return Result<void>();
    Draft<Service> draft(service);
    auto status = draft->getStatus().initLoadBalancer();
    if (!addresses.empty()) {
      auto ingress = status.initIngress(static_cast<uint32_t>(addresses.size()));
      for (uint32_t i = 0; i < ingress.size(); ++i) {
        ingress[i].setIp(addresses[i]);
        ingress[i].setIpMode("VIP");
      }
    }
    Result<Object<Service>> updated = co_await client_.updateStatus<Service>(std::move(draft));
    if (!updated) co_return ignoringGone(updated.error());
    co_return Result<void>();
  }

  static Result<void> ignoringGone(const Status& error) {
    if (error.is(404)) return {};
    return fail(error);
  }

  Client client_{context()};
  EventRecorder events_{context(), "service-controller"};
  std::set<uint16_t> reserved_;
  std::map<std::string, std::string> told_;  // by the service's uid
  Informer<Service> services_{context()};
  Informer<Node> nodes_{context()};
  Informer<EndpointSlice> slices_{context()};
};

}  // namespace
}  // namespace cleat::balancer

CLEAT_PLUGIN(
    cleat::balancer::ServiceLoadBalancer, .name = "controller-service-load-balancer", .version = "0.1.0",
    .maturity = "alpha", .roles = "controller",
    .grants =
        "- services get,list,watch,update\n"
        "- services/status update\n"
        "- nodes list,watch\n"
        "discovery.k8s.io endpointslices list,watch\n"
        "- events create,patch,update\n",
    .configSchema =
        "reserved_ports list # ports of the nodes that no service gets, beside 22, the agent's and the API's\n");
