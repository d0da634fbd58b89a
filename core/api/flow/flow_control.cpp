#include "core/api/flow/flow_control.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/api/flow/seat_division.h"
#include "core/base/log.h"

namespace cleat::api {
namespace {

// How long the plugin may keep the question, and when one that gave no answer is asked again.
constexpr std::chrono::seconds kQuestion{10}, kPause{1}, kLendEvery{10};
// What a plugin may say, so that it does not fill the memory.
constexpr uint32_t kMostLevels = 1000, kMostFlows = 10'000;
constexpr int64_t kMostTellingNs = 1'000'000'000;
// Demand that has passed is forgotten by half in five minutes.
constexpr double kKeptDemand = 0.977;

uint64_t flowHash(uint64_t seed, const Flow& flow, std::string_view distinguisher) {
  return (std::hash<std::string_view>()(distinguisher) ^ seed) * 0x9E3779B97F4A7C15u + flow.hash;
}

uint32_t seatsFor(size_t count, uint32_t each) {
  return static_cast<uint32_t>(std::min<size_t>((count + each - 1) / each, UINT32_MAX));
}

std::string headLinesFor(std::string_view flow, std::string_view level) {
  if (flow.empty() || level.empty()) return {};
  // A value that came from a plugin must not begin a header of its own.
  const auto isPlain = [](unsigned char c) { return c > ' ' && c < 0x7f; };
  if (!std::ranges::all_of(flow, isPlain) || !std::ranges::all_of(level, isPlain)) return {};
  return concat("X-Kubernetes-Pf-Flowschema-Uid: ", flow, "\r\nX-Kubernetes-Pf-Prioritylevel-Uid: ", level, "\r\n");
}

LevelSettings settingsOf(role::FlowLevel::Reader from) {
  return {from.getUnlimited(), from.getSeats(),    from.getLeastSeats(),  from.getMostSeats(),
          from.getQueues(),    from.getHandSize(), from.getQueueLength(), from.getMostSeatsOfRequest()};
}

uint64_t seedOf(base::Executor& executor) {
  uint64_t seed = 0;
  executor.random(&seed, sizeof seed);
  return seed;
}

}  // namespace

FlowControl::FlowControl(base::Executor& executor, gate::Gate& gate, FlowOptions options)
    : executor_(executor), gate_(gate), options_(options), metrics_(options.metrics ? *options.metrics : unread_),
      seed_(seedOf(executor)), table_(makeRef<FlowTable>()) {}

std::string FlowControl::filler() const {
  const std::vector<std::string> plugins = gate_.flowControls();
  return plugins.empty() ? std::string() : plugins.front();
}

void FlowControl::begin() {
  // Read first: what changes while this looks is seen by the next request.
  seen_.store(gate_.generation(), std::memory_order_release);
  if (stopped_.load(std::memory_order_acquire)) return;
  const std::string plugin = filler();
  if (plugin.empty() || following_.exchange(true)) return;
  spawn(follow(shared_from_this(), plugin));
}

void FlowControl::stop() { stopped_.store(true, std::memory_order_release); }

void FlowControl::followLater() {
  executor_.after(kPause, [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    self->following_.store(false);
    self->begin();
  });
}

Task<void> FlowControl::follow(std::shared_ptr<FlowControl> self, std::string plugin) {
  for (uint64_t cursor = 0;;) {
    const int64_t begun = self->executor_.now();
    gate::RoleCall call = gate::makeCall(role::flowControl::flows, [&](role::FlowsParams::Builder params) {
      params.setCursor(cursor);
      params.setSeats(self->options_.seats);
    });
    call.timeoutNs = std::chrono::nanoseconds(kQuestion).count();
    gate::RoleAnswer answer = co_await self->gate_.askFlowControl(plugin, std::move(call));
    if (self->stopped_.load(std::memory_order_acquire)) co_return;
    if (self->filler() != plugin) co_return self->followLater();
    bool isNew = false;
    if (answer.status == CLEAT_OK) {
      auto results = gate::resultsOf(role::flowControl::flows, answer);
      isNew = results.getCursor() != cursor;
      cursor = results.getCursor();
      if (isNew) self->take(results);
    } else {
      cursor = 0;
    }
    // One that keeps no question is not asked all the time.
    const bool atOnce = self->executor_.now() - begun < std::chrono::nanoseconds(kPause).count();
    if (!isNew && atOnce) co_return self->followLater();
  }
}

std::shared_ptr<FlowLevel> FlowControl::levelFor(role::FlowLevel::Reader from) {
  std::shared_ptr<FlowLevel>& level = levels_[str(from.getName())];
  if (!level) {
    level = std::make_shared<FlowLevel>(str(from.getName()), settingsOf(from), metrics_);
  } else if (level->settings() != settingsOf(from)) {
    level->configure(settingsOf(from), executor_.now());
  }
  return level;
}

std::shared_ptr<FlowCounts> FlowControl::countsFor(const std::string& level, const std::string& flow) {
  std::shared_ptr<FlowCounts>& counts = counts_[{level, flow}];
  if (!counts) counts = std::make_shared<FlowCounts>(metrics_, level, flow);
  return counts;
}

void FlowControl::take(role::FlowsResults::Reader results) {
  MutexLock lock(mutex_);
  Ref<FlowTable> table = makeRef<FlowTable>();
  table->objectsPerSeat = results.getObjectsPerSeat();
  table->watchesPerSeat = results.getWatchesPerSeat();
  table->tellingNs = std::min(int64_t{1000} * results.getTellingMicros(), kMostTellingNs);
  table->silentChanges = strings(results.getSilentChanges());
  for (auto narrow : results.getNarrowWatches()) {
    table->narrowWatches.push_back({str(narrow.getGroup()), str(narrow.getResource()), str(narrow.getField())});
  }
  std::vector<std::string> uids;
  for (auto level : results.getLevels()) {
    if (table->levels.size() == kMostLevels) break;
    table->levels.push_back(levelFor(level));
    uids.push_back(str(level.getUid()));
  }
  for (auto from : results.getFlows()) {
    if (from.getLevel() >= table->levels.size() || table->flows.size() == kMostFlows) {
      base::log(base::LogLevel::warn, "flow-control", concat("the flow ", str(from.getName()), " is left out"));
      continue;
    }
    Flow flow;
    flow.name = str(from.getName());
    flow.level = table->levels[from.getLevel()];
    flow.counts = countsFor(flow.level->name(), flow.name);
    flow.hash = std::hash<std::string_view>()(flow.name);
    flow.isQueued = results.getLevels()[from.getLevel()].getQueues() > 0;
    flow.split = from.getSplit();
    for (auto rule : from.getRules()) flow.rules.emplace_back(rule);
    flow.headLines = headLinesFor(view(from.getUid()), uids[from.getLevel()]);
    table->flows.push_back(std::move(flow));
  }
  const bool governs = !table->flows.empty();
  const bool isFirst = governs && !governs_.load(std::memory_order_relaxed);
  table_.set(std::move(table));
  governs_.store(governs, std::memory_order_release);
  forgetUnused();
  if (isFirst) lendLater();
}

// Of flows and levels that are gone; a request that still has one keeps it.
void FlowControl::forgetUnused() {
  std::erase_if(counts_, [&](const auto& each) {
    if (each.second.use_count() > 1) return false;
    forgetFlow(metrics_, each.first.first, each.first.second);
    return true;
  });
  for (auto level = levels_.begin(); level != levels_.end();) {
    if (level->second.use_count() > 1) {
      ++level;
      continue;
    }
    forgetLevel(metrics_, level->first);
    smoothed_.erase(level->first);
    level = levels_.erase(level);
  }
}

void FlowControl::lendLater() {
  executor_.after(kLendEvery, [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self || self->stopped_.load(std::memory_order_acquire)) return;
    self->lend();
    self->lendLater();
  });
}

