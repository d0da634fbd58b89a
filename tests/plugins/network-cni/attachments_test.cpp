// The CNI protocol against plugins that write down what they are given: small shell scripts.
#include "plugins/network-cni/attachments.h"

#include <cleat/sdk/file.h>

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace cleat::network {
namespace {

namespace json = boost::json;

class AttachmentsTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/cleat-cni-XXXXXX";
    folder = mkdtemp(name);
    ASSERT_TRUE(makeFolders(folder + "/bin"));
    ASSERT_TRUE(makeFolders(folder + "/attachments"));
    ASSERT_TRUE(writeFile(folder + "/netns", ""));
    // Appends "TYPE COMMAND INPUT" and the environment to `calls`; answers ADD with a result.
    for (const char* type : {"first", "second"}) installPlugin(type, "");
  }
  void TearDown() override { EXPECT_TRUE(removeTree(folder)); }

  void installPlugin(const std::string& type, const std::string& before) {
    std::string script =
        "#!/bin/sh\ninput=$(cat)\n"
        "echo \"" +
        type + " $CNI_COMMAND $CNI_CONTAINERID $CNI_NETNS $CNI_IFNAME\" >> " + folder +
        "/calls\n"
        "echo \"$CNI_ARGS $CNI_PATH\" > " +
        folder +
        "/env\n"
        "echo \"$input\" > " +
        folder + "/input-" + type + "-$CNI_COMMAND\n" + before +
        "\n[ $CNI_COMMAND = ADD ] && echo '{\"cniVersion\":\"1.0.0\",\"by\":\"" + type +
        "\","
        "\"interfaces\":[{\"name\":\"br\"},{\"name\":\"eth0\",\"sandbox\":\"x\"}],"
        "\"ips\":[{\"address\":\"10.0.0.1/24\",\"interface\":0},{\"address\":\"10.0.0.7/24\",\"interface\":1}]}'\nexit 0\n";
    ASSERT_TRUE(writeFile(folder + "/bin/" + type, script, 0755));
  }

  Attachments make(const std::string& version = "1.0.0", int timeoutMs = 5000) {
    auto list = parseNetworkList(R"({"cniVersion":")" + version +
                                     R"(","name":"net","plugins":[{"type":"first","keep":1},)"
                                     R"({"type":"second","capabilities":{"portMappings":true,"bandwidth":true}}]})",
                                 "test");
    return Attachments(*list, PluginRunner({"/no/such/folder", folder + "/bin"}, timeoutMs), folder + "/attachments");
  }

  Sandbox sandbox() const {
    return {"box1", folder + "/netns", "default", "web", "uid-1", {{8080, 80, "TCP", "127.0.0.1"}}};
  }

  std::string calls() const { return readFile(folder + "/calls").value_or(""); }
  json::object input(const std::string& call) const {
    return json::parse(*readFile(folder + "/input-" + call)).as_object();
  }

  std::string folder;
};

TEST_F(AttachmentsTest, AddRunsEveryPluginInOrderWithTheResultOfTheOneBefore) {
  Attachments attachments = make();
  ASSERT_TRUE(attachments.ready());
  auto addresses = attachments.connect(sandbox());
  ASSERT_TRUE(addresses) << addresses.error().message;
  EXPECT_EQ(*addresses, std::vector<std::string>{"10.0.0.7"});
  EXPECT_EQ(calls(), "first ADD box1 " + folder + "/netns eth0\nsecond ADD box1 " + folder + "/netns eth0\n");
  EXPECT_EQ(*readFile(folder + "/env"),
            "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web;K8S_POD_INFRA_CONTAINER_ID=box1;"
            "K8S_POD_UID=uid-1 /no/such/folder:" +
                folder + "/bin\n");
  json::object first = input("first-ADD");
  EXPECT_EQ(first.at("name").as_string(), "net");
  EXPECT_EQ(first.at("cniVersion").as_string(), "1.0.0");
  EXPECT_EQ(first.at("keep").as_int64(), 1);
  EXPECT_FALSE(first.contains("prevResult"));
  EXPECT_FALSE(first.contains("runtimeConfig"));
  json::object second = input("second-ADD");
  EXPECT_EQ(second.at("prevResult").at("by").as_string(), "first");
  EXPECT_EQ(json::serialize(second.at("runtimeConfig")),
            R"({"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp","hostIP":"127.0.0.1"}]})");
}

