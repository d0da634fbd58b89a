#include "plugins/scheduler-default/topology_spread.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/plugins/scheduler-default/affinity_objects.h"

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
  Candidate candidate(const test::Pairs& labels, const Edit& ask) {
    auto draft = makePod("new", {}, labels);
    ask(*draft);
    return candidateOf(host.put(std::move(draft)));
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
    const Candidate candidate = cluster.candidate(each.labels, each.ask);
    const TopologySpread spread(candidate, cluster.state);
    std::string uneven;
    for (const auto& [name, node] : cluster.state.nodes()) {
      const auto reason = spread.whyNot(node);
      if (name == "x") {
        EXPECT_EQ(reason, kNoDomain) << each.what;
      } else if (reason) {
        EXPECT_EQ(*reason, kUneven) << each.what;
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
  const Candidate candidate = cluster.candidate(kWeb, [](auto pod) { spread(pod, kMust, 1, "zone", kWeb); });
  EXPECT_EQ(TopologySpread(candidate, cluster.state).whyNot(cluster.state.nodes().at("a1")), std::nullopt);
  cluster.put("there", "a1", kWeb);
  EXPECT_EQ(TopologySpread(candidate, cluster.state).whyNot(cluster.state.nodes().at("a1")), kUneven);
}

TEST(TopologySpread, ScheduleAnywayOnlyPrefersTheEmptierDomain) {
  SpreadCluster cluster({{"a1", 2}, {"b1", 1}});
  const Candidate candidate = cluster.candidate(kWeb, [](auto pod) { spread(pod, kShould, 1, "zone", kWeb); });
  const TopologySpread spread(candidate, cluster.state);
  std::map<std::string, int64_t> scores;
  std::vector<Option> options;
  for (const auto& [name, node] : cluster.state.nodes()) {
    EXPECT_EQ(spread.whyNot(node), std::nullopt) << name;
    options.push_back({&node, 0});
  }
  spread.addScores(options);
  for (const Option& option : options) scores.emplace(option.node->node.name(), option.score);
  EXPECT_EQ(scores, (std::map<std::string, int64_t>{{"a1", 0}, {"a2", 0}, {"b1", 100}, {"c1", 200}, {"x", 0}}));
}

TEST(TopologySpread, APodWithConstraintsIsSpreadByThemAlone) {
  SpreadCluster cluster({});
  auto owned = [](auto pod) {
    auto owner = pod.getMetadata().initOwnerReferences(1)[0];
    owner.setUid("set");
    owner.initController().setValue(true);
  };
  cluster.put("replica", "a1", kWeb, owned);
  const Candidate candidate = cluster.candidate(kWeb, [&](auto pod) {
    owned(pod);
    spread(pod, kShould, 1, "zone", kWeb);
  });
  cluster.put("big", "a2", {}, [](auto pod) {
    test::fillMap(pod.getSpec().getContainers()[0].initResources().initRequests(1), {{"cpu", "32"}});
  });
  EXPECT_GT(scoreOf(candidate, cluster.state.nodes().at("a1"), Strategy::spread),
            scoreOf(candidate, cluster.state.nodes().at("a2"), Strategy::spread));
}

}  // namespace
}  // namespace cleat::scheduling
