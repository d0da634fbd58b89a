#include "core/base/queue_strand.h"

#include <deque>
#include <mutex>
#include <utility>

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
  std::mutex mutex;
  std::deque<Work> works;
  bool running = false;  // a runner is posted or at work

  void add(Work work) {
    {
      std::lock_guard lock(mutex);
      works.push_back(std::move(work));
      if (running) return;
      running = true;
    }
    postRunner();
  }

  void postRunner() {
    executor.post([self = shared_from_this()] { self->run(); });
  }

  void run() {
    OnStrand on(this);
    for (int turn = 0; turn < kWorksPerTurn; ++turn) {
      Work work;
      {
        std::lock_guard lock(mutex);
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

  void runHereOrAdd(Work work) {
    if (current == this) return work();
    {
      std::lock_guard lock(mutex);
      if (running) {
        works.push_back(std::move(work));
        return;
      }
      running = true;
    }
    auto self = shared_from_this();
    {
      OnStrand on(this);
      work();
      work = nullptr;
    }
    {
      std::lock_guard lock(mutex);
      running = !works.empty();
      if (!running) return;
    }
    postRunner();
  }
};

QueueStrand::QueueStrand(Executor& executor) : queue_(std::make_shared<Queue>(executor)) {}

void QueueStrand::post(Work work) { queue_->add(std::move(work)); }

void QueueStrand::dispatch(Work work) { queue_->runHereOrAdd(std::move(work)); }

bool QueueStrand::runsHere() const { return current == queue_.get(); }

}  // namespace cleat::base
