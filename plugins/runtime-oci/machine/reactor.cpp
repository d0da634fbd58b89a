#include "machine/reactor.h"

#include <cleat/sdk/mutex.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace cleat::runtime {
namespace {

constexpr int kMaxEvents = 64;

void ring(int fd) {
  uint64_t one = 1;
  while (write(fd, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

}  // namespace

Reactor::Reactor() : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!epoll_ || !wake_) throw std::system_error(errno, std::generic_category(), "cannot make an epoll instance");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = 0;  // no watched descriptor has generation 0
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event);
  // Signals are the process's business, and a broken pipe must come back as an error of the write.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { loop(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Reactor::stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  ring(wake_.get());
  if (thread_.joinable()) thread_.join();
}

void Reactor::post(Job job) {
  {
    MutexLock lock(mutex_);
    if (stopping_) return;
    posted_.push_back(std::move(job));
  }
  ring(wake_.get());
}

bool Reactor::run(Job job) {
  struct State {
    Mutex mutex;
    ConditionVariable changed;
    bool done CLEAT_GUARDED_BY(mutex) = false;
    bool ran = false;  // before `done`
  };
  // Dropped with the job if it never runs, which the waiting side must notice as well.
  struct Notice {
    std::shared_ptr<State> state;
    ~Notice() {
      MutexLock lock(state->mutex);
      state->done = true;
      state->changed.notifyAll();
    }
  };
  auto state = std::make_shared<State>();
  {
    auto notice = std::make_shared<Notice>(state);
    post([job = std::move(job), notice] {
      job();
      notice->state->ran = true;
    });
  }
  MutexLock lock(state->mutex);
  state->changed.wait(state->mutex, [&]() CLEAT_REQUIRES(state->mutex) { return state->done; });
  return state->ran;
}

void Reactor::watch(int fd, uint32_t events, Ready ready) {
  uint64_t generation = ++generation_;
  bool known = watched_.contains(fd);
  watched_[fd] = {generation, std::make_shared<Ready>(std::move(ready))};
  epoll_event event{};
  event.events = events;
  // Events that are already fetched for an earlier descriptor of the same number are told apart by this.
  event.data.u64 = (generation << 32) | uint32_t(fd);
  epoll_ctl(epoll_.get(), known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
}

void Reactor::change(int fd, uint32_t events) {
  auto found = watched_.find(fd);
  if (found == watched_.end()) return;
  epoll_event event{};
  event.events = events;
  event.data.u64 = (found->second.generation << 32) | uint32_t(fd);
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Reactor::forget(int fd) {
  if (watched_.erase(fd) > 0) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

Reactor::TimerId Reactor::after(std::chrono::milliseconds delay, Job job) {
  timers_.emplace(Clock::now() + delay, std::make_pair(++lastTimer_, std::move(job)));
  return lastTimer_;
}

void Reactor::cancel(TimerId timer) {
  auto found =
      std::find_if(timers_.begin(), timers_.end(), [&](const auto& each) { return each.second.first == timer; });
  if (found != timers_.end()) timers_.erase(found);
}

void Reactor::runPosted() {
  uint64_t count;
  while (read(wake_.get(), &count, sizeof count) > 0) {
  }
  std::vector<Job> jobs;
  {
    MutexLock lock(mutex_);
    jobs.swap(posted_);
  }
  for (Job& job : jobs) {
    job();
    job = nullptr;
  }
}

// How long until the next timer, in milliseconds; -1 without one.
int Reactor::runTimers() {
  while (!timers_.empty()) {
    auto first = timers_.begin();
    auto left = std::chrono::ceil<std::chrono::milliseconds>(first->first - Clock::now()).count();
    if (left > 0) return int(std::min<int64_t>(left, 3'600'000));
    Job job = std::move(first->second.second);
    timers_.erase(first);
    job();
  }
  return -1;
}

void Reactor::loop() {
  while (true) {
    int timeout = runTimers();
    {
      MutexLock lock(mutex_);
      if (stopping_) break;
    }
    epoll_event events[kMaxEvents];
    int count = epoll_wait(epoll_.get(), events, kMaxEvents, timeout);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 == 0) {
        runPosted();
        continue;
      }
      auto found = watched_.find(int(uint32_t(events[i].data.u64)));
      if (found == watched_.end() || uint32_t(found->second.generation) != events[i].data.u64 >> 32) continue;
      auto ready = found->second.ready;  // it may forget itself
      (*ready)(events[i].events);
    }
  }
  // What was posted and not run is dropped here, so that those who wait for it learn of it.
  std::vector<Job> dropped;
  MutexLock lock(mutex_);
  dropped.swap(posted_);
}

}  // namespace cleat::runtime
