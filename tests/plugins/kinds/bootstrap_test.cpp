// What every cluster has from the start.
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/discovery_v1.h>
#include <cleat/sdk/kinds/networking_v1.h>
#include <cleat/sdk/kinds/scheduling_v1.h>
#include <cleat/sdk/meta.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using namespace std::chrono_literals;

class Bootstrap : public ::testing::Test {
 protected:
  Bootstrap() {
    host.know<core_v1::Namespace>();
    host.know<core_v1::Service>();
    host.know<core_v1::Endpoints>();
    host.know<discovery_v1::EndpointSlice>();
    host.know<networking_v1::ServiceCIDR>();
    host.know<scheduling_v1::PriorityClass>();
    host.serverConfig().serviceCidr = "10.96.0.0/16";
    host.serverConfig().address = "192.0.2.1";
    host.serverConfig().url = "https://192.0.2.1:7443";
  }
  FakeHost host;
};

TEST_F(Bootstrap, MakesWhatIsNotThere) {
  AnyStarted plugin = host.start(loadPlugin("controller-bootstrap"));
  host.settle();
  EXPECT_EQ(host.list<core_v1::Namespace>().size(), 4u);
  auto service = host.get<core_v1::Service>("default", "kubernetes");
  ASSERT_TRUE(service);
  EXPECT_EQ(view(service->getSpec().getClusterIP()), "10.96.0.1");
  EXPECT_EQ(service->getSpec().getPorts()[0].getTargetPort().getIntVal(), 7443);
  auto slice = host.get<discovery_v1::EndpointSlice>("default", "kubernetes");
  ASSERT_TRUE(slice);
  EXPECT_EQ(view(slice->getEndpoints()[0].getAddresses()[0]), "192.0.2.1");
  EXPECT_EQ(host.get<core_v1::Endpoints>("default", "kubernetes")->getSubsets()[0].getPorts()[0].getPort(), 7443);
  auto range = host.get<networking_v1::ServiceCIDR>("kubernetes");
  EXPECT_TRUE(conditionIs(range->getStatus().getConditions(), "Ready", "True"));
}

TEST_F(Bootstrap, FollowsTheServersAddress) {
  {
    AnyStarted plugin = host.start(loadPlugin("controller-bootstrap"));
    host.settle();
  }
  host.serverConfig().address = "192.0.2.9";
  AnyStarted plugin = host.start(loadPlugin("controller-bootstrap"));
  host.settle();
  EXPECT_EQ(view(host.get<discovery_v1::EndpointSlice>("default", "kubernetes")->getEndpoints()[0].getAddresses()[0]),
            "192.0.2.9");
  EXPECT_EQ(view(host.get<core_v1::Endpoints>("default", "kubernetes")->getSubsets()[0].getAddresses()[0].getIp()),
            "192.0.2.9");
}

TEST_F(Bootstrap, TriesAgain) {
  int refusals = 3;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    if (verb == "create" && refusals-- > 0) return fail(Status::unavailable("not yet"));
    return {};
  });
  AnyStarted plugin = host.start(loadPlugin("controller-bootstrap"));
  host.advance(5s);
  EXPECT_EQ(host.list<core_v1::Namespace>().size(), 4u);
  EXPECT_TRUE(host.get<core_v1::Service>("default", "kubernetes"));
}

}  // namespace
}  // namespace cleat::test
