#include "core/host/host_functions.h"

#include <cleat/sdk/text.h>
#include <sys/socket.h>

#include <atomic>
#include <exception>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "core/host/call_here.h"
#include "core/host/in_process_link.h"

struct cleat_context {
  std::weak_ptr<cleat::host::InProcessLink> link;
  cleat::base::Executor* executor;
  // Where the link is, as long as it is: to tell a call that this thread delivers without holding the link.
  std::atomic<const cleat::host::InProcessLink*> place;
};

namespace cleat::host {

// Nothing that goes wrong here, such as memory that there is not, unwinds into a plugin's code, which may be C: it is
// logged, and who waits for something is told that it will not come.
struct HostFunctions {
  static std::string_view text(cleat_bytes bytes) {
    return bytes.data ? std::string_view(static_cast<const char*>(bytes.data), bytes.size) : std::string_view();
  }

  // `otherwise` is done when `work` has thrown.
  template <class Work, class Otherwise>
  static void contain(cleat_context* context, const char* what, const Work& work, const Otherwise& otherwise) noexcept {
    try {
      work();
    } catch (const std::exception& error) {
      recover(context, what, error.what(), otherwise);
    } catch (...) {
      recover(context, what, "an exception", otherwise);
    }
  }
  template <class Otherwise>
  static void recover(cleat_context* context, const char* what, const char* why, const Otherwise& otherwise) noexcept {
    try {
      otherwise();
    } catch (...) {  // Whoever waits has a deadline.
    }
    try {
      if (auto link = context->link.lock()) link->log(CLEAT_LOG_ERROR, concat("the host's ", what, " failed: ", why));
    } catch (...) {  // There is nothing left to say it with.
    }
  }
  template <class Work>
  static void onLink(cleat_context* context, const char* what, const Work& work) noexcept {
    contain(
        context, what,
        [&] {
          if (auto link = context->link.lock()) work(*link);
        },
        [] {});
  }

  static void log(cleat_context* context, int32_t level, cleat_bytes message) noexcept {
    onLink(context, "log", [&](InProcessLink& link) { link.log(level, text(message)); });
  }
  static int64_t now(cleat_context* context) noexcept { return context->executor->now(); }
  static int64_t wallNow(cleat_context* context) noexcept { return context->executor->wallNow(); }
  static void random(cleat_context* context, void* out, uint64_t size) noexcept {
    context->executor->random(out, size);
  }
  static void timer(cleat_context* context, uint64_t token, int64_t delayNs) noexcept {
    onLink(context, "timer", [&](InProcessLink& link) { link.armTimer(token, delayNs); });
  }
  static void cancel(cleat_context* context, uint64_t token) noexcept {
    onLink(context, "cancel", [&](InProcessLink& link) { link.cancel(token); });
  }
  static void post(cleat_context* context, uint64_t token) noexcept {
    onLink(context, "post", [&](InProcessLink& link) { link.post(token); });
  }
  static void runBlocking(cleat_context* context, void (*work)(void*), void* arg, uint64_t token) noexcept {
    onLink(context, "run_blocking", [&](InProcessLink& link) { link.runBlocking(work, arg, token); });
  }
  static void call(cleat_context* context, uint64_t token, uint64_t interfaceId, uint32_t method, int64_t deadlineNs,
                   const cleat_payload* params) noexcept {
    auto otherwise = [&] {
      if (auto link = context->link.lock()) link->failRequest(token);
    };
    auto work = [&] {
      if (auto link = context->link.lock()) link->callHost(token, {interfaceId, method}, deadlineNs, params);
    };
    contain(context, "call", work, otherwise);
  }
  static int32_t callWithStream(cleat_context* context, uint64_t token, uint64_t interfaceId, uint32_t method,
                                int64_t deadlineNs, const cleat_payload* params) noexcept {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -1;
    Fd callers(ends[0]), called(ends[1]);
    bool isMade = false;
    auto otherwise = [&] {
      if (auto link = context->link.lock(); link && isMade) link->failRequest(token);
    };
    auto work = [&] {
      auto link = context->link.lock();
      if (!link) return;
      auto stream = std::make_shared<const Fd>(std::move(called));
      isMade = true;
      link->callHost(token, {interfaceId, method}, deadlineNs, params, std::move(stream));
    };
    contain(context, "call_with_stream", work, otherwise);
    return isMade ? callers.release() : -1;
  }
  static void reply(cleat_context* context, uint64_t call, int32_t status, const cleat_payload* results) noexcept {
    auto otherwise = [&] { answer(context, call, CLEAT_RETRY, nullptr); };
    contain(context, "reply", [&] { answer(context, call, status, results); }, otherwise);
  }
  static void answer(cleat_context* context, uint64_t call, int32_t status, const cleat_payload* results) {
    const InProcessLink* place = context->place.load(std::memory_order_relaxed);
    if (CallHere* here = CallHere::find(place, call)) return here->user.pluginReplies(call, status, results);
    auto link = context->link.lock();
    if (!link) return;
    std::shared_ptr<LinkUser> user;
    {
      MutexLock lock(link->mutex_);
      user = link->user_;
    }
    if (user) user->pluginReplies(call, status, results);
  }
  static void retain(cleat_context*, void* ref) noexcept {
    if (ref) static_cast<const Message*>(ref)->retain();
  }
  static void release(cleat_context*, void* ref) noexcept {
    Ref<const Message>::adopt(static_cast<const Message*>(ref));
  }
  static void ready(cleat_context* context, int32_t status, cleat_bytes message) noexcept {
    onLink(context, "ready", [&](InProcessLink& link) { link.ready(status, text(message)); });
  }

  static base::Executor& executorOf(InProcessLink& link) { return link.executor_; }
};

namespace {

template <class Function>
constexpr bool kNeverThrows = false;
template <class... Arguments, class Result>
constexpr bool kNeverThrows<Result (*)(Arguments...) noexcept> = true;
template <class... Functions>
constexpr bool neverThrow(Functions...) {
  return (kNeverThrows<Functions> && ...);
}

}  // namespace

const cleat_host& hostFunctions() {
  using F = HostFunctions;
  static_assert(neverThrow(F::log, F::now, F::wallNow, F::random, F::timer, F::cancel, F::post, F::runBlocking, F::call,
                           F::reply, F::retain, F::release, F::ready, F::callWithStream),
                "nothing unwinds from the host into a plugin");
  static const cleat_host table = {
      .struct_size = sizeof(cleat_host),
      .abi_major = CLEAT_ABI_MAJOR,
      .abi_minor = CLEAT_ABI_MINOR,
      .log = F::log,
      .now = F::now,
      .wall_now = F::wallNow,
      .random = F::random,
      .timer = F::timer,
      .cancel = F::cancel,
      .post = F::post,
      .run_blocking = F::runBlocking,
      .call = F::call,
      .reply = F::reply,
      .retain = F::retain,
      .release = F::release,
      .ready = F::ready,
      .call_with_stream = F::callWithStream,
  };
  return table;
}

cleat_context* makeContext(std::weak_ptr<InProcessLink> link) {
  auto owner = link.lock();
  auto* context = new cleat_context{link, &HostFunctions::executorOf(*owner), owner.get()};
#ifdef __SANITIZE_ADDRESS__
  __lsan_ignore_object(context);  // kept for whoever comes late
#endif
  return context;
}

void linkEnds(cleat_context& context) { context.place.store(nullptr, std::memory_order_relaxed); }

}  // namespace cleat::host
