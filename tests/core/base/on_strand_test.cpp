#include "core/base/on_strand.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "core/base/manual_executor.h"

namespace cleat::base {
namespace {

Task<std::string> waitFor(Completion<bool> done) {
  bool good = co_await done;
  if (!good) throw std::runtime_error("it went wrong");
  co_return "done";
}

struct OnStrandTest : ::testing::Test {
  ManualExecutor executor;
  std::unique_ptr<Strand> strand = executor.makeStrand();
  Completion<bool> elsewhere;
  std::string seen;

  Task<void> note() {
    std::string text;
    try {
      text = co_await onStrand(*strand, waitFor(elsewhere));
    } catch (const std::exception& error) {
      text = error.what();
    }
    seen = text + (strand->runsHere() ? " on the strand" : " elsewhere");
  }
  void begin() {
    strand->post([this] { spawn(note()); });
    executor.runUntilIdle();
  }
};

TEST_F(OnStrandTest, GoesOnOnTheStrandWhereverTheTaskWasCompleted) {
  begin();
  elsewhere.complete(true);
  EXPECT_EQ(seen, "");
  executor.runUntilIdle();
  EXPECT_EQ(seen, "done on the strand");
}

TEST_F(OnStrandTest, AFailureArrivesOnTheStrandToo) {
  begin();
  elsewhere.complete(false);
  EXPECT_EQ(seen, "");
  executor.runUntilIdle();
  EXPECT_EQ(seen, "it went wrong on the strand");
}

TEST_F(OnStrandTest, WhatIsCompletedOnTheStrandGoesOnAtOnce) {
  begin();
  strand->post([this] {
    elsewhere.complete(true);
    EXPECT_EQ(seen, "done on the strand");
  });
  executor.runUntilIdle();
  EXPECT_EQ(seen, "done on the strand");
}

}  // namespace
}  // namespace cleat::base