TEST_F(AttachmentsTest, AConnectedSandboxKeepsItsAddressesAcrossARestart) {
  ASSERT_TRUE(make().connect(sandbox()));
  std::string before = calls();
  auto again = make().connect(sandbox());
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, std::vector<std::string>{"10.0.0.7"});
  EXPECT_EQ(calls(), before);
}

TEST_F(AttachmentsTest, DelRunsInReverseWithTheFinalResultAndIsRepeatable) {
  Attachments attachments = make();
  ASSERT_TRUE(attachments.connect(sandbox()));
  ASSERT_TRUE(removeTree(folder + "/calls"));
  ASSERT_TRUE(attachments.disconnect({.id = "box1"}));
  EXPECT_EQ(calls(), "second DEL box1 " + folder + "/netns eth0\nfirst DEL box1 " + folder + "/netns eth0\n");
  EXPECT_EQ(input("first-DEL").at("prevResult").at("by").as_string(), "second");
  EXPECT_TRUE(input("second-DEL").contains("runtimeConfig"));
  EXPECT_TRUE(attachments.sandboxIds()->empty());
  ASSERT_TRUE(removeTree(folder + "/calls"));
  ASSERT_TRUE(attachments.disconnect({.id = "box1"}));
  EXPECT_EQ(calls(), "");
}

TEST_F(AttachmentsTest, DelUsesTheConfigurationOfItsAddAndNoNamespaceThatIsGone) {
  ASSERT_TRUE(make().connect(sandbox()));
  ASSERT_TRUE(removeTree(folder + "/netns"));
  ASSERT_TRUE(removeTree(folder + "/calls"));
  auto other = parseNetworkList(R"({"cniVersion":"1.0.0","name":"other","type":"first"})", "test");
  Attachments changed(*other, PluginRunner({folder + "/bin"}, 5000), folder + "/attachments");
  ASSERT_TRUE(changed.disconnect({.id = "box1"}));
  EXPECT_EQ(calls(), "second DEL box1  eth0\nfirst DEL box1  eth0\n");
  EXPECT_EQ(input("first-DEL").at("name").as_string(), "net");
}

TEST_F(AttachmentsTest, Version03KnowsNeitherCheckNorAResultForDel) {
  Attachments attachments = make("0.3.1");
  ASSERT_TRUE(attachments.connect(sandbox()));
  ASSERT_TRUE(attachments.check("box1"));
  EXPECT_EQ(calls().find("CHECK"), std::string::npos);
  ASSERT_TRUE(attachments.disconnect({.id = "box1"}));
  EXPECT_FALSE(input("first-DEL").contains("prevResult"));
}

TEST_F(AttachmentsTest, CheckRunsForwardWithTheFinalResult) {
  Attachments attachments = make();
  ASSERT_TRUE(attachments.connect(sandbox()));
  ASSERT_TRUE(removeTree(folder + "/calls"));
  ASSERT_TRUE(attachments.check("box1"));
  EXPECT_EQ(calls(), "first CHECK box1 " + folder + "/netns eth0\nsecond CHECK box1 " + folder + "/netns eth0\n");
  EXPECT_EQ(input("first-CHECK").at("prevResult").at("by").as_string(), "second");
  EXPECT_EQ(attachments.check("none").error().code, 404);
}

TEST_F(AttachmentsTest, AFailedAddIsUndoneAndSaysWhatThePluginSaid) {
  installPlugin(
      "second",
      "[ $CNI_COMMAND = ADD ] && { echo '{\"code\":11,\"msg\":\"no address is free\",\"details\":\"all taken\"}'; "
      "exit 1; }");
  Attachments attachments = make();
  auto addresses = attachments.connect(sandbox());
  ASSERT_FALSE(addresses);
  EXPECT_EQ(addresses.error().message, "plugin type=\"second\" failed (add): no address is free; all taken");
  EXPECT_NE(calls().find("second DEL"), std::string::npos);
  EXPECT_NE(calls().find("first DEL"), std::string::npos);
  EXPECT_TRUE(attachments.sandboxIds()->empty());
}

