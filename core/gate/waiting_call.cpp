#include "core/gate/waiting_call.h"

#include <cleat/sdk/mutex.h>

#include <algorithm>
#include <chrono>
#include <memory>

namespace cleat::gate {
namespace {

// Whoever computes an answer has it by then.
constexpr std::chrono::milliseconds kPatience{20};

// The call has no more time than whoever waits for it.
void limitTo(RoleCall& call, const bus::RequestPlace& place) {
  constexpr int64_t kLongest = 10'000'000'000;  // where the call does not say
  const int64_t most = call.timeoutNs == 0 ? kLongest : call.timeoutNs, left = place.leftNs();
  if (left < most) call.timeoutNs = std::max<int64_t>(left, 1);
}

Completion<RoleAnswer> begin(Roles& roles, const std::string& plugin, RoleCall call) {
  Completion<RoleAnswer> answered;
  spawn(roles.call(plugin, std::move(call)),
        [answered](RoleAnswer answer) mutable { answered.complete(std::move(answer)); });
  return answered;
}

// Lends a place later, unless the answer has come.
class LaterLoan {
 public:
  explicit LaterLoan(bus::RequestPlace& place) : place_(&place) {}

  void lend() {
    MutexLock lock(mutex_);
    if (place_ == nullptr) return;
    place_->lend();
    isLent_ = true;
  }
  // The answer is there; whether the place has to be taken back.
  bool end() {
    MutexLock lock(mutex_);
    place_ = nullptr;
    return isLent_;
  }

 private:
  Mutex mutex_;
  bus::RequestPlace* place_ CLEAT_GUARDED_BY(mutex_);
  bool isLent_ CLEAT_GUARDED_BY(mutex_) = false;
};

Task<RoleAnswer> lentUntil(Completion<RoleAnswer> answered, bus::RequestPlace& place) {
  place.lend();
  RoleAnswer answer = co_await answered;
  co_await place.back();
  co_return answer;
}

Task<RoleAnswer> lentLater(base::Executor& executor, Completion<RoleAnswer> answered, bus::RequestPlace& place) {
  const auto loan = std::make_shared<LaterLoan>(place);
  const base::TimerId timer = executor.after(kPatience, [loan] { loan->lend(); });
  RoleAnswer answer = co_await answered;
  const bool isLent = loan->end();
  executor.cancelTimer(timer);
  if (isLent) co_await place.back();
  co_return answer;
}

Task<RoleAnswer> ended(Completion<RoleAnswer> answered) { co_return co_await answered; }

}  // namespace

Task<RoleAnswer> callWaiting(Roles& roles, const std::string& plugin, RoleCall call, bus::RequestPlace* place) {
  if (place == nullptr) return roles.call(plugin, std::move(call));
  limitTo(call, *place);
  Completion<RoleAnswer> answered = begin(roles, plugin, std::move(call));
  return answered.completed() ? ended(std::move(answered)) : lentUntil(std::move(answered), *place);
}

Task<RoleAnswer> callPatiently(base::Executor& executor, Roles& roles, const std::string& plugin, RoleCall call,
                               bus::RequestPlace* place) {
  if (place == nullptr) return roles.call(plugin, std::move(call));
  limitTo(call, *place);
  Completion<RoleAnswer> answered = begin(roles, plugin, std::move(call));
  return answered.completed() ? ended(std::move(answered)) : lentLater(executor, std::move(answered), *place);
}

}  // namespace cleat::gate
