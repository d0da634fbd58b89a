// Room that others have a say in: what is offered, and what is made of what they leave of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/scheduler-default/engine.h"

namespace cleat::scheduling {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RoomOffers : public testing::Test {
 protected:
  RoomOffers() {
    for (const char* node : {"a", "b"}) {
      engine.state().setNode(test::makeNode(node, {{"cpu", "2"}, {"pods", "10"}}).freeze());
    }
    place("low", 1, "a", "2");
    place("mid", 5, "b", "1");
    place("mid-too", 5, "b", "1");
  }
  static Object<Pod> pod(const std::string& name, int priority, const std::string& cpu) {
    auto draft = test::makePod(name, {{"cpu", cpu}});
    draft.meta().setUid(concat("uid-", name));
    draft->getSpec().setSchedulerName("default-scheduler");
    draft->getSpec().initPriority().setValue(priority);
    return std::move(draft).freeze();
  }
  void place(const std::string& name, int priority, const std::string& node, const std::string& cpu) {
    engine.state().setPod(pod(name, priority, cpu), node);
  }
  ClassRef classOf(const Object<Pod>& pod) { return engine.state().classes().of(pod); }
  Refusal offered(const Object<Pod>& pod) {
    return engine.scheduler.decide(pod, classOf(pod), MakesRoom::whenAgreed).refusal;
  }
  static std::vector<std::string> names(const std::vector<Object<Pod>>& pods) {
    std::vector<std::string> all;
    for (const Object<Pod>& one : pods) all.push_back(str(one.name()));
    std::ranges::sort(all);
    return all;
  }

  Engine engine;
  const Object<Pod> high = pod("high", 10, "2");
};

TEST_F(RoomOffers, AreOfEveryNodeAndChangeNothing) {
  const Refusal refusal = offered(high);
  ASSERT_EQ(refusal.offers.size(), 2u);
  std::map<std::string, std::vector<std::string>> byNode;
  for (const RoomOffer& offer : refusal.offers) byNode[offer.node] = names(offer.victims);
  EXPECT_THAT(byNode["a"], ElementsAre("low"));
  EXPECT_THAT(byNode["b"], ElementsAre("mid", "mid-too"));
  EXPECT_EQ(refusal.nominated, "");
  EXPECT_THAT(refusal.victims, IsEmpty());
  EXPECT_FALSE(engine.state().placed("uid-low")->evicted);
  EXPECT_EQ(engine.state().nomination("uid-high"), nullptr);
}

TEST_F(RoomOffers, TheLeastHarmOfWhatIsLeftIsChosen) {
  Refusal refusal = offered(high);
  engine.scheduler.makeRoom(high, classOf(high), refusal.offers, refusal);
  EXPECT_EQ(refusal.nominated, "a");
  EXPECT_THAT(names(refusal.victims), ElementsAre("low"));
  EXPECT_TRUE(engine.state().placed("uid-low")->evicted);
  EXPECT_NE(engine.state().nomination("uid-high"), nullptr);
  EXPECT_EQ(refusal.message,
            "0/2 nodes are available: 2 Insufficient cpu. preemption: found a potential placement for pod on node a, "
            "preempting 1 victims");
}

TEST_F(RoomOffers, MayBeMoreHarmfulBySomebodyElsesWord) {
  Refusal refusal = offered(high);
  std::vector<RoomOffer> agreed = refusal.offers;
  for (RoomOffer& offer : agreed) offer.violations = offer.node == "a" ? 1 : 0;
  engine.scheduler.makeRoom(high, classOf(high), agreed, refusal);
  EXPECT_EQ(refusal.nominated, "b");
  EXPECT_THAT(names(refusal.victims), ElementsAre("mid", "mid-too"));
}

TEST_F(RoomOffers, WhoHasGoneMeanwhileNeedNotGo) {
  Refusal refusal = offered(high);
  std::erase_if(refusal.offers, [](const RoomOffer& offer) { return offer.node == "a"; });
  engine.state().removePod("uid-mid");
  const std::vector<RoomOffer> agreed = refusal.offers;
  engine.scheduler.makeRoom(high, classOf(high), agreed, refusal);
  EXPECT_EQ(refusal.nominated, "b");
  EXPECT_THAT(names(refusal.victims), ElementsAre("mid-too"));
}

TEST_F(RoomOffers, OfNodesThatHaveGoneAreNone) {
  Refusal refusal = offered(high);
  const std::vector<RoomOffer> agreed = refusal.offers;
  engine.state().removeNode("a");
  engine.state().removeNode("b");
  engine.scheduler.makeRoom(high, classOf(high), agreed, refusal);
  EXPECT_EQ(refusal.nominated, "");
  EXPECT_THAT(refusal.message, testing::EndsWith(" preemption: no candidate node for preemption"));
}

TEST_F(RoomOffers, AnErrorIsSaidAndLeavesEverybodyWhereTheyAre) {
  Refusal refusal = offered(high);
  engine.scheduler.makeRoom(high, classOf(high), fail(Status::internal("it is out of order")), refusal);
  EXPECT_EQ(refusal.nominated, "");
  EXPECT_THAT(refusal.victims, IsEmpty());
  EXPECT_EQ(refusal.message, "0/2 nodes are available: 2 Insufficient cpu. preemption: it is out of order");
  EXPECT_FALSE(engine.state().placed("uid-low")->evicted);
}

TEST_F(RoomOffers, AreNoneWhereNobodyIsLessImportant) {
  const Refusal refusal = offered(pod("equal", 1, "2"));
  EXPECT_THAT(refusal.offers, IsEmpty());
  EXPECT_THAT(refusal.message,
              testing::HasSubstr("preemption: 0/2 nodes are available: 2 No preemption victims found"));
}

}  // namespace
}  // namespace cleat::scheduling
