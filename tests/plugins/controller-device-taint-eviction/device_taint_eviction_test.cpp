// Pods that have to go for the taints of their devices, and what a rule says of them.
#include <cleat/sdk/kinds/resource_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::Pod;
using resource_v1::DeviceTaintRule;
using resource_v1::ResourceClaim;
using resource_v1::ResourceSlice;

class DeviceTaintEvictionTest : public testing::Test {
 protected:
  DeviceTaintEvictionTest() {
    host.know<Pod>();
    host.know<core_v1::Event>();
    host.know<DeviceTaintRule>();
    putSlice("");
    plugin.emplace(host.start(cleat_plugin_v1()));
  }
  void putSlice(const char* effect) {
    auto slice = test::named<ResourceSlice>("", "s");
    auto spec = slice->initSpec();
    spec.setDriver("d");
    spec.initPool().setName("p");
    auto devices = spec.initDevices(2);
    devices[0].setName("a");
    devices[1].setName("b");
    if (*effect != '\0') fill(devices[0].initTaints(1)[0], effect);
    host.put(std::move(slice));
  }
  void fill(resource_v1::DeviceTaint::Builder taint, const char* effect) {
    taint.setKey("broken");
    taint.setEffect(effect);
    taint.setTimeAdded(formatTime(host.wallNow()));
  }
  void putRule(const char* effect, const char* device = "a") {
    auto rule = test::named<DeviceTaintRule>("", "r");
    rule->initSpec().initDeviceSelector().setDevice(device);
    fill(rule->getSpec().initTaint(), effect);
    host.put(std::move(rule));
  }
  // A pod that has device a; seconds: below 0 none are tolerated, nothing: for ever.
  void putPod(const std::string& name, std::optional<int64_t> seconds = -1, const char* node = "n") {
    auto pod = test::makePod(name);
    pod->getSpec().setNodeName(node);
    auto use = pod->getSpec().initResourceClaims(1)[0];
    use.setName("x");
    use.setResourceClaimName(concat("c-", name));
    const auto stored = host.put(std::move(pod));
    auto claim = test::named<ResourceClaim>("default", concat("c-", name));
    auto status = claim->initStatus();
    auto result = status.initAllocation().initDevices().initResults(1)[0];
    result.setDriver("d");
    result.setPool("p");
    result.setDevice("a");
    if (!seconds || *seconds >= 0) {
      auto toleration = result.initTolerations(1)[0];
      toleration.setOperator("Exists");
      if (seconds) toleration.initTolerationSeconds().setValue(*seconds);
    }
    auto consumer = status.initReservedFor(1)[0];
    consumer.setResource("pods");
    consumer.setName(name);
    consumer.setUid(str(stored.uid()));
    host.put(std::move(claim));
  }
  std::vector<std::string> pods() {
    host.settle();
    std::vector<std::string> names;
    for (const auto& pod : host.list<Pod>()) names.push_back(str(pod.name()));
    return names;
  }
  std::string condition() {
    host.settle();
    auto rule = host.get<DeviceTaintRule>("", "r");
    auto found = findCondition(rule->getStatus().getConditions(), "EvictionInProgress");
    return found ? concat(found->getStatus(), " ", found->getReason(), ": ", found->getMessage()) : "";
  }
  std::vector<std::string> events() {
    std::vector<std::string> all;
    for (const auto& event : host.list<core_v1::Event>()) {
      all.push_back(concat(event->getReason(), ": ", event->getMessage()));
    }
    return all;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

// What is tainted how, what the pod tolerates, and whether it stays.
struct Situation {
  const char* what;
  const char* own;   // the effect of the device's own taint, or ""
  const char* rule;  // of a rule about its device, or ""
  std::optional<int64_t> tolerated;
  const char* node;
  bool stays;
};
class DeviceTaintTest : public DeviceTaintEvictionTest, public testing::WithParamInterface<Situation> {};

TEST_P(DeviceTaintTest, DecidesAtOnce) {
  const Situation& given = GetParam();
  putPod("web", given.tolerated, given.node);
  putSlice(given.own);
  if (*given.rule != '\0') putRule(given.rule);
  EXPECT_EQ(pods().size(), given.stays ? 1u : 0u);
}

INSTANTIATE_TEST_SUITE_P(DeviceTaints, DeviceTaintTest,
                         testing::Values(Situation{"NothingIsTainted", "", "", -1, "n", true},
                                         Situation{"TheDeviceIs", "NoExecute", "", -1, "n", false},
                                         Situation{"ARuleSaysSo", "", "NoExecute", -1, "n", false},
                                         Situation{"NoScheduleEndsNobody", "NoSchedule", "", -1, "n", true},
                                         Situation{"NeitherDoesNone", "", "None", -1, "n", true},
                                         Situation{"ItIsTolerated", "NoExecute", "", std::nullopt, "n", true},
                                         Situation{"ForATime", "", "NoExecute", 60, "n", true},
                                         Situation{"ForNoTime", "NoExecute", "", 0, "n", false},
                                         Situation{"ItHasNoNode", "NoExecute", "", -1, "", true}),
                         [](const auto& each) { return std::string(each.param.what); });

// What the scheduler made for a pod's extended resources is in no list of the pod's own claims.
TEST_F(DeviceTaintEvictionTest, ClaimsForExtendedResourcesCountAsWellOnceThePodHasANode) {
  putPod("web", -1, "");
  putSlice("NoExecute");
  host.change<Pod>("default", "web", [](Pod::Builder pod) {
    pod.getSpec().disownResourceClaims();
    pod.getStatus().initExtendedResourceClaimStatus().setResourceClaimName("c-web");
  });
  EXPECT_EQ(pods().size(), 1u);
  host.change<Pod>("default", "web", [](Pod::Builder pod) { pod.getSpec().setNodeName("n"); });
  EXPECT_EQ(pods().size(), 0u);
}

TEST_F(DeviceTaintEvictionTest, ItEndsWhenTheTimeIsUp) {
  putPod("web", 60);
  putSlice("NoExecute");
  host.settle();
  host.advance(59s);
  EXPECT_EQ(pods().size(), 1u);
  host.advance(2s);
  EXPECT_EQ(pods().size(), 0u);
  EXPECT_THAT(events(), testing::ElementsAre("DeviceTaintManagerEviction: Marking for deletion"));
}

TEST_F(DeviceTaintEvictionTest, ATaintThatGoesCallsItOff) {
  putPod("web", 60);
  putSlice("NoExecute");
  host.advance(30s);
  putSlice("");
  host.advance(120s);
  EXPECT_EQ(pods().size(), 1u);
  EXPECT_THAT(events(), testing::ElementsAre("DeviceTaintManagerEviction: Cancelling deletion"));
}

TEST_F(DeviceTaintEvictionTest, ARuleSaysHowFarItHasCome) {
  putPod("one");
  putPod("two", 15);
  putRule("NoExecute");
  host.advance(1s);
  EXPECT_TRUE(condition().starts_with("True PodsPendingEviction: ")) << condition();
  host.advance(10s);
  EXPECT_EQ(condition(),
            "True PodsPendingEviction: 1 pod needs to be evicted in 1 namespace. 1 pod evicted since starting the "
            "controller.");
  host.advance(15s);
  EXPECT_EQ(condition(), "False Completed: 2 pods evicted since starting the controller.");
}

TEST_F(DeviceTaintEvictionTest, OneWithoutEffectSaysWhatWouldBe) {
  putPod("one");
  putRule("None");
  EXPECT_EQ(condition(),
            "False NoEffect: 1 published device selected. 1 allocated device selected. 1 pod would be evicted in 1 "
            "namespace if the effect was NoExecute. This information will not be updated again. Recreate the "
            "DeviceTaintRule to trigger an update.");
}

}  // namespace
}  // namespace cleat
