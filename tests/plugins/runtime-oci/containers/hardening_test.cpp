// What a stranger's image and a pod's spec may not lead to.
#include "plugins/runtime-oci/containers/container_paths.h"
#include "plugins/runtime-oci/containers/seccomp.h"
#include "plugins/runtime-oci/containers/users.h"
#include "tests/plugins/runtime-oci/machine.h"

#include <unistd.h>

namespace cleat::runtime {
namespace {

TEST(ContainerPaths, LinksAreFollowedAsAProcessInsideWouldSeeThem) {
  TemporaryFolder rootfs;
  ASSERT_TRUE(makeFolders(rootfs / "a/b", 0755));
  ASSERT_EQ(symlink("/a/b", (rootfs / "absolute").c_str()), 0);
  ASSERT_EQ(symlink("../../../a", (rootfs / "a/b/up").c_str()), 0);
  ASSERT_EQ(symlink("loop", (rootfs / "loop").c_str()), 0);
  EXPECT_EQ(resolvedInside(rootfs.path(), "/absolute/x"), "/a/b/x");
  EXPECT_EQ(resolvedInside(rootfs.path(), "absolute/up/../a/./b"), "/a/b");
  EXPECT_EQ(resolvedInside(rootfs.path(), "/../.."), "/");
  EXPECT_EQ(resolvedInside(rootfs.path(), "/loop"), "/loop");
}

TEST(ContainerPaths, NothingBeginsInProcAndNothingIsMountedThere) {
  TemporaryFolder rootfs;
  ASSERT_EQ(symlink("/proc/self/fd/7", (rootfs / "work").c_str()), 0);
  ASSERT_EQ(symlink("/dev", (rootfs / "devices").c_str()), 0);
  auto refuses = [&](const std::string& folder, const std::string& mount, bool privileged = false) {
    BindMount bind;
    bind.containerPath = mount;
    return !checkPaths(rootfs.path(), folder, {bind}, privileged);
  };
  EXPECT_FALSE(refuses("/", "/data"));
  EXPECT_FALSE(refuses("/process", "/proceed"));
  EXPECT_FALSE(refuses("/", "/proc/meminfo")) << "what lxcfs shows";
  EXPECT_FALSE(refuses("/", "/dev/data"));
  EXPECT_FALSE(refuses("/", "/dev", true));
  EXPECT_TRUE(refuses("/proc/self/fd/8", "/data"));
  EXPECT_TRUE(refuses("/tmp/../proc//self/cwd", "/data"));
  EXPECT_TRUE(refuses("/work/etc", "/data"));
  EXPECT_TRUE(refuses("/", "/proc"));
  EXPECT_TRUE(refuses("/", "/proc/self/attr"));
  EXPECT_TRUE(refuses("/", "/dev/"));
  EXPECT_TRUE(refuses("/", "/devices"));
}

TEST(Seccomp, AProfileIsBelowItsFolderOrNotAtAll) {
  TemporaryFolder folder;
  ASSERT_TRUE(makeFolders(folder / "profiles/team", 0755));
  ASSERT_TRUE(writeFile(folder / "profiles/team/a.json", R"({"defaultAction":"SCMP_ACT_ALLOW"})"));
  ASSERT_TRUE(writeFile(folder / "profiles/text.json", "none"));
  ASSERT_TRUE(writeFile(folder / "outside.json", R"({"defaultAction":"SCMP_ACT_ALLOW"})"));
  ASSERT_EQ(symlink("../outside.json", (folder / "profiles/link.json").c_str()), 0);
  ASSERT_EQ(symlink((folder / "outside.json").c_str(), (folder / "profiles/absolute.json").c_str()), 0);
  std::string root = folder / "profiles";
  EXPECT_TRUE(localSeccompProfile(root, "team/a.json"));
  for (const char* path : {"../outside.json", "link.json", "absolute.json", "/etc/passwd"}) {
    auto refused = localSeccompProfile(root, path);
    ASSERT_FALSE(refused) << path;
    EXPECT_NE(refused.error().message.find("leads out of that folder"), std::string::npos) << refused.error().message;
  }
  EXPECT_TRUE(localSeccompProfile(root, "absent.json").error().is(404));
  EXPECT_NE(localSeccompProfile(root, "text.json").error().message.find("is not a JSON object"), std::string::npos);
}

TEST(Users, ANumberIsNeverAName) {
  TemporaryFolder rootfs;
  ASSERT_TRUE(makeFolders(rootfs / "etc", 0755));
  ASSERT_TRUE(writeFile(rootfs / "etc/passwd", "1000:x:0:0::/:\n4294967296:x:0:0::/:\nroot2:x:0:5::/:\n"));
  ASSERT_TRUE(writeFile(rootfs / "etc/group", "50:x:0:\nstaff:x:7:\n"));
  auto user = [&](UserWish wish) { return resolveUser(rootfs.path(), wish); };
  EXPECT_EQ(user({.runAsUser = 1000, .runAsNonRoot = true})->uid, 1000u);
  EXPECT_EQ(user({.imageUser = "1000"})->uid, 1000u);
  EXPECT_EQ(user({.imageUser = "1000", .runAsNonRoot = true})->uid, 1000u);
  EXPECT_EQ(user({.imageUser = "1000:50"})->gid, 50u);
  EXPECT_EQ(user({.imageUser = "1000:staff"})->gid, 7u);
  EXPECT_FALSE(user({.imageUser = "4294967296"})) << "a number that is no id";
  EXPECT_FALSE(user({.imageUser = "1000:4294967296"}));
  for (const char* root : {"0", "00", "0:7", ""}) {
    auto refused = user({.imageUser = root, .runAsNonRoot = true});
    ASSERT_FALSE(refused) << root;
    EXPECT_EQ(refused.error().message,
              "container has runAsNonRoot and image will run as root (pod: \"\", container: )");
  }
  EXPECT_EQ(user({.imageUser = "root2", .runAsNonRoot = true}).error().message,
            "container has runAsNonRoot and image has non-numeric user (root2), cannot verify user is non-root (pod: "
            "\"\", container: )");
  EXPECT_EQ(user({.imageUser = "1000", .runAsUser = 0, .runAsNonRoot = true}).error().message,
            "container's runAsUser breaks non-root policy (pod: \"\", container: )");
  EXPECT_FALSE(user({.runAsUser = int64_t(1) << 32}));
  EXPECT_FALSE(user({.runAsUser = 1, .supplementalGroups = {(int64_t(1) << 32) + 5}}));
}

TEST(Users, AStrictPolicyLeavesOutWhatTheImageSays) {
  TemporaryFolder rootfs;
  ASSERT_TRUE(makeFolders(rootfs / "etc", 0755));
  ASSERT_TRUE(writeFile(rootfs / "etc/passwd", "alice:x:1000:1000::/:\n"));
  ASSERT_TRUE(writeFile(rootfs / "etc/group", "wheel:x:50:alice\n"));
  UserWish wish{.runAsUser = 1000, .supplementalGroups = {4}};
  EXPECT_EQ(resolveUser(rootfs.path(), wish)->additionalGids, (std::vector<uint32_t>{4, 50}));
  wish.strictGroups = true;
  EXPECT_EQ(resolveUser(rootfs.path(), wish)->additionalGids, (std::vector<uint32_t>{4}));
}

class HardeningTest : public MachineTest {};

TEST_F(HardeningTest, WhatIsMountedBelowARecursiveReadOnlyMountIsReadOnlyToo) {
  ASSERT_TRUE(makeFolders(*folder / "tree/inner", 0755));
  ASSERT_TRUE(run(Command{.argv = {"/bin/mount", "-t", "tmpfs", "tmpfs", *folder / "tree/inner"}})->succeeded());
  SandboxRecord sandbox = startSandbox();
  BindMount tree;
  tree.containerPath = "/tree";
  tree.hostPath = *folder / "tree";
  tree.readOnly = true;
  std::string script = "touch /tree/x 2>&1; touch /tree/inner/x 2>&1 && echo written";
  EXPECT_EQ(output(sandbox, script, {.mounts = {tree}}), "touch: /tree/x: Read-only file system\nwritten\n");
  tree.recursiveReadOnly = true;
  EXPECT_EQ(output(sandbox, script, {.name = "strict", .mounts = {tree}}),
            "touch: /tree/x: Read-only file system\ntouch: /tree/inner/x: Read-only file system\n");
  ASSERT_TRUE(run(Command{.argv = {"/bin/umount", *folder / "tree/inner"}})->succeeded());
}

TEST_F(HardeningTest, AWorkingDirectoryOfTheRuntimesOwnIsRefused) {
  SandboxRecord sandbox = startSandbox();
  image.config.workingDir = "/proc/self/fd/7";
  auto refused = create(sandbox, {.command = {"/bin/true"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "workingDir: /proc/self/fd/7 leads into /proc, where no container can begin: what is there belongs to "
            "processes, the runtime's among them");
  EXPECT_TRUE(listFolder(*folder / "containers")->empty());
}

}  // namespace
}  // namespace cleat::runtime