TEST_F(AttachmentsTest, AnInterruptedAddIsUndoneBeforeItIsTriedAgain) {
  installPlugin("second", "[ $CNI_COMMAND = ADD ] || exit 0; [ -e " + folder + "/fine ] || exit 3");
  installPlugin("first", "[ $CNI_COMMAND = DEL ] && [ ! -e " + folder + "/fine ] && exit 4");
  Attachments attachments = make();
  auto addresses = attachments.connect(sandbox());
  ASSERT_FALSE(addresses);
  EXPECT_EQ(addresses.error().message, "plugin type=\"second\" failed (add): exit code 3");
  // Undoing failed as well: it is still on record.
  EXPECT_EQ(*attachments.sandboxIds(), std::vector<std::string>{"box1"});
  ASSERT_TRUE(writeFile(folder + "/fine", ""));
  ASSERT_TRUE(removeTree(folder + "/calls"));
  ASSERT_TRUE(attachments.connect(sandbox()));
  EXPECT_EQ(calls().substr(0, 10), "second DEL");
}

TEST_F(AttachmentsTest, APluginThatHangsIsKilled) {
  installPlugin("first", "[ $CNI_COMMAND = ADD ] && sleep 100");
  Attachments attachments = make("1.0.0", 300);
  auto addresses = attachments.connect(sandbox());
  ASSERT_FALSE(addresses);
  EXPECT_EQ(addresses.error().message, "plugin type=\"first\" failed (add): no answer within 0 s, and was killed");
}

TEST_F(AttachmentsTest, AResultAsDeepAsMayBeIsReadAgainFromItsRecord) {
  std::string deep;
  for (int i = 0; i < 30; ++i) deep = "[" + deep + "]";
  installPlugin("second", "[ $CNI_COMMAND = ADD ] && { echo '{\"x\":" + deep +
                              ",\"ips\":[{\"address\":\"10.0.0.9/24\"}]}'; exit 0; }");
  auto addresses = make().connect(sandbox());
  ASSERT_TRUE(addresses) << addresses.error().message;
  std::string before = calls();
  ASSERT_TRUE(make().connect(sandbox()));
  EXPECT_EQ(calls(), before) << "a pod that runs was disconnected";
}

TEST_F(AttachmentsTest, APluginThatPrintsWithoutEndOrKeepsItsStreamsOpenIsNoHarm) {
  installPlugin("first", "[ $CNI_COMMAND = ADD ] && { head -c 50000000 /dev/zero | tr '\\0' '['; exit 0; }");
  auto addresses = make().connect(sandbox());
  ASSERT_FALSE(addresses);
  EXPECT_EQ(addresses.error().message, "plugin type=\"first\" failed (add): its result is longer than 1048576 bytes");
  installPlugin("first", "sleep 1000 & echo $! > " + folder + "/sleeper");
  addresses = make("1.0.0", 60000).connect(sandbox());
  EXPECT_TRUE(addresses) << addresses.error().message;
  kill(std::atoi(readFile(folder + "/sleeper")->c_str()), SIGKILL);
}

TEST_F(AttachmentsTest, AResultWithoutAnAddressIsUndone) {
  installPlugin("second", "[ $CNI_COMMAND = ADD ] && { echo '{\"ips\":[{\"address\":\"banana\"}]}'; exit 0; }");
  auto addresses = make().connect(sandbox());
  ASSERT_FALSE(addresses);
  EXPECT_EQ(addresses.error().message, "the network plugins gave \"banana\" for an address");
  EXPECT_NE(calls().find("first DEL"), std::string::npos);
  EXPECT_TRUE(make().sandboxIds()->empty());
}

TEST_F(AttachmentsTest, APluginThatIsNotInstalledIsNamedWithWhereItWasSought) {
  ASSERT_TRUE(removeTree(folder + "/bin/second"));
  auto ready = make().ready();
  ASSERT_FALSE(ready);
  EXPECT_EQ(ready.error().message, "failed to find plugin \"second\" in path [/no/such/folder:" + folder + "/bin]");
}

TEST_F(AttachmentsTest, ADamagedRecordDoesNotStandInTheWayOfDisconnecting) {
  ASSERT_TRUE(make().connect(sandbox()));
  ASSERT_TRUE(writeFile(folder + "/attachments/box1.json", "{"));
  ASSERT_TRUE(make().disconnect(sandbox()));
  EXPECT_TRUE(make().sandboxIds()->empty());
}

TEST_F(AttachmentsTest, AnIdThatIsAPathIsRefused) { EXPECT_EQ(make().disconnect({.id = "../x"}).error().code, 400); }

}  // namespace
}  // namespace cleat::network
