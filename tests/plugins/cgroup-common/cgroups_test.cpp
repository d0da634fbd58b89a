// The three arrangements of cgroups, told apart, and their files written; in folders that stand for the filesystems.
#include "plugins/cgroup-common/cgroups.h"
#include "tests/plugins/runtime-oci/temporary_folder.h"

namespace cleat::cgroup {
namespace {

using runtime::TemporaryFolder;

class CgroupsTest : public testing::Test {
 protected:
  Cgroups detect(const std::vector<std::string>& lines) {
    std::string text = "21 1 0:20 / /proc rw - proc proc rw\n";
    for (const std::string& line : lines) text += line + "\n";
    EXPECT_TRUE(writeFile(folder / "mountinfo", text));
    auto cgroups = Cgroups::detect(folder / "mountinfo");
    EXPECT_TRUE(cgroups);
    return *cgroups;
  }
  std::string v1(const std::string& controllers) {
    EXPECT_TRUE(makeFolders(folder / controllers));
    return "30 25 0:26 / " + (folder / controllers) + " rw shared:9 - cgroup cgroup rw," + controllers;
  }
  std::string v2() {
    EXPECT_TRUE(makeFolders(folder / "unified"));
    return "31 25 0:27 / " + (folder / "unified") + " rw shared:9 - cgroup2 cgroup2 rw";
  }
  // The kernel makes a group's files with its folder; here they are made before.
  void makeGroupFiles(const std::string& group, const std::vector<std::string>& files) {
    ASSERT_TRUE(makeFolders(folder / group));
    for (const std::string& file : files) ASSERT_TRUE(writeFile(folder / (group + "/" + file), ""));
  }
  std::string content(const std::string& file) { return readFile(folder / file).value_or("(none)"); }

