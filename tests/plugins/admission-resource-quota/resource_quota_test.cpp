#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_quota.h>
#include <cleat/sdk/kinds/resource_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/admission.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::ConfigMap;
using core_v1::Pod;
using core_v1::ResourceQuota;
using resource_v1::DeviceClass;
using resource_v1::ResourceClaim;
using test::Pairs;
using testing::Contains;

class ResourceQuotaTest : public testing::Test {
 protected:
  ResourceQuotaTest() {
    host.know<Pod>();
    host.know<ConfigMap>();
    host.know<ResourceQuota>();
    host.know<DeviceClass>();
    host.know<ResourceClaim>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }

  static Draft<ResourceQuota> quota(const Pairs& hard) {
    auto draft = test::named<ResourceQuota>("default", "q");
    test::fillMap(draft->initSpec().initHard(hard.size()), hard);
    return draft;
  }
  static Object<ConfigMap> map(const std::string& name) {
    auto draft = test::named<ConfigMap>("default", name);
    draft.meta().setUid("uid-" + name);
    return std::move(draft).freeze();
  }
  template <class K>
  std::string create(const Object<K>& object, role::Operation operation = role::Operation::CREATE) {
    const test::AdmissionRequest request{.operation = operation, .ns = "default", .name = str(object.name())};
    auto outcome = test::admit<K>(*plugin, test::Pass::validate, request, object);
    host.settle();
    return outcome.ok() ? "admitted" : outcome.status.message;
  }
  template <class K>
  void withdraw(const Object<K>& object) {
    auto outcome = plugin->call(role::admission::withdraw,
                                [&](role::AdmissionParams::Builder params) {
                                  auto ref = params.initRef();
                                  ref.setVersion("v1");
                                  ref.setResource(str(KindOf<K>::resource.resource));
                                  ref.setNamespace("default");
                                },
                                {object});
    EXPECT_TRUE(outcome.ok()) << outcome.status.message;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(ResourceQuotaTest, ItSeesEveryCreate) {
  EXPECT_THAT(test::interestsOf(*plugin), Contains("validate create */*"));
}

TEST_F(ResourceQuotaTest, WithoutAQuotaEverythingGoes) { EXPECT_EQ(create(map("a")), "admitted"); }

TEST_F(ResourceQuotaTest, WhatIsLetThroughCountsAtOnce) {
  host.put(quota({{"configmaps", "2"}}));
  host.settle();
  EXPECT_EQ(create(map("a")), "admitted");
  EXPECT_EQ(create(map("b")), "admitted");
  const std::string refused =
      "configmaps \"c\" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=2, limited: "
      "configmaps=2";
  EXPECT_EQ(create(map("c")), refused);
  withdraw(map("b"));
  EXPECT_EQ(create(map("c")), "admitted");
  EXPECT_EQ(create(map("d")).find("exceeded quota"), refused.find("exceeded quota"));
}

TEST_F(ResourceQuotaTest, WhatIsStoredCountsOnceAndWhatIsDeletedNoMore) {
  host.put(quota({{"configmaps", "2"}}));
  host.put(test::named<ConfigMap>("default", "old"));
  host.put(test::named<ConfigMap>("elsewhere", "other"));
  host.settle();
  EXPECT_EQ(create(map("a")), "admitted");
  Draft<ConfigMap> stored(map("a"));
  host.put(std::move(stored));
  host.settle();
  EXPECT_NE(create(map("b")), "admitted");
  host.remove<ConfigMap>("default", "old");
  host.settle();
  EXPECT_EQ(create(map("b")), "admitted");
}

TEST_F(ResourceQuotaTest, AQuotaThatIsOnItsWayIsWaitedFor) {
  Draft<ResourceQuota> draft = quota({{"configmaps", "0"}});
  draft.meta().setUid("uid-q");
  const Object<ResourceQuota> made = std::move(draft).freeze();
  EXPECT_EQ(create(made), "admitted");
  host.put(Draft<ResourceQuota>(made));
  // Nothing has been told of it yet.
  EXPECT_NE(create(map("a")), "admitted");
}

TEST_F(ResourceQuotaTest, AQuotaThatCameToNothingHoldsNobodyUp) {
  Draft<ResourceQuota> draft = quota({{"configmaps", "0"}});
  draft.meta().setUid("uid-q");
  const Object<ResourceQuota> made = std::move(draft).freeze();
  EXPECT_EQ(create(made), "admitted");
  withdraw(made);
  EXPECT_EQ(create(map("a")), "admitted");
}

TEST_F(ResourceQuotaTest, PodsHaveToSayWhatTheyNeed) {
  host.put(quota({{"requests.cpu", "1"}}));
  host.settle();
  auto web = test::makePod("web");
  EXPECT_EQ(create(std::move(web).freeze()),
            "pods \"web\" is forbidden: failed quota: q: must specify requests.cpu for: main");
}

void deviceClass(test::FakeHost& host, const char* extendedResource) {
  auto made = test::named<DeviceClass>("", "gpu");
  made->initSpec().setExtendedResourceName(extendedResource);
  host.put(std::move(made));
}

Draft<ResourceClaim> claimOf(const std::string& name, int64_t count) {
  auto claim = test::named<ResourceClaim>("default", name);
  claim.meta().setUid("uid-" + name);
  auto exactly = claim->initSpec().initDevices().initRequests(1)[0].initExactly();
  exactly.setDeviceClassName("gpu");
  exactly.setAllocationMode("ExactCount");
  exactly.setCount(count);
  return claim;
}

TEST_F(ResourceQuotaTest, ClaimsForDevicesCountWithPodsForTheResourceThatTheirClassNames) {
  deviceClass(host, "example.com/gpu");
  host.put(quota({{"requests.example.com/gpu", "3"}}));
  auto pod = test::makePod("web", {{"example.com/gpu", "2"}});
  pod.meta().setUid("uid-web");
  host.put(std::move(pod));
  host.settle();
  EXPECT_EQ(create(claimOf("two", 2).freeze()),
            "resourceclaims.resource.k8s.io \"two\" is forbidden: exceeded quota: q, requested: "
            "requests.example.com/gpu=2, used: requests.example.com/gpu=2, limited: requests.example.com/gpu=3");
  // The pod's own is what it was charged for.
  auto own = claimOf("own", 2);
  setAnnotation(own.meta(), "resource.kubernetes.io/extended-resource-claim", "true");
  setController(own.meta(), host.get<Pod>("default", "web"));
  EXPECT_EQ(create(std::move(own).freeze()), "admitted");
  EXPECT_EQ(create(claimOf("one", 1).freeze()), "admitted");
  EXPECT_NE(create(claimOf("another", 1).freeze()), "admitted");
}

TEST_F(ResourceQuotaTest, ClaimsFromBeforeCountWhereTheFirstToBeAskedAboutIsAPod) {
  deviceClass(host, "example.com/gpu");
  host.put(claimOf("one", 1));
  host.put(quota({{"requests.example.com/gpu", "1"}}));
  host.settle();
  auto pod = test::makePod("web", {{"example.com/gpu", "1"}});
  pod.meta().setUid("uid-web");
  EXPECT_EQ(create(std::move(pod).freeze()),
            "pods \"web\" is forbidden: exceeded quota: q, requested: requests.example.com/gpu=1, used: "
            "requests.example.com/gpu=1, limited: requests.example.com/gpu=1");
}

TEST_F(ResourceQuotaTest, WhatAClassIsCalledCountsFromThenOn) {
  deviceClass(host, "example.com/gpu");
  host.put(quota({{"requests.example.com/gpu", "1"}, {"requests.example.com/card", "1"}}));
  host.put(claimOf("one", 1));
  host.settle();
  EXPECT_NE(create(claimOf("two", 1).freeze()), "admitted");
  deviceClass(host, "example.com/card");
  host.settle();
  auto pod = test::makePod("web", {{"example.com/gpu", "1"}});
  pod.meta().setUid("uid-web");
  EXPECT_EQ(create(std::move(pod).freeze()), "admitted");
  EXPECT_NE(create(claimOf("two", 1).freeze()), "admitted") << "the first is a card now";
}

// What is said of the setting when the plugin starts with it; empty: it is ready.
std::string startWith(const std::string& limited) {
  test::FakeHost host;
  host.know<ResourceQuota>();
  auto plugin = host.start(cleat_plugin_v1(), {{"limited_resources", limited}});
  host.settle();
  return plugin.ready() ? "" : plugin.readyError();
}

TEST(LimitedResourcesTest, ASettingThatIsWrongIsSaid) {
  EXPECT_EQ(startWith("[]"), "");
  EXPECT_THAT(startWith("{}"), testing::HasSubstr("limited_resources: a list is expected"));
  EXPECT_THAT(startWith("[{}]"), testing::HasSubstr("limited_resources: [0].resource: Required value"));
  EXPECT_THAT(startWith(R"([{"resource":"pods","contains":[]}])"), testing::HasSubstr("[0].contains: unknown field"));
  EXPECT_THAT(startWith(R"([{"resource":"pods","matchScopes":[{"scopeName":"PriorityClass","operator":"Is"}]}])"),
              testing::HasSubstr("[0].matchScopes[0].operator: unknown operator"));
}

TEST_F(ResourceQuotaTest, LostHistoryIsNoLostCount) {
  host.put(quota({{"configmaps", "1"}}));
  host.put(test::named<ConfigMap>("default", "a"));
  host.settle();
  EXPECT_NE(create(map("b")), "admitted");
  host.loseHistory();
  host.settle();
  EXPECT_NE(create(map("b")), "admitted");
}

}  // namespace
}  // namespace cleat
