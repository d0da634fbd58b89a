// Who is next, who waits for what, and what may help whom.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/scheduler-default/queue/hints.h"
#include "plugins/scheduler-default/queue/scheduling_queue.h"
#include "tests/plugins/scheduler-default/affinity_objects.h"
#include "tests/plugins/scheduler-default/engine.h"

namespace cleat::scheduling {
namespace {

using namespace std::chrono_literals;
using namespace test_objects;
using Place = QueuedPod::Place;

class QueueTest : public testing::Test {
 protected:
  Object<Pod> pod(const std::string& name, int priority = 0, bool gated = false) {
    auto draft = test::makePod(name, {{"cpu", "1"}});
    draft->getSpec().initPriority().setValue(priority);
    if (gated) draft->getSpec().initSchedulingGates(1)[0].setName("wait");
    return engine.host.put(std::move(draft));
  }
  void put(const Object<Pod>& pod) { queue.put(pod, engine.state().classes().of(pod), now); }
  std::string next() {
    QueuedPod* pod = queue.next(now);
    return pod == nullptr ? "" : std::string(pod->pod.name());
  }
  QueuedPod& away(const Object<Pod>& pod) { return *queue.find(pod.uid()); }
  static bool helpsAll(const PodClass&, JudgeSet, bool) { return true; }

