// Real containers: conmon, runc, overlayfs, cgroups.
#include "plugins/runtime-oci/containers/users.h"
#include "tests/plugins/runtime-oci/machine.h"

#include <signal.h>
#include <sys/stat.h>

namespace cleat::runtime {
namespace {

class ContainerTest : public MachineTest {};

TEST_F(ContainerTest, ItRunsItsCommandWritesTheLogAndLeavesItsExitCode) {
  SandboxRecord sandbox = startSandbox();
  ContainerRecord record = waitForEnd(runScript(sandbox, "echo out; echo err >&2; printf part; exit 3"));
  EXPECT_EQ(record.exitCode, 3);
  EXPECT_GE(record.finishedAtNs, record.startedAtNs);
  std::string log = *readFile(record.logPath);
  EXPECT_NE(log.find(" stdout F out\n"), std::string::npos) << log;
  EXPECT_NE(log.find(" stderr F err\n"), std::string::npos) << log;
  EXPECT_NE(log.find(" stdout P part\n"), std::string::npos) << log;
}

TEST_F(ContainerTest, WithoutACommandItRunsTheImagesOwn) {
  SandboxRecord sandbox = startSandbox();
  auto record = create(sandbox, {});
  ASSERT_TRUE(record);
  ASSERT_TRUE(containers->start(*record, wallNs()));
  EXPECT_TRUE(eventually([&] {
    auto output = run(Command{.argv = {"/usr/bin/nsenter", "--net=" + sandbox.netnsPath, "/bin/busybox", "wget", "-qO-",
                                       "http://127.0.0.1:8080/"}});
    return output && output->standardOutput == "web\n";
  }));
}

TEST_F(ContainerTest, ItSharesTheSandboxsNamespacesAndShm) {
  SandboxRecord sandbox = startSandbox();
  output(sandbox, "echo shared > /dev/shm/x");
  EXPECT_EQ(output(sandbox, "hostname; cat /dev/shm/x; echo $$; ls /proc | grep -c '^[0-9]'",
                   {.name = "second", .attempt = 1})
                .substr(0, 13),
            "web\nshared\n1\n");
}

TEST_F(ContainerTest, ItIsAdoptedRunningByANewProcess) {
  SandboxRecord sandbox = startSandbox();
  ContainerRecord record = runScript(sandbox, "while :; do sleep 1; done");
  reopen();
  auto found = containers->load(wallNs());
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);
  EXPECT_FALSE((*found)[0].exited);
  EXPECT_EQ((*found)[0].startedAtNs, record.startedAtNs);
  EXPECT_GT(containers->pid(record.id), 0);
  ASSERT_TRUE(containers->signal(record, SIGKILL));
  EXPECT_EQ(waitForEnd((*found)[0]).exitCode, 137);
}

TEST_F(ContainerTest, AnEndWhileNobodyLookedIsKnownAfterwards) {
  SandboxRecord sandbox = startSandbox();
  ContainerRecord record = runScript(sandbox, "exit 5");
  EXPECT_TRUE(eventually([&] { return containers->monitorPid(record.id) == 0; }));
  reopen();
  auto found = containers->load(wallNs());
  ASSERT_EQ(found->size(), 1u);
  EXPECT_TRUE((*found)[0].exited);
  EXPECT_EQ((*found)[0].exitCode, 5);
}

TEST_F(ContainerTest, ALostMonitorEndsTheContainerWithCode255) {
  SandboxRecord sandbox = startSandbox();
  ContainerRecord record = runScript(sandbox, "sleep 1000");
  int first = containers->pid(record.id);
  ASSERT_GT(first, 0);
  ASSERT_EQ(kill(containers->monitorPid(record.id), SIGKILL), 0);
  ContainerRecord ended = waitForEnd(record);
  EXPECT_EQ(ended.exitCode, 255);
  EXPECT_EQ(ended.message, "the container's monitor is gone, so how it ended is not known");
  EXPECT_TRUE(eventually([&] { return !readFile("/proc/" + std::to_string(first) + "/cmdline").value_or("").size(); }));
}

TEST_F(ContainerTest, ACommandThatTheImageDoesNotHaveIsSaidSoAndLeavesNothing) {
  SandboxRecord sandbox = startSandbox();
  auto record = create(sandbox, {.command = {"/no/such/program"}});
  ASSERT_FALSE(record);
  EXPECT_EQ(
      record.error().message,
      "container create failed: runc create failed: unable to start container process: exec: \"/no/such/program\": "
      "stat /no/such/program: no such file or directory");
  EXPECT_TRUE(listFolder(*folder / "containers")->empty());
}

TEST_F(ContainerTest, ARemovedContainerLeavesNothingButItsLogEvenWhileItRuns) {
  SandboxRecord sandbox = startSandbox();
  ContainerRecord record = runScript(sandbox, "echo here; sleep 1000 & sleep 1000");
  EXPECT_TRUE(eventually([&] { return logOf(record) == "here\n"; }));
  auto removed = containers->remove(record);
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_TRUE(listFolder(*folder / "containers")->empty());
  EXPECT_TRUE(listFolder(*folder / "exits")->empty());
  EXPECT_FALSE(cgroups->populated(record.cgroup));
  EXPECT_EQ(logOf(record), "here\n");
  EXPECT_TRUE(containers->remove(record)) << "removing twice";
}

TEST_F(ContainerTest, EnvironmentWorkingDirectoryAndArgumentsCombineAsKubernetesSays) {
  SandboxRecord sandbox = startSandbox();
  EXPECT_EQ(output(sandbox, "echo $A $PATH $HOME $HOSTNAME; pwd",
                   {.workingDir = "/tmp", .env = {{"A", "x y"}, {"HOME", "/elsewhere"}}}),
            "x y /bin /elsewhere web\n/tmp\n");
  ImageConfig config{.entrypoint = {"e"}, .cmd = {"c"}};
  auto line = [&](std::vector<std::string> command, std::vector<std::string> args) {
    std::string text;
    ContainerWish wish;
    wish.command = command, wish.args = args;
    for (const std::string& word : commandLine(wish, config)) text += word;
    return text;
  };
  EXPECT_EQ(line({}, {}), "ec");
  EXPECT_EQ(line({"x"}, {}), "x");
  EXPECT_EQ(line({}, {"y"}), "ey");
  EXPECT_EQ(line({"x"}, {"y"}), "xy");
}

TEST_F(ContainerTest, ItRunsAsTheUserThatThePodOrTheImageNames) {
  SandboxRecord sandbox = startSandbox();
  EXPECT_EQ(
      output(sandbox, "id -u; id -g; id -G; echo $HOME", {.security = {.runAsUser = 1000, .supplementalGroups = {7}}}),
      "1000\n1000\n1000 7 50\n/home/web\n");
  image.config.user = "nobody:staff";
  EXPECT_EQ(output(sandbox, "id -u; id -g", {.name = "named"}), "65534\n50\n");
  image.config.user = "stranger";
  EXPECT_EQ(create(sandbox, {.name = "stranger"}).error().message,
            "unable to find user stranger: no matching entries in passwd file");
}

TEST(Users, ANumberIsNotTheNameOfAUser) {
  TemporaryFolder rootfs;
  ASSERT_TRUE(makeFolders(rootfs / "etc", 0755));
  ASSERT_TRUE(writeFile(rootfs / "etc/passwd", "1000:x:0:0::/:/bin/sh\nweb:x:1001:7::/home/web:/bin/sh\n"));
  auto numbered = resolveUser(rootfs.path(), {.runAsUser = 1000, .runAsNonRoot = true});
  ASSERT_TRUE(numbered) << numbered.error().message;
  EXPECT_EQ(numbered->uid, 1000u);
  EXPECT_EQ(resolveUser(rootfs.path(), {.imageUser = "1001"})->gid, 7u);
  EXPECT_EQ(resolveUser(rootfs.path(), {.imageUser = "web"})->uid, 1001u);
  EXPECT_EQ(resolveUser(rootfs.path(), {})->uid, 0u);
}

TEST_F(ContainerTest, AnImageIsMountedToBeReadOnlyAndNotToBeRun) {
  SandboxRecord sandbox = startSandbox();
  BindMount whole{.containerPath = "/image", .image = "demo", .layers = image.layers};
  BindMount part{.containerPath = "/part", .image = "demo", .imageSubPath = "etc", .layers = image.layers};
  EXPECT_EQ(output(sandbox,
                   "grep -c web /image/etc/passwd /part/passwd; touch /image/x 2>/dev/null || echo refused; "
                   "(/image/bin/true) 2>/dev/null || echo not run",
                   {.mounts = {whole, part}}),
            "/image/etc/passwd:1\n/part/passwd:1\nrefused\nnot run\n");
  part.imageSubPath = "../../nothing";
  EXPECT_NE(create(sandbox, {.name = "second", .mounts = {part}})
                .error()
                .message.find("cannot find ../../nothing in the image"),
            std::string::npos);
}

TEST_F(ContainerTest, ItSharesTheProcessesOfItsTarget) {
  SandboxRecord sandbox = startSandbox();
  ContainerRecord target = runScript(sandbox, "exec sleep 4321");
  // A process that is just starting its program has another command line, or none, for a moment.
  std::string seen = output(sandbox,
                            "until grep -q ^sleep /proc/1/cmdline; do :; done; "
                            "echo \"$(tr '\\0' ' ' </proc/1/cmdline)\"; [ $$ = 1 ] || echo beside it",
                            {.name = "debugger", .targetContainerId = target.id});
  EXPECT_EQ(seen, "sleep 4321 \nbeside it\n");
  ASSERT_TRUE(containers->signal(target, SIGKILL));
  waitForEnd(target);
  EXPECT_NE(create(sandbox, {.name = "late", .targetContainerId = target.id}).error().message.find("does not run"),
            std::string::npos);
}

TEST_F(ContainerTest, NonRootPolicyIsRefusedInKubernetesWords) {
  SandboxRecord sandbox = startSandbox();
  auto record = create(sandbox, {.name = "app", .security = {.runAsNonRoot = true}});
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().message,
            "container has runAsNonRoot and image will run as root (pod: \"web_default(uid-1)\", container: app)");
  EXPECT_EQ(record.error().reason, "CreateContainerConfigError");
  image.config.user = "web";
  EXPECT_EQ(create(sandbox, {.name = "app", .security = {.runAsNonRoot = true}}).error().message,
            "container has runAsNonRoot and image has non-numeric user (web), cannot verify user is non-root "
            "(pod: \"web_default(uid-1)\", container: app)");
  EXPECT_EQ(create(sandbox, {.name = "app", .security = {.runAsNonRoot = true, .runAsUser = 0}}).error().message,
            "container's runAsUser breaks non-root policy (pod: \"web_default(uid-1)\", container: app)");
}

