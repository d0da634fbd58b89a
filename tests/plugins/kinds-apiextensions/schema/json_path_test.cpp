// JSON paths and the cells of printer columns.
#include "kinds-apiextensions/schema/json_path.h"

#include <gtest/gtest.h>

#include "schema_text.h"

namespace cleat::kinds::extensions {
namespace {

constexpr std::string_view kObject =
    R"({"apiVersion":"example.com/v1","kind":"CronTab","metadata":{"name":"tab","labels":{"app.example.com/name":"web"},)"
    R"("creationTimestamp":"2026-03-01T12:00:00Z"},"spec":{"replicas":3,"ratio":1.5,"big":2.9,"paused":true,)"
    R"("a.b":"dotted","none":null,"list":[10,20,30],"empty":[],"nested":{"x":[{"y":1},{"y":2}]}},)"
    R"("status":{"conditions":[{"type":"Synced","status":"False","n":1},{"type":"Ready","status":"True","n":2}],)"
    R"("when":"2026-03-01T11:59:00Z","bad":"yesterday"}})";

std::string shown(const ColumnCell& cell) {
  if (auto* text = std::get_if<std::string>(&cell)) return *text;
  if (auto* integer = std::get_if<int64_t>(&cell)) return concat("integer ", *integer);
  if (auto* number = std::get_if<double>(&cell)) return concat("number ", *number);
  if (auto* boolean = std::get_if<bool>(&cell)) return concat("boolean ", *boolean);
  return "nothing";
}

std::string cell(std::string_view path, std::string_view type = "string") {
  test::TestObject object(kObject);
  Result<JsonPath> compiled = JsonPath::compile(path);
  if (!compiled) return compiled.error().message;
  return shown(columnCell(*compiled, type, object.get(), *parseTime(std::string_view("2026-03-01T12:05:00Z"))));
}

TEST(JsonPath, FollowsNames) {
  EXPECT_EQ(cell(".spec.replicas"), "3");
  EXPECT_EQ(cell(".spec.a\\.b"), "dotted");
  EXPECT_EQ(cell(".spec['a\\.b']"), "dotted");
  EXPECT_EQ(cell("$.spec.ratio"), "1.5");
  EXPECT_EQ(cell(".spec.absent"), "nothing");
  EXPECT_EQ(cell(".absent.absent"), "nothing");
  EXPECT_EQ(cell(".spec.replicas.absent"), "nothing");
  EXPECT_EQ(cell(".kind"), "CronTab");
  EXPECT_EQ(cell(".apiVersion"), "example.com/v1");
}

TEST(JsonPath, ReadsTheMetadata) {
  EXPECT_EQ(cell(".metadata.name"), "tab");
  EXPECT_EQ(cell(".metadata.labels.app\\.example\\.com/name"), "web");
  EXPECT_EQ(cell(".metadata.creationTimestamp", "date"), "5m");
  EXPECT_EQ(cell(".metadata.uid"), "nothing");
  EXPECT_EQ(cell(".metadata"),
            R"({"creationTimestamp":"2026-03-01T12:00:00Z","labels":{"app.example.com/name":"web"},"name":"tab"})");
}

TEST(JsonPath, TakesElements) {
  EXPECT_EQ(cell(".spec.list[1]"), "20");
  EXPECT_EQ(cell(".spec.list[-1]"), "30");
  EXPECT_EQ(cell(".spec.list[1:]"), "20");
  EXPECT_EQ(cell(".spec.list[::2]"), "10");
  EXPECT_EQ(cell(".spec.list[-1:]"), "30");
  EXPECT_EQ(cell(".spec.list[*]"), "10");
  EXPECT_EQ(cell(".spec.list[2,0]"), "30");
  EXPECT_EQ(cell(".spec.list"), "[10,20,30]");
  EXPECT_EQ(cell(".spec.list[3]"), "nothing");
  EXPECT_EQ(cell(".spec.list[::0]"), "nothing");
  EXPECT_EQ(cell(".spec.empty[0]"), "nothing");
  EXPECT_EQ(cell(".spec.replicas[0]"), "nothing");
  EXPECT_EQ(cell(".spec.nested.x[*].y"), "1");
  EXPECT_EQ(cell(".spec.nested.*[1].y"), "2");
  EXPECT_EQ(cell("..y"), "1");
}

TEST(JsonPath, Filters) {
  EXPECT_EQ(cell(R"(.status.conditions[?(@.type=="Ready")].status)"), "True");
  EXPECT_EQ(cell(".status.conditions[?(@.type=='Ready')].status"), "True");
  EXPECT_EQ(cell(R"(.status.conditions[?(@.type != "Ready")].status)"), "False");
  EXPECT_EQ(cell(".status.conditions[?(@.n>1)].type"), "Ready");
  EXPECT_EQ(cell(".status.conditions[?(@.n<=1)].type"), "Synced");
  EXPECT_EQ(cell(".status.conditions[?(@.absent)].type"), "nothing");
  EXPECT_EQ(cell(".status.conditions[?(@.type)].type"), "Synced");
  EXPECT_EQ(cell(".status.conditions[?(@.n=='x')].type"), "nothing");
  EXPECT_EQ(cell(R"(.status.conditions[?(@.type=="a)]b")].status)"), "nothing");
}

