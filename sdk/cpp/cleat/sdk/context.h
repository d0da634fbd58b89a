// A plugin's way to its host: the log, the clocks, timers, blocking work, settings, calls to roles and roles to fill.
//
// Everything runs on the plugin's strand, one thing at a time: no locks are needed, and a coroutine goes on after each
// co_await on the strand again. Only `post` and `log` may be used from other threads. The Context lives as long as the
// plugin; coroutines that still wait when the plugin is stopped are destroyed where they stand.
//
//   ctx.serve(role::network::setup,
//             [this](role::NetworkParams::Reader params, Call<role::SetupResults>& call) { return setup(params, call);
//             });
//
//   auto answer = co_await ctx.call(role::network::setup, [&](auto params) { params.setSandboxId(id); });
//   if (!answer) co_return fail(answer.error());
//   (*answer)->getAddresses();
#pragma once

#include <cleat/sdk/call.h>
#include <cleat/sdk/config.h>
#include <cleat/sdk/log.h>
#include <cleat/sdk/method.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>
#include <cleat/sdk/task.h>
#include <cleat/sdk/time.h>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <variant>
#include <vector>

namespace cleat {

class Context;

// A function that will be called once; destroying or assigning over it withdraws it.
class [[nodiscard]] Timer {
 public:
  Timer();
  Timer(Timer&& other) noexcept;
  Timer& operator=(Timer&& other) noexcept;
  ~Timer();
  void cancel();
  bool pending() const;

 private:
  friend class Context;
  struct Sink;
  std::unique_ptr<Sink> sink_;
};

// Calls a function on the strand soon after `wake`, once for any number of wakes in between, and never from within the
// code that wakes it. Destroying it withdraws what is due.
class Waker {
 public:
  Waker(Context& context, std::function<void()> run);
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;
  ~Waker();
  void wake();

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
};

struct CallOptions {
  std::vector<AnyRef> objects = {};
  Duration timeout{};  // zero: the host's default, 30 s
};

namespace detail {

// Work for the host's pool, kept alive by both sides.
class BlockingJob {
 public:
  virtual ~BlockingJob() = default;
  void run() noexcept;
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 protected:
  virtual void work() = 0;

 private:
  std::exception_ptr error_;
};

struct Handler {
  std::function<std::unique_ptr<AnyCall>()> make;
  std::function<Task<Result<void>>(AnyCall&)> later;  // one of these two
  std::function<Result<void>(AnyCall&)> atOnce;
  bool concurrent = false;
};

template <class Params, class Results, class F>
auto invokeHandler(F& handler, AnyCall& call) {
  auto& typed = static_cast<Call<Results>&>(call);
  if constexpr (std::is_void_v<Params>) {
    return handler(typed);
  } else {
    return handler(call.template params<Params>(), typed);
  }
}

// What may fill a method: a function of its parameters, if it takes any, and of its Call.
template <class F, class P, class R>
struct Handles : std::is_invocable<F&, typename P::Reader, Call<R>&> {};
template <class F, class R>
struct Handles<F, void, R> : std::is_invocable<F&, Call<R>&> {};

// What a method answers that the plugin does not fill.
Status absentMethodStatus(MethodId method);
Task<Result<void>> absentMethod(MethodId method);

template <class Results>
Task<Result<Answer<Results>>> typedAnswer(Task<Result<AnyAnswer>> pending) {
  CLEAT_CO_TRY(AnyAnswer answer, co_await std::move(pending));
  co_return Answer<Results>(std::move(answer));
}

}  // namespace detail

class Context {
 public:
  Context(const cleat_host* host, cleat_context* context, Config config);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Log log;
  const Config& config() const { return config_; }

  Instant now() const;
  WallTime wallNow() const;
  void random(void* out, size_t size) const;
  uint64_t random64() const;

  // Tells whoever operates the cluster what they should know of this plugin while it runs: it stands in the plugin's
  // health (`cleat plugin list`) until another text takes its place. Empty: all is well again. Returns at once.
  void report(std::string message);

  // Goes on after `delay`.
  Task<void> sleep(Duration delay);
  // Lets other events of this plugin have their turn: for loops that may be long.
  Task<void> yield();
  Timer after(Duration delay, std::function<void()> fire);

  // Calls `function` on the strand. May be used from any thread, until Plugin::stop has returned.
  void post(std::function<void()> function);

