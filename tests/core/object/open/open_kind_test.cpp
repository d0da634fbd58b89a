// Open kinds: how their objects are read, pruned, filled in, written and owned, by their schema alone.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/object/apply/apply.h"
#include "core/object/codec.h"
#include "core/object/object.h"
#include "core/object/open/open_tree.h"
#include "core/object/schema/message_shape.h"
#include "tests/core/object/open/open_kinds.h"
#include "tests/core/object/values.h"

namespace cleat::object {
namespace {

constexpr const char* kHead = R"({"apiVersion":"example.com/v1","kind":"CronTab","metadata":{"name":"a"})";

class OpenKind : public ::testing::Test {
 protected:
  // The kind with this schema.
  KindRef kindWith(const std::string& schema) {
    Result<void> offered = test::offerCronTabs(registry_, {{.schema = schema}});
    EXPECT_TRUE(offered) << offered.error().message;
    return registry_.find("example.com", "v1", "crontabs");
  }
  // Those of `properties` at the root.
  KindRef kindOf(const std::string& properties) {
    return kindWith(R"({"type":"object","properties":{)" + properties + "}}");
  }
  // What stays of `members`, written behind the head, and what was told of it.
  std::string kept(const Kind& kind, const std::string& members) {
    Result<Decoded> decoded = decodeJson(kind, kHead + ("," + members) + "}", FieldValidation::warn);
    if (!decoded) return decoded.error().message;
    told_ = decoded->warnings;
    EXPECT_TRUE(checkShape(*decoded->message, kind.schema));
    std::string json = encodeJson(kind, decoded->message->words());
    EXPECT_TRUE(json.starts_with(kHead)) << json;
    json.erase(0, std::string(kHead).size());
    return json;
  }

  KindRegistry registry_;
  std::vector<std::string> told_;
};

TEST_F(OpenKind, KeepsValuesOfEverySort) {
  KindRef kind = kindWith(R"({"type":"object","x-kubernetes-preserve-unknown-fields":true})");
  EXPECT_EQ(kept(*kind, R"("z":[1,-2,1.5,true,null,"x",{"b":{},"a":[]}],"a":9223372036854775807)"),
            R"(,"a":9223372036854775807,"z":[1,-2,1.5,true,null,"x",{"a":[],"b":{}}]})");
  EXPECT_TRUE(told_.empty());
}

TEST_F(OpenKind, PrunesWhatTheSchemaDoesNotKnowAndTellsIt) {
  KindRef kind = kindOf(R"("spec":{"type":"object","properties":{"a":{"type":"integer"},
      "list":{"type":"array","items":{"type":"object","properties":{"x":{"type":"string"}}}},
      "map":{"type":"object","additionalProperties":{"type":"object","properties":{"y":{"type":"string"}}}},
      "any":{"type":"object","x-kubernetes-preserve-unknown-fields":true,
             "properties":{"known":{"type":"object","properties":{"k":{"type":"string"}}}}}}})");
  EXPECT_EQ(kept(*kind, R"("odd":1,"spec":{"a":1,"b":2,"list":[{"x":"1","q":2}],"map":{"m":{"y":"1","w":1}},
      "any":{"free":{"deep":[{"er":1}]},"known":{"k":"v","pruned":1}}})"),
            R"(,"spec":{"a":1,"any":{"free":{"deep":[{"er":1}]},"known":{"k":"v"}},"list":[{"x":"1"}],)"
            R"("map":{"m":{"y":"1"}}}})");
  EXPECT_EQ(told_, (std::vector<std::string>{"unknown field \"odd\"", "unknown field \"spec.b\"",
                                             "unknown field \"spec.any.known.pruned\"",
                                             "unknown field \"spec.list[0].q\"", "unknown field \"spec.map.m.w\""}));
}

TEST_F(OpenKind, TellsWhatIsUnknownInMetadata) {
  KindRef kind = kindOf("");
  Result<Decoded> decoded =
      decodeJson(*kind, R"({"metadata":{"name":"a","odd":1},"spec":{}})", FieldValidation::strict);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().message,
            "CronTab in version \"v1\" cannot be handled as a CronTab: strict decoding error: unknown field "
            "\"metadata.odd\", unknown field \"spec\"");
}

