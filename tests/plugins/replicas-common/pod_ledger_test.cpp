// PodLedger: what it says of a set's pods is what a look at all of them would.
#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/pod_state.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "replica_counts.h"
#include "tests/plugins/objects.h"

namespace cleat {
namespace {

using namespace std::chrono_literals;
using apps_v1::ReplicaSet;
using core_v1::Pod;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

class LedgerKeeper : public Plugin {
 public:
  using Plugin::Plugin;
  Task<Result<void>> start() override {
    co_await pods_.waitSynced();
    co_return Result<void>();
  }
  Informer<Pod> pods_{context()};
  PodLedger ledger_{pods_};
};

class PodLedgerTest : public testing::Test {
 protected:
  PodLedgerTest() {
    host.know<ReplicaSet>();
    for (const char* name : {"web", "db"}) {
      host.put(test::named<ReplicaSet>("default", name));
      owners.push_back(host.get<ReplicaSet>("default", name));
    }
    plugin.emplace(host.start<LedgerKeeper>());
    host.settle();
  }
  PodLedger& ledger() { return (*plugin)->ledger_; }
  Draft<Pod> makePod(const std::string& name, const Object<ReplicaSet>& owner, const test::Pairs& labels = {}) {
    Draft<Pod> pod = test::makePod(name, {}, labels);
    if (owner) setController(pod.meta(), owner);
    return pod;
  }
  void put(Draft<Pod> pod) {
    host.put(std::move(pod));
    host.settle();
  }
  void setReady(const std::string& name, const std::string& since) {
    host.change<Pod>("default", name, [&](auto pod) {
      auto condition = pod.initStatus().initConditions(1)[0];
      condition.setType("Ready");
      condition.setStatus("True");
      condition.setLastTransitionTime(since.c_str());
    });
    host.settle();
  }
  std::vector<std::string> namesOf(const Object<ReplicaSet>& owner) {
    std::vector<std::string> names;
    for (const KnownPod& known : ledger().of(owner.uid())) names.emplace_back(known.pod.name());
    return names;
  }

  test::FakeHost host;
  std::vector<Object<ReplicaSet>> owners;
  std::optional<test::Started<LedgerKeeper>> plugin;
};

TEST_F(PodLedgerTest, APodGoesWithItsOwner) {
  put(makePod("a", owners[0]));
  put(makePod("free", {}));
  EXPECT_THAT(namesOf(owners[0]), ElementsAre("a"));
  host.change<Pod>("default", "a", [&](auto pod) {
    removeOwner(pod.getMetadata(), owners[0].uid());
    setController(pod.getMetadata(), owners[1]);
  });
  host.settle();
  EXPECT_THAT(namesOf(owners[0]), IsEmpty());
  EXPECT_THAT(namesOf(owners[1]), ElementsAre("a"));
  host.remove<Pod>("default", "a");
  host.settle();
  EXPECT_THAT(namesOf(owners[1]), IsEmpty());
}

TEST_F(PodLedgerTest, IsJudgedByTheSpecOfTheGenerationThatIsAskedFor) {
  put(makePod("a", owners[0], {{"app", "web"}}));
  auto judge = [&](int64_t generation, const test::Pairs& selector, const test::Pairs& labels) {
    Draft<Pod> selected = test::makePod("s", {}, selector), wanted = test::makePod("w", {}, labels);
    return PodJudge{generation, LabelSelector::fromMap(selected.meta().getLabels().asReader()),
                    LabelSelector::fromMap(wanted.meta().getLabels().asReader())};
  };
  const KnownPod& first = ledger().of(owners[0].uid(), judge(1, {{"app", "web"}}, {{"app", "web"}})).front();
  EXPECT_TRUE(first.isSelected && first.isLabelled);
  const KnownPod& second =
      ledger().of(owners[0].uid(), judge(2, {{"app", "db"}}, {{"app", "web"}, {"tier", "x"}})).front();
  EXPECT_FALSE(second.isSelected || second.isLabelled);
}

TEST_F(PodLedgerTest, CountsWhoIsReadyForLongEnough) {
  put(makePod("a", owners[0]));
  put(makePod("b", owners[0]));
  put(makePod("c", owners[0]));
  setReady("a", "2026-01-01T00:00:00Z");
  setReady("b", "2026-01-01T00:00:20Z");
  std::vector<const KnownPod*> active;
  for (const KnownPod& known : ledger().of(owners[0].uid())) active.push_back(&known);
  const WallTime now = *parseTime(std::string_view("2026-01-01T00:00:25Z"));
  const ReplicaCounts counts = countReplicas(active, ledger().of(owners[0].uid()), 10s, now);
  EXPECT_EQ(counts.replicas, 3);
  EXPECT_EQ(counts.ready, 2);
  EXPECT_EQ(counts.available, 1);
  EXPECT_EQ(counts.nextAvailable, Duration(5s));
}

TEST_F(PodLedgerTest, AfterAnyChangesItIsWhatALookAtAllOfThemFinds) {
  std::mt19937 random(7);
  for (int step = 0; step < 400; ++step) {
    const std::string name = concat("p", random() % 12);
    const bool isThere = bool(host.get<Pod>("default", name));
    if (!isThere) {
      put(makePod(name, random() % 3 == 0 ? Object<ReplicaSet>() : owners[random() % 2]));
    } else if (random() % 3 == 0) {
      host.remove<Pod>("default", name);
    } else {
      host.change<Pod>("default", name, [&](auto pod) {
        pod.initStatus().setPhase(random() % 2 ? "Running" : "Failed");
        for (const auto& owner : owners) removeOwner(pod.getMetadata(), owner.uid());
        if (random() % 3) setController(pod.getMetadata(), owners[random() % 2]);
      });
    }
    host.settle();
    for (const auto& owner : owners) {
      std::vector<std::string> owned;
      for (const Object<Pod>& pod : host.list<Pod>()) {
        auto controller = controllerOf(pod.meta());
        if (controller && view(controller->getUid()) == owner.uid()) owned.emplace_back(pod.name());
      }
      ASSERT_THAT(namesOf(owner), UnorderedElementsAreArray(owned)) << "after step " << step;
      for (const KnownPod& known : ledger().of(owner.uid())) {
        ASSERT_EQ(known.traits.isActive, isActive(host.get<Pod>("default", str(known.pod.name()))));
      }
    }
  }
}

}  // namespace
}  // namespace cleat
