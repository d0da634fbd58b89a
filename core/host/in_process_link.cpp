#include "core/host/in_process_link.h"

#include <algorithm>
#include <array>
#include <exception>
#include <tuple>

#include "core/base/check.h"
#include "core/host/call_here.h"
#include "core/host/host_functions.h"

namespace cleat::host {
namespace {

cleat_words wordsOf(const Message& message) { return {message.words().data(), message.words().size()}; }

// The plugin may share the message by its handle, which is a count on it.
cleat_object objectOf(const Argument& argument) {
  return {wordsOf(*argument.message), argument.revision, const_cast<Message*>(argument.message.get())};
}

// The ABI's view of a payload, good as long as the payload is.
struct PayloadView {
  explicit PayloadView(const Payload& payload) {
    cleat_object* objects = few.data();
    if (payload.objects.size() > few.size()) {
      many.resize(payload.objects.size());
      objects = many.data();
    }
    std::ranges::transform(payload.objects, objects, objectOf);
    if (payload.message) view.message = wordsOf(*payload.message);
    view.objects = objects;
    view.object_count = payload.objects.size();
  }
  PayloadView(const PayloadView&) = delete;
  std::array<cleat_object, 4> few;  // as most calls have
  std::vector<cleat_object> many;
  cleat_payload view{};
};

// What waits for a plugin whose callback does not return. Each of them holds what it was called with.
constexpr size_t kMostWaiting = 2048;

cleat_event eventOf(cleat_event_type type, uint64_t token) {
  cleat_event event{};
  event.struct_size = sizeof event;
  event.type = type;
  event.token = token;
  return event;
}

}  // namespace

InProcessLink::InProcessLink(base::Executor& executor, const cleat_plugin& plugin, const Manifest& manifest,
                             std::shared_ptr<Activity> activity)
    : executor_(executor), plugin_(plugin), concurrentCalls_(manifest.concurrentCalls), activity_(std::move(activity)),
      strand_(executor.makeStrand()), context_(nullptr) {}

InProcessLink::~InProcessLink() {
  if (context_) linkEnds(*context_);
}

void InProcessLink::toStrand(base::Work work) { strand_->post(std::move(work)); }

void InProcessLink::start(Ref<const Message> config) {
  context_ = makeContext(weak_from_this());
  toStrand([self = shared_from_this(), config] { self->startHere(*config); });
}

void InProcessLink::startHere(const Message& config) {
  {
    MutexLock lock(mutex_);
    if (stopping_) return;
    CHECK(!starting_ && !instance_, "a link is started once");
    starting_ = true;
  }
  void* instance = nullptr;
  int32_t status = CLEAT_FAILED;
  std::string why;
  try {
    Activity::Scope busy(*activity_, "start");
    status = plugin_.start(&hostFunctions(), context_, wordsOf(config), &instance);
  } catch (const std::exception& error) {
    why = std::string("its start threw: ") + error.what();
  } catch (...) {
    why = "its start threw an exception";
  }
  std::shared_ptr<LinkUser> user;
  {
    MutexLock lock(mutex_);
    starting_ = false;
    if (status == CLEAT_OK) {
      instance_ = instance;
      if (!earlyReady_) return;
      std::tie(status, why) = *earlyReady_;
    } else if (why.empty()) {
      why = lastError_.empty() ? "its start failed" : lastError_;
    }
    readySaid_ = true;
    user = user_;
  }
  if (user) user->pluginReady(status, std::move(why));
}

int64_t InProcessLink::deliver(const cleat_event& event, const char* what, std::optional<int64_t> now) {
  CHECK(concurrentCalls_ || strand_->runsHere(), "a plugin's callbacks come on its strand, one at a time");
  void* instance = instance_;
  if (!instance) return 0;
  try {
    Activity::Scope busy(*activity_, what, now ? *now : executor_.machine().now());
    plugin_.deliver(instance, &event);
    return busy.end();
  } catch (const std::exception& error) {
    log(CLEAT_LOG_ERROR, std::string("an exception left a callback (") + what + "): " + error.what());
  } catch (...) {
    log(CLEAT_LOG_ERROR, std::string("an exception left a callback (") + what + ")");
  }
  return 0;
}

void InProcessLink::deliverCall(const LinkCall& call, std::optional<int64_t> now) {
  PayloadView payload(call.payload);
  cleat_event event = eventOf(CLEAT_EVENT_CALL, call.call);
  event.interface_id = call.method.interfaceId;
  event.method = call.method.ordinal;
  event.deadline_ns = call.deadlineNs;
  event.payload = payload.view;
  if (call.stream) event.stream = call.stream->get();
  const int64_t returned = deliver(event, "call", now);
  if (CallHere* here = CallHere::find(this, call.call)) here->returnedNs = returned;
}

bool InProcessLink::enter() {
  MutexLock lock(mutex_);
  if (stopping_ || !instance_) return false;
  ++uses_;
  return true;
}

void InProcessLink::leave() {
  MutexLock lock(mutex_);
  CHECK(uses_ > 0, "who leaves has entered");
  if (--uses_ == 0 && stopping_ && !stopped_) toStrand([self = shared_from_this()] { self->stopHere(); });
}

void InProcessLink::call(LinkCall call) {
  if (!concurrentCalls_) {
    if (strand_->runNow([&] { deliverCall(call, call.madeNs); })) return;
    if (waiting_ >= kMostWaiting) return refuse(call.call);
    ++waiting_;
    base::Work deliver = [self = shared_from_this(), call = std::move(call)] {
      --self->waiting_;
      // Whoever waited longer than its deadline for the plugin's turn has gone.
      if (self->executor_.now() < call.deadlineNs) self->deliverCall(call);
    };
    return strand_->dispatch(std::move(deliver));
  }
  // One that does not return must not take all of the executor's threads with it, a caller at a time.
  if (activity_->slow()) {
    return executor_.postBlocking(
        [self = shared_from_this(), call = std::move(call)] { self->deliverConcurrently(call); });
  }
  deliverConcurrently(call, call.madeNs);
}

void InProcessLink::deliverConcurrently(const LinkCall& call, std::optional<int64_t> now) {
  if (!enter()) return;
  deliverCall(call, now);
  leave();
}

void InProcessLink::refuse(uint64_t call) {
  std::shared_ptr<LinkUser> user;
  {
    MutexLock lock(mutex_);
    user = user_;
  }
  if (user) user->pluginReplies(call, CLEAT_RETRY, nullptr);
}

void InProcessLink::cancelCall(uint64_t call) {
  // It is a courtesy: a plugin that has far more to do can do without.
  if (waiting_ >= kMostWaiting) return;
  ++waiting_;
  toStrand([self = shared_from_this(), call] {
    --self->waiting_;
    self->deliver(eventOf(CLEAT_EVENT_CANCEL, call), "cancel");
  });
}

void InProcessLink::reply(uint64_t request, Outcome outcome) {
  toStrand([self = shared_from_this(), request, outcome = std::move(outcome)] {
    cleat_event event = eventOf(CLEAT_EVENT_REPLY, 0);
    {
      MutexLock lock(self->mutex_);
      auto found = self->requests_.find(request);
      if (found == self->requests_.end()) return;
      event.token = found->second;
      self->requestTokens_.erase(found->second);
      self->requests_.erase(found);
    }
    PayloadView payload(outcome.payload);
    event.status = outcome.status;
    event.payload = payload.view;
    self->deliver(event, "reply");
  });
}

void InProcessLink::changes(uint64_t request, std::vector<LinkChange> changes, base::Work delivered) {
  toStrand(
      [self = shared_from_this(), request, changes = std::move(changes), delivered = std::move(delivered)]() mutable {
        cleat_event event = eventOf(CLEAT_EVENT_WATCH, 0);
        {
          MutexLock lock(self->mutex_);
          auto found = self->requests_.find(request);
          if (found == self->requests_.end()) return;
          event.token = found->second;
        }
        std::vector<cleat_change> views;
        views.reserve(changes.size());
        for (const auto& change : changes) {
          cleat_change view{change.type, 0, {}};
          if (change.object) view.object = objectOf({change.object, change.revision});
          view.object.revision = change.revision;
          views.push_back(view);
        }
        event.changes = views.data();
        event.change_count = views.size();
        self->deliver(event, "watch");
        delivered();
      });
}

void InProcessLink::stop(base::Work stopped) {
  MutexLock lock(mutex_);
  if (stopped_) {
    executor_.post(std::move(stopped));
    return;
  }
  stopping_ = true;
  whenStopped_ = std::move(stopped);
  for (const auto& [token, timer] : timers_) executor_.cancelTimer(timer.id);
  timers_.clear();
  requests_.clear();
  requestTokens_.clear();
  if (uses_ == 0) toStrand([self = shared_from_this()] { self->stopHere(); });
}

void InProcessLink::stopHere() {
  void* instance;
  {
    MutexLock lock(mutex_);
    if (stopped_) return;
    CHECK(uses_ == 0, "nobody is in a plugin's code when it is stopped");
    stopped_ = true;
    instance = instance_.exchange(nullptr);
  }
  try {
    Activity::Scope busy(*activity_, "stop");
    if (instance) plugin_.stop(instance);
  } catch (...) {
    log(CLEAT_LOG_ERROR, "an exception left its stop");
  }
  std::shared_ptr<LinkUser> user;
  base::Work stopped;
  {
    MutexLock lock(mutex_);
    user = std::move(user_);
    stopped = std::move(whenStopped_);
  }
  if (stopped) stopped();
}

void InProcessLink::log(int32_t level, std::string_view text) {
  std::shared_ptr<LinkUser> user;
  {
    MutexLock lock(mutex_);
    if (starting_ && level >= CLEAT_LOG_ERROR) lastError_ = text;
    user = user_;
  }
  if (user) user->pluginLogs(level, text);
}

void InProcessLink::armTimer(uint64_t token, int64_t delayNs) {
  MutexLock lock(mutex_);
  if (stopping_) return;
  uint64_t serial = ++lastSerial_;
  if (auto before = timers_.find(token); before != timers_.end()) executor_.cancelTimer(before->second.id);
  base::TimerId id = executor_.after(std::chrono::nanoseconds(delayNs), [weak = weak_from_this(), token, serial] {
    auto self = weak.lock();
    if (self) self->toStrand([self, token, serial] { self->fireTimer(token, serial); });
  });
  timers_[token] = {id, serial};
}

void InProcessLink::fireTimer(uint64_t token, uint64_t serial) {
  {
    MutexLock lock(mutex_);
    auto found = timers_.find(token);
    // Cancelled, or armed anew, on its way to the strand.
    if (found == timers_.end() || found->second.serial != serial) return;
    timers_.erase(found);
  }
  deliver(eventOf(CLEAT_EVENT_TIMER, token), "timer");
}

void InProcessLink::cancel(uint64_t token) {
  std::shared_ptr<LinkUser> user;
  uint64_t request = 0;
  {
    MutexLock lock(mutex_);
    if (auto timer = timers_.find(token); timer != timers_.end()) {
      executor_.cancelTimer(timer->second.id);
      timers_.erase(timer);
      return;
    }
    auto found = requestTokens_.find(token);
    if (found == requestTokens_.end()) return;
    request = found->second;
    requests_.erase(request);
    requestTokens_.erase(found);
    user = user_;
  }
  if (user) user->pluginCancels(request);
}

void InProcessLink::post(uint64_t token) {
  toStrand([self = shared_from_this(), token] { self->deliver(eventOf(CLEAT_EVENT_POSTED, token), "posted"); });
}

void InProcessLink::runBlocking(void (*work)(void*), void* arg, uint64_t token) {
  executor_.postBlocking([self = shared_from_this(), work, arg, token] {
    {
      MutexLock lock(self->mutex_);
      if (self->stopping_) return;
      ++self->uses_;
    }
    try {
      RunningCallback running(self->activity_->plugin().c_str(), "blocking work");
      work(arg);
    } catch (...) {
      self->log(CLEAT_LOG_ERROR, "an exception left its blocking work");
    }
    self->post(token);
    self->leave();
  });
}

void InProcessLink::callHost(uint64_t token, MethodId method, int64_t deadlineNs, const cleat_payload* params,
                             gate::StreamEnd stream) {
  std::shared_ptr<LinkUser> user;
  uint64_t request;
  {
    MutexLock lock(mutex_);
    if (stopping_) return;
    request = ++lastSerial_;
    requests_[request] = token;
    requestTokens_[token] = request;
    user = user_;
  }
  if (user) user->pluginCalls(request, method, deadlineNs, params, std::move(stream));
}

void InProcessLink::failRequest(uint64_t token) {
  uint64_t request = 0;
  {
    MutexLock lock(mutex_);
    auto found = requestTokens_.find(token);
    if (found == requestTokens_.end()) return;
    request = found->second;
  }
  reply(request, outcomeOf(Status::internal("the host could not pass the call on")));
}

void InProcessLink::ready(int32_t status, std::string_view message) {
  std::shared_ptr<LinkUser> user;
  {
    MutexLock lock(mutex_);
    if (readySaid_ || stopping_) return;
    if (starting_) {
      if (!earlyReady_) earlyReady_.emplace(status, message);
      return;
    }
    readySaid_ = true;
    user = user_;
  }
  if (user) user->pluginReady(status, std::string(message));
}

}  // namespace cleat::host
