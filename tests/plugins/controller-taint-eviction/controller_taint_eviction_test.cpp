#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/testkit.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::Node;
using core_v1::Pod;
using testing::ElementsAre;
using testing::IsEmpty;

struct Tolerated {
  const char* key;
  std::optional<int64_t> seconds;
};

class TaintEvictionTest : public testing::Test {
 protected:
  TaintEvictionTest() {
    host.know<Pod>();
    host.know<core_v1::Event>();
    host.put(test::makeNode("n1", {}));
  }

  void start() { plugin.emplace(host.start(cleat_plugin_v1())); }

  void put(const std::string& name, const std::vector<Tolerated>& tolerations = {}, const std::string& node = "n1") {
    auto pod = test::makePod(name);
    pod->getSpec().setNodeName(node);
    auto list = pod->getSpec().initTolerations(tolerations.size());
    for (uint32_t i = 0; i < tolerations.size(); ++i) {
      list[i].setKey(tolerations[i].key);
      list[i].setOperator("Exists");
      list[i].setEffect("NoExecute");
      if (tolerations[i].seconds) list[i].initTolerationSeconds().setValue(*tolerations[i].seconds);
    }
    host.put(std::move(pod));
  }

  void taint(const std::vector<std::string>& keys, const char* effect = "NoExecute") {
    host.change<Node>("", "n1", [&](Node::Builder node) {
      auto taints = node.initSpec().initTaints(keys.size());
      for (uint32_t i = 0; i < keys.size(); ++i) {
        taints[i].setKey(keys[i]);
        taints[i].setEffect(effect);
      }
    });
    host.settle();
  }

  std::vector<std::string> pods() {
    std::vector<std::string> names;
    for (const auto& pod : host.list<Pod>()) names.emplace_back(pod.name());
    return names;
  }

  std::vector<std::string> events() {
    std::vector<std::string> messages;
    for (const auto& event : host.list<core_v1::Event>()) messages.push_back(str(event->getMessage()));
    return messages;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(TaintEvictionTest, APodThatDoesNotTolerateGoesAtOnceAndIsToldWhy) {
  host.deletesGracefully<Pod>();
  start();
  put("plain");
  put("elsewhere", {}, "n2");
  host.settle();
  EXPECT_THAT(events(), IsEmpty());
  taint({"broken"});
  Object<Pod> pod = host.get<Pod>("default", "plain");
  ASSERT_TRUE(pod);
  EXPECT_GT(pod.meta().getDeletionTimestamp().size(), 0u);
  ASSERT_EQ(pod->getStatus().getConditions().size(), 1u);
  EXPECT_EQ(view(pod->getStatus().getConditions()[0].getReason()), "DeletionByTaintManager");
  EXPECT_THAT(events(), ElementsAre("Marking for deletion Pod default/plain"));
  EXPECT_EQ(host.get<Pod>("default", "elsewhere").meta().getDeletionTimestamp().size(), 0u);
  host.advance(1h);
  EXPECT_EQ(test::countRequests(host, "delete pods"), 1u);
}

TEST_F(TaintEvictionTest, OnlyNoExecuteEvicts) {
  start();
  put("plain");
  taint({"full"}, "NoSchedule");
  taint({"full"}, "PreferNoSchedule");
  EXPECT_THAT(pods(), ElementsAre("plain"));
}

TEST_F(TaintEvictionTest, TheShortestTolerationOfAllTaintsCounts) {
  start();
  put("both", {{"a", 100}, {"b", 20}});
  put("ever", {{"a", std::nullopt}, {"b", std::nullopt}});
  put("half", {{"a", 100}});
  put("long", {{"a", std::numeric_limits<int64_t>::max()}, {"b", std::nullopt}});
  put("minus", {{"a", -5}, {"b", std::nullopt}});
  taint({"a", "b"});
  EXPECT_THAT(pods(), ElementsAre("both", "ever", "long"));
  host.advance(19s);
  EXPECT_THAT(pods(), ElementsAre("both", "ever", "long"));
  host.advance(2s);
  EXPECT_THAT(pods(), ElementsAre("ever", "long"));
  host.advance(24h * 365);
  EXPECT_THAT(pods(), ElementsAre("ever", "long"));
}

TEST_F(TaintEvictionTest, OfSeveralTolerationsOfATaintTheFirstCounts) {
  start();
  put("long", {{"a", 100}, {"a", 20}});
  put("short", {{"a", 20}, {"a", std::nullopt}});
  taint({"a"});
  host.advance(21s);
  EXPECT_THAT(pods(), ElementsAre("long"));
  host.advance(80s);
  EXPECT_THAT(pods(), IsEmpty());
}

TEST_F(TaintEvictionTest, WhoseConditionCannotBeWrittenYetIsToldOnce) {
  host.deletesGracefully<Pod>();
  start();
  put("plain");
  bool refuses = true;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    if (verb != "update/status" || !std::exchange(refuses, false)) return {};
    return fail(Status::conflict("pods", "plain", "written meanwhile"));
  });
  taint({"broken"});
  host.advance(1s);
  EXPECT_EQ(test::countRequests(host, "delete pods"), 1u);
  EXPECT_THAT(events(), ElementsAre("Marking for deletion Pod default/plain"));
  auto events = host.list<core_v1::Event>();
  EXPECT_LE(events.at(0)->getCount(), 1);
}

TEST_F(TaintEvictionTest, ATaintThatGoesInTimeCallsTheDeletionOff) {
  start();
  put("waits", {{"a", 60}});
  taint({"a"});
  host.advance(50s);
  taint({});
  EXPECT_THAT(events(), ElementsAre("Cancelling deletion of Pod default/waits"));
  host.advance(1h);
  EXPECT_THAT(pods(), ElementsAre("waits"));
  // The time begins anew with the next taint.
  taint({"a"});
  host.advance(50s);
  EXPECT_THAT(pods(), ElementsAre("waits"));
  host.advance(11s);
  EXPECT_THAT(pods(), IsEmpty());
}

TEST_F(TaintEvictionTest, APodThatComesToATaintedNodeIsJudgedThere) {
  start();
  taint({"a"});
  put("late");
  put("tolerant", {{"a", 10}});
  host.settle();
  EXPECT_THAT(pods(), ElementsAre("tolerant"));
  host.advance(11s);
  EXPECT_THAT(pods(), IsEmpty());
}

TEST_F(TaintEvictionTest, AnotherPodOfTheNameHasItsOwnTime) {
  start();
  taint({"a"});
  put("same", {{"a", 60}});
  host.settle();
  host.advance(50s);
  host.remove<Pod>("default", "same");
  put("same", {{"a", 60}});
  host.settle();
  host.advance(20s);
  EXPECT_THAT(pods(), ElementsAre("same"));
  host.advance(41s);
  EXPECT_THAT(pods(), IsEmpty());
}

}  // namespace
}  // namespace cleat
