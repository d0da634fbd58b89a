// How Placing places pods that extensions have a say in.
#include <algorithm>

#include "placing.h"

namespace cleat::scheduling {
namespace {

// How many pods, and of how many classes, are asked about together.
constexpr size_t kMostPods = 256, kMostClasses = 64;
// Who gives no answer for so long before a pod is bound is waited for.
constexpr Duration kAtOnce = std::chrono::milliseconds(100);
// What refused a pod for an extension may change without anybody here seeing it. The extension may know how soon, but
// has no say in how often pods are tried.
constexpr Duration kRetryRefused = std::chrono::seconds(30), kSoonestRetry = std::chrono::seconds(1);

}  // namespace

void Placing::gather(QueuedPod& first) {
  std::vector<std::string> uids;
  std::vector<const PodClass*> classes;
  const size_t most = std::min(kMostPods, mostBindings_ - std::min(mostBindings_, binder_.inFlight() + underWay_));
  for (QueuedPod* next = &first; next != nullptr; next = queue_.next(context().now())) {
    // Those that are placed together are asked about together.
    bool minded = true;
    for (const QueuedPod* queued : takeGang(*next)) {
      uids.emplace_back(queued->pod.uid());
      const PodClass* podClass = queued->podClass.get();
      if (std::ranges::find(classes, podClass) == classes.end()) classes.push_back(podClass);
      // One that is nobody's business waits no longer than it has to.
      minded = minded && extensions_->isFor(profileOf(*podClass));
    }
    if (!minded || uids.size() >= most || classes.size() >= kMostClasses) break;
  }
  consulting_ = true;
  spawn(consult(std::move(uids)));
}

Task<void> Placing::consult(std::vector<std::string> uids) {
  std::map<uint64_t, ExtensionSet::Question> asked;
  for (const std::string& uid : uids) {
    const QueuedPod* queued = queue_.find(uid);
    const Profile& profile = profileOf(*queued->podClass);
    if (!extensions_->isFor(profile)) continue;
    ExtensionSet::Question& question = asked[queued->podClass->id];
    if (question.pods++ > 0) continue;
    question.podClass = queued->podClass;
    question.profile = &profile;
    ClassView& view = scheduler_->viewOf(queued->podClass);
    view.setVerdict(nullptr);
    question.candidates = view.candidates();
  }
  std::vector<ExtensionSet::Question> questions;
  for (auto& [id, question] : asked) {
    // Where no node is for them anyway there is nothing to ask, and those that come meanwhile wait for the next time.
    if (question.candidates.empty()) {
      answers_[id].verdict = std::make_shared<ExtensionVerdict>(0);
    } else {
      questions.push_back(question);
    }
  }
  if (!questions.empty()) {
    std::vector<ExtensionSet::Answer> said = co_await extensions_->consult(questions);
    for (size_t i = 0; i < questions.size(); ++i) answers_[questions[i].podClass->id] = std::move(said[i]);
  }
  co_await placeAll(uids);
  for (const auto& [id, question] : asked) scheduler_->viewOf(question.podClass).setVerdict(nullptr);
  answers_.clear();
  consulting_ = false;
  std::map<const Profile*, std::vector<ExtensionPlacement>> placed;
  for (ExtensionPlacement& placement : decided_) {
    placed[&profileOf(*placement.podClass)].push_back(std::move(placement));
  }
  decided_.clear();
  for (auto& [profile, placements] : placed) {
    underWay_ += placements.size();
    spawn(reserve(*profile, std::move(placements)));
  }
  waker_.wake();
}

QueuedPod* Placing::waiting(std::string_view uid) {
  QueuedPod* queued = queue_.find(uid);
  return queued != nullptr && queued->place == QueuedPod::Place::away ? queued : nullptr;
}

Task<void> Placing::placeAll(std::vector<std::string> uids) {
  std::map<std::string, std::vector<std::string>> gangs;
  for (const std::string& uid : uids) {
    // It may have gone meanwhile, or be another one.
    QueuedPod* queued = waiting(uid);
    if (queued == nullptr || !takeVerdict(*queued)) continue;
    if (isOfGang(queued->pod)) {
      gangs[PodGroups::keyOf(queued->pod)].push_back(uid);
    } else {
      co_await placeAgreed(uid);
    }
  }
  for (const auto& [key, members] : gangs) {
    std::vector<QueuedPod*> pods;
    for (const std::string& uid : members) {
      if (QueuedPod* queued = waiting(uid); queued != nullptr) pods.push_back(queued);
    }
    if (!pods.empty()) placeGang(pods);
  }
}

Task<void> Placing::placeAgreed(std::string uid) {
  QueuedPod* queued = queue_.find(uid);
  const Object<Pod> pod = queued->pod;
  const ClassRef podClass = queued->podClass;
  const Profile& profile = profileOf(*podClass);
  const MakesRoom room = extensions_->preempts(profile, *podClass) ? MakesRoom::whenAgreed : MakesRoom::atOnce;
  Decision decision = scheduler_->decide(pod, podClass, room);
  Refusal& refusal = decision.refusal;
  if (refusal.offers.empty()) {
    carryOut(*queued, decision);
    co_return;
  }
  const ClassView::Mark before = scheduler_->viewOf(podClass).mark();
  auto asking = extensions_->agree(profile, podClass, pod, refusal.offers);
  const Result<std::vector<RoomOffer>> agreed = co_await std::move(asking);
  queued = waiting(uid);
  if (queued == nullptr) co_return;
  const bool changed = scheduler_->viewOf(podClass).mark() != before;
  scheduler_->makeRoom(pod, podClass, agreed, refusal);
  const bool made = !refusal.nominated.empty();
  // What they say may change without anybody here seeing it.
  if (!made) refusal.judges |= bit(Judge::extensions);
  refuse(*queued, refusal);
  // What was news meanwhile told nobody who was away.
  if (changed && refusal.victims.empty()) queue_.wakeOne(uid, context().now());
}

// Whether it is known what extensions say of the pod, if they have a say; else it waits.
bool Placing::takeVerdict(QueuedPod& queued) {
  if (!extensions_->isFor(profileOf(*queued.podClass))) return true;
  auto answer = answers_.find(queued.podClass->id);
  if (answer == answers_.end()) {
    queue_.retry(queued, context().now());
    return false;
  }
  if (answer->second.failure) {
    postpone(queued, answer->second.failure->message);
    return false;
  }
  ClassView& view = scheduler_->viewOf(queued.podClass);
  if (view.verdict() != answer->second.verdict.get()) view.setVerdict(answer->second.verdict);
  return true;
}

// Nothing is known of whether the pod may be placed.
void Placing::postpone(QueuedPod& queued, const std::string& why, const std::optional<std::string>& nominated) {
  const Object<Pod> pod = queued.pod;
  attempts_.count(pod, Attempts::Result::error);
  queue_.backOff(queued, context().now());
  refusals_.say(pod, why, nominated);
}

Task<void> Placing::reserve(const Profile& profile, std::vector<ExtensionPlacement> placements) {
  const std::vector<Result<void>> may = co_await extensions_->reserve(profile, placements);
  for (size_t i = 0; i < placements.size(); ++i) {
    if (may[i]) {
      spawn(prepare(profile, std::move(placements[i])));
    } else {
      --underWay_;
      takeBack(placements[i].pod, may[i].error().message);
    }
  }
  waker_.wake();
}

Task<void> Placing::prepare(const Profile& profile, ExtensionPlacement placement) {
  Timer waiting;
  if (extensions_->mayTakeTime(profile, *placement.podClass)) {
    auto say = [this, pod = placement.pod, node = placement.node] { expect(pod, node); };
    waiting = context().after(kAtOnce, std::move(say));
  }
  const Result<void> may = co_await extensions_->prepare(profile, placement);
  waiting.cancel();
  --underWay_;
  const bool gone = queue_.find(placement.pod.uid()) == nullptr;
  if (!may || gone) {
    dropChoices(placement.pod.uid());
    co_await extensions_->unreserve(profile, placement);
    if (!may) takeBack(placement.pod, may.error().message);
    co_return;
  }
  held_[std::string(placement.pod.uid())] = {&profile, placement};
  Extension* binder = extensions_->binderOf(profile, *placement.podClass);
  // Who binds elsewhere knows nothing of claims for devices.
  if (binder != nullptr && !granted_.contains(placement.pod.uid())) {
    dropChoices(placement.pod.uid());
    spawn(bindElsewhere(std::move(placement), *binder));
  } else {
    bind(placement.pod, placement.node, takeChoices(placement.pod.uid()));
  }
}

Task<void> Placing::bindElsewhere(ExtensionPlacement placement, Extension& binder) {
  ++underWay_;
  auto binding = ExtensionSet::bind(binder, placement);
  const Result<void> bound = co_await std::move(binding);
  --underWay_;
  if (bound) {
    attempts_.count(placement.pod, Attempts::Result::scheduled);
    binder_.sayBound(placement.pod, placement.node);
    ended(placement.pod, true);
  } else {
    ended(placement.pod, false);
    takeBack(placement.pod,
             concat("binding by extension ", inQuotes(binder.settings().name), ": ", bound.error().message));
  }
  waker_.wake();
}

std::vector<ClaimChoice> Placing::takeChoices(std::string_view uid) {
  auto found = chosen_.find(uid);
  if (found == chosen_.end()) return {};
  std::vector<ClaimChoice> choices = std::move(found->second);
  chosen_.erase(found);
  return choices;
}

void Placing::dropChoices(std::string_view uid) {
  for (const ClaimChoice& choice : takeChoices(uid)) scheduler_->state().volumes().takeBack(choice.claim.key());
  dropDevices(uid);
}

// It has been given a node, and is not to be there after all.
void Placing::takeBack(const Object<Pod>& pod, const std::string& why) {
  dropChoices(pod.uid());
  intake_->forget(pod.uid());
  QueuedPod* queued = queue_.find(pod.uid());
  if (queued != nullptr) postpone(*queued, why, std::string());
  waker_.wake();
}

void Placing::ended(const Object<Pod>& pod, bool bound) {
  auto found = held_.find(pod.uid());
  if (found == held_.end()) return;
  const Held held = std::move(found->second);
  held_.erase(found);
  if (bound) {
    spawn(extensions_->bound(*held.profile, held.placement));
  } else {
    spawn(extensions_->unreserve(*held.profile, held.placement));
  }
}

void Placing::askAgainAbout(const PodClass& podClass) {
  Duration wait{};
  const auto answer = answers_.find(podClass.id);
  if (answer != answers_.end() && answer->second.verdict) wait = answer->second.verdict->againAfter();
  wait = wait == Duration(0) ? kRetryRefused : std::clamp(wait, kSoonestRetry, kRetryRefused);
  const Instant due = context().now() + wait;
  if (retry_.pending() && retryDue_ <= due) return;
  retryDue_ = due;
  retry_ = context().after(wait, [this] { retryRefusedByExtensions(); });
}

void Placing::retryRefusedByExtensions() {
  auto helped = [](const PodClass&, JudgeSet judges, bool) { return (judges & bit(Judge::extensions)) != 0; };
  if (queue_.wake(helped, context().now()) > 0) waker_.wake();
}

}  // namespace cleat::scheduling
