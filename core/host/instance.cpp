#include "core/host/instance.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <atomic>
#include <cstdio>

#include "core/base/check.h"
#include "core/base/log.h"
#include "core/host/plugin_host.h"

namespace cleat::host {

bus::User identityOf(const std::string& plugin) {
  bus::User user;
  user.name = "system:plugin:" + plugin;
  user.groups = {"system:plugins", "system:authenticated"};
  user.plugin = plugin;
  return user;
}

namespace {

// How long it may take until a process that was killed has ended.
constexpr auto kEndsWithin = std::chrono::seconds(5);

base::Metrics::Labels labelOf(const Manifest& manifest) { return {{"plugin", manifest.name}}; }

}  // namespace

std::string Instance::inSeconds(int64_t nanoseconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", static_cast<double>(nanoseconds) / 1e9);
  return text;
}

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
  base::TimerId timer = services_->executor.machine().after(limit, [weak = weak_from_this(), limit] {
    if (auto late = weak.lock()) {
      late->finishStart(fail(Status::timeout("it was not ready within " + inSeconds(limit.count()))));
    }
  });
  link_->start(config);
  Result<void> result = co_await started_;
  services_->executor.machine().cancelTimer(timer);
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
    streams_ = 0;
    held.swap(held_);
  }
  for (auto waiter : waiters) resumeLater(waiter);
  for (auto& waiting : held) services_->executor.post([waiting]() mutable { waiting.complete(true); });
  for (auto& [id, request] : requests) request.end(services_->executor);
}

Instance::Reservation::Reservation(std::shared_ptr<Instance> instance) : instance_(std::move(instance)) {
  ++instance_->reserved_;
}

Instance::Reservation& Instance::Reservation::operator=(Reservation&& other) noexcept {
  release();
  instance_ = std::move(other.instance_);
  return *this;
}

void Instance::Reservation::release() {
  if (instance_) --instance_->reserved_;
  instance_ = nullptr;
}

Task<void> Instance::drain() {
  auto self = shared_from_this();
  // Those go on in a moment.
  while (reserved_ > 0) {
    Completion<bool> tick;
    services_->executor.machine().after(std::chrono::milliseconds(1), [tick]() mutable { tick.complete(true); });
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
    std::atomic<bool> done = false, late = false;
    Completion<bool> completion;
    void finish() {
      if (!done.exchange(true)) completion.complete(true);
    }
  };
  auto once = std::make_shared<Once>();
  base::Executor& executor = services_->executor.machine();
  base::TimerId timer = executor.after(services_->limits.stop, [once, link = link_, &executor] {
    once->late = true;
    if (!link->kill()) return once->finish();
    // A process that was killed is waited for: its end is told on the executor. Not for ever, as it may be kept from
    // it.
    executor.after(kEndsWithin, [once] { once->finish(); });
  });
  link_->stop([once, &executor] { executor.post([once] { once->finish(); }); });
  co_await once->completion;
  executor.cancelTimer(timer);
  if (once->late) {
    base::log(base::LogLevel::error, manifest_.name,
              "it did not stop within " + inSeconds(services_->limits.stop.count()));
  }
}

}  // namespace cleat::host
