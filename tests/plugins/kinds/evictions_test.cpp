// Evictions: what budgets allow, and what becomes of a pod and of its budget.
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/policy_v1.h>
#include <cleat/sdk/meta.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using core_v1::Pod;
using policy_v1::Eviction;
using policy_v1::PodDisruptionBudget;
using ::testing::HasSubstr;

class Evictions : public KindsFixture {
 protected:
  Evictions() : KindsFixture("kinds-policy") { host.deletesGracefully<Pod>(); }

  Object<Pod> pod(std::string_view name, std::string_view phase = "Running", std::string_view ready = "True") {
    return host.put(parse<Pod>(concat(R"({"metadata":{"name":")", name,
                                      R"(","namespace":"shop","uid":"u1","labels":[{"key":"app","value":"web"}]},)",
                                      R"("spec":{"nodeName":"n1","containers":[{"name":"c"}]},"status":{"phase":")",
                                      phase, R"(","conditions":[{"type":"Ready","status":")", ready, R"("}]}})")));
  }
  void budget(std::string_view name, std::string_view status, std::string_view spec = "") {
    host.put(
        parse<PodDisruptionBudget>(concat(R"({"metadata":{"name":")", name, R"(","namespace":"shop","generation":1},)",
                                          R"("spec":{"selector":{"matchLabels":[{"key":"app","value":"web"}]})", spec,
                                          R"(},"status":{"observedGeneration":1,)", status, "}}")));
  }

  Status evict(const Object<Pod>& pod, std::string_view options = "{}", bool dryRun = false) {
    auto body =
        object<Eviction>(concat(R"({"metadata":{"name":")", pod.name(), R"("},"deleteOptions":)", options, "}"));
    auto outcome = plugin->call(role::kinds::review,
                                [&](role::ReviewParams::Builder params) {
                                  fillRef(params, KindOf<Pod>::resource, "eviction");
                                  params.setDryRun(dryRun);
                                },
                                {body, pod});
    if (!outcome.ok()) return outcome.status;
    EXPECT_TRUE(outcome.answer.objects().empty());
    return {.code = 201, .reason = ""};
  }
  bool isLeaving(std::string_view name) {
    auto found = host.get<Pod>("shop", name);
    return !found || deletionPending(found.meta());
  }
};

TEST_F(Evictions, TakeAPodThatNothingProtects) {
  EXPECT_EQ(evict(pod("a")).code, 201);
  ASSERT_TRUE(isLeaving("a"));
  const auto leaving = host.get<Pod>("shop", "a");
  auto condition = findCondition(leaving->getStatus().getConditions(), "DisruptionTarget");
  ASSERT_TRUE(condition);
  EXPECT_EQ(view(condition->getStatus()), "True");
  EXPECT_EQ(view(condition->getReason()), "EvictionByEvictionAPI");
  EXPECT_EQ(view(condition->getMessage()), "Eviction API: evicting");
}

TEST_F(Evictions, AreCountedInTheBudget) {
  budget("b", R"("disruptionsAllowed":1,"currentHealthy":2,"desiredHealthy":1)");
  EXPECT_EQ(evict(pod("a")).code, 201);
  EXPECT_TRUE(isLeaving("a"));
  auto status = host.get<PodDisruptionBudget>("shop", "b")->getStatus();
  EXPECT_EQ(status.getDisruptionsAllowed(), 0);
  EXPECT_TRUE(lookup(status.getDisruptedPods(), "a"));
  EXPECT_TRUE(conditionIs(status.getConditions(), "DisruptionAllowed", "False"));

  Status refused = evict(pod("c"));
  EXPECT_EQ(refused.code, 429);
  EXPECT_EQ(refused.reason, "TooManyRequests");
  EXPECT_EQ(refused.message, "Cannot evict pod as it would violate the pod's disruption budget.");
  ASSERT_EQ(refused.details.causes.size(), 1u);
  EXPECT_EQ(refused.details.causes[0].reason, "DisruptionBudget");
  EXPECT_FALSE(isLeaving("c"));
}

TEST_F(Evictions, AreRefusedWithWhatTheBudgetNeeds) {
  const std::string condition = R"("conditions":[{"type":"DisruptionAllowed","status":"False","reason":")";
  for (auto [status, cause] : std::vector<std::pair<std::string, std::string>>{
           {R"("currentHealthy":1,"desiredHealthy":2)",
            "The disruption budget b needs 2 healthy pods and has 1 currently"},
           {concat(R"("currentHealthy":1,"desiredHealthy":2,)", condition, R"(SyncFailed","message":"no scale"}])"),
            "The disruption budget b does not allow evicting pods currently because it failed sync: no scale"},
           {concat(R"("currentHealthy":3,"desiredHealthy":2,)", condition, R"(Other","message":"wait"}])"),
            "The disruption budget b does not allow evicting pods currently (Other): wait"},
           {R"("currentHealthy":3,"desiredHealthy":2)",
            "The disruption budget b does not allow evicting pods currently"}}) {
    budget("b", status);
    Status refused = evict(pod("a"));
    ASSERT_EQ(refused.details.causes.size(), 1u) << status;
    EXPECT_EQ(refused.details.causes[0].message, cause);
  }
}

