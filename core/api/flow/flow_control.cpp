#include "core/api/flow/flow_control.h"

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
// Demand that has passed is forgotten by half in five minutes.
constexpr double kKeptDemand = 0.977;

uint64_t flowHash(uint64_t seed, std::string_view flow, std::string_view distinguisher) {
  const std::hash<std::string_view> hash;
  return (hash(distinguisher) ^ seed) * 0x9E3779B97F4A7C15u + hash(flow);
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

// --- FlowPlace

FlowPlace& FlowPlace::move(FlowPlace& other) {
  executor_ = other.executor_;
  table_ = std::move(other.table_);
  flow_ = std::exchange(other.flow_, nullptr);
  wait_ = std::move(other.wait_);
  longestWait_ = other.longestWait_;
  since_ = other.since_;
  waitedNs_ = other.waitedNs_;
  seats_ = other.seats_;
  queue_ = other.queue_;
  seated_ = std::exchange(other.seated_, false);
  return *this;
}

void FlowPlace::seat(int64_t now, uint32_t queue) {
  seated_ = true;
  queue_ = queue;
  waitedNs_ = now - since_;
  since_ = now;
  FlowCounts& counts = *flow_->counts;
  counts.dispatched.add();
  counts.executing.add(1);
  counts.seats.add(seats_);
  counts.waited.observe(waitedNs_);
}

Task<void> FlowPlace::turn() {
  FlowCounts& counts = *flow_->counts;
  const base::TimerId timer = executor_->after(
      longestWait_,
      [level = flow_->level, wait = wait_, executor = executor_] { level->giveUp(wait, executor->now()); });
  counts.waiting.add(1);
  while (wait_->state.load(std::memory_order_acquire) == FlowWait::State::waiting) co_await wait_->wake->wait();
  counts.waiting.add(-1);
  executor_->cancelTimer(timer);
  const int64_t now = executor_->now();
  const std::shared_ptr<FlowWait> wait = std::exchange(wait_, nullptr);
  if (wait->state.load(std::memory_order_acquire) == FlowWait::State::seated) {
    seat(now, wait->queue);
    co_return;
  }
  waitedNs_ = now - since_;
  counts.timedOut.add();
  counts.waitedInVain.observe(waitedNs_);
}

// It is given up while it waits.
void FlowPlace::abandon() {
  const std::shared_ptr<FlowWait> wait = std::exchange(wait_, nullptr);
  const int64_t now = executor_->now();
  flow_->level->giveUp(wait, now);
  if (wait->state.load(std::memory_order_acquire) == FlowWait::State::seated) {
    flow_->level->giveBack(seats_, wait->queue, 0, now);
  }
}

void FlowPlace::leave() {
  if (wait_) abandon();
  if (!std::exchange(seated_, false)) return;
  const int64_t now = executor_->now(), held = now - since_;
  FlowCounts& counts = *flow_->counts;
  counts.executing.add(-1);
  counts.seats.add(-static_cast<int64_t>(seats_));
  counts.executed.observe(held);
  flow_->level->giveBack(seats_, queue_, held, now);
}

// --- FlowControl

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

FlowPlace FlowControl::enter(const FlowQuestion& question, const std::shared_ptr<base::Strand>& strand,
                             size_t objects) {
  if (gate_.generation() != seen_.load(std::memory_order_acquire)) begin();
  FlowPlace place;
  place.table_ = table_.get();
  place.flow_ = place.table_->find(question);
  if (place.flow_ == nullptr) return place;
  FlowLevel& level = *place.flow_->level;
  if (const uint32_t each = place.table_->objectsPerSeat; each > 0 && objects > each) {
    place.seats_ = level.fitting(static_cast<uint32_t>(std::min<size_t>((objects + each - 1) / each, UINT32_MAX)));
  }
  place.executor_ = &executor_;
  place.since_ = executor_.now();
  if (level.take(place.seats_, place.since_)) {
    place.seat(place.since_, FlowLevel::kNone);
    return place;
  }
  const Flow& flow = *place.flow_;
  const auto wait =
      std::make_shared<FlowWait>(strand, flowHash(seed_, flow.name, flow.distinguisher(question)), place.seats_);
  if (const uint32_t length = level.enqueue(wait, place.since_); length > 0) {
    flow.counts->queueLength.observe(length);
    place.wait_ = wait;
    place.longestWait_ = options_.longestWait;
  } else {
    (level.hasQueues() ? flow.counts->queueFull : flow.counts->noSeat).add();
  }
  return place;
}

}  // namespace cleat::api
