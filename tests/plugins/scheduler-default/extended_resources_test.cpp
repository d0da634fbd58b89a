// Extended resources that devices provide: the claims that are made for them, and what becomes of these.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/scheduler-default/devices/extended_resources.h"
#include "tests/plugins/scheduler-default/device_objects.h"
#include "tests/plugins/scheduler-default/scheduler_fixture.h"

namespace cleat::scheduling {
namespace {

using core_v1::Pod;
using resource_v1::DeviceClass;
using resource_v1::ResourceClaim;
using test::makeNode;
using testing::ElementsAre;

// "name: class * count", and "container resource request".
std::vector<std::string> requestsOf(const Object<ResourceClaim>& claim) {
  std::vector<std::string> all;
  for (auto request : claim->getSpec().getDevices().getRequests()) {
    auto exactly = request.getExactly();
    all.push_back(concat(request.getName(), ": ", exactly.getDeviceClassName(), " * ", exactly.getCount()));
  }
  return all;
}
std::vector<std::string> textsOf(const std::vector<ResourceMapping>& mappings) {
  std::vector<std::string> all;
  for (const ResourceMapping& one : mappings) all.push_back(concat(one.container, " ", one.resource, " ", one.request));
  return all;
}

TEST(ExtendedResourceRequests, EachContainerHasItsOwn) {
  const auto pod = test::fromJson<Pod>(R"({"metadata":{"name":"web"},"spec":{"containers":[
      {"name":"a","resources":{"requests":{"cpu":"1","x.io/gpu":"2","x.io/nic":"1"}}},
      {"name":"b","resources":{"requests":{"x.io/gpu":"1"}}}]}})");
  const auto made = extendedResources(pod->getSpec(), {{"x.io/gpu", "gpus"}, {"x.io/nic", "nics"}});
  EXPECT_THAT(requestsOf(made.claim), ElementsAre("container-0-request-1: gpus * 2", "container-0-request-2: nics * 1",
                                                  "container-1-request-0: gpus * 1"));
  EXPECT_THAT(textsOf(made.mappings),
              ElementsAre("a x.io/gpu container-0-request-1", "b x.io/gpu container-1-request-0",
                          "a x.io/nic container-0-request-2"));
}

TEST(ExtendedResourceRequests, ThoseThatEndBeforeUseWhatOthersGetAndShareTheRest) {
  const auto pod = test::fromJson<Pod>(R"({"metadata":{"name":"web"},"spec":{"initContainers":[
      {"name":"small","resources":{"requests":{"x.io/gpu":"4"}}},
      {"name":"side","restartPolicy":"Always","resources":{"requests":{"x.io/gpu":"1"}}},
      {"name":"large","resources":{"requests":{"x.io/gpu":"5"}}},
      {"name":"content","resources":{"requests":{"x.io/gpu":"2"}}}],
      "containers":[{"name":"c","resources":{"requests":{"x.io/gpu":"2"}}}]}})");
  const auto made = extendedResources(pod->getSpec(), {{"x.io/gpu", "gpus"}});
  EXPECT_THAT(requestsOf(made.claim), ElementsAre("container-1-request-0: gpus * 1", "container-2-request-0: gpus * 3",
                                                  "container-4-request-0: gpus * 2"));
  EXPECT_THAT(textsOf(made.mappings),
              ElementsAre("side x.io/gpu container-1-request-0", "c x.io/gpu container-4-request-0",
                          "small x.io/gpu container-1-request-0", "small x.io/gpu container-4-request-0",
                          "small x.io/gpu container-2-request-0", "large x.io/gpu container-4-request-0",
                          "large x.io/gpu container-2-request-0", "content x.io/gpu container-4-request-0"));
}

