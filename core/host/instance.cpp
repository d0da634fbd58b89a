#include "core/host/instance.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <atomic>
#include <cstdio>

#include <cleat/sdk/text.h>

#include "core/base/check.h"
#include "core/base/log.h"
#include "core/host/plugin_host.h"
#include "core/host/role_interfaces.h"
#include "core/object/schema/message_shape.h"

namespace cleat::host {

bus::User identityOf(const std::string& plugin) {
  bus::User user;
  user.name = "system:plugin:" + plugin;
  user.groups = {"system:plugins", "system:authenticated"};
  user.plugin = plugin;
  return user;
}

namespace {

// So many calls in a row that are not answered in time, over as long as a callback may take, and it is taken to be
// stuck.
constexpr size_t kMostUnanswered = 3;

std::string inSeconds(int64_t ns) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", static_cast<double>(ns) / 1e9);
  return text;
}

base::Metrics::Labels labelOf(const Manifest& manifest) { return {{"plugin", manifest.name}}; }

}  // namespace

Instance::Instance(std::shared_ptr<HostServices> services, Manifest manifest)
    : services_(std::move(services)), manifest_(std::move(manifest)), user_(identityOf(manifest_.name)),
      calls_(services_->metrics.counter("cleat_plugin_calls_total", "Role calls to a plugin.", labelOf(manifest_))),
      errors_(services_->metrics.counter("cleat_plugin_call_errors_total",
                                         "Role calls that a plugin failed or did not answer in time.",
                                         labelOf(manifest_))),
      seconds_(
          services_->metrics.histogram("cleat_plugin_call_seconds", "How long role calls took.", labelOf(manifest_))),
      busy_(services_->metrics.counter(kBusyMetric, kBusyHelp, labelOf(manifest_))),
      linesLeftOut_(services_->metrics.counter("cleat_plugin_log_lines_left_out_total",
                                               "Lines that a plugin wrote faster than a log takes them.",
                                               labelOf(manifest_))) {}

void Instance::attach(std::shared_ptr<Link> link, Gone gone, Stuck stuck) {
  CHECK(!link_, "an instance has one link");
  link_ = std::move(link);
  gone_ = std::move(gone);
  stuck_ = std::move(stuck);
}

std::string Instance::lacks() const {
  MutexLock lock(mutex_);
  return lacks_;
}

Ref<const Message> Instance::wanted() const {
  MutexLock lock(mutex_);
  return wanted_;
}

bool Instance::ready() const {
  MutexLock lock(mutex_);
  return state_ == State::ready;
}

std::optional<int> Instance::processId() const { return link_->processId(); }

Status Instance::absent() const {
  switch (state_) {
    case State::starting: return Status::unavailable(named() + " is starting");
    case State::ready: break;
    case State::stopping: return Status::unavailable(named() + " is stopping");
    case State::gone: break;
  }
  return Status::unavailable(named() + " has crashed and is being restarted");
}

Task<Result<void>> Instance::start(Ref<const Message> config) {
  auto self = shared_from_this();
  nanoseconds limit = services_->limits.start;
  base::TimerId timer = services_->executor.after(limit, [weak = weak_from_this(), limit] {
    if (auto late = weak.lock()) {
      late->finishStart(fail(Status::timeout("it was not ready within " + inSeconds(limit.count()))));
    }
  });
  link_->start(config);
  Result<void> result = co_await started_;
  services_->executor.cancelTimer(timer);
  if (!result) {
    co_await stop();
    result.error().message = named() + ": cannot start: " + result.error().message;
  }
  co_return result;
}

void Instance::finishStart(Result<void> result) {
  {
    MutexLock lock(mutex_);
    if (startFinished_) return;
    startFinished_ = true;
    if (result && state_ == State::starting) state_ = State::ready;
  }
  services_->executor.post(
      [started = started_, result = std::move(result)]() mutable { started.complete(std::move(result)); });
}

// Delivers on the caller's thread where the link does. Another thread may answer meanwhile, and the waiting coroutine
// and this object with it be gone, so what is needed afterwards is held by `await_suspend` itself.
struct Instance::Delivery {
  std::shared_ptr<Instance> instance;
  RoleCall roleCall;
  int64_t begun;
  uint64_t number = 0;
  Reservation reserved = {};
  std::optional<RoleAnswer> refused = {};

  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> waiter) {
    Result<LinkCall> opened = instance->openCall(roleCall, begun, waiter);
    reserved.release();
    if (!opened) {
      refused = answerOf(CLEAT_RETRY, std::move(opened.error()));
      return false;
    }
    number = opened->call;
    const uint64_t delivered = number;
    const std::shared_ptr<Instance> kept = instance;
    const std::shared_ptr<gate::CallCancel> cancel = roleCall.cancel;
    kept->link_->call(std::move(*opened));
    // Behind the call on the plugin's strand. The call may have ended, and this with it.
    if (cancel)
      cancel->onCancel([weak = std::weak_ptr(kept), delivered] {
        if (auto called = weak.lock()) called->abandonCall(delivered);
      });
    MutexLock lock(kept->mutex_);
    PendingCall* call = kept->pending_.find(delivered);
    if (!call) return true;
    call->deliverer = {};
    if (!call->answer || !call->waiter) return true;
    call->waiter = nullptr;
    return false;
  }
  RoleAnswer await_resume() { return refused ? std::move(*refused) : instance->takeAnswer(number); }
};

