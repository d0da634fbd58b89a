// Calls to an instance's plugin: made, bounded in time, and answered.
#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/base/check.h"
#include "core/base/log.h"
#include "core/host/call_here.h"
#include "core/host/instance.h"
#include "core/host/role_interfaces.h"
#include "core/object/schema/message_shape.h"

namespace cleat::host {
namespace {

// So many calls in a row that are not answered in time, over as long as a callback may take, and it is taken to be
// stuck.
constexpr size_t kMostUnanswered = 3;

}  // namespace

// Delivers on the caller's thread where the link does. Another thread may answer meanwhile, and the waiting coroutine
// and this object with it be gone, so what is needed afterwards is held by `await_suspend` itself.
struct Instance::Delivery {
  std::shared_ptr<Instance> instance;
  RoleCall roleCall;
  int64_t begun;
  uint64_t number = 0;
  Reservation reserved = {};
  bool refused = false;                   // it was not made
  std::optional<RoleAnswer> answer = {};  // there already
  int64_t returned = 0;                   // when, where that is known

  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> waiter) {
    Result<LinkCall> opened = instance->openCall(roleCall, begun, waiter);
    reserved.release();
    if (!opened) {
      refused = true;
      answer = answerOf(CLEAT_RETRY, std::move(opened.error()));
      return false;
    }
    number = opened->call;
    const uint64_t delivered = number;
    const std::shared_ptr<Instance> kept = instance;
    const std::shared_ptr<gate::CallCancel> cancel = roleCall.cancel;
    CallHere here(*kept->link_, *kept, delivered, opened->method);
    kept->link_->call(std::move(*opened));
    // Behind the call on the plugin's strand. The call may have ended, and this with it.
    if (cancel && !here.answer)
      cancel->onCancel([weak = std::weak_ptr(kept), delivered] {
        if (auto called = weak.lock()) called->abandonCall(delivered);
      });
    std::vector<Completion<bool>> drained;
    {
      MutexLock lock(kept->mutex_);
      if (here.answer) kept->unanswered_ = 0;
      PendingCall* call = kept->pending_.find(delivered);
      if (!call) return true;
      call->deliverer = {};
      if (!call->answer) call->answer = std::move(here.answer);
      if (!call->answer || !call->waiter) return true;
      // Nobody else resumes it from here on.
      returned = here.returnedNs;
      answer = kept->takeFrom(*call, drained);
    }
    kept->tellDrained(std::move(drained));
    return false;
  }
  RoleAnswer await_resume() { return answer ? std::move(*answer) : instance->takeAnswer(number); }
};

Task<RoleAnswer> Instance::call(RoleCall roleCall, Reservation reserved) {
  const int64_t begun = services_->executor.machine().now();
  Delivery delivery{shared_from_this(), std::move(roleCall), begun, 0, std::move(reserved)};
  RoleAnswer answer = co_await delivery;
  if (delivery.refused) co_return answer;
  calls_.add();
  const int64_t ended = delivery.returned != 0 ? delivery.returned : services_->executor.machine().now();
  seconds_.observe(ended - begun);
  if (answer.status == CLEAT_FAILED || answer.status == CLEAT_RETRY) errors_.add();
  co_return answer;
}

Result<LinkCall> Instance::openCall(RoleCall& call, int64_t begun, std::coroutine_handle<> waiter) {
  const int64_t limit = call.timeoutNs > 0 ? call.timeoutNs : services_->limits.call.count();
  LinkCall opened;
  opened.method = call.method;
  opened.madeNs = begun;
  // Mostly the same clock, which need not be looked at twice.
  base::Executor& executor = services_->executor;
  opened.deadlineNs = laterBy(&executor.machine() == &executor ? begun : executor.now(), limit);
  opened.payload = {std::move(call.params), std::move(call.objects)};
  opened.stream = std::move(call.stream);
  MutexLock lock(mutex_);
  if (state_ != State::ready) return fail(absent());
  if (pending_.count() >= services_->limits.outstanding) {
    return fail(Status::tooManyRequests(
        named() + " has " + std::to_string(pending_.count()) + " calls in progress, the limit", 1));
  }
  PendingCall& pending = pending_.open();
  pending.method = opened.method;
  pending.limit = limit;
  pending.deadline = opened.deadlineNs;
  pending.hasStream = opened.stream != nullptr;
  pending.waiter = waiter;
  pending.deliverer = std::this_thread::get_id();
  opened.call = pending.number;
  wakeBy(pending.deadline);
  return opened;
}

void Instance::wakeBy(int64_t deadline) {
  if (wakesAt_ != 0 && wakesAt_ <= deadline) return;
  wakesAt_ = deadline;
  nanoseconds left(std::max<int64_t>(deadline - services_->executor.now(), 0));
  services_->executor.after(left, [weak = weak_from_this(), deadline] {
    if (auto instance = weak.lock()) instance->endOverdue(deadline);
  });
}

void Instance::endOverdue(int64_t armedFor) {
  std::vector<std::pair<uint64_t, Status>> late;
  size_t silent = 0;
  bool stuck = false;
  {
    MutexLock lock(mutex_);
    if (wakesAt_ != armedFor) return;  // another timer has taken its place
    wakesAt_ = 0;
    const int64_t now = services_->executor.now();
    int64_t next = INT64_MAX;
    pending_.each([&](const PendingCall& call) {
      if (call.answer) return;
      if (call.deadline > now) {
        next = std::min(next, call.deadline);
        return;
      }
      // How long a stream goes on says nothing of whoever is called.
      if (!call.hasStream) ++silent;
      late.emplace_back(call.number, Status::timeout(named() + " did not answer " + methodName(call.method) +
                                                     " within " + inSeconds(call.limit)));
    });
    if (next != INT64_MAX) wakeBy(next);
    if (silent > 0 && unanswered_ == 0) firstUnanswered_ = now;
    unanswered_ += silent;
    stuck = unanswered_ >= kMostUnanswered && now - firstUnanswered_ >= services_->limits.callback.count();
  }
  for (auto& [call, why] : late) {
    finishCall(call, answerOf(CLEAT_RETRY, std::move(why)));
    link_->cancelCall(call);
  }
  // Its own watchdog may be as stuck as the rest of it.
  if (stuck && link_->processId()) endStuck("it was stuck: it answered none of its last calls in time");
}

