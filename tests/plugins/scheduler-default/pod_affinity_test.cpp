#include <gmock/gmock.h>
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

const char* const kNear = "node(s) didn't match pod affinity rules";
const char* const kAway = "node(s) didn't match pod anti-affinity rules";
const char* const kClosed = "node(s) didn't satisfy existing pods anti-affinity rules";

struct There {
  const char* ns;
  const char* name;
  const char* node;
  test::Pairs labels;
  std::function<void(Pod::Builder)> edit = {};
};

// Two nodes in one zone, one in another, one in none. Namespace "team" is labelled tier=back.
class AffinityCluster {
 public:
  explicit AffinityCluster(const std::vector<There>& pods) {
    state.setNode(host.put(makeNode("a1", kRoomy, {{"host", "a1"}, {"zone", "a"}})));
    state.setNode(host.put(makeNode("a2", kRoomy, {{"host", "a2"}, {"zone", "a"}})));
    state.setNode(host.put(makeNode("b1", kRoomy, {{"host", "b1"}, {"zone", "b"}})));
    state.setNode(host.put(makeNode("x", kRoomy, {{"host", "x"}})));
    state.setNamespace(host.put(test::named<Namespace>("", "default")));
    state.setNamespace(host.put(test::named<Namespace>("", "team", {{"tier", "back"}})));
    for (const There& each : pods) state.setPod(pod(each.ns, each.name, each.labels, each.edit), each.node);
  }
  Object<Pod> pod(const char* ns, const char* name, const test::Pairs& labels,
                  const std::function<void(Pod::Builder)>& edit) {
    auto draft = makePod(name, {}, labels);
    draft.meta().setNamespace(ns);
    if (edit) edit(*draft);
    return host.put(std::move(draft));
  }

  test::FakeHost host;
  ClusterState state;
};

struct AffinityCase {
  const char* what;
  std::vector<There> there;
  test::Pairs labels;  // of the new pod, in namespace default
  Edit ask;
  std::vector<std::string> fits;
  const char* reason = "";  // of every other node
};

const There kDbInA = {"default", "db", "a1", {{"app", "db"}}};
const There kDbOfTeam = {"team", "db", "b1", {{"app", "db"}}};

