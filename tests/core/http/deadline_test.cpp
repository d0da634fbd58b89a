#include "core/http/deadline.h"

#include <gtest/gtest.h>

#include "core/base/manual_executor.h"

namespace cleat::http {
namespace {

using namespace std::chrono_literals;

struct DeadlineTest : ::testing::Test {
  base::ManualExecutor executor;
  std::shared_ptr<base::Strand> strand = executor.makeStrand();
  int expired = 0;
  std::shared_ptr<Deadline> deadline = Deadline::make(executor, strand, [this] {
    EXPECT_TRUE(strand->runsHere());
    ++expired;
  });
};

TEST_F(DeadlineTest, CallsOnceOnTheStrandWhenItsTimeHasCome) {
  deadline->set(1s);
  executor.advance(999ms);
  EXPECT_EQ(expired, 0);
  executor.advance(1ms);
  EXPECT_EQ(expired, 1);
  executor.advance(1h);
  EXPECT_EQ(expired, 1);
}

TEST_F(DeadlineTest, MovesLaterAndEarlier) {
  deadline->set(1s);
  executor.advance(500ms);
  deadline->set(1s);
  executor.advance(900ms);
  EXPECT_EQ(expired, 0);
  deadline->set(10ms);
  executor.advance(10ms);
  EXPECT_EQ(expired, 1);
}

TEST_F(DeadlineTest, IsNotHeardOfWhenItWasCleared) {
  deadline->set(1s);
  deadline->clear();
  executor.advance(1h);
  EXPECT_EQ(expired, 0);
  deadline->set(1s);
  deadline->stop();
  EXPECT_EQ(executor.nextTimer(), INT64_MAX);
}

}  // namespace
}  // namespace cleat::http