  // Runs `work()` on the host's pool for work that blocks, and gives its result (or rethrows). It must not touch
  // anything of the plugin that the strand uses meanwhile, nor the Context, except `post` and `log`.
  template <class F>
  Task<std::invoke_result_t<F&>> blocking(F work) {
    using R = std::invoke_result_t<F&>;
    struct Job final : detail::BlockingJob {
      explicit Job(F f) : function(std::move(f)) {}
      void work() override {
        if constexpr (std::is_void_v<R>) {
          function();
        } else {
          result.emplace(function());
        }
      }
      F function;
      std::optional<std::conditional_t<std::is_void_v<R>, std::monostate, R>> result;
    };
    auto job = std::make_shared<Job>(std::move(work));
    co_await runBlocking(job);
    job->rethrow();
    if constexpr (!std::is_void_v<R>) co_return std::move(*job->result);
  }

  // Calls a method of a role (or of the interface Cluster; for that see client.h). `build` fills in the parameters, at
  // once; without it they are empty. The call is made when the task is awaited.
  template <class P, class R, class Build>
    requires std::invocable<Build&, typename P::Builder>
  Task<Result<Answer<R>>> call(Method<P, R> method, Build build, CallOptions options) {
    Draft<P> params;
    build(*params);
    return detail::typedAnswer<R>(send({method, std::move(params), std::move(options.objects), options.timeout}));
  }
  template <class P, class R, class Build>
    requires std::invocable<Build&, typename P::Builder>
  Task<Result<Answer<R>>> call(Method<P, R> method, Build build) {
    return call(method, std::move(build), CallOptions());
  }
  template <class P, class R>
  Task<Result<Answer<R>>> call(Method<P, R> method, CallOptions options) {
    CallRequest request{method};
    request.objects = std::move(options.objects);
    request.timeout = options.timeout;
    return detail::typedAnswer<R>(send(std::move(request)));
  }
  template <class P, class R>
  Task<Result<Answer<R>>> call(Method<P, R> method) {
    return call(method, CallOptions());
  }
  Task<Result<AnyAnswer>> send(CallRequest request);

  // Fills a method of one of the plugin's roles; roles.h has classes that do it for all methods of a role. The handler
  // is called as handler(Params::Reader, Call<Results>&), or handler(Call<Results>&) when the method takes nothing, and
  // returns Result<void> or Task<Result<void>>; what it throws ends the call as CLEAT_FAILED with the exception's text.
  // Parameters and Call stay valid until it has ended. A lambda that is itself a coroutine may use its captures: the
  // handler lives as long as the plugin. To be called in Plugin::start; the last handler of a method is the one that
  // counts.
  template <class P, class R, class F>
    requires detail::Handles<F, P, R>::value
  void serve(Method<P, R> method, F handler) {
    auto invoke = [handler = std::move(handler)](AnyCall& call) mutable {
      return detail::invokeHandler<P, R>(handler, call);
    };
    detail::Handler entry{.make = [] { return std::make_unique<Call<R>>(); }};
    if constexpr (std::is_same_v<std::invoke_result_t<decltype(invoke)&, AnyCall&>, Result<void>>) {
      entry.atOnce = std::move(invoke);
    } else {
      entry.later = std::move(invoke);
    }
    addHandler(method, std::move(entry));
  }

  // The same for a plugin with CLEAT_FLAG_CONCURRENT_CALLS: the handler returns Result<void> and is called on any
  // thread, several at a time, concurrently with the strand. It must be thread-safe and use nothing of the Context but
  // `log` and `post`.
  template <class P, class R, class F>
    requires detail::Handles<F, P, R>::value
  void serveConcurrent(Method<P, R> method, F handler) {
    detail::Handler entry{.make = [] { return std::make_unique<Call<R>>(); }, .concurrent = true};
    entry.atOnce = [handler = std::move(handler)](AnyCall& call) mutable {
      return detail::invokeHandler<P, R>(handler, call);
    };
    addHandler(method, std::move(entry));
  }

  // For the SDK's own parts.
  detail::Strand& strand() { return *strand_; }

 private:
  Task<void> runBlocking(std::shared_ptr<detail::BlockingJob> job);
  void addHandler(MethodId method, detail::Handler handler);

  Config config_;
  std::shared_ptr<detail::Strand> strand_;
};

}  // namespace cleat
