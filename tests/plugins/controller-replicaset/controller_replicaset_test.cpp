#include <cleat/sdk/kinds/apps_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using apps_v1::ReplicaSet;
using core_v1::Event;
using core_v1::Pod;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

class ReplicaSetTest : public testing::Test {
 protected:
  ReplicaSetTest() {
    host.know<ReplicaSet>();
    host.know<Event>();
    host.deletesGracefully<Pod>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }

  Draft<ReplicaSet> makeSet(int replicas, const std::string& name = "web") {
    auto set = test::named<ReplicaSet>("default", name);
    set->initSpec().initReplicas().setValue(replicas);
    test::fillMap(set->getSpec().initSelector().initMatchLabels(1), {{"app", name}});
    auto pattern = set->getSpec().initTemplate();
    test::setLabels(pattern.initMetadata(), {{"app", name}, {"tier", "front"}});
    pattern.initSpec().initContainers(1)[0].setImage("busybox");
    return set;
  }
  void put(Draft<ReplicaSet> set) {
    host.put(std::move(set));
    host.settle();
  }
  void scale(int replicas) {
    host.change<ReplicaSet>("default", "web", [&](auto set) {
      set.getSpec().getReplicas().setValue(replicas);
      set.getMetadata().setGeneration(set.getMetadata().getGeneration() + 1);
    });
    host.settle();
  }
  std::vector<std::string> pods() {
    std::vector<std::string> names;
    for (const auto& pod : host.list<Pod>()) names.emplace_back(pod.name());
    return names;
  }
  // A pod of the set that runs on a node.
  void pod(const std::string& name, const test::Pairs& labels, const std::string& owner, bool ready = true) {
    auto draft = test::makePod(name, {}, labels);
    draft->getSpec().setNodeName("a");
    if (!owner.empty()) setController(draft.meta(), host.get<ReplicaSet>("default", owner));
    host.put(std::move(draft));
    test::setPodReady(host, "default", name, ready);
  }
  Object<ReplicaSet> set() { return host.get<ReplicaSet>("default", "web"); }
  std::string ownerOf(const std::string& name) {
    auto pod = host.get<Pod>("default", name);
    auto owner = controllerOf(pod.meta());
    return owner ? str(owner->getName()) : "";
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(ReplicaSetTest, MakesAsManyPodsAsAreAskedFor) {
  put(makeSet(3));
  auto made = host.list<Pod>();
  ASSERT_EQ(made.size(), 3u);
  EXPECT_TRUE(made[0].name().starts_with("web-"));
  EXPECT_EQ(label(made[0].meta(), "tier"), "front");
  EXPECT_EQ(view(made[0]->getSpec().getContainers()[0].getImage()), "busybox");
  auto owner = controllerOf(made[0].meta());
  ASSERT_TRUE(owner);
  EXPECT_EQ(view(owner->getUid()), set().uid());
  EXPECT_EQ(view(owner->getApiVersion()), "apps/v1");
  EXPECT_TRUE(owner->getBlockOwnerDeletion().getValue());
  EXPECT_EQ(set()->getStatus().getReplicas(), 3);
  EXPECT_EQ(host.list<Event>().size(), 3u);

  scale(5);
  EXPECT_EQ(pods().size(), 5u);
  EXPECT_EQ(set()->getStatus().getReplicas(), 5);
  EXPECT_EQ(set()->getStatus().getFullyLabeledReplicas(), 5);
  EXPECT_EQ(set()->getStatus().getObservedGeneration(), 2);
  host.settle();
  const size_t before = host.requests().size();
  host.loseHistory();
  host.advance(1h);
  EXPECT_EQ(host.requests().size(), before) << "there was nothing left to do";
  plugin->stop();
  EXPECT_EQ(host.heldObjects(), 0u);
}

TEST_F(ReplicaSetTest, WithoutANumberItIsOneAndZeroIsZero) {
  auto one = makeSet(1, "one");
  one->getSpec().disownReplicas();
  put(std::move(one));
  EXPECT_EQ(pods().size(), 1u);
  put(makeSet(0, "none"));
  EXPECT_EQ(pods().size(), 1u);
}

TEST_F(ReplicaSetTest, ReplacesPodsThatEndOrGo) {
  put(makeSet(2));
  const auto first = pods();
  host.remove<Pod>("default", first[0]);
  host.change<Pod>("default", first[1], [](auto pod) { pod.initStatus().setPhase("Failed"); });
  host.settle();
  EXPECT_EQ(pods().size(), 3u) << "two new ones and the failed one, that stays to be looked at";
  EXPECT_EQ(set()->getStatus().getReplicas(), 2);
}

TEST_F(ReplicaSetTest, APodThatIsBeingDeletedIsReplacedAtOnce) {
  put(makeSet(1));
  const auto first = pods();
  host.change<Pod>("default", first[0], [](auto pod) {
    pod.getSpec().setNodeName("a");
    pod.getMetadata().setDeletionTimestamp("2026-01-01T00:00:30Z");
  });
  host.settle();
  EXPECT_EQ(pods().size(), 2u);
}

TEST_F(ReplicaSetTest, CountsReadyPodsAndWaitsForThemToBeAvailable) {
  auto draft = makeSet(2);
  draft->getSpec().setMinReadySeconds(10);
  put(std::move(draft));
  for (const auto& name : pods()) test::setPodReady(host, "default", name);
  host.settle();
  EXPECT_EQ(set()->getStatus().getReadyReplicas(), 2);
  EXPECT_EQ(set()->getStatus().getAvailableReplicas(), 0);
  host.advance(11s);
  EXPECT_EQ(set()->getStatus().getAvailableReplicas(), 2);
  test::setPodReady(host, "default", pods()[0], false);
  host.settle();
  EXPECT_EQ(set()->getStatus().getReadyReplicas(), 1);
  EXPECT_EQ(set()->getStatus().getAvailableReplicas(), 1);
}

TEST_F(ReplicaSetTest, ScalesDownByThosePodsThatAreMissedLeast) {
  pod("a-ready", {{"app", "web"}}, "");
  pod("b-unready", {{"app", "web"}}, "", false);
  pod("c-ready", {{"app", "web"}}, "");
  put(makeSet(3));
  scale(2);
  EXPECT_THAT(pods(), ElementsAre("a-ready", "b-unready", "c-ready"));
  EXPECT_TRUE(deletionPending(host.get<Pod>("default", "b-unready").meta()));
  EXPECT_EQ(set()->getStatus().getReplicas(), 2);
  scale(0);
  EXPECT_EQ(set()->getStatus().getReplicas(), 0);
  EXPECT_EQ(test::countRequests(host, "delete pods"), 3u) << "each is deleted once";
}

TEST_F(ReplicaSetTest, TakesMatchingPodsThatNobodyOwnsInsteadOfMakingMore) {
  pod("stray", {{"app", "web"}}, "");
  pod("other", {{"app", "db"}}, "");
  put(makeSet(1));
  EXPECT_THAT(pods(), ElementsAre("other", "stray"));
  EXPECT_EQ(ownerOf("stray"), "web");
  EXPECT_EQ(ownerOf("other"), "");
  EXPECT_EQ(test::countRequests(host, "create pods"), 0u);
}

TEST_F(ReplicaSetTest, LeavesPodsOfOthersAlone) {
  put(makeSet(0, "db"));
  pod("theirs", {{"app", "web"}}, "db");
  host.settle();
  host.change<Pod>("default", "theirs", [](auto pod) { setLabel(pod.getMetadata(), "app", "db"); });
  put(makeSet(1));
  EXPECT_EQ(test::countRequests(host, "create pods"), 1u);
}

TEST_F(ReplicaSetTest, DoesNotTakePodsBackThatItsDeletionHasJustOrphaned) {
  put(makeSet(1));
  const std::string name = pods()[0];
  // The set's deletion is stored, but the controller has not heard of it when it sees the orphan.
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "get" && resource == "replicasets") {
      host.change<ReplicaSet>("default", "web", [](auto set) {
        set.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        set.getMetadata().initFinalizers(1).set(0, "orphan");
      });
    }
    return {};
  });
  host.change<Pod>("default", name, [](auto pod) { pod.getMetadata().initOwnerReferences(0); });
  host.settle();
  EXPECT_EQ(ownerOf(name), "");
  EXPECT_EQ(test::countRequests(host, "update pods"), 0u);
  EXPECT_EQ(pods().size(), 1u) << "no other is made in its place";
}

