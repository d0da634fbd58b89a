#include "core/api/flow/flow_level.h"

#include <cmath>
#include <functional>

namespace cleat::api {
namespace {

// What a request is taken to cost until it is known: what ordinary ones take.
constexpr int64_t kGuessNs = 3'000'000;
// More than this no plugin makes of a level.
constexpr uint32_t kMostQueues = 100'000, kMostHand = 64;
// So many flows' hands are kept.
constexpr uint32_t kHands = 64;

// What it is charged for when it is seated.
double workOf(const FlowWork& work) {
  return static_cast<double>(kGuessNs) * work.seats + static_cast<double>(work.lastsNs) * work.lastSeats;
}

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
    first_ += static_cast<uint32_t>(before.size());
    cards_.assign(size_t{kHands} * std::min<size_t>(settings.handSize, queues_.size()), 0);
    dealtTo_.assign(kHands, 0);
    deal(0, std::span(cards_).first(cards_.size() / kHands));
    clock_ = 0;
    next_ = active_ = 0;
    waiting_ = waitingSeats_ = 0;
    for (const std::shared_ptr<FlowWait>& wait : returning_) waitingSeats_ += wait->work.mostSeats();
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

FlowWork FlowLevel::fitting(FlowWork work) const {
  if (work.seats <= 1 && work.lastSeats <= 1) return work;
  MutexLock lock(mutex_);
  const uint32_t most = std::max(settings_.mostSeatsOfRequest, 1u);
  work.seats = std::clamp(work.seats, 1u, most);
  if (work.lastSeats > most) {
    work.lastsNs = work.lastsNs * work.lastSeats / most;
    work.lastSeats = most;
  }
  return work;
}

// One that wants more than there are comes through alone.
bool FlowLevel::isFree(uint32_t seats) const {
  if (settings_.unlimited || taken_ + seats <= limit_) return true;
  return taken_ == 0 && limit_ > 0;
}

std::optional<uint32_t> FlowLevel::take(const FlowWork& work, int64_t now) {
  const uint32_t seats = work.mostSeats();
  MutexLock lock(mutex_);
  note(now);
  if (((waiting_ > 0 || !returning_.empty()) && !settings_.unlimited) || !isFree(seats)) {
    mostDemand_ = std::max(mostDemand_, taken_ + waitingSeats_ + seats);
    return std::nullopt;
  }
  taken_ += seats;
  mostDemand_ = std::max(mostDemand_, taken_ + waitingSeats_);
  if (settings_.unlimited || settings_.queues == 0) return kNone;
  // Nobody waits in any: they are as short.
  const std::span<const uint32_t> hand = handOf(work.flow);
  if (card_ >= hand.size()) card_ = 0;
  const uint32_t at = hand[card_++];
  begin(queues_[at]);
  charge(queues_[at], work);
  return first_ + at;
}

// Different queues, which the hash deals.
void FlowLevel::deal(uint64_t flow, std::span<uint32_t> hand) const {
  const auto count = static_cast<uint32_t>(queues_.size());
  for (uint32_t i = 0; i < hand.size(); ++i) {
    // The hash is spent by small parts: another one follows from it for the next.
    flow = (flow ^ (flow >> 29)) * 0x9E3779B97F4A7C15u;
    uint32_t card = static_cast<uint32_t>((flow >> 32) % (count - i));
    // Of those that are left, counted from the front.
    uint32_t place = 0;
    for (; place < i && hand[place] <= card; ++place) ++card;
    std::copy_backward(hand.begin() + place, hand.begin() + i, hand.begin() + i + 1);
    hand[place] = card;
  }
}

std::span<const uint32_t> FlowLevel::handOf(uint64_t flow) {
  const size_t at = flow % kHands, size = cards_.size() / kHands;
  const std::span<uint32_t> hand = std::span(cards_).subspan(at * size, size);
  if (dealtTo_[at] != flow) {
    dealtTo_[at] = flow;
    deal(flow, hand);
  }
  return hand;
}

uint32_t FlowLevel::shortestFor(uint64_t flow) {
  const auto load = [](const Queue& queue) { return std::pair(queue.waitingWork, queue.executing); };
  const std::span<const uint32_t> hand = handOf(flow);
  uint32_t best = hand.front();
  for (const uint32_t card : hand) {
    if (load(queues_[card]) < load(queues_[best])) best = card;
  }
  return best;
}

void FlowLevel::begin(Queue& queue) {
  if (!queue.isIdle()) return;
  queue.clock = clock_;
  ++active_;
}

void FlowLevel::endIfIdle(const Queue& queue) {
  if (queue.isIdle() && --active_ == 0) clock_ = 0;
}

void FlowLevel::charge(Queue& queue, const FlowWork& work) {
  ++queue.executing;
  queue.clock += workOf(work);
}

void FlowLevel::forgive(Queue& queue) {
  if (!queue.waiting.empty()) queue.clock = std::max(queue.clock, queue.waiting.front()->came);
}

void FlowLevel::put(std::shared_ptr<FlowWait> wait) {
  const uint32_t at = shortestFor(wait->work.flow);
  Queue& queue = queues_[at];
  begin(queue);
  wait->queue = first_ + at;
  wait->came = clock_;
  queue.waitingWork += workOf(wait->work);
  waitingSeats_ += wait->work.mostSeats();
  ++waiting_;
  queue.waiting.push_back(std::move(wait));
  forgive(queue);
}

uint32_t FlowLevel::enqueue(const std::shared_ptr<FlowWait>& wait, int64_t now) {
  MutexLock lock(mutex_);
  note(now);
  if (settings_.queues == 0) return 0;
  if (queues_[shortestFor(wait->work.flow)].waiting.size() >= settings_.queueLength) return 0;
  put(wait);
  mostDemand_ = std::max(mostDemand_, taken_ + waitingSeats_);
  const auto length = static_cast<uint32_t>(queues_[wait->queue - first_].waiting.size());
  seatWhoIsNext();  // seats may have come back meanwhile
  return length;
}

void FlowLevel::giveUp(const std::shared_ptr<FlowWait>& wait, int64_t now) {
  MutexLock lock(mutex_);
  if (wait->state.load(std::memory_order_relaxed) != FlowWait::State::waiting) return;
  note(now);
  if (stopReturning(wait)) {
    wait->state.store(FlowWait::State::timedOut, std::memory_order_release);
    wait->wake->raise();
    return seatWhoIsNext();
  }
  Queue& queue = queues_[wait->queue - first_];
  const auto found = std::ranges::find(queue.waiting, wait);
  if (found == queue.waiting.end()) return;
  queue.waiting.erase(found);
  queue.waitingWork -= workOf(wait->work);
  waitingSeats_ -= wait->work.mostSeats();
  --waiting_;
  forgive(queue);
  endIfIdle(queue);
  wait->state.store(FlowWait::State::timedOut, std::memory_order_release);
  wait->wake->raise();
  seatWhoIsNext();  // it may have been in the way of smaller ones
}

void FlowLevel::finish(const FlowWork& work, uint32_t queue, int64_t heldNs, int64_t now) {
  MutexLock lock(mutex_);
  note(now);
  if (work.lastsNs > 0 && !settings_.unlimited) {
    last_.push_back({now + work.lastsNs, work.mostSeats()});
    std::ranges::push_heap(last_, std::ranges::greater{}, &LastSeats::until);
  } else {
    taken_ -= work.mostSeats();
  }
  if (queue != kNone && queue >= first_) {
    Queue& own = queues_[queue - first_];
    --own.executing;
    own.clock += static_cast<double>(heldNs - kGuessNs) * work.seats;
    forgive(own);
    endIfIdle(own);
  }
  seatWhoIsNext();
}

void FlowLevel::seatAgain(FlowWait& wait) {
  taken_ += wait.work.mostSeats();
  if (wait.queue != kNone && wait.queue >= first_ && settings_.queues > 0) {
    Queue& own = queues_[wait.queue - first_];
    begin(own);
    charge(own, wait.work);
  } else {
    wait.queue = kNone;
  }
  wait.state.store(FlowWait::State::seated, std::memory_order_release);
}

bool FlowLevel::takeBack(const std::shared_ptr<FlowWait>& wait, int64_t now) {
  MutexLock lock(mutex_);
  note(now);
  const bool isFirst = returning_.empty() || settings_.unlimited;
  if (isFirst && isFree(wait->work.mostSeats())) {
    seatAgain(*wait);
  } else {
    waitingSeats_ += wait->work.mostSeats();
    returning_.push_back(wait);
  }
  mostDemand_ = std::max(mostDemand_, taken_ + waitingSeats_);
  return wait->state.load(std::memory_order_relaxed) == FlowWait::State::seated;
}

bool FlowLevel::stopReturning(const std::shared_ptr<FlowWait>& wait) {
  const auto found = std::ranges::find(returning_, wait);
  if (found == returning_.end()) return false;
  returning_.erase(found);
  waitingSeats_ -= wait->work.mostSeats();
  return true;
}

void FlowLevel::insist(const std::shared_ptr<FlowWait>& wait, int64_t now) {
  MutexLock lock(mutex_);
  note(now);
  if (!stopReturning(wait)) return;
  seatAgain(*wait);
  wait->wake->raise();
}

int64_t FlowLevel::wakeAt() {
  MutexLock lock(mutex_);
  if ((waiting_ == 0 && returning_.empty()) || last_.empty()) return 0;
  const int64_t until = last_.front().until;
  if (wakeAt_ != 0 && wakeAt_ <= until) return 0;
  return wakeAt_ = until;
}

void FlowLevel::wake(int64_t now) {
  MutexLock lock(mutex_);
  if (wakeAt_ <= now) wakeAt_ = 0;
  note(now);
  seatWhoIsNext();
}

// Whose first request would be done first.
uint32_t FlowLevel::nextQueue() const {
  const auto count = static_cast<uint32_t>(queues_.size());
  uint32_t best = 0;
  double bestEnd = 0;
  bool isFirst = true;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t at = (next_ + i) % count;
    if (queues_[at].waiting.empty()) continue;
    const double end = queues_[at].clock + workOf(queues_[at].waiting.front()->work);
    if (isFirst || end < bestEnd) {
      best = at;
      bestEnd = end;
    }
    isFirst = false;
  }
  return best;
}

void FlowLevel::seatWhoIsNext() {
  while (!returning_.empty()) {
    const std::shared_ptr<FlowWait> wait = returning_.front();
    if (!isFree(wait->work.mostSeats())) return;
    stopReturning(wait);
    seatAgain(*wait);
    wait->wake->raise();
  }
  while (waiting_ > 0) {
    const uint32_t at = nextQueue();
    Queue& queue = queues_[at];
    const uint32_t seats = queue.waiting.front()->work.mostSeats();
    if (!isFree(seats)) return;
    const std::shared_ptr<FlowWait> wait = std::move(queue.waiting.front());
    queue.waiting.pop_front();
    queue.waitingWork = queue.waiting.empty() ? 0 : queue.waitingWork - workOf(wait->work);
    waitingSeats_ -= seats;
    --waiting_;
    taken_ += seats;
    charge(queue, wait->work);
    forgive(queue);
    next_ = (at + 1) % static_cast<uint32_t>(queues_.size());
    wait->state.store(FlowWait::State::seated, std::memory_order_release);
    wait->wake->raise();
  }
}

void FlowLevel::note(int64_t now) {
  while (!last_.empty() && last_.front().until <= now) {
    pass(last_.front().until);
    taken_ -= last_.front().seats;
    std::ranges::pop_heap(last_, std::ranges::greater{}, &LastSeats::until);
    last_.pop_back();
  }
  pass(now);
}

void FlowLevel::pass(int64_t now) {
  const double demand = taken_ + waitingSeats_, passed = static_cast<double>(std::max<int64_t>(now - demandAt_, 0));
  area_ += demand * passed;
  squares_ += demand * demand * passed;
  if (active_ > 0) clock_ += std::min<double>(demand, limit_) * passed / active_;
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
  seatWhoIsNext();  // last seats may have come back
  return demand;
}

}  // namespace cleat::api
