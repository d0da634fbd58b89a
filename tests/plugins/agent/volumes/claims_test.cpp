// Pods whose volumes are claims: what the node waits for, what it mounts, and what becomes of it.
#include <cleat/sdk/kinds/core_v1_storage.h>

#include <filesystem>

#include "tests/plugins/agent/node_fixture.h"

namespace cleat::agent::test {
namespace {

namespace fs = std::filesystem;
using core_v1::PersistentVolume;
using core_v1::PersistentVolumeClaim;

class Claims : public ::testing::Test {
 protected:
  Claims() {
    char pattern[] = "/tmp/cleat-claims-test-XXXXXX";
    folder_ = mkdtemp(pattern);
    node_.settings["local_path_folder"] = folder_ + "/volumes";
    node_.host().know<PersistentVolume>();
    node_.host().know<PersistentVolumeClaim>();
    node_.startAgent();
    node_.advance(1s);
  }
  ~Claims() override { fs::remove_all(folder_); }

  Draft<Pod> user(const std::string& name, bool readOnly = false) {
    auto pod = podNamed(name);
    auto volume = pod->getSpec().initVolumes(1)[0];
    volume.setName("v");
    auto claim = volume.initPersistentVolumeClaim();
    claim.setClaimName("data");
    claim.setReadOnly(readOnly);
    mount(*pod);
    return pod;
  }
  static void mount(Pod::Builder pod) {
    auto mount = pod.getSpec().getContainers()[0].initVolumeMounts(1)[0];
    mount.setName("v");
    mount.setMountPath("/data");
  }
  void putClaim(const char* phase, const char* name = "data", const char* mode = "ReadWriteOnce") {
    Draft<PersistentVolumeClaim> claim;
    claim->initMetadata().setName(name);
    claim.meta().setNamespace("default");
    claim.meta().setUid(concat("uid-", name));
    claim->initSpec().setVolumeName("disk");
    claim->getSpec().initAccessModes(1).set(0, mode);
    claim->initStatus().setPhase(phase);
    node_.host().put(std::move(claim));
  }
  template <class F>
  void putVolume(F edit) {
    Draft<PersistentVolume> volume;
    volume->initMetadata().setName("disk");
    auto reference = volume->initSpec().initClaimRef();
    reference.setNamespace("default");
    reference.setName("data");
    reference.setUid("uid-data");
    edit(*volume);
    node_.host().put(std::move(volume));
  }
  // As the provisioner makes it.
  void putLocalPath() {
    putVolume([&](PersistentVolume::Builder volume) {
      volume.getSpec().initLocal().setPath(folder_ + "/volumes/disk");
      volume.getSpec().setPersistentVolumeReclaimPolicy("Delete");
      setAnnotation(volume.getMetadata(), "pv.kubernetes.io/provisioned-by", "cleat/local-path");
      setLabel(volume.getMetadata(), "cleat/local-path-node", "node1");
      addFinalizer(volume.getMetadata(), "cleat/local-path");
      volume.getStatus().setPhase("Bound");
    });
  }
  std::string mountedFrom() {
    FakeContainer* container = node_.runtime().find("main");
    return container == nullptr ? "" : container->hostPaths["/data"];
  }

