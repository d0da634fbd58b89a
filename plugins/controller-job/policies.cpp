#include "policies.h"

#include <cleat/sdk/meta.h>

namespace cleat::job {

namespace {

using Rule = batch_v1::PodFailurePolicyRule::Reader;
using Codes = batch_v1::PodFailurePolicyOnExitCodesRequirement::Reader;
using Statuses = capnp::List<core_v1::ContainerStatus>::Reader;

bool fits(core_v1::ContainerStatus::Reader status, Codes codes) {
  if (!status.getState().hasTerminated()) return false;
  const int32_t code = status.getState().getTerminated().getExitCode();
  if (code == 0) return false;
  if (codes.hasContainerName() && view(codes.getContainerName()) != view(status.getName())) return false;
  bool named = false;
  for (int32_t value : codes.getValues()) named |= value == code;
  return named == (view(codes.getOperator()) == "In");
}

std::optional<core_v1::ContainerStatus::Reader> fittingContainer(const Object<Pod>& pod, Codes codes) {
  for (Statuses statuses : {pod->getStatus().getContainerStatuses(), pod->getStatus().getInitContainerStatuses()}) {
    for (auto status : statuses) {
      if (fits(status, codes)) return status;
    }
  }
  return std::nullopt;
}

std::optional<std::string> fittingCondition(const Object<Pod>& pod, Rule rule) {
  for (auto condition : pod->getStatus().getConditions()) {
    for (auto pattern : rule.getOnPodConditions()) {
      const bool same = view(pattern.getType()) == view(condition.getType()) &&
                        view(pattern.getStatus()) == view(condition.getStatus());
      if (same) return str(condition.getType());
    }
  }
  return std::nullopt;
}

// In what way the rule fits the pod; the number of the rule is yet to follow.
std::optional<std::string> fitOf(Rule rule, const Object<Pod>& pod) {
  if (rule.hasOnExitCodes()) {
    auto container = fittingContainer(pod, rule.getOnExitCodes());
    if (!container) return std::nullopt;
    return concat("Container ", container->getName(), " for pod ", pod.key(), " failed with exit code ",
                  container->getState().getTerminated().getExitCode());
  }
  auto condition = fittingCondition(pod, rule);
  if (!condition) return std::nullopt;
  return concat("Pod ", pod.key(), " has condition ", *condition);
}

bool isMet(batch_v1::SuccessPolicyRule::Reader rule, const IndexSet& succeeded, int64_t completions) {
  const int64_t count = valueOr(rule.getSucceededCount(), 0);
  if (!rule.hasSucceededIndexes()) return rule.hasSucceededCount() && succeeded.size() >= count;
  const IndexSet wanted = IndexSet::parse(view(rule.getSucceededIndexes()), completions);
  const int64_t met = wanted.common(succeeded);
  return rule.hasSucceededCount() ? met >= count : met == wanted.size();
}

}  // namespace

FailureVerdict judgeFailure(const Object<Job>& job, const Object<Pod>& pod) {
  FailureVerdict verdict;
  auto rules = job->getSpec().getPodFailurePolicy().getRules();
  for (uint32_t i = 0; i < rules.size(); ++i) {
    std::optional<std::string> fit = fitOf(rules[i], pod);
    if (!fit) continue;
    const std::string_view action = view(rules[i].getAction());
    // Of a rule with an action that this version does not know nothing is made.
    if (action == "Ignore") verdict.counts = false;
    if (action == "FailIndex") verdict.failsIndex = true;
    if (action == "FailJob") verdict.failsJob = concat(*fit, " matching FailJob rule at index ", i);
    return verdict;
  }
  return verdict;
}

std::optional<std::string> metSuccess(const Object<Job>& job, const IndexSet& succeeded) {
  auto spec = job->getSpec();
  auto rules = spec.getSuccessPolicy().getRules();
  for (uint32_t i = 0; i < rules.size(); ++i) {
    if (isMet(rules[i], succeeded, spec.getCompletions().getValue())) return concat("Matched rules at index ", i);
  }
  return std::nullopt;
}

}  // namespace cleat::job