TEST_F(ReplicaSetTest, LetsPodsGoThatNoLongerMatch) {
  put(makeSet(1));
  const std::string name = pods()[0];
  host.change<Pod>("default", name, [](auto pod) { setLabel(pod.getMetadata(), "app", "debug"); });
  host.settle();
  EXPECT_EQ(ownerOf(name), "");
  EXPECT_EQ(pods().size(), 2u);
  EXPECT_EQ(set()->getStatus().getReplicas(), 1);
}

TEST_F(ReplicaSetTest, DoesNotMakePodsTwiceWhileItsInformerIsBehind) {
  // Each creation is answered before the pod is shown, and the set changes in between.
  int touched = 0;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "create" && resource == "pods") {
      host.change<ReplicaSet>(
          "default", "web", [&](auto set) { setAnnotation(set.getMetadata(), "touched", std::to_string(++touched)); });
    }
    return {};
  });
  put(makeSet(10));
  EXPECT_EQ(pods().size(), 10u);
  EXPECT_EQ(test::countRequests(host, "create pods"), 10u);
}

TEST_F(ReplicaSetTest, APodThatWasNeverShownIsNotCountedForEver) {
  // The second of three comes and goes while the watch is broken.
  int creations = 0;
  std::vector<std::string> before;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb != "create" || resource != "pods") return {};
    if (++creations == 2) before = pods();
    if (creations == 3) {
      for (const std::string& name : pods()) {
        if (std::ranges::find(before, name) == before.end()) host.remove<Pod>("default", name);
      }
      host.loseHistory();
    }
    return {};
  });
  put(makeSet(3));
  host.advance(1min);
  EXPECT_EQ(pods().size(), 3u);
  EXPECT_EQ(creations, 4);
}

