#include "core/host/role_chains.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>

namespace cleat::host {
namespace {

// Plugins that answer what the test says, and the order in which they were asked.
class ScriptedRoles final : public gate::Roles {
 public:
  std::vector<std::string> chain(std::string_view) const override { return order; }
  Ref<const gate::Message> interests(const std::string&) const override { return {}; }
  Task<RoleAnswer> call(std::string_view plugin, RoleCall) override {
    asked.emplace_back(plugin);
    co_return answers[asked.back()];
  }
  std::vector<std::string> order{"first", "second", "third"};
  std::map<std::string, RoleAnswer> answers;
  std::vector<std::string> asked;
};

RoleAnswer run(Task<RoleAnswer> task) {
  std::optional<RoleAnswer> result;
  spawn(std::move(task), [&](RoleAnswer answer) { result = std::move(answer); });
  return std::move(*result);
}

RoleAnswer no(cleat_status status) { return answerOf(status, Status::unauthorized("no")); }
RoleAnswer user(const char* name) {
  RoleAnswer answer;
  answer.message = makeMessage<role::AuthenticateResults>(
      [&](role::AuthenticateResults::Builder results) { results.initUser().setName(name); });
  return answer;
}
RoleAnswer decision(role::Decision decided) {
  RoleAnswer answer;
  answer.message = makeMessage<role::AuthorizeResults>(
      [&](role::AuthorizeResults::Builder results) { results.setDecision(decided); });
  return answer;
}
role::Decision decided(const RoleAnswer& answer) {
  return answer.message->root<role::AuthorizeResults>().getDecision();
}

TEST(AuthenticatorChain, TheFirstThatKnowsTheCallerEndsIt) {
  ScriptedRoles roles;
  roles.answers = {{"first", no(CLEAT_NOT_MINE)}, {"second", user("jane")}, {"third", user("john")}};
  RoleAnswer answer = run(askAuthenticators(roles, {role::authenticator::authenticate, emptyMessage(), {}, 0}));
  EXPECT_EQ(textOf(answer.message->root<role::AuthenticateResults>().getUser().getName()), "jane");
  EXPECT_EQ(roles.asked, (std::vector<std::string>{"first", "second"}));
}

TEST(AuthenticatorChain, AFailureMayBeSaidToEndIt) {
  ScriptedRoles roles;
  roles.answers = {{"first", no(CLEAT_RETRY)}, {"second", user("john")}};
  roles.answers["first"].endsChain = true;
  EXPECT_EQ(run(askAuthenticators(roles, {role::authenticator::authenticate, emptyMessage(), {}, 0})).status,
            CLEAT_RETRY);
  EXPECT_EQ(roles.asked, std::vector<std::string>{"first"});
}

TEST(AuthenticatorChain, ADenialDoesNotKeepALaterOneFromKnowingTheCaller) {
  ScriptedRoles roles;
  roles.answers = {{"first", no(CLEAT_DENIED)}, {"second", no(CLEAT_RETRY)}, {"third", user("john")}};
  EXPECT_EQ(run(askAuthenticators(roles, {role::authenticator::authenticate, emptyMessage(), {}, 0})).status, CLEAT_OK);
}

TEST(AuthenticatorChain, WhoNobodyKnowsIsRefusedWithTheGravestAnswer) {
  ScriptedRoles roles;
  roles.answers = {{"first", no(CLEAT_NOT_MINE)}, {"second", no(CLEAT_NOT_MINE)}, {"third", no(CLEAT_NOT_MINE)}};
  EXPECT_EQ(run(askAuthenticators(roles, {role::authenticator::authenticate, emptyMessage(), {}, 0})).status,
            CLEAT_NOT_MINE);
  roles.answers["second"] = no(CLEAT_DENIED);
  EXPECT_EQ(run(askAuthenticators(roles, {role::authenticator::authenticate, emptyMessage(), {}, 0})).status,
            CLEAT_DENIED);
  roles.answers["first"] = no(CLEAT_RETRY);
  EXPECT_EQ(run(askAuthenticators(roles, {role::authenticator::authenticate, emptyMessage(), {}, 0})).status,
            CLEAT_RETRY);
}

TEST(AuthorizerChain, TheFirstDecisionCounts) {
  ScriptedRoles roles;
  roles.answers = {{"first", decision(role::Decision::NO_OPINION)},
                   {"second", decision(role::Decision::DENY)},
                   {"third", decision(role::Decision::ALLOW)}};
  EXPECT_EQ(decided(run(askAuthorizers(roles, {role::authorizer::authorize, emptyMessage(), {}, 0}))),
            role::Decision::DENY);
  roles.answers["first"] = decision(role::Decision::ALLOW);
  EXPECT_EQ(decided(run(askAuthorizers(roles, {role::authorizer::authorize, emptyMessage(), {}, 0}))),
            role::Decision::ALLOW);
  roles.answers = {
      {"first", no(CLEAT_NOT_MINE)}, {"second", decision(role::Decision::NO_OPINION)}, {"third", no(CLEAT_NOT_MINE)}};
  EXPECT_EQ(decided(run(askAuthorizers(roles, {role::authorizer::authorize, emptyMessage(), {}, 0}))),
            role::Decision::NO_OPINION);
}

TEST(AuthorizerChain, OneThatFailsStopsIt) {
  ScriptedRoles roles;
  roles.answers = {{"first", no(CLEAT_RETRY)}, {"second", decision(role::Decision::ALLOW)}};
  EXPECT_EQ(run(askAuthorizers(roles, {role::authorizer::authorize, emptyMessage(), {}, 0})).status, CLEAT_RETRY);
  EXPECT_EQ(roles.asked.size(), 1u);
}

TEST(AuthorizerChain, TheRulesOfAllArePutTogetherAndSaidToBeIncompleteWhenOneCannotTell) {
  ScriptedRoles roles;
  RoleAnswer rules;
  rules.message = makeMessage<role::RulesResults>([](role::RulesResults::Builder results) {
    auto rule = results.initResourceRules(1)[0];
    rule.initVerbs(1).set(0, "get");
    rule.initResources(1).set(0, "pods");
  });
  roles.answers = {{"first", rules}, {"second", no(CLEAT_NOT_MINE)}, {"third", rules}};
  RoleAnswer merged = run(askAuthorizers(roles, {role::authorizer::rules, emptyMessage(), {}, 0}));
  auto results = merged.message->root<role::RulesResults>();
  ASSERT_EQ(results.getResourceRules().size(), 2u);
  EXPECT_EQ(textOf(results.getResourceRules()[1].getResources()[0]), "pods");
  EXPECT_TRUE(results.getIncomplete());
}

}  // namespace
}  // namespace cleat::host
