#include "core/base/manual_time.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/queue_strand.h"

namespace cleat::base {
namespace {

// A timer of the machine's clock that takes no longer is a short pause of something that goes on.
constexpr std::chrono::milliseconds kMoment(100);
constexpr std::chrono::seconds kMayBlock(1);
constexpr std::chrono::milliseconds kLookAgain(1);

}  // namespace

// Shared with what is under way: it may be thrown away when nothing of this is there any more.
struct ManualTime::Counts {
  explicit Counts(Executor& worker) : worker(worker) {}

  Executor& worker;
  Mutex mutex;
  ConditionVariable changed;
  size_t underWay CLEAT_GUARDED_BY(mutex) = 0;
  uint64_t begun CLEAT_GUARDED_BY(mutex) = 0;
  uint64_t lastBlocking CLEAT_GUARDED_BY(mutex) = 0;
  std::map<uint64_t, int64_t> blocking CLEAT_GUARDED_BY(mutex);  // since when, by number
  std::vector<Work> whenIdle CLEAT_GUARDED_BY(mutex);

  bool isIdle() const CLEAT_REQUIRES(mutex) {
    if (underWay > 0) return false;
    const int64_t since = blocking.empty() ? 0 : worker.now() - std::chrono::nanoseconds(kMayBlock).count();
    return std::ranges::none_of(blocking, [since](const auto& work) { return work.second > since; });
  }

  uint64_t begin(bool blocks) {
    MutexLock lock(mutex);
    ++begun;
    if (!blocks) {
      ++underWay;
      return 0;
    }
    blocking[++lastBlocking] = worker.now();
    return lastBlocking;
  }

  // Once what blocks has had its time nobody says that it is left out of account.
  static void lookAgain(const std::shared_ptr<Counts>& counts) {
    counts->worker.after(kMayBlock, [counts] {
      std::vector<Work> idle;
      {
        MutexLock lock(counts->mutex);
        if (counts->whenIdle.empty()) return;
        if (counts->isIdle()) idle.swap(counts->whenIdle);
      }
      if (idle.empty()) return lookAgain(counts);
      for (Work& work : idle) work();
    });
  }

  // `number` 0: of what does not block.
  void end(uint64_t number) {
    std::vector<Work> idle;
    {
      MutexLock lock(mutex);
      if (number == 0) {
        --underWay;
      } else {
        blocking.erase(number);
      }
      if (!isIdle()) return;
      idle.swap(whenIdle);
    }
    changed.notifyAll();
    for (Work& work : idle) work();
  }
};

// Goes with a work until it has run, or is thrown away.
class ManualTime::Token {
 public:
  Token(std::shared_ptr<Counts> counts, bool blocks) : counts_(std::move(counts)), number_(counts_->begin(blocks)) {}
  Token(Token&& other) noexcept : counts_(std::move(other.counts_)), number_(other.number_) {}
  Token& operator=(Token&&) = delete;
  ~Token() {
    if (counts_) counts_->end(number_);
  }

 private:
  std::shared_ptr<Counts> counts_;
  uint64_t number_;
};

class ManualTime::Machine final : public Executor {
 public:
  Machine(ManualTime& time, Executor& worker) : time_(time), worker_(worker) {}
  void post(Work work) override { time_.post(std::move(work)); }
  std::unique_ptr<Strand> makeStrand() override { return time_.makeStrand(); }
  void postBlocking(Work work) override { time_.postBlocking(std::move(work)); }
  TimerId after(std::chrono::nanoseconds delay, Work work) override {
    std::optional<Token> token;
    if (delay <= kMoment) token.emplace(time_.counts_, false);
    return worker_.after(delay, [counts = time_.counts_, token = std::move(token), work = std::move(work)]() mutable {
      const Token running(counts, false);
      work();
      work = nullptr;
    });
  }
  bool cancelTimer(TimerId timer) override { return worker_.cancelTimer(timer); }
  int64_t now() const override { return worker_.now(); }
  int64_t wallNow() const override { return worker_.wallNow(); }
  void random(void* out, size_t size) override { worker_.random(out, size); }
  void threadLost() override { worker_.threadLost(); }

