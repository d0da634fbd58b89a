// One thread that waits for many descriptors and timers: the ends of processes, the streams of exec, attach and
// port-forward. Nothing on it may block for long; files are spliced through in small pieces.
//
// `post` may be called from any thread. Everything else is called on the reactor's own thread, from within what was
// posted or from a callback, and may be called from a callback about the very descriptor that it is about. Callbacks
// come one at a time. After `stop` (or destruction) none comes any more.
#pragma once

#include <cleat/sdk/file.h>
#include <cleat/sdk/mutex.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

namespace cleat::runtime {

class Reactor {
 public:
  using Ready = std::function<void(uint32_t events)>;
  using Job = std::function<void()>;

  // Throws std::system_error when the kernel has no descriptor left for it.
  Reactor();
  ~Reactor() { stop(); }
  Reactor(const Reactor&) = delete;

  void stop();
  void post(Job job);
  // Posts and waits until it has run. False after `stop`. Not from the reactor's thread.
  bool run(Job job);

  // Calls `ready` whenever one of the events (EPOLLIN, EPOLLOUT; errors always) holds. The descriptor stays the
  // caller's, who forgets it here before closing it.
  void watch(int fd, uint32_t events, Ready ready);
  void change(int fd, uint32_t events);
  void forget(int fd);

  using TimerId = uint64_t;
  TimerId after(std::chrono::milliseconds delay, Job job);
  void cancel(TimerId timer);

 private:
  using Clock = std::chrono::steady_clock;
  void loop();
  void runPosted();
  int runTimers();

  struct Watched {
    uint64_t generation;
    std::shared_ptr<Ready> ready;
  };

  Fd epoll_, wake_;
  Mutex mutex_;
  std::vector<Job> posted_ CLEAT_GUARDED_BY(mutex_);
  bool stopping_ CLEAT_GUARDED_BY(mutex_) = false;
  std::map<int, Watched> watched_;
  uint64_t generation_ = 0;
  std::multimap<Clock::time_point, std::pair<TimerId, Job>> timers_;
  TimerId lastTimer_ = 0;
  std::thread thread_;
};

}  // namespace cleat::runtime
