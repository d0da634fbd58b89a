// What is said to drivers, and what is made of their answers. The calls themselves are tried with a real driver
// (tests/cluster/devices_test.sh).
#include "device-dra/dra_driver.h"

#include <gtest/gtest.h>

#include "grpc-common/proto_message.h"

namespace cleat::dra {
namespace {

using grpc::ProtoWriter;

std::string answered(const std::string& uid, const std::string& response) {
  ProtoWriter entry;
  entry.text(1, uid);
  entry.message(2, response);
  ProtoWriter answer;
  answer.message(1, entry.bytes());
  return answer.bytes();
}

TEST(DraDriver, OneThatSpeaksVersion1IsTaken) {
  grpc::PluginInfo plugin{.type = "DRAPlugin", .name = "gpu.example", .endpoint = "/run/gpu.sock", .versions = {}};
  plugin.versions = {"v1beta1.DRAPlugin", "v1.DRAPlugin"};
  ASSERT_TRUE(takeDriver(plugin));
  EXPECT_EQ(takeDriver(plugin)->endpoint, "/run/gpu.sock");
  plugin.versions = {"v1beta1.DRAPlugin"};
  ASSERT_FALSE(takeDriver(plugin));
  EXPECT_EQ(takeDriver(plugin).error().message,
            "none of services supported by the plugin ([\"v1beta1.DRAPlugin\"]) are supported by this node "
            "([\"v1.DRAPlugin\"])");
}

TEST(DraDriver, IsAskedForAClaim) {
  EXPECT_EQ(requestFor({"ns", "claim", "uid-1"}), std::string("\x0a\x12\x0a\x02ns\x12\x05uid-1\x1a\x05"
                                                              "claim"));
}

TEST(DraDriver, SaysWhichDevicesAreForWhichRequests) {
  ProtoWriter device;
  device.text(1, "gpu");
  device.text(2, "pool");
  device.text(3, "gpu-0");
  device.text(4, "example.com/gpu=0");
  device.text(4, "example.com/gpu=common");
  device.text(5, "share");
  ProtoWriter response;
  response.message(1, device.bytes());
  response.message(1, {});
  const auto devices = preparedIn(answered("uid-1", response.bytes()), "uid-1");
  ASSERT_TRUE(devices) << devices.error().message;
  const Device first{{"gpu"}, "pool", "gpu-0", "share", {"example.com/gpu=0", "example.com/gpu=common"}};
  EXPECT_EQ(*devices, (std::vector<Device>{first, {}}));
}

TEST(DraDriver, FailuresAreInItsWords) {
  auto prepared = [](const std::string& answer) {
    const auto devices = preparedIn(answer, "uid-1");
    return devices ? "prepared" : devices.error().message;
  };
  ProtoWriter refusal;
  refusal.text(2, "it is on fire");
  EXPECT_EQ(prepared(answered("uid-1", refusal.bytes())), "it is on fire");
  EXPECT_EQ(prepared(answered("uid-1", "")), "prepared");
  EXPECT_EQ(prepared(answered("uid-2", "")), "NodePrepareResources returned result for unknown claim UID uid-2");
  EXPECT_EQ(prepared(""), "NodePrepareResources skipped 1 ResourceClaims");
  EXPECT_EQ(prepared("\x0a\x7f"), "NodePrepareResources was answered with what is no such message");
  ProtoWriter busy;
  busy.text(1, "it is in use");
  EXPECT_EQ(unpreparedIn(answered("uid-1", busy.bytes()), "uid-1").error().message, "it is in use");
  EXPECT_TRUE(unpreparedIn(answered("uid-1", ""), "uid-1"));
}

}  // namespace
}  // namespace cleat::dra
