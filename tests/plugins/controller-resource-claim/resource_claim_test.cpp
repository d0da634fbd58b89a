// Claims that are made of templates, and what becomes of claims when pods end.
#include <cleat/sdk/kinds/resource_v1.h>
#include <cleat/sdk/meta.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::Pod;
using resource_v1::ResourceClaim;
using resource_v1::ResourceClaimTemplate;

constexpr const char* kFinalizer = "resource.kubernetes.io/delete-protection";

class ResourceClaimTest : public testing::Test {
 protected:
  ResourceClaimTest() {
    host.know<ResourceClaim>();
    host.know<ResourceClaimTemplate>();
    host.know<core_v1::Event>();
    host.deletesGracefully<Pod>();
    plugin.emplace(host.start(cleat_plugin_v1()));
  }
  void putTemplate() {
    auto from = test::named<ResourceClaimTemplate>("default", "gpus");
    auto spec = from->initSpec();
    setLabel(spec.initMetadata(), "kind", "gpu");
    setAnnotation(spec.getMetadata(), "why", "test");
    auto request = spec.initSpec().initDevices().initRequests(1)[0];
    request.setName("one");
    request.initExactly().setDeviceClassName("gpu");
    host.put(std::move(from));
  }
  static Draft<Pod> podOf(const char* name) {
    auto pod = test::makePod(name);
    auto claim = pod->getSpec().initResourceClaims(1)[0];
    claim.setName("gpu");
    claim.setResourceClaimTemplateName("gpus");
    return pod;
  }
  Draft<Pod> podWith(const char* name, const char* claimName) {
    auto pod = test::makePod(name);
    auto claim = pod->getSpec().initResourceClaims(1)[0];
    claim.setName("gpu");
    claim.setResourceClaimName(claimName);
    return pod;
  }
  // Allocated, and reserved for these pods.
  void putAllocated(const char* name, const std::vector<std::pair<std::string, std::string>>& consumers) {
    auto claim = test::named<ResourceClaim>("default", name);
    addFinalizer(claim.meta(), kFinalizer);
    auto status = claim->initStatus();
    auto result = status.initAllocation().initDevices().initResults(1)[0];
    result.setRequest("one");
    result.setDevice("gpu-0");
    auto reserved = status.initReservedFor(static_cast<uint32_t>(consumers.size()));
    for (uint32_t i = 0; i < consumers.size(); ++i) {
      reserved[i].setResource("pods");
      reserved[i].setName(consumers[i].first);
      reserved[i].setUid(consumers[i].second);
    }
    host.put(std::move(claim));
  }
  std::vector<Object<ResourceClaim>> claims() {
    host.settle();
    return host.list<ResourceClaim>();
  }
  // "allocated, reserved for a b, protected", as far as it is so.
  std::string stateOf(const char* name) {
    host.settle();
    const auto claim = host.get<ResourceClaim>("default", name);
    if (!claim) return "gone";
    std::string state = claim->getStatus().hasAllocation() ? "allocated" : "free";
    for (auto consumer : claim->getStatus().getReservedFor()) appendTo(state, concat(" ", view(consumer.getName())));
    if (hasFinalizer(claim.meta(), kFinalizer)) state += " protected";
    return state;
  }
  std::string noted(const char* pod) {
    host.settle();
    const auto found = host.get<Pod>("default", pod);
    auto statuses = found->getStatus().getResourceClaimStatuses();
    return statuses.size() == 0 ? "" : concat(statuses[0].getName(), "=", statuses[0].getResourceClaimName());
  }
  void finish(const char* pod, const char* phase = "Succeeded") {
    host.change<Pod>("default", pod, [&](Pod::Builder changed) { changed.getStatus().setPhase(phase); });
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(ResourceClaimTest, AClaimIsMadeOfTheTemplateAndIsThePods) {
  putTemplate();
  const auto pod = host.put(podOf("web"));
  ASSERT_EQ(claims().size(), 1u);
  const auto claim = claims()[0];
  EXPECT_EQ(view(claim.meta().getGenerateName()), "web-gpu-");
  EXPECT_TRUE(isControlledBy(claim.meta(), pod.uid()));
  EXPECT_EQ(annotation(claim.meta(), "resource.kubernetes.io/pod-claim-name"), "gpu");
  EXPECT_EQ(annotation(claim.meta(), "why"), "test");
  EXPECT_EQ(label(claim.meta(), "kind"), "gpu");
  EXPECT_EQ(view(claim->getSpec().getDevices().getRequests()[0].getExactly().getDeviceClassName()), "gpu");
  EXPECT_EQ(noted("web"), concat("gpu=", claim.name()));
}

TEST_F(ResourceClaimTest, WithoutATemplateThePodIsToldAndGetsItsClaimWhenThereIsOne) {
  host.put(podOf("web"));
  EXPECT_EQ(claims().size(), 0u);
  const auto events = host.list<core_v1::Event>();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(view(events[0]->getReason()), "FailedResourceClaimCreation");
  EXPECT_EQ(view(events[0]->getMessage()),
            "PodResourceClaim gpu: resource claim template \"gpus\": resourceclaimtemplate.resource.k8s.io \"gpus\" "
            "not found");
  putTemplate();
  host.advance(std::chrono::seconds(1));
  EXPECT_EQ(claims().size(), 1u);
}

TEST_F(ResourceClaimTest, OneThatWasMadeAndIsNotNotedYetIsNoted) {
  putTemplate();
  bool refuses = true;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    if (refuses && verb == "update/status") return fail(Status::conflict("", "", "the object has been modified"));
    return {};
  });
  host.put(podOf("web"));
  EXPECT_EQ(claims().size(), 1u);
  EXPECT_EQ(noted("web"), "");
  refuses = false;
  host.advance(std::chrono::seconds(1));
  ASSERT_EQ(claims().size(), 1u);
  EXPECT_EQ(noted("web"), concat("gpu=", claims()[0].name()));
}

