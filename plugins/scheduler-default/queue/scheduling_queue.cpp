#include "queue/scheduling_queue.h"

#include <algorithm>

namespace cleat::scheduling {

using Place = QueuedPod::Place;

QueuedPod* SchedulingQueue::find(std::string_view uid) {
  auto found = all_.find(uid);
  return found == all_.end() ? nullptr : &found->second;
}

bool SchedulingQueue::isGated(const Object<Pod>& pod) const {
  if (pod->getSpec().getSchedulingGates().size() > 0 && (!areHeeded_ || areHeeded_(pod))) return true;
  return isKept_ && isKept_(pod);
}

void SchedulingQueue::put(const Object<Pod>& pod, const ClassRef& podClass, Instant now) {
  auto [at, added] = all_.try_emplace(str(pod.uid()));
  QueuedPod& queued = at->second;
  const bool gated = isGated(pod);
  const bool other = added || queued.podClass != podClass;
  queued.pod = pod;
  if (!added && queued.place == Place::away) {
    queued.podClass = podClass;
    return;
  }
  if (!other && gated == (queued.place == Place::gated)) return;
  if (!added) takeOut(queued);
  queued.podClass = podClass;
  if (gated) {
    queued.place = Place::gated;
    ++gated_;
  } else {
    makeReady(queued, now);
  }
}

void SchedulingQueue::erase(std::string_view uid) {
  auto found = all_.find(uid);
  if (found == all_.end()) return;
  takeOut(found->second);
  all_.erase(found);
}

void SchedulingQueue::makeReady(QueuedPod& pod, Instant now) {
  pod.place = Place::ready;
  if (pod.turn == 0) {
    pod.since = now;
    pod.turn = ++turns_;
  }
  ready_.emplace(orderOf(pod), &pod);
}

void SchedulingQueue::makeBacking(QueuedPod& pod) {
  pod.place = Place::backing;
  (pod.failed ? failed_ : tried_).insert(dueOf(pod));
}

void SchedulingQueue::takeOut(QueuedPod& pod) {
  if (pod.place == Place::ready) ready_.erase(orderOf(pod));
  if (pod.place == Place::gated) --gated_;
  if (pod.place == Place::backing) (pod.failed ? failed_ : tried_).erase(dueOf(pod));
  if (pod.place == Place::refused) {
    auto found = refused_.find(keyOf(pod));
    found->second.pods.erase(&pod);
    if (found->second.pods.empty()) refused_.erase(found);
  }
  pod.place = Place::away;
}

void SchedulingQueue::comeDue(Instant now) {
  for (auto* backing : {&failed_, &tried_}) {
    while (!backing->empty() && std::get<Instant>(*backing->begin()) <= now) {
      QueuedPod& pod = *std::get<QueuedPod*>(*backing->begin());
      backing->erase(backing->begin());
      makeReady(pod, now);
    }
  }
}

QueuedPod* SchedulingQueue::next(Instant now) {
  comeDue(now);
  QueuedPod* pod = nullptr;
  if (!ready_.empty()) {
    pod = ready_.begin()->second;
  } else if (!tried_.empty()) {
    pod = std::get<QueuedPod*>(*tried_.begin());
  } else {
    return nullptr;
  }
  takeOut(*pod);
  ++pod->tries;
  return pod;
}

void SchedulingQueue::take(QueuedPod& pod) {
  takeOut(pod);
  ++pod.tries;
}

void SchedulingQueue::startBackoff(QueuedPod& pod, Instant now) {
  Duration wait = kFirstBackoff;
  for (uint32_t i = 1; i < pod.tries && wait < kMostBackoff; ++i) wait *= 2;
  pod.backedOffUntil = now + std::min(wait, kMostBackoff);
}

void SchedulingQueue::refuse(QueuedPod& pod, JudgeSet judges, bool nominated, Instant now) {
  takeOut(pod);
  startBackoff(pod, now);
  pod.failed = false;
  pod.judges = judges;
  pod.nominated = nominated;
  pod.place = Place::refused;
  Refused& refused = refused_[keyOf(pod)];
  refused.podClass = pod.podClass;
  refused.pods.insert(&pod);
}

void SchedulingQueue::backOff(QueuedPod& pod, Instant now) {
  takeOut(pod);
  startBackoff(pod, now);
  pod.failed = true;
  makeBacking(pod);
}

void SchedulingQueue::retry(QueuedPod& pod, Instant now) {
  takeOut(pod);
  makeReady(pod, now);
}

void SchedulingQueue::makeAwake(QueuedPod& pod, Instant now) {
  if (pod.backedOffUntil <= now) {
    makeReady(pod, now);
  } else {
    makeBacking(pod);
  }
}

size_t SchedulingQueue::wakeOne(std::string_view uid, Instant now) {
  QueuedPod* pod = find(uid);
  if (pod == nullptr || pod->place != Place::refused) return 0;
  takeOut(*pod);
  makeAwake(*pod, now);
  return 1;
}

size_t SchedulingQueue::wake(const Helped& helped, Instant now) {
  size_t woken = 0;
  for (auto at = refused_.begin(); at != refused_.end();) {
    if (!helped(*at->second.podClass, std::get<JudgeSet>(at->first), std::get<bool>(at->first))) {
      ++at;
      continue;
    }
    for (QueuedPod* pod : at->second.pods) {
      makeAwake(*pod, now);
      ++woken;
    }
    at = refused_.erase(at);
  }
  return woken;
}

std::optional<Instant> SchedulingQueue::nextDue() const {
  std::optional<Instant> due;
  for (const auto* backing : {&failed_, &tried_}) {
    if (backing->empty()) continue;
    const Instant first = std::get<Instant>(*backing->begin());
    if (!due || first < *due) due = first;
  }
  return due;
}

size_t SchedulingQueue::count(Place place) const {
  size_t refused = 0;
  for (const auto& [key, each] : refused_) refused += each.pods.size();  // by class and judges: few
  const size_t backing = failed_.size() + tried_.size();
  switch (place) {
    case Place::ready: return ready_.size();
    case Place::backing: return backing;
    case Place::refused: return refused;
    case Place::gated: return gated_;
    case Place::away: break;
  }
  return all_.size() - ready_.size() - backing - refused - gated_;
}

}  // namespace cleat::scheduling
