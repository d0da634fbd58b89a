// Turns "which keys are dirty" into calls of one coroutine `reconcile(key)`, that brings the world to what the object
// with that key asks for. It is level-triggered: reconcile reads the current state and asks nothing of what changed.
//
//   Controller controller_{context(), "replicaset", [this](std::string key) { return reconcile(std::move(key)); }};
//   …
//   controller_.watch(sets_);                                                    // its own key
//   controller_.watch(pods_, [](const Object<Pod>& pod) { return ownerKeys(pod); });  // the keys of others
//   co_await sets_.waitSynced(); …
//   controller_.run();
//
// A failed reconcile is logged and repeated with growing delays. The Controller must outlive no informer it watches:
// declare it after them.
//
// A controller sees its own writes as changes, too. Those of a reconcile that failed do not bring the next try before
// its delay has passed; and a key that is woken by nothing else again and again is slowed down, which is logged and
// stands in the plugin's health: its reconcile does not come to an end.
#pragma once

#include <cleat/sdk/informer.h>
#include <cleat/sdk/work_queue.h>

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace cleat {

// What a successful reconcile asks for.
struct Reconciled {
  Duration requeueAfter{};  // zero: only when something changes
};

struct ControllerOptions {
  uint32_t workers = 4;  // keys under way at the same time
  Duration resync{};     // every known key again after so long; zero: never
  BackoffOptions backoff{};
};

class Controller {
 public:
  using Reconcile = std::function<Task<Result<Reconciled>>(std::string key)>;

  Controller(Context& context, std::string name, Reconcile reconcile, ControllerOptions options = {});
  ~Controller();
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // In a handler of an informer: because of the change that it tells of.
  void enqueue(const std::string& key);
  void enqueueAfter(const std::string& key, Duration delay) { queue_.addAfter(key, delay); }

  // Every changed object's own key. Starts the informer.
  template <class K>
  void watch(Informer<K>& informer) {
    watchKeys(informer.any());
  }
  // The keys that `mapper` gives for the object before and after a change: it returns a std::string (empty: none) or
  // a container of strings.
  template <class K, class Mapper>
  void watch(Informer<K>& informer, Mapper mapper) {
    auto enqueueFor = [this, mapper = std::move(mapper)](const Object<K>& object) {
      if (!object) return;
      auto keys = mapper(object);
      if constexpr (std::is_convertible_v<decltype(keys), std::string>) {
        if (!keys.empty()) enqueue(keys);
      } else {
        for (const auto& key : keys) enqueue(key);
      }
    };
    informer.onChange([enqueueFor](const Object<K>& before, const Object<K>& now) {
      enqueueFor(before);
      enqueueFor(now);
    });
    waitFor(informer.any());
  }

  // What a reconcile reads besides: it is waited for, and its changes enqueue nothing. Starts the informer.
  template <class K>
  void needs(Informer<K>& informer) {
    waitFor(informer.any());
  }

  // Ends when all informers that are watched or needed are synced.
  Task<void> waitSynced();

  // Starts to work when all of them are synced. May be called before.
  void run();

  WorkQueue& queue() { return queue_; }

 private:
  void watchKeys(AnyInformer& informer);
  void waitFor(AnyInformer& informer);
  Task<void> start();
  Task<void> work();
  Task<void> process(std::string key);
  Task<void> reconcileOnce(std::string key);
  bool mayRunNow(const std::string& key);
  void countSelfWake(const std::string& key);
  void scheduleResync();

  // Why a key is waiting.
  struct Wakes {
    bool foreign = false;
    std::vector<uint64_t> revisions;  // of changes, which may turn out to be the plugin's own
  };
  // Of a key that has been woken by the plugin's own writes alone.
  struct SelfWakes {
    uint32_t inARow = 0;
    Instant notBefore{};
    bool waits = false;  // for that time
  };

  Context& context_;
  std::string name_;
  Reconcile reconcile_;
  ControllerOptions options_;
  WorkQueue queue_;
  std::vector<AnyInformer*> informers_, keyed_;
  std::unordered_map<std::string, Wakes> wakes_;
  std::unordered_map<std::string, SelfWakes> selfWakes_;
  bool reported_ = false;
  Timer resync_;
  bool running_ = false;
};

}  // namespace cleat
