// Devices of claims: who is asked, what it is told, what the containers get, and what becomes of it at the end.
#include <cleat/schema/role/device_driver.methods.h>
#include <cleat/schema/role/fillers.methods.h>
#include <cleat/sdk/kinds/resource_v1.h>

#include <filesystem>

#include "devices/prepared_claims.h"
#include "tests/plugins/agent/node_fixture.h"

namespace cleat::agent::test {
namespace {

using resource_v1::ResourceClaim;
using resource_v1::ResourceSlice;

class Devices : public ::testing::Test {
 protected:
  Devices() {
    auto& host = node_.host();
    host.know<ResourceClaim>();
    host.know<ResourceSlice>();
    host.onCall(role::fillers::list, [](role::ListFillersParams::Reader asked, role::ListFillersResults::Builder said) {
      const bool isOurs = asked.getInterfaceId() == role::deviceDriver::describe.interfaceId;
      auto names = said.initNames(isOurs ? 1 : 0);
      if (isOurs) names.set(0, "device-test");
      return Result<void>();
    });
    host.setReply(role::fillers::call, [this](const AnyAnswer& params, AnyDraft&, std::vector<AnyRef>& objects) {
      return answer(params.as<role::CallFillerParams>().getMethod(), objects);
    });
    node_.startAgent();
    node_.advance(1s);
  }

  Result<void> answer(uint32_t method, std::vector<AnyRef>& objects) {
    const AnyRef params = objects.front();
    objects.clear();
    if (method == role::deviceDriver::describe.ordinal) {
      Draft<role::DeviceDrivers> drivers;
      if (isThere_) drivers->initDrivers(1).set(0, "gpu.example");
      if (health_ != role::Health::UNKNOWN) {
        auto device = drivers->initHealth(1)[0];
        device.setDriver("gpu.example");
        device.setPool("pool");
        device.setDevice("gpu-0");
        device.setHealth(health_);
        device.setMessage(health_ == role::Health::UNHEALTHY ? "it glows" : "");
      }
      objects.push_back(std::move(drivers).freezeAny());
      return {};
    }
    if (method == role::deviceDriver::unprepare.ordinal) {
      auto said = params.as<role::UnprepareClaimParams>();
      asked_.push_back(concat("unprepare ", said.getDriver(), " ", said.getClaimName()));
      if (!refusal_.empty()) return fail(Status::unavailable(refusal_));
      objects.push_back(Draft<role::DeviceDrivers>().freezeAny());
      return {};
    }
    auto said = params.as<role::PrepareClaimParams>();
    std::string line = concat("prepare ", said.getDriver(), " ", said.getClaimNamespace(), "/", said.getClaimName());
    for (auto device : said.getDevices()) line += concat(" ", device.getRequest(), "=", device.getDevice());
    for (auto one : said.getParameters()) line += concat(" ", one.getFromClass() ? "class" : "claim", one.getJson());
    asked_.push_back(line);
    if (!refusal_.empty()) return fail(Status::unavailable(refusal_));
    Draft<role::PrepareClaimResults> results;
    auto devices = results->initDevices(2);
    devices[0].initRequests(1).set(0, "big");
    devices[0].initCdiDevices(1).set(0, "example/gpu=0");
    devices[0].setPool("pool");
    devices[0].setDevice("gpu-0");
    auto names = devices[1].initCdiDevices(2);  // for all requests
    names.set(0, "example/gpu=all");
    names.set(1, "example/gpu=0");
    objects.push_back(std::move(results).freezeAny());
    return {};
  }

  void putClaim(const std::vector<std::string>& podUids, bool isAllocated = true) {
    Draft<ResourceClaim> claim;
    claim->initMetadata().setName("gpu");
    claim.meta().setNamespace("default");
    claim.meta().setUid("uid-gpu");
    auto status = claim->initStatus();
    auto reserved = status.initReservedFor(static_cast<uint32_t>(podUids.size()));
    for (uint32_t i = 0; i < reserved.size(); ++i) {
      reserved[i].setResource("pods");
      reserved[i].setUid(podUids[i]);
    }
    if (isAllocated) {
      auto devices = status.initAllocation().initDevices();
      auto result = devices.initResults(1)[0];
      result.setRequest("big/first");
      result.setDriver("gpu.example");
      result.setPool("pool");
      result.setDevice("gpu-0");
      auto config = devices.initConfig(2);
      config[0].setSource("FromClass");
      config[0].initOpaque().setDriver("other.example");
      config[1].setSource("FromClaim");
      config[1].initOpaque().setDriver("gpu.example");
      config[1].getOpaque().setParameters(R"({"a":1})");
    }
    node_.host().put(std::move(claim));
  }
  // Two containers: the first has all of the claim, the second the request "small".
  void putPod(const std::string& name) {
    auto pod = podNamed(name);
    auto use = pod->getSpec().initResourceClaims(1)[0];
    use.setName("devices");
    use.setResourceClaimName("gpu");
    pod->getSpec().initContainers(2);
    for (uint32_t i = 0; i < 2; ++i) {
      auto container = pod->getSpec().getContainers()[i];
      container.setName(i == 0 ? "main" : "second");
      container.setImage("busybox:1.36");
      auto claim = container.initResources().initClaims(1)[0];
      claim.setName("devices");
      if (i == 1) claim.setRequest("small");
    }
    node_.put(std::move(pod));
  }
  std::string uidOf(const std::string& name) { return str(node_.pod(name).uid()); }
  // "claim:devices example/gpu=0 Healthy", of each device that the container's status tells of.
  std::vector<std::string> healthOf(const char* container) {
    std::vector<std::string> all;
    for (auto status : node_.pod("web")->getStatus().getContainerStatuses()) {
      if (view(status.getName()) != container) continue;
      for (auto resource : status.getAllocatedResourcesStatus()) {
        for (auto device : resource.getResources()) {
          const std::string_view message = view(device.getMessage());
          all.push_back(concat(resource.getName(), " ", device.getResourceID(), " ", device.getHealth(),
                               message.empty() ? "" : ": ", message));
        }
      }
    }
    return all;
  }
  std::vector<std::string> devicesOf(const char* container) {
    FakeContainer* found = node_.runtime().find(container);
    return found == nullptr ? std::vector<std::string>{"no such container"} : found->cdiDevices;
  }

