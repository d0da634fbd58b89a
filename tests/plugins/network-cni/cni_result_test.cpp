// What network plugins print, when they are careless or mean harm.
#include "plugins/network-cni/cni_result.h"

#include <boost/json/parse.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cleat::network {
namespace {

std::string nested(size_t depth) {
  std::string text = R"({"ips":)";
  for (size_t i = 1; i < depth; ++i) text += '[';
  for (size_t i = 1; i < depth; ++i) text += ']';
  return text + "}";
}

TEST(CniResultTest, ResultsBeyondTheLimitsAreRefusedWithTheLimit) {
  struct Case {
    const char* what;
    std::string printed, message;
  };
  for (const Case& wrong :
       {Case{"nothing", "", "its result is not JSON: "}, Case{"a list", "[]", "its result is not a JSON object"},
        Case{"cut off", R"({"ips":[{"address":"10.0)", "its result is not JSON: "},
        Case{"two objects", "{}{}", "its result is not JSON: "},
        Case{"a log line before it", "hello\n{}", "its result is not JSON: "},
        Case{"text that is no UTF-8", "{\"a\":\"\xff\"}", "its result is not JSON: "},
        Case{"a number that cannot be written down again", R"({"mtu":1e999})",
             "its result has a number that is out of range"},
        Case{"too deep", nested(33), "its result is nested deeper than 32"},
        Case{"much too deep", std::string(900'000, '['), "its result is nested deeper than 32"},
        Case{"too long", "{\"a\":\"" + std::string(kMostResultBytes, 'x') + "\"}",
             "its result is longer than 1048576 bytes"}}) {
    auto result = parseResult(wrong.printed);
    ASSERT_FALSE(result) << wrong.what;
    EXPECT_THAT(result.error().message, testing::StartsWith(wrong.message)) << wrong.what;
  }
  EXPECT_TRUE(parseResult(nested(32)));
}

TEST(CniResultTest, OnlyAddressesOfTheSandboxBecomeThePods) {
  struct Case {
    const char* result;
    std::vector<std::string> addresses;
    const char* error;
  };
  for (const Case& one : {
           Case{R"({"ips":[{"address":"10.0.0.7/24"},{"address":"fd00::7/64"}]})", {"10.0.0.7", "fd00::7"}, ""},
           Case{R"({"interfaces":[{"name":"br"},{"name":"eth0","sandbox":"/x"}],)"
                R"("ips":[{"address":"10.0.0.1/24","interface":0},{"address":"10.0.0.7/24","interface":1}]})",
                {"10.0.0.7"},
                ""},
           Case{"{}", {}, "the network plugins gave no address"},
           Case{R"({"ips":{}})", {}, "the network plugins gave no address"},
           Case{R"({"ips":[]})", {}, "the network plugins gave no address"},
           Case{R"({"ips":[{"address":"banana/24"}]})", {}, "the network plugins gave \"banana\" for an address"},
           Case{R"({"ips":[{"address":"10.0.0.7\u0000evil/24"}]})",
                {},
                "the network plugins gave \"10.0.0.7?evil\" for an address"},
           Case{R"({"ips":[{"address":""}]})", {}, "the network plugins gave \"\" for an address"},
       }) {
    auto addresses = addressesOf(*parseResult(one.result));
    if (!addresses)
      EXPECT_EQ(addresses.error().message, one.error) << one.result;
    else
      EXPECT_EQ(*addresses, one.addresses) << one.result;
  }
  for (const char* malformed : {R"({"ips":[7]})", R"({"ips":[{}]})", R"({"ips":[{"address":7}]})",
                                R"({"interfaces":[],"ips":[{"address":"10.0.0.7/24","interface":0}]})",
                                R"({"interfaces":{},"ips":[{"address":"10.0.0.7/24","interface":0}]})",
                                R"({"interfaces":[{}],"ips":[{"address":"10.0.0.7/24","interface":-1}]})",
                                R"({"interfaces":[{}],"ips":[{"address":"10.0.0.7/24","interface":1e30}]})"}) {
    auto addresses = addressesOf(*parseResult(malformed));
    ASSERT_FALSE(addresses) << malformed;
    EXPECT_TRUE(addresses.error().message.starts_with("the network plugins' result is malformed: ")) << malformed;
  }
}

TEST(CniResultTest, AddressesAreCounted) {
  boost::json::object result = *parseResult(R"({"ips":[]})");
  for (size_t i = 0; i < kMostAddresses; ++i)
    result["ips"].as_array().push_back(boost::json::object{{"address", "10.0.0." + std::to_string(i) + "/24"}});
  EXPECT_EQ(addressesOf(result)->size(), kMostAddresses);
  result["ips"].as_array().push_back(boost::json::object{{"address", "10.0.1.1/24"}});
  EXPECT_EQ(addressesOf(result).error().message, "the network plugins gave more than 64 addresses");
}

TEST(CniResultTest, WhichLinkIsThePodsIsSaidByTheInterfaces) {
  auto port = [](const std::string& interfaces) {
    const std::string text = R"({"ips":[{"address":"10.0.0.2/24"}],"interfaces":)" + interfaces + "}";
    return podPortOf(boost::json::parse(text).as_object(), "cleat0");
  };
  const std::string bridge = R"({"name":"cleat0","mac":"02:00:00:00:00:01"})";
  const std::string inside = R"({"name":"eth0","mac":"02:00:00:00:00:03","sandbox":"/run/netns/a"})";
  auto found = port("[" + bridge + R"(,{"name":"veth1","mac":"02:00:00:00:00:02"},)" + inside + "]");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->interface, "veth1");
  EXPECT_EQ(found->hardwareAddress, "02:00:00:00:00:03");
  EXPECT_EQ(found->addresses, std::vector<std::string>{"10.0.0.2"});
  // What is not one plain link, or would be more than a word of a script, is none.
  EXPECT_FALSE(port("[" + bridge + "," + inside + "]"));
  EXPECT_FALSE(port("[" + bridge + R"(,{"name":"a; delete table x"},)" + inside + "]"));
  EXPECT_FALSE(port(R"([{"name":"veth1"},{"name":"eth0","mac":"02:00:00:00:00","sandbox":"/run/netns/a"}])"));
  EXPECT_FALSE(port(R"([{"name":"veth1"},{"name":"veth2"},)" + inside + "]"));
  EXPECT_FALSE(port("7"));
}

TEST(SourceGuardTest, AScriptNamesWhatMayComeOut) {
  const std::string script = guardScript({"veth1", "02:00:00:00:00:03", {"10.0.0.2", "fd00::2"}});
  EXPECT_NE(script.find("device \"veth1\" priority 0; policy drop;"), std::string::npos);
  EXPECT_NE(script.find("arp saddr ether 02:00:00:00:00:03 arp saddr ip { 10.0.0.2 } accept"), std::string::npos);
  EXPECT_NE(script.find("ip6 saddr { fd00::2, fe80::/10 } accept"), std::string::npos);
  EXPECT_NE(script.find("@th,64,128 != { 0xfd000000000000000000000000000002 } drop"), std::string::npos);
}

TEST(CniResultTest, WhyAPluginFailedIsOneShortPrintableLine) {
  struct Case {
    std::string standardOutput, standardError, text;
  };
  for (const Case& one : {
           Case{R"({"code":11,"msg":"no address","details":"all taken\n"})", "", "no address; all taken"},
           Case{R"({"code":11,"details":"all taken"})", "ignored", "all taken"},
           Case{R"({"code":11,"msg":7})", "panic\n\tat x\n", "exit code 2: panic  at x"},
           Case{"not json", "", "exit code 2: not json"},
           Case{"", "", "exit code 2"},
           Case{R"({"msg":"a\u0000b\u001b[31m"})", "", "a?b?[31m"},
           Case{"", "\xff\xc3(\xe2\x82\xac \xed\xa0\x80\n", "exit code 2: \?\?(\xe2\x82\xac \?\?\?"},
       })
    EXPECT_EQ(failureText(one.standardOutput, one.standardError, 2), one.text);
  EXPECT_EQ(failureText("", std::string(1 << 20, 'x'), 2), "exit code 2: " + std::string(kMostMessageBytes, 'x'));
  // A character is not cut in two.
  std::string accents;
  for (int i = 0; i < 1000; ++i) accents += "\xc3\xa9";
  EXPECT_EQ(failureText("", "x" + accents, 1), "exit code 1: x" + accents.substr(0, kMostMessageBytes - 2));
}

}  // namespace
}  // namespace cleat::network
