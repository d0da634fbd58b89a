#include "quota-common/device_usage.h"

#include <algorithm>
#include <set>
#include <vector>

#include "device-common/pod_claims.h"
#include "quota-common/pod_amounts.h"

namespace cleat::quota {

namespace {

using core_v1::Pod;
using resource_v1::ResourceClaim;

// So many devices a claim has at most; as many are taken for one that wants all there are.
constexpr int64_t kMostDevices = 32;

// What a pod was charged for: one amount, under the name that quotas have for it.
struct PodCharge {
  std::string name;
  Quantity amount;
};
using PodCharges = std::vector<PodCharge>;

// The pod's extended resources as the scheduler makes requests of them: one for each container that lasts, and one for
// what init containers need beyond those.
PodCharges deviceChargesOf(const Object<Pod>& pod) {
  PodCharges charges;
  Amounts lasting;
  std::set<std::string> names;
  auto addLasting = [&](core_v1::Container::Reader container) {
    for (const auto& [name, amount] : readAmounts(container.getResources().getRequests())) {
      if (!isExtendedResource(name)) continue;
      charges.push_back({concat(kRequests, name), amount});
      lasting[name] += amount;
    }
  };
  for (auto container : pod->getSpec().getInitContainers()) {
    if (view(container.getRestartPolicy()) == "Always") addLasting(container);
  }
  for (auto container : pod->getSpec().getContainers()) addLasting(container);
  for (const auto& [name, most] : specifiedAmounts(pod->getSpec(), Asked::requests)) {
    if (isExtendedResource(name) && most > lasting[name]) {
      charges.push_back({concat(kRequests, name), most - lasting[name]});
    }
  }
  return charges;
}

// What its pod was charged for already; nothing for a claim that the scheduler has not made of a pod's extended
// resources, whatever it says of itself: a pod has one such claim, and names it.
PodCharges chargedAlready(const Object<ResourceClaim>& claim, const DeviceLookup* lookup) {
  if (lookup == nullptr || !devices::isForExtendedResources(claim)) return {};
  const Object<Pod> pod = lookup->controllingPod(claim);
  if (!pod) return {};
  const bool isNamed = pod->getStatus().hasExtendedResourceClaimStatus();
  if (isNamed ? devices::extendedResourceClaimOf(pod) != claim.name() : lookup->hasTwin(claim)) return {};
  return deviceChargesOf(pod);
}

// Each is for one request.
bool takeFrom(PodCharges& charges, std::string_view name, const Quantity& amount) {
  auto found = std::ranges::find_if(
      charges, [&](const PodCharge& charge) { return charge.name == name && charge.amount == amount; });
  if (found == charges.end()) return false;
  charges.erase(found);
  return true;
}

template <class Request>
Amounts amountsFor(Request request, const DeviceLookup* lookup, PodCharges& charged) {
  const std::string_view deviceClass = view(request.getDeviceClassName());
  const bool all = view(request.getAllocationMode()) == "All";
  const Quantity amount = Quantity::of(all ? kMostDevices : request.getCount());
  Amounts amounts{{concat(deviceClass, kOfDevices), amount}};
  const std::string ofClass = concat(kRequests, devices::kClassResource, deviceClass);
  const bool askedByClass = takeFrom(charged, ofClass, amount);
  if (!askedByClass) amounts[ofClass] = amount;
  const std::string_view resource = lookup == nullptr ? "" : lookup->extendedResourceOf(deviceClass);
  if (resource.empty()) return amounts;
  const std::string named = concat(kRequests, resource);
  if (askedByClass || !takeFrom(charged, named, amount)) amounts[named] = amount;
  return amounts;
}

}  // namespace

bool isExtendedResource(std::string_view name) {
  if (name.starts_with(devices::kClassResource)) return true;
  return name.find('/') != std::string_view::npos && name.find("kubernetes.io/") == std::string_view::npos;
}

// So many devices as the claim may get at most: of several choices the greatest counts.
Amounts deviceUsage(const Object<ResourceClaim>& claim, const DeviceLookup* lookup) {
  Amounts usage;
  PodCharges charged = chargedAlready(claim, lookup);
  for (auto request : claim->getSpec().getDevices().getRequests()) {
    Amounts most;
    for (auto choice : request.getFirstAvailable()) raise(most, amountsFor(choice, lookup, charged));
    if (request.hasExactly()) most = amountsFor(request.getExactly(), lookup, charged);
    add(usage, most);
  }
  return usage;
}

}  // namespace cleat::quota
