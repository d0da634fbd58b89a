#include <gtest/gtest.h>

#include <functional>

#include "tests/plugins/scheduler-default/engine.h"

namespace cleat::scheduling {
namespace {

using test::makeNode;
using test::makePod;

const test::Pairs kWhole = {
    {"cpu", "4"}, {"memory", "8Gi"}, {"ephemeral-storage", "10Gi"}, {"pods", "10"}, {"x.io/gpu", "1"}};

void taint(Node::Builder node, const char* key, const char* value, const char* effect) {
  auto taint = node.getSpec().initTaints(1)[0];
  taint.setKey(key);
  taint.setValue(value);
  taint.setEffect(effect);
}

void tolerate(Pod::Builder pod, const char* key, const char* op, const char* value, const char* effect) {
  auto toleration = pod.getSpec().initTolerations(1)[0];
  toleration.setKey(key);
  toleration.setOperator(op);
  toleration.setValue(value);
  toleration.setEffect(effect);
}

void hostPort(Pod::Builder pod, const char* ip, const char* protocol, int port) {
  auto ports = pod.getSpec().getContainers()[0].initPorts(1);
  ports[0].setHostIP(ip);
  ports[0].setProtocol(protocol);
  ports[0].setHostPort(port);
}

void request(Pod::Builder pod, const char* resource, const char* amount) {
  test::fillMap(pod.getSpec().getContainers()[0].initResources().initRequests(1), {{resource, amount}});
}

void require(Pod::Builder pod, const char* key, const char* op, std::vector<const char*> values) {
  auto requirement = pod.getSpec()
                         .initAffinity()
                         .initNodeAffinity()
                         .initRequiredDuringSchedulingIgnoredDuringExecution()
                         .initNodeSelectorTerms(1)[0]
                         .initMatchExpressions(1)[0];
  requirement.setKey(key);
  requirement.setOperator(op);
  auto list = requirement.initValues(values.size());
  for (uint32_t i = 0; i < values.size(); ++i) list.set(i, values[i]);
}

void condition(Node::Builder node, const char* status) {
  auto ready = node.getStatus().initConditions(1)[0];
  ready.setType("Ready");
  ready.setStatus(status);
}

// What stands on the node already: 1 cpu, 1 GiB, host port 80/TCP.
void fillState(Engine& engine, const std::function<void(Node::Builder)>& editNode) {
  test::FakeHost& host = engine.host;
  ClusterState& state = engine.state();
  auto node = makeNode("a", kWhole, {{"zone", "north"}, {"cores", "8"}});
  node->initSpec();
  editNode(*node);
  state.setNode(host.put(std::move(node)));
  auto pod = makePod("there", {{"cpu", "1"}, {"memory", "1Gi"}});
  hostPort(*pod, "", "TCP", 80);
  state.setPod(host.put(std::move(pod)), "a");
}

struct FilterCase {
  const char* what;
  std::function<void(Pod::Builder)> pod;
  std::function<void(Node::Builder)> node;
  const char* reason;  // empty: it fits
};

const char* const kSelection = "node(s) didn't match Pod's node affinity/selector";
const char* const kNoPort = "node(s) didn't have free ports for the requested pod ports";
const auto kAnyNode = [](Node::Builder) {};
const auto kAnyPod = [](Pod::Builder) {};

const FilterCase kFilterCases[] = {
    {"nothing asked", kAnyPod, kAnyNode, ""},
    {"all the cpu that is left", [](auto pod) { request(pod, "cpu", "3"); }, kAnyNode, ""},
    {"a little more", [](auto pod) { request(pod, "cpu", "3001m"); }, kAnyNode, "Insufficient cpu"},
    {"all the memory", [](auto pod) { request(pod, "memory", "7Gi"); }, kAnyNode, ""},
    {"too much memory", [](auto pod) { request(pod, "memory", "7169Mi"); }, kAnyNode, "Insufficient memory"},
    {"too much storage", [](auto pod) { request(pod, "ephemeral-storage", "11Gi"); }, kAnyNode,
     "Insufficient ephemeral-storage"},
    {"an extended resource", [](auto pod) { request(pod, "x.io/gpu", "1"); }, kAnyNode, ""},
    {"two of them", [](auto pod) { request(pod, "x.io/gpu", "2"); }, kAnyNode, "Insufficient x.io/gpu"},
    {"one that is not there", [](auto pod) { request(pod, "x.io/tpu", "1"); }, kAnyNode, "Insufficient x.io/tpu"},
    {"no pod slots", kAnyPod,
     [](auto node) { test::fillMap(node.getStatus().initAllocatable(2), {{"cpu", "4"}, {"pods", "1"}}); },
     "Too many pods"},
    {"unschedulable", kAnyPod, [](auto node) { node.getSpec().setUnschedulable(true); }, "node(s) were unschedulable"},
    {"unschedulable, tolerated",
     [](auto pod) { tolerate(pod, "node.kubernetes.io/unschedulable", "Exists", "", "NoSchedule"); },
     [](auto node) { node.getSpec().setUnschedulable(true); }, ""},
    {"ready", kAnyPod, [](auto node) { condition(node, "True"); }, ""},
    {"not ready", kAnyPod, [](auto node) { condition(node, "False"); }, "node(s) had untolerated taint(s)"},
    {"not ready, tolerated", [](auto pod) { tolerate(pod, "node.kubernetes.io/not-ready", "Exists", "", ""); },
     [](auto node) { condition(node, "False"); }, ""},
    {"lost", kAnyPod, [](auto node) { condition(node, "Unknown"); }, "node(s) had untolerated taint(s)"},
    {"a taint", kAnyPod, [](auto node) { taint(node, "gpu", "yes", "NoSchedule"); },
     "node(s) had untolerated taint(s)"},
    {"a taint that evicts", kAnyPod, [](auto node) { taint(node, "gpu", "yes", "NoExecute"); },
     "node(s) had untolerated taint(s)"},
    {"a soft taint", kAnyPod, [](auto node) { taint(node, "gpu", "yes", "PreferNoSchedule"); }, ""},
    {"tolerated by value", [](auto pod) { tolerate(pod, "gpu", "Equal", "yes", "NoSchedule"); },
     [](auto node) { taint(node, "gpu", "yes", "NoSchedule"); }, ""},
    {"tolerated by value without an operator", [](auto pod) { tolerate(pod, "gpu", "", "yes", ""); },
     [](auto node) { taint(node, "gpu", "yes", "NoSchedule"); }, ""},
    {"another value", [](auto pod) { tolerate(pod, "gpu", "Equal", "no", "NoSchedule"); },
     [](auto node) { taint(node, "gpu", "yes", "NoSchedule"); }, "node(s) had untolerated taint(s)"},
    {"another effect", [](auto pod) { tolerate(pod, "gpu", "Exists", "", "NoExecute"); },
     [](auto node) { taint(node, "gpu", "yes", "NoSchedule"); }, "node(s) had untolerated taint(s)"},
    {"everything tolerated", [](auto pod) { tolerate(pod, "", "Exists", "", ""); },
     [](auto node) { taint(node, "gpu", "yes", "NoSchedule"); }, ""},
    {"no key and no Exists tolerates nothing", [](auto pod) { tolerate(pod, "", "Equal", "yes", ""); },
     [](auto node) { taint(node, "gpu", "yes", "NoSchedule"); }, "node(s) had untolerated taint(s)"},
    {"the selector's label", [](auto pod) { test::fillMap(pod.getSpec().initNodeSelector(1), {{"zone", "north"}}); },
     kAnyNode, ""},
    {"another label", [](auto pod) { test::fillMap(pod.getSpec().initNodeSelector(1), {{"zone", "south"}}); }, kAnyNode,
     kSelection},
    {"affinity In", [](auto pod) { require(pod, "zone", "In", {"south", "north"}); }, kAnyNode, ""},
    {"affinity NotIn", [](auto pod) { require(pod, "zone", "NotIn", {"north"}); }, kAnyNode, kSelection},
    {"affinity NotIn without the label", [](auto pod) { require(pod, "disk", "NotIn", {"ssd"}); }, kAnyNode, ""},
    {"affinity Exists", [](auto pod) { require(pod, "zone", "Exists", {}); }, kAnyNode, ""},
    {"affinity DoesNotExist", [](auto pod) { require(pod, "zone", "DoesNotExist", {}); }, kAnyNode, kSelection},
    {"affinity Gt", [](auto pod) { require(pod, "cores", "Gt", {"7"}); }, kAnyNode, ""},
    {"affinity Gt the same", [](auto pod) { require(pod, "cores", "Gt", {"8"}); }, kAnyNode, kSelection},
    {"affinity Lt", [](auto pod) { require(pod, "cores", "Lt", {"9"}); }, kAnyNode, ""},
    {"affinity Gt what is no number", [](auto pod) { require(pod, "zone", "Gt", {"1"}); }, kAnyNode, kSelection},
    {"a free host port", [](auto pod) { hostPort(pod, "", "TCP", 81); }, kAnyNode, ""},
    {"a taken host port", [](auto pod) { hostPort(pod, "", "TCP", 80); }, kAnyNode, kNoPort},
    {"taken on every address", [](auto pod) { hostPort(pod, "192.0.2.1", "TCP", 80); }, kAnyNode, kNoPort},
    {"the same port of another protocol", [](auto pod) { hostPort(pod, "", "UDP", 80); }, kAnyNode, ""},
};

TEST(Filters, EachSaysWhyANodeDoesNotDo) {
  for (const FilterCase& each : kFilterCases) {
    Engine engine;
    fillState(engine, each.node);
    auto pod = makePod("new");
    each.pod(*pod);
    EXPECT_EQ(engine.reasons(engine.host.put(std::move(pod))).at("a"), each.reason) << each.what;
  }
}

TEST(Filters, ANodeHasToDeclareWhatAPodNeeds) {
  const char* const kLacks = "node(s) didn't match Pod's required features";
  struct Case {
    const char* feature;
    std::function<void(Pod::Builder)> needs;
  };
  const Case cases[] = {
      {"RestartAllContainersOnContainerExits",
       [](auto pod) {
         pod.getSpec().getContainers()[0].initRestartPolicyRules(1)[0].setAction("RestartAllContainers");
       }},
      {"UserNamespacesHostNetworkSupport",
       [](auto pod) {
         pod.getSpec().setHostNetwork(true);
         pod.getSpec().initHostUsers().setValue(false);
       }},
      {"VolumeBindMountOptions", [](auto pod) {
         auto mount = pod.getSpec().getContainers()[0].initVolumeMounts(1)[0];
         mount.initBindMountOptions(1).set(0, "noexec");
       }}};
  for (const Case& one : cases) {
    Engine engine;
    fillState(engine, kAnyNode);
    auto draft = makePod("needy");
    one.needs(*draft);
    const auto pod = engine.host.put(std::move(draft));
    EXPECT_EQ(engine.reasons(pod).at("a"), kLacks) << one.feature;
    EXPECT_TRUE(engine.scores(pod).empty()) << one.feature;
    EXPECT_EQ(engine.reasons(engine.host.put(makePod("plain"))).at("a"), "") << one.feature;
    auto node = makeNode("a", kWhole);
    auto declared = node->getStatus().initDeclaredFeatures(2);
    declared.set(0, "AnotherFeature");
    declared.set(1, one.feature);
    engine.state().setNode(engine.host.put(std::move(node)));
    EXPECT_EQ(engine.reasons(pod).at("a"), "") << one.feature;
    EXPECT_EQ(engine.scores(pod).size(), 1u) << one.feature;
  }
}

TEST(ClusterStates, GiveBackWhatPodsTook) {
  Engine engine;
  test::FakeHost& host = engine.host;
  ClusterState& state = engine.state();
  const NodeIndex a = state.setNode(host.put(makeNode("a", kWhole)));
  auto draft = makePod("p", {{"cpu", "1"}, {"x.io/gpu", "1"}});
  hostPort(*draft, "", "TCP", 80);
  Object<Pod> pod = host.put(std::move(draft));
  state.setPod(pod, "a");
  state.setPod(pod, "a");  // told again: counted once
  const uint32_t gpu = state.classes().resources().id("x.io/gpu");
  EXPECT_EQ(state.nodes().requested(kCpu)[a], 1000);
  EXPECT_EQ(state.nodes().requested(gpu)[a], 1);
  EXPECT_EQ(state.nodes().row(a).ports.size(), 1u);
  host.change<Pod>("default", "p", [](auto p) { p.initStatus().setPhase("Failed"); });
  state.setPod(host.get<Pod>("default", "p"), "a");
  EXPECT_EQ(state.nodes().requested(kCpu)[a], 0);
  EXPECT_EQ(state.nodes().requested(gpu)[a], 0);
  EXPECT_EQ(state.nodes().pods()[a], 0);
  EXPECT_TRUE(state.nodes().row(a).ports.empty());
  EXPECT_EQ(state.placed(pod.uid()), nullptr);
  EXPECT_TRUE(state.placesByNamespace().empty());
}

TEST(ClusterStates, RememberTheLoadOfANodeThatComesBack) {
  Engine engine;
  ClusterState& state = engine.state();
  Object<Pod> pod = engine.host.put(makePod("p", {{"cpu", "1"}}));
  state.setPod(pod, "a");
  const NodeIndex a = state.setNode(engine.host.put(makeNode("a", kWhole)));
  EXPECT_EQ(state.nodes().requested(kCpu)[a], 1000);
  state.removeNode("a");
  EXPECT_EQ(state.nodes().find("a"), a);
  state.removePod(pod.uid());
  EXPECT_EQ(state.nodes().find("a"), kNoNode);
  EXPECT_EQ(state.setNode(engine.host.put(makeNode("b", kWhole))), a) << "the number is not given on";
}

TEST(PodClasses, PodsOfOneTemplateAreOneClass) {
  Engine engine;
  PodClasses& classes = engine.state().classes();
  const ClassRef first = classes.of(engine.host.put(makePod("one", {{"cpu", "1"}}, {{"app", "web"}})));
  EXPECT_EQ(classes.of(engine.host.put(makePod("two", {{"cpu", "1"}}, {{"app", "web"}}))), first);
  EXPECT_NE(classes.of(engine.host.put(makePod("three", {{"cpu", "2"}}, {{"app", "web"}}))), first);
  EXPECT_NE(classes.of(engine.host.put(makePod("four", {{"cpu", "1"}}, {{"app", "db"}}))), first);
  auto important = makePod("five", {{"cpu", "1"}}, {{"app", "web"}});
  important->getSpec().initPriority().setValue(7);
  EXPECT_NE(classes.of(engine.host.put(std::move(important))), first);
}

class Scores : public testing::Test {
 protected:
  Scores() {
    for (const char* name : {"full", "empty"}) engine.state().setNode(engine.host.put(makeNode(name, kWhole)));
    engine.state().setPod(engine.host.put(makePod("there", {{"cpu", "2"}, {"memory", "4Gi"}})), "full");
  }
  Engine engine;
};

TEST_F(Scores, PreferRoomWhenSpreading) {
  auto scores = engine.scores(engine.host.put(makePod("new", {{"cpu", "1"}})));
  EXPECT_GT(scores.at("empty"), scores.at("full"));
}

TEST_F(Scores, PreferLoadWhenPacking) {
  Profile profile = Engine::defaultProfile();
  profile.scoring = Scoring::mostAllocated;
  Engine packing({profile});
  for (const char* name : {"full", "empty"}) packing.state().setNode(packing.host.put(makeNode(name, kWhole)));
  packing.state().setPod(packing.host.put(makePod("there", {{"cpu", "2"}, {"memory", "4Gi"}})), "full");
  auto scores = packing.scores(packing.host.put(makePod("new", {{"cpu", "1"}})));
  EXPECT_LT(scores.at("empty"), scores.at("full"));
}

TEST_F(Scores, PodsWithoutRequestsSpreadAsWell) {
  for (int i = 0; i < 5; ++i) engine.state().setPod(engine.host.put(makePod(concat("free-", i))), "full");
  auto scores = engine.scores(engine.host.put(makePod("new")));
  EXPECT_GT(scores.at("empty"), scores.at("full"));
}

TEST(Balance, IsWhatThePodMakesOfIt) {
  Profile profile = Engine::defaultProfile();
  profile.enabled = bit(Judge::balancedAllocation);
  Engine engine({profile});
  for (const char* name : {"even", "uneven"}) engine.state().setNode(engine.host.put(makeNode(name, kWhole)));
  engine.state().setPod(engine.host.put(makePod("even", {{"cpu", "2"}, {"memory", "4Gi"}})), "even");
  engine.state().setPod(engine.host.put(makePod("uneven", {{"memory", "4Gi"}})), "uneven");
  // 50 + (50 + after - before) / 2, with 100 for shares that are equal and less by their deviation.
  const auto small = engine.scores(engine.host.put(makePod("small", {{"cpu", "1"}})));
  EXPECT_EQ(small.at("even"), 50 + (50 + 87 - 100) / 2);
  EXPECT_EQ(small.at("uneven"), 50 + (50 + 87 - 75) / 2);
  const auto large = engine.scores(engine.host.put(makePod("large", {{"cpu", "2"}})));
  EXPECT_EQ(large.at("even"), 50 + (50 + 75 - 100) / 2);
  EXPECT_EQ(large.at("uneven"), 50 + (50 + 100 - 75) / 2);
  const auto none = engine.scores(engine.host.put(makePod("none", {{"ephemeral-storage", "1Gi"}})));
  EXPECT_EQ(none, (std::map<std::string, int64_t>{{"even", 0}, {"uneven", 0}})) << "it asks for nothing that counts";
}

TEST_F(Scores, KeepReplicasOfOneOwnerApart) {
  for (const char* name : {"full", "empty"}) {
    engine.state().setNode(engine.host.put(makeNode(name, kWhole, {{"kubernetes.io/hostname", name}})));
  }
  auto replica = [&](const char* name) {
    auto pod = makePod(name);
    auto owner = pod.meta().initOwnerReferences(1)[0];
    owner.setUid("set");
    owner.setKind("ReplicaSet");
    owner.initController().setValue(true);
    return engine.host.put(std::move(pod));
  };
  for (const char* name : {"one", "two", "three"}) engine.state().setPod(replica(name), "empty");
  auto scores = engine.scores(replica("four"));
  EXPECT_GT(scores.at("full"), scores.at("empty"));
}

TEST_F(Scores, PreferencesAndSoftTaintsCount) {
  auto pod = makePod("new");
  auto preferred =
      pod->getSpec().initAffinity().initNodeAffinity().initPreferredDuringSchedulingIgnoredDuringExecution(1)[0];
  preferred.setWeight(10);
  auto requirement = preferred.initPreference().initMatchFields(1)[0];
  requirement.setKey("metadata.name");
  requirement.setOperator("In");
  requirement.initValues(1).set(0, "full");
  auto scores = engine.scores(engine.host.put(std::move(pod)));
  EXPECT_GT(scores.at("full"), scores.at("empty"));

  auto tainted = makeNode("empty", kWhole);
  tainted->initSpec();
  taint(*tainted, "slow", "", "PreferNoSchedule");
  engine.state().setNode(engine.host.put(std::move(tainted)));
  scores = engine.scores(engine.host.put(makePod("plain")));
  EXPECT_GT(scores.at("full"), scores.at("empty"));
}

TEST_F(Scores, ANodeThatHasTheImageIsPreferred) {
  auto node = makeNode("full", kWhole);
  auto image = node->getStatus().initImages(1)[0];
  image.initNames(1).set(0, "big:latest");
  image.setSizeBytes(int64_t(1) << 30);
  engine.state().setNode(engine.host.put(std::move(node)));
  auto plain = makePod("plain"), big = makePod("big");
  big->getSpec().getContainers()[0].setImage("big");
  const auto without = engine.scores(engine.host.put(std::move(plain)));
  const auto with = engine.scores(engine.host.put(std::move(big)));
  // Half of the nodes have it, so half of its size counts: 100 * (512 - 23) / (1000 - 23).
  EXPECT_EQ(with.at("full"), without.at("full") + 50);
  EXPECT_EQ(with.at("empty"), without.at("empty"));
}

}  // namespace
}  // namespace cleat::scheduling
