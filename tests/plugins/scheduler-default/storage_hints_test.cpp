// Whom a change of storage, or of a node that storage depends on, may help.
#include <gtest/gtest.h>

#include "plugins/scheduler-default/queue/hints.h"
#include "tests/plugins/scheduler-default/engine.h"

namespace cleat::scheduling {
namespace {

constexpr JudgeSet kBinding = bit(Judge::volumeBinding), kZone = bit(Judge::volumeZone),
                   kLimits = bit(Judge::nodeVolumeLimits), kRestrictions = bit(Judge::volumeRestrictions),
                   kDevices = bit(Judge::dynamicResources), kRoom = bit(Judge::nodeResourcesFit);

class StorageHints : public testing::Test {
 protected:
  StorageHints() { waiting = classOf("waiting", "data"); }
  ClassRef classOf(const std::string& name, const std::string& claim, const std::string& ns = "default") {
    auto pod = test::makePod(name);
    pod.meta().setNamespace(ns);
    pod->getSpec().setSchedulerName("default-scheduler");
    auto volume = pod->getSpec().initVolumes(1)[0];
    volume.setName("v");
    volume.initPersistentVolumeClaim().setClaimName(claim);
    return engine.state().classes().of(engine.host.put(std::move(pod)));
  }
  template <class K>
  Object<K> claimNamed(const std::string& name, const std::string& ns = "default") {
    return engine.host.put(test::named<K>(ns, name));
  }
  // The claim of the pod that waits.
  void claim(const char* storageClass, const char* volume = "") {
    auto draft = test::named<PersistentVolumeClaim>("default", "data");
    draft->initSpec().setStorageClassName(storageClass);
    draft->getSpec().setVolumeName(volume);
    engine.state().volumes().claims.set(engine.host.put(std::move(draft)));
  }
  template <class K>
  bool helps(const Object<K>& before, const Object<K>& now, JudgeSet judges) {
    const ClusterEvent event{.what = ClusterEvent::What::storage, .storage = Change<K>{before, now}};
    return mayHelp(event, {*waiting, judges, false}, engine.scheduler);
  }
  bool leavingHelps(const ClassRef& other, JudgeSet judges) {
    ClusterEvent event{.what = ClusterEvent::What::podWent};
    event.podClass = other;
    return mayHelp(event, {*waiting, judges, false}, engine.scheduler);
  }
  Object<CSINode> csiNode(std::optional<int32_t> count, const char* driver = "csi.example.com") {
    auto node = test::named<CSINode>("", "a");
    auto only = node->initSpec().initDrivers(1)[0];
    only.setName(driver);
    if (count) only.initAllocatable().initCount().setValue(*count);
    return engine.host.put(std::move(node));
  }
  Object<Node> node(const char* zone, const char* cpu) {
    return engine.host.put(test::makeNode("a", {{"cpu", cpu}, {"pods", "9"}}, {{"zone", zone}}));
  }

