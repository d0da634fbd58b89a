// The quality-of-service class of a pod.
#include <cleat/sdk/pod_qos.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

namespace cleat {
namespace {

using core_v1::ResourceRequirements;
using test::fillMap;
using test::Pairs;

void set(ResourceRequirements::Builder resources, const Pairs& requests, const Pairs& limits) {
  fillMap(resources.initRequests(static_cast<unsigned>(requests.size())), requests);
  fillMap(resources.initLimits(static_cast<unsigned>(limits.size())), limits);
}

struct Case {
  Pairs requests, limits;
  QosClass expected;
};

TEST(Qos, IsWhatRequestsAndLimitsMakeIt) {
  const Pairs both{{"cpu", "1"}, {"memory", "1Gi"}};
  const std::vector<Case> cases = {
      {{}, {}, QosClass::bestEffort},
      {{{"cpu", "0"}}, {{"memory", "0"}}, QosClass::bestEffort},
      {{{"x.io/gpu", "1"}}, {{"x.io/gpu", "1"}}, QosClass::bestEffort},
      {{{"cpu", "1"}}, {}, QosClass::burstable},
      {{}, {{"cpu", "1"}}, QosClass::burstable},
      {both, {}, QosClass::burstable},
      {{}, both, QosClass::guaranteed},  // limits are requests too
      {both, both, QosClass::guaranteed},
      {{{"cpu", "1000m"}, {"memory", "1024Mi"}}, both, QosClass::guaranteed},
      {{{"cpu", "500m"}}, both, QosClass::burstable},
      {{{"cpu", "0"}}, both, QosClass::burstable},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    auto pod = test::makePod("p", {});
    set(pod->getSpec().getContainers()[0].initResources(), cases[i].requests, cases[i].limits);
    EXPECT_EQ(qosClassOf(pod->getSpec().asReader()), cases[i].expected) << "case " << i;
  }
}

TEST(Qos, IsThatOfAllContainersWhereTheyAreOfOne) {
  const Pairs both{{"cpu", "1"}, {"memory", "1Gi"}};
  auto pod = test::makePod("p", {});
  set(pod->getSpec().getContainers()[0].initResources(), both, both);
  auto init = pod->getSpec().initInitContainers(1);
  EXPECT_EQ(qosClassOf(pod->getSpec().asReader()), QosClass::burstable);
  set(init[0].initResources(), {}, both);
  EXPECT_EQ(qosClassOf(pod->getSpec().asReader()), QosClass::guaranteed);
}

TEST(Qos, IsThatOfThePodAsAWholeWhereThatAsksForAnything) {
  const Pairs both{{"cpu", "1"}, {"memory", "1Gi"}};
  auto pod = test::makePod("p", {{"cpu", "1"}});
  set(pod->getSpec().initResources(), {}, {});
  EXPECT_EQ(qosClassOf(pod->getSpec().asReader()), QosClass::burstable);
  set(pod->getSpec().initResources(), {}, both);
  EXPECT_EQ(qosClassOf(pod->getSpec().asReader()), QosClass::guaranteed);
  set(pod->getSpec().initResources(), {{"hugepages-2Mi", "2Mi"}}, {{"hugepages-2Mi", "2Mi"}});
  EXPECT_EQ(qosClassOf(pod->getSpec().asReader()), QosClass::bestEffort);
}

TEST(Qos, IsWhatTheStatusSaysWhereItSaysIt) {
  auto pod = test::makePod("p", {{"cpu", "1"}});
  EXPECT_EQ(qosClassName(qosClassOf(pod.reader())), "Burstable");
  pod->initStatus().setQosClass("BestEffort");
  EXPECT_EQ(qosClassName(qosClassOf(pod.reader())), "BestEffort");
  pod->getStatus().setQosClass("Odd");
  EXPECT_EQ(qosClassName(qosClassOf(pod.reader())), "Burstable");
}

}  // namespace
}  // namespace cleat
