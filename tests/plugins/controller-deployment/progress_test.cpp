// What a deployment's conditions say, for what its sets have and what the conditions said before.
#include "plugins/controller-deployment/progress.h"

#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

namespace cleat::deployment {
namespace {

using namespace std::chrono_literals;

constexpr int kAbsent = -1;

struct Before {
  const char *status, *reason;  // of Progressing; an empty status: there is no such condition
  int secondsAgo = 0;           // when it was updated
};

struct Have {
  int replicas = 0, available = 0;
};

struct Row {
  const char* what;
  Before before;
  Have oldSet, newSet;        // now; without pods there is no old set
  Have oldBefore, newBefore;  // as the deployment's status tells of them
  std::vector<Milestone> milestones;
  const char *status, *reason;  // of Progressing, as expected
  bool updated = false;         // lastUpdateTime is now
  int wait = kAbsent;           // seconds until it is looked at again
  Phase phase = Phase::rollout;
};

// All of them want 3 pods within 600 seconds.
const Row kRows[] = {
    {.what = "a complete one stays as it is",
     .before = {"True", "NewReplicaSetAvailable", 5000},
     .newSet = {3, 3},
     .newBefore = {3, 3},
     .status = "True",
     .reason = "NewReplicaSetAvailable"},
    {.what = "also when it has lost a pod long after",
     .before = {"True", "NewReplicaSetAvailable", 5000},
     .newSet = {2, 2},
     .newBefore = {3, 3},
     .status = "True",
     .reason = "NewReplicaSetAvailable"},
    {.what = "a new template of one that was complete long ago",
     .before = {"True", "NewReplicaSetAvailable", 5000},
     .oldSet = {3, 3},
     .oldBefore = {},
     .newBefore = {3, 3},
     .milestones = {newSetCreated("web-new")},
     .status = "True",
     .reason = "NewReplicaSetCreated",
     .updated = true,
     .wait = 601},
    {.what = "a template that had a set already, before that has a pod",
     .before = {"True", "NewReplicaSetAvailable", 5000},
     .oldSet = {3, 3},
     .newBefore = {3, 3},
     .status = "True",
     .reason = "NewReplicaSetAvailable"},
    {.what = "its first pod",
     .before = {"True", "NewReplicaSetAvailable", 5000},
     .oldSet = {3, 3},
     .newSet = {1, 0},
     .oldBefore = {3, 3},
     .status = "True",
     .reason = "ReplicaSetUpdated",
     .updated = true,
     .wait = 601},
    {.what = "the first look at a set that is there",
     .before = {"", ""},
     .newSet = {0, 0},
     .milestones = {{"True", "FoundNewReplicaSet", "Found"}},
     .status = "True",
     .reason = "FoundNewReplicaSet",
     .updated = true,
     .wait = 601},
    {.what = "one more pod",
     .before = {"True", "ReplicaSetUpdated", 599},
     .newSet = {2, 0},
     .newBefore = {1, 0},
     .status = "True",
     .reason = "ReplicaSetUpdated",
     .updated = true,
     .wait = 601},
    {.what = "one that is available",
     .before = {"True", "ReplicaSetUpdated", 599},
     .newSet = {3, 1},
     .newBefore = {3, 0},
     .status = "True",
     .reason = "ReplicaSetUpdated",
     .updated = true,
     .wait = 601},
    {.what = "an old one less",
     .before = {"True", "ReplicaSetUpdated", 599},
     .oldSet = {1, 1},
     .newSet = {2, 2},
     .oldBefore = {2, 2},
     .newBefore = {2, 2},
     .status = "True",
     .reason = "ReplicaSetUpdated",
     .updated = true,
     .wait = 601},
    {.what = "nothing, within the time",
     .before = {"True", "ReplicaSetUpdated", 590},
     .newSet = {2, 0},
     .newBefore = {2, 0},
     .status = "True",
     .reason = "ReplicaSetUpdated",
     .wait = 11},
    {.what = "nothing, at the end of the time",
     .before = {"True", "ReplicaSetUpdated", 600},
     .newSet = {2, 0},
     .newBefore = {2, 0},
     .status = "True",
     .reason = "ReplicaSetUpdated",
     .wait = 1},
    {.what = "nothing, after it",
     .before = {"True", "ReplicaSetUpdated", 601},
     .newSet = {2, 0},
     .newBefore = {2, 0},
     .status = "False",
     .reason = "ProgressDeadlineExceeded",
     .updated = true},
    {.what = "nothing since the set was made",
     .before = {"True", "NewReplicaSetCreated", 601},
     .newSet = {0, 0},
     .status = "False",
     .reason = "ProgressDeadlineExceeded",
     .updated = true},
    {.what = "nothing since it was resumed",
     .before = {"Unknown", "DeploymentResumed", 601},
     .newSet = {2, 0},
     .newBefore = {2, 0},
     .status = "False",
     .reason = "ProgressDeadlineExceeded",
     .updated = true},
    {.what = "a stalled one stays so",
     .before = {"False", "ProgressDeadlineExceeded", 100},
     .newSet = {2, 0},
     .newBefore = {2, 0},
     .status = "False",
     .reason = "ProgressDeadlineExceeded"},
    {.what = "until it moves",
     .before = {"False", "ProgressDeadlineExceeded", 100},
     .newSet = {3, 0},
     .newBefore = {2, 0},
     .status = "True",
     .reason = "ReplicaSetUpdated",
     .updated = true,
     .wait = 601},
    {.what = "or is complete",
     .before = {"False", "ProgressDeadlineExceeded", 100},
     .newSet = {3, 3},
     .newBefore = {3, 2},
     .status = "True",
     .reason = "NewReplicaSetAvailable",
     .updated = true},
    {.what = "a rollout is complete",
     .before = {"True", "ReplicaSetUpdated", 20},
     .newSet = {3, 3},
     .newBefore = {3, 2},
     .status = "True",
     .reason = "NewReplicaSetAvailable",
     .updated = true},
    {.what = "resumed after a long pause",
     .before = {"Unknown", "DeploymentPaused", 5000},
     .oldSet = {2, 2},
     .newSet = {1, 0},
     .oldBefore = {2, 2},
     .newBefore = {1, 0},
     .milestones = {{"Unknown", "DeploymentResumed", "Deployment is resumed"}},
     .status = "Unknown",
     .reason = "DeploymentResumed",
     .updated = true,
     .wait = 601},
    {.what = "a pause has no end that could be missed",
     .before = {"Unknown", "DeploymentPaused", 5000},
     .newSet = {1, 0},
     .newBefore = {1, 0},
     .status = "Unknown",
     .reason = "DeploymentPaused",
     .phase = Phase::noRollout},
    {.what = "and nothing that happens in it is progress",
     .before = {"Unknown", "DeploymentPaused", 5000},
     .newSet = {3, 3},
     .newBefore = {1, 0},
     .status = "Unknown",
     .reason = "DeploymentPaused",
     .phase = Phase::noRollout},
    {.what = "a set that cannot be made",
     .before = {"True", "NewReplicaSetAvailable", 5000},
     .oldSet = {3, 3},
     .oldBefore = {3, 3},
     .milestones = {newSetFailed("web-new", "it is forbidden")},
     .status = "False",
     .reason = "ReplicaSetCreateError",
     .updated = true,
     .wait = 601},
};

class ProgressTest : public testing::Test {
 protected:
  ProgressTest() { host.advance(std::chrono::hours(1000)); }