TEST_F(OpenKind, EmbeddedObjectsKeepWhatEveryObjectHas) {
  KindRef kind = kindOf(R"("pod":{"type":"object","x-kubernetes-embedded-resource":true,
      "properties":{"spec":{"type":"object","properties":{"n":{"type":"integer"}}}}})");
  EXPECT_EQ(
      kept(*kind, R"("pod":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","odd":1},"spec":{"n":1},"q":1})"),
      R"(,"pod":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"n":1}}})");
}

TEST_F(OpenKind, FillsInDefaults) {
  KindRef kind = kindOf(R"("spec":{"type":"object","default":{},"properties":{
      "replicas":{"type":"integer","default":3},
      "deep":{"type":"object","properties":{"inner":{"type":"string","default":"x"}}},
      "list":{"type":"array","items":{"type":"object","properties":{"p":{"type":"string","default":"TCP"}}}},
      "maybe":{"type":"string","nullable":true,"default":"d"}}})");
  EXPECT_EQ(kept(*kind, R"("status":1)"), R"(,"spec":{"maybe":"d","replicas":3}})");
  EXPECT_EQ(kept(*kind, R"("spec":{"replicas":0,"deep":{},"list":[{},{"p":"UDP"}],"maybe":null})"),
            R"(,"spec":{"deep":{"inner":"x"},"list":[{"p":"TCP"},{"p":"UDP"}],"maybe":null,"replicas":0}})");
}

TEST_F(OpenKind, NullsWhereNoneMayBeAreTakenAway) {
  KindRef kind = kindOf(R"("a":{"type":"string"},"b":{"type":"string","nullable":true},
      "c":{"type":"string","default":"d"})");
  EXPECT_EQ(kept(*kind, R"("a":null,"b":null,"c":null)"), R"(,"b":null,"c":"d"})");
}

TEST_F(OpenKind, AMapOfAnythingKeepsNothingInsideWhatItHolds) {
  KindRef kind = kindOf(R"("m":{"type":"object","additionalProperties":true})");
  EXPECT_EQ(kept(*kind, R"("m":{"a":1,"b":{"c":1}})"), R"(,"m":{"a":1,"b":{}}})");
}

TEST_F(OpenKind, FieldsAreFoundByTheirPath) {
  KindRef kind = kindWith(R"({"type":"object","x-kubernetes-preserve-unknown-fields":true})");
  Result<Decoded> decoded =
      decodeJson(*kind, R"({"metadata":{"name":"a"},"spec":{"color":"red","n":5,"on":true}})", FieldValidation::ignore);
  ASSERT_TRUE(decoded);
  const Words words = decoded->message->words();
  EXPECT_EQ(fieldText(*kind, words, "spec.color"), "red");
  EXPECT_EQ(fieldText(*kind, words, "spec.n"), "5");
  EXPECT_EQ(fieldText(*kind, words, "spec.on"), "true");
  EXPECT_EQ(fieldText(*kind, words, "spec.none"), "");
  EXPECT_EQ(fieldText(*kind, words, "metadata.name"), "a");
}

TEST_F(OpenKind, HasTheLayoutThatTheCompilerGaveIt) {
  using open_v1::JsonValue;
  EXPECT_EQ(capnp::Schema::from<JsonValue>().getProto().getStruct().getDataWordCount(), tree::kDataWords);
  EXPECT_EQ(capnp::Schema::from<JsonValue>().getProto().getStruct().getPointerCount(), tree::kPointers);
  KindRef kind = kindWith(R"({"type":"object","x-kubernetes-preserve-unknown-fields":true})");
  Result<Decoded> decoded =
      decodeJson(*kind, R"({"metadata":{"name":"a"},"b":true,"d":1.5,"i":-7,"l":[1],"n":null,"o":{"k":1},"t":"text"})",
                 FieldValidation::ignore);
  ASSERT_TRUE(decoded);
  auto members = decoded->message->root<open_v1::OpenObject>().getMembers();
  ASSERT_EQ(members.size(), 7u);
  EXPECT_TRUE(members[0].getBoolean());
  EXPECT_EQ(members[1].getFloat(), 1.5);
  EXPECT_EQ(members[2].getInteger(), -7);
  EXPECT_EQ(members[3].getList()[0].getInteger(), 1);
  EXPECT_TRUE(members[4].isNull());
  EXPECT_STREQ(members[5].getObject()[0].getName().cStr(), "k");
  EXPECT_STREQ(members[6].getText().cStr(), "text");
}

