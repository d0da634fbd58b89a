#include <cleat/sdk/work_queue.h>

#include <algorithm>

#include "strand.h"

namespace cleat {

namespace {

detail::QueueCounts* countsOf(Context& context, const WorkQueue& queue) {
  return context.strand().queues().find(queue);
}

}  // namespace

WorkQueue::WorkQueue(Context& context, BackoffOptions backoff)
    : context_(context), backoff_(backoff), waker_(context, [this] { more_.set(); }) {}

void WorkQueue::add(const std::string& key) {
  if (closed_ || !dirty_.insert(key).second) return;
  if (auto* counts = countsOf(context_, *this)) counts->added(key);
  // One that is worked on now has its turn when that is done.
  if (working_.contains(key)) return;
  ready_.push_back(key);
  waker_.wake();
}

void WorkQueue::addAfter(const std::string& key, Duration delay) {
  if (delay <= Duration::zero()) {
    add(key);
    return;
  }
  if (closed_) return;
  Instant when = context_.now() + delay;
  auto [at, isNew] = dueOf_.try_emplace(key, when);
  if (!isNew) {
    if (at->second <= when) return;
    due_.erase({at->second, key});
    at->second = when;
  }
  due_.emplace(when, key);
  arm();
}

void WorkQueue::addBackedOff(const std::string& key) {
  uint32_t before = failures_[key]++;
  if (auto* counts = countsOf(context_, *this)) counts->retried();
  // 2^40 times anything sensible is beyond the limit.
  double delay = static_cast<double>(backoff_.first.count()) * static_cast<double>(1ull << std::min(before, 40u));
  delay = std::min(delay, static_cast<double>(backoff_.most.count()));
  const double part = static_cast<double>(context_.random64() >> 11) / static_cast<double>(1ull << 53);
  addAfter(key, Duration(static_cast<int64_t>(delay * (1 - part / 4))));
}

void WorkQueue::forget(const std::string& key) { failures_.erase(key); }

uint32_t WorkQueue::failures(const std::string& key) const {
  auto found = failures_.find(key);
  return found == failures_.end() ? 0 : found->second;
}

Task<std::optional<std::string>> WorkQueue::next() {
  while (ready_.empty()) {
    if (closed_) co_return std::nullopt;
    more_.reset();
    co_await more_.wait();
  }
  std::string key = std::move(ready_.front());
  ready_.pop_front();
  dirty_.erase(key);
  working_.insert(key);
  if (auto* counts = countsOf(context_, *this)) counts->begun(key);
  co_return key;
}

void WorkQueue::done(const std::string& key) {
  working_.erase(key);
  if (auto* counts = countsOf(context_, *this)) counts->ended(key);
  if (!dirty_.contains(key)) return;
  ready_.push_back(key);
  waker_.wake();
}

void WorkQueue::shutDown() {
  closed_ = true;
  due_.clear();
  dueOf_.clear();
  timer_.cancel();
  waker_.wake();
}

void WorkQueue::arm() {
  if (due_.empty()) {
    timer_.cancel();
    return;
  }
  Instant first = due_.begin()->first;
  if (timer_.pending() && armedFor_ <= first) return;
  armedFor_ = first;
  timer_ = context_.after(first - context_.now(), [this] { release(); });
}

void WorkQueue::release() {
  Instant now = context_.now();
  while (!due_.empty() && due_.begin()->first <= now) {
    std::string key = due_.begin()->second;
    due_.erase(due_.begin());
    dueOf_.erase(key);
    add(key);
  }
  arm();
}

}  // namespace cleat
