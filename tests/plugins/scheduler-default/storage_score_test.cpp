// How good nodes are by the storage that is there for claims which wait for a node.
#include <gtest/gtest.h>

#include "plugins/scheduler-default/scores/storage_score.h"
#include "tests/plugins/scheduler-default/engine.h"

namespace cleat::scheduling {
namespace {

class StorageScores : public testing::Test {
 protected:
  StorageScores() {
    auto late = test::named<StorageClass>("", "late");
    late->setVolumeBindingMode("WaitForFirstConsumer");
    late->setProvisioner("disks.example.com");
    volumes().classes.set(engine.host.put(std::move(late)));
  }
  VolumeState& volumes() { return engine.state().volumes(); }
  template <class Amounts>
  static void amount(Amounts amounts, const char* size) {
    test::fillMap(amounts, {{"storage", size}});
  }
  void claim(const std::string& name, const char* size) {
    auto draft = test::named<PersistentVolumeClaim>("default", name);
    auto spec = draft->initSpec();
    spec.setStorageClassName("late");
    spec.initAccessModes(1).set(0, "ReadWriteOnce");
    amount(spec.initResources().initRequests(1), size);
    draft->initStatus().setPhase("Pending");
    volumes().claims.set(engine.host.put(std::move(draft)));
  }
  void volume(const std::string& name, const char* size, const char* node) {
    auto draft = test::named<PersistentVolume>("", name);
    auto spec = draft->initSpec();
    spec.setStorageClassName("late");
    spec.initAccessModes(1).set(0, "ReadWriteOnce");
    amount(spec.initCapacity(1), size);
    auto where = spec.initNodeAffinity().initRequired().initNodeSelectorTerms(1)[0].initMatchExpressions(1)[0];
    where.setKey("host");
    where.setOperator("In");
    where.initValues(1).set(0, node);
    draft->initStatus().setPhase("Available");
    volumes().volumes.set(engine.host.put(std::move(draft)));
    ++volumes().version;
  }
  // What the driver has left on the node.
  void left(const char* node, const char* size) {
    auto driver = test::named<CSIDriver>("", "disks.example.com");
    driver->initSpec().initStorageCapacity().setValue(true);
    volumes().drivers.set(engine.host.put(std::move(driver)));
    auto draft = test::named<CSIStorageCapacity>("default", node);
    draft->setStorageClassName("late");
    draft->setCapacity(size);
    test::fillMap(draft->initNodeTopology().initMatchLabels(1), {{"host", node}});
    volumes().capacities.set(engine.host.put(std::move(draft)));
  }
  int64_t score(const char* node, const std::vector<std::string>& claims) {
    auto pod = test::makePod("web");
    pod->getSpec().setSchedulerName("default-scheduler");
    auto mounted = pod->getSpec().initVolumes(static_cast<unsigned>(claims.size()));
    for (unsigned i = 0; i < claims.size(); ++i) {
      mounted[i].setName(claims[i]);
      mounted[i].initPersistentVolumeClaim().setClaimName(claims[i]);
    }
    const ClassRef podClass = engine.state().classes().of(engine.host.put(std::move(pod)));
    const auto object = engine.host.put(test::makeNode(node, {{"cpu", "1"}}, {{"host", node}}));
    const std::vector<ClaimChoice> choices = chooseVolumes(*podClass, object, engine.state()).choices;
    return storageScore(choices, object, engine.state().volumes());
  }

  Engine engine;
};

TEST_F(StorageScores, AVolumeThatIsThereIsTheBetterTheMoreOfItIsLeft) {
  claim("data", "1Gi");
  volume("small", "2Gi", "a");
  volume("large", "10Gi", "b");
  EXPECT_EQ(score("a", {"data"}), 50);
  EXPECT_EQ(score("b", {"data"}), 90);
  EXPECT_EQ(score("c", {"data"}), 0) << "one would be made there, and nobody knows of how much";
}

TEST_F(StorageScores, WhatADriverHasLeftCountsWhereVolumesAreMade) {
  claim("data", "1Gi");
  claim("more", "1Gi");
  left("a", "4Gi");
  left("b", "2Gi");
  EXPECT_EQ(score("a", {"data"}), 75);
  EXPECT_EQ(score("b", {"data"}), 50);
  EXPECT_EQ(score("a", {"data", "more"}), 50) << "it is there once for both";
  EXPECT_EQ(score("b", {"data", "more"}), 0);
}

TEST_F(StorageScores, WhatIsThereGoesBeforeWhatIsMade) {
  claim("data", "1Gi");
  claim("more", "3Gi");
  volume("small", "2Gi", "a");
  left("a", "100Gi");
  EXPECT_EQ(score("a", {"data", "more"}), 50);
}

TEST_F(StorageScores, NothingWaitsWithoutClaims) { EXPECT_EQ(score("a", {}), 0); }

}  // namespace
}  // namespace cleat::scheduling
