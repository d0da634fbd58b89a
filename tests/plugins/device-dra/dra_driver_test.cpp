// What is said to drivers, and what is made of their answers. The calls themselves are tried with a real driver
// (tests/cluster/devices_test.sh).
#include "device-dra/dra_driver.h"

#include <gtest/gtest.h>

#include "device-dra/device_health.h"
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

TEST(DraDriver, TheNewestServiceOfHealthIsUsed) {
  grpc::PluginInfo plugin{.type = "DRAPlugin", .name = "gpu.example", .endpoint = "/run/gpu.sock", .versions = {}};
  auto serviceOf = [&](std::vector<std::string> versions) {
    plugin.versions = std::move(versions);
    return takeDriver(plugin)->healthService;
  };
  EXPECT_EQ(serviceOf({"v1.DRAPlugin"}), "");
  EXPECT_EQ(serviceOf({"v1.DRAPlugin", "v1alpha1.DRAResourceHealth"}), "v1alpha1.DRAResourceHealth");
  EXPECT_EQ(serviceOf({"v1.DRAPlugin", "v1alpha1.DRAResourceHealth", "v1.DRAResourceHealth"}), "v1.DRAResourceHealth");
}

std::string deviceHealth(uint64_t state, uint64_t seconds, const std::string& message) {
  ProtoWriter device;
  device.text(1, "pool");
  device.text(2, "gpu-0");
  ProtoWriter health;
  health.message(1, device.bytes());
  health.number(2, state);
  health.number(3, 1'700'000'000);
  health.number(4, seconds);
  health.text(5, message);
  return health.bytes();
}

TEST(DraHealth, SaysHowDevicesAreAndForHowLong) {
  ProtoWriter answer;
  answer.message(1, deviceHealth(1, 0, ""));
  answer.message(1, deviceHealth(2, 120, "it glows"));
  answer.message(1, deviceHealth(7, static_cast<uint64_t>(-5), ""));
  const auto devices = healthIn(answer.bytes());
  ASSERT_TRUE(devices);
  using std::chrono::seconds;
  using State = DeviceHealth::State;
  EXPECT_EQ(*devices, (std::vector<DeviceHealth>{{"pool", "gpu-0", State::healthy, "", seconds(30)},
                                                 {"pool", "gpu-0", State::unhealthy, "it glows", seconds(120)},
                                                 {"pool", "gpu-0", State::unknown, "", seconds(30)}}));
  EXPECT_TRUE(healthIn("")->empty());
  EXPECT_FALSE(healthIn("\x0a\x7f"));
}

TEST(DraHealth, LongWordsAreCutBetweenLetters) {
  ProtoWriter answer;
  answer.message(1, deviceHealth(2, 0, std::string(1020, 'a') + "\u00e4\u00e4\u00e4"));
  const auto devices = healthIn(answer.bytes());
  ASSERT_TRUE(devices);
  EXPECT_EQ(devices->front().message, std::string(1020, 'a') + "...");
}

TEST(DraHealth, WhoDoesNotAnswerIsLeftInPeaceAtTheEnd) {
  std::vector<std::string> said;
  {
    DriverHealth health({"gpu.example", "/nonexistent/gpu.sock", "v1.DRAResourceHealth"},
                        [&](const std::string& line) { said.push_back(line); });
    EXPECT_TRUE(health.known().empty());
  }
  EXPECT_LE(said.size(), 1u);
}

}  // namespace
}  // namespace cleat::dra