TEST_F(ReplicaSetTest, ARefusalIsTriedOnceAndReported) {
  bool refuse = true;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (refuse && verb == "create" && resource == "pods") return fail(Status::forbidden("exceeded quota"));
    return {};
  });
  put(makeSet(10));
  // Once more because the status changed, and never all ten.
  EXPECT_LE(test::countRequests(host, "create pods"), 2u);
  auto condition = findCondition(set()->getStatus().getConditions(), "ReplicaFailure");
  ASSERT_TRUE(condition);
  EXPECT_EQ(view(condition->getStatus()), "True");
  EXPECT_EQ(view(condition->getReason()), "FailedCreate");
  EXPECT_EQ(view(condition->getMessage()), "exceeded quota");
  ASSERT_EQ(host.list<Event>().size(), 1u);
  EXPECT_EQ(view(host.list<Event>()[0]->getReason()), "FailedCreate");
  refuse = false;
  host.advance(1min);
  EXPECT_EQ(pods().size(), 10u);
  EXPECT_FALSE(findCondition(set()->getStatus().getConditions(), "ReplicaFailure"));
}

TEST_F(ReplicaSetTest, ARefusalThatIsWordedAnewEachTimeDoesNotBringTheNextTry) {
  int tries = 0;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "create" && resource == "pods")
      return fail(Status::forbidden(concat("pod web-", ++tries, " is too large")));
    return {};
  });
  put(makeSet(10));
  EXPECT_LE(tries, 2);
  auto condition = findCondition(set()->getStatus().getConditions(), "ReplicaFailure");
  ASSERT_TRUE(condition);
  EXPECT_EQ(view(condition->getMessage()), "pod web-1 is too large");
}

TEST_F(ReplicaSetTest, AFailedDeletionIsReportedAsSuchAndRepeated) {
  put(makeSet(2));
  bool refuse = true;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    if (refuse && verb == "delete") return fail(Status::unavailable("later"));
    return {};
  });
  scale(1);
  auto condition = findCondition(set()->getStatus().getConditions(), "ReplicaFailure");
  ASSERT_TRUE(condition);
  EXPECT_EQ(view(condition->getReason()), "FailedDelete");
  refuse = false;
  host.advance(1min);
  EXPECT_EQ(pods().size(), 1u);
}

TEST_F(ReplicaSetTest, GivesUpQuietlyInANamespaceThatEnds) {
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb != "create" || resource != "pods") return {};
    Status status = Status::forbidden("the namespace is being terminated");
    status.details.causes.push_back({"NamespaceTerminating", "", "metadata.namespace"});
    return fail(status);
  });
  put(makeSet(3));
  host.advance(1h);
  EXPECT_LE(test::countRequests(host, "create pods"), 2u);
  EXPECT_TRUE(host.list<Event>().empty());
}

TEST_F(ReplicaSetTest, ASetThatIsBeingDeletedMakesNothing) {
  auto leaving = makeSet(2);
  leaving.meta().setDeletionTimestamp("2026-01-01T00:00:00Z");
  leaving.meta().initFinalizers(1).set(0, "foregroundDeletion");
  put(std::move(leaving));
  EXPECT_TRUE(pods().empty());
}

}  // namespace
}  // namespace cleat
