#include "queue/intake.h"

#include <capnp/any.h>
#include <cleat/sdk/meta.h>

#include "devices/missing_claims.h"

namespace cleat::scheduling {
namespace {

using What = ClusterEvent::What;

bool hasFinished(const Object<Pod>& pod) {
  const std::string_view phase = view(pod->getStatus().getPhase());
  return phase == "Succeeded" || phase == "Failed";
}

std::string_view readyOf(const Object<Node>& node) {
  auto condition = findCondition(node->getStatus().getConditions(), "Ready");
  return condition ? view(condition->getStatus()) : "";
}

}  // namespace

bool isNodeNews(const Object<Node>& before, const Object<Node>& now) {
  auto differ = [](auto a, auto b) { return !(capnp::toAny(a) == capnp::toAny(b)); };
  return differ(before->getSpec(), now->getSpec()) || differ(before.meta().getLabels(), now.meta().getLabels()) ||
         differ(before->getStatus().getAllocatable(), now->getStatus().getAllocatable()) ||
         differ(before->getStatus().getDeclaredFeatures(), now->getStatus().getDeclaredFeatures()) ||
         readyOf(before) != readyOf(now);
}

void Intake::tell(const ClusterEvent& event) {
  auto helped = [&](const PodClass& podClass, JudgeSet judges, bool nominated) {
    return mayHelp(event, {podClass, judges, nominated}, scheduler_);
  };
  size_t woken = queue_.wake(helped, hooks_.now());
  const bool makesRoom = event.what == What::podWent || event.what == What::nodeGone;
  if (makesRoom && event.node != kNoNode && state().nodes().nominated()[event.node] > 0) {
    for (const Nomination* nomination : state().nodes().row(event.node).nominations) {
      if (mayHelpNominated(*nomination, scheduler_)) woken += queue_.wakeOne(nomination->pod.uid(), hooks_.now());
    }
  }
  if (woken > 0) hooks_.woken();
}

void Intake::node(const Object<Node>& before, const Object<Node>& now) {
  if (!now) {
    const NodeIndex index = state().nodes().find(before.name());
    state().removeNode(before.name());
    return tell({.what = What::nodeGone, .node = index});
  }
  const NodeIndex index = state().setNode(now);
  if (!before || isNodeNews(before, now)) tell({What::nodeSet, index, nullptr, before, now});
}

void Intake::pod(const Object<Pod>& before, const Object<Pod>& now) {
  if (!now) return gone(before);
  if (now->getSpec().getNodeName().size() > 0) return placed(now);
  waiting(before, now);
}

void Intake::gone(const Object<Pod>& pod) {
  forgetClaims(pod);
  queue_.erase(pod.uid());
  hooks_.settled(pod.uid());
  withdrawNomination(pod.uid());
  forget(pod.uid());
}

void Intake::forget(std::string_view uid) {
  const PlacedPod* placed = state().placed(uid);
  if (placed == nullptr) return;
  const ClusterEvent event{What::podWent, placed->node, placed->podClass, {}, {}};
  state().removePod(uid);
  tell(event);
}

void Intake::withdrawNomination(std::string_view uid) {
  const Nomination* nomination = state().nomination(uid);
  if (nomination == nullptr) return;
  const ClusterEvent event{What::podWent, nomination->node, nomination->podClass, {}, {}};
  state().withdrawNomination(uid);
  tell(event);
}

void Intake::placed(const Object<Pod>& pod) {
  const std::string_view uid = pod.uid();
  queue_.erase(uid);
  hooks_.settled(uid);
  const PlacedPod* known = state().placed(uid);
  const PlacedPod before = known == nullptr ? PlacedPod() : *known;
  const Nomination* nomination = state().nomination(uid);
  const ClusterEvent left{What::podWent,
                          nomination == nullptr ? kNoNode : nomination->node,
                          nomination == nullptr ? nullptr : nomination->podClass,
                          {},
                          {}};
  state().setPod(pod, view(pod->getSpec().getNodeName()));
  known = state().placed(uid);
  const bool same = known != nullptr && before.podClass == known->podClass && before.node == known->node;
  if (same && before.leaving == known->leaving) return;
  if (same) return tell({What::podLeaves, known->node, known->podClass, {}, {}});
  if (before.podClass) tell({What::podWent, before.node, before.podClass, {}, {}});
  if (known != nullptr) tell({What::podCame, known->node, known->podClass, {}, {}});
  if (left.podClass && (known == nullptr || known->node != left.node)) tell(left);
}

void Intake::waiting(const Object<Pod>& before, const Object<Pod>& now) {
  const std::string_view uid = now.uid();
  const bool own = scheduler_.profileOf(view(now->getSpec().getSchedulerName())) != nullptr;
  if (!own || deletionPending(now.meta()) || hasFinished(now)) {
    queue_.erase(uid);
    hooks_.settled(uid);
    return withdrawNomination(uid);
  }
  // Its node has been decided.
  if (state().placed(uid) != nullptr) {
    if (QueuedPod* queued = queue_.find(uid); queued != nullptr) queued->pod = now;
    return;
  }
  const ClassRef podClass = state().classes().of(now);
  const std::string_view nominated = view(now->getStatus().getNominatedNodeName());
  const bool told = !before || view(before->getStatus().getNominatedNodeName()) != nominated;
  if (told && !hooks_.isBeingNominated(uid)) {
    if (nominated.empty()) {
      withdrawNomination(uid);
    } else {
      state().nominate(now, nominated);
    }
  }
  queue_.put(now, podClass, hooks_.now());
  hooks_.woken();
}

void Intake::ofNamespace(const Object<Namespace>& before, const Object<Namespace>& now) {
  const uint64_t version = state().namespacesVersion();
  if (now) {
    state().setNamespace(now);
  } else {
    state().removeNamespace(before.name());
  }
  if (state().namespacesVersion() != version) tell({.what = What::namespaces});
}

void Intake::deviceClass(const Object<DeviceClass>& before, const Object<DeviceClass>& now) {
  if (now) {
    state().setDeviceClass(now);
  } else {
    state().removeDeviceClass(before.key());
  }
  tell({.what = What::devices});
}

void Intake::claim(const Object<ResourceClaim>& before, const Object<ResourceClaim>& now) {
  if (now) {
    state().devices().setClaim(now);
  } else {
    state().devices().eraseClaim(before.key());
  }
  const bool frees = before && before->getStatus().hasAllocation() && (!now || !now->getStatus().hasAllocation());
  const std::string key = now ? now.key() : before.key();
  putAgain(key);
  tell({.what = What::devices, .claim = key, .frees = frees});
}

bool Intake::waitsForClaims(const Object<Pod>& pod) {
  if (pod->getSpec().getResourceClaims().size() == 0) return false;
  const Profile* profile = scheduler_.profileOf(view(pod->getSpec().getSchedulerName()));
  if (profile == nullptr || !profile->has(Judge::dynamicResources)) return false;
  const auto missing = missingClaimOf(pod, state().devices());
  if (missing && !missing->key.empty()) awaited_[missing->key].insert(str(pod.uid()));
  return missing.has_value();
}

void Intake::putAgain(const std::string& claim) {
  auto found = awaited_.find(claim);
  if (found == awaited_.end()) return;
  const auto uids = std::move(found->second);
  awaited_.erase(found);
  for (const std::string& uid : uids) {
    const QueuedPod* queued = queue_.find(uid);
    if (queued == nullptr) continue;
    const Object<Pod> pod = queued->pod;
    const ClassRef podClass = queued->podClass;
    queue_.put(pod, podClass, hooks_.now());
  }
  hooks_.woken();
}

void Intake::forgetClaims(const Object<Pod>& pod) {
  if (awaited_.empty()) return;
  for (const std::string& key : devices::claimKeysOf(pod)) {
    auto found = awaited_.find(key);
    if (found == awaited_.end()) continue;
    found->second.erase(str(pod.uid()));
    if (found->second.empty()) awaited_.erase(found);
  }
}

void Intake::takeBackDevices(const std::string& claim) {
  const Object<ResourceClaim> before = state().devices().claim(claim);
  state().devices().takeBack(claim);
  const Object<ResourceClaim> now = state().devices().claim(claim);
  const bool frees = before && before->getStatus().hasAllocation() && (!now || !now->getStatus().hasAllocation());
  if (frees) tell({.what = What::devices, .claim = claim, .frees = true});
}

void Intake::budget(const Object<PodDisruptionBudget>& before, const Object<PodDisruptionBudget>& now) {
  if (now) {
    scheduler_.budgets().set(now);
  } else {
    scheduler_.budgets().erase(before.key());
  }
}

}  // namespace cleat::scheduling
