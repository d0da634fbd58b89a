#include <cleat/schema/role/scheduler_extension.methods.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace {

using namespace cleat;
using core_v1::Node;
using core_v1::Pod;

AnyRef nodeWith(const char* name, const char* label, const char* value) {
  Draft<Node> node;
  node->initMetadata().setName(name);
  setLabel(node.meta(), label, value);
  return std::move(node).freezeAny();
}

AnyRef podThatNeeds(const char* label) {
  Draft<Pod> pod;
  pod->initMetadata().setName("web");
  if (*label != 0) setAnnotation(pod.meta(), "my-plugin/needs", label);
  return std::move(pod).freezeAny();
}

// Asks about one pod and two nodes, as a scheduler does that has not asked before.
auto judge(test::AnyStarted& plugin, const char* needs) {
  auto ask = [](role::JudgeParams::Builder params) {
    params.setTable(1);
    params.setSize(2);
    params.initChanged(2).set(1, 1);
    auto group = params.initGroups(1)[0];
    group.setPods(1);
    group.initCandidates(1)[0] = 3;  // both
  };
  return plugin.call(role::schedulerExtension::judge, ask,
                     {podThatNeeds(needs), nodeWith("a", "my-plugin/rank", "90"), nodeWith("b", "disk", "fast")});
}

TEST(MyPlugin, PrefersNodesByTheirRank) {
  test::FakeHost host;
  auto plugin = host.start(cleat_plugin_v1());
  auto outcome = judge(plugin, "");
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  auto verdict = outcome.answer->getGroups()[0];
  EXPECT_EQ(verdict.getAllowed().size(), 0u) << "all are for it";
  ASSERT_EQ(verdict.getScores().size(), 2u);
  EXPECT_EQ(verdict.getScores()[0], 90);
  EXPECT_EQ(verdict.getScores()[1], 0);
}

TEST(MyPlugin, LeavesOutNodesWithoutTheLabel) {
  test::FakeHost host;
  auto plugin = host.start(cleat_plugin_v1());
  auto outcome = judge(plugin, "disk");
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  auto verdict = outcome.answer->getGroups()[0];
  ASSERT_EQ(verdict.getAllowed().size(), 1u);
  EXPECT_EQ(verdict.getAllowed()[0], 2) << "the second alone";
  EXPECT_EQ(view(verdict.getReason()), "had no label disk");
}

}  // namespace
