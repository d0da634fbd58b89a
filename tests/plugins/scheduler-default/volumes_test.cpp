// What the volumes of a pod say to where it may go, seen from outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/scheduler-default/scheduler_fixture.h"

namespace cleat::scheduling {
namespace {

using core_v1::PersistentVolume;
using core_v1::PersistentVolumeClaim;
using core_v1::Pod;
using storage_v1::CSINode;
using storage_v1::StorageClass;
using test::makeNode;

class VolumesTest : public SchedulerTest {
 protected:
  VolumesTest() {
    for (const char* name : {"a", "b"}) {
      host.put(makeNode(name, {{"cpu", "8"}, {"pods", "10"}},
                        {{"host", name}, {"topology.kubernetes.io/zone", concat("zone-", name)}}));
    }
    start();
  }
  void podWith(const std::string& name, const std::string& claim) {
    pod(name, {}, [&](auto pod) {
      auto volume = pod.getSpec().initVolumes(1)[0];
      volume.setName("v");
      volume.initPersistentVolumeClaim().setClaimName(claim);
    });
  }
  void claim(const std::string& name, const std::string& volume, const char* mode = "ReadWriteOnce",
             const char* storageClass = "") {
    auto draft = test::named<PersistentVolumeClaim>("default", name);
    draft->initSpec().setVolumeName(volume);
    draft->getSpec().initAccessModes(1).set(0, mode);
    draft->getSpec().setStorageClassName(storageClass);
    draft->initStatus().setPhase(volume.empty() ? "Pending" : "Bound");
    host.put(std::move(draft));
  }
  template <class F>
  void volume(const std::string& name, F edit) {
    auto draft = test::named<PersistentVolume>("", name);
    draft->initSpec();
    edit(*draft);
    host.put(std::move(draft));
  }
  static void onlyOn(PersistentVolume::Builder volume, const char* node) {
    auto requirement =
        volume.getSpec().initNodeAffinity().initRequired().initNodeSelectorTerms(1)[0].initMatchExpressions(1)[0];
    requirement.setKey("host");
    requirement.setOperator("In");
    requirement.initValues(1).set(0, node);
  }
  // Of who refuses a pod before any node is looked at.
  std::string refusalAtOnce(const char* why) { return concat("0/2 nodes are available: ", why, ". not found"); }
  std::string refusal(const char* why) {
    return concat("0/2 nodes are available: ", why,
                  ". preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.");
  }
};

TEST_F(VolumesTest, AClaimThatIsAbsentOrNotBoundKeepsThePodWaiting) {
  podWith("web", "data");
  host.settle();
  EXPECT_EQ(whyWaiting("web"), refusalAtOnce("persistentvolumeclaim \"data\" not found"));
  claim("data", "");
  host.settle();
  host.advance(std::chrono::seconds(2));
  EXPECT_EQ(whyWaiting("web"), refusalAtOnce("pod has unbound immediate PersistentVolumeClaims"));
  volume("disk", [](auto) {});
  claim("data", "disk");
  host.settle();
  EXPECT_NE(nodeOf("web"), "");
}

TEST_F(VolumesTest, AClaimThatWaitsForItsConsumerHasNoVolumeYet) {
  auto slow = test::named<StorageClass>("", "slow");
  slow->setVolumeBindingMode("WaitForFirstConsumer");
  host.put(std::move(slow));
  claim("data", "", "ReadWriteOnce", "slow");
  podWith("web", "data");
  host.settle();
  EXPECT_EQ(whyWaiting("web"), refusal("2 node(s) didn't find available persistent volumes to bind"));
}

// A class whose volumes are chosen along with the pod's node, and claims of it.
class LateBindingTest : public VolumesTest {
 protected:
  void classWith(const char* provisioner) {
    auto late = test::named<StorageClass>("", "late");
    late->setVolumeBindingMode("WaitForFirstConsumer");
    late->setProvisioner(provisioner);
    host.put(std::move(late));
  }
  void lateClaim(const std::string& name, const char* size = "1Gi") {
    claim(name, "", "ReadWriteOnce", "late");
    host.change<PersistentVolumeClaim>("default", name, [&](auto claim) {
      auto amount = claim.getSpec().initResources().initRequests(1)[0];
      amount.setKey("storage");
      amount.setValue(size);
    });
  }
  void freeVolume(const std::string& name, const char* node, const char* size = "1Gi") {
    volume(name, [&](PersistentVolume::Builder volume) {
      onlyOn(volume, node);
      auto amount = volume.getSpec().initCapacity(1)[0];
      amount.setKey("storage");
      amount.setValue(size);
      volume.getSpec().initAccessModes(1).set(0, "ReadWriteOnce");
      volume.getSpec().setStorageClassName("late");
      volume.initStatus().setPhase("Available");
    });
  }
  std::string selected(const char* claim) {
    host.settle();
    const auto found = host.get<PersistentVolumeClaim>("default", claim);
    return str(annotation(found.meta(), "volume.kubernetes.io/selected-node").value_or(""));
  }
  std::string holderOf(const char* volume) {
    host.settle();
    return str(host.get<PersistentVolume>(volume)->getSpec().getClaimRef().getName());
  }
  // As the binder completes it.
  void complete(const char* claim, const char* volume) {
    host.change<PersistentVolumeClaim>("default", claim, [&](auto each) {
      each.getSpec().setVolumeName(volume);
      setAnnotation(each.getMetadata(), "pv.kubernetes.io/bind-completed", "yes");
      each.getStatus().setPhase("Bound");
    });
    host.settle();
  }
};

TEST_F(LateBindingTest, AVolumeThatIsThereTakesThePodToItAndIsWaitedFor) {
  classWith("kubernetes.io/no-provisioner");
  freeVolume("disk", "b");
  lateClaim("data");
  podWith("web", "data");
  EXPECT_EQ(holderOf("disk"), "data");
  EXPECT_EQ(nominatedNodeOf("web"), "b");
  EXPECT_EQ(nodeOf("web"), "") << "nobody has completed the binding";
  complete("data", "disk");
  EXPECT_EQ(nodeOf("web"), "b");
}

TEST_F(LateBindingTest, WithoutAProvisionerTheVolumesAreAllThatThereIs) {
  classWith("kubernetes.io/no-provisioner");
  freeVolume("small", "a", "1Mi");
  lateClaim("data");
  podWith("web", "data");
  host.settle();
  EXPECT_EQ(whyWaiting("web"), refusal("2 node(s) didn't find available persistent volumes to bind"));
  freeVolume("large", "a", "2Gi");
  host.settle();
  host.advance(std::chrono::seconds(2));
  EXPECT_EQ(holderOf("large"), "data");
}

TEST_F(LateBindingTest, NoVolumeIsChosenForTwoPods) {
  classWith("kubernetes.io/no-provisioner");
  freeVolume("one", "a");
  freeVolume("two", "b");
  for (const char* name : {"first", "second", "third"}) {
    lateClaim(name);
    podWith(name, name);
  }
  host.settle();
  EXPECT_NE(holderOf("one"), holderOf("two"));
  EXPECT_NE(holderOf("one"), "");
  EXPECT_NE(holderOf("two"), "");
}

TEST_F(LateBindingTest, AVolumeIsMadeWhereThePodGoes) {
  classWith("p.example/disk");
  lateClaim("data");
  podWith("web", "data");
  const std::string node = selected("data");
  ASSERT_NE(node, "");
  EXPECT_EQ(nodeOf("web"), "");
  podWith("mate", "data");
  EXPECT_EQ(selected("data"), node) << "who comes later goes there as well";
  volume("made", [&](auto each) { onlyOn(each, node.c_str()); });
  complete("data", "made");
  EXPECT_EQ(nodeOf("web"), node);
  EXPECT_EQ(nodeOf("mate"), node);
}

TEST_F(LateBindingTest, AProvisionerThatGivesUpHasAnotherNodeChosen) {
  classWith("p.example/disk");
  lateClaim("data");
  podWith("web", "data");
  const std::string node = selected("data");
  host.change<PersistentVolumeClaim>("default", "data", [](auto claim) {
    setAnnotation(claim.getMetadata(), "volume.kubernetes.io/selected-node", std::nullopt);
  });
  host.settle();
  EXPECT_THAT(events(), testing::Contains("FailedScheduling: running PreBind plugin \"VolumeBinding\": binding "
                                          "volumes: provisioning failed for PVC \"data\""));
  host.advance(std::chrono::seconds(15));
  EXPECT_NE(selected("data"), "");
}

TEST_F(LateBindingTest, AClaimThatGoesMeanwhileLeavesThePodWaiting) {
  classWith("p.example/disk");
  lateClaim("data");
  podWith("web", "data");
  ASSERT_NE(selected("data"), "");
  host.remove<PersistentVolumeClaim>("default", "data");
  host.settle();
  host.advance(std::chrono::seconds(15));
  EXPECT_EQ(nodeOf("web"), "");
  EXPECT_EQ(whyWaiting("web"), refusalAtOnce("persistentvolumeclaim \"data\" not found"));
}

TEST_F(LateBindingTest, AProvisionerThatDoesNothingIsWaitedForTenMinutes) {
  classWith("p.example/disk");
  lateClaim("data");
  podWith("web", "data");
  ASSERT_NE(selected("data"), "");
  host.advance(std::chrono::minutes(9));
  EXPECT_EQ(events().size(), 0u);
  host.advance(std::chrono::minutes(2));
  EXPECT_THAT(events(), testing::Contains("FailedScheduling: running PreBind plugin \"VolumeBinding\": binding "
                                          "volumes: context deadline exceeded"));
}

TEST_F(LateBindingTest, APodThatGoesMeanwhileFreesItsRoom) {
  classWith("p.example/disk");
  lateClaim("data");
  podWith("web", "data");
  ASSERT_NE(selected("data"), "");
  host.remove<Pod>("default", "web");
  host.settle();
  host.advance(std::chrono::minutes(11));
  EXPECT_EQ(events().size(), 0u);
}

TEST_F(VolumesTest, AnEphemeralVolumesClaimIsWaitedFor) {
  pod("web", {}, [&](auto pod) {
    auto volume = pod.getSpec().initVolumes(1)[0];
    volume.setName("scratch");
    volume.initEphemeral();
  });
  host.settle();
  EXPECT_EQ(whyWaiting("web"),
            refusalAtOnce("waiting for ephemeral volume controller to create the persistentvolumeclaim "
                          "\"web-scratch\""));
}

TEST_F(VolumesTest, AVolumeOfANodeOrAZoneTakesThePodThere) {
  volume("local", [](auto volume) { onlyOn(volume, "b"); });
  volume("zonal", [](auto volume) { setLabel(volume.getMetadata(), "topology.kubernetes.io/zone", "zone-x__zone-a"); });
  volume("far", [](auto volume) { onlyOn(volume, "c"); });
  volume("remote", [](auto volume) { setLabel(volume.getMetadata(), "topology.kubernetes.io/zone", "zone-x"); });
  for (const char* name : {"local", "zonal", "far", "remote", "lost"}) {
    claim(name, name);
    podWith(name, name);
  }
  host.settle();
  EXPECT_EQ(nodeOf("local"), "b");
  EXPECT_EQ(nodeOf("zonal"), "a");
  EXPECT_EQ(whyWaiting("far"), refusal("2 node(s) didn't match PersistentVolume's node affinity"));
  EXPECT_EQ(whyWaiting("remote"), refusal("2 node(s) had no available volume zone"));
  EXPECT_EQ(whyWaiting("lost"), refusal("2 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"));
}

TEST_F(VolumesTest, AClaimForOnePodIsForOne) {
  volume("disk", [](auto) {});
  claim("data", "disk", "ReadWriteOncePod");
  podWith("first", "data");
  host.settle();
  podWith("second", "data");
  host.settle();
  EXPECT_EQ(reasonOf("second"),
            "0/2 nodes are available: 2 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access "
            "mode already in-use by another pod.");
  host.remove<Pod>("default", "first");
  host.settle();
  EXPECT_NE(nodeOf("second"), "");
}

TEST_F(VolumesTest, ANodeTakesAsManyVolumesOfADriverAsItSays) {
  for (const char* name : {"a", "b"}) {
    auto node = test::named<CSINode>("", name);
    auto driver = node->initSpec().initDrivers(1)[0];
    driver.setName("csi.example.com");
    driver.initAllocatable().initCount().setValue(1);
    host.put(std::move(node));
  }
  for (const char* name : {"one", "two", "three"}) {
    volume(name, [&](auto volume) {
      auto csi = volume.getSpec().initCsi();
      csi.setDriver("csi.example.com");
      csi.setVolumeHandle(name);
    });
    claim(name, name);
    podWith(name, name);
    host.settle();
  }
  EXPECT_NE(nodeOf("one"), nodeOf("two"));
  EXPECT_EQ(nodeOf("three"), "");
  EXPECT_EQ(reasonOf("three"), "0/2 nodes are available: 2 node(s) exceed max volume count.");
}

TEST_F(VolumesTest, ADiskIsNotUsedTwiceOnANode) {
  auto withDisk = [&](const std::string& name) {
    pod(name, {}, [](auto pod) {
      auto volume = pod.getSpec().initVolumes(1)[0];
      volume.setName("v");
      volume.initAwsElasticBlockStore().setVolumeID("vol-1");
    });
    host.settle();
  };
  for (const char* name : {"one", "two", "three"}) withDisk(name);
  EXPECT_NE(nodeOf("one"), nodeOf("two"));
  EXPECT_EQ(reasonOf("three"), "0/2 nodes are available: 2 node(s) had no available disk.");
}

}  // namespace
}  // namespace cleat::scheduling
