#include "core/host/host_functions.h"

#include <atomic>

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

struct HostFunctions {
  static std::string_view text(cleat_bytes bytes) {
    return bytes.data ? std::string_view(static_cast<const char*>(bytes.data), bytes.size) : std::string_view();
  }

  static void log(cleat_context* context, int32_t level, cleat_bytes message) {
    if (auto link = context->link.lock()) link->log(level, text(message));
  }
  static int64_t now(cleat_context* context) { return context->executor->now(); }
  static int64_t wallNow(cleat_context* context) { return context->executor->wallNow(); }
  static void random(cleat_context* context, void* out, uint64_t size) { context->executor->random(out, size); }
  static void timer(cleat_context* context, uint64_t token, int64_t delayNs) {
    if (auto link = context->link.lock()) link->armTimer(token, delayNs);
  }
  static void cancel(cleat_context* context, uint64_t token) {
    if (auto link = context->link.lock()) link->cancel(token);
  }
  static void post(cleat_context* context, uint64_t token) {
    if (auto link = context->link.lock()) link->post(token);
  }
  static void runBlocking(cleat_context* context, void (*work)(void*), void* arg, uint64_t token) {
    if (auto link = context->link.lock()) link->runBlocking(work, arg, token);
  }
  static void call(cleat_context* context, uint64_t token, uint64_t interfaceId, uint32_t method, int64_t deadlineNs,
                   const cleat_payload* params) {
    if (auto link = context->link.lock()) link->callHost(token, {interfaceId, method}, deadlineNs, params);
  }
  static void reply(cleat_context* context, uint64_t call, int32_t status, const cleat_payload* results) {
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
  static void retain(cleat_context*, void* ref) {
    if (ref) static_cast<const Message*>(ref)->retain();
  }
  static void release(cleat_context*, void* ref) { Ref<const Message>::adopt(static_cast<const Message*>(ref)); }
  static void ready(cleat_context* context, int32_t status, cleat_bytes message) {
    if (auto link = context->link.lock()) link->ready(status, text(message));
  }

  static base::Executor& executorOf(InProcessLink& link) { return link.executor_; }
};

const cleat_host& hostFunctions() {
  using F = HostFunctions;
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
