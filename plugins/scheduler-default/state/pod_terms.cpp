#include "state/pod_terms.h"

#include <cleat/sdk/meta.h>

#include <algorithm>

namespace cleat::scheduling {
namespace {

using TextList = capnp::List<capnp::Text>::Reader;

// Validation lets no wrong selector in; one that got in nevertheless selects nothing.
LabelSelector compiled(meta_v1::LabelSelector::Reader selector) {
  return LabelSelector::compile(selector).value_or(LabelSelector::nothing());
}

std::vector<std::pair<std::string, std::string>> labelsNamed(TextList keys, const Object<Pod>& pod) {
  std::vector<std::pair<std::string, std::string>> labels;
  for (auto key : keys) {
    if (auto value = label(pod.meta(), view(key))) labels.emplace_back(str(key), *value);
  }
  return labels;
}

PodTerm readTerm(core_v1::PodAffinityTerm::Reader term, const Object<Pod>& pod, int32_t weight = 0) {
  PodTerm read;
  if (term.hasLabelSelector()) read.pods.selector = compiled(term.getLabelSelector());
  read.pods.same = labelsNamed(term.getMatchLabelKeys(), pod);
  read.pods.other = labelsNamed(term.getMismatchLabelKeys(), pod);
  read.namespaces = strings(term.getNamespaces());
  if (term.hasNamespaceSelector()) {
    read.namespaceSelector = compiled(term.getNamespaceSelector());
  } else if (read.namespaces.empty()) {
    read.namespaces.push_back(str(pod.ns()));
  }
  read.topologyKey = str(term.getTopologyKey());
  read.weight = weight;
  return read;
}

// PodAffinity or PodAntiAffinity: they have the same fields.
template <class Affinity>
void readTerms(Affinity affinity, const Object<Pod>& pod, std::vector<PodTerm>& required,
               std::vector<PodTerm>& preferred, int32_t sign) {
  for (auto term : affinity.getRequiredDuringSchedulingIgnoredDuringExecution()) {
    required.push_back(readTerm(term, pod));
  }
  for (auto weighted : affinity.getPreferredDuringSchedulingIgnoredDuringExecution()) {
    preferred.push_back(readTerm(weighted.getPodAffinityTerm(), pod, sign * weighted.getWeight()));
  }
}

}  // namespace

bool PodSelector::matches(TextMapReader labels) const {
  auto has = [&](const auto& wanted) { return lookup(labels, wanted.first) == std::string_view(wanted.second); };
  return selector.matches(labels) && std::ranges::all_of(same, has) && std::ranges::none_of(other, has);
}

bool PodTerm::selectsNamespace(std::string_view ns, TextMapReader namespaceLabels) const {
  if (std::ranges::find(namespaces, ns) != namespaces.end()) return true;
  return namespaceSelector && namespaceSelector->matches(namespaceLabels);
}

std::shared_ptr<const PodTerms> podTermsOf(const Object<Pod>& pod) {
  if (!pod->getSpec().hasAffinity()) return nullptr;
  auto affinity = pod->getSpec().getAffinity();
  if (!affinity.hasPodAffinity() && !affinity.hasPodAntiAffinity()) return nullptr;
  auto terms = std::make_shared<PodTerms>();
  readTerms(affinity.getPodAffinity(), pod, terms->near, terms->preferred, 1);
  readTerms(affinity.getPodAntiAffinity(), pod, terms->away, terms->preferred, -1);
  return terms;
}

bool SpreadConstraint::counts(TextMapReader labels, std::string_view controller) const {
  if (!owner.empty()) return controller == owner && pods.matches(labels);
  // As in Kubernetes, an empty selector counts nobody.
  return !pods.matchesEverything() && pods.matches(labels);
}

std::vector<SpreadConstraint> defaultSpread(const std::string& owner) {
  SpreadConstraint hosts, zones;
  hosts.topologyKey = "kubernetes.io/hostname";
  hosts.maxSkew = 3;
  zones.topologyKey = "topology.kubernetes.io/zone";
  zones.maxSkew = 5;
  hosts.owner = zones.owner = owner;
  hosts.pods.selector = zones.pods.selector = LabelSelector();
  return {hosts, zones};
}

std::vector<SpreadConstraint> spreadConstraintsOf(const Object<Pod>& pod) {
  std::vector<SpreadConstraint> constraints;
  for (auto constraint : pod->getSpec().getTopologySpreadConstraints()) {
    SpreadConstraint read;
    if (constraint.hasLabelSelector()) read.pods.selector = compiled(constraint.getLabelSelector());
    read.pods.same = labelsNamed(constraint.getMatchLabelKeys(), pod);
    read.topologyKey = str(constraint.getTopologyKey());
    read.maxSkew = constraint.getMaxSkew();
    read.minDomains = valueOr(constraint.getMinDomains(), 1);
    read.required = view(constraint.getWhenUnsatisfiable()) == "DoNotSchedule";
    read.honorsAffinity = view(constraint.getNodeAffinityPolicy()) != "Ignore";
    read.honorsTaints = view(constraint.getNodeTaintsPolicy()) == "Honor";
    constraints.push_back(std::move(read));
  }
  return constraints;
}

}  // namespace cleat::scheduling