TEST_F(ContainerTest, CapabilitiesAndProtectedPathsDependOnItsPrivileges) {
  SandboxRecord sandbox = startSandbox();
  const std::string look =
      "grep CapEff /proc/self/status | tr -d '\\t'; echo x > /proc/sys/kernel/domainname && echo wrote; "
      "ls -A /sys/firmware | wc -l; touch /sys/fs/cgroup/x 2>&1 | grep -c Read-only";
  EXPECT_EQ(output(sandbox, look).substr(0, 24), "CapEff:00000000a80425fb\n");
  EXPECT_EQ(output(sandbox, "grep CapEff /proc/self/status | tr -d '\\t'",
                   {.name = "less", .security = {.addCapabilities = {"NET_ADMIN"}, .dropCapabilities = {"ALL"}}}),
            "CapEff:0000000000001000\n");
  EXPECT_EQ(
      output(sandbox, "touch /x 2>/dev/null || echo read-only", {.name = "ro", .security = {.readOnlyRootfs = true}}),
      "read-only\n");
  EXPECT_EQ(output(sandbox, "ls /dev/kmsg && hostname changed && hostname && grep -c Seccomp:.*0 /proc/self/status",
                   {.name = "all", .security = {.privileged = true}}),
            "/dev/kmsg\nchanged\n1\n");
}

