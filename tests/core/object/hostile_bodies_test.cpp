// Bodies that are made to cost: what is told of them is bounded, and so is what it takes to tell it.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <numeric>

#include "core/object/apply/apply.h"
#include "core/object/apply/field_set.h"
#include "core/object/codec.h"
#include "core/object/patch/patch.h"
#include "tests/core/object/open/open_kinds.h"
#include "tests/core/object/values.h"

namespace cleat::object {
namespace {

const std::string kLong(1'000'000, 'k');

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

size_t bytesOf(const std::vector<std::string>& texts) {
  return std::accumulate(texts.begin(), texts.end(), size_t{0},
                         [](size_t bytes, const std::string& text) { return bytes + text.size(); });
}

TEST(HostileBodies, ANameThatComesOftenBelowALongOneIsToldOnce) {
  std::vector<std::string> told;
  ASSERT_TRUE(parseJson("{\"" + kLong + "\":{" + repeated("\"a\":1,", 200'000) + "\"a\":1}}", {}, &told));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(told[0].ends_with(".a\""));
}

TEST(HostileBodies, AnObjectThatComesOftenIsToldOnce) {
  std::vector<std::string> told;
  const std::string object = R"("o":{"a":1,"a":1},)";
  ASSERT_TRUE(parseJson("{\"" + kLong + "\":{" + repeated(object, 50'000) + "\"o\":1}}", {}, &told));
  EXPECT_LE(told.size(), 2u);
}

TEST(HostileBodies, WhatIsToldOfNamesThatComeTwiceIsBounded) {
  std::string members;
  for (int i = 0; i < 50'000; ++i) members += "\"f" + std::to_string(i) + "\":1,";
  std::vector<std::string> told;
  ASSERT_TRUE(parseJson("{\"" + kLong + "\":{" + members + members + "\"z\":1}}", {}, &told));
  EXPECT_FALSE(told.empty());
  EXPECT_LT(bytesOf(told), 3u << 20);
}

TEST(HostileBodies, WhatIsToldOfUnknownFieldsIsBounded) {
  KindRegistry registry;
  ASSERT_TRUE(test::offerCronTabs(registry, {{.schema = R"({"type":"object","properties":{"m":{"type":"object",
      "additionalProperties":{"type":"object","properties":{"known":{"type":"integer"}}}}}})"}}));
  std::string members;
  for (int i = 0; i < 1'000; ++i) members += "\"f" + std::to_string(i) + "\":1,";
  Result<Decoded> decoded =
      decodeJson(*registry.find("example.com", "v1", "crontabs"),
                 R"({"metadata":{"name":"a"},"m":{")" + kLong + "\":{" + members + "\"z\":1}}}", FieldValidation::warn);
  ASSERT_TRUE(decoded);
  EXPECT_FALSE(decoded->warnings.empty());
  EXPECT_LT(bytesOf(decoded->warnings), 3u << 20);
}

TEST(HostileBodies, ANumberBeyondRangeIsNone) {
  for (const char* text : {"1e999", "-1e999", "[1e400]", R"({"a":1e309})"}) {
    Result<boost::json::value> value = parseJson(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().code, 400);
  }
  Result<boost::json::value> tiny = parseJson("1e-400");
  ASSERT_TRUE(tiny);
  EXPECT_EQ(tiny->get_double(), 0.0);
}

// What a patch makes is read again as deep as it may have become.
TEST(HostileBodies, PatchesNestNoDeeperThanIsReadAgain) {
  boost::json::value document = boost::json::parse("{}");
  std::string path;
  for (int levels = 1; levels < 600; ++levels) {
    path += "/a";
    for (const char* value : {"[]", "{}"}) {  // the list is tried, and replaced by what goes on
      auto patched = applyJsonPatch(
          document, boost::json::parse(R"([{"op":"add","path":")" + path + R"(","value":)" + value + "}]"));
      if (!patched) {
        EXPECT_EQ(patched.error().code, 422);
        EXPECT_EQ(levels, 500);
        return;
      }
      document = std::move(*patched);
      const std::string text = boost::json::serialize(document);
      ASSERT_TRUE(parseJson(text, {.maxBytes = text.size(), .maxDepth = 500})) << levels;
    }
  }
  FAIL() << "patches nest without end";
}

TEST(HostileBodies, PathsOfConflictsAreBounded) {
  FieldSet set;
  FieldSet& below = set.at("f:" + kLong);
  for (int i = 0; i < 20'000; ++i) below.at("f:f" + std::to_string(i)).member = true;
  EXPECT_LT(bytesOf(set.paths()), 16u << 20);
}

TEST(HostileBodies, ManyUpdatersBecomeFew) {
  KindRegistry registry;
  ASSERT_TRUE(test::offerCronTabs(registry, {{}}));
  KindRef kind = registry.find("example.com", "v1", "crontabs");
  std::string entries;
  for (int i = 0; i < 20'000; ++i) {
    entries += std::string(i > 0 ? "," : "") + R"({"manager":"m)" + std::to_string(i) +
               R"(","operation":"Update","apiVersion":"example.com/v1","fieldsType":"FieldsV1","fieldsV1":{"f:b":{}}})";
  }
  Result<Decoded> sent = decodeJson(*kind, R"({"metadata":{"name":"a","managedFields":[)" + entries + R"(]},"a":1})",
                                    FieldValidation::ignore);
  ASSERT_TRUE(sent);
  FieldWriter writer{.manager = "last", .subresource = "", .wallNanos = 1};
  Ref<const Message> tracked = trackUpdate(*kind, nullptr, sent->message, writer);
  EXPECT_EQ(tracked->meta().getManagedFields().size(), 10u);
}

TEST(HostileBodies, ManagersOfAMegabyteAreNotTaken) {
  KindRegistry registry;
  ASSERT_TRUE(test::offerCronTabs(registry, {{}}));
  KindRef kind = registry.find("example.com", "v1", "crontabs");
  Result<Decoded> sent =
      decodeJson(*kind,
                 R"({"metadata":{"name":"a","managedFields":[{"manager":")" + kLong + R"(","operation":"Update",)" +
                     R"("apiVersion":"example.com/v1","fieldsType":"FieldsV1","fieldsV1":{"f:a":{}}}]},"a":1})",
                 FieldValidation::ignore);
  ASSERT_TRUE(sent);
  FieldWriter writer{.manager = "own", .subresource = "", .wallNanos = 1};
  Ref<const Message> tracked = trackUpdate(*kind, nullptr, sent->message, writer);
  ASSERT_EQ(tracked->meta().getManagedFields().size(), 1u);
  EXPECT_STREQ(tracked->meta().getManagedFields()[0].getManager().cStr(), "own");
}

}  // namespace
}  // namespace cleat::object
