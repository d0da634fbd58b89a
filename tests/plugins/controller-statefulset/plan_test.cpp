// What is decided on by situation. A pod is written as its number and letters: "r" ready, "p" pending, "f" failed, "s"
// succeeded, "d" being deleted, "o" of the old template, "x" without its label, and none of r, p, f and s for one that
// runs and is not ready. What follows from it is "+N" for a pod made, "-N" for one deleted, "~N" for one repaired, and
// "o" behind those made of the old template.
#include "plugins/controller-statefulset/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <sstream>

#include "tests/plugins/controller-statefulset/statefulset_test.h"

namespace cleat::statefulset {
namespace {

using namespace std::chrono_literals;

using Edit = std::function<void(StatefulSet::Builder)>;
struct Case {
  const char* what;
  const char* pods;
  const char* expected;
  Edit edit = {};
};

bool has(std::string_view state, char letter) { return state.contains(letter); }

Object<Pod> podOf(const std::string& text) {
  const size_t digits = text.find_first_not_of("0123456789");
  const std::string name = concat("web-", text.substr(0, digits));
  const std::string state = digits == std::string::npos ? "" : text.substr(digits);
  auto pod = test::makePod(name, {}, {{"app", "web"}});
  pod.meta().setUid(name);
  if (!has(state, 'x')) setLabel(pod.meta(), kPodNameLabel, name);
  setLabel(pod.meta(), kRevisionHashLabel, has(state, 'o') ? "old" : "new");
  if (has(state, 'd')) pod.meta().setDeletionTimestamp("2026-01-01T00:01:00Z");
  auto status = pod->initStatus();
  status.setPhase(has(state, 'f') ? "Failed" : has(state, 's') ? "Succeeded" : has(state, 'p') ? "Pending" : "Running");
  if (has(state, 'r')) {
    setCondition<core_v1::PodCondition>(status, {"Ready", "True", "", "", "2026-01-01T00:00:00Z"});
  }
  return std::move(pod).freeze();
}

Situation situationOf(const Edit& edit, const char* pods) {
  Draft<StatefulSet> set = makeSet();
  if (edit) edit(*set);
  Situation situation{std::move(set).freeze(), "old", "new", {}, *parseTime(std::string_view("2026-01-02T00:00:00Z"))};
  std::istringstream words(pods);
  for (std::string word; words >> word;) situation.pods.push_back(podOf(word));
  return situation;
}

std::string shown(const Actions& actions) {
  std::string text;
  auto add = [&](const std::string& what) { text += concat(text.empty() ? "" : " ", what); };
  for (const auto& pod : actions.claim) add(concat("claim ", pod.name().substr(4)));
  for (const auto& pod : actions.repair) add(concat("~", pod.name().substr(4)));
  for (const NewPod& pod : actions.create) add(concat("+", pod.ordinal, pod.updated ? "" : "o"));
  for (const auto& pod : actions.remove) add(concat("-", pod.name().substr(4)));
  return text;
}

void check(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    EXPECT_EQ(shown(plan(situationOf(each.edit, each.pods))), each.expected) << each.what;
  }
}

Edit replicas(int count) {
  return [=](auto set) { set.getSpec().initReplicas().setValue(count); };
}
Edit both(Edit a, Edit b) {
  return [=](auto set) {
    a(set);
    b(set);
  };
}
Edit parallel() {
  return [](auto set) { set.getSpec().setPodManagementPolicy("Parallel"); };
}
Edit partition(int ordinal) {
  return [=](auto set) { set.getSpec().getUpdateStrategy().getRollingUpdate().initPartition().setValue(ordinal); };
}
Edit unavailable(const char* most) {
  return [=](auto set) { set.getSpec().getUpdateStrategy().getRollingUpdate().initMaxUnavailable().setStrVal(most); };
}
Edit onDelete() {
  return [](auto set) {
    set.getSpec().getUpdateStrategy().setType("OnDelete");
    set.getSpec().getUpdateStrategy().disownRollingUpdate();
  };
}
Edit start(int ordinal) {
  return [=](auto set) { set.getSpec().initOrdinals().setStart(ordinal); };
}
Edit minReady(int seconds) {
  return [=](auto set) { set.getSpec().setMinReadySeconds(seconds); };
}

TEST(Plan, OrderedPodsComeOneAfterTheOther) {
  check({{"none yet", "", "+0"},
         {"the first is pending", "0p", ""},
         {"the first is not ready", "0", ""},
         {"the first is ready", "0r", "+1"},
         {"all there", "0r 1r 2r", ""},
         {"one is missing in between", "0r 2r", "+1"},
         {"one is missing, and one before it is not ready", "0 2r", ""},
         {"one is being deleted", "0r 1rd", ""},
         {"one is not ready, with a later one missing", "0r 1", ""},
         {"ready, but not for long enough", "0r", "", minReady(86401)},
         {"none is wanted", "", "", replicas(0)},
         {"numbers begin elsewhere", "", "+5", start(5)},
         {"and go on there", "5r 6r", "+7", start(5)},
         {"a pod without a label of its own", "0rx 1r", "~0 +2"},
         {"one that is not ready is not repaired yet", "0x", ""}});
}

TEST(Plan, PodsThatHaveEndedAreMadeAgain) {
  check({{"failed", "0f 1r 2r", "-0"},
         {"ended well", "0r 1s 2r", "-1"},
         {"failed and being deleted", "0fd 1r 2r", ""},
         {"all failed, in order", "0f 1f 2f", "-0"},
         {"all failed, in parallel", "0f 1s 2f", "-0 -1 -2", parallel()},
         {"one too many has failed", "0r 1r 2r 3f", "-3"}});
}

TEST(Plan, OrderedPodsGoFromTheLastOneDown) {
  check({{"two too many", "0r 1r 2r 3r 4r", "-4"},
         {"the last one is going", "0r 1r 2r 3r 4rd", ""},
         {"one that stays is not ready", "0r 1 2r 3r 4r", ""},
         {"the last one is not ready, and nothing else", "0r 1r 2r 3r 4", "-4"},
         {"one before the last is not ready", "0r 1r 2r 3 4r", "-4"},
         {"both are not", "0r 1r 2r 3 4", ""},
         {"all go, and all are unwell", "0 1 2", "", replicas(0)},
         {"all go, and the first is unwell", "0 1r 2r", "-2", replicas(0)},
         {"the numbers begin later now", "0r 1r 2r 3r 4r", "-1", start(2)},
         {"a missing pod comes first", "0r 1r 3r", "+2"}});
}

TEST(Plan, ParallelPodsWaitForNobody) {
  check({{"none yet", "", "+0 +1 +2", parallel()},
         {"one is not ready", "0", "+1 +2", parallel()},
         {"one is being deleted", "0rd", "+1 +2", parallel()},
         {"two too many", "0 1r 2 3 4r", "-4 -3", parallel()},
         {"too many of other numbers", "0r 1r", "+5 +6 +7 -1 -0", both(parallel(), start(5))},
         {"one is repaired though another is not ready", "0 1rx 2r", "~1", parallel()}});
}

TEST(RollingUpdate, ReplacesFromTheLastOneDown) {
  check({{"all are old", "0ro 1ro 2ro", "-2"},
         {"the last one is on its way", "0ro 1ro 2", ""},
         {"the last one is being deleted", "0ro 1ro 2rod", ""},
         {"the last one is done", "0ro 1ro 2r", "-1"},
         {"the last one is missing", "0ro 1ro", "+2"},
         {"one before it is missing: it is made anew", "0ro 2r", "+1"},
         {"an old one is not ready", "0ro 1o 2ro", ""},
         {"all is new", "0r 1r 2r", ""},
         {"a smaller set comes first", "0ro 1ro 2ro 3ro", "-3"}});
}

TEST(RollingUpdate, StopsAtThePartition) {
  check({{"nothing below it", "0ro 1ro 2ro", "-2", partition(2)},
         {"done so far", "0ro 1ro 2r", "", partition(2)},
         {"one below it comes back as it was", "1ro 2r", "+0o", partition(2)},
         {"one above it comes back updated", "0ro 1ro", "+2", partition(2)},
         {"beyond all", "0ro 1ro 2ro", "", partition(7)},
         {"counted from the first number", "5ro 6ro 7ro", "-7", both(start(5), partition(2))},
         {"and no further", "5ro 6ro 7r", "", both(start(5), partition(2))}});
}

TEST(RollingUpdate, SeveralAtATime) {
  check({{"two", "0ro 1ro 2ro", "-2 -1", unavailable("66%")},
         {"a part is rounded up", "0ro 1ro 2ro", "-2", unavailable("1%")},
         {"all", "0ro 1ro 2ro", "-2 -1 -0", unavailable("100%")},
         {"no more than the partition allows", "0ro 1ro 2ro", "-2", both(unavailable("100%"), partition(2))},
         {"one is on its way", "0ro 1ro 2", "-1", both(parallel(), unavailable("66%"))},
         {"two are on their way", "0ro 1 2", "", both(parallel(), unavailable("66%"))},
         {"in order, one on its way holds up the rest", "0ro 1ro 2", "", unavailable("66%")}});
}

TEST(RollingUpdate, AnOldPodThatIsOfNoUseGivesWayFirst) {
  check({{"the last one", "0ro 1ro 2o", "-2", parallel()},
         {"one before it", "0ro 1o 2ro", "-1", parallel()},
         {"two, both of which are", "0ro 1o 2o", "-2 -1", parallel()},
         {"and one that is well besides", "0ro 1o 2ro", "-1 -2", both(parallel(), unavailable("66%"))},
         {"not below the partition", "0o 1o 2ro", "-1", both(parallel(), partition(1))},
         {"in order it has to be ready first", "0ro 1ro 2o", ""}});
}

TEST(OnDelete, LeavesOldPodsAloneAndMakesNewOnesUpdated) {
  check({{"all old", "0ro 1ro 2ro", "", onDelete()}, {"one was deleted", "0ro 2ro", "+1", onDelete()}});
}

TEST(RollingUpdate, WithoutBoundsMissingPodsComeBackAsTheyWere) {
  auto bare = [](StatefulSet::Builder set) {
    set.getSpec().getUpdateStrategy().disownRollingUpdate();
    set.initStatus().setCurrentReplicas(2);
  };
  check({{"one that the update has not reached", "0ro 2r", "+1o", bare}, {"one that it has", "0ro 1ro", "+2", bare}});
}

TEST(Plan, ClaimsComeBeforePodsAndOldOnesGoFirst) {
  Situation situation = situationOf(replicas(2), "0p");
  situation.claimsMissing = [](int64_t) { return true; };
  EXPECT_EQ(shown(plan(situation)), "claim 0");
  situation = situationOf(replicas(2), "0r");
  situation.claimsStale = [](int64_t ordinal) { return ordinal == 1; };
  EXPECT_EQ(shown(plan(situation)), "");
  situation = situationOf(both(parallel(), replicas(3)), "0r");
  situation.claimsStale = [](int64_t ordinal) { return ordinal == 1; };
  EXPECT_EQ(shown(plan(situation)), "+2");
  situation = situationOf(replicas(1), "0r 1r");
  situation.claimsOwned = [](const Object<Pod>& pod) { return pod.name() == "web-0"; };
  EXPECT_EQ(shown(plan(situation)), "~1 -1");
}

TEST(Count, PodsByWhatTheyAre) {
  Numbers numbers = count(situationOf({}, "0ro 1r 2 3rod 4p 5f"));
  EXPECT_EQ(numbers.replicas, 6);
  EXPECT_EQ(numbers.ready, 3);
  EXPECT_EQ(numbers.available, 3);
  EXPECT_EQ(numbers.current, 1);
  EXPECT_EQ(numbers.updated, 4);
  numbers = count(situationOf(minReady(86401), "0r"));  // a day, and a second more
  EXPECT_EQ(numbers.ready, 1);
  EXPECT_EQ(numbers.available, 0);
  EXPECT_EQ(numbers.lookAgain, 1s);
}

TEST(IsUpdateComplete, WhenAllThatAreWantedAreNewAndReady) {
  auto complete = [](const Edit& edit, const char* pods) {
    const Situation situation = situationOf(edit, pods);
    return isUpdateComplete(situation.set, count(situation));
  };
  EXPECT_TRUE(complete({}, "0r 1r 2r"));
  EXPECT_FALSE(complete({}, "0ro 1r 2r"));
  EXPECT_FALSE(complete({}, "0r 1r 2"));
  EXPECT_FALSE(complete({}, "0r 1r"));
  EXPECT_FALSE(complete({}, "0r 1r 2r 3ro"));
  EXPECT_TRUE(complete(onDelete(), "0r 1r 2r"));
}

}  // namespace
}  // namespace cleat::statefulset
