// Rules in CEL: what definitions are told, and what objects are held to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kinds-apiextensions/schema/compiled_schema.h"
#include "kinds-apiextensions/schema/rule_types.h"
#include "schema_text.h"

namespace cleat::kinds::extensions {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> texts(const Findings& findings) {
  std::vector<std::string> all;
  for (const StatusCause& cause : findings.causes()) all.push_back(concat(cause.field, ": ", cause.message));
  return all;
}

std::string withSpec(std::string_view spec) { return concat(R"({"type":"object","properties":{"spec":)", spec, "}}"); }

struct Rules {
  explicit Rules(std::string_view json) {
    auto reader = test::schemaOf(json);
    schema = compileSchema(reader.reader(), Path("s"), {}, findings);
  }

  std::vector<std::string> of(std::string_view object) const {
    Findings found;
    test::TestObject now(object);
    validateObject(*schema, now.get(), found);
    return texts(found);
  }
  Findings change(std::string_view object, std::string_view old) const {
    Findings found;
    test::TestObject now(object), before(old);
    validateUpdate(*schema, now.get(), before.get(), found);
    return found;
  }

  Findings findings;
  std::shared_ptr<const CompiledSchema> schema;
};

TEST(Rules, HoldObjects) {
  Rules rules(withSpec(R"({"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}},
      "x-kubernetes-validations":[{"rule":"self.a <= self.b","message":"a is larger"}]})"));
  ASSERT_NE(rules.schema, nullptr) << testing::PrintToString(texts(rules.findings));
  EXPECT_THAT(rules.of(R"({"spec":{"a":1,"b":2}})"), IsEmpty());
  EXPECT_THAT(rules.of(R"({"spec":{"a":3,"b":2}})"), ElementsAre(R"(spec: Invalid value: "object": a is larger)"));
  EXPECT_THAT(rules.of(R"({"spec":{"a":3}})"),
              ElementsAre(R"(spec: Invalid value: "object": no such key: b evaluating rule: a is larger)"));
}

TEST(Rules, HoldDefaults) {
  const auto found = [](std::string_view spec) { return texts(Rules(withSpec(spec)).findings); };
  EXPECT_THAT(
      found(R"({"type":"object","default":{},"properties":{
      "c":{"type":"integer","default":1,"x-kubernetes-validations":[{"rule":"self > 5"}]}}})"),
      ElementsAre("s.properties[spec].properties[c].default: Invalid value: \"integer\": failed rule: self > 5"));
  // Of a part of what is the default of the whole, and beside what is good.
  EXPECT_THAT(found(R"({"type":"object","default":{"c":1,"d":1},"properties":{"d":{"type":"integer"},
      "c":{"type":"integer","x-kubernetes-validations":[{"rule":"self > 5","message":"is small"},{"rule":"self < 9"}]}}})"),
              ElementsAre("s.properties[spec].default.c: Invalid value: \"integer\": is small"));
  EXPECT_THAT(found(R"({"type":"array","maxItems":3,"items":{"type":"object","properties":{
      "c":{"type":"string","default":"a","maxLength":5,"x-kubernetes-validations":[{"rule":"self != 'a'"}]}}}})"),
              ElementsAre(HasSubstr("s.properties[spec].items.properties[c].default: Invalid value: \"string\": ")));
  // Where nothing was before, and where it was the same.
  EXPECT_THAT(found(R"({"type":"object","properties":{"c":{"type":"integer","default":1,"x-kubernetes-validations":[
      {"rule":"oldSelf.hasValue() || self > 5","optionalOldSelf":true,"message":"begins large"}]}}})"),
              ElementsAre(HasSubstr("properties[c].default: Invalid value: \"integer\": begins large")));
  EXPECT_THAT(found(R"({"type":"object","properties":{"c":{"type":"integer","default":1,"x-kubernetes-validations":[
      {"rule":"self > oldSelf","message":"grows"}]}}})"),
              ElementsAre(HasSubstr("properties[c].default: Invalid value: \"integer\": grows")));
  EXPECT_THAT(found(R"({"type":"object","properties":{"c":{"type":"integer","default":7,"x-kubernetes-validations":[
      {"rule":"self > 5"},{"rule":"self == oldSelf"}]}}})"),
              IsEmpty());
}

