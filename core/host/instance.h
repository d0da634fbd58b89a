// Instance: one running copy of a plugin, as the host sees it, whichever side of a process boundary its code is on. It
// bounds and times the calls to the plugin, serves what the plugin asks under the plugin's own identity, and fails
// everything in progress in an orderly way when the plugin is gone.
//
// Started once and stopped once. Thread-safe. A coroutine that waits on it is resumed on the executor.
#pragma once

#include <cleat/sdk/mutex.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/host/cluster_service.h"
#include "core/host/host_services.h"
#include "core/host/link.h"
#include "core/host/loading/manifest.h"
#include "core/host/log_budget.h"
#include "core/host/pending_calls.h"
#include "core/host/watch_pump.h"

namespace cleat::host {

class Instance final : public LinkUser, public std::enable_shared_from_this<Instance> {
 public:
  using Gone = std::function<void(std::string why)>;
  using Stuck = std::function<void(const std::string& why)>;

  Instance(std::shared_ptr<HostServices> services, Manifest manifest);
  // Before `start`. `gone` is called once if the plugin ends without having been asked to, after it was ready.
  // `stuck` is called when it is found to answer nothing any more, of a plugin that can be ended: which it then is.
  void attach(std::shared_ptr<Link> link, Gone gone, Stuck stuck);

  // Until the plugin is ready. When it fails the instance has been stopped.
  Task<Result<void>> start(Ref<const Message> config);
  // Ends a start that is under way: it fails at once.
  void giveUp() { finishStart(fail(Status::unavailable("the program is stopping"))); }
  // Whoever has looked an instance up and is about to call it: it is not stopped in between.
  class Reservation {
   public:
    Reservation() = default;
    explicit Reservation(std::shared_ptr<Instance> instance);
    Reservation(Reservation&&) = default;
    Reservation& operator=(Reservation&& other) noexcept;
    ~Reservation() { release(); }
    void release();

   private:
    std::shared_ptr<Instance> instance_;
  };
  Task<RoleAnswer> call(RoleCall roleCall, Reservation reserved = {});
  // Until no call is in progress, or the limit for calls has passed.
  Task<void> drain();
  Task<void> stop();
  // What it would write waits from now on, because another copy of the plugin is still at work; until that has ended.
  void holdWrites();
  void letWrite();

  const Manifest& manifest() const { return manifest_; }
  bool ready() const;
  std::optional<int> processId() const;
  // Link::setClock.
  void setClock(std::function<void(AtRest)> atRest) const { link_->setClock(std::move(atRest)); }
  // What of its confinement its process has not got; empty if it has all, or needs none.
  std::string lacks() const;
  // What an admission plugin has said since its start that it wants to see, in an Interests; null: nothing.
  Ref<const Message> wanted() const;

  // LinkUser.
  void pluginReady(int32_t status, std::string message) override;
  void pluginGone(std::string why) override;
  void pluginLogs(int32_t level, std::string_view text) override;
  void pluginCalls(uint64_t request, MethodId method, int64_t deadlineNs, const cleat_payload* params,
                   gate::StreamEnd stream) override;
  void pluginCancels(uint64_t request) override;
  void pluginReplies(uint64_t call, int32_t status, const cleat_payload* results) override;
  void pluginConfined(std::string_view lacks) override;
  void pluginBusy(int64_t nanoseconds) override;
  void pluginStuck(std::string_view what, int64_t nanoseconds, bool returned) override;
  void pluginSlowed(bool floods) override;
  void pluginLimited(std::string_view limit, uint64_t times, std::string_view what) override;

 private:
  enum class State { starting, ready, stopping, gone };
  struct Request {
    base::TimerId timer = 0;
    size_t bytes = 0;
    bool hasStream = false;
    std::shared_ptr<WatchPump> watch;
    std::shared_ptr<gate::CallCancel> call;  // to whoever fills a role

