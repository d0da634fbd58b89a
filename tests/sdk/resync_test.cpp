#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/resync.h>
#include <cleat/sdk/testkit.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::ConfigMap;
using core_v1::Pod;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// Remembers what it was to look at.
class Looking : public ControllerPlugin {
 public:
  Looking(Context& context, Duration resync) : ControllerPlugin(context, "looking", {.resync = resync}) {}

  std::vector<std::string> take() { return std::exchange(looked_, {}); }

 private:
  Result<void> watch() override {
    controller().watch(pods_);
    controller().watch(maps_, [](const Object<ConfigMap>& map) { return concat(map.key(), "-of-map"); });
    return {};
  }
  Task<Result<Reconciled>> reconcile(std::string key) override {
    looked_.push_back(std::move(key));
    co_return Reconciled();
  }

  std::vector<std::string> looked_;
  Informer<Pod> pods_{context()};
  Informer<ConfigMap> maps_{context()};
};

class LookingEveryHalfDay : public Looking {
 public:
  explicit LookingEveryHalfDay(Context& context) : Looking(context, kUsualResync) {}
};
class LookingOnce : public Looking {
 public:
  explicit LookingOnce(Context& context) : Looking(context, Duration::zero()) {}
};

template <class K>
Draft<K> named(const char* name) {
  Draft<K> draft;
  draft->initMetadata().setName(name);
  draft->getMetadata().setNamespace("default");
  return draft;
}

TEST(Resync, EverythingThatThereIsIsLookedAtAgain) {
  test::FakeHost host;
  host.put(named<Pod>("a"));
  host.put(named<Pod>("gone"));
  host.put(named<ConfigMap>("m"));
  auto plugin = host.start<LookingEveryHalfDay>();
  host.settle();
  EXPECT_THAT(plugin->take(), UnorderedElementsAre("default/a", "default/gone", "default/m-of-map"));
  host.advance(11h);
  EXPECT_THAT(plugin->take(), IsEmpty());
  host.remove<Pod>("default", "gone");
  host.put(named<Pod>("new"));
  host.settle();
  EXPECT_THAT(plugin->take(), UnorderedElementsAre("default/gone", "default/new"));
  host.advance(1h);
  EXPECT_THAT(plugin->take(), UnorderedElementsAre("default/a", "default/new")) << "not what others are mapped to";
  host.advance(12h);
  EXPECT_THAT(plugin->take(), UnorderedElementsAre("default/a", "default/new")) << "and again";
}

TEST(Resync, WhoeverDoesNotAskForItIsLeftAlone) {
  test::FakeHost host;
  host.put(named<Pod>("a"));
  auto plugin = host.start<LookingOnce>();
  host.settle();
  EXPECT_THAT(plugin->take(), UnorderedElementsAre("default/a"));
  host.advance(1000h);
  EXPECT_THAT(plugin->take(), IsEmpty());
}

}  // namespace
}  // namespace cleat