  TemporaryFolder folder;
};

TEST_F(CgroupsTest, TheThreeArrangementsAreToldApart) {
  EXPECT_EQ(detect({v2()}).describe(), "v2");
  EXPECT_EQ(detect({v1("cpu,cpuacct"), v1("memory")}).describe(), "v1");
  EXPECT_EQ(detect({v1("cpu,cpuacct"), v1("memory"), v2()}).describe(), "hybrid");
  ASSERT_TRUE(writeFile(folder / "mountinfo", ""));
  EXPECT_FALSE(Cgroups::detect(folder / "mountinfo"));
}

TEST_F(CgroupsTest, AGroupOfV2GetsItsControllersFromThoseAbove) {
  Cgroups cgroups = detect({v2()});
  makeGroupFiles("unified", {"cgroup.subtree_control"});
  makeGroupFiles("unified/cleat", {"cgroup.subtree_control"});
  makeGroupFiles("unified/cleat/pod", {"cpu.weight", "cpu.max", "memory.max", "pids.max", "cgroup.procs"});
  ASSERT_TRUE(cgroups.make("/cleat/pod"));
  // A plain file keeps what the last one written does not cover: "+cpuset" under "+io".
  EXPECT_EQ(content("unified/cleat/cgroup.subtree_control"), "+iouset");
  ASSERT_TRUE(cgroups.limit("/cleat/pod",
                            {.cpuShares = 1024, .cpuQuotaUs = 50000, .memoryLimitBytes = 1 << 20, .pidsLimit = 9}));
  EXPECT_EQ(content("unified/cleat/pod/cpu.weight"), "39");
  EXPECT_EQ(content("unified/cleat/pod/cpu.max"), "50000 100000");
  EXPECT_EQ(content("unified/cleat/pod/memory.max"), "1048576");
  EXPECT_EQ(content("unified/cleat/pod/pids.max"), "9");
  ASSERT_TRUE(cgroups.attach("/cleat/pod", 12));
  EXPECT_EQ(content("unified/cleat/pod/cgroup.procs"), "12");
}

TEST_F(CgroupsTest, AGroupOfV1IsMadeInEachHierarchyAndLimitedThere) {
  Cgroups cgroups = detect({v1("cpu,cpuacct"), v1("memory"), v1("pids"), v1("freezer")});
  makeGroupFiles("cpu,cpuacct/cleat/pod", {"cpu.shares", "cpu.cfs_quota_us", "cpu.cfs_period_us", "cpuacct.usage"});
  makeGroupFiles("memory/cleat/pod", {"memory.limit_in_bytes", "memory.usage_in_bytes", "memory.stat"});
  ASSERT_TRUE(cgroups.make("/cleat/pod"));
  EXPECT_TRUE(listFolder(folder / "pids/cleat")->size() == 1);
  EXPECT_TRUE(listFolder(folder / "freezer")->empty()) << "one that neither limits nor accounts";
  ASSERT_TRUE(cgroups.limit("/cleat/pod", {.cpuShares = 100, .cpuQuotaUs = -1, .memoryLimitBytes = 5}));
  EXPECT_EQ(content("cpu,cpuacct/cleat/pod/cpu.shares"), "100");
  EXPECT_EQ(content("cpu,cpuacct/cleat/pod/cpu.cfs_quota_us"), "-1");
  EXPECT_EQ(content("memory/cleat/pod/memory.limit_in_bytes"), "5");
  EXPECT_FALSE(cgroups.limit("/cleat/pod", {.cpusetCpus = "0"})) << "a controller that is not there";
  ASSERT_TRUE(cgroups.limit("/cleat/pod", {.memoryLimitBytes = kNoLimit}));
  EXPECT_EQ(content("memory/cleat/pod/memory.limit_in_bytes"), "-1");
  ASSERT_TRUE(writeFile(folder / "cpu,cpuacct/cleat/pod/cpuacct.usage", "123\n"));
  ASSERT_TRUE(writeFile(folder / "memory/cleat/pod/memory.usage_in_bytes", "1000\n"));
  ASSERT_TRUE(writeFile(folder / "memory/cleat/pod/memory.stat", "cache 5\ntotal_rss 600\ntotal_inactive_file 300\n"));
  auto usage = cgroups.usage("/cleat/pod");
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->cpuNs, 123u);
  EXPECT_EQ(usage->memoryWorkingSetBytes, 700u);
  EXPECT_EQ(usage->memoryRssBytes, 600u);
  EXPECT_EQ(cgroups.usage("/cleat/none").error().code, 404);
}

TEST_F(CgroupsTest, RemovingAGroupTakesTheOneAboveIfThatIsEmptyAndNoOther) {
  Cgroups cgroups = detect({v2()});
  ASSERT_TRUE(cgroups.make("/cleat/burstable/pod1/a"));
  ASSERT_TRUE(cgroups.make("/cleat/burstable/pod2"));
  ASSERT_TRUE(cgroups.remove("/cleat/burstable/pod1/a"));
  EXPECT_EQ(*listFolder(folder / "unified/cleat/burstable"), std::vector<std::string>{"pod2"});
  ASSERT_TRUE(cgroups.remove("/cleat/burstable/pod2"));
  EXPECT_TRUE(listFolder(folder / "unified/cleat")->empty());
  EXPECT_TRUE(cgroups.remove("/cleat/burstable/pod2")) << "removing twice";
  ASSERT_TRUE(cgroups.make("/cleat/burstable/pod3/a"));
  ASSERT_TRUE(cgroups.make("/cleat/burstable/pod3/b"));
  ASSERT_TRUE(cgroups.remove("/cleat/burstable/pod3/a"));
  EXPECT_EQ(*listFolder(folder / "unified/cleat/burstable/pod3"), std::vector<std::string>{"b"});
  ASSERT_TRUE(cgroups.remove("/cleat/burstable/pod3/b"));
  EXPECT_TRUE(listFolder(folder / "unified/cleat/burstable")->empty());
}

TEST_F(CgroupsTest, AGroupStaysBelowTheRoot) {
  for (const char* path : {"", "/", "cleat", "/a/../b", "/a//b", "/./a", "/a/"})
    EXPECT_FALSE(isGroupPath(path)) << path;
  EXPECT_TRUE(isGroupPath("/cleat/burstable/pod1"));
  EXPECT_EQ(detect({v2()}).make("/../x").error().code, 400);
}

TEST(CpuWeightTest, SharesAreConvertedAsTheOciRuntimesDo) {
  EXPECT_EQ(cpuWeight(2), 1u);
  EXPECT_EQ(cpuWeight(1024), 39u);
  EXPECT_EQ(cpuWeight(262144), 10000u);
}

}  // namespace
}  // namespace cleat::cgroup
