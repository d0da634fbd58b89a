#include <gtest/gtest.h>

#include <functional>

#include "plugins/scheduler-default/scores/relative_scores.h"
#include "tests/plugins/scheduler-default/affinity_objects.h"
#include "tests/plugins/scheduler-default/engine.h"

namespace cleat::scheduling {
namespace {

using namespace test_objects;
using test::makeNode;
using test::makePod;

const char* const kMust = "DoNotSchedule";
const char* const kShould = "ScheduleAnyway";
const char* const kUneven = "node(s) didn't match pod topology spread constraints";
const char* const kNoDomain = "node(s) didn't match pod topology spread constraints (missing required label)";

// Zone a with a1 and a2, zone b with b1, zone c with c1, which is tainted, and x in no zone. Pods are given as how many
// of the web are on each node.
class SpreadCluster {
 public:
  explicit SpreadCluster(const std::vector<std::pair<const char*, int>>& web) {
    for (const char* name : {"a1", "a2", "b1", "c1", "x"}) {
      test::Pairs labels = {{"host", name}};
      if (name[0] != 'x') labels.emplace_back("zone", std::string(1, name[0]));
      auto node = makeNode(name, kRoomy, labels);
      if (name[0] == 'c') {
        auto taint = node->initSpec().initTaints(1)[0];
        taint.setKey("gpu");
        taint.setEffect("NoSchedule");
      }
      state.setNode(host.put(std::move(node)));
    }
    for (const auto& [node, count] : web) {
      for (int i = 0; i < count; ++i) put(concat("web-", node, "-", i), node, kWeb);
    }
  }
  Object<Pod> put(const std::string& name, const char* node, const test::Pairs& labels, const Edit& edit = {}) {
    auto draft = makePod(name, {}, labels);
    if (edit) edit(*draft);
    auto pod = host.put(std::move(draft));
    state.setPod(pod, node);
    return pod;
  }
  ClassRef candidate(const test::Pairs& labels, const Edit& ask) {
    auto draft = makePod("new", {}, labels);
    ask(*draft);
    return state.classes().of(host.put(std::move(draft)));
  }
  // What is against each node by how pods are spread: "" for nothing.
  std::map<std::string, std::string> said(const ClassRef& podClass) {
    const Profile profile;
    Neighbours neighbours(*podClass, state, profile);
    neighbours.rebuild();
    std::map<std::string, std::string> said;
    for (const char* name : {"a1", "a2", "b1", "c1", "x"}) {
      const MaybeWhy why = neighbours.whyNot(state.nodes().find(name));
      said[name] = why ? textsOf(*why, *podClass, state).front() : "";
    }
    return said;
  }

