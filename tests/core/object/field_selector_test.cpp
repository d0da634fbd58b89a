#include "core/object/field_selector.h"

#include <gtest/gtest.h>

#include "core/object/codec.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::object {
namespace {

ObjectRef pod(std::string_view labels, std::string_view spec = "{}") {
  std::string json = R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"ns","labels":)" +
                     std::string(labels) + R"(},"spec":)" + std::string(spec) + "}";
  return makeRef<const Object>(test::kind("Pod"), "ns", "a", 1, json);
}

TEST(FieldSelector, MatchesFieldsThatTheKindOffers) {
  ObjectRef object = pod("{}", R"({"nodeName":"n1"})");
  const std::pair<const char*, bool> cases[] = {
      {"", true},
      {"metadata.name=a", true},
      {"metadata.name==b", false},
      {"metadata.namespace!=ns", false},
      {"spec.nodeName=n1,metadata.name=a", true},
      {"spec.nodeName!=n1", false},
      {"spec.nodeName=", false},
      {"status.phase=", true},
      {"status.phase!=Running", true},
  };
  for (const auto& [text, matches] : cases) {
    Result<FieldSelector> selector = FieldSelector::parse(test::kind("Pod"), text);
    ASSERT_TRUE(selector) << text << ": " << selector.error().message;
    EXPECT_EQ(selector->matches(*object), matches) << text;
    EXPECT_EQ(selector->text().find("=="), std::string::npos);
  }
  EXPECT_EQ(*FieldSelector::parse(test::kind("Pod"), "metadata.name=x")->exactName(), "x");
  EXPECT_EQ(FieldSelector::parse(test::kind("Pod"), "metadata.name!=x")->exactName(), nullptr);
}

TEST(FieldSelector, SaysWhatAFieldHasToBe) {
  auto wanted = [](const char* text, std::string_view field) -> std::optional<std::string> {
    Result<FieldSelector> selector = FieldSelector::parse(test::kind("Pod"), text);
    const std::string* value = selector ? selector->exactValue(field) : nullptr;
    return value ? std::optional(*value) : std::nullopt;
  };
  EXPECT_EQ(wanted("metadata.name=a", "metadata.name"), "a");
  EXPECT_EQ(wanted("status.phase!=x,spec.nodeName==n,metadata.name=a", "spec.nodeName"), "n");
  EXPECT_EQ(wanted("spec.nodeName=", "spec.nodeName"), "");
  EXPECT_EQ(wanted("spec.nodeName!=n", "spec.nodeName"), std::nullopt);
  EXPECT_EQ(wanted("spec.nodeNames=n", "spec.nodeName"), std::nullopt);
  EXPECT_EQ(wanted("", "spec.nodeName"), std::nullopt);
}

TEST(FieldSelector, SaysWhatItDemands) {
  auto all = FieldSelector::parse(test::kind("Pod"), R"(spec.nodeName=a\,b,metadata.name!=x)")->requirements();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].key + " " + all[0].op + " " + all[0].values.at(0), "spec.nodeName In a,b");
  EXPECT_EQ(all[1].key + " " + all[1].op + " " + all[1].values.at(0), "metadata.name NotIn x");
}

TEST(FieldSelector, RefusesFieldsThatTheKindDoesNotOffer) {
  Result<FieldSelector> selector = FieldSelector::parse(test::kind("Pod"), "spec.foo=1");
  ASSERT_FALSE(selector);
  EXPECT_EQ(selector.error().message, "field label not supported: spec.foo");
  EXPECT_EQ(FieldSelector::parse(test::kind("Pod"), "nonsense").error().message,
            "invalid selector: 'nonsense'; can't understand 'nonsense'");
}

TEST(FieldSelector, UnderstandsEscapes) {
  Result<FieldSelector> selector = FieldSelector::parse(test::kind("Pod"), R"(spec.nodeName=a\,b\=c)");
  ASSERT_TRUE(selector);
  EXPECT_TRUE(selector->matches(*pod("{}", R"({"nodeName":"a,b=c"})")));
  EXPECT_EQ(selector->text(), R"(spec.nodeName=a\,b\=c)");
}

}  // namespace
}  // namespace cleat::object
