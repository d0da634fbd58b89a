// PodDisruptionBudgets: how many of a set of pods may be evicted at the same time.
#include <cleat/sdk/meta.h>

#include "kinds-common/conditions.h"
#include "kinds-common/workload_rules.h"
#include "kinds-policy/policy_kinds.h"

namespace cleat::kinds::policy {

namespace {

using Spec = policy_v1::PodDisruptionBudgetSpec::Reader;

std::string shownLimit(bool present, meta_v1::IntOrString::Reader limit) {
  if (!present) return "null";
  return limit.isIntVal() ? std::to_string(limit.getIntVal()) : jsonText(view(limit.getStrVal()));
}

Shown shownSpec(Spec spec) {
  const std::string none = "null";
  return Shown::plain(concat(
      "{\"MinAvailable\":", shownLimit(spec.hasMinAvailable(), spec.getMinAvailable()),
      ",\"Selector\":", spec.hasSelector() ? shownSelector(spec.getSelector()).text() : none, ",\"MaxUnavailable\":",
      shownLimit(spec.hasMaxUnavailable(), spec.getMaxUnavailable()), ",\"UnhealthyPodEvictionPolicy\":",
      spec.hasUnhealthyPodEvictionPolicy() ? jsonText(view(spec.getUnhealthyPodEvictionPolicy())) : none, "}"));
}

void checkLimit(meta_v1::IntOrString::Reader limit, const Path& path, Findings& findings) {
  checkCountOrPercent(limit, path, findings);
  checkAtMostAll(limit, path, findings);
}

void checkSpec(Spec spec, const Path& path, Findings& findings) {
  if (spec.hasMinAvailable() && spec.hasMaxUnavailable()) {
    findings.invalid(path, shownSpec(spec), "minAvailable and maxUnavailable cannot be both set");
  }
  if (spec.hasMinAvailable()) checkLimit(spec.getMinAvailable(), path / "minAvailable", findings);
  if (spec.hasMaxUnavailable()) checkLimit(spec.getMaxUnavailable(), path / "maxUnavailable", findings);
  if (spec.hasSelector()) checkLabelSelector(spec.getSelector(), path / "selector", findings);
  if (spec.hasUnhealthyPodEvictionPolicy()) {
    checkOneOf(view(spec.getUnhealthyPodEvictionPolicy()), path / "unhealthyPodEvictionPolicy",
               {"AlwaysAllow", "IfHealthyBudget"}, findings);
  }
}

void checkStatus(policy_v1::PodDisruptionBudgetStatus::Reader status, const Path& path, Findings& findings) {
  checkConditions(status.getConditions(), path / "conditions", findings);
  checkNotNegative(status.getDisruptionsAllowed(), path / "disruptionsAllowed", findings);
  checkNotNegative(status.getCurrentHealthy(), path / "currentHealthy", findings);
  checkNotNegative(status.getDesiredHealthy(), path / "desiredHealthy", findings);
  checkNotNegative(status.getExpectedPods(), path / "expectedPods", findings);
}

void validate(const Change<policy_v1::PodDisruptionBudget>& change, Findings& findings) {
  if (change.isStatus()) {
    checkStatus(change.object.getStatus(), Path("status"), findings);
  } else {
    checkSpec(change.object.getSpec(), Path("spec"), findings);
  }
}

std::string limitText(bool present, meta_v1::IntOrString::Reader limit) {
  if (!present) return "N/A";
  return limit.isIntVal() ? std::to_string(limit.getIntVal()) : str(limit.getStrVal());
}

void print(policy_v1::PodDisruptionBudget::Reader budget, Cells& cells) {
  auto spec = budget.getSpec();
  cells.text(budget.getMetadata().getName());
  cells.text(limitText(spec.hasMinAvailable(), spec.getMinAvailable()));
  cells.text(limitText(spec.hasMaxUnavailable(), spec.getMaxUnavailable()));
  cells.integer(budget.getStatus().getDisruptionsAllowed());
  cells.age(budget.getMetadata().getCreationTimestamp());
}

}  // namespace

void addDisruptionBudgets(KindTable& table) {
  table.add<policy_v1::PodDisruptionBudget>(
      {.structFile = kSchemaFile,
       .shortNames = {"pdb"},
       .columns = {nameColumn(),
                   {"Min Available", "string", "How many of the pods must stay available."},
                   {"Max Unavailable", "string", "How many of the pods may be unavailable."},
                   {"Allowed Disruptions", "integer", "How many of the pods may be evicted now."},
                   ageColumn()},
       .hasStatus = true,
       .updateNeedsRevision = true,
       .anyFinalizers = true},
      {nullptr, validate, print});
  table.addStatus<policy_v1::PodDisruptionBudget>();
}

}  // namespace cleat::kinds::policy