  test::FakeHost host;
  ClusterState state;
};

struct SpreadCase {
  const char* what;
  std::vector<std::pair<const char*, int>> web;
  Edit ask;
  std::string uneven;  // the nodes that would make it so; x has no zone
  test::Pairs labels = kWeb;
};

const SpreadCase kSpreadCases[] = {
    {"even", {{"a1", 1}, {"b1", 1}, {"c1", 1}}, [](auto pod) { spread(pod, kMust, 1, "zone", kWeb); }, ""},
    {"one ahead", {{"a1", 1}, {"b1", 1}}, [](auto pod) { spread(pod, kMust, 1, "zone", kWeb); }, "a1 a2 b1 "},
    {"a zone's nodes count together",
     {{"a1", 1}, {"a2", 1}, {"b1", 1}, {"c1", 1}},
     [](auto pod) { spread(pod, kMust, 1, "zone", kWeb); },
     "a1 a2 "},
    {"more skew allowed", {{"a1", 1}, {"b1", 2}}, [](auto pod) { spread(pod, kMust, 2, "zone", kWeb); }, "b1 "},
    {"a pod that is not itself counted",
     {{"a1", 1}, {"b1", 2}},
     [](auto pod) { spread(pod, kMust, 1, "zone", kWeb); },
     "b1 ",
     {{"app", "other"}}},
    {"an empty selector counts nobody", {{"a1", 3}}, [](auto pod) { spread(pod, kMust, 1, "zone", {}); }, ""},
    {"no selector counts nobody",
     {{"a1", 3}},
     [](auto pod) { spread(pod, kMust, 1, "zone", kWeb).disownLabelSelector(); },
     ""},
    {"fewer domains than asked for",
     {{"a1", 1}, {"b1", 1}, {"c1", 1}},
     [](auto pod) { spread(pod, kMust, 1, "zone", kWeb).initMinDomains().setValue(4); },
     "a1 a2 b1 c1 "},
    {"as many domains as asked for",
     {{"a1", 1}, {"b1", 1}, {"c1", 1}},
     [](auto pod) { spread(pod, kMust, 1, "zone", kWeb).initMinDomains().setValue(3); },
     ""},
    {"nodes that the selector leaves out are no domain",
     {{"a1", 1}, {"b1", 1}},
     [](auto pod) {
       spread(pod, kMust, 1, "zone", kWeb);
       pod.getSpec().initAffinity().initNodeAffinity();
       auto term = pod.getSpec().getAffinity().getNodeAffinity().initRequiredDuringSchedulingIgnoredDuringExecution();
       auto requirement = term.initNodeSelectorTerms(1)[0].initMatchExpressions(1)[0];
       requirement.setKey("zone");
       requirement.setOperator("NotIn");
       list(requirement.initValues(1), {"c"});
     },
     ""},
    {"unless they are to count",
     {{"a1", 1}, {"b1", 1}},
     [](auto pod) {
       spread(pod, kMust, 1, "zone", kWeb).setNodeAffinityPolicy("Ignore");
       test::fillMap(pod.getSpec().initNodeSelector(1), {{"zone", "a"}});
     },
     "a1 a2 b1 "},
    {"taints do not matter",
     {{"a1", 1}, {"b1", 1}},
     [](auto pod) { spread(pod, kMust, 1, "zone", kWeb).setNodeTaintsPolicy("Ignore"); },
     "a1 a2 b1 "},
    {"a taint that is to be honoured takes its node out",
     {{"a1", 1}, {"b1", 1}},
     [](auto pod) { spread(pod, kMust, 1, "zone", kWeb).setNodeTaintsPolicy("Honor"); },
     ""},
    {"unless it is tolerated",
     {{"a1", 1}, {"b1", 1}},
     [](auto pod) {
       spread(pod, kMust, 1, "zone", kWeb).setNodeTaintsPolicy("Honor");
       pod.getSpec().initTolerations(1)[0].setOperator("Exists");
     },
     "a1 a2 b1 "},
    {"two constraints",
     {{"a1", 1}, {"b1", 1}, {"c1", 1}},
     [](auto pod) {
       auto both = pod.getSpec().initTopologySpreadConstraints(2);
       fill(both[0], kMust, 1, "zone", kWeb);
       fill(both[1], kMust, 1, "host", kWeb);
     },
     "a1 b1 c1 "},
    {"the same value of a label key",
     {{"a1", 3}},
     [](auto pod) { list(spread(pod, kMust, 1, "zone", kWeb).initMatchLabelKeys(1), {"hash"}); },
     "",
     {{"app", "web"}, {"hash", "2"}}},
};

TEST(TopologySpread, ADomainMayNotGetTooFarAhead) {
  for (const SpreadCase& each : kSpreadCases) {
    SpreadCluster cluster(each.web);
    std::string uneven;
    for (const auto& [name, reason] : cluster.said(cluster.candidate(each.labels, each.ask))) {
      if (name == "x") {
        EXPECT_EQ(reason, kNoDomain) << each.what;
      } else if (!reason.empty()) {
        EXPECT_EQ(reason, kUneven) << each.what;
        uneven += name + " ";
      }
    }
    EXPECT_EQ(uneven, each.uneven) << each.what;
  }
}

TEST(TopologySpread, PodsThatLeaveAndPodsOfOtherNamespacesDoNotCount) {
  SpreadCluster cluster({});
  cluster.put("leaving", "a1", kWeb, [](auto pod) { pod.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z"); });
  cluster.put("foreign", "a1", kWeb, [](auto pod) { pod.getMetadata().setNamespace("team"); });
  const ClassRef candidate = cluster.candidate(kWeb, [](auto pod) { spread(pod, kMust, 1, "zone", kWeb); });
  EXPECT_EQ(cluster.said(candidate)["a1"], "");
  cluster.put("there", "a1", kWeb);
  EXPECT_EQ(cluster.said(candidate)["a1"], kUneven);
}

TEST(TopologySpread, ScheduleAnywayOnlyPrefersTheEmptierDomain) {
  SpreadCluster cluster({{"a1", 2}, {"b1", 1}});
  const ClassRef candidate = cluster.candidate(kWeb, [](auto pod) { spread(pod, kShould, 1, "zone", kWeb); });
  const Profile profile;
  Neighbours neighbours(*candidate, cluster.state, profile);
  neighbours.rebuild();
  Options options;
  for (const auto& [name, reason] : cluster.said(candidate)) {
    EXPECT_EQ(reason, "") << name;
    options.push_back({cluster.state.nodes().find(name), 0});
  }
  addSpreadScores(options, neighbours, 2);
  std::map<std::string, int64_t> scores;
  for (const Option& option : options) scores.emplace(cluster.state.nodes().row(option.node).name, option.score);
  // Three zones weigh ln(5): 2 and 1 pods are 3.2 and 1.6, and in whole numbers 3, 2 and 0.
  EXPECT_EQ(scores, (std::map<std::string, int64_t>{{"a1", 0}, {"a2", 0}, {"b1", 66}, {"c1", 200}, {"x", 0}}));
}

TEST(TopologySpread, APodWithConstraintsIsSpreadByThemAlone) {
  SpreadCluster cluster({});
  auto owned = [](auto pod) {
    auto owner = pod.getMetadata().initOwnerReferences(1)[0];
    owner.setUid("set");
    owner.setKind("ReplicaSet");
    owner.initController().setValue(true);
  };
  EXPECT_EQ(cluster.candidate(kWeb, owned)->spread.size(), 2u);
  const ClassRef candidate = cluster.candidate(kWeb, [&](auto pod) {
    owned(pod);
    spread(pod, kShould, 1, "zone", kWeb);
  });
  EXPECT_EQ(candidate->spread.size(), 1u);
  EXPECT_FALSE(candidate->spreadByDefault);
}

// Pods that say nothing of how they are spread, on two hosts.
class SpreadByDefault : public testing::Test {
 protected:
  SpreadByDefault() {
    for (const char* name : {"full", "empty"}) {
      engine.state().setNode(engine.host.put(makeNode(name, kRoomy, {{"kubernetes.io/hostname", name}})));
    }
    for (const char* name : {"one", "two", "three"}) engine.state().setPod(pod(name, {{"app", "web"}}), "full");
  }
  Object<Pod> pod(const std::string& name, const test::Pairs& labels, const char* owner = nullptr) {
    auto draft = makePod(name, {{"cpu", "1m"}, {"memory", "1Mi"}}, labels);
    if (owner != nullptr) {
      auto controller = draft.meta().initOwnerReferences(1)[0];
      controller.setUid(owner);
      controller.setKind("ReplicaSet");
      controller.initController().setValue(true);
    }
    return engine.host.put(std::move(draft));
  }
  Object<core_v1::Service> service(const std::string& name, const test::Pairs& selector) {
    auto draft = test::named<core_v1::Service>("default", name);
    test::fillMap(draft->initSpec().initSelector(static_cast<uint32_t>(selector.size())), selector);
    return engine.host.put(std::move(draft));
  }
  // By how much the host without any of the web is better.
  int64_t preference(const Object<Pod>& pod) {
    const auto scores = engine.scores(pod);
    return scores.at("empty") - scores.at("full");
  }
  Engine engine{{spreading()}};
  static Profile spreading() {
    Profile profile = Engine::defaultProfile();
    profile.enabled = bit(Judge::podTopologySpread);
    return profile;
  }
};

TEST_F(SpreadByDefault, PodsOfAServiceAreKeptApart) {
  const auto web = pod("web", {{"app", "web"}}), db = pod("db", {{"app", "db"}});
  EXPECT_EQ(preference(web), 0);
  const auto made = service("web", {{"app", "web"}});
  engine.state().services().set(made);
  EXPECT_GT(preference(web), 0);
  EXPECT_EQ(preference(db), 0) << "it is not of the service";
  const auto other = pod("other", {{"app", "web"}, {"tier", "front"}});
  EXPECT_GT(preference(other), 0);
  engine.state().services().set(service("front", {{"tier", "front"}}));
  EXPECT_EQ(preference(other), 0) << "the others are of one of its services alone";
  EXPECT_GT(preference(web), 0);
  engine.state().services().erase(made);
  EXPECT_EQ(preference(web), 0);
  engine.state().services().set(service("all", {}));
  EXPECT_EQ(preference(web), 0) << "who selects nothing has no pods";
}

TEST_F(SpreadByDefault, OfReplicasThoseCountThatTheServicesSelect) {
  for (const char* name : {"four", "five"}) {
    engine.state().setPod(pod(name, {{"app", "shop"}, {"live", "yes"}}, "set"), "full");
  }
  engine.state().setPod(pod("six", {{"app", "shop"}}, "set"), "empty");
  const auto replica = pod("seven", {{"app", "shop"}, {"live", "yes"}}, "set");
  const int64_t before = preference(replica);
  EXPECT_GT(before, 0);
  engine.state().services().set(service("live", {{"live", "yes"}}));
  EXPECT_GT(preference(replica), before) << "the one on the emptier host has been taken out of the service";
}

TEST_F(SpreadByDefault, WhatAPodSaysItselfCounts) {
  auto draft = makePod("own", {}, {{"app", "web"}});
  spread(*draft, kShould, 1, "kubernetes.io/hostname", {{"app", "none"}});
  const auto own = engine.host.put(std::move(draft));
  engine.state().services().set(service("web", {{"app", "web"}}));
  EXPECT_EQ(preference(own), 0);
}

}  // namespace
}  // namespace cleat::scheduling
