#include "plugins/runtime-oci/containers/cdi.h"

#include <cleat/sdk/file.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/plugins/runtime-oci/temporary_folder.h"

namespace cleat::runtime {
namespace {

namespace json = boost::json;

class CdiTest : public ::testing::Test {
 protected:
  CdiTest() {
    for (const char* name : {"low", "high"}) EXPECT_TRUE(makeFolders(folder_ / name));
  }
  void file(const std::string& name, const std::string& devices, const std::string& more = "") {
    const std::string text =
        R"({"cdiVersion":"0.8.0","kind":"example.com/gpu","devices":[)" + devices + "]" + more + "}";
    EXPECT_TRUE(writeFile(folder_ / name, text));
  }
  // The configuration with what the devices add to it; or why that cannot be.
  std::string applied(const std::vector<std::string>& devices, const std::string& before = "{}") {
    auto edits = cdiEdits({folder_ / "low", folder_ / "high", folder_ / "absent"}, devices);
    if (!edits) return edits.error().message;
    json::object spec = json::parse(before).as_object();
    auto done = applyCdiEdits(spec, *edits);
    return done ? json::serialize(spec) : done.error().message;
  }
  TemporaryFolder folder_;
};

TEST_F(CdiTest, WhatADeviceNeedsIsAddedAndWhatAllNeedOnlyOnce) {
  file("low/gpu.json",
       R"({"name":"0","containerEdits":{"deviceNodes":[{"path":"/dev/gpu0","hostPath":"/dev/null","permissions":"rw"}],
           "env":["GPU=0"]}},
          {"name":"1","containerEdits":{"env":["SECOND=1"],"additionalGids":[44,0,44]}})",
       R"(,"containerEdits":{"mounts":[{"hostPath":"/lib/gpu","containerPath":"/lib/gpu","options":["ro"]}],
           "hooks":[{"hookName":"createContainer","path":"/bin/hook","args":["hook"]}]})");
  EXPECT_EQ(applied({"example.com/gpu=0", "example.com/gpu=1"},
                    R"({"process":{"env":["GPU=none","A=1"]},"mounts":[{"destination":"/lib/gpu/deep"}]})"),
            R"({"process":{"env":["GPU=0","A=1","SECOND=1"],"user":{"additionalGids":[44]}},)"
            R"("mounts":[{"destination":"/lib/gpu","type":"bind","source":"/lib/gpu","options":["rbind","ro"]},)"
            R"({"destination":"/lib/gpu/deep"}],)"
            R"("hooks":{"createContainer":[{"path":"/bin/hook","args":["hook"]}]},)"
            R"("linux":{"resources":{"devices":[{"allow":true,"type":"c","major":1,"minor":3,"access":"rw"}]},)"
            R"("devices":[{"path":"/dev/gpu0","type":"c","major":1,"minor":3}]}})");
  EXPECT_EQ(applied({}), "{}");
}

TEST_F(CdiTest, ALaterFolderGoesOverAnEarlierOneAndTwoFilesOfOneMakeItNobodys) {
  file("low/a.json", R"({"name":"0","containerEdits":{"env":["FROM=low"]}})");
  file("high/a.json", R"({"name":"0","containerEdits":{"env":["FROM=high"]}})");
  EXPECT_EQ(applied({"example.com/gpu=0"}), R"({"process":{"env":["FROM=high"]}})");
  file("high/b.json", R"({"name":"0","containerEdits":{"env":["FROM=other"]}})");
  EXPECT_EQ(applied({"example.com/gpu=0"}), "CDI device injection failed: unresolvable CDI devices example.com/gpu=0");
}

TEST_F(CdiTest, WhatIsNotThereIsSaidWithTheFilesThatCannotBeRead) {
  EXPECT_TRUE(writeFile(folder_ / "low/broken.json", "{"));
  EXPECT_TRUE(writeFile(folder_ / "low/notes.txt", "{"));
  EXPECT_EQ(applied({"example.com/gpu=7", "nonsense"}),
            "CDI device injection failed: unresolvable CDI devices example.com/gpu=7, nonsense; " +
                std::string(folder_ / "low/broken.json") + " is not a JSON object");
}

TEST_F(CdiTest, WhatCannotBeDoneIsRefused) {
  auto with = [&](const std::string& edits) {
    file("low/gpu.json", R"({"name":"0","containerEdits":)" + edits + "}");
    return applied({"example.com/gpu=0"});
  };
  EXPECT_EQ(with(R"({"netDevices":[{"hostInterfaceName":"eth1","name":"eth0"}]})"),
            "CDI netDevices: this runtime moves no network devices into containers");
  EXPECT_EQ(with(R"({"deviceNodes":[{"hostPath":"/dev/null"}]})"), "a CDI device node has no path");
  EXPECT_EQ(with(R"({"deviceNodes":[{"path":"/etc"}]})"), "/etc is not a device node");
  EXPECT_TRUE(with(R"({"deviceNodes":[{"path":"/dev/gpu0"}]})").starts_with("cannot find the device /dev/gpu0"));
  EXPECT_EQ(with(R"({"mounts":[{"hostPath":"/a","containerPath":"b"}]})"),
            "a CDI mount has no hostPath, or a containerPath that is not absolute");
  EXPECT_EQ(with(R"({"hooks":[{"hookName":"never","path":"/bin/x"}]})"),
            "a CDI hook has no path, or a name that is none: \"never\"");
}

}  // namespace
}  // namespace cleat::runtime
