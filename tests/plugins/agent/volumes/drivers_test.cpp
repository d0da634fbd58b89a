// Volumes that plugins of the role `volume` mount: who is asked, what it is told, and what becomes of it at the end.
#include <cleat/schema/role/fillers.methods.h>
#include <cleat/schema/role/volume.methods.h>
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/storage_v1.h>

#include <filesystem>

#include "tests/plugins/agent/node_fixture.h"

namespace cleat::agent::test {
namespace {

class Drivers : public ::testing::Test {
 protected:
  Drivers() {
    auto& host = node_.host();
    host.know<core_v1::PersistentVolume>();
    host.know<core_v1::PersistentVolumeClaim>();
    host.know<storage_v1::VolumeAttachment>();
    Draft<storage_v1::CSIDriver> disks;
    disks->initMetadata().setName("disks.example");
    disks->initSpec().initAttachRequired().setValue(false);
    host.put(std::move(disks));
    host.onCall(role::fillers::list, [](role::ListFillersParams::Reader, role::ListFillersResults::Builder results) {
      auto names = results.initNames(2);
      names.set(0, "volume-silent");
      names.set(1, "volume-disks");
      return Result<void>();
    });
    host.setReply(role::fillers::call, [this](const AnyAnswer& params, AnyDraft&, std::vector<AnyRef>& objects) {
      auto asked = params.as<role::CallFillerParams>();
      if (view(asked.getFiller()) == "volume-silent") {
        return Result<void>(fail(Status::unavailable("volume-silent is restarting")));
      }
      return answer(asked.getMethod(), objects);
    });
    node_.startAgent();
    node_.advance(1s);
  }

  Result<void> answer(uint32_t method, std::vector<AnyRef>& objects) {
    const AnyRef params = objects.front();
    objects.clear();
    if (method == role::volume::describe.ordinal) {
      Draft<role::VolumeDescription> description;
      auto drivers = description->initDrivers(2);
      drivers.set(0, "disks.example");
      drivers.set(1, "scratch.example");
      description->initEphemeral(1).set(0, "scratch.example");
      objects.push_back(std::move(description).freezeAny());
      return {};
    }
    if (method == role::volume::unmount.ordinal) {
      auto said = params.as<role::UnmountVolumeParams>();
      asked_.push_back(concat("unmount ", said.getDriver(), " ", said.getHandle(), " ", said.getVolume()));
      if (refusesUnmount_) return fail(Status::unavailable("it is busy"));
      objects.push_back(Draft<role::VolumeDescription>().freezeAny());
      return {};
    }
    auto said = params.as<role::MountVolumeParams>();
    std::string line = concat("mount ", said.getDriver(), " ", said.getHandle(), " ", said.getVolume(), " ",
                              said.getCapacityBytes(), said.getReadOnly() ? " ro" : "");
    for (auto attribute : said.getAttributes()) line += concat(" ", attribute.getKey(), "=", attribute.getValue());
    asked_.push_back(line);
    target_ = str(said.getTarget());
    EXPECT_TRUE(std::filesystem::is_directory(target_));
    if (!refusal_.empty()) return fail(Status::unavailable(refusal_));
    Draft<role::MountVolumeResults> results;
    results->setPath(path_);
    objects.push_back(std::move(results).freezeAny());
    return {};
  }

  void putPod(const std::function<void(core_v1::Volume::Builder)>& edit) {
    auto pod = podNamed("web");
    auto volume = pod->getSpec().initVolumes(1)[0];
    volume.setName("v");
    edit(volume);
    auto mount = pod->getSpec().getContainers()[0].initVolumeMounts(1)[0];
    mount.setName("v");
    mount.setMountPath("/data");
    node_.put(std::move(pod));
  }
  void putClaim() {
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
    auto capacity = volume->getSpec().initCapacity(1)[0];
    capacity.setKey("storage");
    capacity.setValue("2Mi");
    auto csi = volume->getSpec().initCsi();
    csi.setDriver("disks.example");
    csi.setVolumeHandle("d-1");
    auto attribute = csi.initVolumeAttributes(1)[0];
    attribute.setKey("speed");
    attribute.setValue("fast");
    node_.host().put(std::move(volume));
  }
  std::string mountedFrom() {
    FakeContainer* container = node_.runtime().find("main");
    return container == nullptr ? "" : container->hostPaths["/data"];
  }