TEST_F(Evictions, WaitUntilTheBudgetIsCounted) {
  budget("b", R"("disruptionsAllowed":1)");
  host.change<PodDisruptionBudget>("shop", "b", [](auto budget) { budget.getMetadata().setGeneration(2); });
  Status refused = evict(pod("a"));
  EXPECT_EQ(refused.code, 429);
  EXPECT_EQ(refused.details.retryAfterSeconds, 10u);
  EXPECT_EQ(refused.details.causes[0].message, "The disruption budget b is still being processed by the server.");
}

TEST_F(Evictions, OfPodsWithSeveralBudgetsFail) {
  budget("b", R"("disruptionsAllowed":1)");
  budget("c", R"("disruptionsAllowed":1)");
  Status refused = evict(pod("a"));
  EXPECT_EQ(refused.code, 500);
  EXPECT_EQ(refused.message,
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
  EXPECT_FALSE(isLeaving("a"));
}

TEST_F(Evictions, OfWhatHasEndedOrNotBegunCostNothing) {
  budget("b", R"("disruptionsAllowed":0)");
  for (const char* phase : {"Succeeded", "Failed", "Pending"}) {
    EXPECT_EQ(evict(pod(phase, phase)).code, 201) << phase;
    EXPECT_TRUE(isLeaving(phase));
  }
}

TEST_F(Evictions, OfPodsThatAreNotReadyDependOnThePolicy) {
  budget("b", R"("disruptionsAllowed":0,"currentHealthy":1,"desiredHealthy":2)");
  EXPECT_EQ(evict(pod("a", "Running", "False")).code, 429);
  budget("b", R"("disruptionsAllowed":0,"currentHealthy":2,"desiredHealthy":2)");
  EXPECT_EQ(evict(pod("a", "Running", "False")).code, 201);
  budget("b", R"("disruptionsAllowed":0,"currentHealthy":1,"desiredHealthy":2)",
         R"(,"unhealthyPodEvictionPolicy":"AlwaysAllow")");
  EXPECT_EQ(evict(pod("c", "Running", "False")).code, 201);
  EXPECT_EQ(evict(pod("d")).code, 429);
}

TEST_F(Evictions, LeaveNothingBehindInADryRun) {
  budget("b", R"("disruptionsAllowed":1)");
  auto there = pod("a");
  EXPECT_EQ(evict(there, "{}", true).code, 201);
  EXPECT_EQ(evict(there, R"({"dryRun":["All"]})").code, 201);
  EXPECT_FALSE(isLeaving("a"));
  EXPECT_EQ(host.get<Pod>("shop", "a").revision(), there.revision());
  EXPECT_EQ(host.get<PodDisruptionBudget>("shop", "b")->getStatus().getDisruptionsAllowed(), 1);
  budget("b", R"("disruptionsAllowed":0)");
  EXPECT_EQ(evict(there, "{}", true).code, 429);
}

TEST_F(Evictions, HoldToPreconditions) {
  auto there = pod("a");
  Status refused = evict(there, R"({"preconditions":{"uid":"other"}})");
  EXPECT_EQ(refused.code, 409);
  EXPECT_THAT(refused.message, HasSubstr("the UID in the precondition (other) does not match the UID in record (u1)"));
  refused = evict(there, concat(R"({"preconditions":{"resourceVersion":")", there.revision() + 1, R"("}})"));
  EXPECT_EQ(refused.code, 409);
  EXPECT_THAT(refused.message, HasSubstr(concat("the ResourceVersion in the precondition (", there.revision() + 1,
                                                ") does not match the ResourceVersion in record (", there.revision())));
  EXPECT_FALSE(isLeaving("a"));
  EXPECT_FALSE(findCondition(host.get<Pod>("shop", "a")->getStatus().getConditions(), "DisruptionTarget"));
  EXPECT_EQ(
      evict(there, concat(R"({"preconditions":{"uid":"u1","resourceVersion":")", there.revision(), R"("}})")).code,
      201);
  EXPECT_TRUE(isLeaving("a"));
}

TEST_F(Evictions, TryAgainWhenOthersWriteToTheBudget) {
  budget("b", R"("disruptionsAllowed":1)");
  int conflicts = 0;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view key) -> Result<void> {
    const bool isBudget = verb == "update/status" && resource.starts_with("poddisruptionbudgets");
    if (isBudget && conflicts++ < 3) return fail(Status::conflict(resource, key, "it has changed"));
    return {};
  });
  EXPECT_EQ(evict(pod("a")).code, 201);
  EXPECT_EQ(conflicts, 4);
}

TEST_F(Evictions, AreOfThePodThatTheUrlNames) {
  auto there = pod("a");
  auto outcome =
      plugin->call(role::kinds::review,
                   [&](role::ReviewParams::Builder params) { fillRef(params, KindOf<Pod>::resource, "eviction"); },
                   {object<Eviction>(R"({"metadata":{"name":"other"}})"), there});
  EXPECT_EQ(outcome.status.message, "name in URL does not match name in Eviction object");
}

}  // namespace
}  // namespace cleat::test
