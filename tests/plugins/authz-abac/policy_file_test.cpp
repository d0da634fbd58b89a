#include "plugins/authz-abac/policy_file.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/object.h>
#include <gtest/gtest.h>

namespace cleat::abac {
namespace {

const std::string kHead = R"({"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":)";

struct Asked {
  const char* user;
  const char* group;
  const char* verb;
  const char* apiGroup;
  const char* resource;
  const char* ns;
  const char* path = "";
};

bool allows(const std::string& line, const Asked& asked) {
  auto lines = parsePolicy(line, "p");
  EXPECT_TRUE(lines) << lines.error().message;
  Draft<role::Attributes> attributes;
  auto user = attributes->initUser();
  user.setName(asked.user);
  user.adoptGroups(textList(orphanageOf(user), {std::string_view(asked.group), "system:authenticated"}));
  attributes->setVerb(asked.verb);
  attributes->setGroup(asked.apiGroup);
  attributes->setResource(asked.resource);
  attributes->setNamespace(asked.ns);
  attributes->setPath(asked.path);
  return lines && lines->size() == 1 && (*lines)[0].matches(attributes.reader());
}

TEST(PolicyFile, ALineIsAboutUsersAndGroups) {
  const Asked asked{"jane", "dev", "get", "apps", "deployments", "shop"};
  const std::string what = R"("namespace":"*","resource":"*","apiGroup":"*"}})";
  const std::pair<const char*, bool> cases[] = {
      {R"({"user":"jane",)", true},
      {R"({"user":"joe",)", false},
      {R"({"group":"dev",)", true},
      {R"({"group":"ops",)", false},
      {R"({"user":"jane","group":"dev",)", true},
      {R"({"user":"jane","group":"ops",)", false},
      {R"({"user":"joe","group":"dev",)", false},
      {R"({"user":"*",)", true},
      {R"({"group":"*",)", true},
      {R"({)", false},
  };
  for (const auto& [who, allowed] : cases) EXPECT_EQ(allows(kHead + who + what, asked), allowed) << who;
}

TEST(PolicyFile, ALineIsAboutResourcesOrPaths) {
  const Asked read{"jane", "dev", "get", "apps", "deployments", "shop"},
      write{"jane", "dev", "update", "apps", "deployments", "shop"};
  const Asked path{"jane", "dev", "get", "", "", "", "/logs/a"};
  struct {
    const char* what;
    bool reads, writes, goes;
  } cases[] = {
      {R"("namespace":"shop","resource":"deployments","apiGroup":"apps")", true, true, false},
      {R"("namespace":"shop","resource":"deployments","apiGroup":"apps","readonly":true)", true, false, false},
      {R"("namespace":"other","resource":"deployments","apiGroup":"apps")", false, false, false},
      {R"("namespace":"shop","resource":"pods","apiGroup":"apps")", false, false, false},
      {R"("namespace":"shop","resource":"deployments")", false, false, false},
      {R"("nonResourcePath":"*")", false, false, true},
      {R"("nonResourcePath":"/logs/*")", false, false, true},
      {R"("nonResourcePath":"/logs/a")", false, false, true},
      {R"("nonResourcePath":"/logs")", false, false, false},
  };
  for (const auto& each : cases) {
    const std::string line = concat(kHead, R"({"user":"jane",)", each.what, "}}");
    EXPECT_EQ(allows(line, read), each.reads) << each.what;
    EXPECT_EQ(allows(line, write), each.writes) << each.what;
    EXPECT_EQ(allows(line, path), each.goes) << each.what;
  }
}

TEST(PolicyFile, LinesWithoutAVersionMeanAnyByLeavingOut) {
  const Asked asked{"jane", "dev", "get", "apps", "deployments", "shop"}, path{"jane", "dev", "get", "", "", "", "/x"};
  EXPECT_TRUE(allows(R"({"user":"jane"})", asked));
  EXPECT_TRUE(allows(R"({"user":"jane"})", path));
  EXPECT_FALSE(allows(R"({"user":"jane","resource":"pods"})", asked));
  EXPECT_FALSE(allows(R"({"user":"jane","resource":"deployments"})", path));
  EXPECT_TRUE(allows(R"({"resource":"deployments","namespace":"shop","readonly":true})", asked));
  EXPECT_TRUE(allows("{}", asked));
}

TEST(PolicyFile, WhatCannotBeReadIsNamedByItsLine) {
  const std::pair<std::string, const char*> cases[] = {
      {"# words\n\n{]", "p:3: "},
      {"[]", "p:1: expected an object"},
      {R"({"apiVersion":"v1","kind":"Pod"})", "p:1: no kind \"Pod\" is registered for version \"v1\""},
      {kHead + R"({"usr":"a"}})", "p:1: spec.usr: unknown field"},
      {kHead + R"({"user":7}})", "p:1: spec.user: expected a text"},
      {R"({"user":"a","readonly":"yes"})", "p:1: readonly: expected true or false"},
  };
  for (const auto& [text, says] : cases) {
    auto lines = parsePolicy(text, "p");
    ASSERT_FALSE(lines) << text;
    EXPECT_EQ(lines.error().message.substr(0, std::string(says).size()), says);
  }
}

}  // namespace
}  // namespace cleat::abac
