// What a pod asks of other pods: whom it must or would rather be near to or away from, and how it and its like are to
// be spread. Read from its specification once, then matched against many pods.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/selector.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cleat::scheduling {

using core_v1::Pod;

// A label selector together with the labels that must be the same as, or other than, those of the pod that asks.
struct PodSelector {
  LabelSelector selector = LabelSelector::nothing();
  std::vector<std::pair<std::string, std::string>> same, other;
  bool matches(TextMapReader labels) const;
  bool matchesEverything() const { return selector.matchesEverything() && same.empty() && other.empty(); }
};

// One term of a pod's affinity or anti-affinity.
struct PodTerm {
  PodSelector pods;
  std::vector<std::string> namespaces;
  std::optional<LabelSelector> namespaceSelector;
  std::string topologyKey;
  int32_t weight = 0;  // of a preference: negative for one to be away
  bool selectsNamespace(std::string_view ns, TextMapReader namespaceLabels) const;
  bool matches(const Object<Pod>& pod, TextMapReader namespaceLabels) const {
    return selectsNamespace(pod.ns(), namespaceLabels) && pods.matches(pod.meta().getLabels());
  }
};

struct PodTerms {
  std::vector<PodTerm> near, away;  // required
  std::vector<PodTerm> preferred;
};
// Null for a pod without any, as most are.
std::shared_ptr<const PodTerms> podTermsOf(const Object<Pod>& pod);

struct SpreadConstraint {
  PodSelector pods;  // of the pod's own namespace
  std::string topologyKey;
  int64_t maxSkew = 1, minDomains = 1;
  bool required = false;  // DoNotSchedule
  bool honorsAffinity = true, honorsTaints = false;
  std::string owner;  // counts the replicas of one controller alone, as far as `pods` selects them
  // Whether a pod with these labels and this controller, in the namespace of who asks, is counted. Pods on their way
  // out are not; the caller sees to that.
  bool counts(TextMapReader labels, std::string_view controller) const;
  bool countsItself(TextMapReader labels) const { return pods.matches(labels); }
};
std::vector<SpreadConstraint> spreadConstraintsOf(const Object<Pod>& pod);
// How pods are spread that say nothing of it: rather not on one host, rather not in one zone. Those of the controller
// count, or, without one, those that the caller says.
std::vector<SpreadConstraint> defaultSpread(const std::string& owner);

}  // namespace cleat::scheduling