  Engine engine;
  ClassRef waiting;
};

TEST_F(StorageHints, AClaimHelpsThoseWhoUseIt) {
  const auto own = claimNamed<PersistentVolumeClaim>("data");
  const auto other = claimNamed<PersistentVolumeClaim>("other");
  const auto elsewhere = claimNamed<PersistentVolumeClaim>("data", "team");
  EXPECT_TRUE(helps({}, own, kBinding));
  EXPECT_TRUE(helps(own, own, kBinding));
  EXPECT_TRUE(helps({}, own, kRestrictions));
  EXPECT_FALSE(helps(own, own, kRestrictions));
  EXPECT_FALSE(helps(own, {}, kBinding));
  EXPECT_FALSE(helps({}, other, kBinding));
  EXPECT_FALSE(helps({}, elsewhere, kBinding));
}

TEST_F(StorageHints, AVolumeHelpsWhoLooksForOneAndAZoneWhoNeedsAnother) {
  auto in = [&](const char* zone) {
    auto draft = test::named<PersistentVolume>("", "disk", {{"topology.kubernetes.io/zone", zone}});
    draft->initSpec().setStorageClassName("late");
    return engine.host.put(std::move(draft));
  };
  const auto north = in("north"), south = in("south");
  EXPECT_FALSE(helps(north, north, kBinding)) << "the claim is not there";
  claim("late");
  EXPECT_TRUE(helps(north, north, kBinding));
  EXPECT_FALSE(helps(north, {}, kBinding));
  EXPECT_FALSE(helps({}, north, kZone)) << "it is not the claim's";
  claim("other");
  EXPECT_FALSE(helps(north, north, kBinding)) << "it is of another class";
  claim("late", "another");
  EXPECT_FALSE(helps(north, north, kBinding)) << "the claim has another";
  claim("late", "disk");
  EXPECT_TRUE(helps(north, north, kBinding));
  EXPECT_TRUE(helps({}, north, kZone));
  EXPECT_FALSE(helps(north, north, kZone));
  EXPECT_TRUE(helps(north, south, kZone));
  EXPECT_FALSE(helps({}, north, kLimits));
}

TEST_F(StorageHints, AClassHelpsByItsTopologies) {
  auto make = [&](const char* mode, bool bounded) {
    auto draft = test::named<StorageClass>("", "late");
    draft->setVolumeBindingMode(mode);
    if (bounded) draft->initAllowedTopologies(1);
    return engine.host.put(std::move(draft));
  };
  const auto late = make("WaitForFirstConsumer", false), bounded = make("WaitForFirstConsumer", true);
  claim("other");
  EXPECT_FALSE(helps({}, late, kBinding | kZone));
  claim("late");
  EXPECT_TRUE(helps({}, late, kBinding));
  EXPECT_FALSE(helps(late, late, kBinding));
  EXPECT_TRUE(helps(bounded, late, kBinding));
  EXPECT_TRUE(helps({}, late, kZone));
  EXPECT_FALSE(helps({}, make("Immediate", false), kZone));
  EXPECT_FALSE(helps({}, late, kLimits));
}

TEST_F(StorageHints, DriversHelpWhereTheyTakeMore) {
  EXPECT_TRUE(helps({}, csiNode(1), kLimits));
  EXPECT_TRUE(helps(csiNode(1), csiNode(2), kLimits));
  EXPECT_FALSE(helps(csiNode(2), csiNode(1), kLimits));
  EXPECT_TRUE(helps(csiNode(2), csiNode(std::nullopt), kLimits)) << "any number is more than two";
  EXPECT_TRUE(helps(csiNode(1, "another.example.com"), csiNode(1), kLimits));
  EXPECT_FALSE(helps(csiNode(1), csiNode(2), kBinding));
  auto driver = [&](bool prevents) {
    auto draft = test::named<CSIDriver>("", "csi.example.com");
    draft->initSpec().initPreventPodSchedulingIfMissing().setValue(prevents);
    return engine.host.put(std::move(draft));
  };
  EXPECT_TRUE(helps(driver(true), driver(false), kLimits));
  EXPECT_FALSE(helps(driver(false), driver(true), kLimits));
  EXPECT_FALSE(helps({}, driver(true), kLimits));
  const auto attachment = claimNamed<VolumeAttachment>("one", "");
  EXPECT_TRUE(helps(attachment, {}, kLimits));
  EXPECT_FALSE(helps({}, attachment, kLimits));
  EXPECT_FALSE(helps(attachment, {}, kBinding));
}

TEST_F(StorageHints, CapacityHelpsWhereThereIsMore) {
  auto make = [&](const char* capacity, const char* largest) {
    auto draft = test::named<CSIStorageCapacity>("default", "one");
    draft->setStorageClassName("late");
    draft->setCapacity(capacity);
    draft->setMaximumVolumeSize(largest);
    return engine.host.put(std::move(draft));
  };
  claim("other");
  EXPECT_FALSE(helps({}, make("1Gi", ""), kBinding)) << "it is for another class";
  claim("late");
  EXPECT_TRUE(helps({}, make("1Gi", ""), kBinding));
  EXPECT_TRUE(helps(make("1Gi", ""), make("2Gi", ""), kBinding));
  EXPECT_FALSE(helps(make("1Gi", ""), make("1Gi", ""), kBinding));
  EXPECT_FALSE(helps(make("1Gi", "1Gi"), make("2Gi", "1Gi"), kBinding)) << "no larger volume can be made";
  EXPECT_TRUE(helps(make("", ""), make("1Gi", ""), kBinding));
  EXPECT_FALSE(helps(make("2Gi", ""), make("1Gi", ""), kBinding));
  EXPECT_FALSE(helps(make("1Gi", ""), make("2Gi", ""), kLimits));
  auto driver = [&](bool reports) {
    auto draft = test::named<CSIDriver>("", "csi.example.com");
    draft->initSpec().initStorageCapacity().setValue(reports);
    return engine.host.put(std::move(draft));
  };
  EXPECT_TRUE(helps(driver(true), driver(false), kBinding));
  EXPECT_FALSE(helps(driver(false), driver(true), kBinding));
}

TEST_F(StorageHints, APodThatGoesLeavesWhatItUsed) {
  const ClassRef same = classOf("same", "data"), another = classOf("another", "other"),
                 elsewhere = classOf("elsewhere", "data", "team");
  EXPECT_TRUE(leavingHelps(same, kRestrictions));
  EXPECT_FALSE(leavingHelps(another, kRestrictions));
  EXPECT_FALSE(leavingHelps(elsewhere, kRestrictions));
  EXPECT_TRUE(leavingHelps(another, kLimits));
  EXPECT_FALSE(leavingHelps(another, kZone));
  EXPECT_FALSE(leavingHelps(engine.state().classes().of(engine.host.put(test::makePod("plain"))), kLimits));
}

TEST_F(StorageHints, ANodeHelpsByWhatIsNewOfIt) {
  auto nodeHelps = [&](const Object<Node>& before, const Object<Node>& now, JudgeSet judges) {
    const ClusterEvent event{ClusterEvent::What::nodeSet, engine.state().setNode(now), nullptr, before, now};
    return mayHelp(event, {*waiting, judges, false}, engine.scheduler);
  };
  const auto north = node("north", "1"), larger = node("north", "2"), south = node("south", "1");
  for (const JudgeSet judges : {kBinding, kZone, kLimits, kRestrictions, kDevices}) {
    EXPECT_TRUE(nodeHelps({}, north, judges)) << judges;
    EXPECT_EQ(nodeHelps(north, larger, judges), judges == kDevices) << judges;
    EXPECT_EQ(nodeHelps(north, south, judges), (judges & (kBinding | kZone | kDevices)) != 0) << judges;
  }
  EXPECT_TRUE(nodeHelps(north, larger, kBinding | kRoom));
}

}  // namespace
}  // namespace cleat::scheduling