const AffinityCase kAffinityCases[] = {
    {"asks nothing", {kDbInA}, {}, kNothing, {"a1", "a2", "b1", "x"}},
    {"near, in the same zone", {kDbInA}, {}, [](auto pod) { near(pod, "zone", {{"app", "db"}}); }, {"a1", "a2"}, kNear},
    {"near, on the same host", {kDbInA}, {}, [](auto pod) { near(pod, "host", {{"app", "db"}}); }, {"a1"}, kNear},
    {"near a pod that is nowhere", {kDbInA}, {}, [](auto pod) { near(pod, "zone", {{"app", "x"}}); }, {}, kNear},
    {"the first of its group",
     {kDbInA},
     {{"app", "web"}},
     [](auto pod) { near(pod, "zone", {{"app", "web"}}); },
     {"a1", "a2", "b1"},
     kNear},
    {"the second of its group",
     {{"default", "web-1", "b1", {{"app", "web"}}}},
     {{"app", "web"}},
     [](auto pod) { near(pod, "zone", {{"app", "web"}}); },
     {"b1"},
     kNear},
    {"the first, where only another namespace has the group",
     {{"team", "web-1", "b1", {{"app", "web"}}}},
     {{"app", "web"}},
     [](auto pod) { near(pod, "zone", {{"app", "web"}}); },
     {"a1", "a2", "b1"},
     kNear},
    {"near pods that both terms mean, not each one of them",
     {kDbInA, {"default", "cache", "b1", {{"app", "cache"}}}},
     {},
     [](auto pod) {
       auto both = pod.getSpec().initAffinity().initPodAffinity().initRequiredDuringSchedulingIgnoredDuringExecution(2);
       fill(both[0], "zone", {{"app", "db"}});
       fill(both[1], "host", {{"app", "cache"}});
     },
     {},
     kNear},
    {"away, from the zone", {kDbInA}, {}, [](auto pod) { away(pod, "zone", {{"app", "db"}}); }, {"b1", "x"}, kAway},
    {"away, from the host",
     {kDbInA},
     {},
     [](auto pod) { away(pod, "host", {{"app", "db"}}); },
     {"a2", "b1", "x"},
     kAway},
    {"away, without a selector",
     {kDbInA},
     {},
     [](auto pod) { away(pod, "zone", {}).disownLabelSelector(); },
     {"a1", "a2", "b1", "x"}},
    {"away, with an empty selector", {kDbInA}, {}, [](auto pod) { away(pod, "zone", {}); }, {"b1", "x"}, kAway},
    {"its own namespace only",
     {kDbOfTeam},
     {},
     [](auto pod) { away(pod, "zone", {{"app", "db"}}); },
     {"a1", "a2", "b1", "x"}},
    {"a namespace by name",
     {kDbOfTeam, kDbInA},
     {},
     [](auto pod) { list(away(pod, "zone", {{"app", "db"}}).initNamespaces(1), {"team"}); },
     {"a1", "a2", "x"},
     kAway},
    {"namespaces by label",
     {kDbOfTeam, kDbInA},
     {},
     [](auto pod) { select(away(pod, "zone", {{"app", "db"}}).initNamespaceSelector(), {{"tier", "back"}}); },
     {"a1", "a2", "x"},
     kAway},
    {"namespaces by name and by label",
     {kDbOfTeam, kDbInA},
     {},
     [](auto pod) {
       auto term = away(pod, "zone", {{"app", "db"}});
       list(term.initNamespaces(1), {"default"});
       select(term.initNamespaceSelector(), {{"tier", "back"}});
     },
     {"x"},
     kAway},
    {"all namespaces",
     {kDbOfTeam, kDbInA},
     {},
     [](auto pod) { away(pod, "zone", {{"app", "db"}}).initNamespaceSelector(); },
     {"x"},
     kAway},
    {"the same value of a label key",
     {{"default", "old", "a1", {{"app", "web"}, {"hash", "1"}}},
      {"default", "new", "b1", {{"app", "web"}, {"hash", "2"}}}},
     {{"app", "web"}, {"hash", "2"}},
     [](auto pod) { list(away(pod, "zone", {{"app", "web"}}).initMatchLabelKeys(2), {"hash", "absent"}); },
     {"a1", "a2", "x"},
     kAway},
    {"another value of a label key",
     {{"default", "other", "a1", {{"tenant", "1"}}},
      {"default", "own", "b1", {{"tenant", "2"}}},
      {"default", "without", "x", {}}},
     {{"tenant", "2"}},
     [](auto pod) { list(away(pod, "host", {}).initMismatchLabelKeys(1), {"tenant"}); },
     {"a2", "b1"},
     kAway},
    {"kept away by a pod that is there",
     {{"default", "loner", "a1", {}, [](auto pod) { away(pod, "zone", {{"app", "web"}}); }}},
     {{"app", "web"}},
     kNothing,
     {"b1", "x"},
     kClosed},
    {"not kept away by a pod that means others",
     {{"default", "loner", "a1", {}, [](auto pod) { away(pod, "zone", {{"app", "db"}}); }}},
     {{"app", "web"}},
     kNothing,
     {"a1", "a2", "b1", "x"}},
    {"not kept away by a pod of another namespace",
     {{"team", "loner", "a1", {}, [](auto pod) { away(pod, "zone", {{"app", "web"}}); }}},
     {{"app", "web"}},
     kNothing,
     {"a1", "a2", "b1", "x"}},
    {"kept away by a pod that means all namespaces",
     {{"team", "loner", "a1", {}, [](auto pod) { away(pod, "zone", {{"app", "web"}}).initNamespaceSelector(); }}},
     {{"app", "web"}},
     kNothing,
     {"b1", "x"},
     kClosed},
    {"pods on a node that is not there do not count",
     {{"default", "db", "gone", {{"app", "db"}}}},
     {},
     [](auto pod) { near(pod, "zone", {{"app", "db"}}); },
     {},
     kNear},
};

// What the neighbours of a pod say to each node: "" for nothing against it.
std::map<std::string, std::string> said(AffinityCluster& cluster, const Object<Pod>& pod) {
  const Profile profile;
  const ClassRef podClass = cluster.state.classes().of(pod);
  Neighbours neighbours(*podClass, cluster.state, profile);
  neighbours.rebuild();
  std::map<std::string, std::string> said;
  for (const char* name : {"a1", "a2", "b1", "x"}) {
    const MaybeWhy why = neighbours.whyNot(cluster.state.nodes().find(name));
    said[name] = why ? textsOf(*why, *podClass, cluster.state).front() : "";
  }
  return said;
}

