// The scheduler against the model that knows no index: random clusters that change step by step, and after each step
// random pods, for which both must find the same nodes and the same scores.
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "tests/plugins/scheduler-default/affinity_objects.h"
#include "tests/plugins/scheduler-default/engine.h"
#include "tests/plugins/scheduler-default/model.h"

namespace cleat::scheduling {
namespace {

using namespace test_objects;

class RandomCluster {
 public:
  explicit RandomCluster(uint32_t seed) : random_(seed) {
    for (const char* name : {"default", "team", "other"}) setNamespace(name);
    for (int i = 0; i < 8; ++i) setNode(concat("n", i));
  }

  void step() {
    const std::string node = concat("n", pick(10));
    switch (pick(12)) {
      case 0: return setNode(node);
      case 1: return removeNode(node);
      case 2: return setNamespace(one({"default", "team", "other"}));
      case 3: return removePod();
      case 4: return startToLeave();
      default: return addPod(node);
    }
  }
  // A pod that is to be placed.
  Object<Pod> newPod() { return engine.host.put(randomPod(concat("new-", ++pods_))); }

  Engine engine;
  test_model::Model model;

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<uint32_t>(below)); }
  bool chance(int percent) { return pick(100) < percent; }
  const char* one(std::vector<const char*> of) { return of[static_cast<size_t>(pick(static_cast<int>(of.size())))]; }

  void setNamespace(const std::string& name) {
    test::Pairs labels;
    if (chance(50)) labels = {{"tier", one({"front", "back"})}};
    auto ns = engine.host.put(test::named<Namespace>("", name, labels));
    engine.state().setNamespace(ns);
    model.namespaces[name] = ns;
  }
  void setNode(const std::string& name) {
    test::Pairs labels = {{"kubernetes.io/hostname", name}};
    if (chance(85)) labels.emplace_back("zone", one({"a", "b", "c"}));
    if (chance(50)) labels.emplace_back("disk", one({"ssd", "tape"}));
    auto draft = test::makeNode(
        name, {{"cpu", one({"2", "4"})}, {"memory", one({"4Gi", "8Gi"})}, {"pods", one({"6", "9"})}, {"x.io/gpu", "1"}},
        labels);
    draft->initSpec().setUnschedulable(chance(10));
    if (chance(40)) {
      auto taint = draft->getSpec().initTaints(1)[0];
      taint.setKey("gpu");
      taint.setEffect(one({"NoSchedule", "PreferNoSchedule", "NoExecute"}));
    }
    auto node = engine.host.put(std::move(draft));
    engine.state().setNode(node);
    model.nodes[name] = node;
  }
  void removeNode(const std::string& name) {
    engine.state().removeNode(name);
    model.nodes.erase(name);
  }
  test_model::Placed* anyPod() {
    if (model.pods.empty()) return nullptr;
    return &std::next(model.pods.begin(), pick(static_cast<int>(model.pods.size())))->second;
  }
  void removePod() {
    const auto* placed = anyPod();
    if (placed == nullptr) return;
    const std::string uid(placed->pod.uid());
    engine.state().removePod(uid);
    model.pods.erase(uid);
  }
  void startToLeave() {
    auto* placed = anyPod();
    if (placed == nullptr) return;
    placed->pod = engine.host.change<Pod>(placed->pod.ns(), placed->pod.name(), [](auto pod) {
      pod.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
    });
    engine.state().setPod(placed->pod, placed->node);
  }
  void addPod(const std::string& node) {
    auto pod = engine.host.put(randomPod(concat("p", ++pods_)));
    engine.state().setPod(pod, node);
    model.pods[std::string(pod.uid())] = {pod, node};
  }