 private:
  ManualTime& time_;
  Executor& worker_;
};

ManualTime::ManualTime(Executor& worker) : ManualTime(worker, worker.now(), worker.wallNow()) {}

ManualTime::ManualTime(Executor& worker, int64_t now, int64_t wallNow)
    : worker_(worker), wallOffset_(wallNow - now), counts_(std::make_shared<Counts>(worker)),
      machine_(std::make_unique<Machine>(*this, worker)), now_(now) {}

ManualTime::~ManualTime() {
  // What is thrown away may still come back to us as it goes.
  while (true) {
    std::multimap<int64_t, Timer> dropped;
    MutexLock lock(mutex_);
    if (timers_.empty()) return;
    dropped.swap(timers_);
  }
}

void ManualTime::post(Work work) {
  worker_.post([token = Token(counts_, false), work = std::move(work)]() mutable {
    work();
    work = nullptr;
  });
}

std::unique_ptr<Strand> ManualTime::makeStrand() { return std::make_unique<QueueStrand>(*this); }

void ManualTime::postBlocking(Work work) {
  worker_.postBlocking([token = Token(counts_, true), work = std::move(work)]() mutable {
    work();
    work = nullptr;
  });
}

TimerId ManualTime::after(std::chrono::nanoseconds delay, Work work) {
  const int64_t bounded = std::clamp<int64_t>(delay.count(), 0, INT64_MAX / 4);
  {
    MutexLock lock(mutex_);
    const TimerId id = ++lastTimer_;
    if (bounded > 0) {
      timers_.emplace(now_ + bounded, Timer{id, std::move(work)});
      return id;
    }
  }
  post(std::move(work));  // it is due
  return 0;
}

bool ManualTime::cancelTimer(TimerId timer) {
  Work dropped;  // destroyed after the lock
  MutexLock lock(mutex_);
  auto found = std::ranges::find_if(timers_, [timer](const auto& entry) { return entry.second.id == timer; });
  if (found == timers_.end()) return false;
  dropped = std::move(found->second.work);
  timers_.erase(found);
  return true;
}

int64_t ManualTime::now() const {
  MutexLock lock(mutex_);
  return now_;
}

int64_t ManualTime::wallNow() const { return now() + wallOffset_; }

Executor& ManualTime::machine() { return *machine_; }

void ManualTime::set(int64_t now) {
  MutexLock lock(mutex_);
  now_ = std::max(now_, now);
}

void ManualTime::fire() {
  std::vector<Work> due;
  {
    MutexLock lock(mutex_);
    while (!timers_.empty() && timers_.begin()->first <= now_) {
      due.push_back(std::move(timers_.begin()->second.work));
      timers_.erase(timers_.begin());
    }
  }
  for (Work& work : due) post(std::move(work));
}

int64_t ManualTime::nextTimer() const {
  MutexLock lock(mutex_);
  return timers_.empty() ? INT64_MAX : timers_.begin()->first;
}

bool ManualTime::waitUntilIdle(std::chrono::nanoseconds most) {
  const int64_t until = worker_.now() + most.count();
  MutexLock lock(counts_->mutex);
  auto idle = [this]() CLEAT_REQUIRES(counts_->mutex) { return counts_->isIdle(); };
  // What blocks is idle at some time without anybody's saying so.
  while (!counts_->changed.waitFor(counts_->mutex, kLookAgain, idle)) {
    if (worker_.now() >= until) return false;
  }
  return true;
}

void ManualTime::whenIdle(Work idle) {
  {
    MutexLock lock(counts_->mutex);
    if (!counts_->isIdle()) {
      counts_->whenIdle.push_back(std::move(idle));
      idle = nullptr;
    }
  }
  if (!idle) return Counts::lookAgain(counts_);
  idle();
}

uint64_t ManualTime::begun() const {
  MutexLock lock(counts_->mutex);
  return counts_->begun;
}

}  // namespace cleat::base