TEST_F(ContainerTest, TheDefaultSeccompProfileFiltersWhatAdministersTheMachine) {
  SandboxRecord sandbox = startSandbox();
  EXPECT_EQ(
      output(sandbox,
             "grep Seccomp: /proc/self/status | tr -d '\\t'; unshare -n true 2>/dev/null || echo no; ls / > /dev/null; "
             "wget -h 2>/dev/null; date > /dev/null; sleep 0.01; id -u",
             {.security = {.seccompProfile = "RuntimeDefault"}}),
      "Seccomp:2\nno\n0\n");
}

TEST_F(ContainerTest, MountsAppearWithTheirAccess) {
  SandboxRecord sandbox = startSandbox();
  ASSERT_TRUE(makeFolders(*folder / "volume"));
  ASSERT_TRUE(writeFile(*folder / "volume/file", "content\n"));
  EXPECT_EQ(
      output(
          sandbox,
          "cat /data/file /etc/one; echo y > /data/new; (echo z > /etc/one) 2>/dev/null || echo refused; grep ' /dev/shm ' /proc/mounts | cut -d' ' -f1",
          {.mounts = {{"/data", *folder / "volume"}, {"/etc/one", *folder / "volume/file", "", true}}}),
      "content\ncontent\nrefused\nshm\n");
  EXPECT_EQ(*readFile(*folder / "volume/new"), "y\n");
}

