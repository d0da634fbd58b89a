#include <cleat/sdk/kinds/apiextensions_v1.h>
#include <cleat/sdk/kinds/apiregistration_v1.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using apiregistration_v1::APIService;

constexpr const char* kAutomanaged = "kube-aggregator.kubernetes.io/automanaged";

class ApiRegistrationTest : public testing::Test {
 protected:
  ApiRegistrationTest() {
    host.know<APIService>();
    host.know<apiextensions_v1::CustomResourceDefinition>();
    host.know<core_v1::Pod>();
  }
  void start() {
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
  }
  Object<APIService> service(const char* name) { return host.get<APIService>("", name); }
  std::string available(const char* name) {
    auto condition = findCondition(service(name)->getStatus().getConditions(), "Available");
    return condition ? concat(view(condition->getStatus()), " ", view(condition->getReason())) : "";
  }
  static Draft<APIService> managed(const char* name, const char* how) {
    return test::named<APIService>("", name, {{kAutomanaged, how}});
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(ApiRegistrationTest, WhatIsServedIsThere) {
  start();
  ASSERT_TRUE(service("v1."));
  EXPECT_EQ(service("v1.")->getSpec().getGroupPriorityMinimum(), 18000);
  EXPECT_EQ(label(service("v1.").meta(), kAutomanaged), "onstart");
  EXPECT_EQ(available("v1."), "True Local");
  EXPECT_TRUE(service("v1.apiregistration.k8s.io"));
}

TEST_F(ApiRegistrationTest, WhatTheAdministratorDeletesStaysAwayUntilTheNextStart) {
  start();
  host.remove<APIService>("", "v1.");
  host.settle();
  host.advance(30s);
  EXPECT_FALSE(service("v1."));
  plugin.reset();
  start();
  EXPECT_TRUE(service("v1."));
}

TEST_F(ApiRegistrationTest, WhatIsServedNoMoreGoesWhenTheServerHasStarted) {
  host.put(managed("v1.old.example.com", "true"));
  host.put(managed("v1beta1.batch", "onstart"));
  host.put(test::named<APIService>("", "v1.mine.example.com"));
  start();
  EXPECT_TRUE(service("v1.old.example.com"));
  host.advance(11s);
  EXPECT_FALSE(service("v1.old.example.com"));
  EXPECT_FALSE(service("v1beta1.batch"));
  EXPECT_TRUE(service("v1.mine.example.com"));
}

TEST_F(ApiRegistrationTest, NothingIsSaidOfWhatAnotherServerIsToServe) {
  auto other = test::named<APIService>("", "v1.metrics.example");
  auto spec = other->initSpec();
  spec.setGroup("metrics.example");
  spec.setVersion("v1");
  spec.initService().setName("metrics");
  host.put(std::move(other));
  start();
  EXPECT_TRUE(service("v1.metrics.example"));
  EXPECT_EQ(service("v1.metrics.example")->getStatus().getConditions().size(), 0u);
}

}  // namespace
}  // namespace cleat
