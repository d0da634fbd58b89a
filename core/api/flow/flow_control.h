// FlowControl: gives requests seats by what a plugin says of flows and levels (role flow-control). It asks the plugin,
// and asks again once that says something else; what was said last counts until then, also while the plugin is away.
// Every ten seconds the levels lend each other the seats that they do not need (seat_division.h).
//
// Where no plugin says anything, or no flow takes a request, it is the caller's to limit requests.
//
//   FlowPlace place = flows.enter(question, strand, {.objects = 1});
//   if (place.waits()) co_await place.turn();
//   if (!place.isSeated()) …   // turned away
//
// Where there are seats this costs a comparison of texts and some additions under a lock: below a microsecond.
// Thread-safe. `stop` comes before the end of what answers for the plugin.
#pragma once

#include <cleat/sdk/mutex.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/api/flow/flow_place.h"
#include "core/api/flow/flow_table.h"
#include "core/api/flow/watch_counts.h"
#include "core/base/executor.h"
#include "core/base/shared_cell.h"
#include "core/gate/gate.h"

namespace cleat::api {

struct FlowOptions {
  uint32_t seats = 600;  // all there are
  std::chrono::nanoseconds longestWait = std::chrono::seconds(15);
  base::Metrics* metrics = nullptr;  // where they are counted; null: nowhere that is read
};

// What a request is expected to cost.
struct FlowLoad {
  size_t objects = 1;       // that it may have to look at
  bool changes = false;     // so that those are told who watch
  std::string_view name{};  // the object that it changes; empty: one or several of the collection
};

class FlowControl : public std::enable_shared_from_this<FlowControl> {
 public:
  FlowControl(base::Executor& executor, gate::Gate& gate, FlowOptions options);

  // Begins to ask the plugin, if there is one; a later one is found by the next request.
  void begin();
  void stop();

  // Whether there is anything to go by.
  bool governs() const { return governs_.load(std::memory_order_acquire); }
  FlowPlace enter(const FlowQuestion& question, const std::shared_ptr<base::Strand>& strand, const FlowLoad& load);
  // A watch begins: it counts as told of changes until the end of what is given. `name`: of the object, in its path.
  WatchCounts::Watcher watches(const FlowQuestion& question, std::string_view name,
                               const object::FieldSelector& fields);

 private:
  static Task<void> follow(std::shared_ptr<FlowControl> self, std::string plugin);
  void followLater();
  std::string filler() const;
  void take(role::FlowsResults::Reader results);
  std::shared_ptr<FlowLevel> levelFor(role::FlowLevel::Reader from) CLEAT_REQUIRES(mutex_);
  FlowWork workOf(const FlowQuestion& question, const FlowLoad& load, const Flow& flow, const FlowTable& table) const;
  std::shared_ptr<FlowCounts> countsFor(const std::string& level, const std::string& flow) CLEAT_REQUIRES(mutex_);
  void forgetUnused() CLEAT_REQUIRES(mutex_);
  void lendLater();
  void lend();

  base::Executor& executor_;
  gate::Gate& gate_;
  const FlowOptions options_;
  base::Metrics unread_;  // where nobody gave one
  base::Metrics& metrics_;
  const uint64_t seed_;  // so that nobody can choose names that wait in one queue
  std::atomic<bool> stopped_ = false, governs_ = false, following_ = false;
  std::atomic<uint64_t> seen_ = 0;  // the generation of plugins at the last look
  base::SharedCell<FlowTable> table_;
  WatchCounts watchCounts_;
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<FlowLevel>> levels_ CLEAT_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string>, std::shared_ptr<FlowCounts>> counts_ CLEAT_GUARDED_BY(mutex_);
  std::map<std::string, double> smoothed_ CLEAT_GUARDED_BY(mutex_);  // the levels' demand
};

}  // namespace cleat::api
