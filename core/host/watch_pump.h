// WatchPump: one watch that a plugin has opened. Takes changes from the subscription in batches and gives the plugin
// the next one when it has taken the one before, so a slow plugin holds up nobody and nothing piles up for it.
// Thread-safe. After `cancel` the subscription is gone.
#pragma once

#include <cleat/sdk/mutex.h>

#include <atomic>
#include <functional>
#include <memory>

#include "core/base/executor.h"
#include "core/bus/cluster.h"
#include "core/host/link.h"

namespace cleat::host {

class WatchPump : public std::enable_shared_from_this<WatchPump> {
 public:
  using Failed = std::function<void(Status)>;
  WatchPump(base::Executor& executor, std::shared_ptr<Link> link, uint64_t request, size_t batch,
            std::unique_ptr<bus::Subscription> subscription, Failed failed);
  void start() { schedule(); }
  void cancel();

 private:
  void schedule();
  // Whether changes come so often that they are better told together.
  bool comeFast();
  void pump();

  base::Executor& executor_;
  std::shared_ptr<Link> link_;
  const uint64_t request_;
  const size_t batch_;
  Mutex mutex_;
  std::unique_ptr<bus::Subscription> subscription_ CLEAT_GUARDED_BY(mutex_);  // null when cancelled
  Failed failed_;
  std::atomic<int64_t> spanBegan_ = 0;
  std::atomic<int> scheduled_ = 0;  // since then
  std::atomic<bool> gathers_ = false;
  std::atomic<bool> gathered_ = false;  // what the next pump finds had its moment
};

}  // namespace cleat::host
