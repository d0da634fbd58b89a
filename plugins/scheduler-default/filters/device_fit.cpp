#include "filters/device_fit.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/node_selector.h>

#include <algorithm>

#include "device-common/pod_claims.h"
#include "devices/binding_conditions.h"
#include "devices/choice_ranks.h"
#include "devices/missing_claims.h"

namespace cleat::scheduling {

using devices::PodClaim;

DeviceFit::DeviceFit(const PodClass& podClass, const ClusterState& state) : class_(podClass), state_(state) {}

void DeviceFit::catchUp() {
  if (begun_ && version_ == state_.devices().version()) return;
  begun_ = true;
  version_ = state_.devices().version();
  readClaims();
  known_.assign(state_.nodes().size(), Known::no);
  ranks_.assign(known_.size(), 0);
}

void DeviceFit::readClaims() {
  obstacle_.clear();
  have_.clear();
  wanted_.clear();
  wantedBy_.clear();
  const DeviceState& known = state_.devices();
  if (const auto missing = missingClaimOf(class_.sample, known)) {
    obstacle_ = missing->why;
    return;
  }
  std::vector<std::string> seen;
  for (const PodClaim& use : devices::podClaimsOf(class_.sample)) {
    if (use.state == PodClaim::State::notNeeded) continue;
    std::string key = keyOf(class_.ns, use.claim);
    if (std::ranges::find(seen, key) != seen.end()) continue;
    const Object<ResourceClaim> claim = known.claim(key);
    if (devices::isAllocated(claim)) {
      have_.push_back(claim);
    } else {
      wanted_.push_back(readWanted(claim, known));
      obstacle_ = wanted_.back().error;
    }
    if (!obstacle_.empty()) return;
    seen.push_back(std::move(key));
  }
  outOfReach_.assign(have_.size(), false);
}

bool DeviceFit::isReached(const Object<ResourceClaim>& claim, const Object<core_v1::Node>& node) const {
  auto allocation = claim->getStatus().getAllocation();
  if (hasBindingConditions(claim) && readinessOf(claim).state == Readiness::State::failed) return false;
  if (!allocation.hasNodeSelector()) return true;
  for (auto term : allocation.getNodeSelector().getNodeSelectorTerms()) {
    if (matchesTerm(term, node)) return true;
  }
  return false;
}

const DeviceFit::Wanted& DeviceFit::wantedOn(NodeIndex node) const {
  std::vector<uint32_t> resources;
  for (const auto& [resource, amount] : class_.requests) {
    if (state_.nodes().isFromDevices(resource, node)) resources.push_back(resource);
  }
  auto [at, added] = wantedBy_.try_emplace(resources);
  Wanted& wanted = at->second;
  if (!added) return wanted;
  wanted.claims = wanted_;
  if (resources.empty()) return wanted;
  std::map<std::string, std::string> classes;
  for (const uint32_t resource : resources) {
    const std::string& name = state_.classes().resources().text(resource);
    classes[name] = state_.devices().classFor(name);
  }
  ExtendedResources extended = extendedResources(class_.spec(), classes);
  wanted.mappings = std::move(extended.mappings);
  if (!wanted.mappings.empty()) wanted.claims.push_back(readWanted(extended.claim, state_.devices()));
  return wanted;
}

DeviceFit::Known DeviceFit::lookAt(NodeIndex node) {
  const Object<core_v1::Node>& object = state_.nodes().row(node).node;
  for (size_t i = 0; i < have_.size(); ++i) {
    if (isReached(have_[i], object)) continue;
    outOfReach_[i] = true;
    return Known::outOfReach;
  }
  const Wanted& wanted = wantedOn(node);
  if (wanted.claims.empty()) return Known::fits;
  Allocator allocator(state_.devices(), object);
  auto found = allocator.allocate(wanted.claims);
  if (!found) {
    obstacle_ = found.error().message;
    return Known::cannotAllocate;
  }
  if (*found) {
    int64_t& rank = ranks_[node] = 0;
    for (const auto& claim : have_) rank += rankOf(claim);
    for (size_t i = 0; i < wanted.claims.size(); ++i) rank += rankOf(wanted.claims[i], (**found)[i]);
    return Known::fits;
  }
  return allocator.metInvalidPool() ? Known::invalidPool : Known::cannotAllocate;
}

MaybeWhy DeviceFit::whyNot(NodeIndex node) {
  if (!obstacle_.empty()) return Why{Judge::dynamicResources, kCannotAllocate, false};
  if (known_.size() <= node) {
    known_.resize(node + 1, Known::no);
    ranks_.resize(known_.size(), 0);
  }
  if (known_[node] == Known::no) known_[node] = lookAt(node);
  switch (known_[node]) {
    case Known::fits: return std::nullopt;
    case Known::outOfReach: return Why{Judge::dynamicResources, kClaimOutOfReach, false};
    case Known::invalidPool: return Why{Judge::dynamicResources, kInvalidPool, false};
    default: return Why{Judge::dynamicResources, kCannotAllocate, false};
  }
}

std::vector<DeviceGrant> DeviceFit::grants(NodeIndex node, const Object<Pod>& pod) const {
  std::vector<DeviceGrant> grants;
  for (const auto& claim : have_) {
    // Where another pod's decision is relied on, it is written by whoever comes first.
    const bool isPromised = !devices::isAllocated(state_.devices().written(claim.key()));
    grants.push_back({claim.key(), claim, isPromised});
  }
  const Wanted& wanted = wantedOn(node);
  if (wanted.claims.empty()) return grants;
  const Object<core_v1::Node>& object = state_.nodes().row(node).node;
  Allocator allocator(state_.devices(), object);
  auto found = allocator.allocate(wanted.claims);
  // They were to be had when the node was chosen, and nothing has changed since.
  if (!found || !*found) return grants;
  for (size_t i = 0; i < wanted.claims.size(); ++i) {
    const Object<ResourceClaim> claim = allocated(wanted.claims[i], (**found)[i], object, state_.devices());
    grants.push_back({wanted.claims[i].claim.key(), claim, true});
  }
  if (wanted.mappings.empty()) return grants;
  DeviceGrant& made = grants.back();
  made.key = concat(pod.ns(), "/<extended-resources>/", pod.uid());
  made.claim = madeFor(pod, made.claim);
  made.mappings = wanted.mappings;
  made.replaces = state_.devices().extendedResourceClaimsOf(pod.uid());
  return grants;
}

std::string DeviceFit::strayClaim(std::string_view podUid) const {
  for (size_t i = 0; i < have_.size(); ++i) {
    if (!outOfReach_[i] || state_.devices().isPromised(have_[i].key())) continue;
    auto consumers = have_[i]->getStatus().getReservedFor();
    const bool own = consumers.size() == 1 && view(consumers[0].getUid()) == podUid;
    if (consumers.size() == 0 || own) return have_[i].key();
  }
  return {};
}

}  // namespace cleat::scheduling
