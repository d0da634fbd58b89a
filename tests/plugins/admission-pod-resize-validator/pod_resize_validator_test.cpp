// Which resizes a node could never carry out.
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <gtest/gtest.h>

#include "tests/plugins/admission.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::Node;
using core_v1::Pod;
using test::Pairs;

class PodResizeValidatorTest : public testing::Test {
 protected:
  PodResizeValidatorTest() {
    host.know<Node>();
    host.put(node("linux"));
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }

  static Draft<Node> node(const char* system) {
    Draft<Node> made;
    made.meta().setName("n1");
    setLabel(made.meta(), "kubernetes.io/os", system);
    test::fillMap(made->initStatus().initAllocatable(2), {{"cpu", "2"}, {"memory", "1Gi"}});
    return made;
  }
  static Object<Pod> pod(const Pairs& requests, const char* on) {
    auto draft = test::makePod("web", requests);
    draft->getSpec().setNodeName(on);
    return std::move(draft).freeze();
  }
  test::Outcome<role::AdmissionResults> resize(const Pairs& to, const char* on = "n1") {
    const test::AdmissionRequest request{
        .operation = role::Operation::UPDATE, .ns = "default", .name = "web", .subresource = "resize"};
    return test::admit<Pod>(*plugin, test::Pass::validate, request, pod(to, on), pod({{"cpu", "1"}}, on));
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(PodResizeValidatorTest, LetsPassWhatTheNodeHas) {
  EXPECT_TRUE(resize({{"cpu", "2"}, {"memory", "1Gi"}}).ok());
  EXPECT_TRUE(resize({{"cpu", "9"}}, "").ok());
}

TEST_F(PodResizeValidatorTest, RefusesWhatTheNodeHasNot) {
  auto outcome = resize({{"cpu", "2500m"}, {"memory", "2Gi"}});
  EXPECT_EQ(
      outcome.status.message,
      "pods \"web\" is forbidden: node didn't have enough allocatable resources: cpu, requested: 2500, allocatable: "
      "2000; memory, requested: 2147483648, allocatable: 1073741824");
  ASSERT_EQ(outcome.status.details.causes.size(), 1u);
  EXPECT_EQ(outcome.status.details.causes[0].reason, "NodeCapacity");
  EXPECT_EQ(resize({{"memory", "2Gi"}}).status.message,
            "pods \"web\" is forbidden: node didn't have enough allocatable resources: memory, requested: 2147483648, "
            "allocatable: 1073741824");
}

TEST_F(PodResizeValidatorTest, RefusesOnNodesThatCannot) {
  EXPECT_EQ(resize({{"cpu", "2"}}, "n2").status.message, "pods \"web\" is forbidden: node \"n2\" not found");
  host.put(node("windows"));
  host.settle();
  auto outcome = resize({{"cpu", "2"}});
  EXPECT_EQ(outcome.status.message,
            "pods \"web\" is forbidden: pod resize is only supported on linux nodes, node \"n1\" is \"windows\"");
  EXPECT_EQ(outcome.status.details.causes.at(0).reason, "UnsupportedPlatform");
  // What changes nothing is not looked at.
  EXPECT_TRUE(resize({{"cpu", "1"}}).ok());
}

}  // namespace
}  // namespace cleat