// As Kubernetes does it: a level that had demand is sure of its share as far as it wanted it, and what is left over is
// divided by what each has wanted lately.
void FlowControl::lend() {
  const int64_t now = executor_.now();
  const Ref<const FlowTable> table = table_.get();
  MutexLock lock(mutex_);
  std::vector<std::shared_ptr<FlowLevel>> borrowers;
  std::vector<SeatClaim> claims;
  double left = options_.seats;
  for (const std::shared_ptr<FlowLevel>& level : table->levels) {
    const SeatDemand demand = level->takeDemand(now);
    const LevelSettings settings = level->settings();
    const double wanted = std::min(demand.average + demand.deviation, static_cast<double>(demand.most));
    double& smoothed = smoothed_[level->name()];
    smoothed = std::max(wanted, kKeptDemand * smoothed + (1 - kKeptDemand) * wanted);
    if (settings.unlimited) {
      left -= std::max<double>(settings.leastSeats, std::min<double>(settings.seats, std::ceil(smoothed)));
      continue;
    }
    const double sure = std::max(settings.leastSeats, std::min(settings.seats, demand.most));
    claims.push_back({std::max(sure, smoothed), sure, static_cast<double>(settings.mostSeats)});
    borrowers.push_back(level);
  }
  const std::vector<uint32_t> parts = divideSeats(static_cast<uint32_t>(std::max(left, 0.0)), claims);
  for (size_t i = 0; i < borrowers.size(); ++i) borrowers[i]->setLimit(parts[i], now);
  forgetUnused();
}

