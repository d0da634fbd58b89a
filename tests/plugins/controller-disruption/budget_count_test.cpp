// What a budget says, by situation. Pods are letters: "r" ready, "u" not ready, "d" ready and being deleted, "e" ready
// and evicted a moment ago, "o" ready and evicted long ago.
#include "plugins/controller-disruption/budget_count.h"

#include <cleat/sdk/meta.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

namespace cleat::disruption {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const WallTime kNow = *parseTime(std::string_view("2026-01-01T12:00:00Z"));

struct Bounds {
  const char* minAvailable = nullptr;
  const char* maxUnavailable = nullptr;
};
void setBound(meta_v1::IntOrString::Builder bound, std::string_view text) {
  if (auto number = parseInteger<int32_t>(text)) {
    bound.setIntVal(*number);
  } else {
    bound.setStrVal(str(text));
  }
}

Object<PodDisruptionBudget> budgetOf(const Bounds& bounds, const test::Pairs& disrupted = {}) {
  auto budget = test::named<PodDisruptionBudget>("default", "web");
  budget.meta().setGeneration(3);
  auto spec = budget->initSpec();
  if (bounds.minAvailable) setBound(spec.initMinAvailable(), bounds.minAvailable);
  if (bounds.maxUnavailable) setBound(spec.initMaxUnavailable(), bounds.maxUnavailable);
  test::fillMap(budget->initStatus().initDisruptedPods(static_cast<uint32_t>(disrupted.size())), disrupted);
  return std::move(budget).freeze();
}

struct Pods {
  std::vector<Object<Pod>> pods;
  test::Pairs disrupted;
};
Pods podsOf(std::string_view letters) {
  Pods made;
  for (size_t i = 0; i < letters.size(); ++i) {
    const std::string name = concat("p", i);
    auto pod = test::makePod(name);
    if (letters[i] != 'u') {
      setCondition<core_v1::PodCondition>(pod->initStatus(), {"Ready", "True", "", "", "2026-01-01T00:00:00Z"});
    }
    if (letters[i] == 'd') pod.meta().setDeletionTimestamp("2026-01-01T11:59:00Z");
    if (letters[i] == 'e' || letters[i] == 'd') made.disrupted.emplace_back(name, "2026-01-01T11:59:30Z");
    if (letters[i] == 'o') made.disrupted.emplace_back(name, "2026-01-01T11:50:00Z");
    made.pods.push_back(std::move(pod).freeze());
  }
  return made;
}

struct Case {
  const char* what;
  Bounds bounds;
  const char* pods;
  int wanted;           // by their owners
  const char* numbers;  // expected, desired, healthy, allowed
  const char* reason;
};

TEST(Budget, SaysHowManyMayGo) {
  const Case cases[] = {
      {"no pods", {.minAvailable = "1"}, "", 0, "0 1 0 0", "InsufficientPods"},
      {"as many as must stay", {.minAvailable = "2"}, "rr", 2, "2 2 2 0", "InsufficientPods"},
      {"one more", {.minAvailable = "2"}, "rrr", 3, "3 2 3 1", "SufficientPods"},
      {"one more, which is not ready", {.minAvailable = "2"}, "rru", 3, "3 2 2 0", "InsufficientPods"},
      {"one more, which is going", {.minAvailable = "2"}, "rrd", 3, "3 2 2 0", "InsufficientPods"},
      {"one more, which was evicted", {.minAvailable = "2"}, "rre", 3, "3 2 2 0", "InsufficientPods"},
      {"one more, which should have gone", {.minAvailable = "2"}, "rro", 3, "3 2 3 1", "SufficientPods"},
      {"none need stay", {.minAvailable = "0"}, "rr", 2, "2 0 2 2", "SufficientPods"},
      {"a number takes the pods that are there", {.minAvailable = "2"}, "rr", 5, "2 2 2 0", "InsufficientPods"},
      {"half of them", {.minAvailable = "50%"}, "rrr", 3, "3 2 3 1", "SufficientPods"},
      {"half of those that are wanted", {.minAvailable = "50%"}, "rrr", 6, "6 3 3 0", "InsufficientPods"},
      {"all", {.minAvailable = "100%"}, "rrr", 3, "3 3 3 0", "InsufficientPods"},
      {"one may be missing", {.maxUnavailable = "1"}, "rrr", 3, "3 2 3 1", "SufficientPods"},
      {"one is missing", {.maxUnavailable = "1"}, "rr", 3, "3 2 2 0", "InsufficientPods"},
      {"a third, rounded up", {.maxUnavailable = "30%"}, "rrrr", 4, "4 2 4 2", "SufficientPods"},
      {"more than there are", {.maxUnavailable = "9"}, "rr", 2, "2 0 2 2", "SufficientPods"},
      {"none may be missing", {.maxUnavailable = "0"}, "rr", 2, "2 2 2 0", "InsufficientPods"},
      {"nothing wanted", {.maxUnavailable = "1"}, "r", 0, "0 0 1 0", "InsufficientPods"},
      {"nothing said", {}, "rr", 2, "0 0 2 0", "InsufficientPods"},
  };
  for (const Case& each : cases) {
    const Pods made = podsOf(each.pods);
    const Object<PodDisruptionBudget> budget = budgetOf(each.bounds, made.disrupted);
    const auto count = countsByScale(budget) ? each.wanted : static_cast<int64_t>(made.pods.size());
    const Disrupted disrupted = disruptedOf(budget, made.pods, kNow);
    Object<PodDisruptionBudget> now =
        counted(budget, expectedBy(budget, count), countHealthy(made.pods, disrupted), disrupted, kNow).freeze();
    auto status = now->getStatus();
    EXPECT_EQ(concat(status.getExpectedPods(), " ", status.getDesiredHealthy(), " ", status.getCurrentHealthy(), " ",
                     status.getDisruptionsAllowed()),
              each.numbers)
        << each.what;
    auto condition = findCondition(status.getConditions(), "DisruptionAllowed");
    ASSERT_TRUE(condition);
    EXPECT_EQ(view(condition->getReason()), each.reason) << each.what;
    EXPECT_EQ(view(condition->getStatus()), status.getDisruptionsAllowed() > 0 ? "True" : "False") << each.what;
    EXPECT_EQ(condition->getObservedGeneration(), 3);
    EXPECT_EQ(status.getObservedGeneration(), 3);
  }
}

TEST(Budget, ForgetsPodsThatHaveGoneOrShouldHave) {
  Pods made = podsOf("redo");
  made.disrupted.emplace_back("p9", "2026-01-01T11:59:30Z");
  const Object<PodDisruptionBudget> budget = budgetOf({.minAvailable = "1"}, made.disrupted);
  const Disrupted disrupted = disruptedOf(budget, made.pods, kNow);
  EXPECT_THAT(disrupted.pods, ElementsAre(testing::Pair("p1", "2026-01-01T11:59:30Z")));
  ASSERT_EQ(disrupted.overdue.size(), 1u);
  EXPECT_EQ(disrupted.overdue[0].name(), "p3");
  EXPECT_EQ(disrupted.lookAgain, 90s + 1ms);
}

TEST(Budget, ThatCannotBeCountedAllowsNothing) {
  Draft<PodDisruptionBudget> draft(budgetOf({.minAvailable = "1"}));
  draft->getStatus().setDisruptionsAllowed(2);
  draft->getStatus().setObservedGeneration(2);
  Object<PodDisruptionBudget> now = uncounted(std::move(draft).freeze(), "no idea", kNow).freeze();
  EXPECT_EQ(now->getStatus().getDisruptionsAllowed(), 0);
  EXPECT_EQ(now->getStatus().getObservedGeneration(), 2) << "this generation was not counted for";
  auto condition = findCondition(now->getStatus().getConditions(), "DisruptionAllowed");
  ASSERT_TRUE(condition);
  EXPECT_EQ(view(condition->getReason()), "SyncFailed");
  EXPECT_EQ(view(condition->getMessage()), "no idea");
}

TEST(UntilStale, AConditionThatNobodyActedOn) {
  auto pod = [](const char* status, const char* reason, const char* phase, bool leaving) {
    auto draft = test::makePod("web");
    draft->initStatus().setPhase(phase);
    if (leaving) draft.meta().setDeletionTimestamp("2026-01-01T11:59:00Z");
    setCondition<core_v1::PodCondition>(draft->getStatus(),
                                        {"DisruptionTarget", status, reason, "", "2026-01-01T11:59:00Z"});
    return std::move(draft).freeze();
  };
  EXPECT_EQ(untilStale(pod("True", "EvictionByEvictionAPI", "Running", false), kNow), 1min);
  EXPECT_EQ(untilStale(pod("True", "EvictionByEvictionAPI", "Running", false), kNow + 1h), Duration::zero());
  EXPECT_FALSE(untilStale(pod("False", "EvictionByEvictionAPI", "Running", false), kNow));
  EXPECT_FALSE(untilStale(pod("True", "TerminationByKubelet", "Running", false), kNow));
  EXPECT_FALSE(untilStale(pod("True", "EvictionByEvictionAPI", "Failed", false), kNow));
  EXPECT_FALSE(untilStale(pod("True", "EvictionByEvictionAPI", "Running", true), kNow));
  EXPECT_FALSE(untilStale(test::makePod("web").freeze(), kNow));
}

}  // namespace
}  // namespace cleat::disruption
