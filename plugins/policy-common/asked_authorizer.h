// AskedAuthorizer: answers expressions from what the cluster's authorizers were asked before, and notes what they have
// to be asked still: an expression cannot wait, so it is evaluated again.
//
//   while (true) {
//     auto refusals = judge(policy, inputs with authorizer.value());
//     if (authorizer.open().empty()) …done…
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
