// Link: the way to a plugin's code, wherever it runs: in this process (in_process_link.h) or in a child
// (isolation/child_link.h); and LinkUser, who is at the other end of it and is told what the plugin says.
//
// A link is started once and stopped once. All functions of both may be called from any thread; a link calls its user
// on the plugin's own strand or thread, so a user does little there and passes the work on. Requests (what the plugin
// asks) and calls (what it is asked) are named by numbers that are never used twice.
#pragma once

#include <cleat_abi.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/executor.h"
#include "core/host/messages.h"

namespace cleat::host {

// A point in time so much later; at the end of the clock at the latest, for those who want to wait for ever.
inline int64_t laterBy(int64_t now, int64_t nanoseconds) { return now + std::min(nanoseconds, INT64_MAX - now); }

class LinkUser {
 public:
  virtual ~LinkUser() = default;
  // Once: the plugin has caught up (CLEAT_OK), or cannot start and says why.
  virtual void pluginReady(int32_t status, std::string message) = 0;
  // Its process has ended. Nothing else comes afterwards; not called once `stop` was.
  virtual void pluginGone(std::string why) = 0;
  virtual void pluginLogs(int32_t level, std::string_view text) = 0;
  // `params` and `results` are borrowed and unchecked.
  virtual void pluginCalls(uint64_t request, MethodId method, int64_t deadlineNs, const cleat_payload* params,
                           gate::StreamEnd stream) = 0;
  virtual void pluginCancels(uint64_t request) = 0;
  virtual void pluginReplies(uint64_t call, int32_t status, const cleat_payload* results) = 0;

  // Of a process of its own alone. What of its confinement could not be had, in words; empty when all could.
  virtual void pluginConfined(std::string_view) {}
  // For how much longer its callbacks have run since this was last called.
  virtual void pluginBusy(int64_t) {}
  // A callback has not returned for so long; or has, after that was said.
  virtual void pluginStuck(std::string_view, int64_t, bool) {}
  // Its process sends faster than it is read, and was made to wait; `floods` where that has been so for a while.
  virtual void pluginSlowed([[maybe_unused]] bool floods) {}
  // Its process has reached a limit ("memory", "pids") so many times since this was last said; `what` is for people.
  virtual void pluginLimited(std::string_view, uint64_t, [[maybe_unused]] std::string_view what) {}
};

// A role call on its way over the link.
struct LinkCall {
  uint64_t call = 0;
  MethodId method;
  int64_t deadlineNs = 0;  // on the executor's clock
  Payload payload;
  std::optional<int64_t> madeNs = {};  // where whoever made it looked at the machine's
  gate::StreamEnd stream = {};         // null: it has none
};

// One change on a watch.
struct LinkChange {
  uint32_t type = 0;  // cleat_change_type
  uint64_t revision = 0;
  Ref<const Message> object;  // null for CLEAT_CHANGE_SYNCED and _RESTARTED
};

// What a plugin's process says when it has nothing left to do at the time that its clock was set to.
struct AtRest {
  int64_t nextTimer = INT64_MAX;  // when it has
  uint64_t frames = 0;            // between it and the host, in all, but for those about the clock
};

class Link {
 public:
  virtual ~Link() = default;
  // Makes the instance; `pluginReady` follows, or `pluginGone`.
  virtual void start(Ref<const Message> config) = 0;
  // May run the plugin's code here and now, if the plugin takes concurrent calls.
  virtual void call(LinkCall call) = 0;
  virtual void cancelCall(uint64_t call) = 0;
  virtual void reply(uint64_t request, Outcome outcome) = 0;
  // `delivered` runs when the plugin has taken them; never if the request was cancelled meanwhile.
  virtual void changes(uint64_t request, std::vector<LinkChange> changes, base::Work delivered) = 0;
  // Ends the instance, then runs `stopped`. Nothing is delivered afterwards, not even what is queued.
  virtual void stop(base::Work stopped) = 0;
  // Ends it without asking the plugin, where that can be done: true; `stopped` of a `stop` in progress still runs.
  virtual bool kill() = 0;
  virtual std::optional<int> processId() const = 0;  // of a child
  // Where clocks are moved by hand (base/manual_time.h): sets the child's to that of the executor. `atRest` runs on any
  // thread, at once where there is no child, and when it ends.
  virtual void setClock(std::function<void(AtRest)> atRest) { atRest({}); }
};

}  // namespace cleat::host
