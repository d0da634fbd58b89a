// Authorizes everything: for clusters in which whoever is known may do what they want.
#include <cleat/sdk/lists.h>
#include <cleat/sdk/roles.h>

using namespace cleat;

namespace {

class AlwaysAllow : public AuthorizerPlugin {
 public:
  using AuthorizerPlugin::AuthorizerPlugin;

  Task<Result<void>> authorize(role::Attributes::Reader, Call<role::AuthorizeResults>& call) override {
    call.results().setDecision(role::Decision::ALLOW);
    co_return Result<void>();
  }

  Task<Result<void>> rules(role::RulesParams::Reader, Call<role::RulesResults>& call) override {
    auto results = call.results();
    auto resource = results.initResourceRules(1)[0];
    resource.adoptVerbs(textList(orphanageOf(results), {"*"}));
    resource.adoptGroups(textList(orphanageOf(results), {"*"}));
    resource.adoptResources(textList(orphanageOf(results), {"*"}));
    auto path = results.initNonResourceRules(1)[0];
    path.adoptVerbs(textList(orphanageOf(results), {"*"}));
    path.adoptPaths(textList(orphanageOf(results), {"*"}));
    co_return Result<void>();
  }
};

}  // namespace

CLEAT_PLUGIN(AlwaysAllow, .name = "authz-always-allow", .version = "0.1.0", .maturity = "beta", .roles = "authorizer");
