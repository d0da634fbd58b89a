#include <cleat/sdk/context.h>

#include <cleat/schema/bus.methods.h>

#include "strand.h"

namespace cleat {
namespace {

using detail::EventSink;
using detail::Strand;

// A coroutine that waits for one event of the host. Its end withdraws what it waits for.
class Wait : public EventSink {
 public:
  explicit Wait(Strand& strand) : strand_(strand.shared_from_this()), token_(strand.add(*this)) {}
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;
  ~Wait() {
    if (token_ != 0) strand_->cancel(token_);
  }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) noexcept { waiting_ = waiting; }
  void await_resume() const noexcept {}

  uint64_t token() const { return token_; }
  void onEvent(const cleat_event& event) override {
    take(event);
    strand_->remove(std::exchange(token_, 0));
    waiting_.resume();
  }

 protected:
  virtual void take(const cleat_event&) {}
  std::shared_ptr<Strand> strand_;

 private:
  uint64_t token_;
  std::coroutine_handle<> waiting_;
};

class ReplyWait final : public Wait {
 public:
  using Wait::Wait;
  Result<AnyAnswer> answer = fail(Status());

 private:
  void take(const cleat_event& event) override { answer = strand_->answerIn(event); }
};

}  // namespace

struct Timer::Sink final : EventSink {
  Sink(Strand& onStrand, std::function<void()> function)
      : strand(onStrand.shared_from_this()), fire(std::move(function)), token(strand->add(*this)) {}
  ~Sink() {
    if (token != 0) strand->cancel(token);
  }
  void onEvent(const cleat_event&) override {
    strand->remove(std::exchange(token, 0));
    // The function may set the timer anew, and so end this.
    auto function = std::move(fire);
    function();
  }
  std::shared_ptr<Strand> strand;
  std::function<void()> fire;
  uint64_t token;
};

Timer::Timer() = default;
Timer::Timer(Timer&& other) noexcept = default;
Timer& Timer::operator=(Timer&& other) noexcept = default;
Timer::~Timer() = default;
void Timer::cancel() { sink_.reset(); }
bool Timer::pending() const { return sink_ != nullptr && sink_->token != 0; }

struct Waker::Sink final : EventSink {
  Sink(Strand& onStrand, std::function<void()> function)
      : strand(onStrand.shared_from_this()), run(std::move(function)), token(strand->add(*this)) {}
  ~Sink() { strand->remove(token); }
  void onEvent(const cleat_event&) override {
    due = false;
    run();
  }
  std::shared_ptr<Strand> strand;
  std::function<void()> run;
  uint64_t token;
  bool due = false;
};

Waker::Waker(Context& context, std::function<void()> run)
    : sink_(std::make_unique<Sink>(context.strand(), std::move(run))) {}
Waker::~Waker() = default;
void Waker::wake() {
  if (std::exchange(sink_->due, true)) return;
  sink_->strand->wake(sink_->token);
}

Status detail::absentMethodStatus(MethodId method) {
  return Status::methodNotAllowed(
      concat("the plugin does not fill method ", method.ordinal, " of the interface ", method.interfaceId));
}
Task<Result<void>> detail::absentMethod(MethodId method) { co_return fail(absentMethodStatus(method)); }

void detail::BlockingJob::run() noexcept {
  try {
    work();
  } catch (...) {
    error_ = std::current_exception();
  }
}

Context::Context(const cleat_host* host, cleat_context* context, Config config)
    : log(host, context), config_(std::move(config)), strand_(std::make_shared<Strand>(host, context, log)) {}

Context::~Context() { strand_->close(); }

Instant Context::now() const { return Instant(Duration(strand_->host()->now(strand_->context()))); }
WallTime Context::wallNow() const { return WallTime(Duration(strand_->host()->wall_now(strand_->context()))); }
void Context::random(void* out, size_t size) const { strand_->host()->random(strand_->context(), out, size); }

uint64_t Context::random64() const {
  uint64_t value = 0;
  random(&value, sizeof value);
  return value;
}

void Context::report(std::string message) {
  auto fill = [&](wire::ReportParams::Builder params) { params.setMessage(message); };
  spawn(call(wire::cluster::report, fill), [this](const Result<Answer<void>>& told) {
    if (!told) log.warn("cannot report to the host: ", told.error());
  });
}

Task<void> Context::sleep(Duration delay) {
  Wait wait(*strand_);
  strand_->timer(wait.token(), delay);
  co_await wait;
}

Task<void> Context::yield() {
  Wait wait(*strand_);
  strand_->postToken(wait.token());
  co_await wait;
}

Timer Context::after(Duration delay, std::function<void()> fire) {
  Timer timer;
  timer.sink_ = std::make_unique<Timer::Sink>(*strand_, std::move(fire));
  strand_->timer(timer.sink_->token, delay);
  return timer;
}

void Context::post(std::function<void()> function) { strand_->post(std::move(function)); }

Task<void> Context::runBlocking(std::shared_ptr<detail::BlockingJob> job) {
  Wait wait(*strand_);
  strand_->runBlocking(wait.token(), job);
  co_await wait;
}

Task<Result<AnyAnswer>> Context::send(CallRequest request) {
  ReplyWait wait(*strand_);
  Instant deadline{};
  if (request.timeout > Duration::zero()) deadline = now() + request.timeout;
  strand_->call(wait.token(), request, deadline);
  co_await wait;
  co_return std::move(wait.answer);
}

void Context::addHandler(MethodId method, detail::Handler handler) { strand_->addHandler(method, std::move(handler)); }

}  // namespace cleat