WatchCounts::Watcher FlowControl::watches(const FlowQuestion& question, std::string_view name,
                                          const object::FieldSelector& fields) {
  if (table_.get()->isNarrow(question.group, question.resource, fields)) return {};
  if (const std::string* selected = fields.exactName(); name.empty() && selected) name = *selected;
  return watchCounts_.add({question.group, question.resource, question.ns, name});
}

FlowWork FlowControl::workOf(const FlowQuestion& question, const FlowLoad& load, const Flow& flow,
                             const FlowTable& table) const {
  FlowWork work;
  if (flow.isQueued) work.flow = flowHash(seed_, flow, flow.distinguisher(question));
  if (table.objectsPerSeat > 0) work.seats = seatsFor(load.objects, table.objectsPerSeat);
  if (const uint32_t each = table.watchesPerSeat; load.changes && each > 0) {
    const size_t watches = watchCounts_.of({question.group, question.resource, question.ns, load.name}, each);
    if (watches >= each && !table.isSilent(question)) {
      work.lastSeats = seatsFor(watches, each);
      work.lastsNs = table.tellingNs;
    }
  }
  return flow.level->fitting(work);
}

FlowPlace FlowControl::enter(const FlowQuestion& question, const std::shared_ptr<base::Strand>& strand,
                             const FlowLoad& load) {
  if (gate_.generation() != seen_.load(std::memory_order_acquire)) begin();
  FlowPlace place;
  place.table_ = table_.get();
  place.flow_ = place.table_->find(question);
  if (place.flow_ == nullptr) return place;
  const Flow& flow = *place.flow_;
  FlowLevel& level = *flow.level;
  place.work_ = workOf(question, load, flow, *place.table_);
  place.executor_ = &executor_;
  place.strand_ = strand;
  place.longestWait_ = options_.longestWait;
  place.since_ = executor_.now();
  if (const std::optional<uint32_t> queue = level.take(place.work_, place.since_)) {
    place.seat(place.since_, *queue);
    return place;
  }
  const auto wait = std::make_shared<FlowWait>(strand, place.work_);
  if (const uint32_t length = level.enqueue(wait, place.since_); length > 0) {
    flow.counts->queueLength.observe(length);
    place.wait_ = wait;
    wakeInTime(executor_, flow.level);
  } else {
    (level.hasQueues() ? flow.counts->queueFull : flow.counts->noSeat).add();
  }
  return place;
}

}  // namespace cleat::api
