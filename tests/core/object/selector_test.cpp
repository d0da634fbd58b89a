#include "core/object/selector.h"

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

TEST(LabelSelector, MatchesAsKubernetesDoes) {
  ObjectRef object = pod(R"({"app":"web","tier":"front","n":"5","empty":""})");
  const std::pair<const char*, bool> cases[] = {
      {"", true},
      {"app=web", true},
      {"app==web", true},
      {"app=db", false},
      {"app!=web", false},
      {"gone!=x", true},
      {"app", true},
      {"!app", false},
      {"!gone", true},
      {"app in (web,db)", true},
      {"app notin (web)", false},
      {"gone notin (x)", true},
      {"gone in (x)", false},
      {"app=web,tier=front", true},
      {"app=web,tier=back", false},
      {"n>4", true},
      {"n>5", false},
      {"n<6", true},
      {"app>1", false},
      {"gone<1", false},
      {"empty=", true},
      {"empty in (,x)", true},
      {" app = web , ! gone ", true},
      {"app in ( web )", true},
  };
  for (const auto& [text, matches] : cases) {
    Result<LabelSelector> selector = LabelSelector::parse(text);
    ASSERT_TRUE(selector) << text << ": " << selector.error().message;
    EXPECT_EQ(selector->matches(object->message()), matches) << text;
  }
}

TEST(LabelSelector, RefusesBadSyntaxInKubernetesWords) {
  const std::pair<const char*, const char*> cases[] = {
      {"app=web=x", "unable to parse requirement: found '=', expected: ',' or 'end of string'"},
      {"app in web", "unable to parse requirement: found 'web' expected: '('"},
      {"app ~ web", "unable to parse requirement: found '~', expected: in, notin, =, ==, !=, gt, lt"},
      {",", "unable to parse requirement: found ',', expected: !, identifier, or 'end of string'"},
      {"n>x",
       "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an "
       "integer"},
  };
  for (const auto& [text, message] : cases) {
    Result<LabelSelector> selector = LabelSelector::parse(text);
    ASSERT_FALSE(selector) << text;
    EXPECT_EQ(selector.error().code, 400);
    EXPECT_EQ(selector.error().message, message) << text;
  }
  for (const char* text : {"app in (a", "-x", "a/b/c", "app=b@d", "app=a,", "x in (a b)"}) {
    EXPECT_FALSE(LabelSelector::parse(text)) << text;
  }
}

TEST(LabelSelector, WritesItselfInACanonicalForm) {
  EXPECT_EQ(LabelSelector::parse("b in (y, x),!c,a == 1, d notin (z), e>3,f")->text(), "b in (x,y),!c,a=1,d!=z,e>3,f");
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
