#include "queue/hints.h"

#include <capnp/any.h>

#include <algorithm>

#include "device-common/pod_claims.h"
#include "devices/missing_claims.h"
#include "filters/node_filters.h"
#include "filters/room.h"

namespace cleat::scheduling {
namespace {

using What = ClusterEvent::What;

// Who looks at nothing but a node and what is left of it.
constexpr JudgeSet kAboutNodes = bit(Judge::nodeUnschedulable) | bit(Judge::nodeName) | bit(Judge::taintToleration) |
                                 bit(Judge::nodeAffinity) | bit(Judge::nodePorts) | bit(Judge::nodeResourcesFit);
constexpr JudgeSet kAboutRoom = bit(Judge::nodePorts) | bit(Judge::nodeResourcesFit);
constexpr JudgeSet kAboutStorage =
    bit(Judge::volumeRestrictions) | bit(Judge::nodeVolumeLimits) | bit(Judge::volumeBinding) | bit(Judge::volumeZone);
constexpr JudgeSet kAboutPods = bit(Judge::podTopologySpread) | bit(Judge::interPodAffinity);

bool anyRequired(const PodClass& waiting) {
  return std::ranges::any_of(waiting.spread, [](const SpreadConstraint& constraint) { return constraint.required; });
}

// Whether the pod's coming or going changes the count of a required constraint.
bool isCounted(const PodClass& waiting, const PodClass& other) {
  if (waiting.ns != other.ns) return false;
  const TextMapReader labels = other.sample.meta().getLabels();
  return std::ranges::any_of(waiting.spread, [&](const SpreadConstraint& constraint) {
    return constraint.required && constraint.counts(labels, other.owner);
  });
}

bool isMeant(const std::vector<PodTerm>& terms, const PodClass& other, const ClusterState& state) {
  const TextMapReader labels = state.namespaceLabels(other.ns);
  return std::ranges::any_of(terms, [&](const PodTerm& term) { return term.matches(other.sample, labels); });
}

// Whether the node, when pods are left out of account, takes such pods now and did not before, or has more now.
bool becameFit(const ClusterEvent& event, const PodClass& waiting, const Profile& profile, const NodeTable& nodes) {
  if (whyNotNode(waiting, event.now, profile)) return false;
  for (const auto& [resource, amount] : waiting.requests) {
    const bool ignored = std::ranges::find(profile.ignored, resource) != profile.ignored.end() ||
                         nodes.isFromDevices(resource, event.node);
    if (!ignored && amount > nodes.allocatable(resource)[event.node]) return false;
  }
  if (!event.before || whyNotNode(waiting, event.before, profile)) return true;
  const ResourceAmounts before = amountsIn(event.before->getStatus().getAllocatable());
  const ResourceAmounts now = amountsIn(event.now->getStatus().getAllocatable());
  return !(before == now);
}

// Devices and volumes may be within reach of a node by its labels; of a new node all may be otherwise.
bool reachMayHelp(const ClusterEvent& event, JudgeSet judges) {
  constexpr JudgeSet kByLabels = bit(Judge::dynamicResources) | bit(Judge::volumeBinding) | bit(Judge::volumeZone);
  if (!event.before) return (judges & (kByLabels | kAboutStorage)) != 0;
  auto differ = [](auto a, auto b) { return !(capnp::toAny(a) == capnp::toAny(b)); };
  if ((judges & kByLabels) != 0 && differ(event.before.meta().getLabels(), event.now.meta().getLabels())) return true;
  return (judges & bit(Judge::dynamicResources)) != 0 &&
         differ(event.before->getStatus().getAllocatable(), event.now->getStatus().getAllocatable());
}

bool nodeMayHelp(const ClusterEvent& event, const PodClass& waiting, JudgeSet judges, const Profile& profile,
                 const NodeTable& nodes) {
  const bool pods = (judges & kAboutPods) != 0 && (waiting.terms || anyRequired(waiting));
  if (event.what == What::nodeGone) return pods;
  // There was no node to refuse it.
  if (judges == 0) return true;
  // Whoever refuses by rules of their own may do so no longer.
  if ((judges & bit(Judge::extensions)) != 0) return true;
  if (reachMayHelp(event, judges)) return true;
  const bool features = (judges & bit(Judge::nodeDeclaredFeatures)) != 0;
  if (features && !(event.before && declares(event.before, waiting.features)) &&
      declares(event.now, waiting.features)) {
    return true;
  }
  // Where pods are, by its labels, may be elsewhere than it was.
  if (pods) return true;
  return (judges & kAboutNodes) != 0 && becameFit(event, waiting, profile, nodes);
}

// Nothing helps a pod whose own claims are not there. A claim is of use to those who use it, and to others when it lets
// devices go. A class may provide what nodes have too little of.
bool devicesMayHelp(const ClusterEvent& event, const PodClass& waiting, JudgeSet judges, const ClusterState& state) {
  if ((judges & bit(Judge::dynamicResources)) == 0) {
    return event.claim.empty() && (judges & bit(Judge::nodeResourcesFit)) != 0 && state.wantsDevices(waiting);
  }
  if (missingClaimOf(waiting.sample, state.devices())) return false;
  if (event.claim.empty() || event.frees) return true;
  const std::vector<std::string> keys = devices::claimKeysOf(waiting.sample);
  return std::ranges::find(keys, event.claim) != keys.end();
}

// Whether what a pod leaves on its node is enough, or would be with others that are less important gone as well.
bool roomMayHelp(const ClusterEvent& event, const WaitingPods& pods, const Profile& profile, const NodeTable& nodes) {
  const PodClass& waiting = pods.podClass;
  if (event.node == kNoNode || !nodes.isPresent(event.node)) return false;
  if (whyNotNode(waiting, nodes.row(event.node).node, profile)) return false;
  Room room(nodes, waiting, event.node);
  if (!room.whyNot(profile)) return true;
  if (pods.nominated || !waiting.preempts || !profile.has(Judge::defaultPreemption)) return false;
  for (const PlacedPod* pod : nodes.row(event.node).pods) {
    if (pod->podClass->priority < waiting.priority) room.take(*pod, -1);
  }
  return !room.whyNot(profile);
}

bool podMayHelp(const ClusterEvent& event, const WaitingPods& pods, const Profile& profile, const ClusterState& state) {
  const PodClass& waiting = pods.podClass;
  const JudgeSet judges = pods.judges;
  const PodClass& other = *event.podClass;
  if ((judges & bit(Judge::podTopologySpread)) != 0 && isCounted(waiting, other)) return true;
  if (event.what == What::podLeaves) return false;
  if ((judges & bit(Judge::interPodAffinity)) != 0) {
    // Also a pod that goes may be what kept the first of a group from being the first.
    if (waiting.terms && isMeant(waiting.terms->near, other, state)) return true;
    const bool went = event.what == What::podWent;
    if (went && waiting.terms && isMeant(waiting.terms->away, other, state)) return true;
    if (went && other.terms && isMeant(other.terms->away, waiting, state)) return true;
  }
  if (event.what != What::podWent) return false;
  if ((judges & bit(Judge::extensions)) != 0) return true;
  if (goneMayHelpStorage(other, waiting, judges)) return true;
  return (judges & kAboutRoom) != 0 && roomMayHelp(event, pods, profile, state.nodes());
}

}  // namespace

bool mayHelpNominated(const Nomination& nomination, Scheduler& scheduler) {
  const PodClass& waiting = *nomination.podClass;
  const Profile* profile = scheduler.profileOf(view(waiting.spec().getSchedulerName()));
  const NodeTable& nodes = scheduler.state().nodes();
  if (profile == nullptr || !nodes.isPresent(nomination.node)) return true;
  Room room(nodes, waiting, nomination.node);
  room.giveBack(waiting);
  if (!room.whyNot(*profile)) return true;
  // While others are on their way out there is more room to come.
  return std::ranges::none_of(nodes.row(nomination.node).pods,
                              [&](const PlacedPod* pod) { return pod->podClass->priority < waiting.priority; });
}

bool mayHelp(const ClusterEvent& event, const WaitingPods& waiting, Scheduler& scheduler) {
  const PodClass& podClass = waiting.podClass;
  const Profile* profile = scheduler.profileOf(view(podClass.spec().getSchedulerName()));
  if (profile == nullptr) return false;
  switch (event.what) {
    case What::namespaces: return (waiting.judges & bit(Judge::interPodAffinity)) != 0;
    case What::storage:
      return podClass.hasVolumes() && (waiting.judges & kAboutStorage) != 0 &&
             storageMayHelp(event.storage, podClass, waiting.judges, scheduler.state().volumes());
    case What::devices: return devicesMayHelp(event, podClass, waiting.judges, scheduler.state());
    case What::nodeSet:
    case What::nodeGone: return nodeMayHelp(event, podClass, waiting.judges, *profile, scheduler.state().nodes());
    default: return event.podClass && podMayHelp(event, waiting, *profile, scheduler.state());
  }
}

}  // namespace cleat::scheduling
