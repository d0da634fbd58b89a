// How Placing places pods together: those of a gang (a PodGroup with a least count) all in one go, on what is known at
// that moment, or none of them. Nothing else is decided meanwhile, and a gang that does not fit leaves everything as it
// was: so no two of them keep each other from what both have a part of.
#include <algorithm>

#include "placing.h"

namespace cleat::scheduling {
namespace {

// So long pods wait for the rest of their group before they are told: mostly it is about to come.
constexpr Duration kSayKept = std::chrono::seconds(1);

}  // namespace

struct Placing::Attempt {
  struct One {
    QueuedPod* queued = nullptr;
    std::string node;  // empty: refused, or not tried
    bool tried = false;
    Refusal refusal;
  };
  std::string key;
  std::vector<One> pods;
  int32_t least = 0;
  int32_t before = 0;     // that have nodes already
  int32_t fit = 0;        // of those that were tried
  int32_t promised = 0;   // that were refused, and room is being made for them
  int32_t remaining = 0;  // that were not tried
};

Task<Result<void>> Placing::watchGroups() {
  if (!config().boolean("gang_scheduling")) co_return Result<void>();
  Client client(context());
  ListOptions one;
  one.limit = 1;
  auto served = co_await client.list<PodGroup>(one);
  if (!served && served.error().is(404)) {
    co_return fail(
        Status::badRequest("gang_scheduling: the server has no podgroups of scheduling.k8s.io/v1beta1: add "
                           "\"kinds-scheduling-beta\" to kinds.enabled"));
  }
  podGroups_ = std::make_unique<Informer<PodGroup>>(context());
  podGroups_->onChange([this](const Object<PodGroup>& before, const Object<PodGroup>& now) {
    const std::string key = now ? now.key() : before.key();
    const int32_t least = groups_.leastOf(key);
    scheduler_->state().setTogether(key, now && now->getSpec().getDisruptionMode().hasAll());
    if (now) {
      groups_.setGroup(now);
    } else {
      groups_.eraseGroup(key);
      groupStatus_.forget(key);
    }
    // What its status says is no news.
    if (!before || !now || groups_.leastOf(key) != least) groupNews(key);
  });
  podGroups_->start();
  co_await podGroups_->waitSynced();
  co_return Result<void>();
}

bool Placing::waitsForGroup(const Object<Pod>& pod) {
  const bool waits = podGroups_ && !groups_.whyNotYet(pod).empty();
  if (waits && !kept_.pending()) kept_ = context().after(kSayKept, [this] { sayKept(); });
  return waits;
}

// Something may have become of the pods of the group that wait.
void Placing::groupNews(const std::string& key) {
  groups_.setFailed(key, false);
  const Instant now = context().now();
  for (const std::string& uid : groups_.membersOf(key)) {
    QueuedPod* queued = queue_.find(uid);
    if (queued == nullptr || queued->place == QueuedPod::Place::away) continue;
    const Object<Pod> pod = queued->pod;
    const ClassRef podClass = queued->podClass;
    queue_.put(pod, podClass, now);
    queue_.wakeOne(uid, now);
  }
  waker_.wake();
}

// A node that had room for one may have room for all.
void Placing::retryGangs() {
  for (const std::string& key : groups_.failed()) groupNews(key);
}

void Placing::sayKept() {
  pods_.forEach([this](const Object<Pod>& pod) {
    const QueuedPod* queued = queue_.find(pod.uid());
    if (queued == nullptr || queued->place != QueuedPod::Place::gated) return;
    const std::string why = groups_.whyNotYet(pod);
    if (!why.empty() && pod->getSpec().getSchedulingGates().size() == 0) refusals_.say(pod, why, std::nullopt);
  });
}

bool Placing::isOfGang(const Object<Pod>& pod) const {
  return podGroups_ && groups_.leastOf(PodGroups::keyOf(pod)) > 0;
}

// The others of its gang that wait, too, in the order in which they came.
std::vector<QueuedPod*> Placing::takeGang(QueuedPod& first) {
  std::vector<QueuedPod*> pods{&first};
  if (!isOfGang(first.pod)) return pods;
  for (const std::string& uid : groups_.membersOf(PodGroups::keyOf(first.pod))) {
    QueuedPod* queued = queue_.find(uid);
    if (queued == nullptr || queued == &first) continue;
    const bool waits = queued->place != QueuedPod::Place::away && queued->place != QueuedPod::Place::gated;
    if (!waits) continue;
    queue_.take(*queued);
    pods.push_back(queued);
  }
  std::ranges::sort(pods, [](const QueuedPod* a, const QueuedPod* b) {
    auto order = [](const QueuedPod& one) {
      return std::tuple(-int64_t(one.podClass->priority), view(one.pod.meta().getCreationTimestamp()), one.pod.name());
    };
    return order(*a) < order(*b);
  });
  return pods;
}

void Placing::placeGang(const std::vector<QueuedPod*>& pods) {
  Attempt attempt{.key = PodGroups::keyOf(pods.front()->pod)};
  attempt.least = groups_.leastOf(attempt.key);
  for (const std::string& uid : groups_.membersOf(attempt.key))
    attempt.before += scheduler_->state().placed(uid) != nullptr;
  attempt.remaining = static_cast<int32_t>(pods.size());
  for (QueuedPod* queued : pods) attempt.pods.push_back({.queued = queued, .node = {}, .refusal = {}});
  tryGang(attempt);
  if (attempt.before + attempt.fit < attempt.least) return refuseGang(attempt);
  groupStatus_.scheduled(groups_.group(attempt.key));
  for (Attempt::One& one : attempt.pods) {
    const Object<Pod> pod = one.queued->pod;
    const ClassRef podClass = one.queued->podClass;
    if (one.node.empty()) {
      refuse(*one.queued, one.refusal);
    } else {
      carryOut(pod, podClass, one.node);
    }
  }
}

// Decides about one after the other, each on top of what was decided about those before, for as long as there can be
// enough.
void Placing::tryGang(Attempt& attempt) {
  for (Attempt::One& one : attempt.pods) {
    if (attempt.before + attempt.fit + attempt.promised + attempt.remaining < attempt.least) return;
    const Object<Pod> pod = one.queued->pod;
    const ClassRef podClass = one.queued->podClass;
    Decision decision = scheduler_->decide(pod, podClass);
    one.tried = true;
    --attempt.remaining;
    one.node = decision.node;
    one.refusal = std::move(decision.refusal);
    if (!one.node.empty()) {
      grant(pod, podClass, one.node);
      ++attempt.fit;
    } else if (scheduler_->state().nomination(pod.uid()) != nullptr) {
      ++attempt.promised;
    }
  }
}

// As though nothing had been decided: it is no news to anybody, because nobody has seen it.
void Placing::undo(const Object<Pod>& pod) {
  for (const ClaimChoice& choice : takeChoices(pod.uid())) scheduler_->state().volumes().takeBack(choice.claim.key());
  if (auto found = granted_.find(pod.uid()); found != granted_.end()) {
    for (const DeviceGrant& grant : found->second.grants) {
      if (grant.isNew) scheduler_->state().devices().takeBack(grant.key);
    }
    granted_.erase(found);
  }
  scheduler_->state().removePod(pod.uid());
}

// Not enough of them have room. Where there will be enough once less important pods have gone, those go, and what is
// free is kept for the others; else nobody has to go for what would not be enough.
void Placing::refuseGang(Attempt& attempt) {
  const bool makesRoom = attempt.promised > 0 && attempt.before + attempt.fit + attempt.promised >= attempt.least;
  const std::string message =
      concat("minCount (", attempt.least, ") cannot be satisfied: ", attempt.before + attempt.fit, " scheduled, ",
             attempt.remaining, " remaining");
  // What helps those that were refused may help the others out of their way.
  JudgeSet judges = 0;
  for (Attempt::One& one : attempt.pods) {
    judges |= one.refusal.judges;
    if (!one.node.empty()) undo(one.queued->pod);
  }
  for (Attempt::One& one : attempt.pods) {
    const Object<Pod> pod = one.queued->pod;
    Refusal& refusal = one.refusal;
    if (!one.node.empty() || !one.tried) {
      refusal = {.message = message, .judges = judges};
      if (makesRoom && !one.node.empty()) {
        refusal.nominated = one.node;
        scheduler_->state().nominate(pod, one.node);
      }
    } else if (!makesRoom && scheduler_->state().nomination(pod.uid()) != nullptr) {
      for (const Object<Pod>& victim : refusal.victims) scheduler_->state().setEvicted(victim.uid(), false);
      refusal.victims.clear();
      refusal.nominated.clear();
      refusal.message = message;
      refusal.givesUpNomination = pod->getStatus().getNominatedNodeName().size() > 0;
      scheduler_->state().withdrawNomination(pod.uid());
    }
    refuse(*one.queued, refusal);
  }
  groups_.setFailed(attempt.key, true);
  groupStatus_.unschedulable(groups_.group(attempt.key), message);
}

}  // namespace cleat::scheduling
