#include <cleat/sdk/signal.h>

#include <algorithm>

namespace cleat {

struct Signal::Waiter {
  explicit Waiter(Signal& awaited) : signal(&awaited) { signal->waiters_.push_back(this); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter() {
    if (signal != nullptr) signal->waiters_.remove(this);
  }
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) noexcept { waiting = handle; }
  void await_resume() const noexcept {}

  Signal* signal;
  std::coroutine_handle<> waiting;
};

Signal::~Signal() {
  for (Waiter* waiter : waiters_) waiter->signal = nullptr;
}

void Signal::set() {
  set_ = true;
  // Those who come to wait meanwhile, after a reset, are not for this time.
  for (size_t left = waiters_.size(); left > 0 && !waiters_.empty(); --left) {
    Waiter* first = waiters_.front();
    waiters_.pop_front();
    first->signal = nullptr;
    first->waiting.resume();
  }
}

Task<void> Signal::wait() {
  while (!set_) {
    Waiter waiter(*this);
    co_await waiter;
  }
}

}  // namespace cleat