    // Whatever goes on for it has nobody to go on for.
    void end(base::Executor& executor) const {
      executor.cancelTimer(timer);
      if (watch) watch->cancel();
      if (call) call->cancel();
    }
  };
  // Ends the start, once; the waiting coroutine goes on elsewhere.
  void finishStart(Result<void> result);
  // Delivers a call and waits for its answer.
  struct Delivery;
  // Registers the call, or refuses it. `waiter` goes on when it is answered.
  Result<LinkCall> openCall(RoleCall& call, int64_t begun, std::coroutine_handle<> waiter);
  RoleAnswer answerFrom(MethodId method, int32_t status, const cleat_payload* results);
  // Whoever made the call has gone.
  void abandonCall(uint64_t call);
  // The first answer counts.
  void finishCall(uint64_t call, RoleAnswer answer);
  RoleAnswer takeAnswer(uint64_t call);
  // The answer of a call that has one, whose place is free then; and who waited for that to be the last.
  RoleAnswer takeFrom(PendingCall& call, std::vector<Completion<bool>>& drained) CLEAT_REQUIRES(mutex_);
  void tellDrained(std::vector<Completion<bool>> drained);
  // Who waits for this one, if somebody is to be resumed by whoever answers.
  static std::coroutine_handle<> answerWith(PendingCall& call, RoleAnswer answer);
  void resumeLater(std::coroutine_handle<> waiter);
  // One timer for all calls in progress, at the first of their deadlines: most calls are answered at once, and none of
  // those should cost a timer of its own.
  void wakeBy(int64_t deadline) CLEAT_REQUIRES(mutex_);
  void endOverdue(int64_t armedFor);
  // Fails everything in progress. Takes the lock.
  void abandon(State state, const Status& why);
  void finishRequest(uint64_t request, Outcome outcome);
  struct Asked {
    MethodId method;
    int64_t deadlineNs = 0;
    size_t bytes = 0;
    bool hasStream = false;
  };
  bool openRequest(uint64_t request, const Asked& asked, Status& refused);
  // One that has ended, out of those in progress; nothing: there is none of that number.
  std::optional<Request> takeRequest(uint64_t request);
  // Something that whoever operates it should know, although it goes on.
  void trouble(const char* reason, std::string message) const;
  void noteMalformed(std::string message) const;
  // It is ended and, by whoever is told that it has gone, started again.
  void endStuck(std::string why);
  std::optional<Completion<bool>> turnToWrite();
  // An admission plugin says what it wants to see from now on.
  Outcome want(const Message& params);
  Task<void> serve(uint64_t request, MethodId method, int64_t deadlineNs, RoleAnswer call, gate::StreamEnd stream,
                   UnderWay::One one);
  // What a plugin asks of the host about roles, and of those that fill them.
  Task<RoleAnswer> serveRole(MethodId method, RoleCall call);
  Task<RoleAnswer> serveFillers(MethodId method, RoleCall call);
  Task<RoleAnswer> serveMetrics(MethodId method, RoleCall call);
  Task<void> serveWatch(uint64_t request, Ref<const Message> params, UnderWay::One one);
  Status absent() const CLEAT_REQUIRES(mutex_);
  std::string named() const { return "plugin " + manifest_.name; }
  static std::string inSeconds(int64_t nanoseconds);

  std::shared_ptr<HostServices> services_;
  const Manifest manifest_;
  const bus::UserRef user_;
  base::Counter& calls_;
  base::Counter& errors_;
  base::Histogram& seconds_;
  base::Counter& busy_;
  base::Counter& linesLeftOut_;
  LogBudget logBudget_;

  mutable Mutex mutex_;
  State state_ CLEAT_GUARDED_BY(mutex_) = State::starting;
  bool startFinished_ CLEAT_GUARDED_BY(mutex_) = false;
  Completion<Result<void>> started_;
  std::shared_ptr<Link> link_;
  Gone gone_;
  Stuck stuck_;
  std::string endedFor_ CLEAT_GUARDED_BY(mutex_);  // why it was ended
  std::string lacks_ CLEAT_GUARDED_BY(mutex_);
  Ref<const Message> wanted_ CLEAT_GUARDED_BY(mutex_);
  size_t unanswered_ CLEAT_GUARDED_BY(mutex_) = 0;        // calls in a row that it has not answered in time
  int64_t firstUnanswered_ CLEAT_GUARDED_BY(mutex_) = 0;  // when the first of them was to be answered
  size_t requestBytes_ CLEAT_GUARDED_BY(mutex_) = 0;
  size_t streams_ CLEAT_GUARDED_BY(mutex_) = 0;  // of requests
  PendingCalls pending_ CLEAT_GUARDED_BY(mutex_);
  int64_t wakesAt_ CLEAT_GUARDED_BY(mutex_) = 0;  // 0: no timer counts
  std::unordered_map<uint64_t, Request> requests_ CLEAT_GUARDED_BY(mutex_);
  std::vector<Completion<bool>> drained_ CLEAT_GUARDED_BY(mutex_);
  std::atomic<int> reserved_ = 0;
  bool holdsWrites_ CLEAT_GUARDED_BY(mutex_) = false;
  std::vector<Completion<bool>> held_ CLEAT_GUARDED_BY(mutex_);  // writes that wait
};

}  // namespace cleat::host
