// Real containers in a user namespace of their pod's own: runc, overlayfs over id-mapped layers, id-mapped mounts.
#include "plugins/runtime-oci/containers/abilities.h"
#include "plugins/runtime-oci/machine/id_mapping.h"
#include "tests/plugins/runtime-oci/machine.h"

#include <sys/stat.h>

namespace cleat::runtime {
namespace {

class UserNamespaceTest : public MachineTest {
 protected:
  void SetUp() override {
    MachineTest::SetUp();
    if (IsSkipped()) return;
    // As /run is: without that no process of a container comes to its root filesystem.
    ASSERT_EQ(chmod(folder->path().c_str(), 0711), 0);
    Abilities abilities = findAbilities(*sandboxes, *containers);
    if (!abilities.userNamespaces) GTEST_SKIP() << "SKIPPED: " << abilities.whyNoUserNamespaces;
    EXPECT_TRUE(listFolder(*folder / "sandboxes")->empty()) << "the trial leaves nothing";
  }
  void TearDown() override {
    MachineTest::TearDown();
    auto roots = folder ? listFolder(*folder / "run/roots") : Result<std::vector<std::string>>();
    EXPECT_TRUE(roots.value_or(std::vector<std::string>()).empty());
  }

  SandboxRecord startOwn(uint32_t firstId = 7 * 65536) {
    SandboxRecord wish = sandboxWish();
    std::vector<IdRange> ids{{.containerId = 0, .hostId = firstId, .length = 65536}};
    wish.ids = {ids, ids};
    return startSandbox(std::move(wish));
  }
  BindMount mapped(const std::string& name) {
    EXPECT_TRUE(makeFolders(*folder / name, 0755));
    BindMount mount;
    mount.containerPath = "/" + name;
    mount.hostPath = *folder / name;
    mount.idMapped = true;
    return mount;
  }
};

TEST_F(UserNamespaceTest, RootInsideIsNobodyOnTheMachine) {
  SandboxRecord sandbox = startOwn();
  EXPECT_EQ(output(sandbox, "id -u; cat /proc/self/uid_map /proc/self/gid_map | tr -s ' '; stat -c %u /etc /dev/shm"),
            "0\n 0 458752 65536\n 0 458752 65536\n0\n0\n");
}

TEST_F(UserNamespaceTest, WithProcOpenedItStillCannotWriteWhatIsTheMachines) {
  SandboxRecord sandbox = startOwn();
  std::string before = *readFile("/proc/sys/kernel/core_pattern");
  EXPECT_EQ(
      output(sandbox,
             "exec 2>&1; mount | grep -c ' /proc/sys '; for each in core_pattern randomize_va_space; do (echo x > "
             "/proc/sys/kernel/$each) && echo written; done",
             {.security = {.maskedPaths = false}}),
      "0\n/bin/sh: can't create /proc/sys/kernel/core_pattern: Permission denied\n"
      "/bin/sh: can't create /proc/sys/kernel/randomize_va_space: Permission denied\n");
  EXPECT_EQ(*readFile("/proc/sys/kernel/core_pattern"), before);
}

TEST_F(UserNamespaceTest, ProcIsNotOpenedWithoutOne) {
  SandboxRecord sandbox = startSandbox();
  auto refused = create(sandbox, {.command = {"/bin/true"}, .security = {.maskedPaths = false}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "procMount Unmasked needs a user namespace (hostUsers: false)");
}

TEST_F(UserNamespaceTest, WhatRootWritesIntoAVolumeIsRootsOnTheMachineAndInTheNextPod) {
  SandboxRecord sandbox = startOwn();
  BindMount volume = mapped("volume");
  output(sandbox, "echo hello > /volume/file; chown 1000:1000 /volume/file; echo own > /own", {.mounts = {volume}});
  struct stat facts;
  ASSERT_EQ(stat((*folder / "volume/file").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_uid, 1000u);
  EXPECT_EQ(
      output(sandbox, "cat /volume/file; stat -c %u /volume/file /volume", {.name = "second", .mounts = {volume}}),
      "hello\n1000\n0\n");
}

TEST_F(UserNamespaceTest, AMountThatIsNotMappedIsNobodysInside) {
  SandboxRecord sandbox = startOwn();
  BindMount plain = mapped("plain");
  plain.idMapped = false;
  EXPECT_EQ(output(sandbox, "stat -c %u /plain; touch /plain/x", {.mounts = {plain}}),
            "65534\ntouch: /plain/x: Permission denied\n");
}

TEST_F(UserNamespaceTest, AFilesystemWithoutIdMappingIsRefused) {
  SandboxRecord sandbox = startOwn();
  BindMount proc;
  proc.containerPath = "/host";
  proc.hostPath = "/proc/sys/net";
  proc.idMapped = true;
  auto refused = create(sandbox, {.command = {"/bin/true"}, .mounts = {proc}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "the filesystem of /proc/sys/net cannot be mapped into the pod's user namespace: Invalid argument");
  EXPECT_TRUE(listFolder(*folder / "containers")->empty());
}

TEST_F(UserNamespaceTest, AnIdBeyondTheNamespaceIsRefused) {
  SandboxRecord sandbox = startOwn();
  auto refused = create(sandbox, {.command = {"/bin/true"}, .security = {.runAsUser = 65536}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "runAsUser: 65536 is outside of the ids that the pod's user namespace has (0 to 65535)");
}

TEST_F(UserNamespaceTest, SysctlsOfThePodAreSetInItsNamespaces) {
  SandboxRecord wish = sandboxWish();
  std::vector<IdRange> ids{{.containerId = 0, .hostId = 3 * 65536, .length = 65536}};
  wish.ids = {ids, ids};
  wish.sysctls = {{"net.ipv4.tcp_syncookies", "0"}, {"kernel.shm_rmid_forced", "1"}};
  SandboxRecord sandbox = startSandbox(std::move(wish));
  EXPECT_EQ(output(sandbox, "cat /proc/sys/net/ipv4/tcp_syncookies /proc/sys/kernel/shm_rmid_forced"), "0\n1\n");
}

TEST_F(UserNamespaceTest, IdsOfTheMachinesOwnUsersAreNotGivenToAPod) {
  SandboxRecord wish = sandboxWish();
  std::vector<IdRange> ids{{.containerId = 0, .hostId = 1000, .length = 10}};
  wish.ids = {ids, ids};
  auto refused = sandboxes->start(wish);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "the ids 1000 to 1010 cannot be those of a pod: the machine's own users are below 65536");
}

TEST_F(UserNamespaceTest, ItSurvivesARestartOfTheRuntime) {
  SandboxRecord sandbox = startOwn();
  ContainerRecord record = runScript(sandbox, "while :; do sleep 1; done");
  reopen();
  auto found = containers->load(wallNs());
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);
  EXPECT_FALSE((*found)[0].exited);
  auto pods = sandboxes->load();
  ASSERT_EQ(pods->size(), 1u);
  EXPECT_EQ((*pods)[0].ids, sandbox.ids);
  EXPECT_EQ(output((*pods)[0], "id -u", {.name = "second"}), "0\n");
  ASSERT_TRUE(containers->remove(record));
}

}  // namespace
}  // namespace cleat::runtime
