// The controller at work on a host in memory.
#include <gtest/gtest.h>

#include <optional>

#include "tests/plugins/controller-persistent-volume-binder/storage_objects.h"
#include "volume-common/attachment_names.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::Node;
using core_v1::PersistentVolume;
using core_v1::PersistentVolumeClaim;
using core_v1::Pod;
using storage_v1::CSIDriver;
using storage_v1::VolumeAttachment;

class AttachDetach : public testing::Test {
 protected:
  AttachDetach() {
    host.know<Pod>();
    host.know<Node>();
    host.know<PersistentVolume>();
    host.know<PersistentVolumeClaim>();
    host.know<CSIDriver>();
    host.know<VolumeAttachment>();
    host.know<core_v1::Event>();
    putNode("a");
    putNode("b");
    auto claim = test::makeClaim("data");
    claim->getStatus().setPhase("Bound");
    claim->getSpec().setVolumeName("disk");
    host.put(std::move(claim));
    auto volume = test::makeVolume("disk");
    volume->getSpec().disownHostPath();
    volume->getSpec().initCsi().setDriver("disks.example");
    volume->getSpec().getCsi().setVolumeHandle("d-1");
    test::setClaimRef(*volume, "data", "uid-data");
    host.put(std::move(volume));
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
  }
  void putNode(const char* name) {
    auto node = test::makeNode(name, {});
    setAnnotation(node.meta(), volumes::kAttachesFromOutside, "true");
    setCondition<core_v1::NodeCondition>(node->getStatus(), {"Ready", "True", "", "", ""});
    host.put(std::move(node));
  }
  void putPod(const char* name, const char* node) {
    auto pod = test::makePod(name);
    pod->getSpec().setNodeName(node);
    auto volume = pod->getSpec().initVolumes(1)[0];
    volume.setName("v");
    volume.initPersistentVolumeClaim().setClaimName("data");
    host.put(std::move(pod));
    host.settle();
  }
  Object<VolumeAttachment> attachment(const char* node) {
    return host.get<VolumeAttachment>("", volumes::attachmentName("disks.example", "d-1", node));
  }
  void attach(const char* node) {
    host.change<VolumeAttachment>("", volumes::attachmentName("disks.example", "d-1", node),
                                  [](auto each) { each.initStatus().setAttached(true); });
    host.settle();
  }
  std::string attachedTo(const char* node) {
    std::string names;
    const auto found = host.get<Node>(node);
    for (auto volume : found->getStatus().getVolumesAttached()) names += str(volume.getName());
    return names;
  }
  bool hasEvent(std::string_view reason, std::string_view pod) {
    for (const auto& event : host.list<core_v1::Event>()) {
      if (view(event->getReason()) == reason && view(event->getInvolvedObject().getName()) == pod) return true;
    }
    return false;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(AttachDetach, AVolumeIsAskedForAndStandsInTheNodeWhenItIsAttached) {
  putPod("web", "a");
  const auto asked = attachment("a");
  ASSERT_TRUE(asked);
  EXPECT_EQ(view(asked->getSpec().getAttacher()), "disks.example");
  EXPECT_EQ(view(asked->getSpec().getNodeName()), "a");
  EXPECT_EQ(view(asked->getSpec().getSource().getPersistentVolumeName()), "disk");
  EXPECT_EQ(attachedTo("a"), "");
  attach("a");
  EXPECT_EQ(attachedTo("a"), "kubernetes.io/csi/disks.example^d-1");
  EXPECT_TRUE(hasEvent("SuccessfulAttachVolume", "web"));
}

TEST_F(AttachDetach, ANodeThatUsesItKeepsItUntilItSaysSo) {
  putPod("web", "a");
  attach("a");
  host.change<Node>(
      "", "a", [](auto node) { node.getStatus().initVolumesInUse(1).set(0, "kubernetes.io/csi/disks.example^d-1"); });
  host.remove<Pod>("default", "web");
  host.settle();
  EXPECT_TRUE(attachment("a"));
  EXPECT_NE(attachedTo("a"), "");
  host.change<Node>("", "a", [](auto node) { node.getStatus().disownVolumesInUse(); });
  host.settle();
  EXPECT_FALSE(attachment("a"));
  EXPECT_EQ(attachedTo("a"), "") << "the node is told before the volume goes";
}

TEST_F(AttachDetach, AVolumeForOneNodeMovesWhenTheOtherHasLetItGo) {
  putPod("old", "a");
  attach("a");
  putPod("new", "b");
  EXPECT_FALSE(attachment("b"));
  EXPECT_TRUE(hasEvent("FailedAttachVolume", "new"));
  host.remove<Pod>("default", "old");
  host.settle();
  EXPECT_FALSE(attachment("a"));
  EXPECT_TRUE(attachment("b"));
}

TEST_F(AttachDetach, WhatANodeThatHasDiedSaysItUsesIsTakenFromItAfterSixMinutes) {
  putPod("web", "a");
  attach("a");
  host.change<Node>("", "a", [](auto node) {
    node.getStatus().initVolumesInUse(1).set(0, "kubernetes.io/csi/disks.example^d-1");
    setCondition<core_v1::NodeCondition>(node.getStatus(), {"Ready", "Unknown", "", "", ""});
  });
  host.remove<Pod>("default", "web");
  host.advance(5min + 50s);
  EXPECT_TRUE(attachment("a"));
  host.advance(11s);
  EXPECT_FALSE(attachment("a"));
}

TEST_F(AttachDetach, WhatOthersHaveAskedForStays) {
  auto made = test::named<VolumeAttachment>("", "mine");
  made->initSpec().setNodeName("a");
  made->getSpec().setAttacher("other.example");
  made->getSpec().initSource().setPersistentVolumeName("elsewhere");
  host.put(std::move(made));
  host.advance(10min);
  EXPECT_TRUE(host.get<VolumeAttachment>("", "mine"));
}

}  // namespace
}  // namespace cleat
