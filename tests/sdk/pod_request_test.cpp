// What a pod takes of its node, and which nodes it asks for.
#include <cleat/sdk/node_selector.h>
#include <cleat/sdk/pod_request.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

namespace cleat {
namespace {

using test::fillMap;
using test::makeNode;
using test::makePod;

TEST(Requests, CountWhatRunsTogether) {
  auto pod = makePod("p", {{"cpu", "1"}, {"memory", "1Gi"}, {"x.io/gpu", "1"}});
  auto init = pod->getSpec().initInitContainers(3);
  fillMap(init[0].initResources().initRequests(2), {{"cpu", "3"}, {"memory", "100Mi"}});
  init[1].setRestartPolicy("Always");
  fillMap(init[1].initResources().initRequests(2), {{"cpu", "500m"}, {"x.io/gpu", "2"}});
  fillMap(init[2].initResources().initRequests(1), {{"cpu", "2600m"}});
  fillMap(pod->getSpec().initOverhead(1), {{"memory", "1Mi"}});
  ResourceAmounts amounts = requestOf(pod->getSpec().asReader());
  EXPECT_EQ(amounts.milliCpu, 3100);  // the third, beside the sidecar
  EXPECT_EQ(amounts.memory, (1 << 30) + (1 << 20));
  EXPECT_EQ(amounts.others.at("x.io/gpu"), 3);
  EXPECT_EQ(amounts.pods, 1);
}

TEST(Requests, OfThePodAsAWholeStandForThoseOfItsContainers) {
  auto pod = makePod("p", {{"cpu", "1"}, {"memory", "1Gi"}});
  fillMap(pod->getSpec().initResources().initRequests(1), {{"cpu", "2"}});
  fillMap(pod->getSpec().initOverhead(1), {{"cpu", "100m"}});
  ResourceAmounts amounts = requestOf(pod->getSpec().asReader());
  EXPECT_EQ(amounts.milliCpu, 2100);
  EXPECT_EQ(amounts.memory, 1 << 30);
}

TEST(Requests, ALimitAloneIsOne) {
  auto pod = makePod("p", {{"cpu", "100m"}});
  fillMap(pod->getSpec().getContainers()[0].getResources().initLimits(2), {{"cpu", "2"}, {"memory", "1Ki"}});
  ResourceAmounts amounts = requestOf(pod->getSpec().asReader());
  EXPECT_EQ(amounts.milliCpu, 100);
  EXPECT_EQ(amounts.memory, 1024);
}

TEST(HostPorts, AreThoseOfContainersAndSidecars) {
  auto pod = makePod("p");
  auto init = pod->getSpec().initInitContainers(2);
  init[0].initPorts(1)[0].setHostPort(1);
  init[1].initPorts(1)[0].setHostPort(2);
  init[1].setRestartPolicy("Always");
  auto ports = pod->getSpec().getContainers()[0].initPorts(2);
  ports[0].setContainerPort(80);
  ports[1].setHostPort(3);
  ports[1].setHostIP("192.0.2.1");
  ports[1].setProtocol("UDP");
  EXPECT_EQ(takenHostPorts(pod->getSpec().asReader()), (std::vector<HostPort>{{"192.0.2.1", "UDP", 3}, {"", "", 2}}));
}

TEST(HostPorts, CollideOnOneAddressAndProtocol) {
  EXPECT_TRUE(collide({"", "TCP", 80}, {"192.0.2.1", "", 80}));
  EXPECT_TRUE(collide({"0.0.0.0", "TCP", 80}, {"192.0.2.1", "TCP", 80}));
  EXPECT_FALSE(collide({"192.0.2.2", "TCP", 80}, {"192.0.2.1", "TCP", 80}));
  EXPECT_FALSE(collide({"", "TCP", 80}, {"", "UDP", 80}));
  EXPECT_FALSE(collide({"", "TCP", 80}, {"", "TCP", 81}));
}

struct SelectionCase {
  const char* key;
  const char* op;
  std::vector<const char*> values;
  bool matches;
};

class NodeSelection : public ::testing::Test {
 protected:
  static void fill(core_v1::NodeSelectorRequirement::Builder requirement, const SelectionCase& each) {
    requirement.setKey(each.key);
    requirement.setOperator(each.op);
    auto values = requirement.initValues(each.values.size());
    for (uint32_t i = 0; i < each.values.size(); ++i) values.set(i, each.values[i]);
  }
  test::FakeHost host_;
  Object<core_v1::Node> node_ = host_.put(makeNode("a", {}, {{"zone", "north"}, {"cores", "8"}}));
};

TEST_F(NodeSelection, GoesByLabels) {
  const SelectionCase cases[] = {
      {"zone", "In", {"south", "north"}, true},
      {"zone", "In", {"south"}, false},
      {"disk", "In", {""}, false},
      {"zone", "NotIn", {"north"}, false},
      {"disk", "NotIn", {"ssd"}, true},
      {"zone", "Exists", {}, true},
      {"disk", "Exists", {}, false},
      {"disk", "DoesNotExist", {}, true},
      {"cores", "Gt", {"7"}, true},
      {"cores", "Gt", {"8"}, false},
      {"cores", "Lt", {"9"}, true},
      {"zone", "Gt", {"1"}, false},
      {"cores", "Gt", {"1", "2"}, false},
      {"cores", "Is", {"8"}, false},
  };
  for (const auto& each : cases) {
    Draft<core_v1::Pod> pod = makePod("p");
    auto selector =
        pod->getSpec().initAffinity().initNodeAffinity().initRequiredDuringSchedulingIgnoredDuringExecution();
    fill(selector.initNodeSelectorTerms(1)[0].initMatchExpressions(1)[0], each);
    EXPECT_EQ(matchesNodeSelection(pod->getSpec().asReader(), node_), each.matches) << each.key << " " << each.op;
  }
}

TEST_F(NodeSelection, GoesByNameAndOneTermIsEnough) {
  Draft<core_v1::Pod> pod = makePod("p");
  auto terms = pod->getSpec()
                   .initAffinity()
                   .initNodeAffinity()
                   .initRequiredDuringSchedulingIgnoredDuringExecution()
                   .initNodeSelectorTerms(2);
  EXPECT_FALSE(matchesNodeSelection(pod->getSpec().asReader(), node_));  // neither says anything
  fill(terms[1].initMatchFields(1)[0], {"metadata.name", "In", {"a"}, true});
  EXPECT_TRUE(matchesNodeSelection(pod->getSpec().asReader(), node_));
  fill(terms[1].initMatchExpressions(1)[0], {"zone", "In", {"south"}, false});
  EXPECT_FALSE(matchesNodeSelection(pod->getSpec().asReader(), node_));
}

TEST_F(NodeSelection, TheSelectorHasToBeMetBesideTheAffinity) {
  Draft<core_v1::Pod> pod = makePod("p");
  fillMap(pod->getSpec().initNodeSelector(1), {{"zone", "north"}});
  EXPECT_TRUE(matchesNodeSelection(pod->getSpec().asReader(), node_));
  fillMap(pod->getSpec().initNodeSelector(1), {{"zone", "south"}});
  EXPECT_FALSE(matchesNodeSelection(pod->getSpec().asReader(), node_));
}

}  // namespace
}  // namespace cleat
