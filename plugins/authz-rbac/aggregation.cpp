#include "aggregation.h"

#include <cleat/sdk/selector.h>
#include <cleat/sdk/struct_json.h>

#include <algorithm>
#include <utility>

#include "rule.h"

namespace cleat::rbac {

using rbac_v1::ClusterRole;

namespace {

// As which Kubernetes' own controller owns the rules: those who compare what they have applied leave them out by this
// name.
constexpr std::string_view kManager = "clusterrole-aggregation-controller";

std::string rulesText(const std::string& name, std::string_view uid, const Rules& rules) {
  Draft<ClusterRole> draft;
  draft->adoptRules(writeRules(orphanageOf(*draft), rules));
  std::string text = R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":)";
  appendJsonText(text, name);
  text += concat(R"(,"uid":")", uid, R"("},"rules":[)");
  const char* between = "";
  for (auto rule : draft->asReader().getRules()) {
    text += std::exchange(between, ",");
    appendJson(text, structJson(rule).view());
  }
  return text + "]}";
}

}  // namespace

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
  // A role that has gone meanwhile is not made again: an apply of its uid is refused where there is none.
  const std::string body = rulesText(name, collector.uid(), collected);
  const PatchOptions asOwner{.fieldManager = kManager, .force = true};
  auto applied = co_await client_.patch<ClusterRole>("", name, PatchType::apply, body, asOwner);
  if (!applied && !applied.error().is(404) && !applied.error().is(409)) co_return fail(applied.error());
  co_return Reconciled();
}

}  // namespace cleat::rbac
