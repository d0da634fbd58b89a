#include "cycle/scheduler.h"

#include <cleat/sdk/meta.h>

#include <algorithm>

#include "cycle/reasons.h"

namespace cleat::scheduling {
namespace {

// How many classes are kept in view. Each costs some forty bytes for each node.
constexpr size_t kMostViews = 256;

// So that each preemption begins to look elsewhere.
constexpr size_t kStride = 7919;

constexpr const char* kNotHelpful = "Preemption is not helpful for scheduling";
constexpr const char* kNoCandidate = "no candidate node for preemption";
constexpr const char* kNoVictims = "No preemption victims found for incoming pod";

bool isMakingRoom(const Object<Pod>& pod) {
  auto condition = findCondition(pod->getStatus().getConditions(), "DisruptionTarget");
  return condition && view(condition->getStatus()) == "True" && view(condition->getReason()) == "PreemptionByScheduler";
}

// Extensions have words of their own.
void addTo(Reasons& reasons, const Why& why, const ClassView& view) {
  if (why.judge == Judge::extensions && view.verdict() != nullptr) {
    reasons.add(why.judge, view.verdict()->textOf(why));
  } else {
    reasons.add(why);
  }
}

}  // namespace

const Profile* Scheduler::profileOf(std::string_view schedulerName) const {
  const auto found = std::ranges::find(profiles_, schedulerName, &Profile::schedulerName);
  return found == profiles_.end() ? nullptr : &*found;
}

void Scheduler::ignore(const std::string& resource, const std::vector<std::string>& profiles) {
  for (Profile& profile : profiles_) {
    if (!profiles.empty() && std::ranges::find(profiles, profile.schedulerName) == profiles.end()) continue;
    profile.ignored.push_back(state_.classes().resources().id(resource));
  }
}

Scheduler::Known& Scheduler::knownOf(const ClassRef& podClass) {
  if (auto found = views_.find(podClass->id); found != views_.end()) {
    uses_.splice(uses_.begin(), uses_, found->second.use);
    return found->second;
  }
  if (views_.size() >= kMostViews) {
    views_.erase(uses_.back());
    uses_.pop_back();
  }
  const Profile* profile = profileOf(view(podClass->spec().getSchedulerName()));
  uses_.push_front(podClass->id);
  Known& known = views_[podClass->id];
  known.view = std::make_unique<ClassView>(podClass, state_, profile == nullptr ? profiles_.front() : *profile);
  known.use = uses_.begin();
  return known;
}

ClassView& Scheduler::viewOf(const ClassRef& podClass) {
  ClassView& view = *knownOf(podClass).view;
  view.catchUp();
  return view;
}

Decision Scheduler::decide(const Object<Pod>& pod, const ClassRef& podClass, MakesRoom room) {
  std::string nominated;
  if (const Nomination* nomination = state_.nomination(pod.uid()); nomination != nullptr) {
    nominated = state_.nodes().row(nomination->node).name;
    state_.withdrawNomination(pod.uid());
  }
  Known& known = knownOf(podClass);
  ClassView& view = *known.view;
  view.catchUp();
  const bool isAlike = nominated.empty() && state_.devices().extendedResourceClaimsOf(pod.uid()).empty();
  if (known.refused && isAlike && view.mark() == known.mark) return {"", known.refusal};
  known.refused = false;
  const NodeIndex wanted = nominated.empty() ? kNoNode : state_.nodes().findPresent(nominated);
  if (wanted != kNoNode && !view.obstacle() && !view.whyNot(wanted)) {
    view.took(wanted);
    return {nominated, {}};
  }
  if (const NodeIndex best = view.best(last_); best != kNoNode) {
    last_ = best;
    view.took(best);
    return {state_.nodes().row(best).name, {}};
  }
  Attempt attempt{pod, nominated, room, isAlike};
  Decision decision{"", refuse(known, attempt)};
  if (attempt.sharable) {
    known.refused = true;
    known.mark = view.mark();
    known.refusal = decision.refusal;
  }
  return decision;
}

std::vector<NodeIndex> Scheduler::explain(ClassView& view, Refusal& refusal) const {
  const NodeTable& nodes = state_.nodes();
  std::vector<NodeIndex> promising;
  if (view.obstacle()) {
    refusal.judges = bit(view.obstacle()->judge);
    refusal.message = concat("0/", nodes.present(), " nodes are available: ", view.obstacle()->message, ".");
    return promising;
  }
  Reasons reasons;
  for (NodeIndex node = 0; node < nodes.size(); ++node) {
    if (!nodes.isPresent(node)) continue;
    const MaybeWhy why = view.whyNot(node);
    if (!why) continue;
    addTo(reasons, *why, view);
    if (why->preemptable) promising.push_back(node);
  }
  refusal.judges = reasons.judges();
  refusal.message = reasons.message(view.podClass(), state_);
  return promising;
}

Refusal Scheduler::refuse(Known& known, Attempt& attempt) {
  const Object<Pod>& pod = attempt.pod;
  const std::string& nominatedBefore = attempt.nominatedBefore;
  ClassView& view = *known.view;
  Refusal refusal;
  if (state_.nodes().present() == 0) {
    refusal.message = "no nodes available to schedule pods";
    refusal.givesUpNomination = !nominatedBefore.empty();
    return refusal;
  }
  const std::vector<NodeIndex> promising = explain(view, refusal);
  const bool judgesDevices = view.profile().has(Judge::dynamicResources);
  // Whoever refuses a pod for every node before DynamicResources has looked at it is the last to be asked: that then
  // fails, with these words, and nobody is preempted.
  if (judgesDevices && view.obstacle() && view.obstacle()->judge < Judge::dynamicResources) {
    appendTo(refusal.message, " not found");
    if (!nominatedBefore.empty()) state_.nominate(pod, nominatedBefore);
    return refusal;
  }
  std::string said;
  if (judgesDevices) said = tryDeallocation(view, pod, refusal);
  attempt.sharable = attempt.sharable && refusal.deallocates.empty();
  if (!view.profile().has(Judge::defaultPreemption)) {
    if (!said.empty()) appendTo(refusal.message, concat(" ", said));
    if (!nominatedBefore.empty()) state_.nominate(pod, nominatedBefore);
    return refusal;
  }
  std::string told;
  if (!view.podClass().preempts) {
    told = "not eligible due to preemptionPolicy=Never.";
  } else if (waitsForVictims(view, nominatedBefore)) {
    told = "not eligible due to a terminating pod on the nominated node.";
  } else {
    told = preempt(known, attempt, promising, refusal);
    refusal.givesUpNomination = refusal.nominated.empty() && refusal.offers.empty() && !nominatedBefore.empty();
  }
  // Whoever may go on waiting where they waited does.
  const std::string& nominated = refusal.nominated.empty() ? nominatedBefore : refusal.nominated;
  if (!nominated.empty() && !refusal.givesUpNomination) state_.nominate(pod, nominated);
  attempt.sharable = attempt.sharable && refusal.nominated.empty() && refusal.offers.empty();
  if (!refusal.offers.empty()) {
    refusal.aside = std::move(said);
    return refusal;
  }
  // Whoever helps is the only one to speak.
  if (!refusal.nominated.empty()) said.clear();
  appendTo(refusal.message, concat(" ", said, said.empty() ? "" : ", ", "preemption: ", told));
  return refusal;
}

std::string Scheduler::tryDeallocation(const ClassView& view, const Object<Pod>& pod, Refusal& refusal) const {
  if (view.devices() == nullptr || view.obstacle()) return {};
  // What is left of an attempt that came to nothing may be what the pod waits for.
  if (const auto& left = state_.devices().extendedResourceClaimsOf(pod.uid()); !left.empty()) {
    refusal.deallocates = left.front();
    return "deletion of ResourceClaim completed";
  }
  refusal.deallocates = view.devices()->strayClaim(pod.uid());
  return refusal.deallocates.empty() ? std::string() : "deallocation of ResourceClaim completed";
}

bool Scheduler::waitsForVictims(ClassView& view, const std::string& node) const {
  const PodClass& podClass = view.podClass();
  const NodeIndex index = node.empty() ? kNoNode : state_.nodes().findPresent(node);
  if (index == kNoNode) return false;
  // Where the node is none for the pod any more, whoever goes from there goes in vain.
  const MaybeWhy why = view.whyNot(index);
  if (view.obstacle() || (why && !why->preemptable)) return false;
  return std::ranges::any_of(state_.nodes().row(index).pods, [&](const PlacedPod* pod) {
    const bool goes = pod->evicted || (pod->leaving && isMakingRoom(pod->pod));
    return goes && pod->podClass->priority < podClass.priority;
  });
}

std::string Scheduler::preempt(Known& known, const Attempt& attempt, const std::vector<NodeIndex>& nodes,
                               Refusal& refusal) {
  Reasons reasons;
  reasons.add(kNotHelpful, state_.nodes().present() - nodes.size());
  ClassView& view = *known.view;
  if (!known.preemption) known.preemption = std::make_unique<Preemption>(view, state_, budgets_);
  auto failed = [&](const MaybeWhy& why) {
    if (why) {
      addTo(reasons, *why, view);
    } else {
      reasons.add(kNoVictims, 1);
    }
  };
  const PreemptionCandidate* best = nullptr;
  auto found = [&](const PreemptionCandidate& candidate) {
    if (best == nullptr || Preemption::isBetter(candidate, *best)) best = &candidate;
    if (attempt.room == MakesRoom::atOnce) return;
    RoomOffer offer{state_.nodes().row(candidate.node).name, {}, candidate.violations};
    for (const PlacedPod* victim : candidate.victims) offer.victims.push_back(victim->pod);
    refusal.offers.push_back(std::move(offer));
  };
  known.preemption->look(nodes, offset_ += kStride, found, failed);
  if (best == nullptr) return reasons.message(view.podClass(), state_);
  if (attempt.room == MakesRoom::whenAgreed) return {};
  return take(attempt.pod, view.podClass().priority, *best, refusal);
}

void Scheduler::makeRoom(const Object<Pod>& pod, const ClassRef& podClass, const Result<std::vector<RoomOffer>>& agreed,
                         Refusal& refusal) {
  std::optional<PreemptionCandidate> best;
  const std::vector<RoomOffer> none;
  for (const RoomOffer& offer : agreed ? *agreed : none) {
    const NodeIndex node = state_.nodes().findPresent(offer.node);
    if (node == kNoNode) continue;
    // Who has gone meanwhile need not go.
    PreemptionCandidate candidate{node, {}, offer.violations};
    for (const Object<Pod>& victim : offer.victims) {
      if (const PlacedPod* placed = state_.placed(victim.uid()); placed != nullptr) candidate.victims.push_back(placed);
    }
    std::ranges::sort(candidate.victims, [](const auto* a, const auto* b) { return moreImportant(*a, *b); });
    candidate.weigh();
    if (!best || Preemption::isBetter(candidate, *best)) best = std::move(candidate);
  }
  std::string told = agreed ? kNoCandidate : agreed.error().message;
  std::string aside = std::exchange(refusal.aside, {});
  if (best) {
    told = take(pod, podClass->priority, *best, refusal);
    state_.nominate(pod, refusal.nominated);
  }
  if (best || !agreed) aside.clear();
  refusal.offers.clear();
  appendTo(refusal.message, concat(" ", aside, aside.empty() ? "" : ", ", "preemption: ", told));
}

std::string Scheduler::take(const Object<Pod>& pod, int32_t priority, const PreemptionCandidate& chosen,
                            Refusal& refusal) {
  for (const PlacedPod* victim : chosen.victims) {
    refusal.victims.push_back(victim->pod);
    state_.setEvicted(victim->pod.uid(), true);
  }
  refusal.nominated = state_.nodes().row(chosen.node).name;
  // Less important pods that waited for the same room have to look again.
  std::vector<std::string> outdone;
  for (const Nomination* other : state_.nodes().row(chosen.node).nominations) {
    if (other->podClass->priority < priority && other->pod.uid() != pod.uid()) {
      outdone.push_back(str(other->pod.uid()));
    }
  }
  for (const std::string& uid : outdone) state_.withdrawNomination(uid);
  refusal.outdone = std::move(outdone);
  return concat("found a potential placement for pod on node ", refusal.nominated, ", preempting ",
                refusal.victims.size(), " victims");
}

}  // namespace cleat::scheduling