  std::vector<std::string> asked_;
  std::string target_, path_, refusal_;
  bool refusesUnmount_ = false;
  NodeFixture node_;
};

TEST_F(Drivers, AVolumeOfADriverIsMountedByWhoHasItAndUnmountedAtTheEnd) {
  putClaim();
  putPod([](auto volume) { volume.initPersistentVolumeClaim().setClaimName("data"); });
  node_.advance(3s);
  EXPECT_EQ(node_.phase("web"), "Running");
  EXPECT_EQ(asked_, (std::vector<std::string>{"mount disks.example d-1 disk 2097152 speed=fast"}));
  EXPECT_EQ(mountedFrom(), target_);

  refusesUnmount_ = true;
  node_.requestDeletion("web", 0);
  node_.advance(3s);
  EXPECT_TRUE(node_.hasEvent("FailedUnMount", "UnmountVolume.TearDown failed for volume \"disk\" : it is busy"));
  EXPECT_TRUE(std::filesystem::exists(target_)) << "what may be mounted still is not touched";
  refusesUnmount_ = false;
  node_.advance(5s);
  EXPECT_EQ(asked_.back(), "unmount disks.example d-1 disk");
  EXPECT_FALSE(std::filesystem::exists(target_));
}

TEST_F(Drivers, ADriverMaySayThatTheVolumeIsElsewhere) {
  path_ = "/somewhere/else";
  refusal_ = "the disk is not there yet";
  putClaim();
  putPod([](auto volume) { volume.initPersistentVolumeClaim().setClaimName("data"); });
  node_.advance(3s);
  EXPECT_TRUE(
      node_.hasEvent("FailedMount", "MountVolume.SetUp failed for volume \"disk\" : the disk is not there yet"));
  refusal_.clear();
  node_.advance(60s);
  EXPECT_TRUE(node_.hasEvent("FailedMount", "path \"/somewhere/else\" does not exist"));
}

TEST_F(Drivers, APodNamesADriverItselfWhereThatAllowsIt) {
  putPod([](auto volume) {
    auto csi = volume.initCsi();
    csi.setDriver("scratch.example");
    csi.initReadOnly().setValue(true);
  });
  node_.advance(3s);
  EXPECT_EQ(node_.phase("web"), "Running");
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_TRUE(asked_[0].starts_with("mount scratch.example inline-")) << asked_[0];
  EXPECT_TRUE(asked_[0].ends_with("-v  0 ro")) << asked_[0];
}

TEST_F(Drivers, WhatCannotBeIsSaid) {
  putPod([](auto volume) { volume.initCsi().setDriver("disks.example"); });
  node_.advance(3s);
  EXPECT_TRUE(node_.hasEvent("FailedMount",
                             "MountVolume.SetUp failed for volume \"v\" : volume mode \"Ephemeral\" not supported by "
                             "driver disks.example (only supports [\"Persistent\"])"));
  EXPECT_TRUE(asked_.empty());
  node_.requestDeletion("web", 0);
  node_.advance(5s);
  EXPECT_FALSE(node_.hasEvent("FailedUnMount", ""));
}

TEST_F(Drivers, WhoCannotSayWhichDriversItHasMayHaveIt) {
  putPod([](auto volume) { volume.initCsi().setDriver("other.example"); });
  node_.advance(3s);
  EXPECT_TRUE(node_.hasEvent("FailedMount", "volume-silent is restarting"));
  node_.requestDeletion("web", 0);
  node_.advance(5s);
  EXPECT_FALSE(node_.hasEvent("FailedUnMount", "")) << "what was never mounted keeps no pod";
}

}  // namespace
}  // namespace cleat::agent::test
