#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace {

using namespace cleat;
using core_v1::Node;
using core_v1::Pod;

Draft<Node> makeNode(const char* name, const char* rank) {
  Draft<Node> node;
  node->initMetadata().setName(name);
  setLabel(node.meta(), "my-plugin/rank", rank);
  return node;
}

Draft<Pod> makePod(const char* name, const char* scheduler) {
  Draft<Pod> pod;
  pod->initMetadata().setName(name);
  pod->getMetadata().setNamespace("default");
  pod->initSpec().setSchedulerName(scheduler);
  return pod;
}

TEST(MyPlugin, BindsItsPodsToTheHighestNode) {
  test::FakeHost host;
  host.put(makeNode("low", "1"));
  host.put(makePod("mine", "my-plugin"));
  host.put(makePod("of-another", "default-scheduler"));
  std::vector<std::string> bound;
  host.put(makeNode("high", "7"));
  auto plugin = host.start(cleat_plugin_v1());
  ASSERT_TRUE(plugin.ready()) << plugin.readyError();
  host.settle();
  EXPECT_EQ(view(host.get<Pod>("default", "mine")->getSpec().getNodeName()), "high");
  EXPECT_EQ(view(host.get<Pod>("default", "of-another")->getSpec().getNodeName()), "");
}

}  // namespace
