#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <gtest/gtest.h>

namespace cleat {
namespace {

using core_v1::Pod;
using core_v1::PodCondition;

TEST(Labels, StaySortedWhenSetAndRemoved) {
  Draft<Pod> pod;
  auto meta = pod->initMetadata();
  EXPECT_TRUE(setLabel(meta, "tier", "front"));
  EXPECT_TRUE(setLabel(meta, "app", "web"));
  EXPECT_FALSE(setLabel(meta, "app", "web"));
  ASSERT_EQ(meta.getLabels().size(), 2u);
  EXPECT_EQ(view(meta.asReader().getLabels()[0].getKey()), "app");
  EXPECT_EQ(label(meta.asReader(), "tier"), "front");
  EXPECT_TRUE(setLabel(meta, "app", "api"));
  EXPECT_EQ(label(meta.asReader(), "app"), "api");
  EXPECT_TRUE(setLabel(meta, "app", std::nullopt));
  EXPECT_EQ(label(meta.asReader(), "app"), std::nullopt);
  EXPECT_FALSE(setLabel(meta, "app", std::nullopt));
  EXPECT_TRUE(setAnnotation(meta, "note", ""));
  EXPECT_EQ(annotation(meta.asReader(), "note"), "");
}

TEST(Labels, AreASubsetWhenEveryEntryIsThere) {
  Draft<Pod> small, large;
  setLabel(small->initMetadata(), "app", "web");
  setLabel(large->initMetadata(), "app", "web");
  EXPECT_TRUE(isSubset(small.reader().getMetadata().getLabels(), large.reader().getMetadata().getLabels()));
  setLabel(small->getMetadata(), "tier", "front");
  EXPECT_FALSE(isSubset(small.reader().getMetadata().getLabels(), large.reader().getMetadata().getLabels()));
}

TEST(Boxes, TellZeroFromAbsent) {
  Draft<apps_v1::ReplicaSet> set;
  set->initSpec();
  EXPECT_EQ(valueOr(set.reader().getSpec().getReplicas(), 1), 1);
  set->getSpec().initReplicas().setValue(0);
  EXPECT_EQ(valueOr(set.reader().getSpec().getReplicas(), 1), 0);
  Object<apps_v1::ReplicaSet> frozen = std::move(set).freeze();
  EXPECT_TRUE(isSet(frozen->getSpec().getReplicas()));
  EXPECT_EQ(valueOr(frozen->getSpec().getReplicas(), 1), 0);
  // A copy of a copy still tells them apart.
  Draft<apps_v1::ReplicaSet> copy(frozen);
  EXPECT_EQ(valueOr(copy.reader().getSpec().getReplicas(), 1), 0);
}

TEST(Conditions, KeepTheTimeOfTheLastTransition) {
  Draft<Pod> pod;
  auto status = pod->initStatus();
  EXPECT_TRUE(setCondition<PodCondition>(status, {"Ready", "False", "Starting", "", "t1"}));
  EXPECT_TRUE(setCondition<PodCondition>(status, {"Initialized", "True", "", "", "t1"}));
  EXPECT_FALSE(setCondition<PodCondition>(status, {"Ready", "False", "Starting", "", "t2"}));
  EXPECT_TRUE(setCondition<PodCondition>(status, {"Ready", "False", "Failing", "", "t2"}));
  auto conditions = status.asReader().getConditions();
  ASSERT_EQ(conditions.size(), 2u);
  EXPECT_EQ(view(findCondition(conditions, "Ready")->getLastTransitionTime()), "t1");
  EXPECT_TRUE(setCondition<PodCondition>(status, {"Ready", "True", "", "", "t3"}));
  EXPECT_EQ(view(findCondition(status.asReader().getConditions(), "Ready")->getLastTransitionTime()), "t3");
  EXPECT_TRUE(conditionIs(status.asReader().getConditions(), "Ready", "True"));
  EXPECT_FALSE(conditionIs(status.asReader().getConditions(), "Absent", "True"));
}

TEST(Owners, TheControllerIsTheOneThatSaysSo) {
  Draft<apps_v1::ReplicaSet> owner;
  owner->initMetadata().setName("web-1");
  owner->getMetadata().setUid("u1");
  Object<apps_v1::ReplicaSet> set = std::move(owner).freeze();
  Draft<Pod> pod;
  auto meta = pod->initMetadata();
  auto other = meta.initOwnerReferences(1)[0];
  other.setUid("u0");
  other.setKind("Job");
  EXPECT_FALSE(controllerOf(meta.asReader()));
  setController(meta, set);
  setController(meta, set);
  ASSERT_EQ(meta.getOwnerReferences().size(), 2u);
  auto controller = controllerOf(meta.asReader());
  ASSERT_TRUE(controller);
  EXPECT_EQ(view(controller->getKind()), "ReplicaSet");
  EXPECT_EQ(view(controller->getApiVersion()), "apps/v1");
  EXPECT_EQ(view(controller->getName()), "web-1");
  EXPECT_TRUE(controller->getBlockOwnerDeletion().getValue());
  EXPECT_TRUE(isControlledBy(meta.asReader(), "u1"));
  EXPECT_FALSE(isControlledBy(meta.asReader(), "u0"));
}

TEST(Finalizers, AreASet) {
  Draft<Pod> pod;
  auto meta = pod->initMetadata();
  EXPECT_TRUE(addFinalizer(meta, "example.com/a"));
  EXPECT_FALSE(addFinalizer(meta, "example.com/a"));
  EXPECT_TRUE(addFinalizer(meta, "example.com/b"));
  EXPECT_TRUE(removeFinalizer(meta, "example.com/a"));
  EXPECT_FALSE(removeFinalizer(meta, "example.com/a"));
  EXPECT_TRUE(hasFinalizer(meta.asReader(), "example.com/b"));
  EXPECT_FALSE(deletionPending(meta.asReader()));
}

}  // namespace
}  // namespace cleat
