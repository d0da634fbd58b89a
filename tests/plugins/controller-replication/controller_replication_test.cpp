// What a ReplicationController adds to a ReplicaSet: its kind. Everything else is tested with controller-replicaset.
#include <cleat/sdk/kinds/core_v1_replication.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::Event;
using core_v1::Pod;
using core_v1::ReplicationController;

class ReplicationTest : public testing::Test {
 protected:
  ReplicationTest() {
    host.know<ReplicationController>();
    host.know<Event>();
    host.deletesGracefully<Pod>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  void put(int replicas) {
    auto set = test::named<ReplicationController>("default", "web");
    set->initSpec().initReplicas().setValue(replicas);
    test::fillMap(set->getSpec().initSelector(1), {{"app", "web"}});
    auto pattern = set->getSpec().initTemplate();
    test::setLabels(pattern.initMetadata(), {{"app", "web"}});
    pattern.initSpec().initContainers(1)[0].setImage("busybox");
    host.put(std::move(set));
    host.settle();
  }
  Object<ReplicationController> web() { return host.get<ReplicationController>("default", "web"); }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(ReplicationTest, MakesPodsThatItControls) {
  put(2);
  auto made = host.list<Pod>();
  ASSERT_EQ(made.size(), 2u);
  auto owner = controllerOf(made[0].meta());
  ASSERT_TRUE(owner);
  EXPECT_EQ(view(owner->getApiVersion()), "v1");
  EXPECT_EQ(view(owner->getKind()), "ReplicationController");
  EXPECT_EQ(web()->getStatus().getReplicas(), 2);
  EXPECT_EQ(web()->getStatus().getFullyLabeledReplicas(), 2);
  EXPECT_EQ(view(host.list<Event>()[0]->getSource().getComponent()), "replication-controller");
}

TEST_F(ReplicationTest, TakesOverPodsByItsMapAndLetsThemGo) {
  host.put(test::makePod("stray", {}, {{"app", "web"}}));
  put(1);
  ASSERT_EQ(host.list<Pod>().size(), 1u);
  EXPECT_TRUE(isControlledBy(host.get<Pod>("default", "stray").meta(), web().uid()));
  host.change<Pod>("default", "stray", [](auto pod) { setLabel(pod.getMetadata(), "app", "debug"); });
  host.settle();
  EXPECT_FALSE(controllerOf(host.get<Pod>("default", "stray").meta()));
  EXPECT_EQ(host.list<Pod>().size(), 2u);
}

TEST_F(ReplicationTest, SaysThatPodsCannotBeMadeUntilTheyCan) {
  bool refuse = true;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (refuse && verb == "create" && resource == "pods")
      return fail(Status::forbidden("exceeded quota: condition-test"));
    return {};
  });
  put(3);
  auto condition = findCondition(web()->getStatus().getConditions(), "ReplicaFailure");
  ASSERT_TRUE(condition);
  EXPECT_EQ(view(condition->getReason()), "FailedCreate");
  refuse = false;
  host.advance(std::chrono::minutes(1));
  EXPECT_EQ(host.list<Pod>().size(), 3u);
  EXPECT_FALSE(findCondition(web()->getStatus().getConditions(), "ReplicaFailure"));
}

}  // namespace
}  // namespace cleat
