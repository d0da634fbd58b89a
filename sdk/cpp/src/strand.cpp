#include "strand.h"

#include <cleat/sdk/streams.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "status_codec.h"

namespace cleat {

constinit thread_local TaskGroup* TaskGroup::current_ = nullptr;

}  // namespace cleat

namespace cleat::detail {
namespace {

constexpr uint64_t kPostedToken = 0;

// What a call passes to the host, good as long as the request is.
struct RequestView {
  explicit RequestView(CallRequest& request) {
    objects.reserve(request.objects.size());
    for (const AnyRef& object : request.objects) objects.push_back(object.abi());
    payload = {request.params.words(), objects.data(), objects.size()};
  }
  std::vector<cleat_object> objects;
  cleat_payload payload;
};

// The stream of a call. Null: it has none, or the host is older than streams.
Result<std::shared_ptr<Stream>> streamOf(const cleat_event& event) {
  if (event.struct_size < offsetof(cleat_event, stream) + sizeof event.stream || event.stream <= 0) return nullptr;
  Fd own(fcntl(event.stream, F_DUPFD_CLOEXEC, 3));
  if (!own) return fail(systemError("cannot take the call's stream", errno));
  return std::make_shared<Stream>(std::move(own), Stream::Side::called);
}

}  // namespace

thread_local HostLink* HostLink::current_ = nullptr;

void HostLink::release(void* ref) noexcept {
  if (inScope()) {
    host_->release(context_, ref);
    return;
  }
  MutexLock lock(mutex_);
  if (!open_) return;
  deferred_.push_back(ref);
  if (deferred_.size() == 1) host_->post(context_, kPostedToken);
}

void HostLink::releaseDeferred() noexcept {
  std::vector<void*> refs;
  {
    MutexLock lock(mutex_);
    refs.swap(deferred_);
  }
  for (void* ref : refs) host_->release(context_, ref);
}

void HostLink::close() noexcept {
  releaseDeferred();
  MutexLock lock(mutex_);
  open_ = false;
}

std::string describeException() noexcept {
  try {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  } catch (const kj::Exception& error) {
    return std::string(error.getDescription().cStr());
  } catch (...) {
    return "an exception of an unknown type";
  }
}

Strand::Strand(const cleat_host* host, cleat_context* context, Log log)
    : host_(host), context_(context), log_(log), link_(std::make_shared<HostLink>(host, context)),
      tasks_([this](std::exception_ptr error) {
        try {
          std::rethrow_exception(error);
        } catch (...) {
          log_.error("a task ended with an exception: ", describeException());
        }
      }) {}

void Strand::close() {
  HostLink::Scope scope(*link_);
  stopping_ = true;
  if (metrics_) metrics_->stop();
  tasks_.destroyAll();
  {
    MutexLock lock(postMutex_);
    posted_.clear();
    jobs_.clear();
  }
  handlers_.clear();
  link_->close();
}

uint64_t Strand::add(EventSink& sink) {
  sinks_.emplace(++lastToken_, &sink);
  return lastToken_;
}

void Strand::cancel(uint64_t token) {
  if (sinks_.erase(token) != 0 && !stopping_) host_->cancel(context_, token);
}

void Strand::stop() {
  stopping_ = true;
  tasks_.destroyAll();
}

void Strand::call(uint64_t token, CallRequest& request, Instant deadline) {
  if (stopping_) return;
  const RequestView view(request);
  host_->call(context_, token, request.method.interfaceId, request.method.ordinal, deadline.time_since_epoch().count(),
              &view.payload);
}

Result<Fd> Strand::callWithStream(uint64_t token, CallRequest& request, Instant deadline) {
  if (stopping_) return fail(Status::unavailable("the plugin is stopping"));
  if (host_->struct_size < offsetof(cleat_host, call_with_stream) + sizeof host_->call_with_stream) {
    return fail(Status::methodNotAllowed("the host has no streams: it is older than the plugin"));
  }
  const RequestView view(request);
  Fd end(host_->call_with_stream(context_, token, request.method.interfaceId, request.method.ordinal,
                                 deadline.time_since_epoch().count(), &view.payload));
  if (!end) return fail(Status::unavailable("the host has no socket for a stream"));
  return end;
}

Result<AnyAnswer> Strand::answerIn(const cleat_event& event) const {
  if (event.status != CLEAT_OK) return fail(decodeStatus(event.status, event.payload.message));
  std::vector<AnyRef> objects;
  objects.reserve(event.payload.object_count);
  for (uint64_t i = 0; i < event.payload.object_count; ++i) {
    objects.push_back(AnyRef::retain(link_, event.payload.objects[i]));
  }
  return AnyAnswer(event.payload.message, std::move(objects));
}

void Strand::timer(uint64_t token, Duration delay) {
  if (!stopping_) host_->timer(context_, token, std::max<int64_t>(delay.count(), 0));
}

void Strand::postToken(uint64_t token) {
  if (!stopping_) host_->post(context_, token);
}

void Strand::runBlocking(uint64_t token, const std::shared_ptr<BlockingJob>& job) {
  if (stopping_) return;
  auto work = [](void* argument) {
    auto& waiting = *static_cast<WaitingJob*>(argument);
    waiting.strand.takeJob(waiting)->run();
  };
  WaitingJob* waiting;
  {
    MutexLock lock(postMutex_);
    waiting = &jobs_.emplace_back(*this, job);
  }
  host_->run_blocking(context_, work, waiting, token);
}

std::shared_ptr<BlockingJob> Strand::takeJob(WaitingJob& waiting) {
  MutexLock lock(postMutex_);
  auto place = std::find_if(jobs_.begin(), jobs_.end(), [&](const WaitingJob& each) { return &each == &waiting; });
  std::shared_ptr<BlockingJob> job = std::move(place->job);
  jobs_.erase(place);
  return job;
}

void Strand::wake(uint64_t token) {
  if (depth_ > 0) {
    woken_.push_back(token);
  } else {
    postToken(token);
  }
}

void Strand::post(std::function<void()> function) {
  MutexLock lock(postMutex_);
  if (stopping_) return;
  posted_.push_back(std::move(function));
  if (posted_.size() == 1) host_->post(context_, kPostedToken);
}

void Strand::addHandler(MethodId method, Handler handler) { handlers_.insert_or_assign(method, std::move(handler)); }

void Strand::enter(const std::function<void()>& function) noexcept {
  HostLink::Scope linkScope(*link_);
  TaskGroup::Scope taskScope(tasks_);
  ++depth_;
  try {
    function();
  } catch (...) {
    log_.error("an exception was thrown: ", describeException());
  }
  if (depth_ == 1) runWoken();
  --depth_;
}

void Strand::deliver(const cleat_event& event) noexcept {
  if (event.type == CLEAT_EVENT_CALL && concurrent_) {
    HostLink::Scope linkScope(*link_);
    startCall(event);
    return;
  }
  enter([&] { dispatch(event); });
}

void Strand::dispatch(const cleat_event& event) {
  switch (event.type) {
    case CLEAT_EVENT_CALL: startCall(event); return;
    case CLEAT_EVENT_CANCEL: {
      auto found = calls_.find(event.token);
      if (found == calls_.end()) return;
      AnyCall& call = *found->second;
      call.cancelled_ = true;
      if (call.stream_) call.stream_->end(Status::timeout("whoever made the call does not wait for it any more"));
      if (call.gone_) std::exchange(call.gone_, nullptr)();
      return;
    }
    default: {
      if (event.type == CLEAT_EVENT_POSTED && event.token == kPostedToken) {
        runPosted();
        return;
      }
      auto found = sinks_.find(event.token);
      if (found != sinks_.end()) found->second->onEvent(event);
    }
  }
}

void Strand::runPosted() {
  link_->releaseDeferred();
  std::deque<std::function<void()>> functions;
  {
    MutexLock lock(postMutex_);
    functions.swap(posted_);
  }
  for (auto& function : functions) enter(function);
}

void Strand::runWoken() {
  // What runs here may wake again: bounded only by its ending to do so, as any loop on the strand is.
  while (!woken_.empty()) {
    std::vector<uint64_t> tokens;
    tokens.swap(woken_);
    for (uint64_t token : tokens) {
      cleat_event event{};
      event.struct_size = sizeof event;
      event.type = CLEAT_EVENT_POSTED;
      event.token = token;
      enter([&] { dispatch(event); });
    }
  }
}

Result<std::unique_ptr<AnyCall>> Strand::makeCall(const Handler& handler, const cleat_event& event) const {
  CLEAT_TRY(auto stream, streamOf(event));
  std::unique_ptr<AnyCall> call = handler.make();
  call->stream_ = std::move(stream);
  call->token_ = event.token;
  call->deadline_ = Instant(Duration(event.deadline_ns));
  call->params_ = event.payload.message;
  call->objects_.reserve(event.payload.object_count);
  for (uint64_t i = 0; i < event.payload.object_count; ++i) {
    call->objects_.push_back(AnyRef::retain(link_, event.payload.objects[i]));
  }
  return call;
}

void Strand::startCall(const cleat_event& event) {
  auto found = handlers_.find({event.interface_id, event.method});
  if (found == handlers_.end()) {
    replyUnknown(event);
    return;
  }
  const Handler& handler = found->second;
  Result<std::unique_ptr<AnyCall>> made = makeCall(handler, event);
  if (!made) return replyFailed(event, made.error());
  std::unique_ptr<AnyCall> call = *std::move(made);
  bool onStrand = !concurrent_;
  if (handler.concurrent || (onStrand && handler.atOnce)) {
    reply(*call, runAtOnce(handler, *call));
    return;
  }
  // It outlives the event.
  call->ownParams_.assign(call->params_.data, call->params_.data + call->params_.count);
  call->params_ = {call->ownParams_.data(), call->ownParams_.size()};
  if (onStrand) {
    runCall(handler, std::move(call));
    return;
  }
  auto shared = std::make_shared<std::unique_ptr<AnyCall>>(std::move(call));
  post([this, &handler, shared] { runCall(handler, std::move(*shared)); });
}

void Strand::runCall(const Handler& handler, std::unique_ptr<AnyCall> call) {
  if (handler.atOnce) return reply(*call, runAtOnce(handler, *call));
  // Most end here and now. Only those that do not have to be found when the caller goes.
  AnyCall* const begun = call.get();
  const uint64_t token = call->token_;
  bool ended = false;
  call->endedAtOnce_ = &ended;
  runLater(handler, std::move(call));
  if (ended) return;
  begun->endedAtOnce_ = nullptr;
  calls_.emplace(token, begun);
}

Detached Strand::runLater(const Handler& handler, std::unique_ptr<AnyCall> call) {
  struct Ending {
    Strand& strand;
    AnyCall& call;
    ~Ending() {
      if (call.endedAtOnce_) {
        *call.endedAtOnce_ = true;
      } else {
        strand.calls_.erase(call.token_);
      }
    }
  };
  Ending ending{*this, *call};
  std::optional<Result<void>> result;
  try {
    Task<Result<void>> work = handler.later(*call);
    result.emplace(co_await std::move(work));
  } catch (...) {
    result = fail(Status::internal(describeException()));
  }
  if (!call->cancelled_) reply(*call, *result);
}

Result<void> Strand::runAtOnce(const Handler& handler, AnyCall& call) const noexcept {
  try {
    return handler.atOnce(call);
  } catch (...) {
    return fail(Status::internal(describeException()));
  }
}

void Strand::reply(AnyCall& call, const Result<void>& result) const {
  if (!result) {
    const int32_t outcome = call.outcome_.value_or(CLEAT_FAILED);
    AnyDraft status = encodeStatus(result.error());
    if (outcome == CLEAT_DENIED && call.results_) {
      auto root = call.results_->message().getRoot<capnp::AnyStruct>();
      status.message().getRoot<wire::Status>().getResults().setAs<capnp::AnyStruct>(root.asReader());
    }
    cleat_payload payload{status.words(), nullptr, 0};
    host_->reply(context_, call.token_, outcome, &payload);
    return;
  }
  std::vector<cleat_object> objects;
  objects.reserve(call.resultObjects_.size());
  for (const AnyRef& object : call.resultObjects_) objects.push_back(object.abi());
  // A plugin may pass no message for a struct with nothing in it.
  const cleat_words results = call.results_ ? call.results_->words() : cleat_words{};
  cleat_payload payload{results, objects.data(), objects.size()};
  host_->reply(context_, call.token_, CLEAT_OK, &payload);
}

void Strand::replyUnknown(const cleat_event& event) const {
  replyFailed(event, absentMethodStatus({event.interface_id, event.method}));
}

void Strand::replyFailed(const cleat_event& event, const Status& why) const {
  AnyDraft status = encodeStatus(why);
  cleat_payload payload{status.words(), nullptr, 0};
  host_->reply(context_, event.token, CLEAT_FAILED, &payload);
}

}  // namespace cleat::detail
