// Trees of JSON: reading, writing, comparing and changing them.
#include <capnp/message.h>
#include <cleat/sdk/json_tree.h>
#include <gtest/gtest.h>

#include <limits>

namespace cleat {
namespace {

std::string readAndWritten(std::string_view text) {
  Result<JsonTree> tree = JsonTree::parse(text);
  return tree ? jsonText(tree->view()) : tree.error().message;
}

TEST(JsonTree, IsWrittenAsItWasRead) {
  for (const char* text :
       {"null", "true", "false", "0", "-7", "9223372036854775807", "-9223372036854775808", "1.5", "-0.25", "1e+30",
        "\"\"", "\"é\\n\\\"\\\\\\u0001\"", "[]", "{}", "[1,\"a\",null,[],{}]", R"({"a":{"b":[{"c":null}]},"z":""})"}) {
    EXPECT_EQ(readAndWritten(text), text);
  }
}

TEST(JsonTree, WritesNumbersAsGoDoes) {
  EXPECT_EQ(readAndWritten("1.0"), "1");
  EXPECT_EQ(readAndWritten("1e3"), "1000");
  EXPECT_EQ(readAndWritten("1e-9"), "1e-9");
  EXPECT_EQ(readAndWritten("0.000001"), "0.000001");
  EXPECT_EQ(readAndWritten("123456789012345678901234567890"), "1.2345678901234568e+29");
  EXPECT_EQ(readAndWritten("-0"), "0");
  EXPECT_EQ(readAndWritten("1e-400"), "0");
}

TEST(JsonTree, OrdersMembersAndTakesTheLastOfOneName) {
  EXPECT_EQ(readAndWritten(R"( { "b" : 1 , "a" : [ ] , "b" : 2, "aa":3 } )"), R"({"a":[],"aa":3,"b":2})");
}

TEST(JsonTree, UnderstandsEscapes) {
  auto tree = JsonTree::parse(R"("\u00e9\ud83d\ude00\/\b\f\r\t\ud800x\u0000")");
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->view().text(), std::string_view("é😀/\b\f\r\t\xef\xbf\xbdx\0", 16));
}

TEST(JsonTree, RefusesWhatIsNotJsonAndSaysWhere) {
  EXPECT_EQ(readAndWritten("[1,]"), "json parse error: no JSON value at byte 3");
  EXPECT_EQ(readAndWritten("{\"a\" 1}"), "json parse error: no : behind the name of a member at byte 5");
  for (const char* wrong : {"",
                            " ",
                            "nul",
                            "tru",
                            "[",
                            "{",
                            "[1",
                            "{\"a\":1",
                            "{a:1}",
                            "{\"a\":1,}",
                            "01",
                            "-",
                            "1.",
                            "1e",
                            ".5",
                            "+1",
                            "1 2",
                            "\"",
                            "\"\\x\"",
                            "\"\\u12\"",
                            "\"\\u12g4\"",
                            "\"\n\"",
                            "'a'",
                            "[1 2]",
                            "1e400",
                            "-1e400",
                            "NaN",
                            "\"\xff\"",
                            "\"\xed\xa0\x80\"",
                            "\"\xc0\x80\"",
                            "]"}) {
    EXPECT_FALSE(JsonTree::parse(wrong)) << wrong;
  }
}

TEST(JsonTree, KeepsToItsLimits) {
  std::string deep(100, '[');
  deep.append(100, ']');
  EXPECT_TRUE(JsonTree::parse(deep));
  EXPECT_EQ(readAndWritten("[" + deep + "]"), "json parse error: nested deeper than the limit of 100 at byte 100");
  EXPECT_TRUE(JsonTree::parse("[1,2]", {.maxValues = 3}));
  EXPECT_FALSE(JsonTree::parse("[1,2,3]", {.maxValues = 3}));
  EXPECT_FALSE(JsonTree::parse(std::string(1'000'000, '[')));
}

TEST(JsonView, GivesWhatIsThereAndNothingElse) {
  auto tree = JsonTree::parse(R"({"f":1.5,"i":3,"l":[1,2],"n":null,"o":{"x":"y"},"t":"text","w":2.0,"yes":true})");
  ASSERT_TRUE(tree);
  JsonView root = tree->view();
  EXPECT_EQ(root.items().size(), 8u);
  EXPECT_EQ(root.member("i")->integer(), 3);
  EXPECT_EQ(root.member("w")->integer(), 2);
  EXPECT_EQ(root.member("f")->integer(), std::nullopt);
  EXPECT_EQ(root.member("f")->number(), 1.5);
  EXPECT_EQ(root.member("t")->text(), "text");
  EXPECT_EQ(root.member("t")->name(), "t");
  EXPECT_TRUE(root.member("yes")->boolean());
  EXPECT_TRUE(root.member("n")->isNull());
  EXPECT_EQ(root.member("o")->member("x")->text(), "y");
  EXPECT_FALSE(root.member("absent"));
  EXPECT_FALSE(root.member(""));
  EXPECT_FALSE(root.member("zzz"));
  EXPECT_FALSE(root.member("l")->member("0"));
  EXPECT_EQ(root.member("i")->text(), "");
  EXPECT_EQ(root.member("t")->items().size(), 0u);
  EXPECT_EQ(root.member("t")->number(), 0);
  EXPECT_TRUE(JsonTree().view().isNull());
}

TEST(JsonView, IsTheSameWhenTheValuesAre) {
  auto same = [](std::string_view a, std::string_view b) {
    return sameJson(JsonTree::parse(a)->view(), JsonTree::parse(b)->view());
  };
  EXPECT_TRUE(same("1", "1.0"));
  EXPECT_TRUE(same("1e2", "100"));
  EXPECT_FALSE(same("1", "1.5"));
  EXPECT_FALSE(same("1", "\"1\""));
  EXPECT_FALSE(same("9007199254740993", "9007199254740992.0"));
  EXPECT_TRUE(same("1e300", "1e300"));
  EXPECT_FALSE(same("null", "false"));
  EXPECT_FALSE(same("null", "[]"));
  EXPECT_FALSE(same("[]", "{}"));
  EXPECT_TRUE(same(R"({"a":[1,{"b":2}],"c":null})", R"({"c":null,"a":[1.0,{"b":2}]})"));
  EXPECT_FALSE(same(R"({"a":1})", R"({"b":1})"));
  EXPECT_FALSE(same("[1,2]", "[2,1]"));
  EXPECT_FALSE(same("[1,2]", "[1]"));
}

// Texts are looked at eight characters at a time: what is not written as it is stands at each of their places.
TEST(JsonTree, WritesATextWhateverStandsWhereInIt) {
  const struct {
    char character;
    const char* written;
  } cases[] = {{'"', "\\\""},    {'\\', "\\\\"},   {'\n', "\\n"},   {'\0', "\\u0000"}, {'\x1f', "\\u001f"},
               {' ', " "},       {'!', "!"},       {'#', "#"},      {'[', "["},        {']', "]"},
               {'\x7f', "\x7f"}, {'\xc3', "\xc3"}, {'\xa2', "\xa2"}};
  for (const auto& each : cases) {
    for (size_t size = 1; size < 20; ++size) {
      for (size_t at = 0; at < size; ++at) {
        std::string text(size, 'a');
        text[at] = each.character;
        std::string written = "before";
        appendJsonText(written, text);
        EXPECT_EQ(written, "before\"" + std::string(at, 'a') + each.written + std::string(size - at - 1, 'a') + '"');
      }
    }
  }
}

TEST(JsonTree, TakesMembersIntoTheirPlaces) {
  capnp::MallocMessageBuilder message;
  auto object = message.initRoot<open_v1::OpenObject>();
  ensureMember(object, "status").setText("s");
  auto spec = ensureMember(object, "spec");
  ensureMember(spec, "replicas").setInteger(3);
  ensureMember(spec, "a").setBoolean(true);
  ensureMember(spec, "z").setFloat(0.5);
  ensureMember(spec, "replicas").setInteger(4);
  ASSERT_EQ(object.getMembers().size(), 2u);
  EXPECT_EQ(view(object.getMembers()[0].asReader().getName()), "spec");
  EXPECT_EQ(jsonText(*findMember(object.asReader().getMembers(), "spec")), R"({"a":true,"replicas":4,"z":0.5})");
  EXPECT_EQ(findMember(object.asReader().getMembers(), "status")->text(), "s");
}

TEST(JsonTree, CopiesAValueWithoutItsName) {
  auto tree = JsonTree::parse(R"({"a":{"b":[1]}})");
  JsonTree copy(*tree->view().member("a"));
  EXPECT_EQ(copy.view().name(), "");
  EXPECT_EQ(jsonText(copy.view()), R"({"b":[1]})");
}

}  // namespace
}  // namespace cleat
