// Keeps the endpoints of services.
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/discovery_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>
#include <cleat/sdk/selector.h>

#include <algorithm>
#include <map>

#include "membership.h"

using namespace cleat;
using namespace cleat::endpoints;
using core_v1::Endpoints;
using core_v1::Node;
using discovery_v1::EndpointSlice;

namespace {

constexpr std::string_view kServiceLabel = "kubernetes.io/service-name";
constexpr std::string_view kManagedBy = "endpointslice.kubernetes.io/managed-by";
constexpr const char* kManager = "endpointslice-controller.k8s.io";
constexpr std::string_view kHeadless = "service.kubernetes.io/headless";
constexpr std::string_view kEndpointsManagedBy = "endpoints.kubernetes.io/managed-by";
constexpr const char* kEndpointsManager = "endpoint-controller";
constexpr size_t kMostInSlice = 100;
constexpr size_t kMostInEndpoints = 1000;

class EndpointsController : public Plugin {
 public:
  using Plugin::Plugin;

  Task<Result<void>> start() override {
    slices_.addIndex("service", [](const Object<EndpointSlice>& slice) {
      auto service = label(slice.meta(), kServiceLabel);
      if (!service || label(slice.meta(), kManagedBy).value_or("") != kManager) return std::vector<std::string>();
      return std::vector<std::string>{keyOf(slice.ns(), *service)};
    });
    pods_.addIndex("ns", [](const Object<Pod>& pod) { return std::vector<std::string>{str(pod.ns())}; });
    controller_.watch(services_);
    controller_.watch(pods_, [this](const Object<Pod>& pod) { return servicesOf(pod); });
    controller_.watch(slices_, [](const Object<EndpointSlice>& slice) {
      auto service = label(slice.meta(), kServiceLabel);
      return service ? keyOf(slice.ns(), *service) : std::string();
    });
    co_await services_.waitSynced();
    co_await pods_.waitSynced();
    co_await slices_.waitSynced();
    co_await endpoints_.waitSynced();
    controller_.run();
    co_return Result<void>();
  }

 private:
  std::vector<std::string> servicesOf(const Object<Pod>& pod) {
    std::vector<std::string> keys;
    services_.forEach([&](const Object<Service>& service) {
      auto selector = service->getSpec().getSelector();
      if (service.ns() == pod.ns() && selector.size() > 0 && isSubset(selector, pod.meta().getLabels())) {
        keys.push_back(service.key());
      }
    });
    return keys;
  }

  Task<Result<Reconciled>> reconcile(std::string key) {
    Object<Service> service = services_.get(key);
    if (!service || deletionPending(service.meta())) co_return co_await removeAll(key);
    // Without a selector somebody else looks after the endpoints; an ExternalName has none.
    if (service->getSpec().getSelector().size() == 0 || view(service->getSpec().getType()) == "ExternalName") {
      co_return Reconciled();
    }
    if (auto ahead = ahead_.find(key); ahead != ahead_.end()) {
      if (slices_.any().revision() < ahead->second) co_return Reconciled{std::chrono::milliseconds(10)};
      ahead_.erase(ahead);
    }
    std::vector<Object<Pod>> pods;
    for (const Object<Pod>& pod : pods_.byIndex("ns", service.ns())) {
      if (isSubset(service->getSpec().getSelector(), pod.meta().getLabels())) pods.push_back(pod);
    }
    std::vector<Group> groups = groupMembers(service, std::move(pods));
    Result<void> sliced = co_await writeSlices(service, groups);
    if (!sliced) co_return fail(sliced.error());
    Result<void> written = co_await writeEndpoints(service, groups);
    if (!written) co_return fail(written.error());
    co_return Reconciled();
  }

  Task<Result<Reconciled>> removeAll(std::string key) {
    for (const Object<EndpointSlice>& slice : slices_.byIndex("service", key)) {
      auto removed = co_await client_.remove<EndpointSlice>(slice.ns(), slice.name());
      if (!removed && !removed.error().is(404)) co_return fail(removed.error());
    }
    Object<Endpoints> old = endpoints_.get(key);
    if (old && label(old.meta(), kEndpointsManagedBy).value_or("") == kEndpointsManager) {
      auto removed = co_await client_.remove<Endpoints>(old.ns(), old.name());
      if (!removed && !removed.error().is(404)) co_return fail(removed.error());
    }
    ahead_.erase(key);
    co_return Reconciled();
  }

