#include "core/app/rounds.h"

#include <gtest/gtest.h>

#include "core/base/manual_executor.h"

namespace cleat::app {
namespace {

using namespace std::chrono_literals;

class RoundsTest : public ::testing::Test {
 protected:
  std::shared_ptr<Rounds> made(std::chrono::nanoseconds apart = 0s) {
    return std::make_shared<Rounds>(executor, apart);
  }
  Rounds::Round counted() {
    return [this]() -> Task<Rounds::Next> {
      ++begun;
      if (waits) co_await gate;
      ++ended;
      co_return next;
    };
  }
  int64_t in(std::chrono::nanoseconds time) { return executor.now() + time.count(); }

  base::ManualExecutor executor;
  int begun = 0, ended = 0;
  bool waits = false;
  Completion<bool> gate;
  Rounds::Next next;
};

TEST_F(RoundsTest, WhatIsWantedBeforeTheBeginningComesWithIt) {
  auto rounds = made();
  rounds->wantAt(executor.now());
  executor.advance(1s);
  EXPECT_EQ(begun, 0);
  rounds->begin(counted());
  executor.advance(0s);
  EXPECT_EQ(begun, 1);
  executor.advance(1h);
  EXPECT_EQ(begun, 1) << "nobody wants another one";
}

TEST_F(RoundsTest, TheSoonestThatIsWantedCounts) {
  auto rounds = made();
  rounds->begin(counted());
  rounds->wantAt(in(5s));
  rounds->wantAt(in(2s));
  rounds->wantAt(in(8s));
  executor.advance(1s);
  EXPECT_EQ(begun, 0);
  executor.advance(1s);
  EXPECT_EQ(begun, 1);
  executor.advance(1h);
  EXPECT_EQ(begun, 1) << "one round is for all of them";
}

TEST_F(RoundsTest, OneIsUnderWayAtATimeAndWhatIsWantedMeanwhileFollows) {
  auto rounds = made(3s);
  rounds->begin(counted());
  waits = true;
  rounds->wantAt(executor.now());
  executor.advance(0s);
  rounds->wantAt(executor.now());
  executor.advance(10s);
  EXPECT_EQ(begun, 1);
  gate.complete(true);
  EXPECT_EQ(ended, 1);
  executor.advance(2s);
  EXPECT_EQ(begun, 1) << "they are three seconds apart";
  executor.advance(1s);
  EXPECT_EQ(ended, 2);
}

TEST_F(RoundsTest, ARoundSaysWhenTheNextOneIsWanted) {
  auto rounds = made();
  next = in(4s);
  rounds->begin(counted());
  rounds->wantAt(executor.now());
  executor.advance(0s);
  EXPECT_EQ(begun, 1);
  next.reset();
  executor.advance(4s);
  EXPECT_EQ(begun, 2);
}

TEST_F(RoundsTest, NoneBeginsOnceTheyAreStopped) {
  auto rounds = made();
  rounds->begin(counted());
  rounds->wantAt(in(1s));
  rounds->stop();
  EXPECT_TRUE(rounds->stopping());
  rounds->wantAt(executor.now());
  executor.advance(1h);
  EXPECT_EQ(begun, 0);
}

}  // namespace
}  // namespace cleat::app
