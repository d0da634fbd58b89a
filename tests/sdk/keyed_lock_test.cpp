#include <cleat/sdk/keyed_lock.h>
#include <cleat/sdk/testkit.h>

#include <gtest/gtest.h>

namespace cleat {
namespace {

class Turns : public Plugin {
 public:
  using Plugin::Plugin;
  Task<Result<void>> start() override { co_return Result<void>(); }

  Task<void> work(std::string key, std::string name) {
    auto turn = co_await locks.lock(key);
    order += name + "(";
    co_await context().sleep(std::chrono::seconds(1));
    order += ")";
  }
  KeyedLock locks{context()};
  std::string order;
};

TEST(KeyedLockTest, OneKeyIsTakenInTurnsAndAnotherMeanwhile) {
  test::FakeHost host;
  auto plugin = host.start<Turns>();
  host.settle();
  for (const char* name : {"a", "b", "c"}) spawn(plugin->work("x", name));
  spawn(plugin->work("y", "other"));
  host.settle();
  EXPECT_EQ(plugin->order, "a(other(");
  host.advance(std::chrono::seconds(5));
  EXPECT_EQ(plugin->order, "a(other()b())c()") << "first come, first served";
}

}  // namespace
}  // namespace cleat