Task<RoleAnswer> Instance::call(RoleCall roleCall, Reservation reserved) {
  const int64_t begun = services_->executor.now();
  Delivery delivery{shared_from_this(), std::move(roleCall), begun, 0, std::move(reserved)};
  RoleAnswer answer = co_await delivery;
  if (delivery.refused) co_return answer;
  calls_.add();
  seconds_.observe(services_->executor.now() - begun);
  if (answer.status == CLEAT_FAILED || answer.status == CLEAT_RETRY) errors_.add();
  co_return answer;
}

Result<LinkCall> Instance::openCall(RoleCall& call, int64_t now, std::coroutine_handle<> waiter) {
  const int64_t limit = call.timeoutNs > 0 ? call.timeoutNs : services_->limits.call.count();
  LinkCall opened;
  opened.method = call.method;
  opened.deadlineNs = laterBy(now, limit);
  opened.payload = {std::move(call.params), std::move(call.objects)};
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
      late.emplace_back(call.number, Status::timeout(named() + " did not answer " + methodName(call.method) +
                                                     " within " + inSeconds(call.limit)));
    });
    if (next != INT64_MAX) wakeBy(next);
    if (!late.empty() && unanswered_ == 0) firstUnanswered_ = now;
    unanswered_ += late.size();
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
  {
    MutexLock lock(mutex_);
    if (state_ != State::ready || !endedFor_.empty()) return;
    endedFor_ = why;
  }
  if (stuck_) stuck_(why);
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
    answer = pending_.take(*call);
    if (pending_.count() == 0) drained.swap(drained_);
  }
  for (auto& waiting : drained) services_->executor.post([waiting]() mutable { waiting.complete(true); });
  return std::move(*answer);
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
  return answerOf(known ? static_cast<cleat_status>(status) : CLEAT_FAILED, std::move(said));
}

void Instance::pluginReplies(uint64_t number, int32_t status, const cleat_payload* results) {
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
  if (!everMade) base::log(base::LogLevel::warn, manifest_.name, "it replied to a call that was never made");
}

void Instance::abandon(State state, const Status& why) {
  std::vector<std::coroutine_handle<>> waiters;
  std::unordered_map<uint64_t, Request> requests;
  std::vector<Completion<bool>> held;
  {
    MutexLock lock(mutex_);
    if (state_ != State::gone) state_ = state;
    pending_.each([&](PendingCall& call) {
      if (auto waiter = answerWith(call, answerOf(CLEAT_RETRY, why))) waiters.push_back(waiter);
    });
    requests.swap(requests_);
    requestBytes_ = 0;
    held.swap(held_);
  }
  for (auto waiter : waiters) resumeLater(waiter);
  for (auto& waiting : held) services_->executor.post([waiting]() mutable { waiting.complete(true); });
  for (auto& [id, request] : requests) request.end(services_->executor);
}

Task<void> Instance::drain() {
  auto self = shared_from_this();
  // Those go on in a moment.
  while (reserved_ > 0) {
    Completion<bool> tick;
    services_->executor.after(std::chrono::milliseconds(1), [tick]() mutable { tick.complete(true); });
    co_await tick;
  }
  Completion<bool> done;
  {
    MutexLock lock(mutex_);
    if (pending_.count() == 0) co_return;
    drained_.push_back(done);
  }
  // Every call has a deadline, so this ends.
  co_await done;
}

Task<void> Instance::stop() {
  auto self = shared_from_this();
  bool gone;
  {
    MutexLock lock(mutex_);
    if (state_ == State::stopping) co_return;
    gone = state_ == State::gone;
  }
  abandon(State::stopping, Status::unavailable(named() + " is stopping"));
  finishStart(fail(Status::unavailable("it was stopped")));
  if (gone) co_return;

  struct Once {
    std::atomic<bool> done = false;
    Completion<bool> completion;
    void finish(bool stopped) {
      if (!done.exchange(true)) completion.complete(stopped);
    }
  };
  auto once = std::make_shared<Once>();
  base::Executor& executor = services_->executor;
  base::TimerId timer = executor.after(services_->limits.stop, [once, link = link_] {
    link->kill();
    once->finish(false);
  });
  link_->stop([once, &executor] { executor.post([once] { once->finish(true); }); });
  bool stopped = co_await once->completion;
  executor.cancelTimer(timer);
  if (!stopped) {
    base::log(base::LogLevel::error, manifest_.name,
              "it did not stop within " + inSeconds(services_->limits.stop.count()));
  }
}

}  // namespace cleat::host
