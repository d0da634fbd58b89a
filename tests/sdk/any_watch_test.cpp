// AnyWatch against the fake host: what it tells, and that it keeps nothing.
#include <cleat/sdk/any_watch.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

namespace cleat {
namespace {

using core_v1::Pod;
using Names = std::vector<std::string>;

class WatchTest : public testing::Test {
 protected:
  WatchTest() {
    host.know<Pod>();
    host.put(named("a"));
    plugin.enter([&] {
      AnyWatch::Handlers handlers;
      handlers.put = [this](const AnyRef& object) { told.push_back("+" + std::string(object.name())); };
      handlers.gone = [this](const AnyRef& last) { told.push_back("-" + std::string(last.name())); };
      handlers.restarted = [this] { told.emplace_back("restarted"); };
      handlers.synced = [this] { told.emplace_back("synced"); };
      watch.emplace(plugin->context(), KindOf<Pod>::resource, WatchOptions{.ns = "default"}, std::move(handlers));
      watch->start();
    });
    host.settle();
  }
  void TearDown() override {
    plugin.enter([&] { watch.reset(); });
    plugin.stop();
  }
  static Draft<Pod> named(const char* name) {
    Draft<Pod> pod;
    pod.meta().setName(name);
    pod.meta().setNamespace("default");
    return pod;
  }
  Names takeTold() {
    host.settle();
    return std::exchange(told, {});
  }

  test::FakeHost host;
  test::Started<test::EmptyPlugin> plugin = host.start<test::EmptyPlugin>();
  Names told;
  std::optional<AnyWatch> watch;
};

TEST_F(WatchTest, TellsOfWhatIsThereAndThenOfEveryChange) {
  EXPECT_TRUE(watch->synced());
  EXPECT_EQ(takeTold(), (Names{"+a", "synced"}));
  host.put(named("b"));
  host.change<Pod>("default", "a", [](Pod::Builder pod) { pod.initSpec().setHostname("x"); });
  host.remove<Pod>("default", "b");
  EXPECT_EQ(takeTold(), (Names{"+b", "+a", "-b"}));
  EXPECT_EQ(host.heldObjects(), 0u);
}

TEST_F(WatchTest, BeginsAgainWhenHistoryIsLost) {
  takeTold();
  host.put(named("b"));
  host.loseHistory();
  EXPECT_EQ(takeTold(), (Names{"restarted", "+a", "+b", "synced"}));
}

}  // namespace
}  // namespace cleat
