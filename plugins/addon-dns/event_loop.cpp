#include "event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace cleat::dns {

EventLoop::EventLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  watch(0, wake_.get(), EPOLLIN);
}

uint64_t EventLoop::add(std::unique_ptr<Source> source) {
  sources_[++lastId_] = std::move(source);
  return lastId_;
}

void EventLoop::end(uint64_t id) {
  clearDeadline(id);
  auto found = sources_.find(id);
  if (found == sources_.end()) return;
  ended_.push_back(std::move(found->second));
  sources_.erase(found);
}

Source* EventLoop::find(uint64_t id) const {
  auto found = sources_.find(id);
  return found == sources_.end() ? nullptr : found->second.get();
}

bool EventLoop::watch(uint64_t id, int fd, uint32_t events) {
  epoll_event event{.events = events, .data = {.u64 = id}};
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void EventLoop::rewatch(uint64_t id, int fd, uint32_t events) {
  epoll_event event{.events = events, .data = {.u64 = id}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::setDeadline(uint64_t id, Clock::time_point at) {
  clearDeadline(id);
  Source* source = find(id);
  if (source == nullptr) return;
  source->hasDeadline_ = true;
  source->deadline_ = at;
  deadlines_.insert({at, id});
}

void EventLoop::clearDeadline(uint64_t id) {
  Source* source = find(id);
  if (source == nullptr || !source->hasDeadline_) return;
  deadlines_.erase({source->deadline_, id});
  source->hasDeadline_ = false;
}

int EventLoop::timeoutMs() const {
  if (deadlines_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadlines_.begin()->first - Clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 60'000));
}

void EventLoop::run() {
  std::array<epoll_event, 64> events{};
  for (bool ending = false; !ending;) {
    const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeoutMs());
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 == 0)
        ending = true;
      else if (Source* source = find(events[i].data.u64))
        source->ready(events[i].events);
    }
    const auto now = Clock::now();
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
      const uint64_t due = deadlines_.begin()->second;
      clearDeadline(due);
      find(due)->expired();
    }
    ended_.clear();
  }
  sources_.clear();
  deadlines_.clear();
}

void EventLoop::stop() {
  const uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
}

}  // namespace cleat::dns
