#include "core/http/handshake_turns.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/base/manual_executor.h"

namespace cleat::http {
namespace {

using namespace std::chrono_literals;

struct HandshakeTurnsTest : testing::Test {
  base::ManualExecutor executor;
  std::vector<std::string> got, dropped;  // who is left at the end is dropped
  std::shared_ptr<HandshakeTurns> turns =
      std::make_shared<HandshakeTurns>(executor, HandshakeLimits{.percent = 25, .waiting = 4});

  void come(const std::string& origin, const std::string& name, HandshakeStep step = HandshakeStep::first) {
    spawn(wait(origin, name, step));
  }
  void comeBack(const std::string& origin, const std::string& name) { come(origin, name, HandshakeStep::further); }
  Task<void> wait(std::string origin, std::string name, HandshakeStep step) {
    bool mine = co_await turns->take(origin, step);
    (mine ? got : dropped).push_back(name);
  }
};

TEST_F(HandshakeTurnsTest, NobodyWaitsWhereNobodyIs) {
  come("a", "a1");
  EXPECT_EQ(got, std::vector<std::string>{"a1"});
  come("a", "a2");
  EXPECT_EQ(got.size(), 1u) << "one at a time";
  turns->giveBack(0);
  EXPECT_EQ(got.back(), "a2");
}

TEST_F(HandshakeTurnsTest, TakesNoMoreThanItsPartOfTheTime) {
  come("a", "a1");
  come("a", "a2");
  turns->giveBack(std::chrono::nanoseconds(10ms).count());  // a quarter of the time: 30 ms are for others
  executor.advance(29ms);
  EXPECT_EQ(got.size(), 1u);
  executor.advance(1ms);
  EXPECT_EQ(got.size(), 2u);
}

TEST_F(HandshakeTurnsTest, OriginsTakeTurnsAndOfEachTheNewestIsFirst) {
  come("a", "a1");
  come("a", "a2");
  come("a", "a3");
  come("b", "b1");
  come("a", "a4");
  for (int i = 0; i < 4; ++i) turns->giveBack(0);
  EXPECT_EQ(got, (std::vector<std::string>{"a1", "a4", "b1", "a3", "a2"}));
}

TEST_F(HandshakeTurnsTest, WhoAnswersWhatWasComputedForThemPassesTheirOrigin) {
  come("a", "a1");
  comeBack("a", "a0");
  come("a", "a2");
  for (int i = 0; i < 2; ++i) turns->giveBack(0);
  EXPECT_EQ(got, (std::vector<std::string>{"a1", "a0", "a2"}));
}

// Each turn of 1 ms keeps the next from it for 3 ms more.
struct HandshakeTurnsInAFlood : HandshakeTurnsTest {
  void SetUp() override {
    for (const char* origin : {"a", "b", "a", "b"}) {
      come(origin, "flood");
      pass();
    }
    got.clear();
    come("z", "holder");
  }
  void pass() {
    turns->giveBack(std::chrono::nanoseconds(1ms).count());
    executor.advance(3ms);
  }
};

TEST_F(HandshakeTurnsInAFlood, WhoComesNowAndThenPassesByIt) {
  come("a", "a1");
  come("b", "b1");
  come("c", "c1");
  pass();
  EXPECT_EQ(got, (std::vector<std::string>{"holder", "c1"}));
  come("c", "c2");  // less was computed for it still
  pass();
  EXPECT_EQ(got.back(), "c2");
  come("c", "c3");  // as much as for the others, who have waited
  pass();
  EXPECT_EQ(got.back(), "a1");
}

TEST_F(HandshakeTurnsInAFlood, WhatWasComputedForSomebodyWhoIsKnownDoesNotCount) {
  come("a", "a1");
  for (const char* other : {"v", "w", "x", "y"}) {
    come("c", "known");
    pass();
    EXPECT_EQ(got.back(), "known");
    come(other, "other");
    pass();
    turns->forgive("c", std::chrono::nanoseconds(1ms).count());
    EXPECT_EQ(got.back(), "other");
  }
}

TEST_F(HandshakeTurnsInAFlood, AFloodThatIsOverIsForgotten) {
  pass();
  executor.advance(20s);
  come("z", "holder");
  come("a", "a1");
  come("c", "c1");
  pass();
  EXPECT_EQ(got.back(), "a1");
}

TEST_F(HandshakeTurnsTest, WhoHasWaitedLongestWhereMostWaitIsDropped) {
  come("b", "b1");
  for (const char* name : {"a1", "a2", "a3"}) come("a", name);
  come("b", "b2");
  EXPECT_TRUE(dropped.empty());
  come("c", "c1");
  EXPECT_EQ(dropped, std::vector<std::string>{"a1"});
}

TEST_F(HandshakeTurnsTest, AtTheEndEverybodyIsDropped) {
  come("a", "a1");
  come("a", "a2");
  turns->giveBack(std::chrono::nanoseconds(10ms).count());
  turns->close();
  come("a", "a3");
  EXPECT_EQ(dropped, (std::vector<std::string>{"a2", "a3"}));
  executor.advance(1h);
  EXPECT_EQ(got, std::vector<std::string>{"a1"});
}

}  // namespace
}  // namespace cleat::http
