#include <cleat/sdk/change_cursor.h>

#include <algorithm>
#include <utility>

namespace cleat {

namespace {

// An answer that says that nothing has changed has to arrive in time too.
constexpr Duration kReserve = std::chrono::milliseconds(500);

}  // namespace

struct ChangeCursor::Waiter {
  Completion<bool> changed;
  bool done = false;
  void finish(bool hasChanged) {
    if (std::exchange(done, true)) return;
    changed.complete(hasChanged);
  }
};

void ChangeCursor::begin(Context& context) {
  context_ = &context;
  if (version_ == 0) version_ = context.random64() | 1;
}

void ChangeCursor::change() {
  if (++version_ == 0) ++version_;
  for (const auto& waiter : std::exchange(waiters_, {})) waiter->finish(true);
}

Task<bool> ChangeCursor::differs(uint64_t known, AnyCall& call) {
  if (known != version_) co_return true;
  auto waiter = std::make_shared<Waiter>();
  std::erase_if(waiters_, [](const auto& each) { return each->done; });
  waiters_.push_back(waiter);
  const Duration left = std::max<Duration>(call.deadline() - context_->now() - kReserve, Duration::zero());
  Timer timer = context_->after(left, [waiter] { waiter->finish(false); });
  call.onCancel([waiter] { waiter->finish(false); });
  co_return co_await waiter->changed;
}

}  // namespace cleat
