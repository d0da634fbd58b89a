// Devices that a driver has to make ready when a node has been chosen: the pod waits for that, and no longer than it
// may.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/scheduler-default/device_objects.h"
#include "tests/plugins/scheduler-default/scheduler_fixture.h"

namespace cleat::scheduling {
namespace {

using core_v1::Pod;
using resource_v1::ResourceClaim;
using resource_v1::ResourceSlice;
using test::makeNode;
using testing::Contains;
using testing::Not;

class BindingConditionsTest : public SchedulerTest {
 protected:
  BindingConditionsTest() {
    for (const char* name : {"a", "b"}) host.put(makeNode(name, {{"cpu", "8"}, {"pods", "10"}}, {{"host", name}}));
    host.put(test::deviceClass("gpu", "device.driver == \"gpu.example.com\""));
    start();
  }
  // All nodes may have it.
  void fabric(const std::string& devices) {
    host.put(Draft<ResourceSlice>(test::fromJson<ResourceSlice>(
        concat(R"({"metadata":{"name":"fabric"},"spec":{"driver":"gpu.example.com","allNodes":true,)",
               R"("pool":{"name":"a-fabric","generation":1,"resourceSliceCount":1},"devices":[)", devices, "]}}"))));
  }
  static std::string attached(const std::string& name) {
    return concat(R"({"name":")", name, R"(","bindsToNode":true,"bindingConditions":["Attached"],)",
                  R"("bindingFailureConditions":["Broken"]})");
  }
  void claim(const std::string& name) {
    host.put(Draft<ResourceClaim>(test::fromJson<ResourceClaim>(
        concat(R"({"metadata":{"name":")", name, R"(","namespace":"default"},"spec":{"devices":{"requests":[)",
               R"({"name":"one","exactly":{"deviceClassName":"gpu","allocationMode":"ExactCount","count":1}}]}}})"))));
  }
  void podWith(const std::string& name, const std::string& claimName, const std::string& node = "") {
    pod(name, {}, [&](Pod::Builder pod) {
      auto use = pod.getSpec().initResourceClaims(1)[0];
      use.setName("gpu");
      use.setResourceClaimName(claimName);
      if (!node.empty()) test::fillMap(pod.getSpec().initNodeSelector(1), {{"host", node}});
    });
  }
  // What its driver says of the claim's first device.
  void say(const std::string& claimName, const char* condition) {
    host.change<ResourceClaim>("default", claimName, [&](ResourceClaim::Builder claim) {
      auto result = claim.asReader().getStatus().getAllocation().getDevices().getResults()[0];
      auto device = claim.getStatus().initDevices(1)[0];
      device.setDriver(result.getDriver());
      device.setPool(result.getPool());
      device.setDevice(result.getDevice());
      auto said = device.initConditions(1)[0];
      said.setType(condition);
      said.setStatus("True");
      said.setReason("Said");
      said.setMessage("by its driver");
    });
    host.settle();
  }
  // "gpu-0 for web".
  std::string stateOf(const std::string& name) {
    host.settle();
    auto status = host.get<ResourceClaim>("default", name)->getStatus();
    std::string state;
    for (auto result : status.getAllocation().getDevices().getResults()) appendTo(state, view(result.getDevice()));
    for (auto consumer : status.getReservedFor()) appendTo(state, concat(" for ", view(consumer.getName())));
    return state;
  }
};

TEST_F(BindingConditionsTest, ThePodIsBoundWhenItsDeviceIsReady) {
  fabric(attached("gpu-0"));
  claim("mine");
  podWith("web", "mine");
  EXPECT_EQ(stateOf("mine"), "gpu-0 for web");
  EXPECT_EQ(nodeOf("web"), "");
  const auto now = host.get<ResourceClaim>("default", "mine");
  auto allocation = now->getStatus().getAllocation();
  EXPECT_EQ(allocation.getDevices().getResults()[0].getBindingConditions().size(), 1u);
  EXPECT_EQ(view(allocation.getDevices().getResults()[0].getBindingFailureConditions()[0]), "Broken");
  EXPECT_FALSE(allocation.getAllocationTimestamp().size() == 0);
  auto field = allocation.getNodeSelector().getNodeSelectorTerms()[0].getMatchFields()[0];
  EXPECT_EQ(view(field.getKey()), "metadata.name");
  const std::string node = str(field.getValues()[0]);
  EXPECT_THAT(events(),
              Contains(concat("BindingConditionsPending: waiting for binding conditions for device on node ", node)));
  EXPECT_EQ(nominatedNodeOf("web"), node) << "so that nobody thinks the node unused";
  host.advance(std::chrono::minutes(9));
  EXPECT_EQ(nodeOf("web"), "");
  say("mine", "Attached");
  EXPECT_EQ(nodeOf("web"), node);
  EXPECT_EQ(stateOf("mine"), "gpu-0 for web");
}

TEST_F(BindingConditionsTest, OnANodeWhatIsReadyComesFirst) {
  fabric(attached("gpu-0"));
  host.put(test::slice({.name = "z-local", .node = "b", .devices = {"gpu-1"}}));
  claim("mine");
  podWith("web", "mine", "b");
  EXPECT_EQ(stateOf("mine"), "gpu-1 for web");
  EXPECT_EQ(nodeOf("web"), "b");
  claim("next");
  podWith("later", "next", "b");
  EXPECT_EQ(stateOf("next"), "gpu-0 for later");
  EXPECT_EQ(nodeOf("later"), "");
}

TEST_F(BindingConditionsTest, ADeviceThatFailsIsGivenBackAndAnotherTried) {
  fabric(concat(attached("gpu-0"), ",", attached("gpu-1")));
  claim("mine");
  podWith("web", "mine");
  EXPECT_EQ(stateOf("mine"), "gpu-0 for web");
  // As drivers do, so that it is not chosen again.
  fabric(attached("gpu-1"));
  say("mine", "Broken");
  EXPECT_THAT(events(), Contains("FailedScheduling: running PreBind plugin \"DynamicResources\": claim mine binding "
                                 "failed: reason=Said, message=\"by its driver\""));
  EXPECT_EQ(nominatedNodeOf("web"), "");
  host.advance(std::chrono::seconds(3));
  EXPECT_EQ(stateOf("mine"), "gpu-1 for web");
  EXPECT_EQ(nodeOf("web"), "");
  EXPECT_NE(nominatedNodeOf("web"), "");
  say("mine", "Attached");
  EXPECT_NE(nodeOf("web"), "");
}

TEST_F(BindingConditionsTest, WhatTakesTooLongIsGivenBack) {
  fabric(attached("gpu-0"));
  claim("mine");
  podWith("web", "mine");
  EXPECT_EQ(stateOf("mine"), "gpu-0 for web");
  const auto first = host.get<ResourceClaim>("default", "mine");
  host.advance(std::chrono::minutes(10) + std::chrono::seconds(5));
  EXPECT_THAT(events(), Contains("FailedScheduling: running PreBind plugin \"DynamicResources\": claim mine binding "
                                 "timeout"));
  EXPECT_EQ(stateOf("mine"), "gpu-0 for web");
  const auto second = host.get<ResourceClaim>("default", "mine");
  EXPECT_NE(view(second->getStatus().getAllocation().getAllocationTimestamp()),
            view(first->getStatus().getAllocation().getAllocationTimestamp()));
}

TEST_F(BindingConditionsTest, WaitingKeepsNobodyElseFromBeingBound) {
  fabric(attached("gpu-0"));
  claim("mine");
  podWith("web", "mine");
  for (int i = 0; i < 5; ++i) pod(concat("other-", i));
  host.settle();
  EXPECT_EQ(nodeOf("web"), "");
  for (int i = 0; i < 5; ++i) EXPECT_NE(nodeOf(concat("other-", i)), "") << i;
  EXPECT_THAT(host.requests(), Not(Contains(testing::HasSubstr("update/status pods default/other"))))
      << "nor does it cost them a write";
  host.remove<Pod>("default", "web");
  host.advance(std::chrono::minutes(11));
  EXPECT_THAT(events(), Not(Contains(testing::HasSubstr("binding timeout"))));
}

}  // namespace
}  // namespace cleat::scheduling
