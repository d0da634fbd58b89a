#include <gtest/gtest.h>

#include "core/object/codec.h"
#include "tests/core/object/reference.h"

namespace cleat::object {
namespace {

std::string asJson(std::string_view yaml) {
  Result<boost::json::value> value = parseYaml(yaml);
  return value ? jsonText(*value) : "error: " + value.error().message;
}

TEST(Yaml, BecomesTheSameValueAsJson) {
  EXPECT_EQ(asJson("a: 1\nb: [x, 'y', \"3\"]\nc:\n  d: null\n  e: ~\n  f:\n"),
            R"({"a":1,"b":["x","y","3"],"c":{"d":null,"e":null,"f":null}})");
  EXPECT_EQ(asJson(R"({"apiVersion":"v1","n":1.5})"), R"({"apiVersion":"v1","n":1.5})");
  EXPECT_EQ(asJson(""), "null");
}

TEST(Yaml, ReadsScalarsByTheRulesOfYaml11) {
  EXPECT_EQ(asJson("[yes, Off, true, 'yes', 010, 0x1f, -5, +5, 1e3, 1_000, 1.2.3, 08, 12Mi, 18446744073709551615]"),
            R"([true,false,true,"yes",8,31,-5,5,1000,1000,"1.2.3",8,"12Mi",18446744073709551615])");
}

TEST(Yaml, FollowsAnchorsAndMerges) {
  EXPECT_EQ(asJson("a: &x {k: 1}\nb: *x\nc:\n  <<: *x\n  l: 2\n"), R"({"a":{"k":1},"b":{"k":1},"c":{"l":2,"k":1}})");
}

TEST(Yaml, TakesTheLastOfEqualKeysAndTellsOfTheOthers) {
  const std::string text = "a: 1\nb:\n  c: x\n  c:\n  - z\na: 2\n";
  EXPECT_EQ(asJson(text), R"({"a":2,"b":{"c":["z"]}})");
  std::vector<std::string> duplicates;
  ASSERT_TRUE(parseYaml(text, {}, &duplicates));
  EXPECT_EQ(duplicates,
            (std::vector<std::string>{"line 5: key \"c\" already set in map", "line 6: key \"a\" already set in map"}));
  EXPECT_EQ(strictYamlError(duplicates),
            "yaml: unmarshal errors:\n  line 5: key \"c\" already set in map\n  line 6: key \"a\" already set in map");
}

TEST(Yaml, IsLimitedInDepthAndInWhatAliasesUnfoldTo) {
  std::string bomb = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n";
  for (int i = 1; i < 9; ++i) {
    std::string previous = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j ? "," : "") + previous;
    bomb += "]\n";
  }
  EXPECT_EQ(asJson(bomb), "error: yaml: more than the limit of 1048576 values");
  EXPECT_TRUE(asJson(std::string(200000, '[')).starts_with("error: "));
  EXPECT_EQ(asJson(std::string(150, '[') + std::string(150, ']')), "error: yaml: nested deeper than the limit of 100");
}

TEST(Yaml, EndsOnGarbage) {
  for (const char* text :
       {"}", "]", ",", ":", "- - ]", "%", "&", "*x", "? [a]: b", "a: *b", "&a [*a]", "\xff", "}}{", "--- ]"}) {
    asJson(text);
  }
  EXPECT_TRUE(asJson("&a [*a]").starts_with("error: ")) << asJson("&a [*a]");
}

TEST(Yaml, SaysInWhichLineItIsWrong) {
  EXPECT_TRUE(asJson("a: 1\nb: [\n").starts_with("error: yaml: line 3")) << asJson("a: 1\nb: [\n");
  EXPECT_EQ(asJson("a: 1\n---\nb: 1\n"), "error: yaml: one document expected, found more");
}

}  // namespace
}  // namespace cleat::object
