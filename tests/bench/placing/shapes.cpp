#include "tests/bench/placing/shapes.h"

namespace cleat::scheduling::bench {
namespace {

Draft<Pod> podOf(const std::string& name, const test::Pairs& requests, const test::Pairs& labels) {
  Draft<Pod> pod = test::makePod(name, requests, labels);
  pod->getSpec().setSchedulerName("default-scheduler");
  pod->initStatus().setPhase("Pending");
  return pod;
}

const test::Pairs kSmall = {{"cpu", "100m"}, {"memory", "500Mi"}};

Draft<Pod> basic(int number) { return podOf(concat("basic-", number), kSmall, {{"app", "basic"}}); }

void fillTerm(core_v1::PodAffinityTerm::Builder term, const char* key, const test::Pairs& labels) {
  term.setTopologyKey(key);
  test::fillMap(term.initLabelSelector().initMatchLabels(labels.size()), labels);
}

Draft<Pod> apart(int number) {
  Draft<Pod> pod = podOf(concat("apart-", number), kSmall, {{"color", "green"}});
  auto affinity = pod->getSpec().initAffinity().initPodAntiAffinity();
  fillTerm(affinity.initRequiredDuringSchedulingIgnoredDuringExecution(1)[0], "kubernetes.io/hostname",
           {{"color", "green"}});
  return pod;
}

Draft<Pod> together(int number) {
  Draft<Pod> pod = podOf(concat("together-", number), kSmall, {{"color", "blue"}});
  auto affinity = pod->getSpec().initAffinity().initPodAffinity();
  fillTerm(affinity.initRequiredDuringSchedulingIgnoredDuringExecution(1)[0], "topology.kubernetes.io/zone",
           {{"color", "blue"}});
  return pod;
}

Draft<Pod> spreadOut(int number) {
  Draft<Pod> pod = podOf(concat("spread-", number), kSmall, {{"color", "red"}});
  auto constraint = pod->getSpec().initTopologySpreadConstraints(1)[0];
  constraint.setMaxSkew(5);
  constraint.setTopologyKey("topology.kubernetes.io/zone");
  constraint.setWhenUnsatisfiable("DoNotSchedule");
  const test::Pairs labels = {{"color", "red"}};
  test::fillMap(constraint.initLabelSelector().initMatchLabels(labels.size()), labels);
  return pod;
}

Draft<Pod> important(int number) {
  Draft<Pod> pod = podOf(concat("high-", number), {{"cpu", "3"}, {"memory", "500Mi"}}, {{"app", "high"}});
  pod->getSpec().initPriority().setValue(1000);
  return pod;
}

Draft<Pod> unimportant(int number) {
  Draft<Pod> pod = podOf(concat("low-", number), {{"cpu", "900m"}, {"memory", "500Mi"}}, {{"app", "low"}});
  pod->getSpec().initPriority().setValue(1);
  pod->getStatus().setPhase("Running");
  return pod;
}

}  // namespace

Draft<Node> makeBenchNode(int number) {
  const std::string name = concat("node-", number);
  return test::makeNode(
      name, {{"cpu", "4"}, {"memory", "32Gi"}, {"pods", "110"}},
      {{"kubernetes.io/hostname", name}, {"topology.kubernetes.io/zone", concat("zone-", number % 3)}});
}

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = {
      {"basic", 10000, 0, 10000, basic, {}},
      {"anti-affinity", 2000, 0, 3000, apart, {}},
      {"affinity", 5000, 0, 3000, together, {}},
      {"spread", 5000, 0, 5000, spreadOut, {}},
      {"preemption", 5000, 20000, 1000, important, unimportant},
  };
  return all;
}

}  // namespace cleat::scheduling::bench
