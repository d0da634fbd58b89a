#include "core/api/flow/flow_level.h"

#include <algorithm>
#include <cmath>

namespace cleat::api {
namespace {

// What a request is taken to cost until it is known: what ordinary ones take.
constexpr int64_t kGuessNs = 3'000'000;
// More than this no plugin makes of a level.
constexpr uint32_t kMostQueues = 100'000, kMostHand = 64;

}  // namespace

FlowLevel::FlowLevel(std::string name, LevelSettings settings, base::Metrics& metrics)
    : name_(std::move(name)), counts_(metrics, name_) {
  configure(settings, 0);
  setLimit(settings.seats, 0);
}

LevelSettings FlowLevel::settings() const {
  MutexLock lock(mutex_);
  return settings_;
}

uint32_t FlowLevel::limit() const {
  MutexLock lock(mutex_);
  return limit_;
}

bool FlowLevel::hasQueues() const {
  MutexLock lock(mutex_);
  return settings_.queues > 0;
}

void FlowLevel::configure(LevelSettings settings, int64_t now) {
  settings.queues = std::min(settings.queues, kMostQueues);
  settings.handSize = std::clamp(settings.handSize, 1u, kMostHand);
  MutexLock lock(mutex_);
  note(now);
  const bool sameQueues = settings.queues == settings_.queues && settings.handSize == settings_.handSize;
  settings_ = settings;
  limit_ = std::clamp(limit_, settings.leastSeats, std::max(settings.leastSeats, settings.mostSeats));
  counts_.nominal.set(settings.seats);
  counts_.lower.set(settings.leastSeats);
  counts_.upper.set(settings.mostSeats);
  counts_.current.set(limit_);
  if (!sameQueues || queues_.empty()) {
    std::vector<Queue> before = std::exchange(queues_, std::vector<Queue>(std::max(settings.queues, 1u)));
    clock_ = 0;
    next_ = 0;
    waiting_ = waitingSeats_ = 0;
    for (Queue& queue : before) {
      for (std::shared_ptr<FlowWait>& wait : queue.waiting) put(std::move(wait));
    }
  }
  seatWhoIsNext();
}

void FlowLevel::setLimit(uint32_t seats, int64_t now) {
  MutexLock lock(mutex_);
  note(now);
  limit_ = seats;
  counts_.current.set(seats);
  seatWhoIsNext();
}

// One that wants more than there are comes through alone.
uint32_t FlowLevel::fittingLocked(uint32_t seats) const {
  return std::clamp(seats, 1u, std::max(settings_.mostSeatsOfRequest, 1u));
}

uint32_t FlowLevel::fitting(uint32_t seats) const {
  if (seats <= 1) return 1;
  MutexLock lock(mutex_);
  return fittingLocked(seats);
}

bool FlowLevel::isFree(uint32_t seats) const {
  if (settings_.unlimited || taken_ + seats <= limit_) return true;
  return taken_ == 0 && limit_ > 0;
}

bool FlowLevel::take(uint32_t seats, int64_t now) {
  MutexLock lock(mutex_);
  note(now);
  if ((waiting_ > 0 && !settings_.unlimited) || !isFree(seats)) {
    mostDemand_ = std::max(mostDemand_, taken_ + waitingSeats_ + seats);
    return false;
  }
  taken_ += seats;
  mostDemand_ = std::max(mostDemand_, taken_ + waitingSeats_);
  return true;
}

// The shortest of a hand of different queues that the hash deals.
uint32_t FlowLevel::queueFor(uint64_t flow) const {
  const uint32_t count = static_cast<uint32_t>(queues_.size());
  const uint32_t hand = std::min(settings_.handSize, count);
  uint32_t best = 0;
  bool isFirst = true;
  std::vector<uint32_t> dealt;
  dealt.reserve(hand);
  for (uint32_t i = 0; i < hand; ++i) {
    // The hash is spent by small parts: another one follows from it for the next.
    flow = (flow ^ (flow >> 29)) * 0x9E3779B97F4A7C15u;
    uint32_t card = static_cast<uint32_t>((flow >> 32) % (count - i));
    // Of those that are left, counted from the front.
    for (const uint32_t earlier : dealt) card += earlier <= card;
    dealt.insert(std::ranges::upper_bound(dealt, card), card);
    const Queue &here = queues_[card], &there = queues_[best];
    const auto load = [](const Queue& queue) { return std::pair(queue.waitingSeats, queue.executing); };
    if (isFirst || load(here) < load(there)) best = card;
    isFirst = false;
  }
  return best;
}

void FlowLevel::put(std::shared_ptr<FlowWait> wait) {
  wait->queue = queueFor(wait->flow);
  Queue& queue = queues_[wait->queue];
  if (queue.waiting.empty() && queue.executing == 0) queue.clock = std::max(queue.clock, clock_);
  queue.waitingSeats += wait->seats;
  waitingSeats_ += wait->seats;
  ++waiting_;
  queue.waiting.push_back(std::move(wait));
}

uint32_t FlowLevel::enqueue(const std::shared_ptr<FlowWait>& wait, int64_t now) {
  MutexLock lock(mutex_);
  note(now);
  if (settings_.queues == 0) return 0;
  if (queues_[queueFor(wait->flow)].waiting.size() >= settings_.queueLength) return 0;
  put(wait);
  mostDemand_ = std::max(mostDemand_, taken_ + waitingSeats_);
  const auto length = static_cast<uint32_t>(queues_[wait->queue].waiting.size());
  seatWhoIsNext();  // seats may have come back meanwhile
  return length;
}

void FlowLevel::giveUp(const std::shared_ptr<FlowWait>& wait, int64_t now) {
  MutexLock lock(mutex_);
  if (wait->state.load(std::memory_order_relaxed) != FlowWait::State::waiting) return;
  note(now);
  Queue& queue = queues_[wait->queue];
  const auto found = std::ranges::find(queue.waiting, wait);
  if (found == queue.waiting.end()) return;
  queue.waiting.erase(found);
  queue.waitingSeats -= wait->seats;
  waitingSeats_ -= wait->seats;
  --waiting_;
  wait->state.store(FlowWait::State::timedOut, std::memory_order_release);
  wait->wake->raise();
  seatWhoIsNext();  // it may have been in the way of smaller ones
}

void FlowLevel::giveBack(uint32_t seats, uint32_t queue, int64_t heldNs, int64_t now) {
  MutexLock lock(mutex_);
  note(now);
  taken_ -= seats;
  if (queue < queues_.size() && queues_[queue].executing > 0) {
    --queues_[queue].executing;
    if (waiting_ > 0) queues_[queue].clock += (heldNs - kGuessNs) * seats;
  }
  if (waiting_ > 0) seatWhoIsNext();
}

void FlowLevel::seatWhoIsNext() {
  while (waiting_ > 0) {
    const auto count = static_cast<uint32_t>(queues_.size());
    uint32_t best = kNone;
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t at = (next_ + i) % count;
      if (queues_[at].waiting.empty()) continue;
      if (best == kNone || queues_[at].clock < queues_[best].clock) best = at;
    }
    Queue& queue = queues_[best];
    const uint32_t seats = queue.waiting.front()->seats;
    if (!isFree(seats)) return;
    const std::shared_ptr<FlowWait> wait = std::move(queue.waiting.front());
    queue.waiting.pop_front();
    queue.waitingSeats -= seats;
    waitingSeats_ -= seats;
    --waiting_;
    taken_ += seats;
    clock_ = queue.clock;
    queue.clock += kGuessNs * seats;
    ++queue.executing;
    next_ = (best + 1) % count;
    wait->state.store(FlowWait::State::seated, std::memory_order_release);
    wait->wake->raise();
  }
  restartClocks();
}

void FlowLevel::restartClocks() {
  clock_ = 0;
  for (Queue& queue : queues_) queue.clock = 0;
}

void FlowLevel::note(int64_t now) {
  const double demand = taken_ + waitingSeats_, passed = static_cast<double>(std::max<int64_t>(now - demandAt_, 0));
  area_ += demand * passed;
  squares_ += demand * demand * passed;
  demandAt_ = std::max(demandAt_, now);
}

SeatDemand FlowLevel::takeDemand(int64_t now) {
  MutexLock lock(mutex_);
  note(now);
  SeatDemand demand;
  demand.most = mostDemand_;
  if (const double passed = static_cast<double>(demandAt_ - demandSince_); passed > 0) {
    demand.average = area_ / passed;
    demand.deviation = std::sqrt(std::max(squares_ / passed - demand.average * demand.average, 0.0));
  }
  area_ = squares_ = 0;
  demandSince_ = demandAt_;
  mostDemand_ = taken_ + waitingSeats_;
  counts_.mostDemand.set(demand.most);
  return demand;
}

}  // namespace cleat::api
