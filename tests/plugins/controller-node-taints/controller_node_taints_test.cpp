#include <cleat/sdk/kinds/core_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::Node;
using testing::ElementsAre;
using testing::IsEmpty;

class NodeTaintsTest : public testing::Test {
 protected:
  NodeTaintsTest() {
    host.know<Node>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  void setNodeCondition(const char* type, const char* status) {
    host.change<Node>("", "n", [&](Node::Builder node) {
      setCondition<core_v1::NodeCondition>(node.getStatus(), {type, status, "", "", formatTime(host.wallNow())});
    });
  }
  void taint(const std::vector<std::pair<const char*, const char*>>& taints) {
    host.change<Node>("", "n", [&](Node::Builder node) {
      auto list = node.getSpec().initTaints(static_cast<uint32_t>(taints.size()));
      for (uint32_t i = 0; i < list.size(); ++i) {
        list[i].setKey(taints[i].first);
        list[i].setEffect(taints[i].second);
      }
    });
  }
  std::vector<std::string> taints() {
    host.settle();
    std::vector<std::string> all;
    for (auto one : host.get<Node>("n")->getSpec().getTaints())
      all.push_back(concat(one.getKey(), ":", one.getEffect()));
    return all;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(NodeTaintsTest, ANewNodeLosesItsTaintWhenItIsReady) {
  host.put(test::makeNode("n", {}));
  taint({{"node.kubernetes.io/not-ready", "NoSchedule"}});
  setNodeCondition("Ready", "False");
  EXPECT_THAT(taints(), ElementsAre("node.kubernetes.io/not-ready:NoSchedule"));
  setNodeCondition("Ready", "True");
  EXPECT_THAT(taints(), IsEmpty());
}

TEST_F(NodeTaintsTest, WhatANodeSaysOfItselfBecomesTaints) {
  host.put(test::makeNode("n", {}));
  setNodeCondition("Ready", "Unknown");
  setNodeCondition("DiskPressure", "True");
  setNodeCondition("MemoryPressure", "False");
  host.change<Node>("", "n", [](Node::Builder node) { node.getSpec().setUnschedulable(true); });
  EXPECT_THAT(taints(),
              ElementsAre("node.kubernetes.io/disk-pressure:NoSchedule", "node.kubernetes.io/unreachable:NoSchedule",
                          "node.kubernetes.io/unschedulable:NoSchedule"));
  EXPECT_GT(host.get<Node>("n")->getSpec().getTaints()[0].getTimeAdded().size(), 0u);
  setNodeCondition("Ready", "True");
  setNodeCondition("DiskPressure", "False");
  host.change<Node>("", "n", [](Node::Builder node) { node.getSpec().setUnschedulable(false); });
  EXPECT_THAT(taints(), IsEmpty());
}

TEST_F(NodeTaintsTest, TaintsOfOthersStay) {
  host.put(test::makeNode("n", {}));
  setNodeCondition("Ready", "True");
  taint({{"dedicated", "NoSchedule"}, {"node.kubernetes.io/not-ready", "NoExecute"}});
  EXPECT_THAT(taints(), ElementsAre("dedicated:NoSchedule", "node.kubernetes.io/not-ready:NoExecute"));
  EXPECT_EQ(test::countRequests(host, "update"), 0u);
}

}  // namespace
}  // namespace cleat
