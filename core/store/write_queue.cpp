#include "core/store/write_queue.h"

#include <sched.h>

#include <algorithm>
#include <iterator>

#include "core/base/check.h"

namespace cleat::store {
namespace {

constexpr int kTurnsForOthers = 2;

Status closedStatus() { return Status::unavailable("the store is shutting down"); }

}  // namespace

bool WriteQueue::enter() {
  MutexLock lock(mutex_);
  if (occupied_ || closed_ || crowd_ > 1 || !writes_.empty() || !jobs_.empty()) return false;
  occupied_ = true;
  committing_ = 1;
  return true;
}

// One that comes again and again alone is not held up by a crowd of the past for long.
void WriteQueue::countCrowd() {
  MutexLock lock(mutex_);
  crowd_ = std::max<size_t>({committing_ + writes_.size(), crowd_ - (crowd_ + 7) / 8, 1});
}

void WriteQueue::leave() {
  {
    MutexLock lock(mutex_);
    CHECK(occupied_, "who leaves has entered, or taken something");
    occupied_ = false;
    if (!closed_ && writes_.empty() && jobs_.empty()) return;
  }
  changed_.notifyOne();
}

Result<void> WriteQueue::push(PendingWrite pending) {
  {
    MutexLock lock(mutex_);
    if (closed_) return fail(closedStatus());
    if (writes_.size() >= limit_) {
      return fail(Status::tooManyRequests(
          "the store has " + std::to_string(limit_) + " writes waiting, please try again later", 1));
    }
    writes_.push_back(std::move(pending));
    // The write before has woken the committer, or whoever commits will look when it leaves.
    if (writes_.size() > 1 || occupied_) return {};
  }
  changed_.notifyOne();
  return {};
}

bool WriteQueue::pushJob(std::function<void()> job) {
  {
    MutexLock lock(mutex_);
    if (closed_) return false;
    jobs_.push_back(std::move(job));
  }
  changed_.notifyOne();
  return true;
}

void WriteQueue::close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.notifyOne();
}

// Stops at half of the crowd: the others are waiting for what was committed last.
void WriteQueue::letOthersCome() {
  for (int turn = 0; turn < kTurnsForOthers && writes_.size() < crowd_ / 2 && jobs_.empty() && !closed_; ++turn) {
    mutex_.unlock();
    sched_yield();
    mutex_.lock();
  }
}

WriteQueue::Taken WriteQueue::take(size_t max) {
  MutexLock lock(mutex_);
  changed_.wait(mutex_, [this]() CLEAT_REQUIRES(mutex_) { return isFree(); });
  if (!writes_.empty()) letOthersCome();
  CHECK(!occupied_, "one commits at a time");
  occupied_ = true;
  Taken taken;
  taken.jobs.swap(jobs_);
  if (writes_.size() <= max) {
    taken.writes.swap(writes_);
  } else {
    auto end = writes_.begin() + static_cast<ptrdiff_t>(max);
    taken.writes.assign(std::make_move_iterator(writes_.begin()), std::make_move_iterator(end));
    writes_.erase(writes_.begin(), end);
  }
  committing_ = taken.writes.size();
  taken.closed = closed_ && taken.writes.empty() && taken.jobs.empty();
  return taken;
}

bool WriteQueue::empty() const {
  MutexLock lock(mutex_);
  return writes_.empty() && jobs_.empty();
}

}  // namespace cleat::store
