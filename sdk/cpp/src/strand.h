// The inside of a Context: what the host delivers finds its way from here to whoever waits for it. A Strand belongs to
// one plugin instance and is used by one thread at a time, except where it says so. Not part of the SDK's interface.
#pragma once

#include <cleat/sdk/call.h>
#include <cleat/sdk/context.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/mutex.h>
#include <cleat/sdk/task.h>
#include <cleat_abi.h>

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "own_writes.h"
#include "queue_counts.h"

namespace cleat::detail {

// The host as objects see it. It outlives the plugin as long as a reference to an object does, and then does nothing.
// Any thread may let an object go: one that is not in the strand hands it over to it.
class HostLink {
 public:
  HostLink(const cleat_host* host, cleat_context* context) : host_(host), context_(context) {}
  void retain(void* ref) { host_->retain(context_, ref); }
  void release(void* ref) noexcept;
  void releaseDeferred() noexcept;
  void close() noexcept;

  // Open while this thread runs code of the plugin that may call the host.
  class Scope {
   public:
    explicit Scope(HostLink& link) : outer_(std::exchange(current_, &link)) {}
    ~Scope() { current_ = outer_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    HostLink* outer_;
  };
  bool inScope() const { return current_ == this; }

 private:
  static thread_local HostLink* current_;
  const cleat_host* host_;
  cleat_context* context_;
  Mutex mutex_;
  bool open_ CLEAT_GUARDED_BY(mutex_) = true;
  std::vector<void*> deferred_ CLEAT_GUARDED_BY(mutex_);
};

// Gets the events that come for one token. What is one keeps the Strand alive: it may outlive the plugin in a test.
class EventSink {
 public:
  virtual void onEvent(const cleat_event& event) = 0;

 protected:
  ~EventSink() = default;
};

class Strand : public std::enable_shared_from_this<Strand> {
 public:
  Strand(const cleat_host* host, cleat_context* context, Log log);

  // For a plugin with CLEAT_FLAG_CONCURRENT_CALLS: a call may come on any thread.
  void takeConcurrentCalls() { concurrent_ = true; }

  uint64_t add(EventSink& sink);
  void remove(uint64_t token) { sinks_.erase(token); }
  // Also tells the host that nothing is wanted any more.
  void cancel(uint64_t token);

  // Nothing is asked of the host any more. What is still awaited never comes.
  void stop();
  // The end of the instance: the host is not there any more.
  void close();
  bool stopping() const { return stopping_; }

  void call(uint64_t token, CallRequest& request, Instant deadline);
  // The caller's end of the stream. Where it fails no call was made.
  Result<Fd> callWithStream(uint64_t token, CallRequest& request, Instant deadline);
  // What a REPLY brought.
  Result<AnyAnswer> answerIn(const cleat_event& event) const;
  void timer(uint64_t token, Duration delay);
  void postToken(uint64_t token);
  void runBlocking(uint64_t token, const std::shared_ptr<BlockingJob>& job);
  // A POSTED event for `token` before the host gets control again, or soon.
  void wake(uint64_t token);
  void post(std::function<void()> function);  // any thread

  void addHandler(MethodId method, Handler handler);

  void deliver(const cleat_event& event) noexcept;  // a concurrent CALL: any thread
  // Runs `function` as if it were an event.
  void enter(const std::function<void()>& function) noexcept;

  OwnWrites& ownWrites() { return ownWrites_; }
  // The revision of the change that handlers are being told of; 0 outside of them.
  uint64_t revisionTold() const { return revisionTold_; }
  void telling(uint64_t revision) { revisionTold_ = revision; }

  OwnMetrics& metrics(Context& context) {
    if (!metrics_) metrics_ = std::make_unique<OwnMetrics>(context);
    return *metrics_;
  }
  CountedQueues& queues() { return queues_; }

  const std::shared_ptr<HostLink>& link() const { return link_; }
  const cleat_host* host() const { return host_; }
  cleat_context* context() const { return context_; }

 private:
  // Blocking work that the host has not begun. It drops what it has not begun when the plugin stops.
  struct WaitingJob {
    Strand& strand;
    std::shared_ptr<BlockingJob> job;
  };

  void dispatch(const cleat_event& event);
  void runPosted();
  void runWoken();
  Result<std::unique_ptr<AnyCall>> makeCall(const Handler& handler, const cleat_event& event) const;
  void startCall(const cleat_event& event);
  void runCall(const Handler& handler, std::unique_ptr<AnyCall> call);
  std::shared_ptr<BlockingJob> takeJob(WaitingJob& waiting);  // any thread
  Detached runLater(const Handler& handler, std::unique_ptr<AnyCall> call);
  Result<void> runAtOnce(const Handler& handler, AnyCall& call) const noexcept;
  void reply(AnyCall& call, const Result<void>& result) const;
  void replyUnknown(const cleat_event& event) const;
  void replyFailed(const cleat_event& event, const Status& why) const;

  const cleat_host* host_;
  cleat_context* context_;
  Log log_;
  std::shared_ptr<HostLink> link_;
  std::map<MethodId, Handler> handlers_;  // complete before the plugin is ready
  bool concurrent_ = false;
  bool stopping_ = false;
  uint32_t depth_ = 0;
  uint64_t lastToken_ = 0;  // 0 stands for `posted_`
  std::unordered_map<uint64_t, EventSink*> sinks_;
  std::unordered_map<uint64_t, AnyCall*> calls_;
  std::vector<uint64_t> woken_;
  Mutex postMutex_;
  std::deque<std::function<void()>> posted_ CLEAT_GUARDED_BY(postMutex_);
  std::list<WaitingJob> jobs_ CLEAT_GUARDED_BY(postMutex_);
  TaskGroup tasks_;
  OwnWrites ownWrites_;
  uint64_t revisionTold_ = 0;
  std::unique_ptr<OwnMetrics> metrics_;
  CountedQueues queues_;
};

// What is being thrown, as text. Only within a catch block.
std::string describeException() noexcept;

}  // namespace cleat::detail
