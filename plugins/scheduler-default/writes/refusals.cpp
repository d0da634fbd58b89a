#include "writes/refusals.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_conditions.h>

#include <algorithm>

namespace cleat::scheduling {
namespace {

constexpr Duration kFirstPause = std::chrono::seconds(1);
constexpr Duration kMostPause = std::chrono::seconds(10);
constexpr int kMostConflicts = 5;

Duration pauseAfter(uint32_t times) {
  Duration pause = kFirstPause;
  for (uint32_t i = 1; i < times && pause < kMostPause; ++i) pause *= 2;
  return std::min(pause, kMostPause);
}

// What the pod says already, from before a restart.
std::string saidBy(const Object<Pod>& pod) {
  auto condition = findCondition(pod->getStatus().getConditions(), "PodScheduled");
  const bool refused = condition && view(condition->getReason()) == "Unschedulable";
  return refused ? str(condition->getMessage()) : std::string();
}

}  // namespace

Refusals::Told& Refusals::of(const Object<Pod>& pod) {
  auto [at, added] = all_.try_emplace(str(pod.uid()));
  Told& told = at->second;
  if (added) told.said = told.message = saidBy(pod);
  told.pod = pod;
  return told;
}

void Refusals::say(const Object<Pod>& pod, const std::string& message, const std::optional<std::string>& node) {
  Told& told = of(pod);
  told.message = message;
  if (node) setNode(told, *node);
  consider(str(pod.uid()), told);
}

void Refusals::nominate(const Object<Pod>& pod, const std::string& node) {
  Told& told = of(pod);
  setNode(told, node);
  consider(str(pod.uid()), told);
}

void Refusals::setNode(Told& told, const std::string& node) {
  const std::string_view written = view(told.pod->getStatus().getNominatedNodeName());
  if (!told.nodeChanged && !told.writing && written == node && told.node == node) return;
  told.node = node;
  told.nodeChanged = true;
}

void Refusals::forget(std::string_view uid) {
  auto found = all_.find(uid);
  if (found == all_.end()) return;
  due_.erase({found->second.due, found->first});
  all_.erase(found);
}

bool Refusals::concerns(std::string_view uid) const {
  auto found = all_.find(uid);
  return found != all_.end() && (found->second.writing || found->second.nodeChanged);
}

void Refusals::consider(const std::string& uid, Told& told) {
  if (told.writing || (told.message == told.said && !told.nodeChanged)) return;
  const Instant now = context_.now();
  if (told.nodeChanged || told.notBefore <= now) {
    due_.erase({told.due, uid});
    told.writing = true;
    outbox_.add(write(uid));
    return;
  }
  told.due = told.notBefore;
  due_.emplace(told.due, uid);
  arm();
}

void Refusals::arm() {
  if (due_.empty()) return timer_.cancel();
  timer_ = context_.after(std::max(due_.begin()->first - context_.now(), Duration(0)), [this] { fire(); });
}

void Refusals::fire() {
  while (!due_.empty() && due_.begin()->first <= context_.now()) {
    const std::string uid = due_.begin()->second;
    due_.erase(due_.begin());
    if (auto found = all_.find(uid); found != all_.end()) consider(uid, found->second);
  }
  arm();
}

Task<void> Refusals::write(std::string uid) {
  auto found = all_.find(uid);
  if (found == all_.end()) co_return;
  Told& told = found->second;
  const bool news = told.message != told.said;
  const Object<Pod> pod = told.pod;
  const std::string message = told.message;
  const std::string node = told.node;
  const bool nodeChanged = std::exchange(told.nodeChanged, false);
  told.said = message;
  if (news) {
    told.notBefore = context_.now() + pauseAfter(++told.times);
    events_.warning(pod, "FailedScheduling", "Scheduling", message);
  }
  const bool written = co_await put(pod, message, nodeChanged, node);
  auto after = all_.find(uid);
  if (after == all_.end()) co_return;
  after->second.writing = false;
  if (!written) after->second.said.clear();
  consider(uid, after->second);
}

// Returns whether it stands, or has become pointless.
Task<bool> Refusals::put(Object<Pod> pod, std::string message, bool nodeChanged, std::string node) {
  Object<Pod> current = pods_.get(pod.key());
  for (int tries = 0; tries < kMostConflicts; ++tries) {
    if (!current || current.uid() != pod.uid() || current->getSpec().getNodeName().size() > 0) co_return true;
    Draft<Pod> draft(current);
    bool changed = false;
    if (!message.empty()) {
      ConditionUpdate update{"PodScheduled", "False", "Unschedulable", message, formatTime(context_.wallNow())};
      changed = setPodCondition(draft, update);
    }
    if (nodeChanged && view(current->getStatus().getNominatedNodeName()) != node) {
      draft->getStatus().setNominatedNodeName(node);
      changed = true;
    }
    if (!changed) co_return true;
    auto updated = co_await client_.updateStatus<Pod>(std::move(draft));
    if (updated || updated.error().is(404)) co_return true;
    if (!updated.error().is(409)) {
      context_.log.warn("pod ", pod.key(), " cannot be told why it waits: ", updated.error().message);
      co_return false;
    }
    auto live = co_await client_.get<Pod>(pod.ns(), pod.name());
    if (!live) co_return live.error().is(404);
    current = *live;
  }
  co_return false;
}

}  // namespace cleat::scheduling