  std::string folder_;
  NodeFixture node_;
};

TEST_F(Claims, APodWaitsUntilItsClaimIsBound) {
  putClaim("Pending");
  node_.put(user("web"));
  node_.advance(2s);
  EXPECT_EQ(node_.phase("web"), "Pending");
  EXPECT_TRUE(node_.hasEvent("FailedMount",
                             "Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed "
                             "to process volumes=[v]: error processing PVC default/data: PVC default/data has "
                             "non-bound phase (\"Pending\")"));
  putClaim("Bound");
  putLocalPath();
  node_.advance(30s);
  EXPECT_EQ(node_.phase("web"), "Running");
  EXPECT_EQ(mountedFrom(), folder_ + "/volumes/disk");
  EXPECT_TRUE(fs::is_directory(folder_ + "/volumes/disk")) << "made for it";
}

TEST_F(Claims, AHostPathIsMountedAsItIsAndMayBeReadOnly) {
  putClaim("Bound");
  putVolume([&](auto volume) {
    volume.getSpec().initHostPath().setPath(folder_ + "/host");
    volume.getSpec().getHostPath().setType("DirectoryOrCreate");
  });
  node_.put(user("web", true));
  node_.advance(2s);
  EXPECT_EQ(mountedFrom(), folder_ + "/host");
  ASSERT_NE(node_.runtime().find("main"), nullptr);
  EXPECT_EQ(node_.runtime().find("main")->mounts[0], "/data ro");
}

TEST_F(Claims, WhatCannotBeMountedIsSaid) {
  putClaim("Bound");
  struct {
    std::function<void(PersistentVolume::Builder)> edit;
    const char* message;
  } const kCases[] = {
      {[&](auto volume) { volume.getSpec().initLocal().setPath("/absent/x"); },
       "MountVolume.SetUp failed for volume \"disk\" : path \"/absent/x\" does not exist"},
      {[&](auto volume) { volume.getSpec().initNfs().setServer("192.0.2.1"); },
       "MountVolume.SetUp failed for volume \"disk\" : this node does not mount persistent volumes of type nfs"},
      {[&](auto volume) { volume.getSpec().initCsi().setDriver("d.example"); },
       "MountVolume.SetUp failed for volume \"disk\" : driver name d.example not found in the list of volume drivers of "
       "this node (node_roles.volume)"},
      {[&](auto volume) {
         volume.getSpec().initHostPath().setPath(folder_);
         auto term = volume.getSpec().initNodeAffinity().initRequired().initNodeSelectorTerms(1)[0];
         auto requirement = term.initMatchExpressions(1)[0];
         requirement.setKey("kubernetes.io/hostname");
         requirement.setOperator("In");
         requirement.initValues(1).set(0, "elsewhere");
       },
       "MountVolume.NodeAffinity check failed for volume \"disk\" : no matching NodeSelectorTerms"},
      {[&](auto volume) { volume.getSpec().getClaimRef().setUid("another"); },
       "PV.Spec.ClaimRef.UID \"another\" does not match pvc.UID \"uid-data\""},
  };
  int number = 0;
  for (const auto& each : kCases) {
    putVolume(each.edit);
    const std::string name = concat("web-", number++);
    node_.put(user(name));
    node_.advance(2s);
    EXPECT_EQ(node_.phase(name), "Pending");
    EXPECT_TRUE(node_.hasEvent("FailedMount", each.message)) << each.message;
  }
}

TEST_F(Claims, AClaimForOnePodIsForOnePod) {
  putClaim("Bound", "data", "ReadWriteOncePod");
  putLocalPath();
  node_.put(user("first"));
  node_.advance(2s);
  EXPECT_EQ(node_.phase("first"), "Running");
  node_.put(user("second"));
  node_.advance(2s);
  EXPECT_EQ(node_.phase("second"), "Pending");
  EXPECT_TRUE(node_.hasEvent("FailedMount",
                             "volume uses the ReadWriteOncePod access mode and is already in use by another pod"));
  node_.requestDeletion("first", 0);
  node_.advance(60s);
  EXPECT_EQ(node_.phase("second"), "Running");
}

TEST_F(Claims, AnEphemeralVolumesClaimMustBeThePods) {
  auto pod = podNamed("web");
  auto volume = pod->getSpec().initVolumes(1)[0];
  volume.setName("v");
  volume.initEphemeral().initVolumeClaimTemplate().initSpec();
  mount(*pod);
  putClaim("Bound", "web-v");
  const auto put = node_.put(std::move(pod));
  node_.advance(2s);
  EXPECT_TRUE(
      node_.hasEvent("FailedMount", "PVC default/web-v was not created for pod default/web (pod is not owner)"));
  node_.host().change<PersistentVolumeClaim>("default", "web-v",
                                             [&](auto claim) { setController(claim.getMetadata(), put); });
  putVolume([&](auto each) {
    each.getSpec().getClaimRef().setName("web-v");
    each.getSpec().getClaimRef().setUid("uid-web-v");
    each.getSpec().initHostPath().setPath(folder_);
  });
  node_.advance(30s);
  EXPECT_EQ(node_.phase("web"), "Running");
}

TEST_F(Claims, TheNodeEmptiesAVolumeThatGoesAndLetsItGo) {
  putLocalPath();
  fs::create_directories(folder_ + "/volumes/disk/sub");
  auto leave = [](auto volume) { volume.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z"); };
  node_.host().change<PersistentVolume>("", "disk", leave);
  node_.advance(2s);
  EXPECT_TRUE(fs::exists(folder_ + "/volumes/disk/sub")) << "a claim has it";
  node_.host().change<PersistentVolume>("", "disk", [](auto volume) { volume.getStatus().setPhase("Released"); });
  node_.advance(2s);
  EXPECT_FALSE(fs::exists(folder_ + "/volumes/disk"));
  EXPECT_FALSE(node_.host().get<PersistentVolume>("disk"));
}

TEST_F(Claims, NothingElseIsRemovedWhateverAVolumeSays) {
  fs::create_directories(folder_ + "/outside");
  fs::create_directories(folder_ + "/volumes/other");
  for (const std::string& path : {folder_ + "/outside", folder_ + "/volumes/../outside", folder_ + "/volumes/other",
                                  folder_ + "/volumes", std::string("/")}) {
    putLocalPath();
    node_.host().change<PersistentVolume>("", "disk", [&](auto volume) {
      volume.getSpec().getLocal().setPath(path);
      volume.getStatus().setPhase("Released");
      volume.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
    });
    node_.advance(2s);
    EXPECT_TRUE(node_.host().get<PersistentVolume>("disk")) << path;
    EXPECT_TRUE(node_.hasEvent("VolumeFailedDelete", concat("the path \"", path, "\""))) << path;
    EXPECT_TRUE(fs::exists(folder_ + "/outside") && fs::exists(folder_ + "/volumes/other")) << path;
  }
}

TEST_F(Claims, AVolumeThatIsKeptKeepsItsFolder) {
  putLocalPath();
  fs::create_directories(folder_ + "/volumes/disk/sub");
  node_.host().change<PersistentVolume>("", "disk", [](auto volume) {
    volume.getSpec().setPersistentVolumeReclaimPolicy("Retain");
    volume.getStatus().setPhase("Released");
    volume.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
  });
  node_.advance(2s);
  EXPECT_FALSE(node_.host().get<PersistentVolume>("disk"));
  EXPECT_TRUE(fs::exists(folder_ + "/volumes/disk/sub"));
}

}  // namespace
}  // namespace cleat::agent::test
