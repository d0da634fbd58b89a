#include "devices/pod_devices.h"

#include <cleat/sdk/meta.h>

#include <algorithm>

namespace cleat::agent {
namespace {

using core_v1::Pod;
using devices::PodClaim;
using resource_v1::ResourceClaim;

// The claims that the pod names, and the one that was made for its extended resources.
std::vector<PodClaim> claimsOf(const Object<Pod>& pod) {
  std::vector<PodClaim> uses = devices::podClaimsOf(pod);
  if (const std::string_view claim = devices::extendedResourceClaimOf(pod); !claim.empty()) {
    uses.push_back({.name = {}, .claim = std::string(claim), .fromTemplate = {}});
  }
  return uses;
}

Result<void> checkClaim(const Object<Pod>& pod, const PodClaim& use, const Object<ResourceClaim>& claim) {
  const bool isOwn = !use.fromTemplate.empty() || use.name.empty();
  if (isOwn && !devices::isMadeFor(claim, pod)) {
    return fail(Status::badRequest(
        concat("ResourceClaim ", claim.key(), " was not created for pod ", pod.key(), " (pod is not owner)")));
  }
  if (!devices::isReservedFor(claim->getStatus(), pod.uid())) {
    return fail(
        Status::unavailable(concat("pod ", pod.name(), " (", pod.uid(), ") is not allowed to use ResourceClaim ",
                                   claim.name(), " (", claim.uid(), ")")));
  }
  if (!devices::isAllocated(claim)) {
    return fail(Status::unavailable(concat("ResourceClaim ", claim.name(), ": not allocated")));
  }
  return {};
}

// A request's name without that of the alternative that was taken.
std::string_view baseOf(std::string_view request) { return request.substr(0, request.find('/')); }

// Those that are for the request; all where it is empty.
template <class F>
void forEachDevice(const PreparedClaim& claim, std::string_view request, F visit) {
  for (const auto& [driver, prepared] : claim.drivers) {
    for (const PreparedDevice& device : prepared) {
      const bool isFor =
          request.empty() || device.requests.empty() ||
          std::ranges::any_of(device.requests, [&](const std::string& one) { return baseOf(one) == request; });
      if (isFor) visit(driver, device);
    }
  }
}

const char* healthText(role::Health health) {
  switch (health) {
    case role::Health::HEALTHY: return "Healthy";
    case role::Health::UNHEALTHY: return "Unhealthy";
    default: return "Unknown";
  }
}

void addFact(std::vector<ResourceDevices>& all, const std::string& name, DeviceFact fact) {
  auto at = std::ranges::find(all, name, &ResourceDevices::name);
  if (at == all.end()) at = all.insert(all.end(), ResourceDevices{name, {}});
  const bool isKnown = std::ranges::find(at->devices, fact.id, &DeviceFact::id) != at->devices.end();
  if (!isKnown) at->devices.push_back(std::move(fact));
}

}  // namespace

Task<Result<void>> PodDevices::prepare(Object<Pod> pod) { return prepareAll(std::move(pod), Again::yes); }

Task<Result<void>> PodDevices::keep(Object<Pod> pod) {
  if (isDone_) return []() -> Task<Result<void>> { co_return Result<void>(); }();
  return prepareAll(std::move(pod), Again::no);
}

Task<Result<void>> PodDevices::prepareAll(Object<Pod> pod, Again again) {
  for (PodClaim& use : claimsOf(pod)) {
    auto preparing = prepareOne(pod, std::move(use), again);
    Result<void> prepared = co_await std::move(preparing);
    if (prepared) continue;
    prepared.error().message = concat("prepare dynamic resources: ", prepared.error().message);
    co_return fail(prepared.error());
  }
  isDone_ = true;
  co_return Result<void>();
}

Task<Result<void>> PodDevices::prepareOne(Object<Pod> pod, PodClaim use, Again again) {
  if (use.state == PodClaim::State::notNeeded) co_return Result<void>();
  if (use.state == PodClaim::State::notCreated) {
    co_return fail(
        Status::unavailable(concat("pod ", pod.key(), ": pod claim ", use.name, ": ResourceClaim not created yet")));
  }
  if (again == Again::no) {
    const PreparedClaim* known = named(pod, use.claim);
    if (known != nullptr && known->isReady) co_return Result<void>();
  }
  auto found = co_await node_.client.get<ResourceClaim>(pod.ns(), use.claim);
  if (!found) {
    co_return fail(Status::unavailable(concat("fetch ResourceClaim ", use.claim, ": ", found.error().message)));
  }
  CLEAT_CO_TRY(checkClaim(pod, use, *found));
  auto turn = co_await node_.prepared.turns().lock(str(found->uid()));
  auto asking = askDrivers(*found, again);
  co_return co_await std::move(asking);
}

Task<Result<void>> PodDevices::askDrivers(Object<ResourceClaim> claim, Again again) {
  const PreparedClaim* known = node_.prepared.find(claim.uid());
  PreparedClaim wanted{.ns = str(claim.ns()), .name = str(claim.name()), .uid = str(claim.uid())};
  if (known != nullptr) wanted = *known;
  const bool isFirst = wanted.pods.insert(podUid_).second;
  const std::set<std::string> drivers = driversOf(*claim);
  for (const std::string& driver : drivers) {
    auto looking = node_.drivers.check(driver);
    CLEAT_CO_TRY(co_await std::move(looking));
    wanted.drivers.try_emplace(driver);
  }
  // Written down before anybody is asked, so that it is taken back in any case.
  auto noting = node_.prepared.put(wanted);
  CLEAT_CO_TRY(co_await std::move(noting));
  // Another pod of this node has it prepared.
  if (wanted.isReady && (again == Again::no || (isFirst && wanted.pods.size() > 1))) co_return Result<void>();
  for (const std::string& driver : drivers) {
    auto preparing = node_.drivers.prepare(claim, driver);
    auto devices = co_await std::move(preparing);
    if (!devices) {
      co_return fail(Status::unavailable(
          concat("NodePrepareResources failed for ResourceClaim ", claim.name(), ": ", devices.error().message)));
    }
    wanted.drivers[driver] = std::move(*devices);
  }
  wanted.isReady = true;
  auto keeping = node_.prepared.put(std::move(wanted));
  co_return co_await std::move(keeping);
}

const PreparedClaim* PodDevices::named(const Object<Pod>& pod, std::string_view claim) const {
  for (const std::string& uid : node_.prepared.usedBy(podUid_)) {
    const PreparedClaim* known = node_.prepared.find(uid);
    if (known != nullptr && known->ns == pod.ns() && known->name == claim) return known;
  }
  return nullptr;
}

template <class F>
void PodDevices::forEachUse(const Object<Pod>& pod, const PodContainer& container, F visit) const {
  const std::vector<PodClaim> uses = claimsOf(pod);
  for (auto wanted : container.spec.getResources().getClaims()) {
    const std::string_view request = view(wanted.getRequest());
    for (const PodClaim& use : uses) {
      if (use.name != view(wanted.getName()) || use.name.empty()) continue;
      const PreparedClaim* claim = named(pod, use.claim);
      if (claim != nullptr) visit(concat("claim:", use.name, request.empty() ? "" : "/", request), *claim, request);
    }
  }
  auto extended = pod->getStatus().getExtendedResourceClaimStatus();
  for (auto mapping : extended.getRequestMappings()) {
    if (view(mapping.getContainerName()) != container.name()) continue;
    const PreparedClaim* claim = named(pod, view(extended.getResourceClaimName()));
    if (claim != nullptr) visit(str(mapping.getResourceName()), *claim, view(mapping.getRequestName()));
  }
}

std::vector<std::string> PodDevices::cdiDevicesOf(const Object<Pod>& pod, const PodContainer& container) const {
  std::vector<std::string> names;
  forEachUse(pod, container, [&](const std::string&, const PreparedClaim& claim, std::string_view request) {
    forEachDevice(claim, request, [&](const std::string&, const PreparedDevice& device) {
      for (const std::string& name : device.cdiDevices) {
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
      }
    });
  });
  return names;
}

std::vector<ResourceDevices> PodDevices::healthOf(const Object<Pod>& pod, const PodContainer& container) const {
  std::vector<ResourceDevices> all;
  forEachUse(pod, container, [&](const std::string& name, const PreparedClaim& claim, std::string_view request) {
    forEachDevice(claim, request, [&](const std::string& driver, const PreparedDevice& device) {
      const DeviceHealth health = node_.health.of({driver, device.pool, device.device});
      std::string id = concat(driver, "/", device.pool, "/", device.device);
      if (!device.cdiDevices.empty()) id = device.cdiDevices.front();
      addFact(all, name, {std::move(id), healthText(health.health), health.message});
    });
  });
  return all;
}

Task<Result<void>> PodDevices::unprepare() {
  isDone_ = false;
  for (const std::string& uid : node_.prepared.usedBy(podUid_)) {
    auto turn = co_await node_.prepared.turns().lock(uid);
    auto unpreparing = unprepareOne(uid);
    Result<void> done = co_await std::move(unpreparing);
    if (done) continue;
    done.error().message = concat("unprepare dynamic resources: ", done.error().message);
    co_return fail(done.error());
  }
  co_return Result<void>();
}

Task<Result<void>> PodDevices::unprepareOne(std::string claimUid) {
  const PreparedClaim* known = node_.prepared.find(claimUid);
  if (known == nullptr || !known->pods.contains(podUid_)) co_return Result<void>();
  PreparedClaim claim = *known;
  if (claim.pods.size() == 1) {
    for (const auto& [driver, prepared] : claim.drivers) {
      auto unpreparing = node_.drivers.unprepare(claim, driver);
      Result<void> done = co_await std::move(unpreparing);
      if (!done) {
        co_return fail(Status::unavailable(
            concat("NodeUnprepareResources failed for ResourceClaim ", claim.name, ": ", done.error().message)));
      }
    }
    auto forgetting = node_.prepared.forget(claimUid);
    co_return co_await std::move(forgetting);
  }
  claim.pods.erase(podUid_);
  auto keeping = node_.prepared.put(std::move(claim));
  co_return co_await std::move(keeping);
}

}  // namespace cleat::agent
