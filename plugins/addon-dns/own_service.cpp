#include "own_service.h"

#include <arpa/inet.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/text.h>

#include <array>

#include "service_records.h"

namespace cleat::dns {
namespace {

constexpr int32_t kServicePort = 53;
constexpr std::string_view kAddressType4 = "IPv4", kAddressType6 = "IPv6";

struct Port {
  const char* name;
  const char* protocol;
};
constexpr std::array<Port, 2> kPorts{{{"dns", "UDP"}, {"dns-tcp", "TCP"}}};

struct Label {
  std::string_view name, value;
};
// kubectl cluster-info lists the services with the second one.
constexpr std::array<Label, 3> kLabels{
    {{"k8s-app", "kube-dns"}, {"kubernetes.io/cluster-service", "true"}, {"kubernetes.io/name", "KubeDNS"}}};

}  // namespace

bool reachableByOthers(const std::string& address) {
  in_addr v4;
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) {
    const uint32_t bits = ntohl(v4.s_addr);
    return bits != INADDR_ANY && bits >> 24 != 127 && bits >> 16 != 0xa9fe;  // 127.0.0.0/8, 169.254.0.0/16
  }
  in6_addr v6;
  if (inet_pton(AF_INET6, address.c_str(), &v6) != 1) return false;
  return !IN6_IS_ADDR_UNSPECIFIED(&v6) && !IN6_IS_ADDR_LOOPBACK(&v6) && !IN6_IS_ADDR_LINKLOCAL(&v6);
}

Task<Result<void>> OwnService::keep() {
  CLEAT_CO_TRY(co_await keepService());
  co_return co_await keepSlice();
}

bool OwnService::isRight(core_v1::Service::Reader service) const {
  auto spec = service.getSpec();
  auto ports = spec.getPorts();
  if (spec.getSelector().size() != 0 || ports.size() != kPorts.size()) return false;
  for (size_t i = 0; i < kPorts.size(); ++i) {
    auto port = ports[i];
    if (view(port.getName()) != kPorts[i].name || view(port.getProtocol()) != kPorts[i].protocol ||
        port.getPort() != kServicePort)
      return false;
  }
  for (const Label& each : kLabels) {
    if (lookup(service.getMetadata().getLabels(), each.name) != each.value) return false;
  }
  return true;
}

void OwnService::fill(Draft<core_v1::Service>& draft) const {
  for (const Label& each : kLabels) setLabel(draft.meta(), each.name, each.value);
  auto spec = draft->getSpec();
  spec.disownSelector();
  auto ports = spec.initPorts(kPorts.size());
  for (size_t i = 0; i < kPorts.size(); ++i) {
    ports[i].setName(kPorts[i].name);
    ports[i].setProtocol(kPorts[i].protocol);
    ports[i].setPort(kServicePort);
    ports[i].initTargetPort().setIntVal(kServicePort);
  }
}

Task<Result<void>> OwnService::keepService() {
  auto there = co_await client_.get<core_v1::Service>(kServiceKey);
  if (!there && !there.error().is(404)) co_return fail(there.error());
  // The address cannot be changed, so one with another makes room.
  if (there && view((*there)->getSpec().getClusterIP()) != clusterIp_) {
    auto removed =
        co_await client_.remove<core_v1::Service>(kServiceNamespace, kServiceName, {.preconditionUid = there->uid()});
    if (!removed && !removed.error().is(404)) co_return fail(removed.error());
    there = fail(Status::notFound("services", kServiceName));
  }
  if (there) {
    if (isRight(**there)) co_return Result<void>();
    Draft<core_v1::Service> draft(*there);
    fill(draft);
    CLEAT_CO_TRY(co_await client_.update(std::move(draft)));
    co_return Result<void>();
  }
  Draft<core_v1::Service> draft;
  draft.meta().setName(str(kServiceName));
  draft.meta().setNamespace(str(kServiceNamespace));
  auto spec = draft->initSpec();
  spec.setClusterIP(clusterIp_);
  spec.setType("ClusterIP");
  fill(draft);
  auto created = co_await client_.create(std::move(draft));
  if (created || created.error().reason == "AlreadyExists") co_return Result<void>();
  co_return fail(created.error());
}

Task<Result<void>> OwnService::keepSlice() {
  const std::string_view type = clusterIp_.find(':') == std::string::npos ? kAddressType4 : kAddressType6;
  auto there = co_await client_.get<discovery_v1::EndpointSlice>(kServiceKey);
  if (!there && !there.error().is(404)) co_return fail(there.error());
  // What type of addresses a slice has cannot be changed.
  if (there && view((*there)->getAddressType()) != type) {
    auto removed = co_await client_.remove<discovery_v1::EndpointSlice>(kServiceNamespace, kServiceName,
                                                                        {.preconditionUid = there->uid()});
    if (!removed && !removed.error().is(404)) co_return fail(removed.error());
    there = fail(Status::notFound("endpointslices", kServiceName));
  }
  Draft<discovery_v1::EndpointSlice> draft =
      there ? Draft<discovery_v1::EndpointSlice>(*there) : Draft<discovery_v1::EndpointSlice>();
  draft.meta().setName(str(kServiceName));
  draft.meta().setNamespace(str(kServiceNamespace));
  setLabel(draft.meta(), kServiceLabel, kServiceName);
  setLabel(draft.meta(), "endpointslice.kubernetes.io/managed-by", "addon-dns");
  draft->setAddressType(str(type));
  draft->disownEndpoints();
  if (!address_.empty()) {
    auto endpoint = draft->initEndpoints(1)[0];
    endpoint.adoptAddresses(textList(orphanageOf(*draft), {std::string_view(address_)}));
    endpoint.initConditions().initReady().setValue(true);
  }
  auto ports = draft->initPorts(kPorts.size());
  for (size_t i = 0; i < kPorts.size(); ++i) {
    ports[i].setName(kPorts[i].name);
    ports[i].setProtocol(kPorts[i].protocol);
    ports[i].initPort().setValue(port_);
  }
  if (!there) {
    auto created = co_await client_.create(std::move(draft));
    if (created || created.error().reason == "AlreadyExists") co_return Result<void>();
    co_return fail(created.error());
  }
  if (capnp::toAny(draft.reader()) == capnp::toAny(**there)) co_return Result<void>();
  CLEAT_CO_TRY(co_await client_.update(std::move(draft)));
  co_return Result<void>();
}

}  // namespace cleat::dns
