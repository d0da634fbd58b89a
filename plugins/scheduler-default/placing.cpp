#include "placing.h"

#include <algorithm>

#include "extensions/extension_settings.h"
#include "extensions/http_extender.h"
#include "extensions/plugin_extension.h"

namespace cleat::scheduling {
namespace {

// How many pods are decided about before other events have their turn.
constexpr int kAtATime = 64;

}  // namespace

const Profile& Placing::profileOf(const PodClass& podClass) const {
  return *scheduler_->profileOf(view(podClass.spec().getSchedulerName()));
}

Task<Result<void>> Placing::start() {
  auto profiles = readProfiles(config());
  if (!profiles) co_return fail(profiles.error());
  mostBindings_ = static_cast<size_t>(std::max<int64_t>(1, config().integer("bindings_in_flight")));
  auto settings = readExtensions(config(), *profiles);
  if (!settings) co_return fail(settings.error());
  auto extenders = readExtenders(config(), *profiles);
  if (!extenders) co_return fail(extenders.error());
  scheduler_ = std::make_unique<Scheduler>(std::move(*profiles));
  extensions_ = std::make_unique<ExtensionSet>(context(), scheduler_->state());
  for (ExtensionSettings& one : *settings) {
    extensions_->add(std::make_unique<PluginExtension>(context(), std::move(one), scheduler_->state()));
  }
  for (ExtenderSettings& one : *extenders) {
    for (const std::string& resource : one.ignoredByScheduler) scheduler_->ignore(resource, one.common.profiles);
    extensions_->add(std::make_unique<HttpExtender>(context(), std::move(one), scheduler_->state()));
  }
  for (const Profile& profile : scheduler_->profiles()) {
    if (extensions_->isFor(profile)) scheduler_->state().classes().tellApart(profile.schedulerName);
  }
  Intake::Hooks hooks{.now = [this] { return context().now(); },
                      .woken = [this] { waker_.wake(); },
                      .settled = [this](std::string_view uid) { refusals_.forget(uid); },
                      .isBeingNominated = [this](std::string_view uid) { return refusals_.concerns(uid); }};
  intake_ = std::make_unique<Intake>(*scheduler_, queue_, std::move(hooks));
  queue_.heedGates([this](const Object<Pod>& pod) {
    const Profile* profile = scheduler_->profileOf(view(pod->getSpec().getSchedulerName()));
    return profile == nullptr || profile->has(Judge::schedulingGates);
  });
  queue_.keepBack([this](const Object<Pod>& pod) { return intake_->waitsForClaims(pod) || waitsForGroup(pod); });
  CLEAT_CO_TRY(co_await watchGroups());
  watchOthers();
  watchDevices();
  watchPods();
  co_await nodes_.waitSynced();
  co_await namespaces_.waitSynced();
  co_await services_.waitSynced();
  co_await claims_.waitSynced();
  co_await volumes_.waitSynced();
  co_await storageClasses_.waitSynced();
  co_await csiNodes_.waitSynced();
  co_await csiDrivers_.waitSynced();
  co_await attachments_.waitSynced();
  co_await capacities_.waitSynced();
  co_await budgets_.waitSynced();
  co_await deviceClaims_.waitSynced();
  co_await slices_.waitSynced();
  co_await deviceClasses_.waitSynced();
  co_await taintRules_.waitSynced();
  co_await pods_.waitSynced();
  synced_ = true;
  waker_.wake();
  co_return Result<void>();
}

void Placing::watchOthers() {
  nodes_.onChange([this](const auto& before, const auto& now) {
    const bool news = !before || !now || isNodeNews(before, now);
    NodeTable& table = scheduler_->state().nodes();
    const NodeIndex gone = now ? kNoNode : table.find(before.name());
    intake_->node(before, now);
    if (news && podGroups_) retryGangs();
    if (news && !extensions_->empty()) extensions_->nodeChanged(now ? table.find(now.name()) : gone);
  });
  namespaces_.onChange([this](const auto& before, const auto& now) { intake_->ofNamespace(before, now); });
  services_.onChange([this](const auto& before, const auto& now) { intake_->service(before, now); });
  budgets_.onChange([this](const auto& before, const auto& now) { intake_->budget(before, now); });
  VolumeState& volumes = scheduler_->state().volumes();
  watchStorage(claims_, volumes.claims);
  watchStorage(volumes_, volumes.volumes);
  watchStorage(storageClasses_, volumes.classes);
  watchStorage(csiNodes_, volumes.nodes);
  watchStorage(csiDrivers_, volumes.drivers);
  watchStorage(attachments_, volumes.attachments);
  watchStorage(capacities_, volumes.capacities);
}

template <class K, class Known>
void Placing::watchStorage(Informer<K>& informer, Known& known) {
  informer.onChange([this, &known](const Object<K>& before, const Object<K>& now) {
    intake_->storage(known, before, now);
    claimBinder_.look(scheduler_->state());
  });
}

void Placing::watchPods() {
  pods_.onChange([this](const Object<Pod>& before, const Object<Pod>& now) {
    const bool isGroupNews = podGroups_ && groups_.pod(before, now);
    // A pod of the same name may have come in its place while history was lost.
    if (before && now && before.uid() != now.uid()) {
      intake_->pod(before, {});
      intake_->pod({}, now);
    } else {
      intake_->pod(before, now);
    }
    if (isGroupNews) groupNews(PodGroups::keyOf(now ? now : before));
    if (!before || !now) attempts_.othersWait();
    if (!before || (now && before.uid() == now.uid())) return;
    claimBinder_.look(scheduler_->state());
    // Nothing is held any longer for a pod that has gone.
    dropDevices(before.uid());
    deviceBinder_.forget(before.uid());
    reserved_.erase(std::string(before.uid()));
    ended(before, false);
  });
}

void Placing::run() {
  if (!synced_) return;
  for (int i = 0; i < kAtATime; ++i) {
    // Goes on when one of them has ended, or everybody has answered.
    if (consulting_ || binder_.inFlight() + underWay_ >= mostBindings_) return;
    QueuedPod* queued = queue_.next(context().now());
    if (queued == nullptr) {
      due_.cancel();
      const auto due = queue_.nextDue();
      if (due) due_ = context().after(std::max(*due - context().now(), Duration(0)), [this] { waker_.wake(); });
      return;
    }
    if (!extensions_->empty() && extensions_->isFor(profileOf(*queued->podClass))) return gather(*queued);
    if (isOfGang(queued->pod)) {
      placeGang(takeGang(*queued));
    } else {
      place(*queued);
    }
  }
  waker_.wake();
}

void Placing::place(QueuedPod& queued) { carryOut(queued, scheduler_->decide(queued.pod, queued.podClass)); }

void Placing::carryOut(QueuedPod& queued, const Decision& decision) {
  if (decision.node.empty()) return refuse(queued, decision.refusal);
  const Object<Pod> pod = queued.pod;
  const ClassRef podClass = queued.podClass;
  grant(pod, podClass, decision.node);
  carryOut(pod, podClass, decision.node);
}

void Placing::grant(const Object<Pod>& pod, const ClassRef& podClass, const std::string& node) {
  auto choices = choicesFor(*podClass, node);
  promiseDevices(podClass, pod, node);
  intake_->assume(pod, node);
  VolumeState& volumes = scheduler_->state().volumes();
  for (const ClaimChoice& choice : choices) {
    volumes.promise(choice.claim.key(), {node, choice.volume ? str(choice.volume.name()) : std::string()});
  }
  if (!choices.empty()) chosen_[std::string(pod.uid())] = std::move(choices);
}

void Placing::carryOut(const Object<Pod>& pod, const ClassRef& podClass, const std::string& node) {
  if (!consulting_ || !extensions_->isFor(profileOf(*podClass))) return bind(pod, node, takeChoices(pod.uid()));
  decided_.push_back({pod, podClass, node});
}

void Placing::bind(const Object<Pod>& pod, const std::string& node, std::vector<ClaimChoice> choices) {
  if (choices.empty()) return bindDevices(pod, node);
  expect(pod, node);
  claimBinder_.bind(pod, node, std::move(choices), scheduler_->state());
}

void Placing::expect(const Object<Pod>& pod, const std::string& node) {
  if (queue_.find(pod.uid()) != nullptr) refusals_.nominate(pod, node);
}

// What the pod's claims get on the node that was chosen because they can get it there.
std::vector<ClaimChoice> Placing::choicesFor(const PodClass& podClass, const std::string& node) const {
  const ClusterState& state = scheduler_->state();
  const Profile* profile = scheduler_->profileOf(view(podClass.spec().getSchedulerName()));
  if (podClass.claims.empty() || profile == nullptr || !profile->has(Judge::volumeBinding)) return {};
  const NodeIndex index = state.nodes().find(node);
  return chooseVolumes(podClass, state.nodes().row(index).node, state).choices;
}

void Placing::refuse(QueuedPod& queued, const Refusal& refusal) {
  const Object<Pod> pod = queued.pod;
  attempts_.count(pod, Attempts::Result::unschedulable);
  const bool nominated = scheduler_->state().nomination(pod.uid()) != nullptr;
  queue_.refuse(queued, refusal.judges, nominated, context().now());
  if ((refusal.judges & bit(Judge::extensions)) != 0) askAgainAbout(*queued.podClass);
  if (!refusal.deallocates.empty()) deviceBinder_.deallocate(refusal.deallocates, str(pod.uid()));
  std::optional<std::string> node;
  if (!refusal.nominated.empty() || refusal.givesUpNomination) node = refusal.nominated;
  refusals_.say(pod, refusal.message, node);
  for (const std::string& uid : refusal.outdone) {
    QueuedPod* other = queue_.find(uid);
    if (other == nullptr) continue;
    refusals_.nominate(other->pod, "");
    if (other->place == QueuedPod::Place::refused) queue_.retry(*other, context().now());
  }
  for (const Object<Pod>& victim : refusal.victims) evictions_.evict(victim, pod, refusal.nominated);
}

Binder::Outcomes Placing::outcomes() {
  return {.bound =
              [this](const Object<Pod>& pod) {
                reserved_.erase(std::string(pod.uid()));
                attempts_.count(pod, Attempts::Result::scheduled);
                ended(pod, true);
                waker_.wake();
              },
          .boundElsewhere =
              [this](const Object<Pod>& live) {
                ended(live, false);
                intake_->pod({}, live);
                waker_.wake();
              },
          .gone =
              [this](const Object<Pod>& pod) {
                ended(pod, false);
                intake_->pod(pod, {});
                waker_.wake();
              },
          .failed =
              [this](const Object<Pod>& live) {
                ended(live, false);
                auto found = reserved_.find(live.uid());
                if (found == reserved_.end()) return bindingFailed(live);
                std::vector<std::string> claims = std::move(found->second);
                reserved_.erase(found);
                spawn(releaseAndFail(live, std::move(claims)));
              }};
}

ClaimBinder::Outcomes Placing::claimOutcomes() {
  return {.bound = [this](const Object<Pod>& pod, const std::string& node) { bindDevices(pod, node); },
          .failed =
              [this](const Object<Pod>& pod) {
                ended(pod, false);
                const Object<Pod> now = pods_.get(pod.key());
                bindingFailed(now && now.uid() == pod.uid() ? now : pod);
              }};
}

void Placing::bindingFailed(const Object<Pod>& pod) {
  attempts_.count(pod, Attempts::Result::error);
  dropDevices(pod.uid());
  intake_->forget(pod.uid());
  if (QueuedPod* queued = queue_.find(pod.uid()); queued != nullptr) {
    queued->pod = pod;
    queue_.backOff(*queued, context().now());
    refusals_.nominate(pod, "");
  }
  waker_.wake();
}

void Placing::evictionFailed(const std::string& victim, const std::string& preemptor) {
  scheduler_->state().setEvicted(victim, false);
  QueuedPod* queued = queue_.find(preemptor);
  if (queued == nullptr || queued->place != QueuedPod::Place::refused) return;
  queue_.backOff(*queued, context().now());
  waker_.wake();
}

}  // namespace cleat::scheduling
