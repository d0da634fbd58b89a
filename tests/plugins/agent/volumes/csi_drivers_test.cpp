// Volumes of CSI drivers: what the cluster says of the driver, attachments that are waited for, secrets, and what the
// node says of its drivers.
#include <cleat/schema/role/fillers.methods.h>
#include <cleat/schema/role/volume.methods.h>
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/storage_v1.h>

#include "agent/volumes/driver_policies.h"
#include "tests/plugins/agent/node_fixture.h"
#include "volume-common/attachment_names.h"

namespace cleat::agent::test {
namespace {

using storage_v1::CSIDriver;
using storage_v1::CSINode;
using storage_v1::VolumeAttachment;

class CsiDrivers : public ::testing::Test {
 protected:
  CsiDrivers() {
    auto& host = node_.host();
    host.know<core_v1::PersistentVolume>();
    host.know<core_v1::PersistentVolumeClaim>();
    host.know<CSIDriver>();
    host.know<CSINode>();
    host.know<VolumeAttachment>();
    host.onCall(role::fillers::list, [](role::ListFillersParams::Reader, role::ListFillersResults::Builder results) {
      results.initNames(1).set(0, "volume-csi");
      return Result<void>();
    });
    host.setReply(role::fillers::call, [this](const AnyAnswer& params, AnyDraft&, std::vector<AnyRef>& objects) {
      return answer(params.as<role::CallFillerParams>().getMethod(), objects);
    });
  }
  void start() {
    node_.startAgent();
    node_.advance(1s);
  }

  Result<void> answer(uint32_t method, std::vector<AnyRef>& objects) {
    const AnyRef params = objects.front();
    objects.clear();
    if (method == role::volume::describe.ordinal) {
      Draft<role::VolumeDescription> description;
      if (isThere_) {
        description->initDrivers(1).set(0, "disks.example");
        auto detail = description->initDetails(1)[0];
        detail.setName("disks.example");
        detail.setNodeId(nodeId_);
        detail.setMostVolumes(5);
        auto where = detail.initTopology(1)[0];
        where.setKey("disks.example/rack");
        where.setValue("r1");
      }
      objects.push_back(std::move(description).freezeAny());
      return {};
    }
    if (method == role::volume::mount.ordinal) return mount(params.as<role::MountVolumeParams>(), objects);
    ++unmounts_;
    objects.push_back(Draft<role::VolumeDescription>().freezeAny());
    return {};
  }
  Result<void> mount(role::MountVolumeParams::Reader said, std::vector<AnyRef>& objects) {
    std::string line;
    for (auto entry : said.getPublishContext()) line += concat(entry.getKey(), "=", entry.getValue(), " ");
    for (auto entry : said.getAttributes()) line += concat(entry.getKey(), "=", entry.getValue(), " ");
    for (auto entry : said.getStageSecrets()) {
      line += concat("stage:", entry.getKey(), "=",
                     std::string(entry.getValue().asChars().begin(), entry.getValue().size()));
    }
    mounts_.push_back(line);
    objects.push_back(Draft<role::MountVolumeResults>().freezeAny());
    return {};
  }

  template <class F>
  void putDriver(F edit) {
    Draft<CSIDriver> driver;
    driver->initMetadata().setName("disks.example");
    edit(driver->initSpec());
    node_.host().put(std::move(driver));
  }
  void putDisk() {
    Draft<core_v1::PersistentVolumeClaim> claim;
    claim->initMetadata().setName("data");
    claim.meta().setNamespace("default");
    claim.meta().setUid("uid-data");
    claim->initSpec().setVolumeName("disk");
    claim->initStatus().setPhase("Bound");
    node_.host().put(std::move(claim));
    Draft<core_v1::PersistentVolume> volume;
    volume->initMetadata().setName("disk");
    auto reference = volume->initSpec().initClaimRef();
    reference.setNamespace("default");
    reference.setName("data");
    reference.setUid("uid-data");
    auto csi = volume->getSpec().initCsi();
    csi.setDriver("disks.example");
    csi.setVolumeHandle("d-1");
    auto secret = csi.initNodeStageSecretRef();
    secret.setNamespace("vault");
    secret.setName("key");
    node_.host().put(std::move(volume));
    Draft<core_v1::Secret> key;
    key->initMetadata().setName("key");
    key.meta().setNamespace("vault");
    auto data = key->initData(1)[0];
    data.setKey("pass");
    const std::string word = "word";
    data.setValue(kj::arrayPtr(reinterpret_cast<const kj::byte*>(word.data()), word.size()));
    node_.host().put(std::move(key));
  }
  void putPod() {
    auto pod = podNamed("web");
    auto volume = pod->getSpec().initVolumes(1)[0];
    volume.setName("v");
    volume.initPersistentVolumeClaim().setClaimName("data");
    auto mount = pod->getSpec().getContainers()[0].initVolumeMounts(1)[0];
    mount.setName("v");
    mount.setMountPath("/data");
    node_.put(std::move(pod));
  }
  std::string nodeName() {
    std::string name;
    for (const auto& node : node_.host().list<core_v1::Node>()) name = node.name();
    return name;
  }
  std::string inUse() {
    std::string names;
    const auto node = node_.host().get<core_v1::Node>(nodeName());
    for (auto name : node->getStatus().getVolumesInUse()) names += str(name);
    return names;
  }
  void attach() {
    auto made = Draft<VolumeAttachment>();
    made->initMetadata().setName(volumes::attachmentName("disks.example", "d-1", nodeName()));
    made->initStatus().setAttached(true);
    auto entry = made->getStatus().initAttachmentMetadata(1)[0];
    entry.setKey("slot");
    entry.setValue("3");
    node_.host().put(std::move(made));
    node_.host().change<core_v1::Node>("", nodeName(), [](auto node) {
      auto attached = node.getStatus().initVolumesAttached(1)[0];
      attached.setName("kubernetes.io/csi/disks.example^d-1");
      attached.setDevicePath("");
    });
  }