void Instance::endStuck(std::string why) {
  bool starting;
  {
    MutexLock lock(mutex_);
    starting = state_ == State::starting;
    if ((state_ != State::ready && !starting) || !endedFor_.empty()) return;
    endedFor_ = why;
  }
  // Whoever waits until it is ready hears of it when its process has ended.
  if (stuck_ && !starting) stuck_(why);
  link_->kill();
}

std::coroutine_handle<> Instance::answerWith(PendingCall& call, RoleAnswer answer) {
  if (call.answer) return nullptr;
  call.answer = std::move(answer);
  if (call.deliverer == std::this_thread::get_id()) return nullptr;
  return std::exchange(call.waiter, nullptr);
}

void Instance::resumeLater(std::coroutine_handle<> waiter) {
  services_->executor.post([waiter] { waiter.resume(); });
}

void Instance::finishCall(uint64_t number, RoleAnswer answer) {
  std::coroutine_handle<> waiter;
  {
    MutexLock lock(mutex_);
    if (PendingCall* call = pending_.find(number)) waiter = answerWith(*call, std::move(answer));
  }
  if (waiter) resumeLater(waiter);
}

RoleAnswer Instance::takeAnswer(uint64_t number) {
  std::vector<Completion<bool>> drained;
  std::optional<RoleAnswer> answer;
  {
    MutexLock lock(mutex_);
    PendingCall* call = pending_.find(number);
    CHECK(call, "a call's place is its own until its caller has the answer");
    answer = takeFrom(*call, drained);
  }
  tellDrained(std::move(drained));
  return std::move(*answer);
}

RoleAnswer Instance::takeFrom(PendingCall& call, std::vector<Completion<bool>>& drained) {
  RoleAnswer answer = pending_.take(call);
  if (pending_.count() == 0) drained.swap(drained_);
  return answer;
}

void Instance::tellDrained(std::vector<Completion<bool>> drained) {
  for (auto& waiting : drained) services_->executor.post([waiting]() mutable { waiting.complete(true); });
}

RoleAnswer Instance::answerFrom(MethodId method, int32_t status, const cleat_payload* results) {
  auto taken = takePayload(results);
  const bool saysAnything = taken && taken->message->words().size() > 1;
  const object::ShapePlan* shape = saysAnything && status == CLEAT_OK ? resultShape(method) : nullptr;
  if (shape) {
    auto shaped = object::checkShape(*taken->message, *shape);
    if (!shaped) taken = fail(shaped.error());
  }
  if (!taken) {
    std::string why =
        named() + " answered " + methodName(method) + " with a malformed message: " + taken.error().message;
    base::log(base::LogLevel::error, manifest_.name, why);
    noteMalformed(why);
    return answerOf(CLEAT_FAILED, Status::internal(std::move(why)));
  }
  if (status == CLEAT_OK) return std::move(*taken);
  Status otherwise = Status::internal(named() + " failed " + methodName(method) + " without saying why");
  if (status == CLEAT_RETRY) otherwise = Status::unavailable(named() + " cannot answer " + methodName(method) + " now");
  if (status == CLEAT_DENIED) otherwise = Status::forbidden("denied by " + named());
  if (status == CLEAT_NOT_MINE) {
    otherwise.code = 501;
    otherwise.reason = "NotImplemented";
    otherwise.message = named() + " does not take " + methodName(method);
  }
  bool known = status == CLEAT_RETRY || status == CLEAT_DENIED || status == CLEAT_NOT_MINE;
  Status said = decodeStatus(*taken->message, otherwise);
  // What the SDK says of an exception does not know in which plugin it was.
  if (said.code == 500 && said.message.find(" threw") != std::string::npos &&
      said.message.find(named()) == std::string::npos) {
    said.message = concat(named(), ": ", said.message);
    base::log(base::LogLevel::error, manifest_.name, concat(methodName(method), ": ", said.message));
  }
  RoleAnswer answer = answerOf(known ? static_cast<cleat_status>(status) : CLEAT_FAILED, std::move(said));
  if (status == CLEAT_DENIED) answer.message = resultsBeside(*taken->message, resultShape(method));
  return answer;
}

void Instance::pluginReplies(uint64_t number, int32_t status, const cleat_payload* results) {
  if (CallHere* here = CallHere::find(link_.get(), number)) {
    if (!here->answer) here->answer = answerFrom(here->method, status, results);
    return;
  }
  std::optional<MethodId> method;
  bool everMade;
  {
    MutexLock lock(mutex_);
    if (PendingCall* call = pending_.find(number); call && !call->answer) method = call->method;
    unanswered_ = 0;
    everMade = pending_.wasMade(number);
  }
  if (method) return finishCall(number, answerFrom(*method, status, results));
  // One that was cancelled or is late is no mistake of the plugin's.
  if (everMade) return;
  constexpr const char* kNeverMade = "it replied to a call that was never made";
  pluginLogs(CLEAT_LOG_WARN, kNeverMade);  // as often as it likes
  noteMalformed(kNeverMade);
}

}  // namespace cleat::host
