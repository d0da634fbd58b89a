// Devices that pods claim: which they get, and how that is written down.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/scheduler-default/device_objects.h"
#include "tests/plugins/scheduler-default/scheduler_fixture.h"

namespace cleat::scheduling {
namespace {

using core_v1::Pod;
using resource_v1::DeviceTaintRule;
using resource_v1::ResourceClaim;
using test::makeNode;

class DevicesTest : public SchedulerTest {
 protected:
  DevicesTest() {
    for (const char* name : {"a", "b"}) host.put(makeNode(name, {{"cpu", "8"}, {"pods", "10"}}, {{"host", name}}));
    host.put(test::deviceClass("gpu", "device.driver == \"gpu.example.com\""));
    start();
  }
  void slice(const std::string& node, const std::vector<std::string>& devices) {
    host.put(test::slice({.name = concat("slice-", node), .node = node, .devices = devices}));
  }
  void claim(const std::string& name, int64_t count = 1) {
    auto draft = test::named<ResourceClaim>("default", name);
    auto request = draft->initSpec().initDevices().initRequests(1)[0];
    request.setName("one");
    auto exactly = request.initExactly();
    exactly.setDeviceClassName("gpu");
    exactly.setAllocationMode("ExactCount");
    exactly.setCount(count);
    host.put(std::move(draft));
  }
  void podWith(const std::string& name, const std::string& claimName, const std::string& node = "") {
    pod(name, {}, [&](Pod::Builder pod) {
      auto use = pod.getSpec().initResourceClaims(1)[0];
      use.setName("gpu");
      use.setResourceClaimName(claimName);
      if (node.empty()) return;
      auto selector = pod.getSpec().initNodeSelector(1)[0];
      selector.setKey("host");
      selector.setValue(node);
    });
  }
  // "gpu-0 on a for web other", as far as it is so.
  std::string stateOf(const std::string& name) {
    host.settle();
    const auto claim = host.get<ResourceClaim>("default", name);
    auto status = claim->getStatus();
    std::string state;
    for (auto result : status.getAllocation().getDevices().getResults()) {
      appendTo(state, concat(state.empty() ? "" : "+", view(result.getDevice())));
    }
    for (auto term : status.getAllocation().getNodeSelector().getNodeSelectorTerms()) {
      appendTo(state, concat(" on ", view(term.getMatchFields()[0].getValues()[0])));
    }
    for (auto consumer : status.getReservedFor()) appendTo(state, concat(" for ", view(consumer.getName())));
    return state;
  }
  std::string refusal(const char* why) {
    return concat("0/2 nodes are available: ", why,
                  ". preemption: 0/2 nodes are available: 2 Preemption is not helpful for "
                  "scheduling.");
  }
};

TEST_F(DevicesTest, APodGetsADeviceAndGoesWhereItIs) {
  slice("b", {"gpu-0"});
  claim("mine");
  podWith("web", "mine");
  EXPECT_EQ(stateOf("mine"), "gpu-0 on b for web");
  EXPECT_EQ(nodeOf("web"), "b");
  const auto claim = host.get<ResourceClaim>("default", "mine");
  EXPECT_TRUE(hasFinalizer(claim.meta(), "resource.kubernetes.io/delete-protection"));
  EXPECT_EQ(view(claim->getStatus().getAllocation().getDevices().getResults()[0].getRequest()), "one");
}

TEST_F(DevicesTest, WhatIsTakenIsTakenAndFreeWhenItIsGivenBack) {
  slice("a", {"gpu-0"});
  claim("first");
  claim("second");
  podWith("one", "first");
  host.settle();
  podWith("two", "second");
  host.settle();
  EXPECT_EQ(nodeOf("one"), "a");
  EXPECT_EQ(whyWaiting("two"), refusal("2 cannot allocate all claims"));
  host.change<ResourceClaim>("default", "first", [](auto claim) { claim.initStatus(); });
  host.advance(std::chrono::seconds(1));
  EXPECT_EQ(stateOf("second"), "gpu-0 on a for two");
  EXPECT_EQ(nodeOf("two"), "a");
}

TEST_F(DevicesTest, ManyPodsAtOnceGetADeviceEachAndNoneTwice) {
  slice("a", {"gpu-0", "gpu-1", "gpu-2"});
  slice("b", {"gpu-3", "gpu-4"});
  for (int i = 0; i < 7; ++i) {
    claim(concat("c", i));
    podWith(concat("p", i), concat("c", i));
  }
  std::multiset<std::string> devices;
  for (int i = 0; i < 7; ++i) {
    const std::string state = stateOf(concat("c", i));
    if (!state.empty()) devices.insert(state.substr(0, 5));
  }
  EXPECT_THAT(devices, testing::ElementsAre("gpu-0", "gpu-1", "gpu-2", "gpu-3", "gpu-4"));
}

TEST_F(DevicesTest, PodsShareAClaimWhereItsDevicesAre) {
  slice("b", {"gpu-0"});
  claim("shared");
  podWith("one", "shared");
  podWith("two", "shared");
  EXPECT_EQ(stateOf("shared"), "gpu-0 on b for one for two");
  podWith("astray", "shared", "a");
  host.settle();
  EXPECT_EQ(nodeOf("two"), "b");
  EXPECT_EQ(whyWaiting("astray"),
            refusal("1 node(s) didn't match Pod's node affinity/selector, 1 resourceclaim not available on the node"));
}

TEST_F(DevicesTest, DevicesThatNobodyReservedAreGivenBackForAPodElsewhere) {
  slice("a", {"gpu-0"});
  slice("b", {"gpu-1"});
  claim("stray");
  podWith("one", "stray", "b");
  EXPECT_EQ(stateOf("stray"), "gpu-1 on b for one");
  host.change<ResourceClaim>("default", "stray", [](auto claim) { claim.getStatus().disownReservedFor(); });
  podWith("two", "stray", "a");
  host.advance(std::chrono::seconds(2));
  EXPECT_EQ(stateOf("stray"), "gpu-0 on a for two");
}

TEST_F(DevicesTest, ANodeWithTheFirstChoiceIsTheBest) {
  host.put(test::deviceClass("fpga", "device.driver == \"fpga.example.com\""));
  slice("a", {"gpu-0"});
  host.put(test::slice({.name = "fpgas", .node = "b", .devices = {"fpga-0"}, .driver = "fpga.example.com"}));
  auto draft = test::named<ResourceClaim>("default", "either");
  auto choices = draft->initSpec().initDevices().initRequests(1)[0];
  choices.setName("one");
  auto list = choices.initFirstAvailable(2);
  const std::pair<const char*, const char*> wanted[] = {{"best", "fpga"}, {"good", "gpu"}};
  for (uint32_t i = 0; i < 2; ++i) {
    list[i].setName(wanted[i].first);
    list[i].setDeviceClassName(wanted[i].second);
    list[i].setAllocationMode("ExactCount");
    list[i].setCount(1);
  }
  host.put(std::move(draft));
  // What is left of nodes speaks for the other one.
  pod("there", {}, [](Pod::Builder pod) {
    pod.getSpec().initNodeSelector(1)[0].setKey("host");
    pod.getSpec().getNodeSelector()[0].setValue("b");
  });
  host.settle();
  podWith("web", "either");
  EXPECT_EQ(stateOf("either"), "fpga-0 on b for web");
}

TEST_F(DevicesTest, APodWaitsForItsClaimAndItsClass) {
  slice("a", {"gpu-0"});
  pod("web", {}, [&](Pod::Builder pod) {
    auto use = pod.getSpec().initResourceClaims(1)[0];
    use.setName("gpu");
    use.setResourceClaimTemplateName("gpus");
  });
  host.settle();
  EXPECT_EQ(whyWaiting("web"), "") << "nobody has tried to place it";
  EXPECT_THAT(events(), testing::IsEmpty());
  claim("web-gpu-x");
  const auto waiting = host.get<Pod>("default", "web");
  host.change<ResourceClaim>("default", "web-gpu-x", [&](auto claim) {
    setController(claim.getMetadata(), waiting);
    claim.getSpec().getDevices().getRequests()[0].getExactly().setDeviceClassName("fpga");
  });
  host.change<Pod>("default", "web", [](Pod::Builder pod) {
    auto status = pod.getStatus().initResourceClaimStatuses(1)[0];
    status.setName("gpu");
    status.setResourceClaimName("web-gpu-x");
  });
  host.settle();
  host.advance(std::chrono::seconds(2));
  EXPECT_EQ(whyWaiting("web"), refusal("request one: device class fpga does not exist"));
  host.put(test::deviceClass("fpga", "true"));
  host.advance(std::chrono::seconds(2));
  EXPECT_EQ(nodeOf("web"), "a");
}

TEST_F(DevicesTest, AClaimThatIsAbsentOrBeingDeletedKeepsThePodFromBeingTried) {
  slice("a", {"gpu-0"});
  podWith("web", "mine");
  host.settle();
  EXPECT_EQ(whyWaiting("web"), "");
  auto going = test::named<ResourceClaim>("default", "mine");
  going.meta().setDeletionTimestamp("2026-01-01T00:00:00Z");
  host.put(std::move(going));
  host.advance(std::chrono::seconds(2));
  EXPECT_EQ(whyWaiting("web"), "");
  EXPECT_THAT(events(), testing::IsEmpty());
  host.remove<ResourceClaim>("default", "mine");
  host.settle();
  claim("mine");
  host.settle();
  EXPECT_EQ(nodeOf("web"), "a");
}

TEST_F(DevicesTest, AClaimThatVanishesHelpsNobodyWhoWaitsForDevices) {
  claim("mine");
  podWith("web", "mine");
  host.settle();
  const std::string why = whyWaiting("web");
  EXPECT_NE(why, "");
  const size_t before = test::countRequests(host, "update/status pods");
  host.remove<ResourceClaim>("default", "mine");
  host.advance(std::chrono::seconds(5));
  EXPECT_EQ(test::countRequests(host, "update/status pods"), before);
  slice("a", {"gpu-0"});
  claim("mine");
  host.advance(std::chrono::seconds(5));
  EXPECT_EQ(nodeOf("web"), "a");
}

TEST_F(DevicesTest, AnExpressionThatFailsIsTold) {
  slice("a", {"gpu-0"});
  host.put(test::deviceClass("gpu", "device.attributes[\"gpu.example.com\"].absent == 1"));
  claim("mine");
  podWith("web", "mine");
  host.settle();
  EXPECT_EQ(whyWaiting("web"), refusal("device gpu.example.com/slice-a/gpu-0: CEL runtime error: no such key: absent"));
}

TEST_F(DevicesTest, NothingThatDoesNotConcernAPodHasItTriedAgain) {
  claim("mine");
  claim("other");
  podWith("web", "mine");
  host.settle();
  const size_t before = test::countRequests(host, "update/status pods");
  host.change<ResourceClaim>("default", "other", [](auto claim) { setLabel(claim.getMetadata(), "a", "b"); });
  host.advance(std::chrono::seconds(5));
  EXPECT_EQ(test::countRequests(host, "update/status pods"), before);
  EXPECT_EQ(nodeOf("web"), "");
  slice("a", {"gpu-0"});
  host.advance(std::chrono::seconds(2));
  EXPECT_EQ(nodeOf("web"), "a");
}

TEST_F(DevicesTest, ATaintRuleKeepsPodsOffUntilItGoes) {
  slice("a", {"gpu-0"});
  auto rule = test::named<DeviceTaintRule>("", "broken");
  rule->initSpec().initDeviceSelector().setDriver("gpu.example.com");
  rule->getSpec().initTaint().setKey("broken");
  rule->getSpec().getTaint().setEffect("NoSchedule");
  host.put(std::move(rule));
  claim("mine");
  podWith("web", "mine");
  host.settle();
  EXPECT_EQ(whyWaiting("web"), refusal("2 cannot allocate all claims"));
  host.remove<DeviceTaintRule>("", "broken");
  host.advance(std::chrono::seconds(2));
  EXPECT_EQ(nodeOf("web"), "a");
}

// What goes wrong with writing a claim, and what is so after a while.
TEST_F(DevicesTest, AConflictIsTriedAgainOnWhatIsThereThen) {
  slice("a", {"gpu-0"});
  claim("mine");
  int conflicts = 3;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "update/status" && resource == "resourceclaims" && conflicts-- > 0) {
      return fail(Status::conflict("", "", "the object has been modified"));
    }
    return {};
  });
  podWith("web", "mine");
  EXPECT_EQ(stateOf("mine"), "gpu-0 on a for web");
  EXPECT_EQ(nodeOf("web"), "a");
}

