// Messages, and sockets that nobody serves. Calls are tried with real drivers (tests/cluster/csi_test.sh,
// devices_test.sh).
#include <gtest/gtest.h>

#include <filesystem>

#include "grpc-common/grpc_call.h"
#include "grpc-common/plugin_registry.h"
#include "grpc-common/proto_message.h"

namespace cleat::grpc {
namespace {

TEST(ProtoMessage, IsReadAsItWasWritten) {
  ProtoWriter inner;
  inner.text(1, "ext4");
  ProtoWriter message;
  message.text(1, "disk");
  message.number(2, 300);
  message.message(3, inner.bytes());
  message.map(4, {{"a", "1"}, {"b", ""}});
  message.text(5, "");
  EXPECT_EQ(message.bytes().substr(0, 9), std::string("\x0a\x04"
                                                      "disk\x10\xac\x02"));
  std::string seen;
  ProtoReader reader(message.bytes());
  while (auto field = reader.next()) seen += concat(field->number, "=", field->value, "/", field->bytes.size(), " ");
  EXPECT_EQ(seen, "1=0/4 2=300/0 3=0/6 4=0/6 4=0/3 ");
  EXPECT_FALSE(reader.broken());
}

TEST(ProtoMessage, WhatIsNoneIsNotRead) {
  for (const std::string_view bytes : {std::string_view("\x0a\x05"),
                                       std::string_view("\x0a\x05"
                                                        "abc"),
                                       std::string_view("\x08"), std::string_view("\x0b"), std::string_view("\0\1", 2),
                                       std::string_view("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1")}) {
    ProtoReader reader(bytes);
    while (reader.next()) {
    }
    EXPECT_TRUE(reader.broken());
  }
}

TEST(ProtoMessage, AFieldIsFoundByItsNumber) {
  ProtoWriter message;
  message.text(1, "first");
  message.text(1, "last");
  message.number(2, 7);
  EXPECT_EQ(bytesIn(message.bytes(), 1), "last");
  EXPECT_EQ(numberIn(message.bytes(), 2), 7u);
  EXPECT_EQ(bytesIn(message.bytes(), 3), "");
}

TEST(PluginRegistry, ASocketThatNobodyServesIsNoDriver) {
  char pattern[] = "/tmp/cleat-grpc-test-XXXXXX";
  const std::string folder = mkdtemp(pattern);
  const auto answer = grpcCall(folder + "/none.sock", "/csi.v1.Node/NodeGetInfo", {}, std::chrono::seconds(1));
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().message.starts_with("rpc error: code = Unavailable desc = cannot connect to "))
      << answer.error().message;
  PluginRegistry<PluginInfo> registry(folder, "CSIPlugin",
                                      [](const PluginInfo& info) { return Result<PluginInfo>(info); });
  EXPECT_TRUE(registry.look().empty());
  EXPECT_TRUE(registry.all().empty());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace cleat::grpc
