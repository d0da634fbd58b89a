// The pods that are to be placed, the most important first, and of equals who has waited longest. A pod is in one
// place:
//
//   ready     its turn will come
//   backing   it was tried and may be tried again, but not before its back-off has passed: 1 s after the first try,
//   twice
//             as long after each other, 10 s at most. A pod that was only refused does not wait for that while nobody
//             else is to be placed; one whose writing failed does.
//   refused   nothing has happened since that could help it; `wake` says what did
//   gated     its scheduling gates keep it, or somebody else does (`keepBack`)
//   away      it has been taken out to be placed, and comes back or does not
//
// It holds no timer: `nextDue` says when to look again.
#pragma once

#include <cleat/sdk/time.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "profile.h"
#include "state/pod_class.h"

namespace cleat::scheduling {

struct QueuedPod {
  enum class Place : uint8_t { ready, backing, refused, gated, away };
  Object<Pod> pod;
  ClassRef podClass;
  Place place = Place::away;
  Instant since{};  // when it first came to be ready
  uint64_t turn = 0;
  uint32_t tries = 0;
  bool failed = false;     // its last try was no refusal
  JudgeSet judges = 0;     // who refused it
  bool nominated = false;  // room is being made for it
  Instant backedOffUntil{};
};

class SchedulingQueue {
 public:
  static constexpr Duration kFirstBackoff = std::chrono::seconds(1);
  static constexpr Duration kMostBackoff = std::chrono::seconds(10);

  // Whether a pod's gates count; without this they do.
  void heedGates(std::function<bool(const Object<Pod>& pod)> areHeeded) { areHeeded_ = std::move(areHeeded); }
  // Who keeps pods back as their gates do. They are asked about once more when they are put again.
  void keepBack(std::function<bool(const Object<Pod>& pod)> isKept) { isKept_ = std::move(isKept); }

  // A pod that is new, or another one now: its gates, or its class. What only its status says changes nothing.
  void put(const Object<Pod>& pod, const ClassRef& podClass, Instant now);
  void erase(std::string_view uid);
  QueuedPod* find(std::string_view uid);

  // Takes out whose turn it is: null when nobody's is. The pod is away until one of the next three.
  QueuedPod* next(Instant now);
  // Takes out one that waits and is not gated, though it is not its turn: to be placed together with another.
  void take(QueuedPod& pod);
  void refuse(QueuedPod& pod, JudgeSet judges, bool nominated, Instant now);
  void backOff(QueuedPod& pod, Instant now);  // something went wrong; it is tried again by itself
  void retry(QueuedPod& pod, Instant now);    // at once, and not as a try

  // Those that were refused and that `helped` says something may have become of: asked once for each class and set of
  // judges, and apart for pods for which room is being made already.
  using Helped = std::function<bool(const PodClass& podClass, JudgeSet judges, bool nominated)>;
  size_t wake(const Helped& helped, Instant now);
  size_t wakeOne(std::string_view uid, Instant now);  // if it was refused

  std::optional<Instant> nextDue() const;
  size_t count(QueuedPod::Place place) const;
  size_t size() const { return all_.size(); }

 private:
  using Order = std::tuple<int64_t, Instant, uint64_t>;                 // less important is more; since; turn
  using Backing = std::set<std::tuple<Instant, uint64_t, QueuedPod*>>;  // until, turn
  using RefusedKey = std::tuple<uint64_t, JudgeSet, bool>;
  static RefusedKey keyOf(const QueuedPod& pod) { return {pod.podClass->id, pod.judges, pod.nominated}; }
  struct Refused {
    ClassRef podClass;
    std::set<QueuedPod*> pods;
  };
  static Backing::value_type dueOf(QueuedPod& pod) { return {pod.backedOffUntil, pod.turn, &pod}; }
  static Order orderOf(const QueuedPod& pod) { return {-int64_t(pod.podClass->priority), pod.since, pod.turn}; }
  void makeReady(QueuedPod& pod, Instant now);
  void makeBacking(QueuedPod& pod);
  void makeAwake(QueuedPod& pod, Instant now);
  void takeOut(QueuedPod& pod);
  void startBackoff(QueuedPod& pod, Instant now);
  void comeDue(Instant now);

  bool isGated(const Object<Pod>& pod) const;

  std::function<bool(const Object<Pod>&)> isKept_, areHeeded_;
  TextTable<QueuedPod> all_;  // by uid
  std::map<Order, QueuedPod*> ready_;
  Backing failed_;  // after a failure
  Backing tried_;   // after a refusal
  std::map<RefusedKey, Refused> refused_;
  size_t gated_ = 0;
  uint64_t turns_ = 0;
};

}  // namespace cleat::scheduling
