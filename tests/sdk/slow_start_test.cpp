#include <cleat/sdk/slow_start.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

#include <optional>

namespace cleat {
namespace {

using namespace std::chrono_literals;

// Each creation takes a second.
class Making : public Plugin {
 public:
  using Plugin::Plugin;
  Task<Result<void>> start() override { co_return Result<void>(); }

  Task<void> make(size_t count) {
    result = co_await slowStart(count, [this](size_t index) { return makeOne(index); });
  }
  Task<Result<void>> makeOne(size_t index) {
    begun = index + 1;
    co_await context().sleep(1s);
    if (index >= refusedFrom) co_return fail(refusal);
    co_return Result<void>();
  }
  size_t begun = 0, refusedFrom = 1000;
  Status refusal = Status::forbidden("exceeded quota: q");
  std::optional<Result<void>> result;
};

class SlowStartTest : public testing::Test {
 protected:
  // How many have been begun, second by second, until all is over.
  std::vector<size_t> begun(size_t count) {
    spawn(plugin->make(count));
    host.settle();
    std::vector<size_t> all{plugin->begun};
    while (!plugin->result) {
      host.advance(1s);
      if (plugin->begun != all.back()) all.push_back(plugin->begun);
    }
    return all;
  }
  test::FakeHost host;
  test::Started<Making> plugin = host.start<Making>();
};

TEST_F(SlowStartTest, EachThatSucceedsMakesRoomForTwo) {
  EXPECT_EQ(begun(12), (std::vector<size_t>{1, 3, 7, 12}));
  EXPECT_TRUE(*plugin->result);
}

TEST_F(SlowStartTest, NothingToMakeIsDoneAtOnce) {
  EXPECT_EQ(begun(0), std::vector<size_t>{0});
  EXPECT_TRUE(*plugin->result);
}

TEST_F(SlowStartTest, AfterARefusalNoMoreAreBegunAndTheFirstOneIsTold) {
  plugin->refusedFrom = 1;
  EXPECT_EQ(begun(1000), (std::vector<size_t>{1, 3}));
  ASSERT_FALSE(*plugin->result);
  EXPECT_EQ(plugin->result->error().message, "exceeded quota: q");
}

TEST_F(SlowStartTest, WhereTheNamespaceEndsNothingNeedBeMade) {
  plugin->refusedFrom = 0;
  plugin->refusal.details.causes.push_back({.reason = "NamespaceTerminating", .message = {}, .field = {}});
  EXPECT_EQ(begun(5), std::vector<size_t>{1});
  EXPECT_TRUE(*plugin->result);
}

}  // namespace
}  // namespace cleat
