#include "plugins/runtime-oci/machine/namespaces.h"
#include "tests/plugins/runtime-oci/machine.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>

namespace cleat::runtime {
namespace {

class SandboxTest : public MachineTest {};

ino_t namespaceOf(const std::string& path) {
  struct stat facts{};
  EXPECT_EQ(stat(path.c_str(), &facts), 0) << path;
  return facts.st_ino;
}

TEST_F(SandboxTest, ItHoldsNamespacesOfItsOwnWithTheHostnameAndTheLoopbackInterface) {
  SandboxRecord sandbox = startSandbox();
  ASSERT_TRUE(Sandboxes::running(sandbox));
  std::string proc = "/proc/" + std::to_string(sandbox.pausePid) + "/ns/";
  for (const char* name : {"net", "ipc", "uts"})
    EXPECT_NE(namespaceOf(proc + name), namespaceOf(std::string("/proc/self/ns/") + name)) << name;
  EXPECT_EQ(namespaceOf(proc + "pid"), namespaceOf("/proc/self/ns/pid"));
  EXPECT_EQ(namespaceOf(sandbox.netnsPath), namespaceOf(proc + "net"));
  auto output = run(Command{.argv = {"/usr/bin/nsenter", "-t", std::to_string(sandbox.pausePid), "-n", "-u", "/bin/sh",
                                     "-c", "hostname; ip -br addr show lo"}});
  EXPECT_EQ(output->standardOutput.substr(0, 4), "web\n");
  EXPECT_NE(output->standardOutput.find("127.0.0.1/8"), std::string::npos) << output->standardOutput;
}

TEST_F(SandboxTest, ItIsFoundRunningByANewProcess) {
  SandboxRecord sandbox = startSandbox();
  reopen();
  auto found = sandboxes->load();
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].id, sandbox.id);
  EXPECT_EQ((*found)[0].podName, "web");
  EXPECT_TRUE(Sandboxes::running((*found)[0]));
}

TEST_F(SandboxTest, TheDeathOfThePauseProcessIsSeenAndTheNetworkStaysUntilItIsStopped) {
  SandboxRecord sandbox = startSandbox();
  ASSERT_EQ(kill(sandbox.pausePid, SIGKILL), 0);
  EXPECT_TRUE(eventually([&] { return !Sandboxes::running(sandbox); }));
  EXPECT_TRUE(insideNetwork(sandbox.netnsPath, [] { return Result<void>(); }));
  ASSERT_TRUE(sandboxes->stop(sandbox));
  EXPECT_NE(access(sandbox.netnsPath.c_str(), F_OK), 0);
  EXPECT_TRUE(sandboxes->stop(sandbox)) << "stopping twice";
  EXPECT_TRUE(sandboxes->remove(sandbox));
  EXPECT_TRUE(sandboxes->remove(sandbox)) << "removing twice";
}

TEST_F(SandboxTest, ThePauseProcessEndsOnSigtermAndHasNoDescriptor) {
  SandboxRecord sandbox = startSandbox();
  // It is on record a moment before it has closed them.
  EXPECT_TRUE(eventually([&] { return listFolder("/proc/" + std::to_string(sandbox.pausePid) + "/fd")->empty(); }));
  ASSERT_EQ(kill(sandbox.pausePid, SIGTERM), 0);
  EXPECT_TRUE(eventually([&] { return !Sandboxes::running(sandbox); }));
}

TEST_F(SandboxTest, SharedProcessNamespacesHavePauseAsProcessOneAndItReapsOrphans) {
  SandboxRecord wish = sandboxWish();
  wish.sharePid = true;
  SandboxRecord sandbox = startSandbox(wish);
  std::string status = *readFile("/proc/" + std::to_string(sandbox.pausePid) + "/status");
  EXPECT_NE(status.find("NSpid:\t" + std::to_string(sandbox.pausePid) + "\t1\n"), std::string::npos);
  // The subshell's child is left to process 1, ends, and must be gone although its first parent lives on.
  EXPECT_EQ(output(sandbox,
                   "(sh -c 'echo $$ > /tmp/orphan' &) ; while ! [ -s /tmp/orphan ]; do :; done; "
                   "p=$(cat /tmp/orphan); while [ -e /proc/$p ]; do :; done; echo reaped"),
            "reaped\n");
}

