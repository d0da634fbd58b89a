#include "core/base/queue_strand.h"

#include <cleat/sdk/mutex.h>

#include <deque>
#include <utility>

#include "core/base/check.h"

namespace cleat::base {
namespace {

constexpr int kWorksPerTurn = 64;

// The strand that this thread is running work of, if any.
thread_local const QueueStrand::Queue* current = nullptr;

struct OnStrand {
  explicit OnStrand(const QueueStrand::Queue* queue) : before(std::exchange(current, queue)) {}
  ~OnStrand() { current = before; }
  const QueueStrand::Queue* before;
};

}  // namespace

struct QueueStrand::Queue : std::enable_shared_from_this<Queue> {
  explicit Queue(Executor& executor) : executor(executor) {}

  Executor& executor;
  Mutex mutex;
  std::deque<Work> works CLEAT_GUARDED_BY(mutex);
  bool running CLEAT_GUARDED_BY(mutex) = false;  // a runner is posted or at work

  void add(Work work) {
    {
      MutexLock lock(mutex);
      works.push_back(std::move(work));
      if (running) return;
      running = true;
    }
    postRunner();
  }

  // What an executor that ends throws away, its strands throw away too: the work may hold whoever holds the strand.
  class Runner {
   public:
    explicit Runner(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}
    Runner(Runner&&) = default;
    ~Runner() {
      if (queue_) queue_->drop();
    }
    void operator()() { std::exchange(queue_, nullptr)->run(); }

   private:
    std::shared_ptr<Queue> queue_;
  };

  void postRunner() { executor.post(Runner(shared_from_this())); }

  void drop() {
    std::deque<Work> dropped;  // destroyed after the lock
    MutexLock lock(mutex);
    dropped.swap(works);
    running = false;
  }

  void run() {
    OnStrand on(this);
    for (int turn = 0; turn < kWorksPerTurn; ++turn) {
      Work work;
      {
        MutexLock lock(mutex);
        CHECK(running, "a strand is run by one runner");
        if (works.empty()) {
          running = false;
          return;
        }
        work = std::move(works.front());
        works.pop_front();
      }
      work();
    }
    postRunner();
  }

  // Whether the caller is the one who runs the strand now; then it ends its turn with `leave`.
  bool enter() {
    MutexLock lock(mutex);
    if (running) return false;
    CHECK(works.empty(), "work that waits has a runner");
    running = true;
    return true;
  }

  void leave() {
    {
      MutexLock lock(mutex);
      running = !works.empty();
      if (!running) return;
    }
    postRunner();
  }

  void runHereOrAdd(Work work) {
    if (current == this) return work();
    auto run = [&work] {
      work();
      work = nullptr;
    };
    if (!runHere(run)) add(std::move(work));
  }

  template <class F>
  bool runHere(F&& work) {
    if (!enter()) return false;
    auto self = shared_from_this();
    {
      OnStrand on(this);
      work();
    }
    leave();
    return true;
  }
};

QueueStrand::QueueStrand(Executor& executor) : queue_(std::make_shared<Queue>(executor)) {}

void QueueStrand::post(Work work) { queue_->add(std::move(work)); }

void QueueStrand::dispatch(Work work) { queue_->runHereOrAdd(std::move(work)); }

bool QueueStrand::runBorrowed(void (*work)(void*), void* borrowed) {
  if (current != queue_.get()) return queue_->runHere([&] { work(borrowed); });
  work(borrowed);
  return true;
}

bool QueueStrand::runsHere() const { return current == queue_.get(); }

}  // namespace cleat::base