  Draft<Deployment> deployment(const Row& row) {
    auto draft = test::named<Deployment>("default", "web");
    auto spec = draft->initSpec();
    spec.initReplicas().setValue(3);
    spec.initProgressDeadlineSeconds().setValue(600);
    auto status = draft->initStatus();
    status.setReplicas(row.oldBefore.replicas + row.newBefore.replicas);
    status.setUpdatedReplicas(row.newBefore.replicas);
    status.setReadyReplicas(row.oldBefore.available + row.newBefore.available);
    status.setAvailableReplicas(row.oldBefore.available + row.newBefore.available);
    if (*row.before.status == 0) return draft;
    const std::string then = formatTime(host.wallNow() - std::chrono::seconds(row.before.secondsAgo));
    setCondition<apps_v1::DeploymentCondition>(status,
                                               {"Progressing", row.before.status, row.before.reason, "said", then});
    return draft;
  }
  Object<ReplicaSet> set(const char* name, const Have& have) {
    auto draft = test::named<ReplicaSet>("default", name);
    draft->initSpec().initReplicas().setValue(3);
    auto status = draft->initStatus();
    status.setReplicas(have.replicas);
    status.setReadyReplicas(have.available);
    status.setAvailableReplicas(have.available);
    return host.put(std::move(draft));
  }
  Sets sets(const Row& row) {
    Sets all{set("web-new", row.newSet), {}};
    if (row.oldSet.replicas > 0) all.old.push_back(set("web-old", row.oldSet));
    return all;
  }
  test::FakeHost host;
};

TEST_F(ProgressTest, FollowsTheTable) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.what);
    const Object<Deployment> before = host.put(deployment(row));
    Assessment found = assess(before, sets(row), row.milestones, row.phase, host.wallNow());
    const auto status = found.draft.reader().getStatus();
    auto condition = findCondition(status.getConditions(), "Progressing");
    ASSERT_TRUE(condition);
    EXPECT_EQ(view(condition->getStatus()), row.status);
    EXPECT_EQ(view(condition->getReason()), row.reason);
    EXPECT_EQ(view(condition->getLastUpdateTime()) == formatTime(host.wallNow()), row.updated);
    const bool turned = view(condition->getStatus()) != row.before.status;
    EXPECT_EQ(view(condition->getLastTransitionTime()) == formatTime(host.wallNow()), turned);
    EXPECT_EQ(found.wait, row.wait == kAbsent ? Duration{} : Duration(std::chrono::seconds(row.wait)));
  }
}

