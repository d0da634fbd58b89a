#include "quota-common/quota.h"

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/pod_qos.h>

#include <algorithm>

#include "quota-common/claim.h"

namespace cleat::quota {

namespace {

using core_v1::Pod;
using core_v1::PodAffinityTerm;

// Whether a value meets the condition as a label of the scope's name would; an empty one is none.
bool matchesValue(const ScopeRule& rule, std::string_view value) {
  const bool listed = std::ranges::find(rule.values, value) != rule.values.end();
  if (rule.op == "In") return !value.empty() && listed;
  if (rule.op == "NotIn") return value.empty() || !listed;
  return (rule.op == "Exists") != value.empty();
}

bool isTerminating(Pod::Reader pod) {
  return isSet(pod.getSpec().getActiveDeadlineSeconds()) && pod.getSpec().getActiveDeadlineSeconds().getValue() >= 0;
}

bool reachesOtherNamespaces(PodAffinityTerm::Reader term) {
  return term.getNamespaces().size() > 0 || term.hasNamespaceSelector();
}

template <class Affinity>
bool anyReachesOthers(Affinity affinity) {
  for (auto term : affinity.getRequiredDuringSchedulingIgnoredDuringExecution()) {
    if (reachesOtherNamespaces(term)) return true;
  }
  for (auto weighted : affinity.getPreferredDuringSchedulingIgnoredDuringExecution()) {
    if (reachesOtherNamespaces(weighted.getPodAffinityTerm())) return true;
  }
  return false;
}

bool podMatches(const ScopeRule& rule, Pod::Reader pod) {
  const std::string_view scope = rule.scope;
  const bool bestEffort = qosClassOf(pod) == QosClass::bestEffort;
  if (scope == "Terminating") return isTerminating(pod);
  if (scope == "NotTerminating") return !isTerminating(pod);
  if (scope == "BestEffort") return bestEffort;
  if (scope == "NotBestEffort") return !bestEffort;
  if (scope == "PriorityClass") return matchesValue(rule, view(pod.getSpec().getPriorityClassName()));
  if (scope != "CrossNamespacePodAffinity") return false;
  auto affinity = pod.getSpec().getAffinity();
  return anyReachesOthers(affinity.getPodAffinity()) || anyReachesOthers(affinity.getPodAntiAffinity());
}

bool claimMatches(const ScopeRule& rule, Claim::Reader claim) {
  if (rule.scope != "VolumeAttributesClass") return false;
  return matchesValue(rule, view(claim.getSpec().getVolumeAttributesClassName()));
}

}  // namespace

bool Quota::counts(const KindName& kind, const AnyRef& object) const {
  return std::ranges::all_of(scopes, [&](const ScopeRule& rule) {
    if (!kind.group.empty()) return false;
    if (kind.resource == "pods") return podMatches(rule, object.as<Pod>());
    return kind.resource == "persistentvolumeclaims" && claimMatches(rule, object.as<Claim>());
  });
}

Quota readQuota(core_v1::ResourceQuota::Reader quota) {
  Quota read{str(quota.getMetadata().getName()), readAmounts(quota.getSpec().getHard()), {}};
  for (auto scope : quota.getSpec().getScopes()) read.scopes.push_back({str(scope), "Exists", {}});
  for (auto rule : quota.getSpec().getScopeSelector().getMatchExpressions()) {
    read.scopes.push_back({str(rule.getScopeName()), str(rule.getOperator()), strings(rule.getValues())});
  }
  return read;
}

}  // namespace cleat::quota
