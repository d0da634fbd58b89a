// PluginNotices: what happens to plugins that whoever operates the server should know. It is counted in the metrics
// (cleat_plugin_notices_total), the last bad news of each plugin stand in its health, and the plugins of the role
// `notices` (sdk/schema/role/notices.capnp) are told, each on its own: what one has not heard comes again. Who they are
// and what they make of it is not known here; without any of them health and metrics are all there is.
#pragma once

#include <cleat/sdk/mutex.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/app/rounds.h"
#include "core/base/executor.h"
#include "core/base/metrics.h"
#include "core/gate/plugin_roles.h"
#include "core/host/plugin_host.h"

namespace cleat::app {

class PluginNotices : public std::enable_shared_from_this<PluginNotices> {
 public:
  PluginNotices(base::Executor& executor, base::Metrics& metrics);

  // From now on plugins are told, first of all what has happened before.
  void begin(gate::Roles& roles);
  // No plugin is told any more when this has returned. Not on one of the executor's threads.
  void stop() { rounds_->stop(); }

  // From any thread.
  void note(const host::PluginNotice& notice);
  // The last bad news of a plugin, which may be long over: "Crashed 3 times, at last at 2026-11-30T18:32:55Z: its
  // process …"; empty: there were none.
  std::string lastOf(const std::string& plugin) const;

 private:
  struct Happening {
    uint64_t number;
    host::PluginNotice notice;
    uint32_t count;
    int64_t first, last;  // since the epoch
  };
  struct Trouble {
    std::string reason, message;
    uint32_t count = 0;
    int64_t last = 0;
  };
  // Of a plugin that fills the role; touched by the round that is under way alone.
  struct Listener {
    uint64_t heard = 0;  // the number of the last happening that it has heard of
    uint64_t until = 0;  // of the last one in a call that failed; the same call comes again
    int64_t due = 0;     // it is not told before
    uint32_t failures = 0;
  };
  struct Batch {
    std::vector<Happening> happenings;
    uint64_t until = 0, lost = 0;
  };

  Task<Rounds::Next> round();
  Task<void> tell(std::string plugin);
  Batch batchFor(const Listener& listener) const;
  void heard(const std::string& plugin, const Batch& batch, const gate::RoleAnswer& answer);
  // When the next round is wanted: nothing, when all have heard everything.
  Rounds::Next nextDue() const;

  base::Executor& executor_;
  base::Metrics& metrics_;
  std::map<std::string, Listener> listeners_;

  mutable Mutex mutex_;
  gate::Roles* roles_ CLEAT_GUARDED_BY(mutex_) = nullptr;
  std::deque<Happening> kept_ CLEAT_GUARDED_BY(mutex_);
  uint64_t lastNumber_ CLEAT_GUARDED_BY(mutex_) = 0;
  int64_t lastTime_ CLEAT_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Trouble> troubles_ CLEAT_GUARDED_BY(mutex_);
  const std::shared_ptr<Rounds> rounds_;
};

}  // namespace cleat::app
