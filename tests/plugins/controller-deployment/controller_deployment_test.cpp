#include <cleat/sdk/kinds/apps_v1.h>
#include <gtest/gtest.h>

#include <functional>
#include <utility>

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
  void change(std::function<void(apps_v1::DeploymentSpec::Builder)> edit) {
    host.change<Deployment>("default", "web", [&](auto deployment) { edit(deployment.getSpec()); });
    host.settle();
  }
  void rollTo(const char* image) {
    change([&](auto spec) { spec.getTemplate().getSpec().getContainers()[0].setImage(image); });
  }
  // As the replica sets' controller and the nodes would bring it about: every set has the pods that it asks for.
  void bringUp() {
    for (int round = 0; round < 20; ++round) {
      for (const auto& set : host.list<ReplicaSet>()) {
        host.change<ReplicaSet>("default", set.name(), [](ReplicaSet::Builder changed) {
          const int32_t wanted = changed.getSpec().getReplicas().getValue();
          auto status = changed.getStatus();
          status.setReplicas(wanted);
          status.setReadyReplicas(wanted);
          status.setAvailableReplicas(wanted);
          status.setObservedGeneration(changed.getMetadata().getGeneration());
        });
      }
      host.settle();
    }
  }
  std::string progressing() {
    auto deployment = host.get<Deployment>("default", "web");
    auto condition = findCondition(deployment->getStatus().getConditions(), "Progressing");
    return condition ? concat(condition->getStatus(), " ", condition->getReason()) : "";
  }
  int wanted(const char* image) {
    for (const auto& set : host.list<ReplicaSet>()) {
      if (view(set->getSpec().getTemplate().getSpec().getContainers()[0].getImage()) == image)
        return set->getSpec().getReplicas().getValue();
    }
    return -1;
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
  // Its name stays taken, so the new one gets another at the next try.
  host.advance(std::chrono::milliseconds(10));
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

TEST_F(DeploymentTest, ANewTemplateAfterALongTimeHasItsWholeTime) {
  auto draft = make("web:1", 3);
  draft->getSpec().initProgressDeadlineSeconds().setValue(600);
  host.put(std::move(draft));
  host.settle();
  EXPECT_EQ(progressing(), "True NewReplicaSetCreated");
  bringUp();
  EXPECT_EQ(progressing(), "True NewReplicaSetAvailable");
  host.advance(std::chrono::hours(1));
  rollTo("web:2");
  EXPECT_EQ(progressing(), "True NewReplicaSetCreated");
  auto told = host.get<Deployment>("default", "web");
  EXPECT_EQ(told->getStatus().getObservedGeneration(), told.meta().getGeneration());
  host.advance(std::chrono::seconds(599));
  EXPECT_EQ(progressing(), "True NewReplicaSetCreated");
  host.advance(std::chrono::seconds(5));
  EXPECT_EQ(progressing(), "False ProgressDeadlineExceeded");
  bringUp();
  EXPECT_EQ(progressing(), "True NewReplicaSetAvailable");
  // Back to a set that is there: nothing is made, and nothing has been heard of it for an hour.
  host.advance(std::chrono::hours(1));
  rollTo("web:1");
  EXPECT_EQ(progressing(), "True NewReplicaSetAvailable");
  bringUp();
  EXPECT_EQ(wanted("web:1"), 3);
  EXPECT_EQ(progressing(), "True NewReplicaSetAvailable");
}

TEST_F(DeploymentTest, APauseDoesNotUseUpTheTime) {
  auto draft = make("web:1", 3);
  draft->getSpec().initProgressDeadlineSeconds().setValue(600);
  host.put(std::move(draft));
  host.settle();
  bringUp();
  rollTo("web:2");
  change([](auto spec) { spec.setPaused(true); });
  EXPECT_EQ(progressing(), "Unknown DeploymentPaused");
  host.advance(std::chrono::hours(1));
  EXPECT_EQ(progressing(), "Unknown DeploymentPaused");
  change([](auto spec) { spec.setPaused(false); });
  EXPECT_EQ(progressing(), "Unknown DeploymentResumed");
  host.advance(std::chrono::seconds(599));
  EXPECT_EQ(progressing(), "Unknown DeploymentResumed");
  host.advance(std::chrono::seconds(5));
  EXPECT_EQ(progressing(), "False ProgressDeadlineExceeded");
  change([](auto spec) { spec.setPaused(true); });
  EXPECT_EQ(progressing(), "False ProgressDeadlineExceeded") << "a pause hides what has failed";
}

TEST_F(DeploymentTest, WhatSomebodyElseWritesIntoTheStatusMeanwhileStays) {
  host.put(make("web:1", 3));
  bool once = true;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    if (verb != "update/status" || !std::exchange(once, false)) return {};
    host.change<Deployment>("default", "web", [](auto deployment) {
      setCondition<apps_v1::DeploymentCondition>(deployment.initStatus(), {"Foreign", "True", "Other", "else", ""});
    });
    return {};
  });
  host.settle();
  auto found = host.get<Deployment>("default", "web");
  EXPECT_TRUE(findCondition(found->getStatus().getConditions(), "Foreign"));
  EXPECT_TRUE(findCondition(found->getStatus().getConditions(), "Available"));
}

