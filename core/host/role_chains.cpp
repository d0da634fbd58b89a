#include "core/host/role_chains.h"

#include <cleat/sdk/text.h>
#include <kj/exception.h>

namespace cleat::host {
namespace {

role::Decision decisionIn(const RoleAnswer& answer) {
  try {
    return gate::resultsOf(role::authorizer::authorize, answer).getDecision();
  } catch (const kj::Exception&) {
    return role::Decision::DENY;
  }
}

// What each of the authorizers knows, put together.
Ref<const Message> mergeRules(const std::vector<RoleAnswer>& answers, bool incomplete) {
  return makeMessage<role::RulesResults>([&](role::RulesResults::Builder merged) {
    unsigned resources = 0, others = 0;
    for (const RoleAnswer& answer : answers) {
      auto results = gate::resultsOf(role::authorizer::rules, answer);
      resources += results.getResourceRules().size();
      others += results.getNonResourceRules().size();
      incomplete = incomplete || results.getIncomplete();
    }
    auto resourceRules = merged.initResourceRules(resources);
    auto nonResourceRules = merged.initNonResourceRules(others);
    resources = others = 0;
    for (const RoleAnswer& answer : answers) {
      auto results = gate::resultsOf(role::authorizer::rules, answer);
      for (auto rule : results.getResourceRules()) resourceRules.setWithCaveats(resources++, rule);
      for (auto rule : results.getNonResourceRules()) nonResourceRules.setWithCaveats(others++, rule);
    }
    merged.setIncomplete(incomplete);
  });
}

}  // namespace

Task<RoleAnswer> askAuthenticators(gate::Roles& roles, RoleCall call) {
  Status unknown = Status::unauthorized();
  RoleAnswer last = answerOf(CLEAT_NOT_MINE, unknown);
  std::vector<std::string> chain = roles.chain("authenticator");
  for (const std::string& plugin : chain) {
    RoleAnswer answer = co_await roles.call(plugin, call);
    if (answer.status == CLEAT_OK || answer.endsChain) co_return answer;
    // One that could not answer weighs more than one that said no: it might have said yes.
    bool failedBefore = last.status == CLEAT_FAILED || last.status == CLEAT_RETRY;
    if (answer.status != CLEAT_NOT_MINE && !failedBefore) last = std::move(answer);
  }
  co_return last;
}

namespace {

// That nobody has an opinion, with each one's reason for having none.
RoleAnswer withoutOpinion(const std::string& reasons) {
  RoleAnswer answer;
  answer.message =
      makeMessage<role::AuthorizeResults>([&](role::AuthorizeResults::Builder results) { results.setReason(reasons); });
  return answer;
}

std::string reasonIn(const RoleAnswer& answer) {
  try {
    return str(gate::resultsOf(role::authorizer::authorize, answer).getReason());
  } catch (const kj::Exception&) {
    return {};
  }
}

}  // namespace

Task<RoleAnswer> askAuthorizers(gate::Roles& roles, RoleCall call) {
  std::vector<std::string> chain = roles.chain("authorizer");
  const bool rules = call.method == role::authorizer::rules;
  std::vector<RoleAnswer> known;
  bool incomplete = false;
  std::string reasons;
  for (const std::string& plugin : chain) {
    RoleAnswer answer = co_await roles.call(plugin, call);
    if (rules) {
      if (answer.status == CLEAT_OK) {
        known.push_back(std::move(answer));
      } else {
        incomplete = true;
      }
      continue;
    }
    if (answer.status == CLEAT_NOT_MINE) continue;
    if (answer.status != CLEAT_OK || call.method != role::authorizer::authorize) co_return answer;
    if (decisionIn(answer) != role::Decision::NO_OPINION) co_return answer;
    if (std::string reason = reasonIn(answer); !reason.empty()) reasons += concat(reasons.empty() ? "" : "\n", reason);
  }
  if (!rules) co_return withoutOpinion(reasons);
  RoleAnswer merged;
  try {
    merged.message = mergeRules(known, incomplete);
  } catch (const kj::Exception& error) {
    merged = answerOf(CLEAT_FAILED, Status::internal(std::string("an authorizer's rules are malformed: ") +
                                                     error.getDescription().cStr()));
  }
  co_return merged;
}

}  // namespace cleat::host
