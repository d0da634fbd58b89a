#include "kinds-core/service_pools.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <algorithm>

#include "kinds-common/findings.h"
#include "kinds-common/kind_table.h"
#include "kinds-core/service_families.h"
#include "kinds-core/service_rules.h"

namespace cleat::kinds::core {

namespace {

std::set<int32_t> nodePortsOf(core_v1::ServiceSpec::Reader spec) {
  std::set<int32_t> ports;
  for (auto port : spec.getPorts()) {
    if (port.getNodePort() != 0) ports.insert(port.getNodePort());
  }
  if (spec.getHealthCheckNodePort() != 0) ports.insert(spec.getHealthCheckNodePort());
  return ports;
}

std::vector<Ip> addressesOf(const Object<core_v1::Service>& service) {
  std::vector<Ip> ips;
  if (!service) return ips;
  for (auto text : service->getSpec().getClusterIPs()) {
    if (auto ip = Ip::parse(view(text))) ips.push_back(*ip);
  }
  return ips;
}

std::unexpected<Status> invalidService(std::string_view name, const Findings& findings) {
  return fail(Status::invalid("Service", name, findings.causes()));
}

}  // namespace

// One service on its way, and what was reserved for it.
struct ServicePools::Giving {
  Draft<core_v1::Service> draft;
  Object<core_v1::Service> old;
  AddressOwner owner;
  bool dryRun = false;
  std::set<int32_t> before;            // the node ports it has already
  std::vector<int32_t> reserved = {};  // the new ones
  std::vector<Ip> taken = {};          // addresses that it had not

