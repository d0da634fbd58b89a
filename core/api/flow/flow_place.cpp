#include "core/api/flow/flow_place.h"

#include <algorithm>

#include "core/base/on_strand.h"

namespace cleat::api {

void wakeInTime(base::Executor& executor, const std::shared_ptr<FlowLevel>& level) {
  const int64_t at = level->wakeAt();
  if (at == 0) return;
  executor.after(std::chrono::nanoseconds(std::max<int64_t>(at - executor.now(), 0)), [&executor, level] {
    level->wake(executor.now());
    wakeInTime(executor, level);
  });
}

FlowPlace& FlowPlace::move(FlowPlace& other) {
  executor_ = other.executor_;
  table_ = std::move(other.table_);
  flow_ = std::exchange(other.flow_, nullptr);
  wait_ = std::move(other.wait_);
  longestWait_ = other.longestWait_;
  since_ = other.since_;
  waitedNs_ = other.waitedNs_;
  work_ = other.work_;
  queue_ = other.queue_;
  seated_ = std::exchange(other.seated_, false);
  lent_ = std::exchange(other.lent_, false);
  strand_ = std::move(other.strand_);
  counted_ = other.counted_;
  clock_ = other.clock_;
  until_ = other.until_;
  return *this;
}

void FlowPlace::seat(int64_t now, uint32_t queue) {
  seated_ = true;
  queue_ = queue;
  waitedNs_ = now - since_;
  since_ = now;
  FlowCounts& counts = *flow_->counts;
  counts.dispatched.add();
  counts.waited.observe(waitedNs_);
  count(1);
}

void FlowPlace::count(int64_t by) const {
  flow_->counts->executing.add(by);
  flow_->counts->seats.add(by * work_.mostSeats());
}

Task<void> FlowPlace::turn() {
  FlowCounts& counts = *flow_->counts;
  const base::TimerId timer = executor_->after(
      longestWait_,
      [level = flow_->level, wait = wait_, executor = executor_] { level->giveUp(wait, executor->now()); });
  counts.waiting.add(1);
  while (wait_->state.load(std::memory_order_acquire) == FlowWait::State::waiting) co_await wait_->wake->wait();
  counts.waiting.add(-1);
  executor_->cancelTimer(timer);
  const int64_t now = executor_->now();
  const std::shared_ptr<FlowWait> wait = std::exchange(wait_, nullptr);
  if (wait->state.load(std::memory_order_acquire) == FlowWait::State::seated) {
    seat(now, wait->queue);
    co_return;
  }
  waitedNs_ = now - since_;
  counts.timedOut.add();
  counts.waitedInVain.observe(waitedNs_);
}

// It is given up while it waits.
void FlowPlace::abandon() {
  const std::shared_ptr<FlowWait> wait = std::exchange(wait_, nullptr);
  const int64_t now = executor_->now();
  flow_->level->giveUp(wait, now);
  if (wait->state.load(std::memory_order_acquire) == FlowWait::State::seated) {
    work_.lastsNs = 0;
    flow_->level->finish(work_, wait->queue, 0, now);
  }
}

void FlowPlace::leave() {
  if (wait_) abandon();
  if (std::exchange(lent_, false) && !isInFlow() && counted_) ++*counted_;
  if (!std::exchange(seated_, false)) return;
  const int64_t now = executor_->now(), held = now - since_;
  FlowCounts& counts = *flow_->counts;
  count(-1);
  counts.executed.observe(held);
  flow_->level->finish(work_, queue_, held, now);
  if (work_.lastsNs > 0) wakeInTime(*executor_, flow_->level);
}

void FlowPlace::lend() {
  if (lent_) return;
  if (!isInFlow()) {
    lent_ = counted_ != nullptr;
    if (lent_) --*counted_;
    return;
  }
  lent_ = std::exchange(seated_, false);
  if (!lent_) return;
  count(-1);
  FlowWork given = work_;
  given.lastsNs = 0;  // nobody is told of anything yet
  const int64_t now = executor_->now();
  flow_->level->finish(given, queue_, now - since_, now);
}

Task<void> FlowPlace::back() {
  if (!lent_) co_return;
  if (!isInFlow()) {
    lent_ = false;
    ++*counted_;
    co_return;
  }
  const auto wait = std::make_shared<FlowWait>(strand_, work_);
  wait->queue = queue_;
  if (!flow_->level->takeBack(wait, executor_->now())) {
    wait_ = wait;
    wakeInTime(*executor_, flow_->level);
    co_await base::goTo(*strand_);
    const base::TimerId timer = executor_->after(
        longestWait_, [level = flow_->level, wait, executor = executor_] { level->insist(wait, executor->now()); });
    while (wait->state.load(std::memory_order_acquire) == FlowWait::State::waiting) co_await wait->wake->wait();
    executor_->cancelTimer(timer);
    wait_ = nullptr;
  }
  lent_ = false;
  seated_ = true;
  queue_ = wait->queue;
  since_ = executor_->now();
  count(1);
}

}  // namespace cleat::api
