#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/kinds/autoscaling_v1.h>
#include <cleat/sdk/kinds/core_v1_replication.h>
#include <cleat/sdk/kinds/policy_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {

// A kind of users' own, of which nobody but its scale is known.
struct Widget : autoscaling_v1::Scale {};
template <>
struct KindOf<Widget> {
  static constexpr Resource resource{"example.com", "v1", "widgets", "Widget", true};
};

namespace {

using namespace std::chrono_literals;
using apps_v1::Deployment;
using apps_v1::ReplicaSet;
using apps_v1::StatefulSet;
using core_v1::Event;
using core_v1::Pod;
using core_v1::ReplicationController;
using policy_v1::PodDisruptionBudget;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class DisruptionTest : public testing::Test {
 protected:
  DisruptionTest() {
    host.know<PodDisruptionBudget>();
    host.know<ReplicaSet>();
    host.know<Deployment>();
    host.know<StatefulSet>();
    host.know<ReplicationController>();
    host.know<Widget>();
    host.know<Event>();
    host.deletesGracefully<Pod>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  template <class K>
  Object<K> owner(const std::string& name, int replicas) {
    auto draft = test::named<K>("default", name);
    if constexpr (std::is_same_v<K, Widget>) {
      draft->initSpec().setReplicas(replicas);
    } else {
      draft->initSpec().initReplicas().setValue(replicas);
    }
    return host.put(std::move(draft));
  }
  template <class K>
  void pod(const std::string& name, const Object<K>& owner, bool ready = true) {
    auto draft = test::makePod(name, {}, {{"app", "web"}});
    if (owner) setController(draft.meta(), owner);
    draft->getSpec().setNodeName("a");
    host.put(std::move(draft));
    if (ready) test::setPodReady(host, "default", name);
    host.settle();
  }
  void bare(const std::string& name) { pod(name, Object<ReplicaSet>()); }
  void budget(const char* minAvailable, const char* maxUnavailable) {
    auto draft = test::named<PodDisruptionBudget>("default", "web");
    draft.meta().setGeneration(1);
    auto spec = draft->initSpec();
    test::fillMap(spec.initSelector().initMatchLabels(1), {{"app", "web"}});
    if (minAvailable) set(spec.initMinAvailable(), minAvailable);
    if (maxUnavailable) set(spec.initMaxUnavailable(), maxUnavailable);
    host.put(std::move(draft));
    host.settle();
  }
  static void set(meta_v1::IntOrString::Builder bound, const std::string& text) {
    if (auto number = parseInteger<int32_t>(text)) {
      bound.setIntVal(*number);
    } else {
      bound.setStrVal(text);
    }
  }
  policy_v1::PodDisruptionBudgetStatus::Reader status() {
    kept = host.get<PodDisruptionBudget>("default", "web");
    return kept->getStatus();
  }
  std::string numbers() {  // expected, desired, healthy, allowed
    auto now = status();
    return concat(now.getExpectedPods(), " ", now.getDesiredHealthy(), " ", now.getCurrentHealthy(), " ",
                  now.getDisruptionsAllowed());
  }
  std::string condition() {
    auto found = findCondition(status().getConditions(), "DisruptionAllowed");
    return found ? concat(found->getReason(), " ", found->getMessage()) : "none";
  }
  std::vector<std::string> events() {
    std::vector<std::string> all;
    for (const auto& event : host.list<Event>()) {
      all.push_back(concat(event->getType(), " ", event->getReason(), " ", event->getMessage()));
    }
    return all;
  }

  test::FakeHost host;
  Object<PodDisruptionBudget> kept;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(DisruptionTest, CountsPodsAsTheyComeAndGo) {
  budget("1", nullptr);
  EXPECT_EQ(numbers(), "0 1 0 0");
  EXPECT_THAT(events(), Contains("Normal NoPods No matching pods found"));
  bare("one");
  EXPECT_EQ(numbers(), "1 1 1 0");
  bare("two");
  EXPECT_EQ(numbers(), "2 1 2 1");
  EXPECT_EQ(condition(), "SufficientPods ");
  test::setPodReady(host, "default", "two", false);
  host.settle();
  EXPECT_EQ(numbers(), "2 1 1 0");
  host.change<Pod>("default", "one", [](auto pod) { setLabel(pod.getMetadata(), "app", "other"); });
  host.settle();
  EXPECT_EQ(numbers(), "1 1 0 0");
  EXPECT_EQ(condition(), "InsufficientPods ");
  const size_t before = host.requests().size();
  host.loseHistory();
  host.advance(1h);
  EXPECT_EQ(host.requests().size(), before) << "there was nothing left to do";
  plugin->stop();
  kept = {};
  EXPECT_EQ(host.heldObjects(), 0u);
}

TEST_F(DisruptionTest, APodOfSeveralBudgetsIsTold) {
  budget("1", nullptr);
  bare("one");
  EXPECT_THAT(events(), Not(Contains(HasSubstr("MultiplePodDisruptionBudgets"))));
  auto second = test::named<PodDisruptionBudget>("default", "zoo");
  test::fillMap(second->initSpec().initSelector().initMatchLabels(1), {{"app", "web"}});
  host.put(std::move(second));
  host.settle();
  EXPECT_THAT(events(), Not(Contains(HasSubstr("MultiplePodDisruptionBudgets")))) << "nothing has happened to the pod";
  test::setPodReady(host, "default", "one", false);
  host.settle();
  EXPECT_THAT(events(), Contains("Warning MultiplePodDisruptionBudgets Pod \"default\"/\"one\" matches multiple "
                                 "PodDisruptionBudgets.  Chose \"web\" arbitrarily."));
  EXPECT_EQ(numbers(), "1 1 0 0");
}

TEST_F(DisruptionTest, OwnersSayHowManyThereShouldBe) {
  auto deployment = owner<Deployment>("web", 4);
  auto first = owner<ReplicaSet>("web-1", 3);
  auto second = owner<ReplicaSet>("web-2", 2);
  for (const char* name : {"web-1", "web-2"}) {
    host.change<ReplicaSet>("default", name, [&](auto set) { setController(set.getMetadata(), deployment); });
  }
  pod("a", first);
  pod("b", second);
  budget(nullptr, "50%");
  EXPECT_EQ(numbers(), "4 2 2 0") << "two generations of one deployment";
  host.change<Deployment>("default", "web", [](auto changed) { changed.getSpec().initReplicas().setValue(2); });
  host.settle();
  EXPECT_EQ(numbers(), "2 1 2 1");
  pod("c", owner<ReplicaSet>("alone", 1));
  EXPECT_EQ(numbers(), "3 1 3 2");
  pod("d", owner<StatefulSet>("db", 3));
  EXPECT_EQ(numbers(), "6 3 4 1");
  pod("e", owner<ReplicationController>("old", 2));
  EXPECT_EQ(numbers(), "8 4 5 1");
  pod("f", owner<Widget>("own", 2));
  EXPECT_EQ(numbers(), "10 5 6 1");
}

TEST_F(DisruptionTest, WithoutAnOwnerOrItsScaleNothingIsAllowed) {
  budget(nullptr, "1");
  bare("one");
  EXPECT_EQ(numbers(), "0 0 1 0");
  EXPECT_THAT(events(), Contains(HasSubstr("UnmanagedPods Pods selected by this PodDisruptionBudget (selector: "
                                           "&LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]"
                                           "LabelSelectorRequirement{},}) were found to be unmanaged.")));
  auto widget = owner<Widget>("own", 2);
  host.remove<Widget>("default", "own");
  pod("two", widget);
  EXPECT_EQ(condition(), "SyncFailed found no controllers for pod \"two\"");
  EXPECT_EQ(status().getDisruptionsAllowed(), 0);
  EXPECT_THAT(events(), Contains("Warning CalculateExpectedPodCountFailed Failed to calculate the number of expected "
                                 "pods: found no controllers for pod \"two\""));
  host.remove<Pod>("default", "two");
  host.settle();
  EXPECT_EQ(condition(), "InsufficientPods ");
}

TEST_F(DisruptionTest, AnOwnerOfAnUnknownKindIsNamed) {
  auto draft = test::makePod("one", {}, {{"app", "web"}});
  setController(draft.meta(), Resource{"example.com", "v1", "gadgets", "Gadget"}, owner<Widget>("own", 1));
  host.put(std::move(draft));
  budget("50%", nullptr);
  EXPECT_EQ(condition(), "SyncFailed no matches for kind \"Gadget\" in version \"example.com/v1\"");
}

TEST_F(DisruptionTest, APodThatWasEvictedCountsAgainWhenItIsStillThere) {
  bare("one");
  bare("two");
  budget("1", nullptr);
  host.change<PodDisruptionBudget>("default", "web", [&](auto changed) {
    auto noted = changed.getStatus().initDisruptedPods(2);
    noted[0].setKey("gone");
    noted[0].setValue(formatTime(host.wallNow()));
    noted[1].setKey("one");
    noted[1].setValue(formatTime(host.wallNow()));
  });
  host.settle();
  EXPECT_EQ(numbers(), "2 1 1 0");
  ASSERT_EQ(status().getDisruptedPods().size(), 1u);
  EXPECT_EQ(view(status().getDisruptedPods()[0].getKey()), "one");
  host.advance(2min + 1s);
  EXPECT_EQ(numbers(), "2 1 2 1");
  EXPECT_EQ(status().getDisruptedPods().size(), 0u);
  EXPECT_THAT(events(), Contains("Warning NotDeleted Pod was expected by PDB default/web to be deleted but it wasn't"));
}

TEST_F(DisruptionTest, AConditionThatCameToNothingIsTakenBack) {
  bare("one");
  host.change<Pod>("default", "one", [&](auto pod) {
    setCondition<core_v1::PodCondition>(
        pod.getStatus(), {"DisruptionTarget", "True", "EvictionByEvictionAPI", "", formatTime(host.wallNow())});
  });
  host.advance(119s);
  EXPECT_TRUE(conditionIs(host.get<Pod>("default", "one")->getStatus().getConditions(), "DisruptionTarget", "True"));
  host.advance(2s);
  auto pod = host.get<Pod>("default", "one");
  auto condition = findCondition(pod->getStatus().getConditions(), "DisruptionTarget");
  ASSERT_TRUE(condition);
  EXPECT_EQ(view(condition->getStatus()), "False");
  EXPECT_EQ(view(condition->getReason()), "");
}

}  // namespace
}  // namespace cleat
