// CheckedPlugin: a plugin at work for `cleat plugin check`, in a process of its own as in production, before a cluster
// of its own. It can be started, called, killed and stopped as often as one likes. Blocks; not to be used on one of the
// executor's threads.
#pragma once

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/status.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/app/check/check_cluster.h"
#include "core/app/check/check_world.h"
#include "core/host/instance.h"

namespace cleat::app {

// Which plugin, and how it is run.
struct CheckSubject {
  host::PluginSpec spec;
  host::Manifest manifest;
};

// How long a plugin may take here, which is less than in production: what needs longer is told.
struct CheckLimits {
  std::chrono::nanoseconds start = std::chrono::seconds(20), call = std::chrono::seconds(3);
  std::chrono::nanoseconds callback = std::chrono::seconds(2), stop = std::chrono::seconds(5);
};

class CheckedPlugin {
 public:
  CheckedPlugin(CheckWorld& world, CheckCluster& cluster, CheckSubject subject, CheckLimits limits);
  ~CheckedPlugin();

  // The error says why it did not start.
  Result<void> start();
  // The error says what was not in order about its end.
  Result<void> stop();
  void kill();
  // Why it has ended without having been asked to, since it was started.
  std::optional<std::string> gone() const;

  host::RoleAnswer call(host::RoleCall call);
  // All at once; the answers in the order of the calls.
  std::vector<host::RoleAnswer> callAll(std::vector<host::RoleCall> calls);

  uint64_t residentBytes() const;
  // What it has said of itself by Context::report since it was started; empty: nothing, or that all is well.
  std::string selfReport() const;
  // What of its confinement it has not got on this machine.
  std::string lacks() const { return instance_ ? instance_->lacks() : std::string(); }
  const CheckSubject& subject() const { return subject_; }
  const host::Manifest& manifest() const { return subject_.manifest; }
  const CheckLimits& limits() const { return limits_; }
  CheckCluster& cluster() { return cluster_; }
  CheckWorld& world() { return world_; }

 private:
  void awaitGone() const;
  // What the instance tells, from any thread.
  struct Fate {
    Mutex mutex;
    std::optional<std::string> gone CLEAT_GUARDED_BY(mutex);
    std::string report CLEAT_GUARDED_BY(mutex);
  };

  CheckWorld& world_;
  CheckCluster& cluster_;
  const CheckSubject subject_;
  const CheckLimits limits_;
  const std::string dataDir_;
  std::shared_ptr<host::HostServices> services_;
  std::shared_ptr<host::Instance> instance_;
  std::shared_ptr<Fate> fate_;
};

// Takes the log while plugins are checked, and remembers what each of them has written last.
class CheckLog {
 public:
  CheckLog();
  // The last line that is a warning or worse; empty where there was none.
  std::string lastWarning(const std::string& plugin) const;
  // Whether a line with these words was written.
  bool says(const std::string& plugin, std::string_view words) const;
  void forget(const std::string& plugin);

 private:
  struct Line {
    std::string plugin, text;
  };
  mutable Mutex mutex_;
  std::vector<Line> lines_ CLEAT_GUARDED_BY(mutex_);
  base::LogCapture capture_;
};

}  // namespace cleat::app
