// When a job has failed, and when it has succeeded, before all of its pods have ended.
#include <set>

#include "batch-common/index_intervals.h"
#include "kinds-batch/batch_kinds.h"
#include "kinds-common/names.h"

namespace cleat::kinds::batch {

namespace {

using FailureRule = batch_v1::PodFailurePolicyRule::Reader;
using SuccessRule = batch_v1::SuccessPolicyRule::Reader;

constexpr uint32_t kMaxRules = 20, kMaxPatterns = 20, kMaxExitCodes = 255;
constexpr size_t kMaxIndexesText = 64 * 1024;

// A text that is needed and has to be one of a few, which are given in order.
void checkChoice(std::string_view value, const Path& path, std::initializer_list<std::string_view> choices,
                 Findings& findings) {
  if (!value.empty()) return checkOneOf(value, path, choices, findings);
  std::string shown;
  for (std::string_view choice : choices) appendTo(shown, concat(shown.empty() ? "" : " ", quoted(choice)));
  findings.required(path, concat("valid values: [", shown, "]"));
}

Shown shownCodes(capnp::List<int32_t>::Reader codes, bool present) {
  if (!present) return Shown::null();
  std::string text;
  for (int32_t code : codes) appendTo(text, concat(text.empty() ? "" : ",", code));
  return Shown::plain(concat("[", text, "]"));
}

bool hasContainer(core_v1::PodSpec::Reader pod, std::string_view name) {
  for (auto containers : {pod.getContainers(), pod.getInitContainers()}) {
    for (auto container : containers) {
      if (view(container.getName()) == name) return true;
    }
  }
  return false;
}

void checkExitCodes(batch_v1::PodFailurePolicyOnExitCodesRequirement::Reader codes, core_v1::PodSpec::Reader pod,
                    const Path& path, Findings& findings) {
  const std::string_view op = view(codes.getOperator());
  checkChoice(op, path / "operator", {"In", "NotIn"}, findings);
  if (codes.hasContainerName() && !hasContainer(pod, view(codes.getContainerName()))) {
    findings.invalid(path / "containerName", codes.getContainerName(),
                     "must be one of the container or initContainer names in the pod template");
  }
  const Path valuesPath = path / "values";
  auto values = codes.getValues();
  if (values.size() == 0) {
    findings.invalid(valuesPath, shownCodes(values, codes.hasValues()), "at least one value is required");
  } else if (values.size() > kMaxExitCodes) {
    findings.tooMany(valuesPath, values.size(), kMaxExitCodes);
  }
  std::set<int32_t> seen;
  bool rising = true;
  for (uint32_t i = 0; i < values.size(); ++i) {
    if (op == "In" && values[i] == 0) findings.invalid(valuesPath[i], 0, "must not be 0 for the In operator");
    if (!seen.insert(values[i]).second) findings.duplicate(valuesPath[i], values[i]);
    if (i > 0 && values[i - 1] > values[i]) rising = false;
  }
  if (!rising) findings.invalid(valuesPath, shownCodes(values, true), "must be ordered");
}

void checkPodConditions(capnp::List<batch_v1::PodFailurePolicyOnPodConditionsPattern>::Reader patterns,
                        const Path& path, Findings& findings) {
  if (patterns.size() > kMaxPatterns) findings.tooMany(path, patterns.size(), kMaxPatterns);
  for (uint32_t i = 0; i < patterns.size(); ++i) {
    auto type = patterns[i].getType();
    findings.invalidEach(path[i] / "type", type, wrongQualifiedName(view(type)));
    checkChoice(view(patterns[i].getStatus()), path[i] / "status", {"False", "True", "Unknown"}, findings);
  }
}

void checkFailureRule(batch_v1::JobSpec::Reader spec, FailureRule rule, const Path& path, Findings& findings) {
  const std::string_view action = view(rule.getAction());
  if (action == "FailIndex" && !spec.hasBackoffLimitPerIndex()) {
    findings.invalid(path / "action", action, "requires the backoffLimitPerIndex to be set");
  }
  checkChoice(action, path / "action", {"Count", "FailIndex", "FailJob", "Ignore"}, findings);
  const bool byConditions = rule.getOnPodConditions().size() > 0;
  if (rule.hasOnExitCodes()) {
    checkExitCodes(rule.getOnExitCodes(), spec.getTemplate().getSpec(), path / "onExitCodes", findings);
  }
  checkPodConditions(rule.getOnPodConditions(), path / "onPodConditions", findings);
  if (rule.hasOnExitCodes() && byConditions) {
    unfit(findings, path, "specifying both OnExitCodes and OnPodConditions is not supported");
  } else if (!rule.hasOnExitCodes() && !byConditions) {
    unfit(findings, path, "specifying one of OnExitCodes and OnPodConditions is required");
  }
}

void checkSuccessRule(SuccessRule rule, int32_t completions, const Path& path, Findings& findings) {
  if (!rule.hasSucceededCount() && !rule.hasSucceededIndexes()) {
    findings.required(path, "at least one of succeededCount or succeededIndexes must be specified");
  }
  int64_t indexes = 0;
  if (rule.hasSucceededIndexes()) {
    auto text = rule.getSucceededIndexes();
    if (text.size() > kMaxIndexesText) findings.tooLong(path / "succeededIndexes", kMaxIndexesText);
    auto counted = cleat::batch::countIndexes(view(text), completions);
    indexes = counted.value_or(0);
    if (!counted) {
      findings.invalid(path / "succeededIndexes", text, concat("error parsing succeededIndexes: ", counted.error()));
    }
  }
  if (!rule.hasSucceededCount()) return;
  const int32_t count = rule.getSucceededCount().getValue();
  const Path countPath = path / "succeededCount";
  checkNotNegative(count, countPath, findings);
  if (count > completions) {
    findings.invalid(countPath, count,
                     concat("must be less than or equal to ", completions, " (the number of specified completions)"));
  }
  if (rule.hasSucceededIndexes() && count > indexes) {
    findings.invalid(countPath, count,
                     concat("must be less than or equal to ", indexes,
                            " (the number of indexes in the specified succeededIndexes field)"));
  }
}

// The elements of a list as JSON, by what `show` makes of each.
template <class List, class Show>
std::string jsonList(List list, Show show) {
  std::string out;
  for (auto element : list) appendTo(out, concat(out.empty() ? "" : ",", show(element)));
  return concat("[", out, "]");
}

std::string shownFailureRule(FailureRule rule) {
  std::string codes = "null", conditions = "null";
  if (rule.hasOnExitCodes()) {
    auto said = rule.getOnExitCodes();
    codes = concat(
        "{\"ContainerName\":", said.hasContainerName() ? jsonText(view(said.getContainerName())) : std::string("null"),
        ",\"Operator\":", jsonText(view(said.getOperator())),
        ",\"Values\":", shownCodes(said.getValues(), said.hasValues()).text(), "}");
  }
  if (rule.hasOnPodConditions()) {
    conditions = jsonList(rule.getOnPodConditions(), [](auto pattern) {
      return concat("{\"Type\":", jsonText(view(pattern.getType())),
                    ",\"Status\":", jsonText(view(pattern.getStatus())), "}");
    });
  }
  return concat("{\"Action\":", jsonText(view(rule.getAction())), ",\"OnExitCodes\":", codes,
                ",\"OnPodConditions\":", conditions, "}");
}

std::string shownSuccessRule(SuccessRule rule) {
  const std::string none = "null";
  return concat(
      "{\"SucceededIndexes\":", rule.hasSucceededIndexes() ? jsonText(view(rule.getSucceededIndexes())) : none,
      ",\"SucceededCount\":", rule.hasSucceededCount() ? std::to_string(rule.getSucceededCount().getValue()) : none,
      "}");
}

}  // namespace

void checkPodFailurePolicy(batch_v1::JobSpec::Reader spec, const Path& path, Findings& findings) {
  auto rules = spec.getPodFailurePolicy().getRules();
  if (rules.size() > kMaxRules) findings.tooMany(path / "rules", rules.size(), kMaxRules);
  for (uint32_t i = 0; i < rules.size(); ++i) checkFailureRule(spec, rules[i], (path / "rules")[i], findings);
}

void checkSuccessPolicy(batch_v1::JobSpec::Reader spec, const Path& path, Findings& findings) {
  auto rules = spec.getSuccessPolicy().getRules();
  if (rules.size() == 0) {
    findings.required(path / "rules", "at least one rules must be specified when the successPolicy is specified");
  }
  if (rules.size() > kMaxRules) findings.tooMany(path / "rules", rules.size(), kMaxRules);
  const int32_t completions = valueOr(spec.getCompletions(), 0);
  for (uint32_t i = 0; i < rules.size(); ++i) checkSuccessRule(rules[i], completions, (path / "rules")[i], findings);
}

Shown shownPodFailurePolicy(batch_v1::JobSpec::Reader spec) {
  if (!spec.hasPodFailurePolicy()) return Shown::null();
  return Shown::plain(concat("{\"Rules\":", jsonList(spec.getPodFailurePolicy().getRules(), shownFailureRule), "}"));
}

Shown shownSuccessPolicy(batch_v1::JobSpec::Reader spec) {
  if (!spec.hasSuccessPolicy()) return Shown::null();
  return Shown::plain(concat("{\"Rules\":", jsonList(spec.getSuccessPolicy().getRules(), shownSuccessRule), "}"));
}

}  // namespace cleat::kinds::batch
