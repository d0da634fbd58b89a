// Authorizes by a file of rules.
#include <cleat/sdk/file.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/roles.h>

#include <algorithm>

#include "policy_file.h"

using namespace cleat;
using namespace cleat::abac;

namespace {

class AbacAuthorizer : public AuthorizerPlugin {
 public:
  using AuthorizerPlugin::AuthorizerPlugin;

  Task<Result<void>> start() override {
    const std::string file = config().string("policy_file");
    if (file.empty()) co_return fail(Status::badRequest("[plugins.authz-abac] policy_file: is needed"));
    CLEAT_CO_TRY(const std::string text, readFile(file));
    CLEAT_CO_TRY(lines_, parsePolicy(text, file));
    co_return Result<void>();
  }

  Task<Result<void>> authorize(role::Attributes::Reader attributes, Call<role::AuthorizeResults>& call) override {
    const bool isAllowed = contains(attributes.getUser().getGroups(), "system:masters") ||
                           std::ranges::any_of(lines_, [&](const auto& line) { return line.matches(attributes); });
    call.results().setDecision(isAllowed ? role::Decision::ALLOW : role::Decision::NO_OPINION);
    if (!isAllowed) call.results().setReason("No policy matched.");
    co_return Result<void>();
  }

  // Those of lines for the user that are about resources of the namespace, or about paths.
  Task<Result<void>> rules(role::RulesParams::Reader params, Call<role::RulesResults>& call) override {
    std::vector<const PolicyLine*> resources, paths;
    for (const PolicyLine& line : lines_) {
      if (!line.isFor(params.getUser())) continue;
      const bool isHere = line.ns == "*" || line.ns == view(params.getNamespace());
      if (isHere && !line.resource.empty()) resources.push_back(&line);
      if (!line.path.empty()) paths.push_back(&line);
    }
    auto results = call.results();
    auto resourceRules = results.initResourceRules(resources.size());
    for (uint32_t i = 0; i < resources.size(); ++i) {
      resourceRules[i].adoptVerbs(verbs(orphanageOf(results), *resources[i]));
      resourceRules[i].adoptGroups(textList(orphanageOf(results), {std::string_view(resources[i]->apiGroup)}));
      resourceRules[i].adoptResources(textList(orphanageOf(results), {std::string_view(resources[i]->resource)}));
    }
    auto pathRules = results.initNonResourceRules(paths.size());
    for (uint32_t i = 0; i < paths.size(); ++i) {
      pathRules[i].adoptVerbs(verbs(orphanageOf(results), *paths[i]));
      pathRules[i].adoptPaths(textList(orphanageOf(results), {std::string_view(paths[i]->path)}));
    }
    co_return Result<void>();
  }

 private:
  static capnp::Orphan<capnp::List<capnp::Text>> verbs(capnp::Orphanage orphanage, const PolicyLine& line) {
    if (line.isReadonly) return textList(orphanage, {"get", "list", "watch"});
    return textList(orphanage, {"*"});
  }

  std::vector<PolicyLine> lines_;
};

}  // namespace

CLEAT_PLUGIN(AbacAuthorizer, .name = "authz-abac", .version = "0.1.0", .maturity = "beta", .roles = "authorizer",
             .configSchema = "policy_file string  # the rules, one JSON object a line\n");
