// Seats of a level, its queues, and how the levels divide what there is.
#include "core/api/flow/flow_level.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "core/api/flow/seat_division.h"
#include "core/base/manual_executor.h"

namespace cleat::api {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr FlowWork kOne{};

class FlowLevelTest : public testing::Test {
 protected:
  static LevelSettings queued(uint32_t seats, uint32_t queues = 8, uint32_t hand = 2, uint32_t length = 100) {
    return {.seats = seats,
            .leastSeats = seats,
            .mostSeats = seats,
            .queues = queues,
            .handSize = hand,
            .queueLength = length,
            .mostSeatsOfRequest = 10};
  }
  std::shared_ptr<FlowWait> waiting(uint64_t flow, uint32_t seats = 1) {
    return std::make_shared<FlowWait>(strand_, FlowWork{.flow = flow, .seats = seats});
  }
  // It waits, until its turn comes.
  std::shared_ptr<FlowWait> enqueued(FlowLevel& level, const FlowWork& work, int64_t now) {
    auto wait = std::make_shared<FlowWait>(strand_, work);
    level.enqueue(wait, now);
    return wait;
  }
  static bool isSeated(const std::shared_ptr<FlowWait>& wait) { return wait->state == FlowWait::State::seated; }

  base::ManualExecutor executor_;
  std::shared_ptr<base::Strand> strand_ = executor_.makeStrand();
  base::Metrics metrics_;
};

TEST_F(FlowLevelTest, TakesNoMoreSeatsThanThereAre) {
  FlowLevel level("level", queued(2, 0), metrics_);
  EXPECT_TRUE(level.take(kOne, 0));
  EXPECT_TRUE(level.take(kOne, 0));
  EXPECT_FALSE(level.take(kOne, 0));
  EXPECT_EQ(level.enqueue(waiting(1), 0), 0u) << "there are no queues";
  level.finish(kOne, FlowLevel::kNone, kMs, kMs);
  EXPECT_TRUE(level.take(kOne, kMs));
}

TEST_F(FlowLevelTest, ALevelWithoutLimitsTurnsNobodyAway) {
  FlowLevel level("level", {.unlimited = true}, metrics_);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(level.take(kOne, 0));
}

TEST_F(FlowLevelTest, OneThatWantsMoreThanThereAreComesThroughAlone) {
  FlowLevel level("level", queued(3), metrics_);
  EXPECT_EQ(level.fitting({.seats = 50}).seats, 10u);
  EXPECT_TRUE(level.take({.seats = 10}, 0));
  EXPECT_FALSE(level.take(kOne, 0));
}

TEST_F(FlowLevelTest, WhoWaitsIsSeatedBeforeWhoComes) {
  FlowLevel level("level", queued(1), metrics_);
  ASSERT_TRUE(level.take(kOne, 0));
  const auto first = waiting(1);
  EXPECT_EQ(level.enqueue(first, 0), 1u);
  level.finish(kOne, FlowLevel::kNone, kMs, kMs);
  EXPECT_TRUE(isSeated(first));
  EXPECT_FALSE(level.take(kOne, kMs));
}

TEST_F(FlowLevelTest, AFullQueueTakesNoMore) {
  FlowLevel level("level", queued(1, 1, 1, 2), metrics_);
  ASSERT_TRUE(level.take(kOne, 0));
  EXPECT_EQ(level.enqueue(waiting(1), 0), 1u);
  EXPECT_EQ(level.enqueue(waiting(2), 0), 2u);
  EXPECT_EQ(level.enqueue(waiting(3), 0), 0u);
}

TEST_F(FlowLevelTest, WhoHasLentItsSeatHasOneBeforeWhoNeverHadAny) {
  FlowLevel level("level", queued(1), metrics_);
  const auto queue = level.take(kOne, 0);
  ASSERT_TRUE(queue);
  level.finish(kOne, *queue, kMs, kMs);  // lent
  ASSERT_TRUE(level.take(kOne, kMs));
  const auto waits = waiting(1), back = waiting(2);
  level.enqueue(waits, kMs);
  back->queue = *queue;
  EXPECT_FALSE(level.takeBack(back, kMs));
  EXPECT_FALSE(level.take(kOne, kMs));
  level.finish(kOne, FlowLevel::kNone, kMs, 2 * kMs);
  EXPECT_TRUE(isSeated(back));
  EXPECT_FALSE(isSeated(waits));
  level.finish(kOne, back->queue, kMs, 3 * kMs);
  EXPECT_TRUE(isSeated(waits));
}

TEST_F(FlowLevelTest, WhoComesBackToAFreeSeatHasItAtOnce) {
  FlowLevel level("level", queued(1, 0), metrics_);
  ASSERT_TRUE(level.take(kOne, 0));
  level.finish(kOne, FlowLevel::kNone, kMs, kMs);
  const auto back = waiting(1);
  back->queue = FlowLevel::kNone;
  EXPECT_TRUE(level.takeBack(back, 2 * kMs));
  EXPECT_TRUE(isSeated(back));
  EXPECT_FALSE(level.take(kOne, 2 * kMs));
}

TEST_F(FlowLevelTest, WhoComesBackDoesNotWaitWithoutEnd) {
  FlowLevel level("level", queued(1, 0), metrics_);
  ASSERT_TRUE(level.take(kOne, 0));
  const auto back = waiting(1), gone = waiting(2);
  EXPECT_FALSE(level.takeBack(back, 0));
  EXPECT_FALSE(level.takeBack(gone, 0));
  level.giveUp(gone, kMs);
  EXPECT_EQ(gone->state, FlowWait::State::timedOut);
  level.insist(back, kMs);
  EXPECT_TRUE(isSeated(back));
  level.finish(kOne, FlowLevel::kNone, kMs, 2 * kMs);
  EXPECT_FALSE(level.take(kOne, 2 * kMs)) << "the other one has a seat still";
  level.finish(kOne, back->queue, kMs, 3 * kMs);
  EXPECT_TRUE(level.take(kOne, 3 * kMs));
}

TEST_F(FlowLevelTest, WhoHasWaitedForTooLongGoes) {
  FlowLevel level("level", queued(1), metrics_);
  ASSERT_TRUE(level.take(kOne, 0));
  const auto late = waiting(1), next = waiting(1);
  level.enqueue(late, 0);
  level.enqueue(next, 0);
  level.giveUp(late, kMs);
  EXPECT_EQ(late->state, FlowWait::State::timedOut);
  level.finish(kOne, FlowLevel::kNone, kMs, kMs);
  EXPECT_TRUE(isSeated(next));
  level.giveUp(next, kMs);
  EXPECT_TRUE(isSeated(next)) << "it has a seat already";
}

// One flow asks for a hundred times as much as the other, and each gets as many turns.
TEST_F(FlowLevelTest, AFlowThatFloodsDoesNotKeepOthersWaiting) {
  FlowLevel level("level", queued(1, 64, 6), metrics_);
  ASSERT_TRUE(level.take(kOne, 0));
  std::vector<std::shared_ptr<FlowWait>> flood, few;
  for (int i = 0; i < 300; ++i) level.enqueue(flood.emplace_back(waiting(1)), 0);
  for (int i = 0; i < 3; ++i) level.enqueue(few.emplace_back(waiting(2)), 0);
  level.finish(kOne, FlowLevel::kNone, kMs, 0);
  int64_t now = 0;
  int turns = 0;
  while (!isSeated(few.back()) && turns < 300) {
    // Whoever has the seat gives it back.
    for (auto* list : {&flood, &few}) {
      auto seated = std::ranges::find_if(*list, isSeated);
      if (seated == list->end() || (list == &few && *seated == few.back())) continue;
      const uint32_t queue = (*seated)->queue;
      (*seated)->state = FlowWait::State::timedOut;
      ++turns;
      now += 3 * kMs;
      level.finish(kOne, queue, 3 * kMs, now);
      break;
    }
  }
  // The flood is in at most six queues, the few in others or at the end of one of them.
  EXPECT_LE(turns, 24);
}

TEST_F(FlowLevelTest, LongerRequestsHaveFewerTurns) {
  FlowLevel level("level", queued(1, 1024, 1), metrics_);
  ASSERT_TRUE(level.take(kOne, 0));
  std::map<uint64_t, std::vector<std::shared_ptr<FlowWait>>> flows;
  for (int i = 0; i < 50; ++i) {
    for (const uint64_t flow : {3u, 4u}) level.enqueue(flows[flow].emplace_back(waiting(flow)), 0);
  }
  ASSERT_NE(flows[3][0]->queue, flows[4][0]->queue);
  level.finish(kOne, FlowLevel::kNone, kMs, 0);
  std::map<uint64_t, int> turns;
  for (int i = 0; i < 40; ++i) {
    for (auto& [flow, list] : flows) {
      auto seated = std::ranges::find_if(list, isSeated);
      if (seated == list.end()) continue;
      (*seated)->state = FlowWait::State::timedOut;
      ++turns[flow];
      level.finish(kOne, (*seated)->queue, flow == 3 ? 30 * kMs : 3 * kMs, 0);
      break;
    }
  }
  EXPECT_GT(turns[4], 5 * turns[3]);
}

// Nobody waited when the first flow took all seats, and it is charged for them all the same.
TEST_F(FlowLevelTest, WhatRunsAlreadyIsHeldAgainstItsFlow) {
  FlowLevel level("level", queued(4, 1024, 1), metrics_);
  const FlowWork greedy{.flow = 3}, other{.flow = 4};
  std::vector<uint32_t> taken;
  for (int i = 0; i < 4; ++i) taken.push_back(level.take(greedy, 0).value());
  EXPECT_NE(taken[0], FlowLevel::kNone);
  std::vector<std::shared_ptr<FlowWait>> more, late;
  for (int i = 0; i < 4; ++i) more.push_back(enqueued(level, greedy, 0));
  for (int i = 0; i < 4; ++i) late.push_back(enqueued(level, other, 0));
  ASSERT_NE(more[0]->queue, late[0]->queue);
  for (int i = 0; i < 4; ++i) level.finish(greedy, taken[i], 3 * kMs, 3 * kMs);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(isSeated(late[i])) << i;
    EXPECT_FALSE(isSeated(more[i])) << i;
  }
}

