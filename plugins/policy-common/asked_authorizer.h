// AskedAuthorizer: answers expressions from what the cluster's authorizers were asked before, and notes what they have
// to be asked still: an expression cannot wait, so it is evaluated again.
//
//   for (size_t round = 0; round < AskedAuthorizer::kMostRounds; ++round) {
//     auto refusals = judge(policy, inputs with authorizer.value());
//     if (!authorizer.hasOpen()) …done…
//     co_await authorizer.ask(context, user);
//   }
#pragma once

#include <cleat/cel/authorizer.h>
#include <cleat/schema/role/authn.capnp.h>
#include <cleat/sdk/context.h>

#include <map>
#include <set>

namespace cleat::policy {

class AskedAuthorizer : public cel::Authorizer {
 public:
  // One more than questions can be paid for (350,000 of 10,000,000), each of which may hang on the answer before.
  static constexpr size_t kMostRounds = 30;
  static constexpr std::string_view kTooManyRounds =
      "validation failed due to running out of cost budget, no further validation rules will be run";

  Answer check(const Question& question) const override;

  bool hasOpen() const { return !open_.empty(); }
  // Asks for all that is open. `user` is who makes the request.
  Task<void> ask(Context& context, role::User::Reader user);

 private:
  Task<Answer> askOne(Context& context, role::User::Reader user, const Question& question);

  std::map<Question, Answer> known_;
  mutable std::set<Question> open_;
};

}  // namespace cleat::policy