TEST(PodAffinity, RequiredTermsDecideWhereAPodMayGo) {
  for (const AffinityCase& each : kAffinityCases) {
    AffinityCluster cluster(each.there);
    std::vector<std::string> fits;
    for (const auto& [name, reason] : said(cluster, cluster.pod("default", "new", each.labels, each.ask))) {
      if (reason.empty()) {
        fits.push_back(name);
      } else {
        EXPECT_EQ(reason, each.reason) << each.what << ": " << name;
      }
    }
    EXPECT_EQ(fits, each.fits) << each.what;
  }
}

TEST(PodAffinity, APodThatLeftOrWasRelabelledNoLongerKeepsOthersAway) {
  AffinityCluster cluster(
      {{"default", "loner", "a1", {{"app", "db"}}, [](auto pod) { away(pod, "zone", {{"app", "web"}}); }}});
  const auto web = cluster.pod("default", "web", {{"app", "web"}}, kNothing);
  const auto shy = cluster.pod("default", "shy", {}, [](auto pod) { away(pod, "zone", {{"app", "db"}}); });
  EXPECT_EQ(said(cluster, web)["a2"], kClosed);
  EXPECT_EQ(said(cluster, shy)["a2"], kAway);
  auto relabelled = cluster.host.change<Pod>("default", "loner", [](auto pod) { pod.getMetadata().disownLabels(); });
  cluster.state.setPod(relabelled, "a1");
  EXPECT_EQ(said(cluster, web)["a2"], kClosed);
  EXPECT_EQ(said(cluster, shy)["a2"], "");
  cluster.state.removePod(std::string(relabelled.uid()));
  EXPECT_EQ(said(cluster, web)["a2"], "");
  EXPECT_TRUE(cluster.state.placesWithTerms().empty());
  EXPECT_TRUE(cluster.state.placesByNamespace().empty());
}

struct ScoreCase {
  const char* what;
  std::vector<There> there;
  Edit ask;
  std::vector<int64_t> scores;  // of a1, a2, b1, x
};

const ScoreCase kScoreCases[] = {
    {"nothing preferred", {kDbInA}, kNothing, {0, 0, 0, 0}},
    {"near", {kDbInA}, [](auto pod) { ratherNear(pod, 7, "zone", {{"app", "db"}}); }, {200, 200, 0, 0}},
    {"away", {kDbInA}, [](auto pod) { ratherAway(pod, 7, "zone", {{"app", "db"}}); }, {0, 0, 200, 200}},
    {"near more of them",
     {kDbInA, {"default", "db-2", "b1", {{"app", "db"}}}, {"default", "db-3", "b1", {{"app", "db"}}}},
     [](auto pod) { ratherNear(pod, 1, "zone", {{"app", "db"}}); },
     {100, 100, 200, 0}},
    {"preferred by a pod that is there",
     {{"default", "friend", "b1", {}, [](auto pod) { ratherNear(pod, 1, "zone", {}); }}},
     kNothing,
     {0, 0, 200, 0}},
    {"not preferred by a pod that is there",
     {{"default", "foe", "b1", {}, [](auto pod) { ratherAway(pod, 1, "zone", {}); }}},
     kNothing,
     {200, 200, 0, 200}},
    {"required by a pod that is there",
     {{"default", "friend", "a1", {}, [](auto pod) { near(pod, "host", {}); }}},
     kNothing,
     {200, 0, 0, 0}},
};

TEST(PodAffinity, PreferencesOfBothSidesAreScored) {
  for (const ScoreCase& each : kScoreCases) {
    AffinityCluster cluster(each.there);
    const Profile profile;
    const ClassRef podClass = cluster.state.classes().of(cluster.pod("default", "new", {}, each.ask));
    Neighbours neighbours(*podClass, cluster.state, profile);
    neighbours.rebuild();
    Options options;
    for (const char* name : {"a1", "a2", "b1", "x"}) options.push_back({cluster.state.nodes().find(name), 0});
    addAffinityScores(options, neighbours, 2);
    std::vector<int64_t> scores;
    for (const Option& option : options) scores.push_back(option.score);
    EXPECT_EQ(scores, each.scores) << each.what;
  }
}

}  // namespace
}  // namespace cleat::scheduling
