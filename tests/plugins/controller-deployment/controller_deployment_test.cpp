#include <cleat/schema/bus.methods.h>
#include <cleat/sdk/kinds/apps_v1.h>
#include <gtest/gtest.h>

#include "plugins/controller-deployment/sizing.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat::deployment {
namespace {

using apps_v1::Deployment;
using apps_v1::ReplicaSet;
using core_v1::Pod;

class DeploymentTest : public testing::Test {
 protected:
  DeploymentTest() {
    host.know<Deployment>();
    host.know<ReplicaSet>();
    host.know<Pod>();
    host.know<core_v1::Event>();
    // The only patch that it sends: the deployment's revision.
    host.onCall(wire::cluster::patch, [this](wire::PatchParams::Reader params, wire::ObjectResults::Builder) {
      const std::string body = str(params.getBody());
      const size_t end = body.rfind('"'), begin = body.rfind('"', end - 1) + 1;
      host.change<Deployment>("default", view(params.getRef().getName()), [&](auto deployment) {
        setAnnotation(deployment.getMetadata(), "deployment.kubernetes.io/revision", body.substr(begin, end - begin));
      });
      return Result<void>();
    });
    plugin.emplace(host.start(cleat_plugin_v1()));
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  Draft<Deployment> make(const char* image, int replicas) {
    auto draft = test::named<Deployment>("default", "web");
    draft->initSpec().initReplicas().setValue(replicas);
    test::fillMap(draft->getSpec().initSelector().initMatchLabels(1), {{"app", "web"}});
    auto pattern = draft->getSpec().initTemplate();
    test::setLabels(pattern.initMetadata(), {{"app", "web"}});
    pattern.initSpec().initContainers(1)[0].setImage(image);
    return draft;
  }
  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(DeploymentTest, MakesAReplicaSetOfItsTemplate) {
  host.put(make("web:1", 3));
  host.settle();
  auto sets = host.list<ReplicaSet>();
  ASSERT_EQ(sets.size(), 1u);
  EXPECT_EQ(sets[0]->getSpec().getReplicas().getValue(), 3);
  EXPECT_TRUE(sets[0].name().starts_with("web-"));
  EXPECT_TRUE(label(sets[0].meta(), "pod-template-hash"));
  EXPECT_EQ(annotation(sets[0].meta(), "deployment.kubernetes.io/revision"), "1");
  EXPECT_EQ(annotation(host.get<Deployment>("default", "web").meta(), "deployment.kubernetes.io/revision"), "1");
}

TEST_F(DeploymentTest, TakesAMatchingSetInsteadOfMakingAnother) {
  auto set = test::named<ReplicaSet>("default", "older", {{"app", "web"}});
  auto original = make("web:1", 2);
  set->initSpec().setTemplate(original.reader().getSpec().getTemplate());
  set->getSpec().initReplicas().setValue(2);
  host.put(std::move(set));
  host.put(std::move(original));
  host.settle();
  EXPECT_EQ(host.list<ReplicaSet>().size(), 1u);
  auto owner = controllerOf(host.get<ReplicaSet>("default", "older").meta());
  ASSERT_TRUE(owner);
  EXPECT_EQ(view(owner->getName()), "web");
}

TEST_F(DeploymentTest, LetsASetGoThatDoesNotMatchAnyMore) {
  host.put(make("web:1", 0));
  host.settle();
  const std::string name = str(host.list<ReplicaSet>().at(0).name());
  host.change<ReplicaSet>("default", name, [](auto set) { test::setLabels(set.getMetadata(), {{"app", "other"}}); });
  host.settle();
  EXPECT_FALSE(controllerOf(host.get<ReplicaSet>("default", name).meta()));
  // Its name stays taken, so the new one gets another.
  EXPECT_EQ(valueOr(host.get<Deployment>("default", "web")->getStatus().getCollisionCount(), 0), 1);
  EXPECT_EQ(host.list<ReplicaSet>().size(), 2u);
}

TEST_F(DeploymentTest, AnEmptyStructThatIsHeldByValueIsNoOtherTemplate) {
  host.put(make("web:1", 1));
  host.settle();
  host.change<Deployment>("default", "web", [](auto deployment) {
    deployment.getSpec().getTemplate().getSpec().getContainers()[0].initResources();
  });
  host.settle();
  EXPECT_EQ(host.list<ReplicaSet>().size(), 1u);
}

TEST_F(DeploymentTest, ASetThatIsRolledBackToRemembersItsRevisions) {
  auto rollTo = [&](const char* image) {
    host.change<Deployment>("default", "web", [&](auto deployment) {
      deployment.getSpec().getTemplate().getSpec().getContainers()[0].setImage(image);
    });
    host.settle();
  };
  host.put(make("web:1", 0));
  host.settle();
  const std::string first = str(host.list<ReplicaSet>().at(0).name());
  rollTo("web:2");
  rollTo("web:1");
  EXPECT_EQ(annotation(host.get<ReplicaSet>("default", first).meta(), "deployment.kubernetes.io/revision"), "3");
  EXPECT_EQ(annotation(host.get<ReplicaSet>("default", first).meta(), "deployment.kubernetes.io/revision-history"),
            "1");
  rollTo("web:2");
  rollTo("web:1");
  EXPECT_EQ(annotation(host.get<ReplicaSet>("default", first).meta(), "deployment.kubernetes.io/revision-history"),
            "1,3");
  EXPECT_EQ(host.list<ReplicaSet>().size(), 2u);
}

TEST(Sizing, TheNewSetGrowsIntoTheSurge) {
  EXPECT_EQ(nextNewSize(10, {3, 2}, {0, 0}, {{10, 10}}), 3);
  EXPECT_EQ(nextNewSize(10, {3, 2}, {3, 3}, {{8, 8}}), 5);
  EXPECT_EQ(nextNewSize(10, {3, 2}, {3, 0}, {{10, 10}}), 3);
  EXPECT_EQ(nextNewSize(10, {3, 2}, {9, 9}, {}), 10);
  EXPECT_EQ(nextNewSize(5, {1, 1}, {8, 8}, {}), 5);
}

TEST(Sizing, OldSetsShrinkAsFarAsAvailabilityAllows) {
  EXPECT_EQ(nextOldSizes(10, {3, 2}, {3, 0}, {{10, 10}}), std::vector<int64_t>{8});
  EXPECT_EQ(nextOldSizes(10, {0, 1}, {0, 0}, {{10, 10}}), std::vector<int64_t>{9});
  EXPECT_EQ(nextOldSizes(10, {1, 0}, {1, 0}, {{10, 10}}), std::vector<int64_t>{10});
  EXPECT_EQ(nextOldSizes(4, {1, 0}, {1, 1}, {{2, 0}, {4, 4}}), (std::vector<int64_t>{0, 3}));
}

}  // namespace
}  // namespace cleat::deployment