TEST(JsonPath, MakesCellsOfTheColumnsType) {
  EXPECT_EQ(cell(".spec.replicas", "integer"), "integer 3");
  EXPECT_EQ(cell(".spec.big", "integer"), "integer 2");
  EXPECT_EQ(cell(".spec.replicas", "number"), "number 3");
  EXPECT_EQ(cell(".spec.paused", "boolean"), "boolean true");
  EXPECT_EQ(cell(".spec.paused"), "true");
  EXPECT_EQ(cell(".spec.paused", "integer"), "nothing");
  EXPECT_EQ(cell(".spec.replicas", "date"), "nothing");
  EXPECT_EQ(cell(".status.when", "date"), "6m");
  EXPECT_EQ(cell(".status.bad", "date"), "<invalid>");
  EXPECT_EQ(cell(".spec.none", "integer"), "nothing");
}

TEST(JsonPath, KnowsWhetherItIsNothingButNames) {
  EXPECT_EQ(JsonPath::compile(".spec.replicas")->names(), (std::vector<std::string>{"spec", "replicas"}));
  EXPECT_TRUE(JsonPath::compile(".spec.list[0]")->names().empty());
}

TEST(JsonPath, RefusesWhatItDoesNotUnderstand) {
  for (const char* wrong : {".a[", ".a[x]", ".a[1:2:3:4]", ".a[?(@.b", ".a[?(@.b=)]", ".a[?(@.b=~1)]", ".a}", "{.a}",
                            "a", "....a", ".a[]", ".a[?(@.b==x)]"}) {
    EXPECT_FALSE(JsonPath::compile(wrong)) << wrong;
  }
  EXPECT_FALSE(JsonPath::compile(std::string(5000, '.')));
  std::string deep = ".a";
  for (int i = 0; i < 20; ++i) deep = "[?(@" + deep + ")]";
  EXPECT_FALSE(JsonPath::compile(deep));
}

// Each `..` looks at all that is below, so that several of them grow by powers.
TEST(JsonPath, GivesUpOnWhatTakesTooLong) {
  std::string tree = "1";
  for (int i = 0; i < 50; ++i) tree = R"({"a":)" + tree + R"(,"b":[1,2,3,4]})";
  test::TestObject object(concat(R"({"spec":)", tree, "}"));
  Result<JsonPath> path = JsonPath::compile("..a..b..a..b..a..b..a..b..c");
  ASSERT_TRUE(path);
  EXPECT_EQ(shown(columnCell(*path, "string", object.get(), {})), "nothing");
}

}  // namespace
}  // namespace cleat::kinds::extensions
