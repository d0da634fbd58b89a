// Plugins of the role scheduler-extension: what the scheduler asks them, what it makes of what they say, and what those
// cost it that hang, lie or are not there.
#include <cleat/schema/role/fillers.methods.h>
#include <cleat/schema/role/scheduler_extension.methods.h>
#include <gmock/gmock.h>

#include <functional>
#include <map>

#include "tests/plugins/scheduler-default/scheduler_fixture.h"

namespace cleat::scheduling {
namespace {

using core_v1::Node;
using core_v1::Pod;
using testing::Contains;
using testing::HasSubstr;

// The extension "ranks" as the test has it, on the other side of the host.
class Extended : public SchedulerTest {
 protected:
  using Judge = std::function<void(role::JudgeParams::Reader, role::JudgeResults::Builder)>;

  Extended() {
    host.setReply(role::fillers::call, [this](const AnyAnswer& params, AnyDraft&, std::vector<AnyRef>& objects) {
      auto called = params.as<role::CallFillerParams>();
      ++asked[called.getMethod()];
      return answer(called.getMethod(), objects);
    });
    for (const char* name : {"a", "b", "c"}) node(name);
  }

  Result<void> answer(uint32_t method, std::vector<AnyRef>& objects) {
    if (!fault.empty()) return fail(Status::timeout(fault));
    if (method == role::schedulerExtension::describe.ordinal) {
      Draft<role::ExtensionDescription> draft;
      draft->setJudges(true);
      draft->setReserves(reserves);
      draft->setPermits(permits);
      draft->setPostBinds(true);
      give(objects, std::move(draft));
    } else if (method == role::schedulerExtension::judge.ordinal) {
      auto params = objects[0].as<role::JudgeParams>();
      nodesSent += params.getChanged().size();
      pods = 0;
      for (auto group : params.getGroups()) pods += group.getPods();
      Draft<role::JudgeResults> draft;
      draft->initGroups(params.getGroups().size());
      if (judge) judge(params, *draft);
      give(objects, std::move(draft));
    } else if (method == role::schedulerExtension::reserve.ordinal) {
      give(objects, verdicts(objects, reserveRefusal));
    } else if (method == role::schedulerExtension::permit.ordinal) {
      give(objects, verdicts(objects, permitRefusal));
    } else {
      give(objects, Draft<role::ListFillersParams>());
    }
    return {};
  }
  template <class T>
  static void give(std::vector<AnyRef>& objects, Draft<T> results) {
    objects = {std::move(results).freezeAny()};
  }
  static Draft<role::VerdictsResults> verdicts(const std::vector<AnyRef>& objects, const std::string& refusal) {
    const unsigned count = objects[0].as<role::PlacementsParams>().getNodes().size();
    Draft<role::VerdictsResults> draft;
    if (refusal.empty()) return draft;
    auto list = draft->initRefusals(count);
    for (unsigned i = 0; i < count; ++i) list.set(i, refusal);
    return draft;
  }

  void node(const std::string& name) { host.put(test::makeNode(name, {{"cpu", "100"}, {"pods", "100"}})); }
  void begin(const std::string& more = "") { start({{"extensions", R"({"name":"ranks")" + more + "}"}}); }
  // Scores of nodes by number, which are in the order in which the nodes came.
  static Judge scores(std::vector<uint8_t> all) {
    return [all](role::JudgeParams::Reader, role::JudgeResults::Builder results) {
      for (auto group : results.getGroups()) {
        auto list = group.initScores(static_cast<unsigned>(all.size()));
        for (unsigned i = 0; i < list.size(); ++i) list.set(i, all[i]);
      }
    };
  }
  static Judge allows(uint8_t bits, const char* why = "had no licence") {
    return [bits, why](role::JudgeParams::Reader, role::JudgeResults::Builder results) {
      for (auto group : results.getGroups()) {
        group.initAllowed(1)[0] = bits;
        group.setReason(why);
      }
    };
  }

