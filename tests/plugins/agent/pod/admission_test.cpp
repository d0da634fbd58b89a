// What the node refuses by itself, and what others may say of it.
#include "pod/admission.h"
#include "tests/plugins/agent/node_fixture.h"

namespace cleat::agent::test {
namespace {

class Admission : public ::testing::Test {
 protected:
  void SetUp() override { node_.startAgent(); }
  void expectRefused(const char* name, const char* reason, const std::string& message) {
    node_.advance(2s);
    EXPECT_EQ(node_.phase(name), "Failed");
    EXPECT_EQ(str(node_.pod(name)->getStatus().getReason()), reason);
    EXPECT_EQ(str(node_.pod(name)->getStatus().getMessage()), "Pod was rejected: " + message);
    EXPECT_EQ(node_.pod(name)->getStatus().getObservedGeneration(), node_.pod(name)->getMetadata().getGeneration());
    EXPECT_TRUE(node_.hasEvent(reason, message));
    EXPECT_EQ(node_.runtime().count("run sandbox"), 0);
  }
  NodeFixture node_;
};

TEST_F(Admission, APodForAnotherOperatingSystemIsRefused) {
  auto pod = podNamed("web");
  pod->getSpec().initOs().setName("windows");
  node_.put(std::move(pod));
  expectRefused("web", "PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS");
}

TEST_F(Admission, ASysctlThatOthersWouldFeelIsRefused) {
  auto pod = podNamed("web");
  auto sysctl = pod->getSpec().initSecurityContext().initSysctls(1)[0];
  sysctl.setName("kernel.msgmax");
  sysctl.setValue("1");
  node_.put(std::move(pod));
  expectRefused("web", "SysctlForbidden", "forbidden sysctl: \"kernel.msgmax\" not allowlisted");
}

TEST_F(Admission, ThoseOfThePodAloneAreNot) {
  EXPECT_TRUE(isSafeSysctl("kernel.shm_rmid_forced"));
  EXPECT_TRUE(isSafeSysctl("kernel/shm_rmid_forced"));
  EXPECT_FALSE(isSafeSysctl("kernel.shmmax"));
  EXPECT_FALSE(isSafeSysctl(""));
}

TEST_F(Admission, AnOperatorAllowsMoreByNameOrByTheirBeginning) {
  NodeAbilities abilities;
  abilities.unsafeSysctls = {"kernel.msgmax", "net.core.*"};
  EXPECT_TRUE(abilities.allowsSysctl("kernel.msgmax"));
  EXPECT_TRUE(abilities.allowsSysctl("kernel/msgmax"));
  EXPECT_TRUE(abilities.allowsSysctl("net.core.somaxconn"));
  EXPECT_TRUE(abilities.allowsSysctl("net.ipv4.tcp_syncookies"));
  EXPECT_FALSE(abilities.allowsSysctl("kernel.msgmni"));
  EXPECT_FALSE(abilities.allowsSysctl("net.corex"));
}

TEST_F(Admission, AnAppArmorProfileThatCannotBeEnforcedIsRefusedAsTheKubeletDoes) {
  auto pod = podNamed("web");
  pod->getSpec().getContainers()[0].initSecurityContext().initAppArmorProfile().setType("RuntimeDefault");
  node_.put(std::move(pod));
  expectRefused("web", "AppArmor", "Cannot enforce AppArmor: AppArmor is not enabled on the host");
}

TEST_F(Admission, TheOlderAnnotationForItToo) {
  auto pod = podNamed("web");
  auto annotation = pod->getMetadata().initAnnotations(1)[0];
  annotation.setKey("container.apparmor.security.beta.kubernetes.io/main");
  annotation.setValue("runtime/default");
  node_.put(std::move(pod));
  expectRefused("web", "AppArmor", "Cannot enforce AppArmor: AppArmor is not enabled on the host");
}

TEST_F(Admission, OneThatAsksForNoneRuns) {
  auto pod = podNamed("web");
  pod->getSpec().initSecurityContext().initAppArmorProfile().setType("Unconfined");
  node_.put(std::move(pod));
  node_.advance(2s);
  EXPECT_EQ(node_.phase("web"), "Running");
}

TEST_F(Admission, ProcIsOpenedOnlyToUsersOfThePodsOwn) {
  auto pod = podNamed("web");
  pod->getSpec().getContainers()[0].initSecurityContext().setProcMount("Unmasked");
  node_.put(std::move(pod));
  expectRefused("web", "UnsupportedField",
                "spec.containers[0].securityContext.procMount: `hostUsers` must be false to use `Unmasked`");
}

TEST_F(Admission, AVolumeThatCannotBeMountedIsRefusedByName) {
  auto pod = podNamed("web");
  auto volume = pod->getSpec().initVolumes(1)[0];
  volume.setName("disk");
  volume.initNfs().setServer("192.0.2.1");
  node_.put(std::move(pod));
  expectRefused("web", "UnsupportedField", "spec.volumes[0].nfs: this node does not mount volumes of this type");
}

class IncapableRuntime : public Admission {
 protected:
  void SetUp() override {
    node_.runtime().capable = false;
    Admission::SetUp();
  }
};

TEST_F(IncapableRuntime, AStrictGroupsPolicyIsRefused) {
  auto pod = podNamed("web");
  pod->getSpec().initSecurityContext().setSupplementalGroupsPolicy("Strict");
  node_.put(std::move(pod));
  expectRefused("web", "SupplementalGroupsPolicyNotSupported",
                "SupplementalGroupsPolicy=Strict is not supported in this node");
}

Draft<Pod> podReadingRecursively(const char* mode) {
  auto pod = podNamed("web");
  auto volume = pod->getSpec().initVolumes(1)[0];
  volume.setName("files");
  volume.initEmptyDir();
  auto mount = pod->getSpec().getContainers()[0].initVolumeMounts(1)[0];
  mount.setName("files");
  mount.setMountPath("/files");
  mount.setReadOnly(true);
  mount.setRecursiveReadOnly(mode);
  return pod;
}

TEST_F(IncapableRuntime, ARecursiveReadOnlyMountIsRefused) {
  node_.put(podReadingRecursively("Enabled"));
  expectRefused("web", "UnsupportedField",
                "spec.containers[0].volumeMounts[0].recursiveReadOnly: volume \"files\" requested recursive read-only "
                "mode, but it is not supported by the runtime");
}

TEST_F(IncapableRuntime, UnlessItIsOnlyWishedForAndTheStatusSaysWhatItCameTo) {
  node_.put(podReadingRecursively("IfPossible"));
  node_.advance(2s);
  EXPECT_EQ(node_.phase("web"), "Running");
  EXPECT_EQ(node_.runtime().find("main")->mounts[0], "/files ro");
  EXPECT_EQ(str(node_.status("web").getVolumeMounts()[0].getRecursiveReadOnly()), "Disabled");
}

TEST_F(Admission, ARecursiveReadOnlyMountIsAskedOfTheRuntime) {
  node_.put(podReadingRecursively("IfPossible"));
  node_.advance(2s);
  EXPECT_EQ(node_.runtime().find("main")->mounts[0], "/files rro");
  EXPECT_EQ(str(node_.status("web").getVolumeMounts()[0].getRecursiveReadOnly()), "Enabled");
}

TEST_F(Admission, APodThatIsTooLargeForTheNodeIsRefused) {
  auto pod = podNamed("web");
  auto request = pod->getSpec().getContainers()[0].initResources().initRequests(1)[0];
  request.setKey("cpu");
  request.setValue("100000");
  node_.put(std::move(pod));
  node_.advance(2s);
  EXPECT_EQ(str(node_.pod("web")->getStatus().getReason()), "OutOfcpu");
  EXPECT_TRUE(
      node_.hasEvent("OutOfcpu", "Node didn't have enough resource: cpu, requested: 100000000, used: 0, capacity: "));
}

TEST(Ledger, CountsWhatTheOthersHave) {
  ResourceLedger ledger;
  ledger.setCapacity({4000, 1000});
  auto whyNot = [&](const char* uid, const Grant& wanted) {
    auto lacks = ledger.whyNot(uid, wanted);
    return lacks ? lacks->message() : std::string();
  };
  int looked = 0;
  ledger.grant("a", {3000, 100});
  EXPECT_EQ(whyNot("a", {4000, 100}), "");
  EXPECT_EQ(whyNot("b", {2000, 100}),
            "Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000");
  EXPECT_EQ(whyNot("b", {0, 950}),
            "Node didn't have enough resource: memory, requested: 950, used: 100, capacity: 1000");
  ledger.wait("b", [&] { ++looked; });
  ledger.grant("a", {3500, 100});
  EXPECT_EQ(looked, 0);
  ledger.grant("a", {1000, 100});
  ledger.release("a");
  EXPECT_EQ(looked, 2);
  EXPECT_EQ(whyNot("b", {2000, 100}), "");
}

TEST(Ledger, WhatAsksForNothingFitsOntoAFullNode) {
  ResourceLedger ledger;
  ledger.setCapacity({1000, 1000});
  ledger.grant("a", {2000, 100});
  EXPECT_FALSE(ledger.whyNot("b", {0, 100}));
}

TEST_F(Admission, WhatOthersSayThatTheNodeHasStays) {
  node_.host().change<core_v1::Node>("", "node1", [](core_v1::Node::Builder node) {
    auto capacity = node.getStatus().asReader().getCapacity();
    auto list =
        capnp::Orphanage::getForMessageContaining(node).newOrphan<capnp::List<meta_v1::TextEntry>>(capacity.size() + 1);
    for (uint32_t i = 0; i < capacity.size(); ++i) list.get().setWithCaveats(i, capacity[i]);
    list.get()[capacity.size()].setKey("example.com/thing");
    list.get()[capacity.size()].setValue("5");
    node.getStatus().adoptCapacity(std::move(list));
  });
  node_.advance(12s);
  auto node = node_.host().get<core_v1::Node>("", "node1");
  EXPECT_EQ(valueIn(node->getStatus().getCapacity(), "example.com/thing"), "5");
  EXPECT_EQ(valueIn(node->getStatus().getAllocatable(), "example.com/thing"), "5");
  EXPECT_NE(valueIn(node->getStatus().getCapacity(), "cpu"), "");
}

TEST_F(Admission, AConditionThatSomebodyElseSetsMeanwhileIsKept) {
  node_.put(podNamed("web"));
  node_.host().change<Pod>("default", "web", [](Pod::Builder pod) {
    auto before = pod.getStatus().asReader().getConditions();
    auto list =
        capnp::Orphanage::getForMessageContaining(pod).newOrphan<capnp::List<core_v1::PodCondition>>(before.size() + 1);
    for (uint32_t i = 0; i < before.size(); ++i) list.get().setWithCaveats(i, before[i]);
    list.get()[before.size()].setType("example.com/ready");
    list.get()[before.size()].setStatus("True");
    pod.getStatus().adoptConditions(std::move(list));
  });
  node_.runtime().exit("main", 1);
  node_.advance(3s);
  EXPECT_EQ(node_.condition("web", "example.com/ready"), "True");
}

}  // namespace
}  // namespace cleat::agent::test
