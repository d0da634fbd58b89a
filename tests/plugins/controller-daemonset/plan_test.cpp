// What is done about the pods of a daemon set, situation by situation. A pod is written as NAME, the node it is on, and
// letters: "o" of an old template, "r" ready (and available), "d" being deleted, "f" failed, "s" succeeded, "w" waiting
// for its node.
#include "plugins/controller-daemonset/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/controller-daemonset/daemonset_test.h"

namespace cleat::daemonset {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;
using Names = std::vector<std::string>;

struct PodAt {
  const char* name;
  const char* node;
  std::string_view state;
};
// Nodes are a, b, c and so on; "-" is one that may keep a pod, "x" one that may not, "+" one that should have one.
struct Case {
  const char* what;
  std::string_view nodes;
  std::vector<PodAt> pods;
  Names create, remove;
};

bool has(std::string_view state, char letter) { return state.contains(letter); }

Object<Pod> podOf(const PodAt& at, int age) {
  auto pod = test::makePod(at.name, {}, {{"app", "agent"}});
  setLabel(pod.meta(), kRevisionHashLabel, has(at.state, 'o') ? "old" : "new");
  pod.meta().setCreationTimestamp(concat("2026-01-01T00:00:", 10 + age, "Z"));
  if (has(at.state, 'd')) pod.meta().setDeletionTimestamp("2026-01-01T00:01:00Z");
  if (!has(at.state, 'w')) pod->getSpec().setNodeName(at.node);
  auto status = pod->initStatus();
  status.setPhase(has(at.state, 'f') ? "Failed" : has(at.state, 's') ? "Succeeded" : "Running");
  if (has(at.state, 'r')) {
    setCondition<core_v1::PodCondition>(status, {"Ready", "True", "", "", "2026-01-01T00:00:00Z"});
  }
  return std::move(pod).freeze();
}

Situation situationOf(const Object<DaemonSet>& set, std::string_view nodes, const std::vector<PodAt>& pods) {
  Situation situation{set, {"new", {}}, {}, Instant(1h), *parseTime(std::string_view("2026-01-02T00:00:00Z"))};
  for (size_t i = 0; i < nodes.size(); ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    const Verdict verdict{.run = nodes[i] == '+', .stay = nodes[i] != 'x'};
    situation.nodes[name] = {test::makeNode(name, {}).freeze(), verdict, {}};
  }
  int age = 0;
  for (const PodAt& pod : pods) situation.nodes[pod.node].pods.push_back(podOf(pod, age++));
  return situation;
}

Names namesOf(const std::vector<Object<Pod>>& pods) {
  Names names;
  for (const Object<Pod>& pod : pods) names.emplace_back(pod.name());
  return names;
}

void check(const Case& each, const Actions& actions) {
  EXPECT_THAT(actions.create, UnorderedElementsAreArray(each.create)) << each.what;
  EXPECT_THAT(namesOf(actions.remove), UnorderedElementsAreArray(each.remove)) << each.what;
}

TEST(KeepNodesManned, OnePodOnEachNodeThatShouldHaveOne) {
  const Case cases[] = {
      {"none yet", "++", {}, {"a", "b"}, {}},
      {"all there", "++", {{"p", "a", "r"}, {"q", "b", ""}}, {}, {}},
      {"a node that may keep one and has none", "-", {}, {}, {}},
      {"a node that may keep one", "-", {{"p", "a", "r"}}, {}, {}},
      {"a node that may not", "x", {{"p", "a", "r"}, {"q", "a", "d"}}, {}, {"p"}},
      {"one too many: the older one stays", "+", {{"p", "a", ""}, {"q", "a", "r"}}, {}, {"q"}},
      {"one too many: the one that runs stays", "+", {{"p", "a", "w"}, {"q", "a", ""}}, {}, {"p"}},
      {"one is being deleted", "+", {{"p", "a", "d"}}, {}, {}},
      {"a failed one", "+", {{"p", "a", "f"}}, {}, {"p"}},
      {"one that has ended", "+", {{"p", "a", "s"}}, {}, {"p"}},
      {"a failed one on a node that may keep one", "-", {{"p", "a", "f"}}, {}, {"p"}},
      {"the node has gone", "+", {{"p", "a", "r"}, {"q", "z", "w"}, {"r", "z", ""}}, {}, {"q"}},
  };
  const Object<DaemonSet> set = makeSet().freeze();
  for (const Case& each : cases) {
    FailedPods failed;
    check(each, keepNodesManned(situationOf(set, each.nodes, each.pods), failed));
  }
}

TEST(KeepNodesManned, WithASurgeAnOldPodMayBeBesideTheNewOne) {
  const Case cases[] = {
      {"the new one is not available", "+", {{"old", "a", "or"}, {"new", "a", ""}}, {}, {}},
      {"it is", "+", {{"old", "a", "or"}, {"new", "a", "r"}}, {}, {"old"}},
      {"the old one is not ready", "+", {{"old", "a", "o"}, {"new", "a", ""}}, {}, {"old"}},
      {"two old ones", "+", {{"old", "a", "or"}, {"older", "a", "or"}}, {}, {"older"}},
      {"three", "+", {{"old", "a", "or"}, {"new", "a", ""}, {"newer", "a", "r"}}, {}, {"newer"}},
      {"one is being deleted", "+", {{"old", "a", "od"}}, {"a"}, {}},
      {"one is being deleted where none should be", "-", {{"old", "a", "od"}}, {}, {}},
  };
  const Object<DaemonSet> set = makeSurgingSet(1).freeze();
  for (const Case& each : cases) {
    FailedPods failed;
    check(each, keepNodesManned(situationOf(set, each.nodes, each.pods), failed));
  }
}

TEST(KeepNodesManned, AFailedPodIsToldOfAndTheNextOneHasToWait) {
  const Object<DaemonSet> set = makeSet().freeze();
  Situation situation = situationOf(set, "+", {{"p", "a", "f"}});
  FailedPods failed;
  Actions first = keepNodesManned(situation, failed);
  ASSERT_EQ(first.events.size(), 1u);
  EXPECT_STREQ(first.events[0].type, "Warning");
  EXPECT_STREQ(first.events[0].reason, "FailedDaemonPod");
  EXPECT_EQ(first.events[0].message, "Found failed daemon pod default/p on node a, will try to kill it");

  situation.now += 400ms;
  Actions second = keepNodesManned(situation, failed);
  EXPECT_THAT(second.remove, IsEmpty());
  EXPECT_THAT(second.events, IsEmpty());
  EXPECT_EQ(second.lookAgain, 600ms);
  situation.now += 600ms;
  EXPECT_EQ(keepNodesManned(situation, failed).remove.size(), 1u);
  EXPECT_EQ(keepNodesManned(situation, failed).lookAgain, 2s);

  Actions ended = keepNodesManned(situationOf(set, "+", {{"p", "a", "s"}}), failed);
  ASSERT_EQ(ended.events.size(), 1u);
  EXPECT_STREQ(ended.events[0].type, "Normal");
  EXPECT_STREQ(ended.events[0].reason, "SucceededDaemonPod");
  EXPECT_EQ(ended.events[0].message, "Found succeeded daemon pod default/p on node a, will try to delete it");
}

TEST(FailedPods, ThePauseDoublesUpToAQuarterOfAnHourAndIsForgottenAfterTwiceThat) {
  FailedPods failed;
  Instant now{1h};
  EXPECT_FALSE(failed.wait("a", now));
  Duration last{};
  for (int i = 0; i < 12; ++i) {
    last = *failed.wait("a", now);
    now += last;
    EXPECT_FALSE(failed.wait("a", now));
  }
  EXPECT_EQ(*failed.wait("a", now), 15min);
  EXPECT_FALSE(failed.wait("b", now));
  now += 31min;
  failed.forgetOld(now);
  EXPECT_EQ(failed.size(), 0u);
}

TEST(RollForward, ReplacesOldPodsWithinMaxUnavailable) {
  const Case cases[] = {
      {"all of them current", "++", {{"p", "a", "r"}, {"q", "b", "r"}}, {}, {}},
      {"one after the other", "++", {{"p", "a", "or"}, {"q", "b", "or"}}, {}, {"p"}},
      {"a new one is not available", "++", {{"p", "a", ""}, {"q", "b", "or"}}, {}, {}},
      {"a node has none", "++", {{"q", "b", "or"}}, {}, {}},
      {"one is being deleted", "++", {{"p", "a", "od"}, {"q", "b", "or"}}, {}, {}},
      {"an old one is of no use", "++", {{"p", "a", "o"}, {"q", "b", "or"}}, {}, {"p"}},
      {"two old ones are of no use", "+++", {{"p", "a", "o"}, {"q", "b", "o"}, {"r", "c", "or"}}, {}, {"p", "q"}},
      {"two on a node are not its business", "++", {{"p", "a", "or"}, {"o", "a", "or"}, {"q", "b", "or"}}, {}, {}},
      {"a node that may only keep its pod", "+-", {{"p", "a", "r"}, {"q", "b", "or"}}, {}, {"q"}},
  };
  const Object<DaemonSet> set = makeSet().freeze();
  for (const Case& each : cases) check(each, rollForward(situationOf(set, each.nodes, each.pods)));
}

TEST(RollForward, BoundsArePartsOfTheNodesRoundedUpAndNeverNone) {
  struct Bound {
    const char* maxUnavailable;
    size_t removed;
  };
  const std::vector<PodAt> pods = {{"p", "a", "or"}, {"q", "b", "or"}, {"r", "c", "or"}};
  for (const Bound& each : {Bound{"1%", 1}, Bound{"50%", 2}, Bound{"100%", 3}, Bound{"0%", 1}}) {
    Draft<DaemonSet> set = makeSet();
    set->getSpec().getUpdateStrategy().getRollingUpdate().getMaxUnavailable().setStrVal(each.maxUnavailable);
    EXPECT_EQ(rollForward(situationOf(std::move(set).freeze(), "+++", pods)).remove.size(), each.removed)
        << each.maxUnavailable;
  }
}

TEST(RollForward, OnDeleteLeavesOldPodsAlone) {
  Draft<DaemonSet> set = makeSet();
  set->getSpec().getUpdateStrategy().setType("OnDelete");
  Actions actions = rollForward(situationOf(std::move(set).freeze(), "+", {{"p", "a", "o"}}));
  EXPECT_THAT(actions.create, IsEmpty());
  EXPECT_THAT(actions.remove, IsEmpty());
}

TEST(RollForward, WithASurgeNewPodsComeFirst) {
  const Case cases[] = {
      {"one after the other", "++", {{"p", "a", "or"}, {"q", "b", "or"}}, {"a"}, {}},
      {"one is on its way", "++", {{"p", "a", "or"}, {"n", "a", ""}, {"q", "b", "or"}}, {}, {}},
      {"it is there", "++", {{"p", "a", "or"}, {"n", "a", "r"}, {"q", "b", "or"}}, {"b"}, {"p"}},
      {"an old one is of no use", "++", {{"p", "a", "o"}, {"q", "b", "or"}}, {"a", "b"}, {}},
      {"and its node should have none", "-+", {{"p", "a", "o"}, {"q", "b", "r"}}, {}, {"p"}},
      {"the set moves: nothing is up elsewhere", "-+", {{"p", "a", "or"}}, {}, {}},
      {"the set moves: it is up elsewhere", "-+", {{"p", "a", "or"}, {"n", "b", "r"}}, {}, {"p"}},
      {"two on a node count as one on its way", "++", {{"p", "a", "or"}, {"o", "a", "or"}, {"q", "b", "or"}}, {}, {}},
  };
  const Object<DaemonSet> set = makeSurgingSet(1).freeze();
  for (const Case& each : cases) check(each, rollForward(situationOf(set, each.nodes, each.pods)));
}

TEST(Count, NodesByWhatTheyHaveAndShouldHave) {
  Draft<DaemonSet> draft = makeSet();
  const std::vector<PodAt> pods = {{"p", "a", "r"}, {"q", "b", "or"}, {"r", "c", ""}, {"s", "e", "r"}};
  Situation situation = situationOf(std::move(draft).freeze(), "++++-", pods);
  Numbers numbers = count(situation);
  EXPECT_EQ(numbers.desired, 4);
  EXPECT_EQ(numbers.current, 3);
  EXPECT_EQ(numbers.misscheduled, 1);
  EXPECT_EQ(numbers.ready, 2);
  EXPECT_EQ(numbers.updated, 2);
  EXPECT_EQ(numbers.available, 2);

  Draft<DaemonSet> patient = makeSet();
  patient->getSpec().setMinReadySeconds(86401);  // a day, and a second more
  numbers = count(situationOf(std::move(patient).freeze(), "+", {{"p", "a", "r"}}));
  EXPECT_EQ(numbers.ready, 1);
  EXPECT_EQ(numbers.available, 0);
  EXPECT_EQ(numbers.lookAgain, 1s);
}

}  // namespace
}  // namespace cleat::daemonset