TEST_F(FlowLevelTest, WhatTakesLongerThanThoughtIsChargedWhenItIsDone) {
  FlowLevel level("level", queued(1, 1024, 1), metrics_);
  const FlowWork slow{.flow = 3}, quick{.flow = 4};
  const uint32_t queue = level.take(slow, 0).value();
  const auto another = enqueued(level, slow, 0);
  std::vector<std::shared_ptr<FlowWait>> many;
  for (int i = 0; i < 8; ++i) many.push_back(enqueued(level, quick, 0));
  level.finish(slow, queue, 30 * kMs, 30 * kMs);
  for (int i = 0; i < 8; ++i) {
    EXPECT_FALSE(isSeated(another)) << i;
    ASSERT_TRUE(isSeated(many[i])) << i;
    level.finish(quick, many[i]->queue, 3 * kMs, 33 * kMs + 3 * kMs * i);
  }
  EXPECT_TRUE(isSeated(another));
}

TEST_F(FlowLevelTest, WhoComesLateIsOwedNothingFromBefore) {
  FlowLevel level("level", queued(1, 1024, 1), metrics_);
  const FlowWork busy{.flow = 3}, late{.flow = 4};
  // It has had all turns for a second.
  uint32_t queue = level.take(busy, 0).value();
  std::vector<std::shared_ptr<FlowWait>> next;
  for (int i = 0; i < 20; ++i) next.push_back(enqueued(level, busy, 0));
  for (int i = 0; i < 10; ++i) {
    level.finish(busy, queue, 100 * kMs, 100 * kMs * (i + 1));
    queue = next[i]->queue;
  }
  std::vector<std::shared_ptr<FlowWait>> lately;
  for (int i = 0; i < 10; ++i) lately.push_back(enqueued(level, late, 1000 * kMs));
  level.finish(busy, queue, 3 * kMs, 1003 * kMs);
  EXPECT_TRUE(isSeated(lately[0])) << "nor owes it anything";
  for (int i = 0; i < 2; ++i) level.finish(late, lately[i]->queue, 3 * kMs, 1006 * kMs + 3 * kMs * i);
  EXPECT_TRUE(isSeated(next[10]));
}