TEST_F(DevicesTest, WhatIsRefusedIsToldAndTheDeviceIsFreeForOthers) {
  slice("a", {"gpu-0"});
  claim("mine");
  claim("other");
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view key) -> Result<void> {
    if (verb == "update/status" && resource == "resourceclaims" && key == "default/mine") {
      return fail(Status::forbidden("no"));
    }
    return {};
  });
  podWith("web", "mine");
  host.settle();
  EXPECT_THAT(events(), testing::Contains("FailedScheduling: running PreBind plugin \"DynamicResources\": no"));
  podWith("next", "other");
  EXPECT_EQ(stateOf("other"), "gpu-0 on a for next");
}

TEST_F(DevicesTest, ABindingThatFailsReleasesTheClaim) {
  slice("a", {"gpu-0"});
  claim("mine");
  bool refuses = true;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    if (refuses && verb == "create/binding") return fail(Status::forbidden("no"));
    return {};
  });
  podWith("web", "mine");
  EXPECT_EQ(stateOf("mine"), "gpu-0 on a");
  refuses = false;
  host.advance(std::chrono::seconds(2));
  EXPECT_EQ(stateOf("mine"), "gpu-0 on a for web");
  EXPECT_EQ(nodeOf("web"), "a");
}

}  // namespace
}  // namespace cleat::scheduling
