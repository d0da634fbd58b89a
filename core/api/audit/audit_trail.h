// AuditTrail: the audit log as requests meet it. It decides by the policy what is said of a request, and gives what is
// said to every plugin with the role `audit`, in batches: each has a queue of its own, a batch that it failed to take
// comes again after a while, and what does not fit into a full queue is dropped and counted. In strict mode a request
// begins only when its first event has been kept.
//
// Thread-safe. `stop` comes before the end of what answers for the plugins.
#pragma once

#include <cleat/sdk/mutex.h>

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/api/audit/audit_policy.h"
#include "core/base/executor.h"
#include "core/base/metrics.h"
#include "core/gate/gate.h"

namespace cleat::api {

struct AuditOptions {
  AuditPolicy policy;
  bool strict = false;               // a request whose beginning cannot be kept fails
  base::Metrics* metrics = nullptr;  // may be null
};

class AuditTrail : public std::enable_shared_from_this<AuditTrail> {
 public:
  AuditTrail(base::Executor& executor, gate::Gate& gate, AuditOptions options);

  const AuditPolicy& policy() const { return options_.policy; }
  bool strict() const { return options_.strict; }
  base::Executor& executor() const { return executor_; }
  // By which bodies in protobuf are read.
  object::CatalogueRef kinds() const { return gate_.kinds().latest(); }

  // One event, in JSON on one line. Returns at once.
  void add(std::string event);
  // The same of one that has to be kept now; an error is why it could not be.
  static Task<Result<void>> keep(std::shared_ptr<AuditTrail> self, std::string event);

  // What is wrong with keeping the log; empty: nothing is.
  std::string trouble() const;
  // Waits until what has been said is kept by all that keep anything at present, but no longer than that. Not on one of
  // the executor's threads.
  void drain(std::chrono::nanoseconds longest);
  void stop();

 private:
  using Text = std::shared_ptr<const std::string>;
  struct Sink {
    std::deque<Text> queue;
    bool writing = false;  // a batch is on its way, or waits for its time
    uint32_t failures = 0;
    size_t dropped = 0;
    std::string error;
  };

  void writeSoon(const std::string& plugin) CLEAT_REQUIRES(mutex_);
  static Task<void> writeBatches(std::shared_ptr<AuditTrail> self, std::string plugin);
  std::vector<Text> nextBatch(const std::string& plugin);
  // How long to wait before the next batch.
  std::chrono::nanoseconds took(const std::string& plugin, size_t events, const gate::RoleAnswer& answer);
  // Whether the plugin has been taken out of the sinks; what waited for it is gone then.
  bool hasLeft(const std::string& plugin);
  Task<gate::RoleAnswer> write(std::string plugin, std::vector<Text> events);

  base::Executor& executor_;
  gate::Gate& gate_;
  const AuditOptions options_;
  base::Counter *events_ = nullptr, *dropped_ = nullptr, *failed_ = nullptr;
  std::atomic<bool> stopped_ = false;
  mutable Mutex mutex_;
  ConditionVariable idle_;  // a queue is empty, or its plugin keeps nothing
  std::map<std::string, Sink> sinks_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::api
