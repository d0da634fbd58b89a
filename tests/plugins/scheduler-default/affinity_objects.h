// Pods that ask something of other pods, for the scheduler's tests. Each function makes the first of a list.
#pragma once

#include <functional>

#include "tests/plugins/objects.h"

namespace cleat::scheduling::test_objects {

using core_v1::Pod;
using Term = core_v1::PodAffinityTerm::Builder;
using Constraint = core_v1::TopologySpreadConstraint::Builder;
using Edit = std::function<void(Pod::Builder)>;

inline const test::Pairs kRoomy = {{"cpu", "64"}, {"memory", "64Gi"}, {"pods", "100"}};
inline const test::Pairs kWeb = {{"app", "web"}};
inline const Edit kNothing = [](Pod::Builder) {};

inline void select(meta_v1::LabelSelector::Builder selector, const test::Pairs& labels) {
  test::fillMap(selector.initMatchLabels(labels.size()), labels);
}

inline void list(capnp::List<capnp::Text>::Builder texts, const std::vector<const char*>& values) {
  for (uint32_t i = 0; i < values.size(); ++i) texts.set(i, values[i]);
}

inline void fill(Term term, const char* topologyKey, const test::Pairs& labels) {
  term.setTopologyKey(topologyKey);
  select(term.initLabelSelector(), labels);
}

inline Term near(Pod::Builder pod, const char* topologyKey, const test::Pairs& labels) {
  auto required = pod.getSpec().initAffinity().initPodAffinity().initRequiredDuringSchedulingIgnoredDuringExecution(1);
  fill(required[0], topologyKey, labels);
  return required[0];
}

inline Term away(Pod::Builder pod, const char* topologyKey, const test::Pairs& labels) {
  auto required =
      pod.getSpec().initAffinity().initPodAntiAffinity().initRequiredDuringSchedulingIgnoredDuringExecution(1);
  fill(required[0], topologyKey, labels);
  return required[0];
}

inline void ratherNear(Pod::Builder pod, int weight, const char* topologyKey, const test::Pairs& labels) {
  auto preferred =
      pod.getSpec().initAffinity().initPodAffinity().initPreferredDuringSchedulingIgnoredDuringExecution(1);
  preferred[0].setWeight(weight);
  fill(preferred[0].initPodAffinityTerm(), topologyKey, labels);
}

inline void ratherAway(Pod::Builder pod, int weight, const char* topologyKey, const test::Pairs& labels) {
  auto preferred =
      pod.getSpec().initAffinity().initPodAntiAffinity().initPreferredDuringSchedulingIgnoredDuringExecution(1);
  preferred[0].setWeight(weight);
  fill(preferred[0].initPodAffinityTerm(), topologyKey, labels);
}

inline void fill(Constraint constraint, const char* when, int maxSkew, const char* topologyKey,
                 const test::Pairs& labels) {
  constraint.setWhenUnsatisfiable(when);
  constraint.setMaxSkew(maxSkew);
  constraint.setTopologyKey(topologyKey);
  select(constraint.initLabelSelector(), labels);
}

inline Constraint spread(Pod::Builder pod, const char* when, int maxSkew, const char* topologyKey,
                         const test::Pairs& labels) {
  auto constraints = pod.getSpec().initTopologySpreadConstraints(1);
  fill(constraints[0], when, maxSkew, topologyKey, labels);
  return constraints[0];
}

}  // namespace cleat::scheduling::test_objects