TEST_F(FlowLevelTest, WhoHasToldManyKeepsItsSeatsWhileTheyAreTold) {
  FlowLevel level("level", queued(4), metrics_);
  const FlowWork told{.flow = 1, .lastSeats = 3, .lastsNs = 5 * kMs};
  const uint32_t queue = level.take(told, 0).value();
  EXPECT_TRUE(level.take(kOne, 0));
  EXPECT_FALSE(level.take(kOne, 0)) << "it has all of them from the beginning";
  level.finish(told, queue, 2 * kMs, 2 * kMs);
  EXPECT_EQ(level.wakeAt(), 0) << "nobody waits";
  const auto next = enqueued(level, {.flow = 2}, 3 * kMs);
  EXPECT_FALSE(isSeated(next));
  EXPECT_EQ(level.wakeAt(), 7 * kMs);
  EXPECT_EQ(level.wakeAt(), 0) << "somebody will";
  level.wake(7 * kMs);
  EXPECT_TRUE(isSeated(next));
  EXPECT_TRUE(level.take(kOne, 8 * kMs));
}

TEST_F(FlowLevelTest, NobodyHasToWakeALevelWhereNobodyWaits) {
  FlowLevel level("level", queued(2), metrics_);
  const FlowWork told{.flow = 1, .lastSeats = 2, .lastsNs = 5 * kMs};
  level.finish(told, level.take(told, 0).value(), kMs, kMs);
  EXPECT_FALSE(level.take(kOne, 5 * kMs));
  EXPECT_TRUE(level.take(kOne, 6 * kMs));
}

