#include "core/base/asio_executor.h"

#include <cleat/sdk/mutex.h>
#include <pthread.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <list>
#include <map>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/base/queue_strand.h"

namespace cleat::base {
namespace {

constexpr int kMostLost = 16;
constexpr std::chrono::seconds kStopLimit(10);

int64_t readClock(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

// All timers share one of Asio's, set to the earliest.
struct AsioExecutor::Timers {
  struct Entry {
    TimerId id;
    Work work;
  };
  using Queue = std::multimap<int64_t, Entry>;

  explicit Timers(boost::asio::io_context& context) : alarm(context) {}

  Mutex mutex;
  boost::asio::steady_timer alarm;
  int64_t alarmAt CLEAT_GUARDED_BY(mutex) = INT64_MAX;
  TimerId lastId CLEAT_GUARDED_BY(mutex) = 0;
  Queue queue CLEAT_GUARDED_BY(mutex);
  std::unordered_map<TimerId, Queue::iterator> byId CLEAT_GUARDED_BY(mutex);

  TimerId add(int64_t at, Work work) {
    MutexLock lock(mutex);
    TimerId id = ++lastId;
    byId[id] = queue.emplace(at, Entry{id, std::move(work)});
    if (at < alarmAt) setAlarm();
    return id;
  }

  bool remove(TimerId id) {
    Work dropped;  // destroyed after the lock
    MutexLock lock(mutex);
    auto found = byId.find(id);
    if (found == byId.end()) return false;
    dropped = std::move(found->second->second.work);
    queue.erase(found->second);
    byId.erase(found);
    return true;  // an alarm that was set for it rings in vain
  }

  void setAlarm() CLEAT_REQUIRES(mutex) {
    alarmAt = queue.empty() ? INT64_MAX : queue.begin()->first;
    if (queue.empty()) return;
    alarm.expires_at(std::chrono::steady_clock::time_point(std::chrono::nanoseconds(alarmAt)));
    alarm.async_wait([this](boost::system::error_code error) {
      if (!error) ring();
    });
  }

  void ring() {
    std::vector<Work> due;
    {
      MutexLock lock(mutex);
      int64_t now = readClock(CLOCK_MONOTONIC);
      while (!queue.empty() && queue.begin()->first <= now) {
        due.push_back(std::move(queue.begin()->second.work));
        byId.erase(queue.begin()->second.id);
        queue.erase(queue.begin());
      }
      setAlarm();
    }
    for (size_t i = 1; i < due.size(); ++i) boost::asio::post(alarm.get_executor(), std::move(due[i]));
    if (!due.empty()) due.front()();
  }
};

struct AsioExecutor::BlockingPool {
  BlockingPool(int limit, std::chrono::milliseconds idleTime) : limit(limit), idleTime(idleTime) {}

  const int limit;
  const std::chrono::milliseconds idleTime;
  Mutex mutex;
  ConditionVariable wake, ended;
  std::deque<Work> works CLEAT_GUARDED_BY(mutex);
  int idle CLEAT_GUARDED_BY(mutex) = 0;
  bool stopping CLEAT_GUARDED_BY(mutex) = false;
  std::list<std::thread> threads CLEAT_GUARDED_BY(mutex);   // alive
  std::list<std::thread> finished CLEAT_GUARDED_BY(mutex);  // about to end: joined by whoever comes next

  void add(Work work) {
    std::list<std::thread> joinable;
    {
      MutexLock lock(mutex);
      if (stopping) return;
      joinable.swap(finished);
      works.push_back(std::move(work));
      if (idle >= static_cast<int>(works.size())) {
        wake.notifyOne();
      } else if (static_cast<int>(threads.size()) < limit) {
        auto self = threads.emplace(threads.end());
        *self = std::thread([this, self] { run(self); });
      }
    }
    for (auto& thread : joinable) thread.join();
  }

  void run(std::list<std::thread>::iterator self) {
    pthread_setname_np(pthread_self(), "cleat-blocking");
    MutexLock lock(mutex);
    while (!stopping) {
      if (works.empty()) {
        ++idle;
        auto wanted = [this]() CLEAT_REQUIRES(mutex) { return stopping || !works.empty(); };
        bool woken = wake.waitFor(mutex, idleTime, wanted);
        --idle;
        if (!woken || stopping) break;
      }
      Work work = std::move(works.front());
      works.pop_front();
      lock.unlock();
      work();
      work = nullptr;
      lock.lock();
    }
    finished.splice(finished.end(), threads, self);
    ended.notifyAll();
  }

  void stop() {
    std::deque<Work> dropped;
    std::list<std::thread> joinable;
    MutexLock lock(mutex);
    stopping = true;
    dropped.swap(works);
    wake.notifyAll();
    ended.wait(mutex, [this]() CLEAT_REQUIRES(mutex) { return threads.empty(); });
    joinable.swap(finished);
    lock.unlock();
    for (auto& thread : joinable) thread.join();
  }
};

struct AsioExecutor::State {
  explicit State(const AsioExecutorOptions& options)
      : context(options.threads), guard(boost::asio::make_work_guard(context)), timers(context),
        blocking(options.blockingThreads, options.blockingIdle) {}

  boost::asio::io_context context;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard;
  Timers timers;
  BlockingPool blocking;
  Mutex mutex;
  std::vector<std::thread> threads CLEAT_GUARDED_BY(mutex);
  ConditionVariable ended;
  int running CLEAT_GUARDED_BY(mutex) = 0;
  int lost CLEAT_GUARDED_BY(mutex) = 0;
  bool stopped CLEAT_GUARDED_BY(mutex) = false;

  void addThread() {
    MutexLock lock(mutex);
    if (stopped) return;
    ++running;
    threads.emplace_back([this, i = threads.size()] {
      pthread_setname_np(pthread_self(), ("cleat-" + std::to_string(i)).c_str());
      context.run();
      MutexLock ending(mutex);
      --running;
      ended.notifyAll();
    });
  }
};

AsioExecutor::AsioExecutor(AsioExecutorOptions options) : state_(std::make_unique<State>(options)) {
  for (int i = 0; i < options.threads; ++i) state_->addThread();
}

AsioExecutor::~AsioExecutor() { stop(); }

void AsioExecutor::post(Work work) { boost::asio::post(state_->context, std::move(work)); }

std::unique_ptr<Strand> AsioExecutor::makeStrand() { return std::make_unique<QueueStrand>(*this); }

void AsioExecutor::postBlocking(Work work) { state_->blocking.add(std::move(work)); }

TimerId AsioExecutor::after(std::chrono::nanoseconds delay, Work work) {
  // A delay of centuries must not overflow the clock.
  int64_t bounded = std::clamp<int64_t>(delay.count(), 0, INT64_MAX / 4);
  return state_->timers.add(now() + bounded, std::move(work));
}

bool AsioExecutor::cancelTimer(TimerId timer) { return state_->timers.remove(timer); }

int64_t AsioExecutor::now() const { return readClock(CLOCK_MONOTONIC); }

int64_t AsioExecutor::wallNow() const { return readClock(CLOCK_REALTIME); }

namespace {

void fillRandom(void* out, size_t size) {
  auto* next = static_cast<char*>(out);
  while (size > 0) {
    ssize_t got = getrandom(next, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) std::abort();  // a kernel without randomness cannot make keys
    next += got;
    size -= static_cast<size_t>(got);
  }
}

// What a thread has asked the kernel for in advance: an answer costs more than what it brings. Gone once it is given.
struct RandomStock {
  std::array<unsigned char, 512> bytes;
  size_t left = 0;
};

}  // namespace

void AsioExecutor::random(void* out, size_t size) {
  thread_local RandomStock stock;
  if (size > stock.bytes.size() / 8) return fillRandom(out, size);
  if (stock.left < size) {
    fillRandom(stock.bytes.data(), stock.bytes.size());
    stock.left = stock.bytes.size();
  }
  stock.left -= size;
  unsigned char* given = stock.bytes.data() + stock.left;
  std::memcpy(out, given, size);
  std::memset(given, 0, size);
}

void AsioExecutor::threadLost() {
  {
    MutexLock lock(state_->mutex);
    if (++state_->lost > kMostLost) return;
  }
  state_->addThread();
}

boost::asio::io_context& AsioExecutor::context() { return state_->context; }

void AsioExecutor::stop() {
  state_->blocking.stop();
  state_->guard.reset();
  state_->context.stop();
  std::vector<std::thread> threads;
  {
    MutexLock lock(state_->mutex);
    state_->stopped = true;
    threads.swap(state_->threads);
  }
  {
    MutexLock lock(state_->mutex);
    auto noneRuns = [this]() CLEAT_REQUIRES(state_->mutex) { return state_->running == 0; };
    if (!state_->ended.waitFor(state_->mutex, kStopLimit, noneRuns)) {
      // What it holds cannot be taken from it; everything that had to be kept has been by now.
      std::fputs("cleat: a work has not returned ten seconds after the stop\n", stderr);
      std::fflush(nullptr);
      _exit(1);
    }
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace cleat::base