class ExtendedResourcesTest : public SchedulerTest {
 protected:
  ExtendedResourcesTest() {
    for (const char* name : {"a", "b"}) host.put(makeNode(name, {{"cpu", "8"}, {"pods", "10"}}, {{"host", name}}));
    start();
  }
  void deviceClass(const std::string& name, const std::string& resource = "") {
    auto made = test::deviceClass(name, "device.driver == \"gpu.example.com\"");
    if (!resource.empty()) made->getSpec().setExtendedResourceName(resource);
    host.put(std::move(made));
  }
  void slice(const std::string& node, const std::vector<std::string>& devices) {
    host.put(test::slice({.name = concat("slice-", node), .node = node, .devices = devices}));
  }
  void podWith(const std::string& name, const std::string& resource, const char* amount = "1") {
    pod(name, {}, [&](Pod::Builder pod) {
      auto container = pod.getSpec().getContainers()[0];
      test::fillMap(container.getResources().initRequests(2), {{"cpu", "1m"}, {resource, amount}});
    });
  }
  Object<ResourceClaim> claimOf(const std::string& pod) {
    host.settle();
    const auto name = host.get<Pod>("default", pod)->getStatus().getExtendedResourceClaimStatus();
    return host.get<ResourceClaim>("default", str(name.getResourceClaimName()));
  }
  // "gpu-0+gpu-1 for web".
  std::string stateOf(const std::string& pod) {
    const auto claim = claimOf(pod);
    if (!claim) return "none";
    std::string state;
    for (auto result : claim->getStatus().getAllocation().getDevices().getResults()) {
      appendTo(state, concat(state.empty() ? "" : "+", view(result.getDevice())));
    }
    for (auto consumer : claim->getStatus().getReservedFor())
      appendTo(state, concat(" for ", view(consumer.getName())));
    return state;
  }
  size_t claims() {
    host.settle();
    return host.list<ResourceClaim>().size();
  }
};

TEST_F(ExtendedResourcesTest, AClaimIsMadeForThePodAndItsStatusSaysSo) {
  deviceClass("gpus", "x.io/gpu");
  slice("b", {"gpu-0", "gpu-1", "gpu-2"});
  podWith("web", "x.io/gpu", "2");
  host.settle();
  EXPECT_EQ(nodeOf("web"), "b");
  EXPECT_EQ(stateOf("web"), "gpu-0+gpu-1 for web");
  const auto claim = claimOf("web");
  EXPECT_EQ(view(claim.meta().getGenerateName()), "web-extended-resources-");
  EXPECT_EQ(annotation(claim.meta(), "resource.kubernetes.io/extended-resource-claim"), "true");
  EXPECT_TRUE(isControlledBy(claim.meta(), host.get<Pod>("default", "web").uid()));
  EXPECT_TRUE(hasFinalizer(claim.meta(), "resource.kubernetes.io/delete-protection"));
  EXPECT_THAT(requestsOf(claim), ElementsAre("container-0-request-1: gpus * 2"));
  auto mappings = host.get<Pod>("default", "web")->getStatus().getExtendedResourceClaimStatus().getRequestMappings();
  ASSERT_EQ(mappings.size(), 1u);
  EXPECT_EQ(view(mappings[0].getContainerName()), "main");
  EXPECT_EQ(view(mappings[0].getResourceName()), "x.io/gpu");
  EXPECT_EQ(view(mappings[0].getRequestName()), "container-0-request-1");
}

TEST_F(ExtendedResourcesTest, EachClassHasAResourceOfItsOwnName) {
  slice("a", {"gpu-0"});
  podWith("web", "deviceclass.resource.kubernetes.io/gpus");
  host.settle();
  EXPECT_EQ(reasonOf("web"), "0/2 nodes are available: 2 Insufficient deviceclass.resource.kubernetes.io/gpus.");
  deviceClass("gpus", "x.io/gpu");
  host.advance(std::chrono::seconds(2));
  EXPECT_EQ(nodeOf("web"), "a");
  EXPECT_EQ(stateOf("web"), "gpu-0 for web");
}

TEST_F(ExtendedResourcesTest, NoDeviceIsGivenTwice) {
  deviceClass("gpus", "x.io/gpu");
  slice("a", {"gpu-0", "gpu-1"});
  slice("b", {"gpu-2"});
  for (int i = 0; i < 5; ++i) podWith(concat("p", i), "x.io/gpu");
  host.settle();
  std::multiset<std::string> devices;
  int waiting = 0;
  for (int i = 0; i < 5; ++i) {
    const std::string state = stateOf(concat("p", i));
    state == "none" ? (void)++waiting : (void)devices.insert(state.substr(0, 5));
  }
  EXPECT_THAT(devices, ElementsAre("gpu-0", "gpu-1", "gpu-2"));
  EXPECT_EQ(waiting, 2);
  EXPECT_EQ(claims(), 3u);
}

TEST_F(ExtendedResourcesTest, WhatANodeHasItselfIsTakenFromIt) {
  deviceClass("gpus", "x.io/gpu");
  host.put(makeNode("c", {{"cpu", "8"}, {"pods", "10"}, {"x.io/gpu", "1"}}, {{"host", "c"}}));
  podWith("own", "x.io/gpu");
  host.settle();
  EXPECT_EQ(nodeOf("own"), "c");
  EXPECT_EQ(claims(), 0u);
  podWith("next", "x.io/gpu");
  host.settle();
  EXPECT_EQ(reasonOf("next"), "0/3 nodes are available: 1 Insufficient x.io/gpu, 2 cannot allocate all claims.");
  slice("a", {"gpu-0"});
  host.advance(std::chrono::seconds(2));
  EXPECT_EQ(nodeOf("next"), "a");
  EXPECT_EQ(stateOf("next"), "gpu-0 for next");
}

