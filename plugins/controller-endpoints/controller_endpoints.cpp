// Keeps the endpoints of services.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/discovery_v1.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "addresses.h"
#include "membership.h"
#include "mirroring.h"
#include "slice_writer.h"
#include "slices.h"
#include "trigger_time.h"

using namespace cleat;
using namespace cleat::endpoints;

namespace {

// Without an address it is an endpoint of nothing; the time at which it was found not to be ready counts all the same.
bool concernsServices(const AnyRef& any) {
  const Object<Pod> pod(any);
  const auto status = pod->getStatus();
  const bool hasAddress = status.getPodIP().size() > 0 || status.getPodIPs().size() > 0;
  return hasAddress || findCondition(status.getConditions(), "Ready");
}

class EndpointsController : public ControllerPlugin {
 public:
  explicit EndpointsController(Context& context) : ControllerPlugin(context, "endpoints") {}

  Result<void> watch() override {
    addIndexes();
    nodes_.onChange([this](const Object<Node>& before, const Object<Node>& now) { nodeChanged(before, now); });
    pods_.onChange([this](const Object<Pod>& before, const Object<Pod>& now) { podChanged(before, now); });
    // Hand-made Endpoints may come before their service: only those that go are of interest.
    endpoints_.onChange([this](const Object<Endpoints>& before, const Object<Endpoints>& now) {
      if (!now) controller().enqueue(before.key());
    });
    controller().watch(services_);
    controller().watch(slices_, [](const Object<EndpointSlice>& slice) { return serviceOf(slice); });
    controller().needs(nodes_);
    controller().needs(pods_);
    controller().needs(endpoints_);
    return {};
  }

  Task<Result<void>> start() override {
    CLEAT_CO_TRY(co_await ControllerPlugin::start());
    // Services may have gone while nobody looked.
    endpoints_.forEach([this](const Object<Endpoints>& endpoints) {
      if (!annotation(endpoints.meta(), kLeader)) controller().enqueue(endpoints.key());
    });
    mirroring_.run();
    co_return Result<void>();
  }

 private:
  void addIndexes() {
    services_.addIndex("ns",
                       [](const Object<Service>& service) { return std::vector<std::string>{str(service.ns())}; });
    pods_.addIndex("ns", [](const Object<Pod>& pod) { return std::vector<std::string>{str(pod.ns())}; });
    pods_.addIndex("node",
                   [](const Object<Pod>& pod) { return std::vector<std::string>{str(pod->getSpec().getNodeName())}; });
    slices_.addIndex("service", [](const Object<EndpointSlice>& slice) {
      std::string service = serviceOf(slice);
      return service.empty() ? std::vector<std::string>() : std::vector<std::string>{std::move(service)};
    });
  }

  // The key of the service that a slice of this controller is for; empty for others' slices.
  static std::string serviceOf(const Object<EndpointSlice>& slice) {
    auto service = label(slice.meta(), kServiceLabel);
    if (!service || label(slice.meta(), kSliceManagedBy) != kSliceManager) return {};
    return keyOf(slice.ns(), *service);
  }

  static bool selects(const Object<Service>& service, const Object<Pod>& pod) {
    auto selector = service->getSpec().getSelector();
    return selector.size() > 0 && isSubset(selector, pod.meta().getLabels());
  }

  void enqueueServicesOf(const Object<Pod>& pod) {
    for (const Object<Service>& service : services_.byIndex("ns", pod.ns())) {
      if (selects(service, pod)) controller().enqueue(service.key());
    }
  }

  void podChanged(const Object<Pod>& before, const Object<Pod>& now) {
    if (before && now && sameMember(before, now)) return;
    if (before) enqueueServicesOf(before);
    if (now) enqueueServicesOf(now);
  }

  static bool isReady(const Object<Node>& node) {
    return conditionIs(node->getStatus().getConditions(), "Ready", "True");
  }

  void zonesChanged() {
    shares_.reset();
    if (hinted_.empty()) return;
    for (const std::string& service : hinted_.overloaded(shares())) controller().enqueue(service);
  }

  const ZoneShares& shares() {
    if (!shares_) {
      std::vector<Object<Node>> all;
      nodes_.forEach([&](const Object<Node>& node) { all.push_back(node); });
      shares_ = zoneShares(all);
    }
    return *shares_;
  }

  void nodeChanged(const Object<Node>& before, const Object<Node>& now) {
    if (!before || !now || zoneOf(before) != zoneOf(now) || isReady(before) != isReady(now)) zonesChanged();
    if (before && now && zoneOf(before) == zoneOf(now)) return;
    for (const Object<Pod>& pod : pods_.byIndex("node", (now ? now : before).name())) enqueueServicesOf(pod);
  }

