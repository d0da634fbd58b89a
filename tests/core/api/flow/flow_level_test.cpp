// Seats of a level, its queues, and how the levels divide what there is.
#include "core/api/flow/flow_level.h"

#include <gtest/gtest.h>

#include <map>

#include "core/api/flow/seat_division.h"
#include "core/base/manual_executor.h"

namespace cleat::api {
namespace {

constexpr int64_t kMs = 1'000'000;

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
    return std::make_shared<FlowWait>(strand_, flow, seats);
  }
  static bool isSeated(const std::shared_ptr<FlowWait>& wait) { return wait->state == FlowWait::State::seated; }

  base::ManualExecutor executor_;
  std::shared_ptr<base::Strand> strand_ = executor_.makeStrand();
  base::Metrics metrics_;
};

TEST_F(FlowLevelTest, TakesNoMoreSeatsThanThereAre) {
  FlowLevel level("level", queued(2, 0), metrics_);
  EXPECT_TRUE(level.take(1, 0));
  EXPECT_TRUE(level.take(1, 0));
  EXPECT_FALSE(level.take(1, 0));
  EXPECT_EQ(level.enqueue(waiting(1), 0), 0u) << "there are no queues";
  level.giveBack(1, FlowLevel::kNone, kMs, kMs);
  EXPECT_TRUE(level.take(1, kMs));
}

TEST_F(FlowLevelTest, ALevelWithoutLimitsTurnsNobodyAway) {
  FlowLevel level("level", {.unlimited = true}, metrics_);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(level.take(1, 0));
}

TEST_F(FlowLevelTest, OneThatWantsMoreThanThereAreComesThroughAlone) {
  FlowLevel level("level", queued(3), metrics_);
  EXPECT_EQ(level.fitting(50), 10u);
  EXPECT_TRUE(level.take(10, 0));
  EXPECT_FALSE(level.take(1, 0));
}

TEST_F(FlowLevelTest, WhoWaitsIsSeatedBeforeWhoComes) {
  FlowLevel level("level", queued(1), metrics_);
  ASSERT_TRUE(level.take(1, 0));
  const auto first = waiting(1);
  EXPECT_EQ(level.enqueue(first, 0), 1u);
  level.giveBack(1, FlowLevel::kNone, kMs, kMs);
  EXPECT_TRUE(isSeated(first));
  EXPECT_FALSE(level.take(1, kMs));
}

TEST_F(FlowLevelTest, AFullQueueTakesNoMore) {
  FlowLevel level("level", queued(1, 1, 1, 2), metrics_);
  ASSERT_TRUE(level.take(1, 0));
  EXPECT_EQ(level.enqueue(waiting(1), 0), 1u);
  EXPECT_EQ(level.enqueue(waiting(2), 0), 2u);
  EXPECT_EQ(level.enqueue(waiting(3), 0), 0u);
}

TEST_F(FlowLevelTest, WhoHasWaitedForTooLongGoes) {
  FlowLevel level("level", queued(1), metrics_);
  ASSERT_TRUE(level.take(1, 0));
  const auto late = waiting(1), next = waiting(1);
  level.enqueue(late, 0);
  level.enqueue(next, 0);
  level.giveUp(late, kMs);
  EXPECT_EQ(late->state, FlowWait::State::timedOut);
  level.giveBack(1, FlowLevel::kNone, kMs, kMs);
  EXPECT_TRUE(isSeated(next));
  level.giveUp(next, kMs);
  EXPECT_TRUE(isSeated(next)) << "it has a seat already";
}

// One flow asks for a hundred times as much as the other, and each gets as many turns.
TEST_F(FlowLevelTest, AFlowThatFloodsDoesNotKeepOthersWaiting) {
  FlowLevel level("level", queued(1, 64, 6), metrics_);
  ASSERT_TRUE(level.take(1, 0));
  std::vector<std::shared_ptr<FlowWait>> flood, few;
  for (int i = 0; i < 300; ++i) level.enqueue(flood.emplace_back(waiting(1)), 0);
  for (int i = 0; i < 3; ++i) level.enqueue(few.emplace_back(waiting(2)), 0);
  level.giveBack(1, FlowLevel::kNone, kMs, 0);
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
      level.giveBack(1, queue, 3 * kMs, now);
      break;
    }
  }
  // The flood is in at most six queues, the few in others or at the end of one of them.
  EXPECT_LE(turns, 24);
}

TEST_F(FlowLevelTest, LongerRequestsHaveFewerTurns) {
  FlowLevel level("level", queued(1, 1024, 1), metrics_);
  ASSERT_TRUE(level.take(1, 0));
  std::map<uint64_t, std::vector<std::shared_ptr<FlowWait>>> flows;
  for (int i = 0; i < 50; ++i) {
    for (const uint64_t flow : {3u, 4u}) level.enqueue(flows[flow].emplace_back(waiting(flow)), 0);
  }
  ASSERT_NE(flows[3][0]->queue, flows[4][0]->queue);
  level.giveBack(1, FlowLevel::kNone, kMs, 0);
  std::map<uint64_t, int> turns;
  for (int i = 0; i < 40; ++i) {
    for (auto& [flow, list] : flows) {
      auto seated = std::ranges::find_if(list, isSeated);
      if (seated == list.end()) continue;
      (*seated)->state = FlowWait::State::timedOut;
      ++turns[flow];
      level.giveBack(1, (*seated)->queue, flow == 3 ? 30 * kMs : 3 * kMs, 0);
      break;
    }
  }
  EXPECT_GT(turns[4], 5 * turns[3]);
}

TEST_F(FlowLevelTest, WhoWaitsGoesOnWaitingInOtherQueues) {
  FlowLevel level("level", queued(1, 16, 4), metrics_);
  ASSERT_TRUE(level.take(1, 0));
  std::vector<std::shared_ptr<FlowWait>> all;
  for (uint64_t flow = 0; flow < 20; ++flow) level.enqueue(all.emplace_back(waiting(flow)), 0);
  level.configure(queued(1, 2, 1), 0);
  level.configure(queued(1, 0, 0), 0);
  EXPECT_EQ(level.enqueue(waiting(1), 0), 0u);
  level.setLimit(21, 0);
  for (const auto& each : all) EXPECT_TRUE(isSeated(each));
}

TEST_F(FlowLevelTest, KnowsHowManySeatsWereWanted) {
  FlowLevel level("level", queued(4), metrics_);
  level.takeDemand(0);
  ASSERT_TRUE(level.take(4, 0));
  level.giveBack(4, FlowLevel::kNone, kMs, kMs);
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