  Judge judge;
  bool reserves = false, permits = false;
  std::string fault, reserveRefusal, permitRefusal;
  std::map<uint32_t, int> asked;
  uint32_t pods = 0;
  size_t nodesSent = 0;
};

constexpr uint32_t kJudge = role::schedulerExtension::judge.ordinal;
constexpr uint32_t kUnreserve = role::schedulerExtension::unreserve.ordinal;
constexpr uint32_t kPostBind = role::schedulerExtension::postBind.ordinal;

TEST_F(Extended, TheBestByItsScoreIsChosen) {
  judge = scores({0, 0, 100});
  begin(R"(,"weight":10)");
  for (const char* name : {"p", "q", "r"}) pod(name);
  host.settle();
  for (const char* name : {"p", "q", "r"}) EXPECT_EQ(nodeOf(name), "c");
  EXPECT_EQ(asked[kPostBind], 3);
}

TEST_F(Extended, EqualPodsAreAskedAboutTogetherAndNodesAreSentOnce) {
  begin();
  for (int i = 0; i < 20; ++i) pod("p" + std::to_string(i));
  host.settle();
  EXPECT_EQ(asked[kJudge], 1);
  EXPECT_EQ(pods, 20u);
  EXPECT_EQ(nodesSent, 3u);
  node("d");
  host.settle();
  pod("last");
  host.settle();
  EXPECT_EQ(asked[kJudge], 2);
  EXPECT_EQ(nodesSent, 4u);
}

TEST_F(Extended, PodsThatDifferInTheirAnnotationsAreAskedAboutApart) {
  int groups = 0;
  judge = [&](role::JudgeParams::Reader params, role::JudgeResults::Builder) { groups += params.getGroups().size(); };
  begin();
  pod("plain");
  pod("p", {}, [](Pod::Builder asking) { setAnnotation(asking.getMetadata(), "example.com/gpus", "1"); });
  pod("q", {}, [](Pod::Builder asking) { setAnnotation(asking.getMetadata(), "example.com/gpus", "1"); });
  host.settle();
  EXPECT_EQ(groups, 2);
}

TEST_F(Extended, ANodeThatItRefusesIsNotTaken) {
  judge = allows(0b010);
  begin();
  pod("p");
  host.settle();
  EXPECT_EQ(nodeOf("p"), "b");
  judge = allows(0b000);
  pod("q");
  host.settle();
  EXPECT_EQ(nodeOf("q"), "");
  EXPECT_EQ(reasonOf("q"), "0/3 nodes are available: 3 node(s) had no licence.");
}

TEST_F(Extended, APodThatItRefusedIsTriedAgainWhenANodeChangesOrAfterAWhile) {
  judge = allows(0b000);
  begin();
  pod("p");
  host.settle();
  ASSERT_EQ(nodeOf("p"), "");
  judge = allows(0b100);
  host.advance(std::chrono::seconds(31));
  EXPECT_EQ(nodeOf("p"), "c");
}

TEST_F(Extended, AsManyGoToANodeAsItTakes) {
  judge = [](role::JudgeParams::Reader, role::JudgeResults::Builder results) {
    auto room = results.getGroups()[0].initRoom(3);
    room.set(0, 1);
    room.set(1, 2);
    room.set(2, 0);
  };
  begin();
  for (const char* name : {"p", "q", "r", "s"}) pod(name);
  host.settle();
  std::map<std::string, int> placed;
  for (const char* name : {"p", "q", "r", "s"}) ++placed[nodeOf(name)];
  EXPECT_EQ(placed, (std::map<std::string, int>{{"a", 1}, {"b", 2}, {"", 1}}));
}

TEST_F(Extended, AScoreThatFallsSpreadsPodsThatAreAskedAboutTogether) {
  auto falling = [](role::JudgeParams::Reader, role::JudgeResults::Builder results) {
    auto group = results.getGroups()[0];
    auto scores = group.initScores(3);
    auto worse = group.initWorse(3);
    const uint8_t all[] = {100, 80, 10};
    for (unsigned i = 0; i < 3; ++i) {
      scores.set(i, all[i]);
      worse.set(i, 1250);
    }
  };
  judge = falling;
  begin(R"(,"weight":100)");
  for (const char* name : {"p", "q", "r", "s", "t"}) pod(name);
  host.settle();
  std::map<std::string, int> placed;
  for (const char* name : {"p", "q", "r", "s", "t"}) ++placed[nodeOf(name)];
  // 100, 87.5, 80, 75, 67.5.
  EXPECT_EQ(placed, (std::map<std::string, int>{{"a", 3}, {"b", 2}}));
  judge = [&](role::JudgeParams::Reader params, role::JudgeResults::Builder results) {
    falling(params, results);
    auto after = results.getGroups()[0].initWorseAfter(3);
    after.set(0, 4);
  };
  for (const char* name : {"u", "v", "w", "x", "y"}) pod(name);
  host.settle();
  for (const char* name : {"u", "v", "w", "x", "y"}) EXPECT_EQ(nodeOf(name), "a") << name;
}

TEST_F(Extended, AScoreThatFallsIsNothingAtTheLowest) {
  judge = [](role::JudgeParams::Reader, role::JudgeResults::Builder results) {
    auto group = results.getGroups()[0];
    group.initScores(3).set(2, 20);
    group.initWorse(3).set(2, UINT16_MAX);
  };
  begin(R"(,"weight":100)");
  for (int i = 0; i < 6; ++i) pod("p" + std::to_string(i));
  host.settle();
  // The best once, and then as good as the others.
  std::map<std::string, int> placed;
  for (int i = 0; i < 6; ++i) ++placed[nodeOf("p" + std::to_string(i))];
  EXPECT_EQ(placed, (std::map<std::string, int>{{"a", 2}, {"b", 2}, {"c", 2}}));
}

TEST_F(Extended, APodThatItRefusedIsTriedAgainWhenItSaysSo) {
  judge = [](role::JudgeParams::Reader params, role::JudgeResults::Builder results) {
    allows(0b000)(params, results);
    results.getGroups()[0].setAgainAfterMs(5000);
  };
  begin();
  pod("p");
  host.settle();
  EXPECT_EQ(asked[kJudge], 1);
  host.advance(std::chrono::seconds(4));
  EXPECT_EQ(asked[kJudge], 1);
  host.advance(std::chrono::seconds(1));
  EXPECT_EQ(asked[kJudge], 2);
  judge = [](role::JudgeParams::Reader params, role::JudgeResults::Builder results) {
    allows(0b000)(params, results);
    results.getGroups()[0].setAgainAfterMs(1);
  };
  host.advance(std::chrono::seconds(5));
  const int before = asked[kJudge];
  host.advance(std::chrono::seconds(3));
  EXPECT_EQ(asked[kJudge], before + 3) << "not more often than every second";
}

TEST_F(Extended, WhoIsForNoNodeAtAllIsToldWhy) {
  judge = [](role::JudgeParams::Reader, role::JudgeResults::Builder results) {
    results.getGroups()[0].setRefusal("the tenant has no budget left");
  };
  begin();
  pod("p");
  host.settle();
  EXPECT_EQ(reasonOf("p"), "0/3 nodes are available: the tenant has no budget left.");
}

TEST_F(Extended, OneThatDoesNotAnswerKeepsPodsWaitingAndThenIsAskedAgain) {
  fault = "plugin ranks did not answer SchedulerExtension.describe within 1 s";
  begin();
  pod("p");
  host.settle();
  EXPECT_EQ(nodeOf("p"), "");
  EXPECT_THAT(whyWaiting("p"), HasSubstr("running extension \"ranks\": plugin ranks did not answer"));
  fault.clear();
  host.advance(std::chrono::seconds(15));
  EXPECT_NE(nodeOf("p"), "");
}

TEST_F(Extended, OrIsPassedOver) {
  fault = "plugin ranks is restarting";
  begin(R"(,"failure_policy":"ignore")");
  for (int i = 0; i < 5; ++i) {
    pod("p" + std::to_string(i));
    host.settle();
    EXPECT_NE(nodeOf("p" + std::to_string(i)), "");
  }
  // It is not asked every time anew.
  EXPECT_EQ(asked[role::schedulerExtension::describe.ordinal], 1);
}

TEST_F(Extended, WhoAnswersAboutOtherNodesThanThereAreHasFailed) {
  judge = scores({1, 2});
  begin();
  pod("p");
  host.settle();
  EXPECT_THAT(whyWaiting("p"), HasSubstr("answered about other nodes than there are"));
  judge = scores({1, 2, 200});
  pod("q");
  host.advance(std::chrono::seconds(5));
  EXPECT_THAT(whyWaiting("q"), HasSubstr("gave a score of 200, and 100 is the most"));
  judge = [](role::JudgeParams::Reader, role::JudgeResults::Builder results) { results.initGroups(7); };
  pod("r");
  host.advance(std::chrono::seconds(15));
  EXPECT_THAT(whyWaiting("r"), HasSubstr("and answered about 7"));
  judge = scores({0, 100, 0});
  host.advance(std::chrono::seconds(60));
  for (const char* name : {"p", "q", "r"}) EXPECT_NE(nodeOf(name), "") << name;
}

TEST_F(Extended, WhoHasForgottenTheNodesIsToldThemAgain) {
  bool stale = false;
  judge = [&](role::JudgeParams::Reader params, role::JudgeResults::Builder results) {
    results.setStale(stale && params.getBefore() != 0);
  };
  begin();
  pod("p");
  host.settle();
  EXPECT_EQ(nodesSent, 3u);
  stale = true;
  pod("q");
  host.settle();
  EXPECT_NE(nodeOf("q"), "");
  EXPECT_EQ(nodesSent, 6u);
}

TEST_F(Extended, AReservationThatIsRefusedLeavesThePodUnbound) {
  reserves = true;
  reserveRefusal = "the licence server says no";
  begin();
  pod("p");
  host.settle();
  EXPECT_EQ(nodeOf("p"), "");
  EXPECT_THAT(whyWaiting("p"), HasSubstr("running Reserve extension \"ranks\": the licence server says no"));
  EXPECT_EQ(asked[kUnreserve], 1);
  reserveRefusal.clear();
  host.advance(std::chrono::seconds(2));
  EXPECT_NE(nodeOf("p"), "");
}

TEST_F(Extended, NothingIsHeldForAPodThatIsNotPermitted) {
  reserves = permits = true;
  permitRefusal = "not today";
  begin();
  pod("p");
  host.settle();
  EXPECT_EQ(nodeOf("p"), "");
  EXPECT_THAT(whyWaiting("p"), HasSubstr("running Permit extension \"ranks\": not today"));
  EXPECT_EQ(asked[kUnreserve], 1);
}

TEST_F(Extended, NorForOneWhoseBindingFails) {
  reserves = true;
  int refusals = 1;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    if (verb == "create/binding" && refusals-- > 0) return fail(Status::conflict("pods", "p", "no"));
    return {};
  });
  begin();
  pod("p");
  host.settle();
  EXPECT_EQ(asked[kUnreserve], 1);
  host.advance(std::chrono::seconds(2));
  EXPECT_NE(nodeOf("p"), "");
  EXPECT_EQ(asked[kPostBind], 1);
}

