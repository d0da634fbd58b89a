// How many volumes of a driver a node takes, and which drivers it must have.
#include <gtest/gtest.h>

#include "tests/plugins/scheduler-default/engine.h"

namespace cleat::scheduling {
namespace {

constexpr const char* kDriver = "csi.example.com";
constexpr const char* kNoPlace = "node(s) exceed max volume count";
constexpr const char* kMissing = "csi.example.com CSI driver is not installed on the node";

class VolumeLimits : public testing::Test {
 protected:
  VolumeLimits() {
    engine.state().setNode(engine.host.put(test::makeNode("a", {{"cpu", "8"}, {"pods", "10"}})));
    auto late = test::named<StorageClass>("", "late");
    late->setProvisioner(kDriver);
    late->setVolumeBindingMode("WaitForFirstConsumer");
    volumes().classes.set(engine.host.put(std::move(late)));
  }
  VolumeState& volumes() { return engine.state().volumes(); }
  void nodeTakes(int32_t count) {
    auto node = test::named<CSINode>("", "a");
    auto driver = node->initSpec().initDrivers(1)[0];
    driver.setName(kDriver);
    driver.initAllocatable().initCount().setValue(count);
    volumes().nodes.set(engine.host.put(std::move(node)));
    ++volumes().version;
  }
  void preventsIfMissing() {
    auto driver = test::named<CSIDriver>("", kDriver);
    driver->initSpec().initPreventPodSchedulingIfMissing().setValue(true);
    volumes().drivers.set(engine.host.put(std::move(driver)));
    ++volumes().version;
  }
  void volume(const std::string& name) {
    auto draft = test::named<PersistentVolume>("", name);
    auto csi = draft->initSpec().initCsi();
    csi.setDriver(kDriver);
    csi.setVolumeHandle(concat("handle-", name));
    volumes().volumes.set(engine.host.put(std::move(draft)));
  }
  void claim(const std::string& name, const char* volume) {
    auto draft = test::named<PersistentVolumeClaim>("default", name);
    auto spec = draft->initSpec();
    spec.setVolumeName(volume);
    spec.setStorageClassName("late");
    draft->initStatus().setPhase(*volume == 0 ? "Pending" : "Bound");
    volumes().claims.set(engine.host.put(std::move(draft)));
    ++volumes().version;
  }
  Object<VolumeAttachment> attached(const std::string& volume) {
    auto draft = test::named<VolumeAttachment>("", concat("attached-", volume));
    auto spec = draft->initSpec();
    spec.setAttacher(kDriver);
    spec.setNodeName("a");
    spec.initSource().setPersistentVolumeName(volume);
    auto made = engine.host.put(std::move(draft));
    volumes().attachments.set(made);
    ++volumes().version;
    return made;
  }
  Object<Pod> podWith(const std::string& name, const std::string& claimName) {
    auto pod = test::makePod(name);
    auto volume = pod->getSpec().initVolumes(1)[0];
    volume.setName("v");
    volume.initPersistentVolumeClaim().setClaimName(claimName);
    return engine.host.put(std::move(pod));
  }
  std::string whyNot(const std::string& claimName) {
    return engine.reasons(podWith(concat("for-", claimName), claimName)).at("a");
  }