  std::vector<std::string> mounts_;
  int unmounts_ = 0;
  bool isThere_ = true;
  const char* nodeId_ = "machine-1";
  NodeFixture node_;
};

TEST_F(CsiDrivers, AVolumeIsMountedWhenItIsAttachedAndSaidToBeInUseBefore) {
  start();
  putDisk();
  putPod();
  node_.advance(3s);
  EXPECT_TRUE(mounts_.empty());
  EXPECT_EQ(inUse(), "kubernetes.io/csi/disks.example^d-1");
  attach();
  node_.advance(3s);
  EXPECT_EQ(node_.phase("web"), "Running");
  EXPECT_EQ(mounts_, (std::vector<std::string>{"slot=3 stage:pass=word"}));

  node_.requestDeletion("web", 0);
  node_.advance(5s);
  EXPECT_EQ(unmounts_, 1);
  EXPECT_EQ(inUse(), "");
}

TEST_F(CsiDrivers, APodThatEndsWaitsForNoAttachment) {
  start();
  putDisk();
  putPod();
  node_.advance(3s);
  node_.requestDeletion("web", 0);
  node_.advance(5s);
  EXPECT_EQ(inUse(), "");
  EXPECT_TRUE(mounts_.empty());
}

TEST_F(CsiDrivers, WhoIsNeverAttachedIsToldWhenTheTimeIsOver) {
  start();
  putDisk();
  putPod();
  node_.advance(2min + 10s);
  EXPECT_TRUE(node_.hasEvent("FailedMount",
                             "MountVolume.SetUp failed for volume \"disk\" : timed out waiting for the condition"));
}

TEST_F(CsiDrivers, WhatTheClusterSaysOfTheDriverIsKeptTo) {
  putDriver([](auto spec) {
    spec.initAttachRequired().setValue(false);
    spec.initPodInfoOnMount().setValue(true);
  });
  start();
  putDisk();
  putPod();
  node_.advance(3s);
  ASSERT_EQ(mounts_.size(), 1u);
  EXPECT_NE(mounts_[0].find("csi.storage.k8s.io/pod.name=web "), std::string::npos) << mounts_[0];
  EXPECT_NE(mounts_[0].find("csi.storage.k8s.io/ephemeral=false "), std::string::npos) << mounts_[0];
  EXPECT_EQ(inUse(), "");
}

TEST_F(CsiDrivers, AreInTheNodesCsiNodeWhileTheyAreThere) {
  start();
  node_.advance(3s);
  auto found = node_.host().get<CSINode>(nodeName());
  ASSERT_TRUE(found);
  ASSERT_EQ(found->getSpec().getDrivers().size(), 1u);
  EXPECT_EQ(view(found->getSpec().getDrivers()[0].getNodeID()), "machine-1");
  EXPECT_EQ(found->getSpec().getDrivers()[0].getAllocatable().getCount().getValue(), 5);
  const auto node = node_.host().get<core_v1::Node>(nodeName());
  EXPECT_EQ(label(node.meta(), "disks.example/rack"), "r1");
  nodeId_ = "machine-2";
  node_.advance(5s);
  found = node_.host().get<CSINode>(nodeName());
  ASSERT_EQ(found->getSpec().getDrivers().size(), 1u);
  EXPECT_EQ(view(found->getSpec().getDrivers()[0].getNodeID()), "machine-2");
  isThere_ = false;
  node_.advance(5s);
  EXPECT_EQ(node_.host().get<CSINode>(nodeName())->getSpec().getDrivers().size(), 0u);
}

TEST(DriverPolicy, IsWhatTheObjectSays) {
  Draft<CSIDriver> driver;
  driver->initSpec();
  EXPECT_TRUE(policyOf(driver.reader()).attaches);
  EXPECT_TRUE(policyOf(driver.reader()).isPersistent);
  EXPECT_FALSE(policyOf(driver.reader()).isEphemeral);
  driver->getSpec().initVolumeLifecycleModes(1).set(0, "Ephemeral");
  driver->getSpec().setFsGroupPolicy("None");
  driver->getSpec().initTokenRequests(1)[0].setAudience("vault");
  const DriverPolicy policy = policyOf(driver.reader());
  EXPECT_FALSE(policy.isPersistent);
  EXPECT_TRUE(policy.isEphemeral);
  EXPECT_EQ(policy.group, DriverPolicy::Group::none);
  ASSERT_EQ(policy.tokens.size(), 1u);
  EXPECT_EQ(policy.tokens[0].expirationSeconds, 3600);
}

}  // namespace
}  // namespace cleat::agent::test
