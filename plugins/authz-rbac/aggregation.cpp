#include "aggregation.h"

#include <cleat/sdk/selector.h>

#include <algorithm>

#include "rule.h"

namespace cleat::rbac {

using rbac_v1::ClusterRole;

Aggregation::Aggregation(Context& context, Client& client, Informer<ClusterRole>& roles)
    : client_(client), roles_(roles),
      controller_(context, "clusterrole-aggregation", [this](std::string name) { return reconcile(std::move(name)); }) {
}

void Aggregation::run() {
  // Whichever role changes, it may be one that others collect.
  controller_.watch(roles_, [this](const Object<ClusterRole>&) {
    std::vector<std::string> collectors;
    roles_.forEach([&](const Object<ClusterRole>& role) {
      if (role->hasAggregationRule()) collectors.push_back(str(role.name()));
    });
    return collectors;
  });
  controller_.run();
}

Task<Result<Reconciled>> Aggregation::reconcile(std::string name) {
  Object<ClusterRole> collector = roles_.get(name);
  if (!collector || !collector->hasAggregationRule()) co_return Reconciled();
  Rules collected;
  for (auto text : collector->getAggregationRule().getClusterRoleSelectors()) {
    CLEAT_CO_TRY(LabelSelector selector, LabelSelector::compile(text));
    roles_.forEach([&](const Object<ClusterRole>& role) {
      if (role.name() == name || !selector.matches(role)) return;
      for (Rule& rule : readRules(role->getRules())) {
        if (std::ranges::find(collected, rule) == collected.end()) collected.push_back(std::move(rule));
      }
    });
  }
  if (collected == readRules(collector->getRules())) co_return Reconciled();
  Draft<ClusterRole> draft(collector);
  draft->adoptRules(writeRules(orphanageOf(*draft), collected));
  Result<Object<ClusterRole>> updated = co_await client_.update<ClusterRole>(std::move(draft));
  if (!updated && !updated.error().is(404)) co_return fail(updated.error());
  co_return Reconciled();
}

}  // namespace cleat::rbac