TEST_F(Extended, OnlyPodsOfItsProfilesAreItsBusiness) {
  judge = allows(0b000);
  start({{"extensions", R"({"name":"ranks","profiles":["packer"]})"}, {"profiles", "packer"}});
  pod("free");
  pod("kept", "1", "packer");
  host.settle();
  EXPECT_NE(nodeOf("free"), "");
  EXPECT_EQ(nodeOf("kept"), "");
}

TEST_F(Extended, WrongSettingsAreNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"weight":1})", "extensions[0].name: is missing"},
      {R"({"name":"x","weight":101})", "extensions[0].weight: must be a number from 0 to 100"},
      {R"({"name":"x","timeout":"soon"})", "extensions[0].timeout: must be a time from 1ms to 10m"},
      {R"({"name":"x","failure_policy":"maybe"})",
       "extensions[0].failure_policy: \"maybe\" is neither fail nor ignore"},
      {R"({"name":"x","colour":"red"})", "extensions[0].colour: no such setting; there are "},
      {R"({"name":"x","profiles":["y"]})", "extensions[0].profiles: there is no profile \"y\""},
      {"{\"name\":\"x\"}\n{\"name\":\"x\"}", "extensions[1]: \"x\" is named twice"},
  };
  for (const auto& [settings, error] : cases) {
    auto started = host.start(cleat_plugin_v1(), {{"extensions", settings}});
    EXPECT_FALSE(started.ready());
    EXPECT_THAT(started.readyError(), HasSubstr(error)) << settings;
  }
}

}  // namespace
}  // namespace cleat::scheduling
