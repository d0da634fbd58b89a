#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_quota.h>
#include <cleat/sdk/kinds/resource_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::ConfigMap;
using core_v1::Pod;
using core_v1::ResourceQuota;
using test::Pairs;

class QuotaControllerTest : public testing::Test {
 protected:
  QuotaControllerTest() {
    host.know<Pod>();
    host.know<ConfigMap>();
    host.know<ResourceQuota>();
    host.know<resource_v1::DeviceClass>();
    host.know<resource_v1::ResourceClaim>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }

  void put(const Pairs& hard) {
    auto draft = test::named<ResourceQuota>("default", "q");
    test::fillMap(draft->initSpec().initHard(hard.size()), hard);
    host.put(std::move(draft));
    host.advance(200ms);
  }
  static std::string text(TextMapReader map) {
    std::string out;
    for (auto entry : map) out += concat(out.empty() ? "" : ",", view(entry.getKey()), "=", view(entry.getValue()));
    return out;
  }
  std::string used() { return text(host.get<ResourceQuota>("default", "q")->getStatus().getUsed()); }
  size_t writes() {
    return static_cast<size_t>(std::ranges::count_if(host.requests(), [](const std::string& request) {
      return request.starts_with("update/status resourcequotas");
    }));
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(QuotaControllerTest, ANewQuotaIsCountedAtOnce) {
  host.put(test::makePod("web", {{"memory", "1Gi"}}));
  host.put(test::makePod("api", {{"memory", "512Mi"}}));
  put({{"pods", "5"}, {"requests.memory", "4Gi"}, {"services.nodeports", "1"}, {"example.com/odd", "1"}});
  EXPECT_EQ(used(), "pods=2,requests.memory=1536Mi,services.nodeports=0");
  EXPECT_EQ(text(host.get<ResourceQuota>("default", "q")->getStatus().getHard()),
            "example.com/odd=1,pods=5,requests.memory=4Gi,services.nodeports=1");
}

// The pod is charged; its claim is, under that name, when the pod has gone.
TEST_F(QuotaControllerTest, ADeviceOfAPodAndItsClaimCountsOnce) {
  auto deviceClass = test::named<resource_v1::DeviceClass>("", "gpu");
  deviceClass->initSpec().setExtendedResourceName("example.com/gpu");
  host.put(std::move(deviceClass));
  host.put(test::makePod("web", {{"example.com/gpu", "1"}}));
  auto claim = test::named<resource_v1::ResourceClaim>("default", "own");
  auto exactly = claim->initSpec().initDevices().initRequests(1)[0].initExactly();
  exactly.setDeviceClassName("gpu");
  exactly.setCount(1);
  setAnnotation(claim.meta(), "resource.kubernetes.io/extended-resource-claim", "true");
  setController(claim.meta(), host.get<Pod>("default", "web"));
  host.put(std::move(claim));
  put({{"gpu.deviceclass.resource.k8s.io/devices", "5"},
       {"requests.deviceclass.resource.kubernetes.io/gpu", "5"},
       {"requests.example.com/gpu", "5"}});
  const std::string counted =
      "gpu.deviceclass.resource.k8s.io/devices=1,requests.deviceclass.resource.kubernetes.io/gpu=1,"
      "requests.example.com/gpu=1";
  EXPECT_EQ(used(), counted);
  host.remove<Pod>("default", "web");
  host.advance(200ms);
  EXPECT_EQ(used(), counted);
  host.remove<resource_v1::ResourceClaim>("default", "own");
  host.advance(200ms);
  EXPECT_EQ(used(),
            "gpu.deviceclass.resource.k8s.io/devices=0,requests.deviceclass.resource.kubernetes.io/gpu=0,"
            "requests.example.com/gpu=0");
}

TEST_F(QuotaControllerTest, ItFollowsWhatComesAndGoes) {
  put({{"configmaps", "5"}, {"count/configmaps", "5"}});
  EXPECT_EQ(used(), "configmaps=0,count/configmaps=0");
  host.put(test::named<ConfigMap>("default", "a"));
  host.advance(200ms);
  EXPECT_EQ(used(), "configmaps=1,count/configmaps=1");
  host.remove<ConfigMap>("default", "a");
  host.advance(200ms);
  EXPECT_EQ(used(), "configmaps=0,count/configmaps=0");
}

TEST_F(QuotaControllerTest, ManyChangesAreFewWrites) {
  put({{"configmaps", "500"}});
  const size_t before = writes();
  for (int i = 0; i < 100; ++i) {
    host.put(test::named<ConfigMap>("default", concat("m", i)));
    host.settle();
  }
  host.advance(1s);
  EXPECT_EQ(used(), "configmaps=100");
  EXPECT_LE(writes() - before, 3u);
}

TEST_F(QuotaControllerTest, OtherBoundsAreCountedAnew) {
  host.put(test::named<ConfigMap>("default", "a"));
  put({{"configmaps", "5"}});
  host.advance(200ms);
  put({{"pods", "5"}});
  host.advance(200ms);
  EXPECT_EQ(used(), "pods=0");
}

TEST_F(QuotaControllerTest, WhatSomebodyElseWritesIsPutRight) {
  put({{"configmaps", "5"}});
  host.advance(200ms);
  host.change<ResourceQuota>("default", "q",
                             [](ResourceQuota::Builder quota) { quota.getStatus().getUsed()[0].setValue("3"); });
  host.advance(20s);
  EXPECT_EQ(used(), "configmaps=3");
  host.advance(20s);
  EXPECT_EQ(used(), "configmaps=0");
}

TEST_F(QuotaControllerTest, APodOnANodeThatIsLostIsLetGoInTime) {
  auto pod = test::makePod("web");
  pod.meta().setDeletionTimestamp(formatTime(host.wallNow() + 30s));
  pod.meta().initDeletionGracePeriodSeconds().setValue(30);
  host.put(std::move(pod));
  put({{"count/pods", "5"}, {"pods", "5"}});
  EXPECT_EQ(used(), "count/pods=1,pods=1");
  host.advance(6min);
  EXPECT_EQ(used(), "count/pods=1,pods=0");
}

}  // namespace
}  // namespace cleat