TEST_F(ExtendedResourcesTest, OfSeveralClassesTheLatestProvidesIt) {
  auto older = test::deviceClass("older", "false");
  older->getSpec().setExtendedResourceName("x.io/gpu");
  older->getMetadata().setCreationTimestamp("2026-01-01T00:00:00Z");
  host.put(std::move(older));
  deviceClass("later", "x.io/gpu");
  host.change<DeviceClass>("", "later",
                           [](auto one) { one.getMetadata().setCreationTimestamp("2026-01-02T00:00:00Z"); });
  slice("a", {"gpu-0"});
  podWith("web", "x.io/gpu");
  host.settle();
  EXPECT_THAT(requestsOf(claimOf("web")), ElementsAre("container-0-request-1: later * 1"));
  host.remove<DeviceClass>("", "later");
  podWith("next", "x.io/gpu");
  host.settle();
  EXPECT_EQ(reasonOf("next"), "0/2 nodes are available: 2 cannot allocate all claims.");
}

TEST_F(ExtendedResourcesTest, WhatIsLeftOfAnAttemptIsRemovedFirst) {
  deviceClass("gpus", "x.io/gpu");
  // From a scheduler that was killed: it holds the only device.
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    return verb == "create/binding" ? Result<void>(fail(Status::forbidden("no"))) : Result<void>();
  });
  podWith("web", "x.io/gpu");
  host.settle();
  const auto waiting = host.get<Pod>("default", "web");
  auto left = test::named<ResourceClaim>("default", "web-extended-resources-left");
  setAnnotation(left->getMetadata(), "resource.kubernetes.io/extended-resource-claim", "true");
  setController(left->getMetadata(), waiting);
  addFinalizer(left->getMetadata(), "resource.kubernetes.io/delete-protection");
  auto result = left->initStatus().initAllocation().initDevices().initResults(1)[0];
  result.setDriver("gpu.example.com");
  result.setPool("slice-a");
  result.setDevice("gpu-0");
  host.put(std::move(left));
  slice("a", {"gpu-0"});
  host.onRequest([](std::string_view, std::string_view, std::string_view) -> Result<void> { return {}; });
  host.advance(std::chrono::seconds(20));
  EXPECT_EQ(nodeOf("web"), "a");
  EXPECT_EQ(stateOf("web"), "gpu-0 for web");
  EXPECT_EQ(claims(), 1u);
}

TEST_F(ExtendedResourcesTest, AClaimThatCameToNothingIsRemoved) {
  deviceClass("gpus", "x.io/gpu");
  slice("a", {"gpu-0"});
  bool refuses = true;
  const char* refused = "create/binding";
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (refuses && verb == refused && resource != "events") return fail(Status::forbidden("no"));
    return {};
  });
  podWith("web", "x.io/gpu");
  EXPECT_EQ(claims(), 0u);
  EXPECT_EQ(nodeOf("web"), "");
  refused = "update/status";
  host.advance(std::chrono::seconds(2));
  EXPECT_EQ(claims(), 0u);
  EXPECT_EQ(nodeOf("web"), "");
  refuses = false;
  host.advance(std::chrono::seconds(20));
  EXPECT_EQ(nodeOf("web"), "a");
  EXPECT_EQ(stateOf("web"), "gpu-0 for web");
  EXPECT_EQ(claims(), 1u);
}

TEST_F(ExtendedResourcesTest, WhoMayNotMakeAClaimIsToldAndTheDeviceStaysFree) {
  deviceClass("gpus", "x.io/gpu");
  slice("a", {"gpu-0"});
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "create" && resource == "resourceclaims") return fail(Status::forbidden("exceeded quota"));
    return {};
  });
  podWith("web", "x.io/gpu");
  host.settle();
  EXPECT_THAT(events(), testing::Contains("FailedScheduling: running PreBind plugin \"DynamicResources\": create claim "
                                          "for extended resources of default/web: exceeded quota"));
  host.onRequest([](std::string_view, std::string_view, std::string_view) -> Result<void> { return {}; });
  podWith("next", "x.io/gpu");
  host.settle();
  EXPECT_EQ(stateOf("next"), "gpu-0 for next");
}

}  // namespace
}  // namespace cleat::scheduling