TEST_F(FlowLevelTest, WhoMayNotHaveSoManySeatsKeepsThemForLonger) {
  FlowLevel level("level", queued(20), metrics_);
  const FlowWork work = level.fitting({.lastSeats = 30, .lastsNs = 5 * kMs});
  EXPECT_EQ(work.seats, 1u);
  EXPECT_EQ(work.lastSeats, 10u);
  EXPECT_EQ(work.lastsNs, 15 * kMs);
}

TEST_F(FlowLevelTest, WhoWaitsGoesOnWaitingInOtherQueues) {
  FlowLevel level("level", queued(1, 16, 4), metrics_);
  ASSERT_TRUE(level.take(kOne, 0));
  std::vector<std::shared_ptr<FlowWait>> all;
  for (uint64_t flow = 0; flow < 20; ++flow) level.enqueue(all.emplace_back(waiting(flow)), 0);
  level.configure(queued(1, 2, 1), 0);
  level.configure(queued(1, 0, 0), 0);
  EXPECT_EQ(level.enqueue(waiting(1), 0), 0u);
  level.setLimit(21, 0);
  for (const auto& each : all) EXPECT_TRUE(isSeated(each));
  for (const auto& each : all) level.finish(each->work, each->queue, kMs, kMs);
  level.configure(queued(1, 2, 1), kMs);
  level.finish(kOne, all[0]->queue, kMs, 2 * kMs);  // of a queue that is no more
  EXPECT_TRUE(level.take(kOne, 2 * kMs));
}