  Draft<Pod> randomPod(const std::string& name) {
    test::Pairs requests;
    if (chance(70)) requests.emplace_back("cpu", one({"100m", "500m", "1"}));
    if (chance(70)) requests.emplace_back("memory", one({"100Mi", "500Mi", "1Gi"}));
    if (chance(10)) requests.emplace_back("x.io/gpu", "1");
    test::Pairs labels = {{"app", one({"web", "db"})}};
    if (chance(50)) labels.emplace_back("hash", one({"1", "2"}));
    auto pod = test::makePod(name, requests, labels);
    pod.meta().setNamespace(one({"default", "team", "other"}));
    pod->getSpec().setSchedulerName("default-scheduler");
    pod->getSpec().initPriority().setValue(pick(4));
    if (chance(15)) pod->getSpec().getContainers()[0].initPorts(1)[0].setHostPort(80);
    if (chance(30)) {
      auto toleration = pod->getSpec().initTolerations(1)[0];
      toleration.setOperator("Exists");
      toleration.setKey(one({"gpu", "node.kubernetes.io/unschedulable"}));
    }
    if (chance(15)) test::fillMap(pod->getSpec().initNodeSelector(1), {{"disk", one({"ssd", "tape"})}});
    if (chance(20)) preferNodes(*pod);
    if (chance(40)) relate(*pod);
    if (chance(40)) constrain(*pod);
    return pod;
  }
  void preferNodes(Pod::Builder pod) {
    auto affinity = pod.getSpec().initAffinity().initNodeAffinity();
    auto preferred = affinity.initPreferredDuringSchedulingIgnoredDuringExecution(1)[0];
    preferred.setWeight(1 + pick(100));
    auto requirement = preferred.initPreference().initMatchExpressions(1)[0];
    requirement.setKey("disk");
    requirement.setOperator(one({"Exists", "DoesNotExist"}));
  }
  void randomTerm(Term term) {
    fill(term, one({"zone", "kubernetes.io/hostname"}), {{"app", one({"web", "db"})}});
    if (chance(20)) list(term.initNamespaces(1), {one({"default", "team"})});
    if (chance(20)) select(term.initNamespaceSelector(), {{"tier", one({"front", "back"})}});
    if (chance(20)) list(term.initMatchLabelKeys(1), {"hash"});
    if (chance(10)) list(term.initMismatchLabelKeys(1), {"hash"});
  }
  void relate(Pod::Builder pod) {
    auto affinity = pod.getSpec().getAffinity();
    auto near = affinity.initPodAffinity();
    auto away = affinity.initPodAntiAffinity();
    if (chance(35)) {
      auto terms = near.initRequiredDuringSchedulingIgnoredDuringExecution(1 + pick(2));
      for (auto term : terms) randomTerm(term);
    }
    if (chance(35)) randomTerm(away.initRequiredDuringSchedulingIgnoredDuringExecution(1)[0]);
    if (chance(40)) {
      auto preferred = near.initPreferredDuringSchedulingIgnoredDuringExecution(1)[0];
      preferred.setWeight(1 + pick(100));
      randomTerm(preferred.initPodAffinityTerm());
    }
    if (chance(40)) {
      auto preferred = away.initPreferredDuringSchedulingIgnoredDuringExecution(1)[0];
      preferred.setWeight(1 + pick(100));
      randomTerm(preferred.initPodAffinityTerm());
    }
  }
  void constrain(Pod::Builder pod) {
    auto constraints = pod.getSpec().initTopologySpreadConstraints(static_cast<uint32_t>(1 + pick(2)));
    const char* const keys[] = {"zone", "kubernetes.io/hostname"};
    int i = pick(2);
    for (auto constraint : constraints) {
      fill(constraint, one({"DoNotSchedule", "ScheduleAnyway"}), 1 + pick(2), keys[i++ % 2],
           {{"app", one({"web", "db"})}});
      if (chance(30) && view(constraint.getWhenUnsatisfiable().asReader()) == "DoNotSchedule") {
        constraint.initMinDomains().setValue(1 + pick(4));
      }
      if (chance(30)) constraint.setNodeTaintsPolicy("Honor");
      if (chance(30)) constraint.setNodeAffinityPolicy("Ignore");
      if (chance(30)) list(constraint.initMatchLabelKeys(1), {"hash"});
    }
  }

