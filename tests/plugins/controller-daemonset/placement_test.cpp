// Which nodes a daemon set's pods may be on, and what they look like.
#include "plugins/controller-daemonset/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/plugins/controller-daemonset/daemonset_test.h"

namespace cleat::daemonset {
namespace {

using testing::ElementsAre;

struct VerdictCase {
  const char* what;
  std::function<void(DaemonSet::Builder)> set;
  std::function<void(Node::Builder)> node;
  Verdict expected;
};

void require(DaemonSet::Builder set, const char* key, const char* value) {
  auto term = set.getSpec()
                  .getTemplate()
                  .getSpec()
                  .initAffinity()
                  .initNodeAffinity()
                  .initRequiredDuringSchedulingIgnoredDuringExecution()
                  .initNodeSelectorTerms(1)[0];
  auto expression = term.initMatchExpressions(1)[0];
  expression.setKey(key);
  expression.setOperator("In");
  expression.initValues(1).set(0, value);
}
auto taint(const char* key, const char* effect) {
  return [=](Node::Builder node) { addTaint(node, key, effect); };
}
auto toleration(const char* key, const char* effect) {
  return [=](DaemonSet::Builder set) { addToleration(set.getSpec().getTemplate().getSpec(), key, effect); };
}
constexpr auto kAsItIs = [](auto) {};

TEST(Placement, ANodeGetsKeepsOrLosesAPod) {
  const Verdict runs{.run = true, .stay = true}, keeps{.run = false, .stay = true}, none{};
  const VerdictCase cases[] = {
      {"nothing asked", kAsItIs, kAsItIs, runs},
      {"its name", [](auto set) { set.getSpec().getTemplate().getSpec().setNodeName("a"); }, kAsItIs, runs},
      {"another's name", [](auto set) { set.getSpec().getTemplate().getSpec().setNodeName("b"); }, kAsItIs, none},
      {"a label that it has",
       [](auto set) { test::fillMap(set.getSpec().getTemplate().getSpec().initNodeSelector(1), {{"disk", "ssd"}}); },
       kAsItIs, runs},
      {"a label that it has not",
       [](auto set) { test::fillMap(set.getSpec().getTemplate().getSpec().initNodeSelector(1), {{"disk", "hdd"}}); },
       kAsItIs, none},
      {"affinity to it", [](auto set) { require(set, "disk", "ssd"); }, kAsItIs, runs},
      {"affinity to others", [](auto set) { require(set, "disk", "hdd"); }, kAsItIs, none},
      {"a taint against scheduling", kAsItIs, taint("mine", "NoSchedule"), keeps},
      {"a taint against running", kAsItIs, taint("mine", "NoExecute"), none},
      {"a taint that is a wish", kAsItIs, taint("mine", "PreferNoSchedule"), runs},
      {"a tolerated taint", toleration("mine", "NoExecute"), taint("mine", "NoExecute"), runs},
      {"unschedulable", kAsItIs, taint("node.kubernetes.io/unschedulable", "NoSchedule"), runs},
      {"not ready", kAsItIs, taint("node.kubernetes.io/not-ready", "NoExecute"), runs},
      {"unreachable", kAsItIs, taint("node.kubernetes.io/unreachable", "NoExecute"), runs},
      {"not ready for scheduling", kAsItIs, taint("node.kubernetes.io/not-ready", "NoSchedule"), keeps},
      {"short of memory", kAsItIs, taint("node.kubernetes.io/memory-pressure", "NoSchedule"), runs},
      {"without network", kAsItIs, taint("node.kubernetes.io/network-unavailable", "NoSchedule"), keeps},
      {"without network, for pods that need none",
       [](auto set) { set.getSpec().getTemplate().getSpec().setHostNetwork(true); },
       taint("node.kubernetes.io/network-unavailable", "NoSchedule"), runs},
  };
  for (const VerdictCase& each : cases) {
    Draft<DaemonSet> set = makeSet();
    each.set(*set);
    Draft<Node> node = test::makeNode("a", {}, {{"disk", "ssd"}});
    each.node(*node);
    const Verdict verdict = Placement(std::move(set).freeze()).on(std::move(node).freeze());
    EXPECT_EQ(verdict.run, each.expected.run) << each.what;
    EXPECT_EQ(verdict.stay, each.expected.stay) << each.what;
  }
}

TEST(Placement, APodAsksForItsNodeAndToleratesTroubleWithIt) {
  Draft<DaemonSet> draft = makeSet();
  require(*draft, "disk", "ssd");
  setAnnotation(draft.meta(), "deprecated.daemonset.template.generation", "3");
  auto seconds = draft->getSpec().getTemplate().getSpec();
  addToleration(seconds, "node.kubernetes.io/not-ready", "NoExecute");
  seconds.getTolerations()[0].initTolerationSeconds().setValue(30);
  Object<DaemonSet> set = std::move(draft).freeze();
  const Object<Pod> pod = Placement(set).podFor("a", generationOf(set, "hash")).freeze();

  EXPECT_EQ(nodeOf(pod), "a");
  auto terms = pod->getSpec().getAffinity().getNodeAffinity().getRequiredDuringSchedulingIgnoredDuringExecution();
  ASSERT_EQ(terms.getNodeSelectorTerms().size(), 1u);
  EXPECT_EQ(terms.getNodeSelectorTerms()[0].getMatchExpressions().size(), 0u);
  EXPECT_EQ(label(pod.meta(), "controller-revision-hash"), "hash");
  EXPECT_EQ(label(pod.meta(), "pod-template-generation"), "3");
  EXPECT_EQ(label(pod.meta(), "app"), "agent");
  EXPECT_EQ(view(pod.meta().getGenerateName()), "agent-");
  std::vector<std::string> tolerated;
  for (auto toleration : pod->getSpec().getTolerations()) {
    EXPECT_EQ(view(toleration.getOperator()), "Exists");
    EXPECT_FALSE(isSet(toleration.getTolerationSeconds()));
    tolerated.push_back(concat(toleration.getKey(), ":", toleration.getEffect()));
  }
  EXPECT_THAT(
      tolerated,
      ElementsAre("node.kubernetes.io/not-ready:NoExecute", "node.kubernetes.io/unreachable:NoExecute",
                  "node.kubernetes.io/disk-pressure:NoSchedule", "node.kubernetes.io/memory-pressure:NoSchedule",
                  "node.kubernetes.io/pid-pressure:NoSchedule", "node.kubernetes.io/unschedulable:NoSchedule"));
}

TEST(Placement, APodOfTheCurrentTemplateHasItsHashOrItsNumber) {
  auto pod = [](const test::Pairs& labels) { return test::makePod("p", {}, labels).freeze(); };
  EXPECT_TRUE(isCurrent(pod({{"controller-revision-hash", "x"}}), {"x", {}}));
  EXPECT_FALSE(isCurrent(pod({{"controller-revision-hash", "y"}}), {"x", {}}));
  EXPECT_FALSE(isCurrent(pod({}), {"", {}}));
  EXPECT_TRUE(isCurrent(pod({{"pod-template-generation", "3"}}), {"x", 3}));
  EXPECT_FALSE(isCurrent(pod({{"pod-template-generation", "3"}}), {"x", {}}));
  EXPECT_EQ(nodeOf(pod({})), "");
}

}  // namespace
}  // namespace cleat::daemonset
