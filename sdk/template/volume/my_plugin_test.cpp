#include <cleat/schema/role/volume.methods.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/testkit.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace {

using namespace cleat;
using testing::HasSubstr;

class MyPluginTest : public testing::Test {
 protected:
  MyPluginTest() {
    EXPECT_TRUE(makeFolders(folder + "/pod").has_value());
    plugin.emplace(host.start(cleat_plugin_v1(), {{"folder", folder + "/volumes"}}));
    host.settle();
  }
  ~MyPluginTest() override { EXPECT_TRUE(removeTree(folder).has_value()); }

  test::Outcome<role::MountVolumeResults> mount(const char* name) {
    return plugin->call(role::volume::mount, [&](role::MountVolumeParams::Builder params) {
      params.setHandle("inline-1");
      params.setTarget(folder + "/pod");
      auto attribute = params.initAttributes(1)[0];
      attribute.setKey("name");
      attribute.setValue(name);
    });
  }
  bool unmount() {
    return plugin
        ->call(role::volume::unmount,
               [&](role::UnmountVolumeParams::Builder params) { params.setTarget(folder + "/pod"); })
        .ok();
  }

  const std::string folder = testing::TempDir() + "my-plugin-test-" + std::to_string(getpid());
  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(MyPluginTest, HasADriver) {
  auto outcome = plugin->call(role::volume::describe);
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  EXPECT_EQ(str(outcome.answer->getDrivers()[0]), "my-plugin.example.com");
}

TEST_F(MyPluginTest, LeavesItsFolderForNobody) {
  EXPECT_THAT(mount("../etc").status.message, HasSubstr("must be the name of a folder"));
  EXPECT_THAT(mount("").status.message, HasSubstr("must be the name of a folder"));
}

TEST_F(MyPluginTest, WhatIsNotMountedIsUnmounted) { EXPECT_TRUE(unmount()); }

TEST_F(MyPluginTest, AVolumeIsSeenWhereItIsMounted) {
  if (geteuid() != 0) GTEST_SKIP() << "only root mounts";
  auto outcome = mount("shared");
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  EXPECT_TRUE(mount("shared").ok()) << "asked once more";
  EXPECT_TRUE(writeFile(folder + "/pod/note", "kept").has_value());
  EXPECT_TRUE(unmount());
  EXPECT_EQ(readFile(folder + "/volumes/shared/note").value_or(""), "kept");
}

}  // namespace