TEST_F(FlowLevelTest, WhateverComesInTheEndAllSeatsHaveComeBack) {
  FlowLevel level("level", queued(5, 8, 3, 20), metrics_);
  std::mt19937 random(7);
  auto upTo = [&](uint32_t most) { return static_cast<uint32_t>(random() % (most + 1)); };
  std::vector<std::pair<FlowWork, uint32_t>> running;
  std::vector<std::shared_ptr<FlowWait>> waits;
  int64_t now = 0;
  auto sortOut = [&] {
    for (const auto& wait : waits) {
      if (isSeated(wait)) running.emplace_back(wait->work, wait->queue);
    }
    std::erase_if(waits, [](const auto& wait) { return wait->state != FlowWait::State::waiting; });
  };
  for (int i = 0; i < 5000; ++i, sortOut()) {
    now += upTo(2) * kMs;
    const uint32_t what = upTo(99);
    if (what < 50) {
      const FlowWork work = level.fitting(
          {.flow = upTo(5), .seats = 1 + upTo(2), .lastSeats = upTo(1) * upTo(20), .lastsNs = upTo(1) * 5 * kMs});
      if (const auto queue = level.take(work, now)) {
        running.emplace_back(work, *queue);
      } else if (auto wait = std::make_shared<FlowWait>(strand_, work); level.enqueue(wait, now) > 0) {
        waits.push_back(std::move(wait));
      }
    } else if (what < 90 && !running.empty()) {
      const size_t which = upTo(static_cast<uint32_t>(running.size() - 1));
      level.finish(running[which].first, running[which].second, upTo(9) * kMs, now);
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(which));
    } else if (what < 97 && !waits.empty()) {
      level.giveUp(waits[upTo(static_cast<uint32_t>(waits.size() - 1))], now);
    } else if (what == 98) {
      level.configure(queued(5, upTo(9), 1 + upTo(3), 20), now);
    } else {
      level.wake(now);
    }
  }
  for (const auto& wait : waits) level.giveUp(wait, now);
  sortOut();
  for (const auto& [work, queue] : running) level.finish(work, queue, kMs, now);
  now += 1000 * kMs;
  level.wake(now);
  EXPECT_EQ(level.wakeAt(), 0);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(level.take(kOne, now)) << i;
  EXPECT_FALSE(level.take(kOne, now));
}

TEST_F(FlowLevelTest, KnowsHowManySeatsWereWanted) {
  FlowLevel level("level", queued(4), metrics_);
  level.takeDemand(0);
  ASSERT_TRUE(level.take({.seats = 4}, 0));
  level.finish({.seats = 4}, FlowLevel::kNone, kMs, kMs);
  const SeatDemand demand = level.takeDemand(4 * kMs);
  EXPECT_EQ(demand.most, 4u);
  EXPECT_DOUBLE_EQ(demand.average, 1);
  EXPECT_NEAR(demand.deviation, 1.732, 0.001);
}

TEST(SeatDivisionTest, WhoWantsMoreGetsMoreWithinWhatItMayHave) {
  EXPECT_EQ(divideSeats(100, {{10, 0, 100}, {10, 0, 100}}), (std::vector<uint32_t>{50, 50}));
  EXPECT_EQ(divideSeats(100, {{30, 10, 100}, {10, 10, 100}}), (std::vector<uint32_t>{75, 25}));
  EXPECT_EQ(divideSeats(100, {{30, 10, 40}, {10, 10, 100}}), (std::vector<uint32_t>{40, 60}));
  EXPECT_EQ(divideSeats(100, {{0, 0, 100}, {50, 50, 50}}), (std::vector<uint32_t>{50, 50}));
  EXPECT_EQ(divideSeats(100, {{200, 20, 30}, {0, 20, 30}}), (std::vector<uint32_t>{30, 30})) << "nobody may have more";
  EXPECT_EQ(divideSeats(10, {{20, 20, 30}, {20, 20, 30}}), (std::vector<uint32_t>{20, 20})) << "nobody may have less";
  EXPECT_TRUE(divideSeats(10, {}).empty());
}

}  // namespace
}  // namespace cleat::api
