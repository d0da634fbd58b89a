// Ranges that come, go and are waited for.
#include <cleat/sdk/kinds/networking_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using networking_v1::IPAddress;
using networking_v1::ServiceCIDR;
using testing::HasSubstr;

class ServiceCidrTest : public testing::Test {
 protected:
  ServiceCidrTest() {
    host.know<ServiceCIDR>();
    host.know<IPAddress>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  void range(const std::string& name, const std::vector<std::string>& networks) {
    auto draft = test::named<ServiceCIDR>("", name);
    draft->initSpec().adoptCidrs(textList(orphanageOf(draft->getSpec()), networks));
    host.put(std::move(draft));
    host.settle();
  }
  void address(const std::string& ip) {
    host.put(test::named<IPAddress>("", ip));
    host.settle();
  }
  void goes(const std::string& name) {
    host.change<ServiceCIDR>("", name, [&](ServiceCIDR::Builder range) {
      range.getMetadata().setDeletionTimestamp(formatTime(host.wallNow()));
    });
    host.settle();
  }
  bool isHeld(const std::string& name) {
    const auto range = host.get<ServiceCIDR>("", name);
    return range && hasFinalizer(range.meta(), "networking.k8s.io/service-cidr-finalizer");
  }
  std::string ready(const std::string& name) {
    const auto range = host.get<ServiceCIDR>("", name);
    auto found = findCondition(range->getStatus().getConditions(), "Ready");
    return found ? concat(found->getStatus(), " ", found->getReason(), ": ", found->getMessage()) : "none";
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(ServiceCidrTest, ARangeIsReadyAndHeld) {
  range("more", {"10.97.0.0/24"});
  EXPECT_TRUE(isHeld("more"));
  EXPECT_EQ(ready("more"), "True : Kubernetes Service CIDR is ready");
}

TEST_F(ServiceCidrTest, OneThatNobodyUsesGoesAfterAMoment) {
  range("more", {"10.97.0.0/24"});
  address("10.98.0.1");
  goes("more");
  EXPECT_TRUE(isHeld("more"));
  host.advance(11s);
  EXPECT_FALSE(isHeld("more"));
}

TEST_F(ServiceCidrTest, OneThatIsUsedWaitsForItsAddresses) {
  range("more", {"10.97.0.0/24"});
  address("10.97.0.7");
  goes("more");
  host.advance(11s);
  EXPECT_TRUE(isHeld("more"));
  EXPECT_EQ(
      ready("more"),
      "False Terminating: There are still IPAddresses referencing the ServiceCIDR, please remove them or create a "
      "new ServiceCIDR");
  host.remove<IPAddress>("", "10.97.0.7");
  host.settle();
  EXPECT_FALSE(isHeld("more"));
}

TEST_F(ServiceCidrTest, AnotherRangeTakesItsAddressesOver) {
  range("more", {"10.97.0.0/24"});
  address("10.97.0.7");
  goes("more");
  host.advance(11s);
  range("narrow", {"10.97.0.0/28"});
  EXPECT_FALSE(isHeld("more"));
}

TEST_F(ServiceCidrTest, OneWithinAnotherGoesWhateverAddressesThereAre) {
  range("wide", {"10.96.0.0/14"});
  range("more", {"10.97.0.0/24"});
  address("10.97.0.7");
  goes("more");
  host.advance(11s);
  EXPECT_FALSE(isHeld("more"));
  goes("wide");
  host.advance(11s);
  EXPECT_TRUE(isHeld("wide"));
}

TEST_F(ServiceCidrTest, OfTwoFamiliesBothCount) {
  range("both", {"10.97.0.0/24", "2001:db8::/112"});
  address("2001:db8::7");
  goes("both");
  host.advance(11s);
  EXPECT_TRUE(isHeld("both"));
}

}  // namespace
}  // namespace cleat