  using Texts = std::vector<std::string>;
  std::vector<std::string> asked_;
  std::string refusal_;
  bool isThere_ = true;
  role::Health health_ = role::Health::UNKNOWN;
  NodeFixture node_;
};

TEST_F(Devices, APodWaitsUntilItsClaimIsReservedAndPrepared) {
  putPod("web");
  node_.advance(2s);
  EXPECT_TRUE(
      node_.hasEvent("FailedPrepareDynamicResources",
                     "Failed to prepare dynamic resources: prepare dynamic resources: fetch ResourceClaim gpu: "));
  putClaim({});
  node_.advance(3s);
  EXPECT_TRUE(node_.hasEvent("FailedPrepareDynamicResources", " is not allowed to use ResourceClaim gpu (uid-gpu)"));
  putClaim({uidOf("web")}, false);
  node_.advance(5s);
  EXPECT_TRUE(node_.hasEvent("FailedPrepareDynamicResources", "ResourceClaim gpu: not allocated"));
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(node_.runtime().count("run sandbox"), 0);
  refusal_ = "it is on fire";
  putClaim({uidOf("web")});
  node_.advance(60s);
  EXPECT_TRUE(node_.hasEvent("FailedPrepareDynamicResources",
                             "NodePrepareResources failed for ResourceClaim gpu: it is on fire"));
  EXPECT_EQ(node_.runtime().count("run sandbox"), 0);
  refusal_.clear();
  node_.advance(60s);
  EXPECT_EQ(node_.phase("web"), "Running");
  EXPECT_EQ(asked_.back(), R"(prepare gpu.example default/gpu big/first=gpu-0 claim{"a":1})");
  EXPECT_EQ(devicesOf("main"), (Texts{"example/gpu=0", "example/gpu=all"}));
  EXPECT_EQ(devicesOf("second"), (Texts{"example/gpu=all", "example/gpu=0"}));
}

TEST_F(Devices, TheLastPodThatUsesAClaimHasItUnprepared) {
  putPod("web");
  putPod("other");
  putClaim({uidOf("web"), uidOf("other")});
  node_.advance(10s);
  EXPECT_EQ(node_.phase("web"), "Running");
  EXPECT_EQ(node_.phase("other"), "Running");
  EXPECT_EQ(asked_.size(), 1u) << "it is prepared once for both";
  node_.requestDeletion("web", 0);
  node_.advance(5s);
  EXPECT_EQ(asked_.size(), 1u);
  refusal_ = "it is in use";
  node_.requestDeletion("other", 0);
  node_.advance(3s);
  EXPECT_EQ(asked_.back(), "unprepare gpu.example gpu");
  EXPECT_EQ(node_.host().list<Pod>().size(), 1u) << "the pod stays until that is done";
  refusal_.clear();
  node_.advance(5s);
  EXPECT_EQ(node_.host().list<Pod>().size(), 0u);
  const size_t before = asked_.size();
  node_.advance(60s);
  EXPECT_EQ(asked_.size(), before);
}

TEST_F(Devices, AnotherAgentKnowsWhatWasPrepared) {
  putPod("web");
  putClaim({uidOf("web")});
  node_.advance(5s);
  node_.stopAgent();
  node_.startAgent();
  node_.advance(2s);
  EXPECT_EQ(asked_.size(), 1u);
  node_.runtime().exit("main", 1);
  node_.advance(30s);
  EXPECT_EQ(node_.runtime().find("main")->attempt, 1u);
  EXPECT_EQ(devicesOf("main"), (Texts{"example/gpu=0", "example/gpu=all"}));
  EXPECT_EQ(asked_.size(), 1u);
  // A sandbox that is gone, as after a reboot, has the drivers asked once more.
  node_.runtime().killSandbox(uidOf("web"));
  node_.advance(10s);
  EXPECT_EQ(asked_.size(), 2u);
  EXPECT_TRUE(asked_.back().starts_with("prepare ")) << asked_.back();
  node_.stopAgent();
  node_.host().remove<Pod>("default", "web");
  node_.startAgent();
  node_.advance(10s);
  EXPECT_EQ(asked_.back(), "unprepare gpu.example gpu") << "the pod went while nobody looked";
}

TEST_F(Devices, ADriverThatIsNotHereIsWaitedFor) {
  isThere_ = false;
  putPod("web");
  putClaim({uidOf("web")});
  node_.advance(3s);
  EXPECT_TRUE(node_.hasEvent("FailedPrepareDynamicResources", "DRA driver gpu.example is not registered"));
  node_.requestDeletion("web", 0);
  node_.advance(5s);
  EXPECT_EQ(node_.host().list<Pod>().size(), 0u) << "what nobody was asked for keeps no pod";
}

TEST_F(Devices, ARuntimeThatTakesNoDevicesByNameIsAskedForNone) {
  node_.stopAgent();
  node_.runtime().takesDevices = false;
  node_.startAgent();
  putPod("web");
  putClaim({uidOf("web")});
  node_.advance(3s);
  EXPECT_TRUE(node_.hasEvent("Failed", "Error: this node's runtime takes no devices by name (CDI)"));
}

TEST_F(Devices, SlicesOfADriverThatHasGoneAreRemoved) {
  Draft<ResourceSlice> slice;
  slice->initMetadata().setName("node1-gpu");
  auto spec = slice->initSpec();
  spec.setDriver("gpu.example");
  spec.setNodeName("node1");
  node_.host().put(std::move(slice));
  node_.advance(40s);
  EXPECT_EQ(node_.host().list<ResourceSlice>().size(), 1u);
  isThere_ = false;
  node_.advance(20s);
  EXPECT_EQ(node_.host().list<ResourceSlice>().size(), 1u) << "it may come back";
  node_.advance(20s);
  EXPECT_EQ(node_.host().list<ResourceSlice>().size(), 0u);
}

TEST(PreparedClaims, AreReadAsTheyWereWritten) {
  PreparedClaim claim{.ns = "default", .name = "gpu", .uid = "uid-gpu"};
  claim.pods = {"a", "b"};
  claim.drivers["gpu.example"] = {{{"big"}, {"example/gpu=0"}}, {}};
  claim.drivers["other.example"] = {};
  claim.isReady = true;
  const auto again = parsePreparedClaim(jsonOf(claim));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, claim);
  EXPECT_FALSE(parsePreparedClaim("{"));
  EXPECT_FALSE(parsePreparedClaim("{}"));
}

TEST_F(Devices, AContainersStatusSaysHowItsDevicesAre) {
  putPod("web");
  putClaim({uidOf("web")});
  node_.advance(5s);
  ASSERT_EQ(node_.phase("web"), "Running");
  EXPECT_EQ(healthOf("main"), (Texts{"claim:devices example/gpu=0 Unknown", "claim:devices example/gpu=all Unknown"}));
  health_ = role::Health::HEALTHY;
  node_.advance(3s);
  EXPECT_EQ(healthOf("main"), (Texts{"claim:devices example/gpu=0 Healthy", "claim:devices example/gpu=all Unknown"}));
  EXPECT_EQ(healthOf("second"), (Texts{"claim:devices/small example/gpu=all Unknown"}));
  health_ = role::Health::UNHEALTHY;
  node_.advance(3s);
  const Texts last{"claim:devices example/gpu=0 Unhealthy: it glows", "claim:devices example/gpu=all Unknown"};
  EXPECT_EQ(healthOf("main"), last);
  // It is known of a pod that has ended, too, as long as that is there.
  node_.requestDeletion("web", 0);
  node_.advance(500ms);
  if (node_.pod("web")) {
    EXPECT_EQ(healthOf("main"), last);
  }
}

TEST(PreparedClaimFile, RemembersWhichDevicesTheyAre) {
  PreparedClaim claim{.ns = "default", .name = "gpu", .uid = "uid-gpu"};
  claim.drivers["gpu.example"] = {{{"big"}, {"example/gpu=0"}, "pool", "gpu-0"}};
  const auto read = parsePreparedClaim(jsonOf(claim));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, claim);
  // As it was written before.
  const auto old = parsePreparedClaim(R"({"uid":"u","drivers":{"d":[{"requests":[],"cdi":["d/x=1"]}]}})");
  ASSERT_TRUE(old);
  EXPECT_EQ(old->drivers.at("d").front(), (PreparedDevice{{}, {"d/x=1"}, "", ""}));
}

}  // namespace
}  // namespace cleat::agent::test
