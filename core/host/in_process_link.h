// InProcessLink: a plugin's instance in this process. It gives the plugin the host's table of functions and delivers
// events to it on its strand, one at a time. A call is delivered on the caller's own thread where nothing of the strand
// is in its way, or the plugin takes concurrent calls: most are answered before a thread would have been woken. The
// same class runs the instance inside the child process of an isolated plugin.
//
// Objects are handed to the plugin by reference: a handle is a count on the very message that the core holds.
#pragma once

#include <cleat/sdk/mutex.h>
#include <cleat_abi.h>

#include <atomic>
#include <memory>
#include <optional>
#include <unordered_map>

#include "core/host/link.h"
#include "core/host/loading/manifest.h"
#include "core/host/watchdog.h"

namespace cleat::host {

class InProcessLink final : public Link, public std::enable_shared_from_this<InProcessLink> {
 public:
  InProcessLink(base::Executor& executor, const cleat_plugin& plugin, const Manifest& manifest,
                std::shared_ptr<Activity> activity);
  ~InProcessLink() override;
  // Before `start`. The link keeps its user until it has stopped.
  void setUser(std::shared_ptr<LinkUser> user) {
    MutexLock lock(mutex_);
    user_ = std::move(user);
  }

  void start(Ref<const Message> config) override;
  void call(LinkCall call) override;
  void cancelCall(uint64_t call) override;
  void reply(uint64_t request, Outcome outcome) override;
  void changes(uint64_t request, std::vector<LinkChange> changes, base::Work delivered) override;
  void stop(base::Work stopped) override;
  bool kill() override { return false; }  // code in this process cannot be stopped against its will
  std::optional<int> processId() const override { return std::nullopt; }

 private:
  friend struct HostFunctions;
  struct Timer {
    base::TimerId id;
    uint64_t serial;
  };

  // Runs on the strand.
  void startHere(const Message& config);
  void stopHere();
  // Who has just looked at the clock says what it shows. The result is when the plugin's code returned; 0 if it did not
  // run, or threw.
  int64_t deliver(const cleat_event& event, const char* what, std::optional<int64_t> now = std::nullopt);
  void deliverCall(const LinkCall& call, std::optional<int64_t> now = std::nullopt);
  void deliverConcurrently(const LinkCall& call, std::optional<int64_t> now = std::nullopt);
  void toStrand(base::Work work);
  void refuse(uint64_t call);

  // A use of the instance outside of the strand, which `stop` waits for.
  bool enter();
  void leave();

  // The host's functions.
  void log(int32_t level, std::string_view text);
  void armTimer(uint64_t token, int64_t delayNs);
  void fireTimer(uint64_t token, uint64_t serial);
  void cancel(uint64_t token);
  void post(uint64_t token);
  void runBlocking(void (*work)(void*), void* arg, uint64_t token);
  void callHost(uint64_t token, MethodId method, int64_t deadlineNs, const cleat_payload* params,
                gate::StreamEnd stream = {});
  // What was asked under the token could not be passed on.
  void failRequest(uint64_t token);
  void ready(int32_t status, std::string_view message);

  base::Executor& executor_;
  const cleat_plugin& plugin_;
  const bool concurrentCalls_;
  std::shared_ptr<Activity> activity_;
  std::unique_ptr<base::Strand> strand_;
  std::shared_ptr<LinkUser> user_ CLEAT_GUARDED_BY(mutex_);
  cleat_context* context_;

  Mutex mutex_;
  std::atomic<void*> instance_ = nullptr;
  std::atomic<size_t> waiting_ = 0;        // calls, and their cancellations, behind a callback that takes its time
  int uses_ CLEAT_GUARDED_BY(mutex_) = 0;  // concurrent calls and blocking works in progress
  bool starting_ CLEAT_GUARDED_BY(mutex_) = false;
  bool stopping_ CLEAT_GUARDED_BY(mutex_) = false;
  bool stopped_ CLEAT_GUARDED_BY(mutex_) = false;
  bool readySaid_ CLEAT_GUARDED_BY(mutex_) = false;
  // Said within `start`, passed on when that has returned.
  std::optional<std::pair<int32_t, std::string>> earlyReady_ CLEAT_GUARDED_BY(mutex_);
  std::string lastError_ CLEAT_GUARDED_BY(mutex_);  // what the plugin logged, to say why it did not start
  base::Work whenStopped_ CLEAT_GUARDED_BY(mutex_);
  std::unordered_map<uint64_t, Timer> timers_ CLEAT_GUARDED_BY(mutex_);            // by the plugin's token
  std::unordered_map<uint64_t, uint64_t> requests_ CLEAT_GUARDED_BY(mutex_);       // the plugin's token by request
  std::unordered_map<uint64_t, uint64_t> requestTokens_ CLEAT_GUARDED_BY(mutex_);  // and the other way round
  uint64_t lastSerial_ CLEAT_GUARDED_BY(mutex_) = 0;
};

}  // namespace cleat::host
