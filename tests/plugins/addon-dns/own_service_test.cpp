// The service by which pods reach the DNS.
#include "own_service.h"

#include <cleat/sdk/testkit.h>
#include <cleat/sdk/text.h>
#include <gtest/gtest.h>

namespace cleat::dns {
namespace {

using core_v1::Service;
using discovery_v1::EndpointSlice;

class KubeDns : public ::testing::Test {
 protected:
  KubeDns() {
    host.know<Service>();
    host.know<EndpointSlice>();
    own.setEndpoint("192.0.2.1", 10053);
  }
  void keep() {
    auto kept = plugin.await(own.keep());
    ASSERT_TRUE(kept) << kept.error().message;
  }
  Object<Service> service() { return host.get<Service>(kServiceNamespace, kServiceName); }
  Object<EndpointSlice> slice() { return host.get<EndpointSlice>(kServiceNamespace, kServiceName); }

  test::FakeHost host;
  test::Started<test::EmptyPlugin> plugin = host.start<test::EmptyPlugin>();
  OwnService own{plugin->context(), "10.96.0.10"};
};

TEST_F(KubeDns, IsMadeWithItsEndpoint) {
  keep();
  EXPECT_EQ(view(service()->getSpec().getClusterIP()), "10.96.0.10");
  EXPECT_EQ(service()->getSpec().getPorts().size(), 2u);
  EXPECT_EQ(view(slice()->getEndpoints()[0].getAddresses()[0]), "192.0.2.1");
  EXPECT_EQ(slice()->getPorts()[1].getPort().getValue(), 10053);
  const size_t before = host.requests().size();
  keep();
  for (size_t i = before; i < host.requests().size(); ++i) EXPECT_TRUE(host.requests()[i].starts_with("get "));
}

TEST_F(KubeDns, IsRepaired) {
  keep();
  host.change<Service>(kServiceNamespace, kServiceName, [](Service::Builder changed) {
    auto selector = changed.getSpec().initSelector(1);
    selector[0].setKey("app");
    selector[0].setValue("x");
    changed.getSpec().getPorts()[0].setPort(54);
  });
  host.change<EndpointSlice>(kServiceNamespace, kServiceName,
                             [](EndpointSlice::Builder changed) { changed.disownEndpoints(); });
  keep();
  EXPECT_EQ(service()->getSpec().getSelector().size(), 0u);
  EXPECT_EQ(service()->getSpec().getPorts()[0].getPort(), 53);
  EXPECT_EQ(slice()->getEndpoints().size(), 1u);
}

TEST_F(KubeDns, GetsItsAddressInAnyCase) {
  Draft<Service> other;
  other.meta().setName(str(kServiceName));
  other.meta().setNamespace(str(kServiceNamespace));
  other->initSpec().setClusterIP("10.96.5.5");
  const std::string uid(host.put(std::move(other)).uid());
  keep();
  EXPECT_EQ(view(service()->getSpec().getClusterIP()), "10.96.0.10");
  EXPECT_NE(service().uid(), uid);
}

TEST_F(KubeDns, HasNoEndpointThatNobodyReaches) {
  keep();
  own.setEndpoint("", 10053);
  keep();
  EXPECT_EQ(slice()->getEndpoints().size(), 0u);
  for (const char* address : {"127.0.0.1", "0.0.0.0", "169.254.1.1", "::1", "fe80::1", "x"})
    EXPECT_FALSE(reachableByOthers(address)) << address;
  for (const char* address : {"192.0.2.1", "10.0.0.1", "fd00::1"}) EXPECT_TRUE(reachableByOthers(address)) << address;
}

}  // namespace
}  // namespace cleat::dns
