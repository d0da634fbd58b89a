// Where a pod may and should go: affinities, tolerations and spreading.
#include "kinds-common/pod_parts.h"

#include <cleat/sdk/lists.h>

#include <set>

#include "kinds-common/metadata.h"
#include "kinds-common/pod_spec.h"

namespace cleat::kinds {

namespace {

constexpr std::string_view kPositive = "must be greater than zero";

void checkNodeRequirement(core_v1::NodeSelectorRequirement::Reader requirement, bool preferred, const Path& path,
                          Findings& findings) {
  std::string_view op = view(requirement.getOperator());
  auto values = requirement.getValues();
  if (op == "In" || op == "NotIn") {
    if (values.size() == 0) {
      findings.required(path / "values", "must be specified when `operator` is 'In' or 'NotIn'");
    }
  } else if (op == "Exists" || op == "DoesNotExist") {
    if (values.size() > 0) {
      findings.forbidden(path / "values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
  } else if (op == "Gt" || op == "Lt") {
    if (values.size() != 1) {
      findings.required(path / "values", "must be specified single value when `operator` is 'Lt' or 'Gt'");
    }
  } else {
    findings.invalid(path / "operator", op, "not a valid selector operator");
  }
  checkLabelName(view(requirement.getKey()), path / "key", findings);
  for (uint32_t i = 0; i < values.size() && !preferred; ++i) {
    checkName(view(values[i]), wrongLabelValue(view(values[i])), (path / "values")[i], findings);
  }
}

void checkFieldRequirement(core_v1::NodeSelectorRequirement::Reader requirement, const Path& path, Findings& findings) {
  std::string_view op = view(requirement.getOperator());
  auto values = requirement.getValues();
  if (op == "In" || op == "NotIn") {
    if (values.size() != 1) {
      findings.required(path / "values",
                        "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
    }
  } else {
    findings.invalid(path / "operator", op, "not a valid selector operator");
  }
  if (view(requirement.getKey()) != "metadata.name") {
    findings.invalid(path / "key", requirement.getKey(), "not a valid field selector key");
    return;
  }
  for (uint32_t i = 0; i < values.size(); ++i) checkDnsSubdomain(view(values[i]), (path / "values")[i], findings);
}

void checkNodeTerm(core_v1::NodeSelectorTerm::Reader term, bool preferred, const Path& path, Findings& findings) {
  auto expressions = term.getMatchExpressions();
  for (uint32_t i = 0; i < expressions.size(); ++i) {
    checkNodeRequirement(expressions[i], preferred, (path / "matchExpressions")[i], findings);
  }
  auto fields = term.getMatchFields();
  for (uint32_t i = 0; i < fields.size(); ++i) checkFieldRequirement(fields[i], (path / "matchFields")[i], findings);
}

void checkWeight(int32_t weight, const Path& path, Findings& findings) {
  if (weight <= 0 || weight > 100) findings.invalid(path / "weight", weight, "must be in the range 1-100");
}

void checkNodeAffinity(core_v1::NodeAffinity::Reader affinity, const Path& path, Findings& findings) {
  if (affinity.hasRequiredDuringSchedulingIgnoredDuringExecution()) {
    checkNodeSelector(affinity.getRequiredDuringSchedulingIgnoredDuringExecution(),
                      path / "requiredDuringSchedulingIgnoredDuringExecution", findings);
  }
  auto preferred = affinity.getPreferredDuringSchedulingIgnoredDuringExecution();
  for (uint32_t i = 0; i < preferred.size(); ++i) {
    const Path at = (path / "preferredDuringSchedulingIgnoredDuringExecution")[i];
    checkWeight(preferred[i].getWeight(), at, findings);
    checkNodeTerm(preferred[i].getPreference(), true, at / "preference", findings);
  }
}

using Keys = capnp::List<capnp::Text>::Reader;

// matchLabelKeys or mismatchLabelKeys, beside a labelSelector.
void checkLabelKeys(Keys keys, const Path& path, bool hasSelector, Findings& findings) {
  if (keys.size() == 0) return;
  if (!hasSelector) return findings.forbidden(path, "must not be specified when labelSelector is not set");
  for (uint32_t i = 0; i < keys.size(); ++i) checkLabelName(view(keys[i]), path[i], findings);
}

// What a pod's keys came to is in its selector already. A key that is there twice was there before; the path is that
// of Kubernetes, which leaves out the field.
void checkSaidOnce(Keys keys, meta_v1::LabelSelector::Reader selector, const Path& path, Findings& findings) {
  std::set<std::string_view> said;
  for (auto label : selector.getMatchLabels()) said.insert(view(label.getKey()));
  for (auto requirement : selector.getMatchExpressions()) {
    const std::string_view key = view(requirement.getKey());
    if (said.insert(key).second) continue;
    for (uint32_t i = 0; i < keys.size(); ++i) {
      if (view(keys[i]) == key) findings.invalid(path[i], key, "exists in both matchLabelKeys and labelSelector");
    }
  }
}

// Of an affinity term, or of a constraint, which has no `mismatch`.
template <class Holder>
void checkAllLabelKeys(Holder holder, Keys mismatch, const Path& path, Findings& findings) {
  const Keys match = holder.getMatchLabelKeys();
  checkLabelKeys(match, path / "matchLabelKeys", holder.hasLabelSelector(), findings);
  checkLabelKeys(mismatch, path / "mismatchLabelKeys", holder.hasLabelSelector(), findings);
  checkSaidOnce(match, holder.getLabelSelector(), path, findings);
  for (uint32_t i = 0; i < match.size(); ++i) {
    if (contains(mismatch, view(match[i]))) {
      findings.invalid((path / "matchLabelKeys")[i], view(match[i]),
                       "exists in both matchLabelKeys and mismatchLabelKeys");
    }
  }
}

void checkPodTerm(core_v1::PodAffinityTerm::Reader term, const Path& path, Findings& findings) {
  checkLabelSelector(term.getLabelSelector(), path / "labelSelector", findings);
  checkLabelSelector(term.getNamespaceSelector(), path / "namespaceSelector", findings);
  for (auto ns : term.getNamespaces()) checkDnsLabel(view(ns), path / "namespace", findings);
  checkAllLabelKeys(term, term.getMismatchLabelKeys(), path, findings);
  if (term.getTopologyKey().size() == 0) findings.required(path / "topologyKey", "can not be empty");
  checkLabelName(view(term.getTopologyKey()), path / "topologyKey", findings);
}

// PodAffinity or PodAntiAffinity: they have the same fields.
template <class Affinity>
void checkPodAffinity(Affinity affinity, const Path& path, Findings& findings) {
  auto required = affinity.getRequiredDuringSchedulingIgnoredDuringExecution();
  for (uint32_t i = 0; i < required.size(); ++i) {
    checkPodTerm(required[i], (path / "requiredDuringSchedulingIgnoredDuringExecution")[i], findings);
  }
  auto preferred = affinity.getPreferredDuringSchedulingIgnoredDuringExecution();
  for (uint32_t i = 0; i < preferred.size(); ++i) {
    const Path at = (path / "preferredDuringSchedulingIgnoredDuringExecution")[i];
    checkWeight(preferred[i].getWeight(), at, findings);
    checkPodTerm(preferred[i].getPodAffinityTerm(), at / "podAffinityTerm", findings);
  }
}

void checkMinDomains(core_v1::TopologySpreadConstraint::Reader constraint, const Path& path, Findings& findings) {
  if (!isSet(constraint.getMinDomains())) return;
  int32_t domains = constraint.getMinDomains().getValue();
  if (domains <= 0) findings.invalid(path / "minDomains", domains, kPositive);
  if (view(constraint.getWhenUnsatisfiable()) != "DoNotSchedule") {
    findings.invalid(path / "minDomains", domains,
                     concat("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ",
                            view(constraint.getWhenUnsatisfiable())));
  }
}

}  // namespace

void checkNodeSelector(core_v1::NodeSelector::Reader selector, const Path& path, Findings& findings) {
  const Path at = path / "nodeSelectorTerms";
  auto terms = selector.getNodeSelectorTerms();
  if (terms.size() == 0) findings.required(at, "must have at least one node selector term");
  for (uint32_t i = 0; i < terms.size(); ++i) checkNodeTerm(terms[i], false, at[i], findings);
}

void checkAffinity(core_v1::Affinity::Reader affinity, const Path& path, Findings& findings) {
  checkNodeAffinity(affinity.getNodeAffinity(), path / "nodeAffinity", findings);
  checkPodAffinity(affinity.getPodAffinity(), path / "podAffinity", findings);
  checkPodAffinity(affinity.getPodAntiAffinity(), path / "podAntiAffinity", findings);
}

void checkTolerations(capnp::List<core_v1::Toleration>::Reader tolerations, const Path& path, Findings& findings) {
  for (uint32_t i = 0; i < tolerations.size(); ++i) {
    auto toleration = tolerations[i];
    const Path at = path[i];
    std::string_view op = view(toleration.getOperator()), value = view(toleration.getValue());
    if (toleration.getKey().size() > 0) checkLabelName(view(toleration.getKey()), at / "key", findings);
    if (toleration.getKey().size() == 0 && op != "Exists") {
      findings.invalid(at / "operator", op,
                       "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
    }
    if (isSet(toleration.getTolerationSeconds()) && view(toleration.getEffect()) != "NoExecute") {
      findings.invalid(at / "effect", toleration.getEffect(),
                       "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
    if (op == "Equal" || op.empty()) {
      Wrongs wrongs = wrongLabelValue(value);
      std::string all;
      for (const std::string& wrong : wrongs) appendTo(all, concat(all.empty() ? "" : ";", wrong));
      if (!wrongs.empty()) findings.invalid(at / "operator", value, all);
    } else if (op == "Exists") {
      if (!value.empty()) findings.invalid(at / "operator", value, "value must be empty when `operator` is 'Exists'");
    } else if (op == "Lt" || op == "Gt") {
      // A beta that is off; Kubernetes names them all the same.
      findings.notSupported(at / "operator", op, {"Equal", "Exists", "Lt", "Gt"});
    } else {
      findings.notSupported(at / "operator", op, {"Equal", "Exists"});
    }
    if (toleration.getEffect().size() > 0) {
      checkOneOf(view(toleration.getEffect()), at / "effect", {"NoSchedule", "PreferNoSchedule", "NoExecute"},
                 findings);
    }
  }
}

void checkSpreading(capnp::List<core_v1::TopologySpreadConstraint>::Reader constraints, const Path& path,
                    Findings& findings) {
  const auto repeats = [&](uint32_t i) {
    for (uint32_t j = i + 1; j < constraints.size(); ++j) {
      if (view(constraints[i].getTopologyKey()) == view(constraints[j].getTopologyKey()) &&
          view(constraints[i].getWhenUnsatisfiable()) == view(constraints[j].getWhenUnsatisfiable())) {
        return true;
      }
    }
    return false;
  };
  for (uint32_t i = 0; i < constraints.size(); ++i) {
    auto constraint = constraints[i];
    const Path at = path[i];
    std::string_view key = view(constraint.getTopologyKey()), when = view(constraint.getWhenUnsatisfiable());
    if (constraint.getMaxSkew() <= 0) findings.invalid(at / "maxSkew", constraint.getMaxSkew(), kPositive);
    if (key.empty()) findings.required(at / "topologyKey", "can not be empty");
    checkOneOf(when, at / "whenUnsatisfiable", {"DoNotSchedule", "ScheduleAnyway"}, findings);
    if (repeats(i)) {
      findings.duplicate(at / "{topologyKey, whenUnsatisfiable}", concat("{", key, ", ", when, "}"));
    }
    checkMinDomains(constraint, at, findings);
    for (auto [policy, field] : {std::pair(constraint.getNodeAffinityPolicy(), "nodeAffinityPolicy"),
                                 std::pair(constraint.getNodeTaintsPolicy(), "nodeTaintsPolicy")}) {
      if (policy.size() > 0) checkOneOf(view(policy), at / field, {"Honor", "Ignore"}, findings);
    }
    checkLabelSelector(constraint.getLabelSelector(), at / "labelSelector", findings);
    checkAllLabelKeys(constraint, {}, at, findings);
  }
}

}  // namespace cleat::kinds
