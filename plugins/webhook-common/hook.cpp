#include "webhook-common/hook.h"

namespace cleat::webhook::detail {

HookPtr makeHook(Hook hook, capnp::List<admissionregistration_v1::RuleWithOperations>::Reader rules,
                 admissionregistration_v1::MatchResources::Reader selectors,
                 capnp::List<admissionregistration_v1::MatchCondition>::Reader conditions) {
  Draft<admissionregistration_v1::MatchResources> match(selectors);
  auto named = match->initResourceRules(rules.size());
  for (uint32_t i = 0; i < rules.size(); ++i) {
    named[i].setOperations(rules[i].getOperations());
    named[i].setApiGroups(rules[i].getApiGroups());
    named[i].setApiVersions(rules[i].getApiVersions());
    named[i].setResources(rules[i].getResources());
    named[i].setScope(rules[i].getScope());
  }
  hook.matcher = std::make_shared<const policy::Matcher>(match.reader());
  policy::PolicyCompiler compiler({});
  for (auto condition : conditions) {
    hook.conditions.push_back(compiler.compile(view(condition.getExpression()), policy::ResultTypes::boolean));
  }
  hook.spoken = compiler.spoken();
  return std::make_shared<const Hook>(std::move(hook));
}

}  // namespace cleat::webhook::detail