  Engine engine;
};

TEST_F(VolumeLimits, AVolumeThatIsToBeMadeTakesAPlace) {
  nodeTakes(1);
  claim("one", "");
  claim("two", "");
  EXPECT_EQ(whyNot("one"), "");
  engine.state().setPod(podWith("first", "one"), "a");
  EXPECT_EQ(whyNot("one"), "") << "it is the same volume";
  EXPECT_EQ(whyNot("two"), kNoPlace);
}

TEST_F(VolumeLimits, WhatIsAttachedAndNobodyUsesTakesAPlace) {
  nodeTakes(2);
  for (const char* name : {"old", "used", "new"}) {
    volume(name);
    claim(name, name);
  }
  engine.state().setPod(podWith("user", "used"), "a");
  attached("used");
  EXPECT_EQ(whyNot("new"), "") << "what a pod uses counts once";
  const auto old = attached("old");
  EXPECT_EQ(whyNot("new"), kNoPlace);
  EXPECT_EQ(whyNot("used"), "") << "it needs no place of its own";
  volumes().attachments.erase(old.key());
  ++volumes().version;
  EXPECT_EQ(whyNot("new"), "");
}

TEST_F(VolumeLimits, ADriverMayKeepPodsFromNodesWithoutIt) {
  claim("one", "");
  EXPECT_EQ(whyNot("one"), "") << "nobody says that the driver is missed";
  preventsIfMissing();
  EXPECT_EQ(whyNot("one"), kMissing);
  nodeTakes(1);
  EXPECT_EQ(whyNot("one"), "");
}

// Of a driver that reports how much it has left.
class Capacities : public VolumeLimits {
 protected:
  Capacities() {
    for (const char* name : {"a", "b"}) {
      const test::Pairs labels = {{"host", name}, {"zone", "north"}};
      engine.state().setNode(engine.host.put(test::makeNode(name, {{"cpu", "8"}, {"pods", "10"}}, labels)));
    }
    auto driver = test::named<CSIDriver>("", kDriver);
    driver->initSpec().initStorageCapacity().setValue(true);
    volumes().drivers.set(engine.host.put(std::move(driver)));
    auto draft = test::named<PersistentVolumeClaim>("default", "data");
    auto spec = draft->initSpec();
    spec.setStorageClassName("late");
    test::fillMap(spec.initResources().initRequests(1), {{"storage", "2Gi"}});
    volumes().claims.set(engine.host.put(std::move(draft)));
    pod = podWith("web", "data");
  }
  void capacity(const char* name, const char* left, const char* largest, const test::Pairs& nodes,
                const char* storageClass = "late") {
    auto draft = test::named<CSIStorageCapacity>("kube-system", name);
    draft->setStorageClassName(storageClass);
    draft->setCapacity(left);
    draft->setMaximumVolumeSize(largest);
    test::fillMap(draft->initNodeTopology().initMatchLabels(static_cast<uint32_t>(nodes.size())), nodes);
    volumes().capacities.set(engine.host.put(std::move(draft)));
    ++volumes().version;
  }
  std::map<std::string, std::string> reasons() { return engine.reasons(pod); }
  static std::map<std::string, std::string> said(const char* ofA, const char* ofB) { return {{"a", ofA}, {"b", ofB}}; }

  static constexpr const char* kNoSpace = "node(s) did not have enough free storage";
  Object<Pod> pod;
};

TEST_F(Capacities, AVolumeIsMadeWhereThereIsEnoughForIt) {
  EXPECT_EQ(reasons(), said(kNoSpace, kNoSpace)) << "nothing is known yet";
  capacity("of-a", "1Gi", "", {{"host", "a"}});
  capacity("of-b", "2Gi", "", {{"host", "b"}});
  EXPECT_EQ(reasons(), said(kNoSpace, ""));
  capacity("of-a", "4Gi", "1Gi", {{"host", "a"}});
  EXPECT_EQ(reasons(), said(kNoSpace, "")) << "as no volume may be so large";
  capacity("of-a", "1Gi", "4Gi", {{"host", "a"}});
  EXPECT_EQ(reasons(), said("", "")) << "what may be made counts first";
  volumes().capacities.erase("kube-system/of-b");
  ++volumes().version;
  EXPECT_EQ(reasons(), said("", kNoSpace));
  capacity("of-a", "4Gi", "", {{"host", "a"}}, "another");
  EXPECT_EQ(reasons(), said(kNoSpace, kNoSpace)) << "it is another class's";
  capacity("of-a", "4Gi", "", {});
  EXPECT_EQ(reasons(), said("", "")) << "all nodes have it";
  capacity("of-a", "4Gi", "", {{"host", "b"}, {"zone", "south"}});
  EXPECT_EQ(reasons(), said(kNoSpace, kNoSpace)) << "no node is both";
}

}  // namespace
}  // namespace cleat::scheduling