TEST_F(ProgressTest, WithoutADeadlineThereIsNoProgress) {
  for (int32_t seconds : {0, 2147483647}) {
    Draft<Deployment> draft = deployment(kRows[0]);
    if (seconds == 0) {
      draft->getSpec().disownProgressDeadlineSeconds();
    } else {
      draft->getSpec().initProgressDeadlineSeconds().setValue(seconds);
    }
    draft->getSpec().setPaused(true);
    const Object<Deployment> before = host.put(std::move(draft));
    EXPECT_FALSE(pausedOrResumed(before));
    EXPECT_FALSE(newSetFound(before, "web-new"));
    Assessment found = assess(before, sets(kRows[0]), {newSetCreated("web-new")}, Phase::rollout, host.wallNow());
    EXPECT_FALSE(findCondition(found.draft.reader().getStatus().getConditions(), "Progressing"));
    EXPECT_EQ(found.wait, Duration{});
  }
}

TEST_F(ProgressTest, APauseIsToldUnlessTheRolloutHasStalled) {
  struct {
    const char *status, *reason;
    bool paused;
    const char* expected;
  } cases[] = {
      {"", "", true, "DeploymentPaused"},
      {"True", "ReplicaSetUpdated", true, "DeploymentPaused"},
      {"Unknown", "DeploymentPaused", true, ""},
      {"Unknown", "DeploymentPaused", false, "DeploymentResumed"},
      {"False", "ProgressDeadlineExceeded", true, ""},
      {"False", "ProgressDeadlineExceeded", false, ""},
      {"True", "NewReplicaSetAvailable", false, ""},
  };
  for (const auto& one : cases) {
    Draft<Deployment> draft = deployment({.before = {one.status, one.reason}});
    draft->getSpec().setPaused(one.paused);
    auto milestone = pausedOrResumed(host.put(std::move(draft)));
    EXPECT_EQ(milestone ? milestone->reason : "", one.expected) << one.reason << one.paused;
  }
}

TEST_F(ProgressTest, WhatKeepsASetFromMakingPodsIsToldOfTheDeployment) {
  auto failing = [&](const char* name, const char* message) {
    host.change<ReplicaSet>("default", name, [&](auto changed) {
      setCondition<apps_v1::ReplicaSetCondition>(
          changed.getStatus(), {"ReplicaFailure", "True", "FailedCreate", message, "2026-01-01T00:00:00Z"});
    });
    return host.get<ReplicaSet>("default", name);
  };
  const Row row{.before = {"True", "ReplicaSetUpdated"}, .oldSet = {1, 1}, .newSet = {1, 0}};
  const Object<Deployment> before = host.put(deployment(row));
  Sets all = sets(row);
  all.old[0] = failing("web-old", "of the old one");
  auto told = [&](const Object<Deployment>& of) {
    Assessment found = assess(of, all, {}, Phase::rollout, host.wallNow());
    auto condition = findCondition(found.draft.reader().getStatus().getConditions(), "ReplicaFailure");
    // Before the draft goes, in which it stands.
    std::string message = condition ? str(condition->getMessage()) : "";
    return std::make_pair(std::move(message), host.put(std::move(found.draft)));
  };
  EXPECT_EQ(told(before).first, "of the old one");
  all.current = failing("web-new", "of the new one");
  auto [first, stored] = told(before);
  EXPECT_EQ(first, "of the new one");
  auto condition = findCondition(stored->getStatus().getConditions(), "ReplicaFailure");
  EXPECT_EQ(view(condition->getReason()), "FailedCreate");
  EXPECT_EQ(view(condition->getLastUpdateTime()), "2026-01-01T00:00:00Z");
  all.current = failing("web-new", "in other words");
  EXPECT_EQ(told(stored).first, "of the new one") << "each try would be a change that brings the next";
  all = sets(row);
  EXPECT_EQ(told(stored).first, "") << "it is over";
}

}  // namespace
}  // namespace cleat::deployment
