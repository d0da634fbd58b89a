#include "core/host/watchdog.h"

#include <algorithm>

namespace cleat::host {
namespace {
constexpr std::chrono::nanoseconds kSlow = std::chrono::milliseconds(50);
}

Activity::Activity(std::shared_ptr<Watchdog> watchdog, std::string plugin, base::Counter& busy)
    : watchdog_(std::move(watchdog)), plugin_(std::move(plugin)), busy_(busy) {}

Activity::Scope::Scope(Activity& activity, const char* what)
    : activity_(activity), running_(activity.plugin_.c_str(), what) {
  int64_t now = activity.watchdog_->executor_.now();
  {
    MutexLock lock(activity.mutex_);
    id_ = ++activity.lastId_;
    activity.running_.push_back({id_, what, now, false});
  }
  activity.watchdog_->wake();
}

Activity::Scope::~Scope() {
  int64_t now = activity_.watchdog_->executor_.now();
  Running ended;
  {
    MutexLock lock(activity_.mutex_);
    auto found = std::ranges::find(activity_.running_, id_, &Running::id);
    ended = *found;
    activity_.running_.erase(found);
  }
  activity_.busy_.add(static_cast<uint64_t>(now - ended.since));
  if (ended.reported) activity_.watchdog_->reporter_({activity_.plugin_, ended.what, now - ended.since, true});
}

bool Activity::stuck() const {
  MutexLock lock(mutex_);
  return std::ranges::any_of(running_, &Running::reported);
}

bool Activity::slow() const {
  MutexLock lock(mutex_);
  return !running_.empty() && watchdog_->executor_.now() - running_.front().since > kSlow.count();
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
      MutexLock inner(activity->mutex_);
      for (auto& running : activity->running_) {
        busy = true;
        if (running.reported || now - running.since < limit_.count()) continue;
        running.reported = true;
        reports.push_back({activity->plugin_, running.what, now - running.since, false});
      }
      ++next;
    }
  }
  for (const auto& report : reports) reporter_(report);
  if (busy) wake();
}

}  // namespace cleat::host