TEST_F(SandboxTest, HostNamespacesAreTheHosts) {
  SandboxRecord wish = sandboxWish();
  wish.hostNetwork = wish.hostIpc = true;
  SandboxRecord sandbox = startSandbox(wish);
  std::string proc = "/proc/" + std::to_string(sandbox.pausePid) + "/ns/";
  EXPECT_EQ(namespaceOf(proc + "net"), namespaceOf("/proc/self/ns/net"));
  EXPECT_EQ(namespaceOf(proc + "ipc"), namespaceOf("/proc/self/ns/ipc"));
  EXPECT_EQ(sandbox.netnsPath, "");
}

TEST_F(SandboxTest, SysctlsAreSetInsideOnly) {
  SandboxRecord wish = sandboxWish();
  wish.sysctls = {{"net.ipv4.ip_unprivileged_port_start", "99"}, {"kernel.msgmax", "4000"}};
  std::string before = *readFile("/proc/sys/net/ipv4/ip_unprivileged_port_start");
  SandboxRecord sandbox = startSandbox(wish);
  std::string inside;
  ASSERT_TRUE(insideProcess(sandbox.pausePid, CLONE_NEWNET | CLONE_NEWIPC, [&]() -> Result<void> {
    inside = *readFile("/proc/sys/net/ipv4/ip_unprivileged_port_start") + *readFile("/proc/sys/kernel/msgmax");
    return {};
  }));
  EXPECT_EQ(inside, "99\n4000\n");
  EXPECT_EQ(*readFile("/proc/sys/net/ipv4/ip_unprivileged_port_start"), before);
}

TEST_F(SandboxTest, ASysctlOfTheWholeMachineIsRefusedAndNothingIsLeft) {
  for (const char* name : {"kernel.panic", "vm.swappiness", "net.../../kernel.panic"}) {
    SandboxRecord wish = sandboxWish();
    wish.sysctls = {{name, "1"}};
    auto sandbox = sandboxes->start(wish);
    ASSERT_FALSE(sandbox) << name;
    EXPECT_EQ(sandbox.error().code, 400);
  }
  EXPECT_TRUE(sandboxes->load()->empty());
  expectNothingLeft();
}

TEST_F(SandboxTest, ThePodsCgroupHasItsLimitsAndThePauseProcess) {
  SandboxRecord wish = sandboxWish();
  wish.resources.memoryLimitBytes = 64 << 20;
  wish.resources.cpuShares = 512;
  SandboxRecord sandbox = startSandbox(wish);
  sandboxes->settle(sandbox);
  std::string path = "/" + wish.cgroupParent.substr(1);
  std::string own = *readFile("/proc/" + std::to_string(sandbox.pausePid) + "/cgroup");
  EXPECT_NE(own.find(path + "/cleat-" + sandbox.id.substr(0, 12)), std::string::npos) << own;
  std::string memory = cgroups->isV2() ? "/sys/fs/cgroup" + path + "/memory.max"
                                       : "/sys/fs/cgroup/memory" + path + "/memory.limit_in_bytes";
  EXPECT_EQ(readFile(memory).value_or(""), std::to_string(64 << 20) + "\n");
}

TEST_F(SandboxTest, WhatWasHalfMadeIsUndoneAtTheNextStart) {
  SandboxRecord sandbox = startSandbox();
  // As if we had died before the record knew of the pause process, or while it was being written.
  SandboxRecord early = sandbox;
  early.pausePid = 0;
  ASSERT_TRUE(writeFile(sandboxes->folderOf(sandbox.id) + "/sandbox.json", toJsonText(early)));
  reopen();
  auto found = sandboxes->load();
  ASSERT_EQ(found->size(), 1u);
  EXPECT_FALSE(Sandboxes::running(sandbox));
  SandboxRecord damaged = startSandbox();
  ASSERT_TRUE(writeFile(sandboxes->folderOf(damaged.id) + "/sandbox.json", "{"));
  EXPECT_EQ(sandboxes->load()->size(), 1u);
  EXPECT_FALSE(Sandboxes::running(damaged));
  // In which cgroup it was, nobody can say any more.
  EXPECT_TRUE(cgroups->remove(damaged.cgroupParent));
}

}  // namespace
}  // namespace cleat::runtime