TEST_F(ResourceClaimTest, OneThatIsDeletedTooEarlyIsMadeAnew) {
  putTemplate();
  host.put(podOf("web"));
  ASSERT_EQ(claims().size(), 1u);
  const std::string first = str(claims()[0].name());
  host.remove<ResourceClaim>("default", first);
  ASSERT_EQ(claims().size(), 1u);
  EXPECT_EQ(noted("web"), concat("gpu=", claims()[0].name()));
}

TEST_F(ResourceClaimTest, LongNamesGiveSomethingOfBoth) {
  putTemplate();
  const std::string longName(80, 'a');
  host.put(podOf(longName.c_str()));
  ASSERT_EQ(claims().size(), 1u);
  const std::string base = str(claims()[0].meta().getGenerateName());
  EXPECT_LE(base.size(), 58u);
  EXPECT_TRUE(base.ends_with("-gp-")) << base;
}

TEST_F(ResourceClaimTest, WhatAPodThatEndedHadIsGivenBackAndDeletedWhereItWasItsOwn) {
  putTemplate();
  host.put(podOf("web"));
  ASSERT_EQ(claims().size(), 1u);
  finish("web");
  EXPECT_EQ(claims().size(), 0u);
}

// Which pods there are, with their phases, that a claim is reserved for, and what is left of it.
struct Situation {
  const char* what;
  const char* first;   // phase; "": running, "gone": there is none, "other": another pod of that name
  const char* second;  // "-": it is reserved for one pod only
  bool deleted;        // somebody has deleted the claim
  const char* left;
};
class ReservationTest : public ResourceClaimTest, public testing::WithParamInterface<Situation> {};

TEST_P(ReservationTest, IsLetGo) {
  const Situation& given = GetParam();
  std::vector<std::pair<std::string, std::string>> consumers;
  for (const auto& [name, phase] : {std::pair("a", given.first), std::pair("b", given.second)}) {
    const std::string_view is = phase;
    if (is == "-") continue;
    std::string uid = concat("uid-", name);
    if (is != "gone") {
      const auto pod = host.put(podWith(name, "shared"));
      if (is != "other") uid = str(pod.uid());
      if (is == "Succeeded" || is == "Failed") finish(name, phase);
    }
    consumers.emplace_back(name, uid);
  }
  putAllocated("shared", consumers);
  if (given.deleted) {
    host.change<ResourceClaim>("default", "shared",
                               [](auto claim) { claim.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z"); });
  }
  EXPECT_EQ(stateOf("shared"), given.left);
}

INSTANTIATE_TEST_SUITE_P(
    ResourceClaims, ReservationTest,
    testing::Values(Situation{"RunningPodsKeepIt", "", "", false, "allocated a b protected"},
                    Situation{"WhoEndedIsTakenOut", "Succeeded", "", false, "allocated b protected"},
                    Situation{"WhoFailedIsTakenOut", "", "Failed", false, "allocated a protected"},
                    Situation{"WhoIsGoneIsTakenOut", "gone", "", false, "allocated b protected"},
                    Situation{"AnotherOfThatNameIsNotMeant", "other", "", false, "allocated b protected"},
                    Situation{"WithTheLastTheDevicesAreFree", "Succeeded", "-", false, "free"},
                    Situation{"AlsoWhenItIsGone", "gone", "-", false, "free"},
                    Situation{"NobodyReservedItAndItStays", "-", "-", false, "allocated protected"},
                    Situation{"NobodyReservedItAndItIsDeleted", "-", "-", true, "gone"},
                    Situation{"SomebodyKeepsADeletedOne", "", "-", true, "allocated a protected"},
                    Situation{"UntilTheyEnd", "Failed", "-", true, "gone"}),
    [](const auto& each) { return std::string(each.param.what); });

TEST_F(ResourceClaimTest, APodThatWasPlacedByOthersHasItsClaimReserved) {
  putAllocated("shared", {});
  auto pod = podWith("a", "shared");
  pod->getSpec().setNodeName("n1");
  host.put(std::move(pod));
  EXPECT_EQ(stateOf("shared"), "allocated a protected");
}

TEST_F(ResourceClaimTest, APodThatIsNotPlacedReservesNothing) {
  putAllocated("shared", {});
  host.put(podWith("a", "shared"));
  EXPECT_EQ(stateOf("shared"), "allocated protected");
}

TEST_F(ResourceClaimTest, WhatTheSchedulerMadeForExtendedResourcesGoesWithThePodsEnd) {
  auto pod = test::makePod("web");
  auto noted = (pod->hasStatus() ? pod->getStatus() : pod->initStatus()).initExtendedResourceClaimStatus();
  noted.setResourceClaimName("web-extended-resources-x");
  const auto put = host.put(std::move(pod));
  putAllocated("web-extended-resources-x", {{"web", str(put.uid())}});
  host.change<ResourceClaim>("default", "web-extended-resources-x", [&](ResourceClaim::Builder claim) {
    setAnnotation(claim.getMetadata(), "resource.kubernetes.io/extended-resource-claim", "true");
    setController(claim.getMetadata(), put);
  });
  EXPECT_EQ(stateOf("web-extended-resources-x"), "allocated web protected");
  finish("web");
  EXPECT_EQ(stateOf("web-extended-resources-x"), "gone");
}

}  // namespace
}  // namespace cleat