  static void fillEndpoint(discovery_v1::Endpoint::Builder endpoint, const Member& member) {
    endpoint.initAddresses(1).set(0, member.address);
    auto conditions = endpoint.initConditions();
    conditions.initReady().setValue(member.ready);
    conditions.initServing().setValue(member.serving);
    conditions.initTerminating().setValue(member.terminating);
    if (!member.hostname.empty()) endpoint.setHostname(member.hostname);
    endpoint.setNodeName(member.pod->getSpec().getNodeName());
    auto target = endpoint.initTargetRef();
    target.setKind("Pod");
    target.setNamespace(str(member.pod.ns()));
    target.setName(str(member.pod.name()));
    target.setUid(str(member.pod.uid()));
  }

  static void fillPorts(EndpointSlice::Builder slice, const std::vector<Port>& ports) {
    auto list = slice.initPorts(ports.size());
    for (uint32_t i = 0; i < ports.size(); ++i) {
      list[i].setName(ports[i].name);
      list[i].setProtocol(ports[i].protocol);
      list[i].initPort().setValue(ports[i].number);
      if (!ports[i].appProtocol.empty()) list[i].setAppProtocol(ports[i].appProtocol);
    }
  }

  Draft<EndpointSlice> sliceOf(const Object<Service>& service, const std::vector<Port>& ports, const Member* members,
                               size_t count) {
    Draft<EndpointSlice> slice;
    slice.meta().setNamespace(str(service.ns()));
    slice.meta().setGenerateName(concat(service.name(), "-"));
    slice.meta().setLabels(service.meta().getLabels());
    setLabel(slice.meta(), kServiceLabel, service.name());
    setLabel(slice.meta(), kManagedBy, std::string_view(kManager));
    if (view(service->getSpec().getClusterIP()) == "None") setLabel(slice.meta(), kHeadless, "");
    setController(slice.meta(), service);
    slice->setAddressType("IPv4");
    fillPorts(*slice, ports);
    auto endpoints = slice->initEndpoints(count);
    for (uint32_t i = 0; i < count; ++i) fillEndpoint(endpoints[i], members[i]);
    return slice;
  }

  // Existing slices are used again in their order, so that a small change rewrites one of them.
  Task<Result<void>> writeSlices(Object<Service> service, std::vector<Group> groups) {
    std::vector<Draft<EndpointSlice>> wanted;
    for (const Group& group : groups) {
      for (size_t at = 0; at < group.members.size(); at += kMostInSlice) {
        const size_t count = std::min(kMostInSlice, group.members.size() - at);
        wanted.push_back(sliceOf(service, group.ports, group.members.data() + at, count));
      }
    }
    if (wanted.empty()) wanted.push_back(sliceOf(service, {}, nullptr, 0));
    std::vector<Object<EndpointSlice>> have = slices_.byIndex("service", service.key());
    for (size_t i = 0; i < wanted.size(); ++i) {
      Result<Object<EndpointSlice>> written = Object<EndpointSlice>();
      if (i >= have.size()) {
        written = co_await client_.create<EndpointSlice>(std::move(wanted[i]));
      } else {
        Draft<EndpointSlice> draft(have[i]);
        copySlice(*draft, wanted[i].reader());
        if (capnp::toAny(draft.reader()) == capnp::toAny(*have[i])) continue;
        written = co_await client_.update<EndpointSlice>(std::move(draft));
      }
      if (!written) co_return fail(written.error());
      ahead_[service.key()] = written->revision();
    }
    for (size_t i = wanted.size(); i < have.size(); ++i) {
      auto removed = co_await client_.remove<EndpointSlice>(have[i].ns(), have[i].name());
      if (!removed && !removed.error().is(404)) co_return fail(removed.error());
    }
    co_return Result<void>();
  }

  static void copySlice(EndpointSlice::Builder to, EndpointSlice::Reader from) {
    to.getMetadata().setLabels(from.getMetadata().getLabels());
    to.setPorts(from.getPorts());
    to.setEndpoints(from.getEndpoints());
  }

