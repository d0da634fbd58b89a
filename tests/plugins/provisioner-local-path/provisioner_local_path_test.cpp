// The provisioner at work on a host in memory.
#include <gtest/gtest.h>

#include <optional>

#include "tests/plugins/controller-persistent-volume-binder/storage_objects.h"
#include "volume-common/local_path_names.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::Node;
using core_v1::PersistentVolume;
using core_v1::PersistentVolumeClaim;
using storage_v1::StorageClass;

class LocalPathTest : public testing::Test {
 protected:
  LocalPathTest() {
    host.know<PersistentVolume>();
    host.know<PersistentVolumeClaim>();
    host.know<StorageClass>();
    host.know<core_v1::Event>();
    auto node = test::makeNode("a", {}, {{"kubernetes.io/hostname", "a"}});
    setAnnotation(node.meta(), local_path::kFolder, "/volumes");
    host.put(std::move(node));
  }
  void start(const test::Settings& settings = {}) {
    plugin.emplace(host.start(cleat_plugin_v1(), settings));
    host.settle();
  }
  void ask(const char* node = "a") {
    auto claim = test::makeClaim("data", "local-path");
    setAnnotation(claim.meta(), volumes::kSelectedNode, node);
    setAnnotation(claim.meta(), volumes::kStorageProvisioner, local_path::kProvisioner);
    host.put(std::move(claim));
    host.settle();
  }
  // As the binder does.
  void bind() {
    host.change<PersistentVolumeClaim>("default", "data", [](auto claim) {
      claim.getSpec().setVolumeName("pvc-uid-data");
      claim.getStatus().setPhase("Bound");
      test::setSize(claim.getStatus().initCapacity(1), "1Gi");
    });
    host.change<PersistentVolume>("", "pvc-uid-data", [](auto volume) { volume.getStatus().setPhase("Bound"); });
    host.settle();
  }
  Object<PersistentVolume> volume() {
    host.settle();
    return host.get<PersistentVolume>("pvc-uid-data");
  }
  bool hasEvent(std::string_view reason, std::string_view part = {}) {
    host.settle();
    for (const auto& event : host.list<core_v1::Event>()) {
      const bool says = view(event->getMessage()).find(part) != std::string_view::npos;
      if (view(event->getReason()) == reason && says) return true;
    }
    return false;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(LocalPathTest, TheClassIsMadeAndStaysAsPeopleWantIt) {
  start();
  auto made = host.get<StorageClass>("local-path");
  ASSERT_TRUE(made);
  EXPECT_EQ(view(made->getVolumeBindingMode()), "WaitForFirstConsumer");
  EXPECT_EQ(annotation(made.meta(), "storageclass.kubernetes.io/is-default-class"), "true");
  EXPECT_TRUE(valueOr(made->getAllowVolumeExpansion(), false));
  host.change<StorageClass>("", "local-path", [](auto storageClass) {
    setAnnotation(storageClass.getMetadata(), "storageclass.kubernetes.io/is-default-class", "false");
  });
  host.settle();
  made = host.get<StorageClass>("local-path");
  EXPECT_EQ(annotation(made.meta(), "storageclass.kubernetes.io/is-default-class"), "false");
  host.remove<StorageClass>("", "local-path");
  host.settle();
  EXPECT_TRUE(host.get<StorageClass>("local-path")) << "what is deleted is made again";
}

TEST_F(LocalPathTest, TheClassIsMadeAsTheOperatorSays) {
  start({{"storage_class", "disk"}, {"default_class", "false"}});
  EXPECT_FALSE(host.get<StorageClass>("local-path"));
  auto made = host.get<StorageClass>("disk");
  ASSERT_TRUE(made);
  EXPECT_FALSE(annotation(made.meta(), "storageclass.kubernetes.io/is-default-class"));
}

TEST_F(LocalPathTest, AClaimWhoseNodeIsChosenGetsAVolumeOnce) {
  start();
  ask();
  ASSERT_TRUE(volume());
  EXPECT_TRUE(hasEvent("Provisioning", "External provisioner is provisioning volume for claim \"default/data\""));
  EXPECT_TRUE(hasEvent("ProvisioningSucceeded", "Successfully provisioned volume pvc-uid-data"));
  const size_t made = test::countRequests(host, "create persistentvolumes");
  host.loseHistory();
  host.advance(std::chrono::minutes(1));
  EXPECT_EQ(test::countRequests(host, "create persistentvolumes"), made);
}

TEST_F(LocalPathTest, ANodeThatCannotHaveTheVolumeIsNotChosenAnyMore) {
  start();
  host.put(test::makeNode("bare", {}, {{"kubernetes.io/hostname", "bare"}}));
  ask("bare");
  EXPECT_FALSE(volume());
  EXPECT_TRUE(hasEvent("ProvisioningFailed",
                       "failed to provision volume with StorageClass \"local-path\": node \"bare\" has no folder"));
  EXPECT_FALSE(annotation(host.get<PersistentVolumeClaim>("default", "data").meta(), volumes::kSelectedNode));
}

TEST_F(LocalPathTest, AReleasedVolumeIsDeletedAndWaitsForItsNode) {
  start();
  ask();
  bind();
  ASSERT_TRUE(volume());
  host.remove<PersistentVolumeClaim>("default", "data");
  host.change<PersistentVolume>("", "pvc-uid-data", [](auto each) { each.getStatus().setPhase("Released"); });
  ASSERT_TRUE(volume()) << "its node has not emptied it";
  EXPECT_TRUE(deletionPending(volume().meta()));
  host.remove<Node>("", "a");
  EXPECT_FALSE(volume()) << "nobody is left to do so";
  EXPECT_TRUE(hasEvent("VolumeFailedDelete", "node \"a\" is gone"));
}

TEST_F(LocalPathTest, AClaimThatAsksForMoreIsSaidToHaveMore) {
  start();
  ask();
  bind();
  host.change<PersistentVolumeClaim>(
      "default", "data", [](auto claim) { test::setSize(claim.getSpec().getResources().initRequests(1), "3Gi"); });
  EXPECT_EQ(valueIn(volume()->getSpec().getCapacity(), "storage"), "3Gi");
  const auto claim = host.get<PersistentVolumeClaim>("default", "data");
  EXPECT_EQ(valueIn(claim->getStatus().getCapacity(), "storage"), "3Gi");
  EXPECT_EQ(valueIn(claim->getStatus().getAllocatedResources(), "storage"), "3Gi");
  EXPECT_EQ(claim->getStatus().getAllocatedResourceStatuses().size(), 0u);
  EXPECT_FALSE(findCondition(claim->getStatus().getConditions(), "Resizing"));
  EXPECT_TRUE(hasEvent("Resizing", "External resizer is resizing volume pvc-uid-data"));
  EXPECT_TRUE(hasEvent("VolumeResizeSuccessful", "Resize volume succeeded"));
}

}  // namespace
}  // namespace cleat