  core_v1::ServiceSpec::Builder spec() { return draft->getSpec(); }
};

ServicePools::ServicePools(Context& context)
    : context_(context), services_(context), ports_(context.config().server().nodePortRange),
      addresses_(context, services_) {
  services_.onChange([this](const auto& before, const auto& now) { onService(before, now); });
}

void ServicePools::start() {
  if (std::exchange(started_, true)) return;
  services_.start();
  addresses_.start();
}

void ServicePools::onService(const Object<core_v1::Service>& before, const Object<core_v1::Service>& now) {
  const Object<core_v1::Service>& seen = now ? now : before;
  ports_.setOwned(str(seen.uid()), now ? nodePortsOf(now->getSpec()) : std::set<int32_t>());
  auto kept = addressesOf(now);
  for (Ip ip : addressesOf(before)) {
    if (std::find(kept.begin(), kept.end(), ip) == kept.end()) spawn(addresses_.release(ip, ownerOf(before)));
  }
}

Task<Result<Object<core_v1::Service>>> ServicePools::give(Object<core_v1::Service> service,
                                                          Object<core_v1::Service> old, bool dryRun) {
  Object<core_v1::Service> unchanged;
  if (old && sameStruct(old->getSpec(), service->getSpec())) co_return unchanged;
  if (!needsClusterIp(service->getSpec())) co_return unchanged;
  start();
  Giving giving{Draft<core_v1::Service>(service), old, ownerOf(service), dryRun,
                old ? nodePortsOf(old->getSpec()) : std::set<int32_t>()};
  CLEAT_CO_TRY(setFamilies(giving));
  bool wantsPorts = needsNodePort(service->getSpec()) || needsHealthCheckPort(service->getSpec());
  // Before all services are known no port is known to be free.
  if (wantsPorts) co_await services_.waitSynced();
  Result<void> given = givePorts(giving);
  if (given) given = giveHealthCheckPort(giving);
  if (given) given = co_await giveAddresses(giving);
  if (!given || dryRun) takeBack(giving);
  CLEAT_CO_TRY(given);
  if (sameStruct(giving.draft.reader(), *service)) co_return unchanged;
  co_return std::move(giving.draft).freeze();
}

void ServicePools::takeBack(const Giving& giving) {
  for (int32_t port : giving.reserved) ports_.cancel(port, giving.owner.uid);
  if (giving.dryRun) return;
  for (const Ip& ip : giving.taken) spawn(addresses_.release(ip, giving.owner));
}

Result<void> ServicePools::setFamilies(Giving& giving) {
  const std::vector<bool> available = addresses_.families4();
  if (available.empty()) return fail(Status::internal("no range of service addresses is configured (service_cidr)"));
  std::optional<core_v1::ServiceSpec::Reader> old;
  if (giving.old) old = giving.old->getSpec();
  Findings findings;
  settleFamilies(giving.spec(), old, available, findings);
  return findings.empty() ? Result<void>() : invalidService(giving.owner.name, findings);
}

Result<void> ServicePools::givePorts(Giving& giving) {
  if (!needsNodePort(giving.spec().asReader()) || !giving.spec().hasPorts()) return {};
  auto ports = giving.spec().getPorts();
  const std::string& uid = giving.owner.uid;
  // Two protocols of one port share its node port.
  std::map<int32_t, int32_t> given;
  for (auto port : ports) {
    if (port.getNodePort() != 0) given.try_emplace(port.getPort(), port.getNodePort());
  }
  for (uint32_t i = 0; i < ports.size(); ++i) {
    auto port = ports[i];
    if (port.getNodePort() == 0 && given.contains(port.getPort())) port.setNodePort(given[port.getPort()]);
    int32_t wanted = port.getNodePort();
    if (wanted == 0) {
      auto any = ports_.reserveAny(uid, context_.now(), context_.random64());
      if (!any) return fail(Status::internal("failed to allocate a nodePort: range is full"));
      port.setNodePort(*any);
      given[port.getPort()] = *any;
      giving.reserved.push_back(*any);
      continue;
    }
    if (giving.before.contains(wanted)) continue;
    std::string why;
    if (!ports_.inRange(wanted)) {
      why = concat("provided port is not in the valid range. The range of valid ports is ", ports_.rangeText());
    } else if (!ports_.reserve(wanted, uid, context_.now())) {
      why = "provided port is already allocated";
    }
    if (why.empty()) {
      giving.reserved.push_back(wanted);
      continue;
    }
    Findings findings;
    findings.invalid((Path("spec") / "ports")[i] / "nodePort", wanted, why);
    return invalidService(giving.owner.name, findings);
  }
  return {};
}

Result<void> ServicePools::giveHealthCheckPort(Giving& giving) {
  auto spec = giving.spec();
  if (!needsHealthCheckPort(spec.asReader())) return {};
  int32_t wanted = spec.getHealthCheckNodePort();
  if (wanted == 0) {
    auto any = ports_.reserveAny(giving.owner.uid, context_.now(), context_.random64());
    if (!any)
      return fail(
          Status::internal("Internal error occurred: failed to allocate a HealthCheck NodePort: range is full"));
    spec.setHealthCheckNodePort(*any);
    giving.reserved.push_back(*any);
    return {};
  }
  if (giving.before.contains(wanted)) return {};
  bool taken = ports_.inRange(wanted) && !ports_.reserve(wanted, giving.owner.uid, context_.now());
  if (taken || !ports_.inRange(wanted)) {
    return fail(Status::internal(concat(
        "Internal error occurred: failed to allocate requested HealthCheck NodePort ", wanted, ": ",
        taken ? "provided port is already allocated"
              : concat("provided port is not in the valid range. The range of valid ports is ", ports_.rangeText()))));
  }
  giving.reserved.push_back(wanted);
  return {};
}

// One of each of its families; those that it had it keeps.
Task<Result<void>> ServicePools::giveAddresses(Giving& giving) {
  auto spec = giving.spec();
  if (isHeadless(spec.asReader())) co_return Result<void>();
  const std::vector<std::string> families = strings(spec.asReader().getIpFamilies());
  std::vector<std::string> ips = strings(spec.asReader().getClusterIPs());
  if (ips.size() < families.size()) ips.resize(families.size());
  const std::vector<Ip> had = addressesOf(giving.old);
  for (size_t i = 0; i < families.size(); ++i) {
    if (ips[i].empty()) {
      const bool is4 = families[i] == "IPv4";
      CLEAT_CO_TRY(const Ip any, co_await addresses_.takeAny(is4, giving.owner, giving.dryRun));
      giving.taken.push_back(any);
      ips[i] = any.text();
      continue;
    }
    const auto ip = Ip::parse(ips[i]);
    if (!ip || std::ranges::find(had, *ip) != had.end()) continue;
    const Result<void> taken = co_await addresses_.take(*ip, giving.owner, giving.dryRun);
    if (taken) {
      giving.taken.push_back(*ip);
      continue;
    }
    if (!taken.error().is(400)) co_return fail(taken.error());
    Findings findings;
    const std::string why = concat("failed to allocate IP ", ips[i], ": ", taken.error().message);
    findings.invalid(Path("spec") / "clusterIPs", Shown::list(ips), why);
    co_return invalidService(giving.owner.name, findings);
  }
  if (ips.empty()) co_return Result<void>();
  spec.setClusterIP(ips.front());
  spec.adoptClusterIPs(textList(orphanageOf(spec), ips));
  co_return Result<void>();
}

}  // namespace cleat::kinds::core