  Task<Result<Reconciled>> reconcile(std::string key) override {
    Object<Service> service = services_.get(key);
    if (!service) co_return co_await removeAll(key);
    // Without a selector somebody else looks after the endpoints; an ExternalName has none.
    if (service->getSpec().getSelector().size() == 0 || view(service->getSpec().getType()) == "ExternalName") {
      co_return Reconciled();
    }
    std::vector<Object<Pod>> pods;
    for (const Object<Pod>& pod : pods_.byIndex("ns", service.ns())) {
      if (selects(service, pod)) pods.push_back(pod);
    }
    const FindNode findNode = [this](std::string_view name) { return nodes_.get(name); };
    const std::vector<Group> first = groupMembers(service, pods, firstFamilyOf(service), findNode);
    const std::optional<WallTime> trigger = triggers_.next(service, pods);
    Result<void> written = co_await writeEndpoints(service, first, trigger);
    if (!written) {
      tellFailure(events_, service, "FailedToUpdateEndpoint", "Failed to update endpoint ", written.error());
      co_return fail(written.error());
    }
    FamilyGroups groups;
    for (std::string_view family : familiesOf(service)) groups[family] = groupMembers(service, pods, family, findNode);
    const ZoneShares none;
    SlicePlan plan =
        planSlices(service, groups, slices_.byIndex("service", key), wantsTopologyHints(service) ? shares() : none);
    const std::vector<HintedServices::News> news = noteHints(key, groups, plan);
    // The garbage collector removes the slices of a service that is being deleted: new ones would be in its way.
    if (deletionPending(service.meta())) plan.creates.clear();
    for (auto* drafts : {&plan.creates, &plan.updates}) {
      for (Draft<EndpointSlice>& draft : *drafts) TriggerTimes::write(draft.meta(), trigger);
    }
    Result<void> sliced = co_await writer_.carryOut(std::move(plan));
    for (const HintedServices::News& each : news) {
      sliceEvents_.record(referenceTo(service), each.isWarning ? "Warning" : "Normal", each.reason, each.message);
    }
    if (!sliced) {
      tellFailure(sliceEvents_, service, "FailedToUpdateEndpointSlices", "Error updating Endpoint Slices for Service ",
                  sliced.error());
      co_return fail(sliced.error());
    }
    co_return Reconciled();
  }

  std::vector<HintedServices::News> noteHints(const std::string& service, const FamilyGroups& groups,
                                              const SlicePlan& plan) {
    std::vector<HintedServices::News> news;
    for (std::string_view family : {kIpv4, kIpv6}) {
      if (!groups.contains(family)) {
        hinted_.forget(service, family);
        continue;
      }
      auto outcome = plan.hints.find(family);
      std::ranges::move(hinted_.note(service, family, outcome != plan.hints.end() ? &outcome->second : nullptr),
                        std::back_inserter(news));
    }
    return news;
  }

  static void tellFailure(EventRecorder& events, const Object<Service>& service, std::string_view reason,
                          std::string_view what, const Status& why) {
    if (!why.is(409)) events.warning(service, reason, concat(what, service.key(), ": ", why.message));
  }

  Task<Result<Reconciled>> removeAll(std::string key) {
    triggers_.forget(key);
    hinted_.forget(key);
    SlicePlan nothing;
    nothing.removals = slices_.byIndex("service", key);
    CLEAT_CO_TRY(co_await writer_.carryOut(std::move(nothing)));
    Object<Endpoints> old = endpoints_.get(key);
    if (!old) co_return Reconciled();
    // The service may be so new that it has not been seen.
    auto live = co_await client_.get<Service>(key);
    if (live) co_return Reconciled();
    if (!live.error().is(404)) co_return fail(live.error());
    const std::string uid(old.uid());
    DeleteOptions options;
    options.preconditionUid = uid;
    auto removed = co_await client_.remove<Endpoints>(old.ns(), old.name(), options);
    if (!removed && !outdated(removed.error())) co_return fail(removed.error());
    co_return Reconciled();
  }

  Task<Result<void>> writeEndpoints(Object<Service> service, const std::vector<Group>& groups,
                                    std::optional<WallTime> trigger) {
    Object<Endpoints> old = endpoints_.get(service.key());
    Draft<Endpoints> draft = endpointsOf(service, groups, old);
    if (old && capnp::toAny(draft.reader()) == capnp::toAny(*old)) co_return Result<void>();
    if (!old && deletionPending(service.meta())) co_return Result<void>();
    TriggerTimes::write(draft.meta(), trigger);
    Result<Object<Endpoints>> written = Object<Endpoints>();
    if (old) {
      written = co_await client_.update<Endpoints>(std::move(draft));
    } else {
      written = co_await client_.create<Endpoints>(std::move(draft));
    }
    if (!written &&
        (written.error().reason == "AlreadyExists" || written.error().is(404) || namespaceEnds(written.error()))) {
      co_return Result<void>();
    }
    CLEAT_CO_TRY(written);
    co_await endpoints_.waitFor(written->revision());
    co_return Result<void>();
  }

  Client client_{context()};
  EventRecorder events_{context(), "endpoint-controller"}, sliceEvents_{context(), "endpoint-slice-controller"};
  Informer<Service> services_{context()};
  Informer<Node> nodes_{context()};
  Informer<Pod> pods_{context(), {.only = concernsServices}};
  Informer<EndpointSlice> slices_{context()};
  Informer<Endpoints> endpoints_{context()};
  TriggerTimes triggers_;
  HintedServices hinted_;
  std::optional<ZoneShares> shares_;  // worked out when somebody asks
  SliceWriter writer_{context(), slices_};
  Mirroring mirroring_{context(), services_, endpoints_, slices_};
};

}  // namespace

CLEAT_PLUGIN(EndpointsController, .name = "controller-endpoints", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants =
                 "- services,pods,nodes get,list,watch\n- endpoints get,list,watch,create,update,delete\n"
                 "discovery.k8s.io endpointslices get,list,watch,create,update,delete\n"
                 "- events create,patch,update\n");
