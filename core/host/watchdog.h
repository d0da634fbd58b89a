// Watchdog: notices callbacks of plugins that do not return. Code in this process cannot be stopped from outside, but
// it can be reported: in the log, in a metric and in the plugin's health. It looks only while callbacks run, so it
// costs nothing at rest. Thread-safe; it must outlive nothing: callbacks in progress hold what they need.
#pragma once

#include <cleat/sdk/mutex.h>

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "core/base/executor.h"
#include "core/base/metrics.h"
#include "core/host/fault_handler.h"

namespace cleat::host {

class Watchdog;

struct CallbackReport {
  std::string plugin;
  const char* what;
  int64_t nanoseconds;
  bool returned;  // it did, after having been reported
};

// The callbacks of one plugin instance that are running now.
class Activity {
 public:
  // `busy` counts the nanoseconds that callbacks took.
  Activity(std::shared_ptr<Watchdog> watchdog, std::string plugin, base::Counter& busy);

  // Around one callback.
  class Scope {
   public:
    Scope(Activity& activity, const char* what);
    // Where the caller has just looked at the executor's clock.
    Scope(Activity& activity, const char* what, int64_t since);
    ~Scope() {
      if (first_ || id_ != 0) end();
    }
    // Before the scope does; says when.
    int64_t end();
    Scope(const Scope&) = delete;

   private:
    struct Ended {
      int64_t since;
      bool reported;
    };
    Ended leave();

    Activity& activity_;
    RunningCallback running_;
    const char* const what_;
    uint64_t id_ = 0;  // in `running_` of the activity; 0: it has the one place, or has ended
    bool first_ = false;
  };

  const std::string& plugin() const { return plugin_; }
  bool stuck() const;  // a callback in progress was reported
  bool slow() const;   // a callback in progress has been running for longer than one should

 private:
  friend class Watchdog;
  struct Running {
    uint64_t id;
    const char* what;
    int64_t since;
    bool reported;
  };
  // Adds those that have been running for `limit` nanoseconds, each once. Whether any is running.
  bool report(int64_t now, int64_t limit, std::vector<CallbackReport>& reports);

  std::shared_ptr<Watchdog> watchdog_;
  std::string plugin_;
  // Mostly one runs at a time: it has a place of its own, which takes no lock. When it began, a bit for whether it was
  // reported, and 0 where nobody is there.
  std::atomic<uint64_t> first_ = 0;
  std::atomic<const char*> firstWhat_ = nullptr;
  mutable Mutex mutex_;
  std::vector<Running> running_ CLEAT_GUARDED_BY(mutex_);  // those beside it
  uint64_t lastId_ CLEAT_GUARDED_BY(mutex_) = 0;
  base::Counter& busy_;
};

class Watchdog : public std::enable_shared_from_this<Watchdog> {
 public:
  using Report = CallbackReport;
  using Reporter = std::function<void(const Report&)>;
  // A callback is reported when it has not returned after `limit`, at the latest after twice that.
  Watchdog(base::Executor& executor, std::chrono::nanoseconds limit, Reporter reporter);

  std::shared_ptr<Activity> watch(std::string plugin, base::Counter& busy);

 private:
  friend class Activity;
  void wake();
  void look();

  base::Executor& executor_;
  std::chrono::nanoseconds limit_;
  Reporter reporter_;
  std::atomic<bool> awake_ = false;
  Mutex mutex_;
  std::list<std::weak_ptr<Activity>> activities_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::host