  static void fillAddresses(capnp::List<core_v1::EndpointAddress>::Builder list, const std::vector<const Member*>& members) {
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setIp(members[i]->address);
      if (!members[i]->hostname.empty()) list[i].setHostname(members[i]->hostname);
      list[i].setNodeName(members[i]->pod->getSpec().getNodeName());
      auto target = list[i].initTargetRef();
      target.setKind("Pod");
      target.setNamespace(str(members[i]->pod.ns()));
      target.setName(str(members[i]->pod.name()));
      target.setUid(str(members[i]->pod.uid()));
    }
  }

  struct Subset {
    const std::vector<Port>* ports;
    std::vector<const Member*> ready, waiting;
  };

  // Groups whose members are all on their way out have nothing to say here.
  static std::vector<Subset> subsetsOf(const std::vector<Group>& groups) {
    std::vector<Subset> subsets;
    for (const Group& group : groups) {
      Subset subset{&group.ports, {}, {}};
      for (const Member& member : group.members) {
        if (member.terminating && !member.ready) continue;
        if (subset.ready.size() + subset.waiting.size() == kMostInEndpoints) break;
        (member.ready ? subset.ready : subset.waiting).push_back(&member);
      }
      if (!subset.ready.empty() || !subset.waiting.empty()) subsets.push_back(std::move(subset));
    }
    return subsets;
  }

  static void fillSubsets(Endpoints::Builder endpoints, const std::vector<Group>& groups) {
    const std::vector<Subset> wanted = subsetsOf(groups);
    if (wanted.empty()) {
      endpoints.disownSubsets();
      return;
    }
    auto subsets = endpoints.initSubsets(wanted.size());
    for (uint32_t i = 0; i < wanted.size(); ++i) {
      const Subset& subset = wanted[i];
      if (!subset.ready.empty()) fillAddresses(subsets[i].initAddresses(subset.ready.size()), subset.ready);
      if (!subset.waiting.empty()) fillAddresses(subsets[i].initNotReadyAddresses(subset.waiting.size()), subset.waiting);
      auto ports = subsets[i].initPorts(subset.ports->size());
      for (uint32_t j = 0; j < ports.size(); ++j) {
        ports[j].setName((*subset.ports)[j].name);
        ports[j].setPort((*subset.ports)[j].number);
        ports[j].setProtocol((*subset.ports)[j].protocol);
      }
    }
  }

  Task<Result<void>> writeEndpoints(Object<Service> service, std::vector<Group> groups) {
    Object<Endpoints> old = endpoints_.get(service.key());
    Draft<Endpoints> draft = old ? Draft<Endpoints>(old) : Draft<Endpoints>();
    draft.meta().setName(str(service.name()));
    draft.meta().setNamespace(str(service.ns()));
    draft.meta().setLabels(service.meta().getLabels());
    setLabel(draft.meta(), kEndpointsManagedBy, std::string_view(kEndpointsManager));
    if (view(service->getSpec().getClusterIP()) == "None") setLabel(draft.meta(), kHeadless, "");
    fillSubsets(*draft, groups);
    if (old && capnp::toAny(draft.reader()) == capnp::toAny(*old)) co_return Result<void>();
    Result<Object<Endpoints>> written = Object<Endpoints>();
    if (old) {
      written = co_await client_.update<Endpoints>(std::move(draft));
    } else {
      written = co_await client_.create<Endpoints>(std::move(draft));
    }
    if (!written) co_return fail(written.error());
    co_return Result<void>();
  }

  Client client_{context()};
  Informer<Service> services_{context()};
  Informer<Pod> pods_{context()};
  Informer<EndpointSlice> slices_{context()};
  Informer<Endpoints> endpoints_{context()};
  // By service: the revision that the informer of slices must have reached, because it was written here.
  std::map<std::string, uint64_t> ahead_;
  Controller controller_{context(), "endpoints", [this](std::string key) { return reconcile(std::move(key)); }};
};

}  // namespace

CLEAT_PLUGIN(EndpointsController, .name = "controller-endpoints", .version = "0.1.0", .maturity = "beta",
             .roles = "controller",
             .grants = "- services,pods get,list,watch\n- endpoints get,list,watch,create,update,delete\n"
                       "discovery.k8s.io endpointslices get,list,watch,create,update,delete\n");