  Engine engine;
  SchedulingQueue queue;
  Instant now{1h};
};

TEST_F(QueueTest, TheMostImportantIsNextAndOfEqualsWhoCameFirst) {
  put(pod("first"));
  now += 1s;
  put(pod("second"));
  put(pod("important", 10));
  EXPECT_EQ(next(), "important");
  EXPECT_EQ(next(), "first");
  EXPECT_EQ(next(), "second");
  EXPECT_EQ(next(), "");
}

TEST_F(QueueTest, AGatedPodHasNoTurnUntilItsGatesAreGone) {
  put(pod("gated", 0, true));
  EXPECT_EQ(next(), "");
  EXPECT_EQ(queue.count(Place::gated), 1u);
  put(pod("gated"));
  EXPECT_EQ(next(), "gated");
}

TEST_F(QueueTest, WhoWasRefusedComesBackWhenItIsHelpedAndNotBefore) {
  const auto web = pod("web");
  put(web);
  ASSERT_EQ(next(), "web");
  queue.refuse(away(web), bit(Judge::nodePorts), false, now);
  now += 1h;
  EXPECT_EQ(next(), "");
  EXPECT_EQ(queue.nextDue(), std::nullopt) << "it is polled";
  EXPECT_EQ(queue.wake([](const PodClass&, JudgeSet judges, bool) { return judges != bit(Judge::nodePorts); }, now),
            0u);
  EXPECT_EQ(next(), "");
  EXPECT_EQ(queue.wake(helpsAll, now), 1u);
  EXPECT_EQ(next(), "web");
}

TEST_F(QueueTest, WhoWasRefusedAMomentAgoGivesWayToWhoWasNot) {
  const auto tried = pod("tried");
  put(tried);
  ASSERT_EQ(next(), "tried");
  queue.refuse(away(tried), 0, false, now);
  queue.wake(helpsAll, now);
  put(pod("fresh"));
  EXPECT_EQ(next(), "fresh");
  EXPECT_EQ(next(), "tried") << "though nobody else is to be placed";
}

TEST_F(QueueTest, AFailureBacksOffForLongerEachTimeUpToTenSeconds) {
  const auto unlucky = pod("unlucky");
  put(unlucky);
  for (Duration wait : {1s, 2s, 4s, 8s, 10s, 10s}) {
    ASSERT_EQ(next(), "unlucky");
    queue.backOff(away(unlucky), now);
    EXPECT_EQ(queue.nextDue(), now + wait);
    now += wait - 1ms;
    EXPECT_EQ(next(), "");
    now += 1ms;
  }
}

TEST_F(QueueTest, APodThatIsAnotherOneNowIsTriedAgainAndOneThatIsNotIsNot) {
  const auto web = pod("web");
  put(web);
  ASSERT_EQ(next(), "web");
  queue.refuse(away(web), bit(Judge::nodeAffinity), false, now);
  put(engine.host.change<Pod>("default", "web", [](auto pod) { pod.initStatus().setMessage("waits"); }));
  EXPECT_EQ(next(), "");
  put(engine.host.change<Pod>("default", "web",
                              [](auto pod) { pod.getSpec().initTolerations(1)[0].setOperator("Exists"); }));
  EXPECT_EQ(next(), "web");
}

TEST_F(QueueTest, WhoIsGoneIsNowhere) {
  const auto web = pod("web"), db = pod("db");
  put(web);
  put(db);
  ASSERT_EQ(next(), "web");
  queue.refuse(away(web), 0, false, now);
  queue.erase(web.uid());
  queue.erase(db.uid());
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(queue.wake(helpsAll, now), 0u);
  EXPECT_EQ(next(), "");
}

struct HintCase {
  const char* what;
  Edit waiting;
  JudgeSet judges;
  ClusterEvent::What event;
  test::Pairs labels;  // of the pod that it is about
  const char* requests = "1";
  bool helps = false;
};

const auto kWent = ClusterEvent::What::podWent;
const auto kCame = ClusterEvent::What::podCame;
const auto kFit = bit(Judge::nodeResourcesFit);
const auto kFriends = bit(Judge::interPodAffinity);
const auto kSpread = bit(Judge::podTopologySpread);
const Edit kNearDb = [](auto pod) { near(pod, "zone", {{"app", "db"}}); };
const Edit kAwayFromDb = [](auto pod) { away(pod, "zone", {{"app", "db"}}); };
const Edit kEven = [](auto pod) { spread(pod, "DoNotSchedule", 1, "zone", {{"app", "db"}}); };
const test::Pairs kDb = {{"app", "db"}};

// The node has 2 CPUs, of which another pod has one; who waits asks for one.
const HintCase kHintCases[] = {
    {"room where there was none", kNothing, kFit, kWent, {}, "1", true},
    {"room for who waits for company", kNearDb, kFriends, kWent, {}, "1", false},
    {"a pod that comes", kNothing, kFit, kCame, {}, "1", false},
    {"company", kNearDb, kFriends, kCame, kDb, "1m", true},
    {"other company", kNearDb, kFriends, kCame, {{"app", "web"}}, "1m", false},
    {"who was shunned goes", kAwayFromDb, kFriends, kWent, kDb, "1m", true},
    {"another goes", kAwayFromDb, kFriends, kWent, {{"app", "web"}}, "1m", false},
    {"who is counted comes elsewhere", kEven, kSpread, kCame, kDb, "1m", true},
    {"who is counted begins to leave", kEven, kSpread, ClusterEvent::What::podLeaves, kDb, "1m", true},
    {"who is not counted begins to leave", kEven, kSpread, ClusterEvent::What::podLeaves, {}, "1m", false},
    {"a namespace for who asks about pods", kNearDb, kFriends, ClusterEvent::What::namespaces, {}, "1m", true},
    {"a namespace for who does not", kNothing, kFit, ClusterEvent::What::namespaces, {}, "1m", false},
    {"storage for who has none", kNothing, kFit, ClusterEvent::What::storage, {}, "1m", false},
};

TEST(Hints, SayWhatMayHelpWhom) {
  for (const HintCase& each : kHintCases) {
    Engine engine;
    ClusterState& state = engine.state();
    const NodeIndex node =
        state.setNode(engine.host.put(test::makeNode("a", {{"cpu", "2"}, {"pods", "9"}}, {{"zone", "a"}})));
    state.setPod(engine.host.put(test::makePod("there", {{"cpu", "1"}})), "a");
    auto waiting = test::makePod("waiting", {{"cpu", "1"}});
    waiting->getSpec().setSchedulerName("default-scheduler");
    each.waiting(*waiting);
    const ClassRef podClass = state.classes().of(engine.host.put(std::move(waiting)));
    ClusterEvent event{.what = each.event, .node = node};
    event.podClass = state.classes().of(engine.host.put(test::makePod("other", {{"cpu", each.requests}}, each.labels)));
    EXPECT_EQ(mayHelp(event, {*podClass, each.judges, false}, engine.scheduler), each.helps) << each.what;
  }
}

TEST(Hints, ANodeHelpsWhoFitsOnItNowAndDidNotBefore) {
  Engine engine;
  auto waiting = test::makePod("waiting", {{"cpu", "3"}});
  waiting->getSpec().setSchedulerName("default-scheduler");
  const ClassRef podClass = engine.state().classes().of(engine.host.put(std::move(waiting)));
  auto helps = [&](const Object<Node>& before, Draft<Node> draft) {
    const Object<Node> now = engine.host.put(std::move(draft));
    const ClusterEvent event{ClusterEvent::What::nodeSet, engine.state().setNode(now), nullptr, before, now};
    return mayHelp(event, {*podClass, kFit, false}, engine.scheduler);
  };
  const test::Pairs small = {{"cpu", "2"}, {"pods", "9"}}, large = {{"cpu", "4"}, {"pods", "9"}};
  EXPECT_FALSE(helps({}, test::makeNode("a", small)));
  const auto before = engine.host.get<Node>("a");
  EXPECT_TRUE(helps(before, test::makeNode("a", large)));
  EXPECT_FALSE(helps(engine.host.get<Node>("a"), test::makeNode("a", large, {{"some", "label"}})));
  auto closed = test::makeNode("b", large);
  closed->initSpec().setUnschedulable(true);
  EXPECT_FALSE(helps({}, std::move(closed)));
  EXPECT_TRUE(helps(engine.host.get<Node>("b"), test::makeNode("b", large)));
}

}  // namespace
}  // namespace cleat::scheduling