TEST_F(ContainerTest, ChangesToTheRootStayInTheContainer) {
  SandboxRecord sandbox = startSandbox();
  EXPECT_EQ(output(sandbox, "echo x > /etc/passwd; rm /bin/wget; cat /etc/passwd"), "x\n");
  EXPECT_EQ(output(sandbox, "head -1 /etc/passwd; ls /bin/wget", {.name = "other"}),
            "root:x:0:0:root:/root:/bin/sh\n/bin/wget\n");
}

TEST_F(ContainerTest, TheKernelsKillForMemoryIsSeen) {
  SandboxRecord sandbox = startSandbox();
  ContainerWish wish;
  wish.resources.memoryLimitBytes = 16 << 20;
  ContainerRecord record = waitForEnd(runScript(sandbox, "x=a; while :; do x=$x$x; done", wish));
  EXPECT_EQ(record.exitCode, 137);
  EXPECT_TRUE(record.oomKilled);
}

TEST_F(ContainerTest, LimitsAreSetAndCanBeChangedWhileItRuns) {
  SandboxRecord sandbox = startSandbox();
  ContainerWish wish;
  wish.resources = {.cpuShares = 200, .memoryLimitBytes = 64 << 20, .pidsLimit = 50};
  ContainerRecord record = runScript(sandbox, "sleep 1000", wish);
  std::string file = cgroups->isV2() ? "/sys/fs/cgroup" + record.cgroup + "/memory.max"
                                     : "/sys/fs/cgroup/memory" + record.cgroup + "/memory.limit_in_bytes";
  EXPECT_EQ(*readFile(file), std::to_string(64 << 20) + "\n");
  auto updated = containers->update(record, {.memoryLimitBytes = 32 << 20});
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(*readFile(file), std::to_string(32 << 20) + "\n");
  auto usage = containers->usage(record);
  ASSERT_TRUE(usage);
  EXPECT_GT(usage->memoryBytes, 0u);
  EXPECT_GT(usage->cpuNs, 0u);
}

TEST_F(ContainerTest, TheLogIsReopenedAfterItWasMovedAway) {
  SandboxRecord sandbox = startSandbox();
  ContainerRecord record =
      runScript(sandbox, "echo one; while ! [ -e /tmp/go ]; do sleep 0.01; done; echo two; sleep 1000");
  EXPECT_TRUE(eventually([&] { return logOf(record) == "one\n"; }));
  ASSERT_EQ(rename(record.logPath.c_str(), (record.logPath + ".1").c_str()), 0);
  ASSERT_TRUE(containers->reopenLog(record));
  EXPECT_TRUE(eventually([&] { return access(record.logPath.c_str(), F_OK) == 0; }));
  ASSERT_TRUE(writeFile(containers->folderOf(record.id) + "/rootfs/tmp/go", ""));
  EXPECT_TRUE(eventually([&] { return logOf(record) == "two\n"; }));
}

TEST_F(ContainerTest, WhatWasHalfMadeIsRemovedAtTheNextStart) {
  SandboxRecord sandbox = startSandbox();
  ContainerRecord record = runScript(sandbox, "sleep 1000");
  ASSERT_TRUE(removeTree(containers->folderOf(record.id) + "/pid"));
  ASSERT_TRUE(makeFolders(*folder / "containers/empty"));
  reopen();
  auto found = containers->load(wallNs());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE(found->empty());
  EXPECT_TRUE(listFolder(*folder / "containers")->empty());
}

TEST_F(ContainerTest, ImagesOfManyLayersAreStacked) {
  // As many as an image may have.
  for (int i = 0; i < 126; ++i) {
    std::string name = std::string(61, 'a') + std::to_string(1000 + i).substr(1);
    ASSERT_TRUE(makeFolders(store->layersFolder() + "/" + name + "/stack"));
    ASSERT_TRUE(writeFile(store->layersFolder() + "/" + name + "/stack/" + std::to_string(i), ""));
    image.layers.push_back(name);
  }
  SandboxRecord sandbox = startSandbox();
  EXPECT_EQ(output(sandbox, "ls /stack | wc -l"), "126\n");
}

TEST(SignalNumberTest, ImagesNameSignalsInManyWays) {
  EXPECT_EQ(signalNumber("SIGTERM"), SIGTERM);
  EXPECT_EQ(signalNumber("QUIT"), SIGQUIT);
  EXPECT_EQ(signalNumber("9"), 9);
  EXPECT_EQ(signalNumber("SIGRTMIN+3"), SIGRTMIN + 3);
  for (const char* none : {"", "SIGNONE", "0", "99", "-1", "SIGRTMIN+99"}) EXPECT_EQ(signalNumber(none), 0) << none;
}

}  // namespace
}  // namespace cleat::runtime
