#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::Node;
using core_v1::Pod;
using testing::ElementsAre;
using testing::IsEmpty;

class PodCollectorTest : public testing::Test {
 protected:
  void start(const test::Settings& settings = {}) {
    host.know<Node>();
    host.deletesGracefully<Pod>();
    plugin.emplace(host.start(cleat_plugin_v1(), settings));
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  void node(const char* name, bool ready = true, const char* taint = nullptr) {
    auto draft = test::makeNode(name, {});
    setCondition<core_v1::NodeCondition>(draft->getStatus(), {"Ready", ready ? "True" : "Unknown", "", "", ""});
    if (taint != nullptr) {
      auto list = draft->getSpec().initTaints(1);
      list[0].setKey(taint);
      list[0].setEffect("NoExecute");
    }
    host.put(std::move(draft));
    host.settle();
  }
  void pod(const char* name, const char* node, const char* phase = "Running", bool leaving = false,
           const char* reason = "") {
    auto draft = test::makePod(name);
    draft->getSpec().setNodeName(node);
    draft->initStatus().setPhase(phase);
    draft->getStatus().setReason(reason);
    draft.meta().setCreationTimestamp(concat("2026-01-01T00:00:", 10 + age_++, "Z"));
    if (leaving) {
      draft.meta().setDeletionTimestamp("2026-01-01T00:01:00Z");
      draft.meta().initDeletionGracePeriodSeconds().setValue(30);
    }
    host.put(std::move(draft));
    host.settle();
  }
  std::vector<std::string> pods() {
    std::vector<std::string> names;
    for (const auto& pod : host.list<Pod>()) names.emplace_back(pod.name());
    return names;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;

 private:
  int age_ = 0;
};

TEST_F(PodCollectorTest, PodsOfANodeThatIsMissingForLongGo) {
  start();
  node("a");
  pod("stays", "a");
  pod("lost", "gone");
  pod("ended", "gone", "Succeeded");
  Object<Pod> last;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view key) -> Result<void> {
    if (verb == "delete" && key == "default/lost") last = host.get<Pod>("default", "lost");
    return {};
  });
  host.advance(39s);
  EXPECT_THAT(pods(), ElementsAre("ended", "lost", "stays"));
  host.advance(2s);
  EXPECT_THAT(pods(), ElementsAre("stays"));
  ASSERT_TRUE(last);
  EXPECT_EQ(view(last->getStatus().getPhase()), "Failed");
  auto condition = findCondition(last->getStatus().getConditions(), "DisruptionTarget");
  ASSERT_TRUE(condition);
  EXPECT_EQ(view(condition->getStatus()), "True");
  EXPECT_EQ(view(condition->getReason()), "DeletionByPodGC");
  EXPECT_EQ(view(condition->getMessage()), "PodGC: node no longer exists");
  EXPECT_EQ(test::countRequests(host, "update/status pods default/ended"), 0u);
}

TEST_F(PodCollectorTest, ANodeThatComesBackKeepsItsPodsAndBeginsAnew) {
  start({{"quarantine", "1m"}});
  node("a");
  pod("web", "a");
  host.remove<Node>("", "a");
  host.advance(59s);
  node("a");
  host.advance(5min);
  EXPECT_THAT(pods(), ElementsAre("web"));
  host.remove<Node>("", "a");
  host.advance(59s);
  EXPECT_THAT(pods(), ElementsAre("web"));
  host.advance(2s);
  EXPECT_THAT(pods(), IsEmpty());
}

TEST_F(PodCollectorTest, ANodeThatOnlyTheServerKnowsIsThere) {
  start();
  pod("web", "a");
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "get" && resource == "nodes") return fail(Status::unavailable("not now"));
    return {};
  });
  host.advance(41s);
  EXPECT_THAT(pods(), ElementsAre("web"));
}

struct LeavingCase {
  const char* what;
  const char* node;
  bool ready;
  const char* taint;
  bool leaving;
  bool goes;
};

TEST_F(PodCollectorTest, PodsThatNobodyFinishesWithGoAtOnce) {
  const LeavingCase cases[] = {
      {"unbound and wanted", "", true, nullptr, false, false},
      {"unbound and leaving", "", true, nullptr, true, true},
      {"leaving a node that works", "n", true, nullptr, true, false},
      {"leaving a node that is out of reach", "n", false, nullptr, true, false},
      {"leaving a node that is out of service", "n", false, "node.kubernetes.io/out-of-service", true, true},
      {"wanted on a node that is out of service", "n", false, "node.kubernetes.io/out-of-service", false, false},
      {"leaving a node that is said to be and works", "n", true, "node.kubernetes.io/out-of-service", true, false},
      {"leaving a node with another taint", "n", false, "mine", true, false},
  };
  start();
  for (const LeavingCase& each : cases) {
    node("n", each.ready, each.taint);
    pod("web", each.node, "Running", each.leaving);
    EXPECT_EQ(pods().empty(), each.goes) << each.what;
    if (!pods().empty()) host.remove<Pod>("default", "web");
  }
}

TEST_F(PodCollectorTest, ATaintThatComesLaterCounts) {
  start();
  node("n", false);
  pod("web", "n", "Running", true);
  EXPECT_THAT(pods(), ElementsAre("web"));
  node("n", false, "node.kubernetes.io/out-of-service");
  EXPECT_THAT(pods(), IsEmpty());
}

TEST_F(PodCollectorTest, AFinalizerIsNotFoughtWith) {
  start();
  auto draft = test::makePod("held");
  draft.meta().setDeletionTimestamp("2026-01-01T00:01:00Z");
  draft.meta().initDeletionGracePeriodSeconds().setValue(0);
  draft.meta().initFinalizers(1).set(0, "mine/hold");
  host.put(std::move(draft));
  host.advance(10min);
  EXPECT_EQ(test::countRequests(host, "update/status pods"), 1u);
  EXPECT_EQ(test::countRequests(host, "delete pods"), 1u);
  EXPECT_EQ(view(host.get<Pod>("default", "held")->getStatus().getPhase()), "Failed");
}

TEST_F(PodCollectorTest, OfThoseThatHaveEndedTheOldestGoWhenThereAreTooMany) {
  start({{"terminated_pod_threshold", "2"}});
  node("a");
  pod("oldest", "a", "Succeeded");
  pod("older", "a", "Failed");
  pod("running", "a");
  host.advance(1min);
  EXPECT_THAT(pods(), ElementsAre("older", "oldest", "running"));
  pod("newer", "a", "Succeeded");
  pod("evicted", "a", "Failed", false, "Evicted");
  host.advance(1min);
  EXPECT_THAT(pods(), ElementsAre("newer", "older", "running"));
}

TEST_F(PodCollectorTest, AnyNumberMayHaveEndedWhereThereIsNoLimit) {
  start({{"terminated_pod_threshold", "0"}});
  node("a");
  pod("one", "a", "Succeeded");
  host.advance(1h);
  EXPECT_THAT(pods(), ElementsAre("one"));
}

}  // namespace
}  // namespace cleat