TEST(Rules, OfEachAlternativeOfAllOfHold) {
  Rules rules(withSpec(R"({"type":"object","properties":{"a":{"type":"integer"}},
      "allOf":[{"properties":{"a":{"x-kubernetes-validations":[{"rule":"self > 1"}]}}}]})"));
  EXPECT_THAT(texts(rules.findings), ElementsAre("s.properties[spec].allOf[0].properties[a].x-kubernetes-validations: "
                                                 "Forbidden: must be empty to be structural"));
}

TEST(Rules, EscapeNames) {
  EXPECT_EQ(escapedName("a-b.c/d"), "a__dash__b__dot__c__slash__d");
  EXPECT_EQ(escapedName("in"), "__in__");
  EXPECT_EQ(escapedName("a__b"), "a__underscores__b");
  EXPECT_EQ(escapedName("1a"), "");
  EXPECT_EQ(escapedName("a$"), "");
}

TEST(Rules, ThatDoNotCompileAreToldWhere) {
  Rules rules(withSpec(R"({"type":"object","properties":{"a":{"type":"integer"}},
      "x-kubernetes-validations":[{"rule":"self.b"},{"rule":"true"},{"rule":"self.a"}]})"));
  EXPECT_EQ(rules.schema, nullptr);
  EXPECT_THAT(texts(rules.findings),
              ElementsAre("s.properties[spec].x-kubernetes-validations[0].rule: Invalid value: "
                          R"({"Rule":"self.b","Message":"","MessageExpression":"","Reason":null,"FieldPath":"",)"
                          "\"OptionalOldSelf\":null}: compilation failed: ERROR: <input>:1:5: undefined field 'b'\n"
                          " | self.b\n | ....^",
                          HasSubstr("x-kubernetes-validations[2].rule: Invalid value")));
}

TEST(Rules, AreToldBesideMistakesElsewhereAndTheDeeperOnesFirst) {
  Rules beside(
      withSpec(R"({"type":"object","properties":{"a":{"type":"array","uniqueItems":true,"items":{"type":"string"}},
      "b":{"type":"integer","x-kubernetes-validations":[{"rule":"self.x"}]}},
      "x-kubernetes-validations":[{"rule":"self.c"}]})"));
  EXPECT_THAT(texts(beside.findings), ElementsAre(HasSubstr("properties[a].uniqueItems: Forbidden"),
                                                  HasSubstr("properties[b].x-kubernetes-validations[0].rule")));
  Rules deeper(withSpec(R"({"type":"object","properties":{"b":{"type":"integer",
      "x-kubernetes-validations":[{"rule":"self.x"}]}},"x-kubernetes-validations":[{"rule":"self.c"}]})"));
  EXPECT_THAT(texts(deeper.findings), ElementsAre(HasSubstr("properties[b].x-kubernetes-validations[0].rule"),
                                                  HasSubstr("properties[spec].x-kubernetes-validations[0].rule")));
}

TEST(Rules, OfWhatIsAsItWasAreWarnings) {
  Rules rules(withSpec(
      R"({"type":"object","properties":{"a":{"type":"integer","x-kubernetes-validations":[{"rule":"self > 1"}]},
      "b":{"type":"integer"}}})"));
  Findings kept = rules.change(R"({"spec":{"a":1,"b":2}})", R"({"spec":{"a":1,"b":1}})");
  EXPECT_TRUE(kept.empty());
  EXPECT_THAT(kept.warnings(), ElementsAre(R"(spec.a: Invalid value: "integer": failed rule: self > 1)"));
  EXPECT_FALSE(rules.change(R"({"spec":{"a":0,"b":2}})", R"({"spec":{"a":1,"b":1}})").empty());
}

TEST(Rules, ThatCostMoreThanOneMayStopTheOthers) {
  Rules rules(
      withSpec(R"-({"type":"object","properties":{"l":{"type":"array","maxItems":1000,"items":{"type":"integer"},
      "x-kubernetes-validations":[{"rule":"self.all(x, self.all(y, x == y))","message":"all the same"}]}}})-"));
  ASSERT_NE(rules.schema, nullptr) << testing::PrintToString(texts(rules.findings));
  std::string items = "1";
  for (int i = 0; i < 999; ++i) items += ",1";
  EXPECT_THAT(
      rules.of(concat(R"({"spec":{"l":[)", items, "]}}")),
      ElementsAre(HasSubstr("'operation cancelled: actual cost limit exceeded': no further validation rules will "
                            "be run due to call cost exceeds limit for rule: all the same")));
}

}  // namespace
}  // namespace cleat::kinds::extensions
