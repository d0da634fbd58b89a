#include "core/host/watchdog.h"

#include <algorithm>
#include <utility>

namespace cleat::host {
namespace {
constexpr std::chrono::nanoseconds kSlow = std::chrono::milliseconds(50);

// Of the one place for a callback.
constexpr uint64_t kReported = 1;
uint64_t placeSince(int64_t since) { return (static_cast<uint64_t>(since) + 1) << 1; }
int64_t sinceOf(uint64_t place) { return static_cast<int64_t>((place >> 1) - 1); }

}  // namespace

Activity::Activity(std::shared_ptr<Watchdog> watchdog, std::string plugin, base::Counter& busy)
    : watchdog_(std::move(watchdog)), plugin_(std::move(plugin)), busy_(busy) {}

Activity::Scope::Scope(Activity& activity, const char* what)
    : Scope(activity, what, activity.watchdog_->executor_.now()) {}

Activity::Scope::Scope(Activity& activity, const char* what, int64_t since)
    : activity_(activity), running_(activity.plugin_.c_str(), what), what_(what) {
  uint64_t nobody = 0;
  first_ = activity.first_.compare_exchange_strong(nobody, placeSince(since));
  if (first_) {
    // Whoever looks before this is written has no reason to report what has just begun.
    activity.firstWhat_.store(what, std::memory_order_relaxed);
  } else {
    MutexLock lock(activity.mutex_);
    id_ = ++activity.lastId_;
    activity.running_.push_back({id_, what, since, false});
  }
  activity.watchdog_->wake();
}

Activity::Scope::Ended Activity::Scope::leave() {
  if (std::exchange(first_, false)) {
    const uint64_t place = activity_.first_.exchange(0);
    return {sinceOf(place), (place & kReported) != 0};
  }
  MutexLock lock(activity_.mutex_);
  auto found = std::ranges::find(activity_.running_, std::exchange(id_, 0), &Running::id);
  const Ended ended{found->since, found->reported};
  activity_.running_.erase(found);
  return ended;
}

int64_t Activity::Scope::end() {
  const int64_t now = activity_.watchdog_->executor_.now();
  const Ended ended = leave();
  activity_.busy_.add(static_cast<uint64_t>(now - ended.since));
  if (ended.reported) activity_.watchdog_->reporter_({activity_.plugin_, what_, now - ended.since, true});
  return now;
}

bool Activity::stuck() const {
  if (first_.load() & kReported) return true;
  MutexLock lock(mutex_);
  return std::ranges::any_of(running_, &Running::reported);
}

bool Activity::slow() const {
  const int64_t now = watchdog_->executor_.now();
  const uint64_t place = first_.load();
  if (place != 0 && now - sinceOf(place) > kSlow.count()) return true;
  MutexLock lock(mutex_);
  return !running_.empty() && now - running_.front().since > kSlow.count();
}

bool Activity::report(int64_t now, int64_t limit, std::vector<CallbackReport>& reports) {
  uint64_t place = first_.load();
  bool busy = place != 0;
  // It may end meanwhile, and another be there.
  if (busy && !(place & kReported) && now - sinceOf(place) >= limit &&
      first_.compare_exchange_strong(place, place | kReported)) {
    reports.push_back({plugin_, firstWhat_.load(std::memory_order_relaxed), now - sinceOf(place), false});
  }
  MutexLock lock(mutex_);
  for (auto& running : running_) {
    busy = true;
    if (running.reported || now - running.since < limit) continue;
    running.reported = true;
    reports.push_back({plugin_, running.what, now - running.since, false});
  }
  return busy;
}

Watchdog::Watchdog(base::Executor& executor, std::chrono::nanoseconds limit, Reporter reporter)
    : executor_(executor), limit_(limit), reporter_(std::move(reporter)) {}

std::shared_ptr<Activity> Watchdog::watch(std::string plugin, base::Counter& busy) {
  auto activity = std::make_shared<Activity>(shared_from_this(), std::move(plugin), busy);
  MutexLock lock(mutex_);
  activities_.push_back(activity);
  return activity;
}

void Watchdog::wake() {
  // Mostly it is; looking costs less than saying so again.
  if (awake_.load() || awake_.exchange(true)) return;
  executor_.after(limit_, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->look();
  });
}

void Watchdog::look() {
  // Before looking: a callback that begins from here on wakes the watchdog itself.
  awake_ = false;
  int64_t now = executor_.now();
  std::vector<Report> reports;
  bool busy = false;
  {
    MutexLock lock(mutex_);
    for (auto next = activities_.begin(); next != activities_.end();) {
      auto activity = next->lock();
      if (!activity) {
        next = activities_.erase(next);
        continue;
      }
      busy |= activity->report(now, limit_.count(), reports);
      ++next;
    }
  }
  for (const auto& report : reports) reporter_(report);
  if (busy) wake();
}

}  // namespace cleat::host