TEST_F(OpenKind, IsAppliedByItsSchema) {
  KindRef kind = kindOf(R"("spec":{"type":"object","properties":{
      "ports":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["port"],
        "items":{"type":"object","properties":{"port":{"type":"integer"},"name":{"type":"string"}}}},
      "tags":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}},
      "whole":{"type":"array","items":{"type":"string"}}}})");
  auto value = [](const std::string& members) { return boost::json::parse(kHead + ("," + members) + "}"); };
  FieldWriter one{"one", "", 0, false}, two{"two", "", 0, false};
  auto spec = [&](const Ref<const Message>& object) { return toValue(*kind, object->words()).at("spec"); };
  Result<Ref<const Message>> first = applyFields(
      *kind, nullptr, value(R"("spec":{"ports":[{"port":1,"name":"a"}],"tags":["x"],"whole":["p","q"]})"), one);
  ASSERT_TRUE(first) << first.error().message;
  Result<Ref<const Message>> second =
      applyFields(*kind, first->get(), value(R"("spec":{"ports":[{"port":2}],"tags":["y"]})"), two);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(boost::json::serialize(spec(*second)),
            R"({"ports":[{"name":"a","port":1},{"port":2}],"tags":["x","y"],"whole":["p","q"]})");
  // What is one thing conflicts as one.
  Result<Ref<const Message>> third = applyFields(*kind, second->get(), value(R"("spec":{"whole":["q"]})"), two);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().message, "Apply failed with 1 conflict: conflict with \"one\": .spec.whole");
  // What its applier no longer names goes, if nobody else owns it.
  Result<Ref<const Message>> fourth = applyFields(*kind, second->get(), value(R"("spec":{"tags":["x"]})"), one);
  ASSERT_TRUE(fourth);
  EXPECT_EQ(boost::json::serialize(spec(*fourth)), R"({"ports":[{"port":2}],"tags":["x","y"]})");
}

TEST_F(OpenKind, RefusesSchemasBeyondMeasure) {
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += R"({"type":"object","properties":{"a":)";
  deep += R"({"type":"object"})";
  for (int i = 0; i < 300; ++i) deep += "}}";
  EXPECT_FALSE(test::offerCronTabs(registry_, {{.schema = deep}}));
  EXPECT_FALSE(test::offerCronTabs(registry_, {{.schema = "[]"}}));
  EXPECT_FALSE(test::offerCronTabs(registry_, {{.schema = "{"}}));
  EXPECT_FALSE(test::offerCronTabs(registry_, {{.schema = "{\"x\":\"" + std::string(4u << 20, 'x') + "\"}"}}));
  EXPECT_FALSE(registry_.find("example.com", "v1", "crontabs"));
}

TEST_F(OpenKind, ManyEmptyElementsWithLargeDefaultsAreRefused) {
  KindRef kind =
      kindOf(R"("list":{"type":"array","items":{"type":"object","properties":{"p":{"type":"string","default":")" +
             std::string(4000, 'x') + R"("}}}})");
  std::string many = "{}";
  for (int i = 0; i < 100'000; ++i) many += ",{}";
  Result<Decoded> decoded = decodeJson(*kind, kHead + (R"(,"list":[)" + many) + "]}", FieldValidation::ignore);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, 413);
}

}  // namespace
}  // namespace cleat::object