  std::mt19937 random_;
  int pods_ = 0;
};

TEST(ModelTest, TheSameNodesFitAndScoreTheSameAfterEveryChange) {
  size_t fitting = 0, refused = 0;
  for (uint32_t seed = 1; seed <= 30; ++seed) {
    RandomCluster cluster(seed);
    std::vector<Object<Pod>> waiting;  // asked again and again, so that what is kept of them is kept up to date
    for (int i = 0; i < 6; ++i) waiting.push_back(cluster.newPod());
    for (int step = 0; step < 60; ++step) {
      cluster.step();
      waiting[static_cast<size_t>(step % 6)] = cluster.newPod();
      for (const Object<Pod>& pod : waiting) {
        const auto expected = cluster.model.scores(pod);
        ASSERT_EQ(cluster.engine.scores(pod), expected)
            << "seed " << seed << ", step " << step << ", pod " << pod.name();
        for (const auto& [node, reason] : cluster.engine.reasons(pod)) {
          ASSERT_EQ(reason.empty(), expected.contains(node)) << node << ": " << reason;
        }
        fitting += expected.size();
        refused += cluster.model.nodes.size() - expected.size();
      }
    }
  }
  // It says something only while both happen often.
  EXPECT_GT(fitting, 10000u);
  EXPECT_GT(refused, 10000u);
}

// Of the model, with all pods on the node gone that are less important, or those of the list alone.
bool fitsWithout(const test_model::Model& model, const Object<Pod>& pod, const std::string& node,
                 const std::function<bool(const Object<Pod>&)>& goes) {
  test_model::Model without = model;
  std::erase_if(without.pods, [&](const auto& entry) { return entry.second.node == node && goes(entry.second.pod); });
  return without.fits(pod, without.nodes.at(node));
}

int priorityOf(const Object<Pod>& pod) { return valueOr(pod->getSpec().getPriority(), 0); }

TEST(ModelTest, WhoHasToGoMakesThePodFitAndNobodyHasToGoInVain) {
  size_t preempted = 0, hopeless = 0;
  for (uint32_t seed = 100; seed < 130; ++seed) {
    RandomCluster cluster(seed);
    for (int step = 0; step < 80; ++step) {
      cluster.step();
      if (step < 30) continue;
      const Object<Pod> pod = cluster.newPod();
      const bool fitsSomewhere = !cluster.model.scores(pod).empty();
      const Decision decision = cluster.engine.scheduler.decide(pod, cluster.engine.state().classes().of(pod));
      ASSERT_EQ(fitsSomewhere, !decision.node.empty());
      if (fitsSomewhere) continue;
      const Refusal& refusal = decision.refusal;
      auto isLess = [&](const Object<Pod>& other) { return priorityOf(other) < priorityOf(pod); };
      auto isVictim = [&](const Object<Pod>& other) {
        return std::ranges::any_of(refusal.victims, [&](const auto& victim) { return victim.uid() == other.uid(); });
      };
      for (const auto& victim : refusal.victims) ASSERT_TRUE(isLess(victim));
      if (!refusal.nominated.empty()) {
        ++preempted;
        ASSERT_TRUE(fitsWithout(cluster.model, pod, refusal.nominated, isVictim))
            << "seed " << seed << ", step " << step;
      } else if (!pod->getSpec().getAffinity().getPodAffinity().hasRequiredDuringSchedulingIgnoredDuringExecution()) {
        ++hopeless;
        for (const auto& [name, node] : cluster.model.nodes) {
          ASSERT_FALSE(fitsWithout(cluster.model, pod, name, isLess))
              << "seed " << seed << ", step " << step << ", " << name;
        }
      }
      cluster.engine.state().withdrawNomination(pod.uid());
      for (const auto& victim : refusal.victims) cluster.engine.state().setEvicted(victim.uid(), false);
    }
  }
  EXPECT_GT(preempted, 50u);
  EXPECT_GT(hopeless, 50u);
}

}  // namespace
}  // namespace cleat::scheduling
