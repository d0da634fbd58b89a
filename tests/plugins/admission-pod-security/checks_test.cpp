// What each check of the standards finds, and in which words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "plugins/admission-pod-security/evaluation.h"
#include "tests/plugins/objects.h"

namespace cleat::pod_security {
namespace {

using core_v1::Pod;
using Spec = core_v1::PodSpec::Builder;
using Edited = Draft<Pod>&;

constexpr LevelVersion kBaseline{Level::baseline}, kRestricted{Level::restricted};
constexpr LevelVersion baselineOf(int minor) { return {Level::baseline, minor}; }
constexpr LevelVersion restrictedOf(int minor) { return {Level::restricted, minor}; }

// A pod with the containers "first" (before the others), "c" and "d".
Draft<Pod> plainPod() {
  auto pod = test::named<Pod>("default", "p");
  auto spec = pod->initSpec();
  spec.initInitContainers(1)[0].setName("first");
  auto containers = spec.initContainers(2);
  containers[0].setName("c");
  containers[1].setName("d");
  return pod;
}
core_v1::Container::Builder first(Edited pod) { return pod->getSpec().getInitContainers()[0]; }
core_v1::Container::Builder container(Edited pod, uint32_t at = 0) { return pod->getSpec().getContainers()[at]; }

void harden(core_v1::SecurityContext::Builder context) {
  context.initAllowPrivilegeEscalation().setValue(false);
  context.initCapabilities().initDrop(1).set(0, "ALL");
}
// One that the strictest level has nothing against.
Draft<Pod> hardenedPod() {
  auto pod = plainPod();
  harden(first(pod).initSecurityContext());
  for (auto each : pod->getSpec().getContainers()) harden(each.initSecurityContext());
  auto context = pod->getSpec().initSecurityContext();
  context.initRunAsNonRoot().setValue(true);
  context.initSeccompProfile().setType("RuntimeDefault");
  return pod;
}

std::string found(const LevelVersion& levelVersion, Draft<Pod> pod) {
  const Object<Pod> object = std::move(pod).freeze();
  return evaluate(levelVersion, object.meta(), object->getSpec()).detail();
}
std::string baselineFinds(const std::function<void(Edited)>& edit, int minor = LevelVersion::kLatest) {
  auto pod = plainPod();
  edit(pod);
  return found(baselineOf(minor), std::move(pod));
}
std::string restrictedFinds(const std::function<void(Edited)>& edit, int minor = LevelVersion::kLatest) {
  auto pod = hardenedPod();
  edit(pod);
  return found(restrictedOf(minor), std::move(pod));
}

TEST(Levels, APlainPodIsBaselineAndAHardenedOneRestricted) {
  EXPECT_EQ(found({}, plainPod()), "");
  EXPECT_EQ(found(kBaseline, plainPod()), "");
  EXPECT_EQ(found(kRestricted, hardenedPod()), "");
  EXPECT_EQ(found(restrictedOf(0), hardenedPod()), "");
}

TEST(Levels, WhatAPlainPodLacksIsToldInOrder) {
  auto pod = test::named<Pod>("default", "p");
  pod->initSpec().initContainers(1)[0].setName("c");
  EXPECT_EQ(
      found(kRestricted, std::move(pod)),
      "allowPrivilegeEscalation != false (container \"c\" must set securityContext.allowPrivilegeEscalation=false), "
      "unrestricted capabilities (container \"c\" must set securityContext.capabilities.drop=[\"ALL\"]), "
      "runAsNonRoot != true (pod or container \"c\" must set securityContext.runAsNonRoot=true), "
      "seccompProfile (pod or container \"c\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or "
      "\"Localhost\")");
}

TEST(Levels, PrivilegedMindsNothing) {
  auto pod = plainPod();
  pod->getSpec().setHostNetwork(true);
  container(pod).initSecurityContext().initPrivileged().setValue(true);
  EXPECT_EQ(found({}, std::move(pod)), "");
}

TEST(Baseline, TheNodesNamespacesAreItsOwn) {
  EXPECT_EQ(baselineFinds([](Edited pod) { pod->getSpec().setHostPID(true); }), "host namespaces (hostPID=true)");
  EXPECT_EQ(baselineFinds([](Edited pod) {
              pod->getSpec().setHostNetwork(true);
              pod->getSpec().setHostPID(true);
              pod->getSpec().setHostIPC(true);
            }),
            "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)");
}

TEST(Baseline, NoContainerIsPrivileged) {
  EXPECT_EQ(baselineFinds([](Edited pod) { first(pod).initSecurityContext().initPrivileged().setValue(true); }),
            "privileged (container \"first\" must not set securityContext.privileged=true)");
  EXPECT_EQ(baselineFinds([](Edited pod) {
              container(pod, 0).initSecurityContext().initPrivileged().setValue(true);
              container(pod, 1).initSecurityContext().initPrivileged().setValue(true);
            }),
            "privileged (containers \"c\", \"d\" must not set securityContext.privileged=true)");
  EXPECT_EQ(baselineFinds([](Edited pod) { container(pod).initSecurityContext().initPrivileged().setValue(false); }),
            "");
}

TEST(Baseline, EphemeralContainersAreContainers) {
  EXPECT_EQ(baselineFinds([](Edited pod) {
              auto debugger = pod->getSpec().initEphemeralContainers(1)[0];
              debugger.setName("debugger");
              debugger.initSecurityContext().initPrivileged().setValue(true);
            }),
            "privileged (container \"debugger\" must not set securityContext.privileged=true)");
}

TEST(Baseline, CapabilitiesAreThoseThatContainersHaveAnyway) {
  auto adding = [](std::initializer_list<const char*> names) {
    const std::vector<std::string> all(names.begin(), names.end());
    return [all](Edited pod) {
      auto list = container(pod).initSecurityContext().initCapabilities().initAdd(all.size());
      for (uint32_t i = 0; i < list.size(); ++i) list.set(i, all[i]);
    };
  };
  EXPECT_EQ(baselineFinds(adding({"CHOWN", "NET_BIND_SERVICE", "SYS_CHROOT"})), "");
  EXPECT_EQ(baselineFinds(adding({"SYS_ADMIN", "CHOWN", "NET_RAW"})),
            "non-default capabilities (container \"c\" must not include \"NET_RAW\", \"SYS_ADMIN\" in "
            "securityContext.capabilities.add)");
  EXPECT_EQ(baselineFinds(adding({"ALL"})),
            "non-default capabilities (container \"c\" must not include \"ALL\" in securityContext.capabilities.add)");
}

TEST(Baseline, NothingOfTheNodesFilesOrPorts) {
  EXPECT_EQ(baselineFinds([](Edited pod) {
              auto volumes = pod->getSpec().initVolumes(2);
              volumes[0].setName("a");
              volumes[0].initHostPath();
              volumes[1].setName("b");
              volumes[1].initHostPath();
            }),
            "hostPath volumes (volumes \"a\", \"b\")");
  EXPECT_EQ(baselineFinds([](Edited pod) {
              auto ports = container(pod).initPorts(2);
              ports[0].setHostPort(80);
              ports[1].setHostPort(443);
              container(pod, 1).initPorts(1)[0].setContainerPort(80);
            }),
            "hostPort (container \"c\" uses hostPorts 443, 80)");
  EXPECT_EQ(baselineFinds([](Edited pod) { container(pod).initPorts(1)[0].setHostPort(80); }),
            "hostPort (container \"c\" uses hostPort 80)");
}

TEST(Baseline, ProbesAndHooksAreOfTheContainersThemselvesSince34) {
  auto probing = [](Edited pod) {
    container(pod).initLivenessProbe().initHttpGet().setHost("169.254.169.254");
    container(pod, 1).initLifecycle().initPreStop().initTcpSocket().setHost("127.0.0.1");
  };
  EXPECT_EQ(baselineFinds(probing),
            "probe or lifecycle host (containers \"c\", \"d\" use probe or lifecycle hosts \"127.0.0.1\", "
            "\"169.254.169.254\")");
  EXPECT_EQ(baselineFinds(probing, 33), "");
}

TEST(Baseline, ProcIsMaskedButInAUserNamespaceSince35) {
  auto unmasked = [](Edited pod) { container(pod).getSecurityContext().setProcMount("Unmasked"); };
  auto ownUsers = [&](Edited pod) {
    unmasked(pod);
    pod->getSpec().initHostUsers().setValue(false);
  };
  constexpr const char* kRefusal = "procMount (container \"c\" must not set securityContext.procMount to \"Unmasked\")";
  EXPECT_EQ(baselineFinds(unmasked), kRefusal);
  EXPECT_EQ(baselineFinds(ownUsers), "");
  EXPECT_EQ(baselineFinds(ownUsers, 34), kRefusal);
  EXPECT_EQ(restrictedFinds(ownUsers), kRefusal) << "the stricter level masks it always";
  EXPECT_EQ(baselineFinds([](Edited pod) { container(pod).initSecurityContext().setProcMount("Default"); }), "");
}

TEST(Baseline, SeLinuxTypesAreThoseOfContainers) {
  auto typed = [](const char* type) {
    return [type](Edited pod) { container(pod).initSecurityContext().initSeLinuxOptions().setType(type); };
  };
  EXPECT_EQ(baselineFinds(typed("container_init_t")), "");
  EXPECT_EQ(baselineFinds(typed("container_engine_t")), "");
  EXPECT_EQ(
      baselineFinds(typed("container_engine_t"), 30),
      "seLinuxOptions (container \"c\" set forbidden securityContext.seLinuxOptions: type \"container_engine_t\")");
  EXPECT_EQ(
      baselineFinds([](Edited pod) {
        auto options = pod->getSpec().initSecurityContext().initSeLinuxOptions();
        options.setType("spc_t");
        options.setUser("u");
        container(pod).initSecurityContext().initSeLinuxOptions().setRole("r");
      }),
      "seLinuxOptions (pod and container \"c\" set forbidden securityContext.seLinuxOptions: type \"spc_t\"; user may "
      "not be set; role may not be set)");
}

TEST(Baseline, SeccompIsNotTurnedOff) {
  EXPECT_EQ(
      baselineFinds([](Edited pod) {
        pod->getSpec().initSecurityContext().initSeccompProfile().setType("Unconfined");
        container(pod).initSecurityContext().initSeccompProfile().setType("Unconfined");
      }),
      "seccompProfile (pod and container \"c\" must not set securityContext.seccompProfile.type to \"Unconfined\")");
  auto annotated = [](Edited pod) {
    setAnnotation(pod.meta(), "seccomp.security.alpha.kubernetes.io/pod", "unconfined");
    setAnnotation(pod.meta(), "container.seccomp.security.alpha.kubernetes.io/c", "localhost/x");
  };
  EXPECT_EQ(baselineFinds(annotated), "") << "they mean nothing any more";
  EXPECT_EQ(baselineFinds(annotated, 18),
            "seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod=\"unconfined\")");
}

TEST(Baseline, AppArmorIsNotTurnedOff) {
  EXPECT_EQ(baselineFinds(
                [](Edited pod) { container(pod).initSecurityContext().initAppArmorProfile().setType("Unconfined"); }),
            "forbidden AppArmor profile (container \"c\" must not set AppArmor profile type to \"Unconfined\")");
  EXPECT_EQ(baselineFinds(
                [](Edited pod) { pod->getSpec().initSecurityContext().initAppArmorProfile().setType("Localhost"); }),
            "");
  EXPECT_NE(baselineFinds([](Edited pod) {
              setAnnotation(pod.meta(), "container.apparmor.security.beta.kubernetes.io/c", "unconfined");
            }),
            "");
}

TEST(Baseline, SysctlsAreThoseThatStayInThePod) {
  auto setting = [](std::initializer_list<const char*> names) {
    const std::vector<std::string> all(names.begin(), names.end());
    return [all](Edited pod) {
      auto list = pod->getSpec().initSecurityContext().initSysctls(all.size());
      for (uint32_t i = 0; i < list.size(); ++i) list[i].setName(all[i]);
    };
  };
  EXPECT_EQ(baselineFinds(setting({"kernel.shm_rmid_forced", "net.ipv4.tcp_rmem", "net.ipv4.tcp_notsent_lowat"})), "");
  EXPECT_EQ(baselineFinds(setting({"net.ipv4.tcp_notsent_lowat"}), 36),
            "forbidden sysctls (net.ipv4.tcp_notsent_lowat)");
  EXPECT_EQ(baselineFinds(setting({"kernel.msgmax", "kernel.sem"})), "forbidden sysctls (kernel.msgmax, kernel.sem)");
}

TEST(Baseline, NoProcessOfTheHost) {
  EXPECT_EQ(baselineFinds([](Edited pod) {
              pod->getSpec().initSecurityContext().initWindowsOptions().initHostProcess().setValue(true);
            }),
            "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)");
}

TEST(Restricted, OnlyVolumesThatComeOfTheCluster) {
  EXPECT_EQ(restrictedFinds([](Edited pod) {
              auto volumes = pod->getSpec().initVolumes(7);
              volumes[0].initConfigMap();
              volumes[1].initEmptyDir();
              volumes[2].initProjected();
              volumes[3].initSecret();
              volumes[4].initPersistentVolumeClaim();
              volumes[5].initImage();
              volumes[6].initCsi();
            }),
            "");
  EXPECT_EQ(restrictedFinds([](Edited pod) {
              auto volumes = pod->getSpec().initVolumes(2);
              volumes[0].setName("host");
              volumes[0].initHostPath();
              volumes[1].setName("share");
              volumes[1].initNfs();
            }),
            "restricted volume types (volumes \"host\", \"share\" use restricted volume types \"hostPath\", \"nfs\")");
}

TEST(Restricted, CapabilitiesAreGivenUp) {
  EXPECT_EQ(restrictedFinds([](Edited pod) {
              container(pod).getSecurityContext().getCapabilities().initAdd(1).set(0, "NET_BIND_SERVICE");
            }),
            "");
  EXPECT_EQ(
      restrictedFinds(
          [](Edited pod) { container(pod).getSecurityContext().initCapabilities().initAdd(1).set(0, "CHOWN"); }),
      "unrestricted capabilities (container \"c\" must set securityContext.capabilities.drop=[\"ALL\"]; container \"c\" "
      "must not include \"CHOWN\" in securityContext.capabilities.add)");
}

TEST(Restricted, NobodyIsRootButInAUserNamespaceSince35) {
  constexpr const char* kUser = "runAsUser=0 (pod and container \"c\" must not set runAsUser=0)";
  auto root = [](Edited pod) {
    pod->getSpec().getSecurityContext().initRunAsUser().setValue(0);
    container(pod).getSecurityContext().initRunAsUser().setValue(0);
    container(pod, 1).getSecurityContext().initRunAsUser().setValue(1000);
  };
  EXPECT_EQ(restrictedFinds(root), kUser);
  EXPECT_EQ(restrictedFinds(root, 22), "");
  EXPECT_EQ(restrictedFinds([](Edited pod) {
              pod->getSpec().getSecurityContext().initRunAsNonRoot().setValue(false);
              container(pod).getSecurityContext().initRunAsNonRoot().setValue(false);
            }),
            "runAsNonRoot != true (pod and container \"c\" must not set securityContext.runAsNonRoot=false)");
  auto ownUsers = [&](Edited pod) {
    root(pod);
    pod->getSpec().getSecurityContext().disownRunAsNonRoot();
    pod->getSpec().initHostUsers().setValue(false);
  };
  EXPECT_EQ(restrictedFinds(ownUsers), "");
  EXPECT_NE(restrictedFinds(ownUsers, 34), "");
}

TEST(Restricted, AContainerMaySayItForItself) {
  EXPECT_EQ(restrictedFinds([](Edited pod) {
              pod->getSpec().disownSecurityContext();
              for (auto each : {first(pod), container(pod, 0), container(pod, 1)}) {
                each.getSecurityContext().initRunAsNonRoot().setValue(true);
                each.getSecurityContext().initSeccompProfile().setType("Localhost");
              }
            }),
            "");
}

TEST(Restricted, SeccompIsSaid) {
  EXPECT_EQ(restrictedFinds(
                [](Edited pod) { pod->getSpec().getSecurityContext().getSeccompProfile().setType("Unconfined"); }),
            "seccompProfile (pod must not set securityContext.seccompProfile.type to \"Unconfined\")");
  EXPECT_EQ(restrictedFinds([](Edited pod) { pod->getSpec().getSecurityContext().disownSeccompProfile(); }, 18), "");
}

TEST(Restricted, WindowsIsNotAskedForWhatItDoesNotHaveSince25) {
  auto windows = [](Edited pod) {
    pod->getSpec().initOs().setName("windows");
    first(pod).disownSecurityContext();
    container(pod, 0).disownSecurityContext();
    container(pod, 1).disownSecurityContext();
    pod->getSpec().getSecurityContext().disownSeccompProfile();
  };
  EXPECT_EQ(restrictedFinds(windows), "");
  EXPECT_NE(restrictedFinds(windows, 24), "");
}

}  // namespace
}  // namespace cleat::pod_security
