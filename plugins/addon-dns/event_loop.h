// A thread's loop over descriptors and times. What waits in it is a Source, which the loop owns under a number that is
// never given again, so that what is told of one that has ended reaches nobody.
//
// All of it is called on the loop's thread, but for `stop`.
#pragma once

#include <cleat/sdk/file.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cleat::dns {

using Clock = std::chrono::steady_clock;

class Source {
 public:
  virtual ~Source() = default;
  virtual void ready(uint32_t events) = 0;
  virtual void expired() {}

 private:
  friend class EventLoop;
  bool hasDeadline_ = false;
  Clock::time_point deadline_;
};

class EventLoop {
 public:
  EventLoop();

  // Whether there are the descriptors that the loop itself needs.
  bool good() const { return epoll_ && wake_; }

  uint64_t add(std::unique_ptr<Source> source);
  void end(uint64_t id);  // destroys it when the round is over
  Source* find(uint64_t id) const;

  // A descriptor leaves when it is closed.
  bool watch(uint64_t id, int fd, uint32_t events);
  void rewatch(uint64_t id, int fd, uint32_t events);
  void setDeadline(uint64_t id, Clock::time_point at);
  void clearDeadline(uint64_t id);

  void run();
  void stop();  // from any thread: `run` destroys all sources and returns

 private:
  int timeoutMs() const;

  Fd epoll_, wake_;
  uint64_t lastId_ = 0;
  std::unordered_map<uint64_t, std::unique_ptr<Source>> sources_;
  std::vector<std::unique_ptr<Source>> ended_;
  std::set<std::pair<Clock::time_point, uint64_t>> deadlines_;
};

}  // namespace cleat::dns