TEST_F(DeploymentTest, ADeploymentThatIsBeingDeletedTakesNoSets) {
  // It is, but the informer does not know yet: only who asks is told.
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "get" && resource.starts_with("deployments")) return fail(Status::notFound("deployments.apps", "web"));
    return {};
  });
  host.put(make("web:1", 2));
  auto set = test::named<ReplicaSet>("default", "older", {{"app", "web"}});
  auto original = make("web:1", 2);
  set->initSpec().setTemplate(original.reader().getSpec().getTemplate());
  host.put(std::move(set));
  host.settle();
  EXPECT_FALSE(controllerOf(host.get<ReplicaSet>("default", "older").meta()));
}

TEST_F(DeploymentTest, ASetThatMayNotBeMadeIsToldOnce) {
  bool refuses = true;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (refuses && verb == "create" && resource.starts_with("replicasets"))
      return fail(Status::forbidden("replicasets.apps is forbidden: no"));
    return {};
  });
  auto draft = make("web:1", 2);
  draft->getSpec().initProgressDeadlineSeconds().setValue(600);
  host.put(std::move(draft));
  host.settle();
  EXPECT_EQ(progressing(), "False ReplicaSetCreateError");
  const size_t writes = test::countRequests(host, "update/status deployments");
  host.advance(std::chrono::seconds(30));
  EXPECT_EQ(test::countRequests(host, "update/status deployments"), writes);
  refuses = false;
  host.advance(std::chrono::minutes(5));
  bringUp();
  EXPECT_EQ(progressing(), "True NewReplicaSetAvailable");
}

TEST_F(DeploymentTest, ScaledInTheMiddleOfARolloutTheSetsKeepTheirShares) {
  host.put(make("web:1", 10));
  host.settle();
  bringUp();
  rollTo("web:2");  // surge 3, 2 may be unavailable: 8 and 5
  ASSERT_EQ(wanted("web:1"), 8);
  ASSERT_EQ(wanted("web:2"), 5);
  change([](auto spec) { spec.initReplicas().setValue(20); });
  EXPECT_EQ(wanted("web:1"), 15);  // of 25: 8·25/13 = 15.4, 5·25/13 = 9.6
  EXPECT_EQ(wanted("web:2"), 10);
  for (const auto& set : host.list<ReplicaSet>()) {
    EXPECT_EQ(annotation(set.meta(), "deployment.kubernetes.io/desired-replicas"), "20");
    EXPECT_EQ(annotation(set.meta(), "deployment.kubernetes.io/max-replicas"), "25");
  }
}

TEST_F(DeploymentTest, ASetThatTellsOfThePodsThatItHadBeforeCountsNoMoreThanItKeeps) {
  host.put(make("web:1", 10));
  host.settle();
  bringUp();
  rollTo("web:2");
  change([](auto spec) { spec.initReplicas().setValue(4); });  // 5 in all: 3 and 2; 3 have to be available
  host.advance(std::chrono::seconds(1));
  EXPECT_EQ(wanted("web:1"), 3) << "its status says 10";
  EXPECT_EQ(wanted("web:2"), 2);
}

TEST_F(DeploymentTest, ScaledWhileItIsPausedToo) {
  host.put(make("web:1", 10));
  host.settle();
  bringUp();
  rollTo("web:2");
  change([](auto spec) { spec.setPaused(true); });
  change([](auto spec) { spec.initReplicas().setValue(20); });
  EXPECT_EQ(wanted("web:1"), 15);
  EXPECT_EQ(wanted("web:2"), 10);
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

using Sizes = std::vector<int64_t>;

TEST(Sizing, ScalingSharesByWhatEachSetHadOfAll) {
  // 30 of 33 and 3 of 33 pods; now 66 may be.
  EXPECT_EQ(proportionalSizes(60, 6, 33, {{30, 33}, {3, 33}}), (Sizes{60, 6}));
  EXPECT_EQ(proportionalSizes(20, 2, 33, {{30, 33}, {3, 33}}), (Sizes{20, 2}));
  EXPECT_EQ(proportionalSizes(0, 0, 33, {{30, 33}, {3, 33}}), (Sizes{0, 0}));
  EXPECT_EQ(proportionalSizes(30, 3, 33, {{30, 33}, {3, 33}}), (Sizes{30, 3})) << "there is nothing to share";
}

TEST(Sizing, AmongSetsOfOneSizeTheNewerGrowsAndTheOlderShrinks) {
  EXPECT_EQ(proportionalSizes(11, 0, 10, {{5, 10}, {5, 10}}), (Sizes{5, 6}));
  EXPECT_EQ(proportionalSizes(9, 0, 10, {{5, 10}, {5, 10}}), (Sizes{4, 5}));
  EXPECT_EQ(proportionalSizes(5, 0, 4, {{1, 4}, {1, 4}, {1, 4}, {1, 4}}), (Sizes{1, 1, 1, 2}));
}

TEST(Sizing, WhatRoundingLeavesIsTheLargestOnes) {
  EXPECT_EQ(proportionalSizes(8, 0, 5, {{1, 5}, {3, 5}, {1, 5}}), (Sizes{1, 5, 2}));
  EXPECT_EQ(proportionalSizes(3, 0, 5, {{1, 5}, {3, 5}, {1, 5}}), (Sizes{1, 1, 1}));
}

TEST(Sizing, ASetThatDoesNotKnowWhatThereWasTakesWhatThereIs) {
  EXPECT_EQ(proportionalSizes(20, 0, 10, {{6, 0}, {4, 0}}), (Sizes{12, 8}));
  EXPECT_EQ(proportionalSizes(20, 0, 0, {{6, 0}, {4, 0}}), (Sizes{16, 4})) << "no pod is there: the first takes it all";
}

}  // namespace
}  // namespace cleat::deployment
