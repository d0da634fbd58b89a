#include "quota-common/device_usage.h"

#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

namespace cleat::quota {
namespace {

using core_v1::Pod;
using resource_v1::ResourceClaim;
using test::makePod;
using test::Pairs;

constexpr const char* kByClass = "deviceclass.resource.kubernetes.io/gpu";

// The class gpu is example.com/gpu too.
class Known : public DeviceLookup {
 public:
  std::string_view extendedResourceOf(std::string_view deviceClass) const override {
    return deviceClass == "gpu" ? "example.com/gpu" : "";
  }
  Object<Pod> controllingPod(const Object<ResourceClaim>&) const override { return pod; }
  bool hasTwin(const Object<ResourceClaim>&) const override { return twin; }

  Object<Pod> pod;
  bool twin = false;
};

class DeviceUsageTest : public testing::Test {
 protected:
  enum class For : uint8_t { itself, pod };
  // A claim with a request of so many devices of the class gpu for each of the counts.
  static Object<ResourceClaim> claim(const std::vector<int64_t>& counts, For purpose) {
    auto draft = test::named<ResourceClaim>("default", "c");
    auto requests = draft->initSpec().initDevices().initRequests(counts.size());
    for (uint32_t i = 0; i < counts.size(); ++i) {
      requests[i].initExactly().setDeviceClassName("gpu");
      requests[i].getExactly().setAllocationMode("ExactCount");
      requests[i].getExactly().setCount(counts[i]);
    }
    if (purpose == For::pod) setAnnotation(draft.meta(), "resource.kubernetes.io/extended-resource-claim", "true");
    return std::move(draft).freeze();
  }
  void askFor(const Pairs& requests, const char* claimName = nullptr) {
    auto pod = makePod("p", requests);
    if (claimName != nullptr) pod->initStatus().initExtendedResourceClaimStatus().setResourceClaimName(claimName);
    known.pod = std::move(pod).freeze();
  }
  // "devices by their class, by the resource of the class's name, by the resource that the class names"
  std::string usage(const std::vector<int64_t>& counts, For purpose = For::pod) {
    const Amounts amounts = deviceUsage(claim(counts, purpose), &known);
    auto amount = [&](const std::string& name) {
      auto at = amounts.find(name);
      return at == amounts.end() ? std::string("0") : at->second.text();
    };
    return concat(amount("gpu.deviceclass.resource.k8s.io/devices"), " ", amount(concat("requests.", kByClass)), " ",
                  amount("requests.example.com/gpu"));
  }

  Known known;
};

TEST_F(DeviceUsageTest, ADeviceCountsUnderAllItsNames) { EXPECT_EQ(usage({2, 3}, For::itself), "5 5 5"); }

TEST_F(DeviceUsageTest, WhatThePodWasChargedForCountsOnce) {
  askFor({{"example.com/gpu", "2"}});
  EXPECT_EQ(usage({2}), "2 2 0");
  askFor({{kByClass, "2"}});
  EXPECT_EQ(usage({2}), "2 0 2");
  askFor({{"example.com/gpu", "2"}, {kByClass, "2"}});
  EXPECT_EQ(usage({2, 2}), "4 2 2") << "each of the pod's requests is for one of the claim's";
}

TEST_F(DeviceUsageTest, AClaimThatAsksForMoreThanItsPodIsCharged) {
  askFor({{"example.com/gpu", "2"}});
  EXPECT_EQ(usage({2, 1}), "3 3 1");
  EXPECT_EQ(usage({4}), "4 4 4");
}

TEST_F(DeviceUsageTest, OnlyTheClaimThatThePodNamesIsItsOwn) {
  askFor({{"example.com/gpu", "1"}}, "c");
  known.twin = true;
  EXPECT_EQ(usage({1}), "1 1 0") << "then it does not matter who else says so";
  EXPECT_EQ(usage({1}, For::itself), "1 1 1");
  askFor({{"example.com/gpu", "1"}}, "other");
  EXPECT_EQ(usage({1}), "1 1 1");
  askFor({{"example.com/gpu", "1"}});
  EXPECT_EQ(usage({1}), "1 1 1") << "of two that both say so it is not known which is meant";
  known.pod = {};
  EXPECT_EQ(usage({1}), "1 1 1");
}

TEST_F(DeviceUsageTest, InitContainersAskForWhatTheOthersDoNotHave) {
  auto pod = makePod("p", {{"example.com/gpu", "1"}});
  auto init = pod->getSpec().initInitContainers(3);
  const char* amounts[] = {"3", "1", "2"};
  for (uint32_t i = 0; i < 3; ++i) {
    test::fillMap(init[i].initResources().initRequests(1), {{"example.com/gpu", amounts[i]}});
  }
  init[1].setRestartPolicy("Always");
  known.pod = std::move(pod).freeze();
  // One for the sidecar, one for the container, and one more for the first and the third.
  EXPECT_EQ(usage({1, 1, 1}), "3 3 0");
}

}  // namespace
}  // namespace cleat::quota
