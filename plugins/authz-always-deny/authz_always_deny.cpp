// Authorizes nothing: for tests of what happens then.
#include <cleat/sdk/lists.h>
#include <cleat/sdk/roles.h>

using namespace cleat;

namespace {

class AlwaysDeny : public AuthorizerPlugin {
 public:
  using AuthorizerPlugin::AuthorizerPlugin;

  // It has no opinion, as in Kubernetes, so that what stands behind it in the chain is still asked.
  Task<Result<void>> authorize(role::Attributes::Reader attributes, Call<role::AuthorizeResults>& call) override {
    const bool isMaster = contains(attributes.getUser().getGroups(), "system:masters");
    call.results().setDecision(isMaster ? role::Decision::ALLOW : role::Decision::NO_OPINION);
    if (!isMaster) call.results().setReason("Everything is forbidden.");
    co_return Result<void>();
  }

  Task<Result<void>> rules(role::RulesParams::Reader, Call<role::RulesResults>& call) override {
    call.results();
    co_return Result<void>();
  }
};

}  // namespace

CLEAT_PLUGIN(AlwaysDeny, .name = "authz-always-deny", .version = "0.1.0", .maturity = "beta", .roles = "authorizer");
