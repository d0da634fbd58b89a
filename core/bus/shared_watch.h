// SharedWatch: one watch on a server, and the copy of the objects that it keeps up to date, shared by everyone on this
// node who wants the same objects. It lists, watches from there, resumes where it was after a break, and lists again
// when the server has lost that history; it never gives up on a server that cannot be reached.
//
// A list after a break is compared with the copy, so that readers see only what has changed. Readers take the state and
// the changes since without a lock; the changes are numbered here, one by one, since several may share a revision after
// such a list.
#pragma once

#include <cleat/sdk/mutex.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/executor.h"
#include "core/bus/cluster.h"
#include "core/bus/waiting_room.h"
#include "core/http/http_client.h"
#include "core/store/history.h"
#include "core/store/object_map.h"

namespace cleat::bus {

// What the copy was at one moment.
struct SharedWatchState : RefCounted {
  bool synced = false;  // everything that exists is in it
  store::ObjectMap objects;
  uint64_t revision = 0;          // of the server
  uint64_t changes = 0;           // how many there have been: the number of the last one
  std::optional<Status> failure;  // it will not go on
};

class SharedWatch : public std::enable_shared_from_this<SharedWatch> {
 public:
  // `target` names a collection; `executor` and its kind outlive it.
  SharedWatch(base::Executor& executor, std::shared_ptr<http::HttpClient> client, Target target,
              std::string labelSelector, std::string fieldSelector);
  ~SharedWatch();

  void start();
  // No more requests; whoever still reads finds the last state. Thread-safe.
  void stop();

  Ref<const SharedWatchState> state() const { return state_.get(); }
  // Change::revision is the number of the change; the object has its own revision.
  const store::History& history() const { return history_; }
  WaitingRoom& waiting() { return waiting_; }

  // Changes kept for readers that are behind.
  static constexpr uint64_t kKeptChanges = 2'000;

 private:
  class WatchReceiver;
  struct Ended {
    std::optional<Status> failure;
    bool sawEvents = false;
  };

  Task<void> run(std::shared_ptr<SharedWatch> self);  // held by the coroutine
  Task<Result<void>> list();
  Task<Ended> watch();
  Task<void> pause();
  bool stopped() const { return stopped_.load(std::memory_order_acquire); }
  // Writes down a failure; true if it is one to give up for.
  bool gaveUp(const Status& failure);

  void takeList(std::vector<ObjectRef> objects, uint64_t revision);
  void takeEvent(std::string_view line, std::optional<Status>& failure);
  struct PlainEvent {
    std::string_view type, object;
  };
  static std::optional<PlainEvent> plainEvent(std::string_view line);
  void takeObject(std::string_view type, ObjectRef object);
  void record(store::ChangeType type, ObjectRef object);
  void publish();
  void endWatch();

  base::Executor& executor_;
  const std::shared_ptr<http::HttpClient> client_;
  const Target target_;
  const std::string labelSelector_, fieldSelector_;
  const std::string description_;  // for the log

  base::SharedCell<SharedWatchState> state_;
  store::History history_{0};
  WaitingRoom waiting_;

  // Of the coroutine that runs, and the receiver it waits for.
  store::ObjectMap objects_;
  uint64_t revision_ = 0;  // 0: a list is needed
  uint64_t changes_ = 0;
  int failures_ = 0;  // one after the other
  int refusals_ = 0;

  std::atomic<bool> stopped_{false};
  Mutex mutex_;
  std::shared_ptr<http::ClientExchange> exchange_ CLEAT_GUARDED_BY(mutex_);
  struct Pause {
    base::TimerId timer;
    Completion<bool> over;
  };
  std::optional<Pause> pause_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::bus
