#include "pod_ledger.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_state.h>

#include <utility>

namespace cleat {
namespace {

using core_v1::Pod;

std::string controllerUid(const Object<Pod>& pod) {
  auto owner = pod ? controllerOf(pod.meta()) : std::nullopt;
  return owner ? str(owner->getUid()) : std::string();
}

}  // namespace

PodLedger::PodLedger(Informer<Pod>& pods) {
  pods.onChange([this](const Object<Pod>& before, const Object<Pod>& now) {
    const std::string from = controllerUid(before), to = controllerUid(now);
    const bool isSame = before && now && before.uid() == now.uid() && from == to;
    if (!from.empty() && !isSame) remove(from, before);
    if (!to.empty()) put(to, now);
  });
}

const std::vector<KnownPod>& PodLedger::of(std::string_view setUid, const PodJudge& judge) {
  auto found = sets_.find(setUid);
  if (found == sets_.end()) return none_;
  for (KnownPod& known : found->second.pods) {
    if (known.judgedBy == judge.generation) continue;
    known.isSelected = judge.selector.matches(known.pod);
    known.isLabelled = judge.labels.matches(known.pod);
    known.judgedBy = judge.generation;
  }
  return found->second.pods;
}

const std::vector<KnownPod>& PodLedger::of(std::string_view setUid) const {
  auto found = sets_.find(setUid);
  return found == sets_.end() ? none_ : found->second.pods;
}

void PodLedger::put(const std::string& setUid, const Object<Pod>& pod) {
  SetPods& set = sets_[setUid];
  auto [place, isNew] = set.places.try_emplace(str(pod.uid()), set.pods.size());
  KnownPod known{.pod = pod, .traits = deletionTraits(pod), .isTerminating = isTerminating(pod)};
  if (isNew) {
    set.pods.push_back(std::move(known));
  } else {
    set.pods[place->second] = std::move(known);
  }
}

// The last one takes its place.
void PodLedger::remove(const std::string& setUid, const Object<Pod>& pod) {
  auto found = sets_.find(setUid);
  if (found == sets_.end()) return;
  SetPods& set = found->second;
  auto place = set.places.find(pod.uid());
  if (place == set.places.end()) return;
  const size_t at = place->second;
  set.places.erase(place);
  if (at + 1 < set.pods.size()) {
    set.pods[at] = std::move(set.pods.back());
    set.places[str(set.pods[at].traits.uid)] = at;
  }
  set.pods.pop_back();
  if (set.pods.empty()) sets_.erase(found);
}

}  // namespace cleat
