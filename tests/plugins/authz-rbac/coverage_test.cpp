#include "plugins/authz-rbac/coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cleat::rbac {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> missing(const Rules& owned, const Rules& wanted) {
  std::vector<std::string> texts;
  const Rules rules = uncovered(owned, wanted).value();
  for (const Rule& rule : rules) texts.push_back(describe(rule));
  return texts;
}

TEST(Coverage, WhatOneHasInPartsIsHadInWhole) {
  const Rules owned = {{{"get"}, {""}, {"pods"}, {}, {}},
                       {{"list"}, {""}, {"pods", "services"}, {}, {}},
                       {{"get"}, {""}, {"services"}, {}, {}}};
  EXPECT_THAT(missing(owned, {{{"get", "list"}, {""}, {"pods", "services"}, {}, {}}}), IsEmpty());
  EXPECT_THAT(missing(owned, {}), IsEmpty());
  EXPECT_THAT(missing({}, {}), IsEmpty());
}

TEST(Coverage, WhatIsMissingIsPutTogetherByResource) {
  EXPECT_THAT(
      missing({{{"get"}, {""}, {"pods"}, {}, {}}},
              {{{"get", "list", "watch"}, {""}, {"pods", "secrets"}, {}, {}}, {{"list"}, {""}, {"pods"}, {}, {}}}),
      ElementsAre(R"({APIGroups:[""], Resources:["pods"], Verbs:["list" "watch"]})",
                  R"({APIGroups:[""], Resources:["secrets"], Verbs:["get" "list" "watch"]})"));
  EXPECT_THAT(missing({}, {{{"get"}, {}, {}, {}, {"/a", "/b"}}}),
              ElementsAre(R"({NonResourceURLs:["/a"], Verbs:["get"]})", R"({NonResourceURLs:["/b"], Verbs:["get"]})"));
}

TEST(Coverage, OneRuleIsWiderThanAnother) {
  struct Case {
    const char* what;
    Rule owned, wanted;
    bool covered;
  };
  const Case cases[] = {
      {"any verb", {{"*"}, {""}, {"pods"}, {}, {}}, {{"escalate"}, {""}, {"pods"}, {}, {}}, true},
      {"any verb is more than many", {{"get", "list"}, {""}, {"pods"}, {}, {}}, {{"*"}, {""}, {"pods"}, {}, {}}, false},
      {"any group", {{"get"}, {"*"}, {"pods"}, {}, {}}, {{"get"}, {"x", ""}, {"pods"}, {}, {}}, true},
      {"any group is more than one", {{"get"}, {""}, {"pods"}, {}, {}}, {{"get"}, {"*"}, {"pods"}, {}, {}}, false},
      {"any resource", {{"get"}, {""}, {"*"}, {}, {}}, {{"get"}, {""}, {"pods/log", "*"}, {}, {}}, true},
      {"any resource is more than one", {{"get"}, {""}, {"pods"}, {}, {}}, {{"get"}, {""}, {"*"}, {}, {}}, false},
      {"a subresource of any", {{"get"}, {""}, {"*/scale"}, {}, {}}, {{"get"}, {""}, {"pods/scale"}, {}, {}}, true},
      {"another subresource", {{"get"}, {""}, {"*/scale"}, {}, {}}, {{"get"}, {""}, {"pods/log"}, {}, {}}, false},
      {"the resource is not its subresource",
       {{"get"}, {""}, {"pods"}, {}, {}},
       {{"get"}, {""}, {"pods/log"}, {}, {}},
       false},
      {"one name", {{"get"}, {""}, {"pods"}, {"a", "b"}, {}}, {{"get"}, {""}, {"pods"}, {"b"}, {}}, true},
      {"all names are more", {{"get"}, {""}, {"pods"}, {"a"}, {}}, {{"get"}, {""}, {"pods"}, {}, {}}, false},
      {"a name of all", {{"get"}, {""}, {"pods"}, {}, {}}, {{"get"}, {""}, {"pods"}, {"a"}, {}}, true},
      {"a path below", {{"get"}, {}, {}, {}, {"/a/*"}}, {{"get"}, {}, {}, {}, {"/a/b", "/a/*"}}, true},
      {"a path above", {{"get"}, {}, {}, {}, {"/a/b"}}, {{"get"}, {}, {}, {}, {"/a/*"}}, false},
      {"any path", {{"get"}, {}, {}, {}, {"*"}}, {{"get"}, {}, {}, {}, {"/x"}}, true},
      {"paths are no resources", {{"*"}, {}, {}, {}, {"*"}}, {{"get"}, {""}, {"pods"}, {}, {}}, false},
      {"resources are no paths", {{"*"}, {"*"}, {"*"}, {}, {}}, {{"get"}, {}, {}, {}, {"/x"}}, false},
  };
  for (const Case& one : cases) EXPECT_EQ(missing({one.owned}, {one.wanted}).empty(), one.covered) << one.what;
}

TEST(Coverage, RulesThatCombineToTooMuchAreRefusedAtOnce) {
  std::vector<std::string> many(100'000, "x");
  auto refused = uncovered({{{"get"}, {""}, {"pods"}, {}, {}}}, {{many, many, many, many, {}}});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, 403);
  EXPECT_THAT(refused.error().message, HasSubstr("more than 10000"));
  EXPECT_TRUE(uncovered({{{"*"}, {"*"}, {"*"}, {}, {}}}, {{many, many, many, {}, {}}}).has_value())
      << "who has it all need not count";
}

TEST(Coverage, TextsAreQuoted) {
  EXPECT_EQ(quoted({}), "[]");
  EXPECT_EQ(quoted({"a", "b \"c\"", "d\\\n\x01"}), R"(["a" "b \"c\"" "d\\\n\x01"])");
}

}  // namespace
}  // namespace cleat::rbac
