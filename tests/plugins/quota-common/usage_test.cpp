#include "quota-common/usage.h"

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/resource_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "quota-common/quota.h"
#include "tests/plugins/objects.h"

namespace cleat::quota {
namespace {

using core_v1::Pod;
using core_v1::Service;
using test::makePod;
using test::Pairs;

const KindName kPods{"", "pods"}, kServices{"", "services"}, kClaims{"", "persistentvolumeclaims"};

std::string measured(std::string_view resource) {
  std::string names;
  for (const KindName& kind : measuredKinds(resource)) {
    names += concat(names.empty() ? "" : " ", kind.resource, kind.group.empty() ? "" : ".", kind.group);
  }
  return names.empty() ? "none" : names;
}

TEST(Usage, EachResourceIsAboutAKind) {
  for (const char* resource : {"pods", "count/pods", "cpu", "requests.memory", "limits.ephemeral-storage",
                               "hugepages-2Mi", "requests.hugepages-2Mi"}) {
    EXPECT_EQ(measured(resource), "pods") << resource;
  }
  for (const char* resource : {"requests.example.com/gpu", "requests.deviceclass.resource.kubernetes.io/gpu"}) {
    EXPECT_EQ(measured(resource), "pods resourceclaims.resource.k8s.io") << resource;
  }
  EXPECT_EQ(measured("services.loadbalancers"), "services");
  EXPECT_EQ(measured("gold.storageclass.storage.k8s.io/requests.storage"), "persistentvolumeclaims");
  EXPECT_EQ(measured("count/deployments.apps"), "deployments.apps");
  EXPECT_EQ(measured("gpu.deviceclass.resource.k8s.io/devices"), "resourceclaims.resource.k8s.io");
  EXPECT_EQ(measured("count/things.bench.example.com"), "things.bench.example.com");
  for (const char* resource : {"requests.nvidia", "limits.example.com/gpu", "example.com/gpu", "count/events",
                               "count/events.events.k8s.io", "requests.kubernetes.io/odd"}) {
    EXPECT_EQ(measured(resource), "none") << resource;
  }
}

std::string usageText(const KindName& kind, const AnyRef& object, WallTime now = {}) {
  return textOf(usageOf(kind, object, now));
}

TEST(Usage, APodTakesWhatItAsksFor) {
  auto pod = makePod("web", {{"cpu", "500m"}, {"example.com/gpu", "1"}, {"hugepages-2Mi", "4Mi"}});
  test::fillMap(pod->getSpec().getContainers()[0].getResources().initLimits(2), {{"memory", "1Gi"}, {"cpu", "2"}});
  EXPECT_EQ(usageText(kPods, std::move(pod).freeze()),
            "count/pods=1,cpu=500m,hugepages-2Mi=4Mi,limits.cpu=2,limits.memory=1Gi,pods=1,requests.cpu=500m,"
            "requests.example.com/gpu=1,requests.hugepages-2Mi=4Mi");
}

TEST(Usage, AClaimTakesTheMostDevicesOfEachClassThatItMayGet) {
  auto claim = test::named<resource_v1::ResourceClaim>("default", "c");
  auto requests = claim->initSpec().initDevices().initRequests(3);
  requests[0].initExactly().setDeviceClassName("gpu");
  requests[0].getExactly().setCount(2);
  auto choices = requests[1].initFirstAvailable(3);
  const std::pair<const char*, int64_t> wanted[] = {{"gpu", 4}, {"gpu", 1}, {"nic", 1}};
  for (uint32_t i = 0; i < 3; ++i) {
    choices[i].setDeviceClassName(wanted[i].first);
    choices[i].setCount(wanted[i].second);
  }
  requests[2].initExactly().setDeviceClassName("tape");
  requests[2].getExactly().setAllocationMode("All");
  EXPECT_EQ(usageText({"resource.k8s.io", "resourceclaims"}, std::move(claim).freeze()),
            "count/resourceclaims.resource.k8s.io=1,gpu.deviceclass.resource.k8s.io/devices=6,"
            "nic.deviceclass.resource.k8s.io/devices=1,requests.deviceclass.resource.kubernetes.io/gpu=6,"
            "requests.deviceclass.resource.kubernetes.io/nic=1,requests.deviceclass.resource.kubernetes.io/tape=32,"
            "tape.deviceclass.resource.k8s.io/devices=32");
}

TEST(Usage, InitContainersRunBeforeTheOthersAndSidecarsBesideThem) {
  auto pod = makePod("web", {{"cpu", "1"}});
  auto init = pod->getSpec().initInitContainers(3);
  const char* requests[] = {"3", "500m", "2800m"};
  for (uint32_t i = 0; i < 3; ++i) test::fillMap(init[i].initResources().initRequests(1), {{"cpu", requests[i]}});
  init[1].setRestartPolicy("Always");
  // 3, or the sidecar with the third, or the sidecar with the main one.
  EXPECT_EQ(usageOf(kPods, std::move(pod).freeze(), {}).at("requests.cpu").text(), "3300m");
}

TEST(Usage, WhatHasEndedTakesItsPlaceOnly) {
  auto pod = makePod("web", {{"cpu", "1"}});
  pod->initStatus().setPhase("Succeeded");
  EXPECT_EQ(usageText(kPods, std::move(pod).freeze()), "count/pods=1");

  auto lost = makePod("lost", {{"cpu", "1"}});
  const WallTime deadline = *parseTime("2026-01-01T00:00:30Z");
  lost.meta().setDeletionTimestamp(formatTime(deadline));
  lost.meta().initDeletionGracePeriodSeconds().setValue(30);
  auto object = std::move(lost).freeze();
  EXPECT_EQ(usageOf(kPods, object, deadline).count("pods"), 1u);
  EXPECT_EQ(usageText(kPods, object, deadline + std::chrono::seconds(31)), "count/pods=1");
}

TEST(Usage, AResizeIsChargedUntilTheNodeHasDoneIt) {
  auto pod = makePod("web", {{"cpu", "1"}});
  auto status = pod->initStatus().initContainerStatuses(1)[0];
  status.setName("main");
  test::fillMap(status.initResources().initRequests(1), {{"cpu", "3"}});
  EXPECT_EQ(usageOf(kPods, std::move(pod).freeze(), {}).at("cpu").text(), "3");
}

TEST(Usage, ServicesTakePortsAsTheyWish) {
  auto make = [](const char* type, bool allocate, int32_t nodePort) {
    auto service = test::named<Service>("default", "s");
    auto spec = service->initSpec();
    spec.setType(type);
    if (!allocate) spec.initAllocateLoadBalancerNodePorts().setValue(false);
    spec.initPorts(2)[0].setNodePort(nodePort);
    return std::move(service).freeze();
  };
  EXPECT_EQ(usageText(kServices, make("ClusterIP", true, 0)), "count/services=1,services=1");
  EXPECT_EQ(usageText(kServices, make("NodePort", true, 0)), "count/services=1,services=1,services.nodeports=2");
  EXPECT_EQ(usageText(kServices, make("LoadBalancer", true, 0)),
            "count/services=1,services=1,services.loadbalancers=1,services.nodeports=2");
  EXPECT_EQ(usageOf(kServices, make("LoadBalancer", false, 30000), {}).at("services.nodeports").text(), "1");
}

TEST(Usage, PodsHaveToSayWhatAQuotaNames) {
  auto pod = makePod("web", {{"cpu", "1"}});
  pod->getSpec().initInitContainers(1)[0].setName("first");
  auto object = std::move(pod).freeze();
  auto named = [](std::string_view resource) {
    return resource == "requests.cpu" || resource == "limits.memory" || resource == "requests.ephemeral-storage";
  };
  EXPECT_EQ(missingIn(kPods, object, named), "must specify limits.memory for: first,main; requests.cpu for: first");
  EXPECT_EQ(missingIn(kServices, object, named), "");
}

bool matches(const ScopeRule& rule, const Object<Pod>& pod) { return Quota{"q", {}, {rule}}.counts(kPods, pod); }

TEST(Scopes, AreMetByPodsOneByOne) {
  auto plain = makePod("web");
  plain->initStatus().setQosClass("BestEffort");
  auto draft = makePod("web");
  draft->initStatus().setQosClass("Burstable");
  draft->getSpec().initActiveDeadlineSeconds().setValue(10);
  draft->getSpec().setPriorityClassName("high");
  draft->getSpec()
      .initAffinity()
      .initPodAntiAffinity()
      .initRequiredDuringSchedulingIgnoredDuringExecution(1)[0]
      .initNamespaceSelector();
  const Object<Pod> other = std::move(draft).freeze(), pod = std::move(plain).freeze();
  const struct {
    ScopeRule rule;
    bool plain, other;
  } cases[] = {
      {{"Terminating", "Exists", {}}, false, true},
      {{"NotTerminating", "Exists", {}}, true, false},
      {{"BestEffort", "Exists", {}}, true, false},
      {{"NotBestEffort", "Exists", {}}, false, true},
      {{"CrossNamespacePodAffinity", "Exists", {}}, false, true},
      {{"PriorityClass", "Exists", {}}, false, true},
      {{"PriorityClass", "DoesNotExist", {}}, true, false},
      {{"PriorityClass", "In", {"low", "high"}}, false, true},
      {{"PriorityClass", "NotIn", {"low"}}, true, true},
      {{"PriorityClass", "NotIn", {"high"}}, true, false},
      {{"VolumeAttributesClass", "Exists", {}}, false, false},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(matches(one.rule, pod), one.plain) << one.rule.scope << one.rule.op;
    EXPECT_EQ(matches(one.rule, other), one.other) << one.rule.scope << one.rule.op;
  }
  EXPECT_FALSE((Quota{"q", {}, {{"BestEffort", "Exists", {}}}}.counts(kServices, pod)));
}

}  // namespace
}  // namespace cleat::quota
