#include <cleat/sdk/kinds/discovery_v1.h>
#include <cleat/sdk/kinds/networking_v1.h>
#include <cleat/sdk/kinds/scheduling_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::Endpoints;
using core_v1::Namespace;
using core_v1::Service;
using discovery_v1::EndpointSlice;
using networking_v1::ServiceCIDR;
using scheduling_v1::PriorityClass;
using testing::ElementsAre;

class BootstrapTest : public testing::Test {
 protected:
  BootstrapTest() {
    host.know<Namespace>();
    host.know<core_v1::ConfigMap>();
    host.know<Service>();
    host.know<Endpoints>();
    host.know<EndpointSlice>();
    host.know<ServiceCIDR>();
    host.know<PriorityClass>();
    host.serverConfig().serviceCidr = "10.96.0.0/16";
    host.serverConfig().address = "192.0.2.1";
    host.serverConfig().url = "https://192.0.2.1:7443";
  }
  void start() {
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  std::vector<std::string> namespaces() {
    host.settle();
    std::vector<std::string> names;
    for (const auto& ns : host.list<Namespace>()) names.emplace_back(ns.name());
    return names;
  }
  size_t writes() {
    return test::countRequests(host, "create") + test::countRequests(host, "update") +
           test::countRequests(host, "delete");
  }
  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(BootstrapTest, MakesTheNamespacesOfEveryCluster) {
  start();
  EXPECT_THAT(namespaces(), ElementsAre("default", "kube-node-lease", "kube-public", "kube-system"));
}

TEST_F(BootstrapTest, MakesThePriorityClassesOfTheSystem) {
  start();
  EXPECT_EQ(host.get<PriorityClass>("system-node-critical")->getValue(), 2000001000);
  auto cluster = host.get<PriorityClass>("system-cluster-critical");
  EXPECT_EQ(cluster->getValue(), 2000000000);
  EXPECT_EQ(
      view(cluster->getDescription()),
      "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.");
}

TEST_F(BootstrapTest, SaysSinceWhenTokensInSecretsAreTracked) {
  start();
  auto map = host.get<core_v1::ConfigMap>("kube-system", "kube-apiserver-legacy-service-account-token-tracking");
  ASSERT_TRUE(map);
  ASSERT_EQ(map->getData().size(), 1u);
  EXPECT_EQ(view(map->getData()[0].getKey()), "since");
  EXPECT_THAT(str(map->getData()[0].getValue()), testing::MatchesRegex("[0-9]+-[0-9]+-[0-9]+"));
}

TEST_F(BootstrapTest, MakesTheRangeOfServiceAddresses) {
  start();
  auto range = host.get<ServiceCIDR>("kubernetes");
  EXPECT_THAT(strings(range->getSpec().getCidrs()), ElementsAre("10.96.0.0/16"));
  EXPECT_TRUE(conditionIs(range->getStatus().getConditions(), "Ready", "True"));
}

TEST_F(BootstrapTest, MakesTheServiceByWhichPodsReachTheApi) {
  start();
  auto service = host.get<Service>("default", "kubernetes");
  EXPECT_EQ(view(service->getSpec().getClusterIP()), "10.96.0.1");
  EXPECT_EQ(label(service.meta(), "component"), "apiserver");
  EXPECT_EQ(label(service.meta(), "provider"), "kubernetes");
  auto port = service->getSpec().getPorts()[0];
  EXPECT_EQ(view(port.getName()), "https");
  EXPECT_EQ(port.getPort(), 443);
  EXPECT_EQ(port.getTargetPort().getIntVal(), 7443);
  EXPECT_EQ(service->getSpec().getSelector().size(), 0u);

  auto endpoints = host.get<Endpoints>("default", "kubernetes");
  EXPECT_EQ(view(endpoints->getSubsets()[0].getAddresses()[0].getIp()), "192.0.2.1");
  EXPECT_EQ(endpoints->getSubsets()[0].getPorts()[0].getPort(), 7443);
  EXPECT_EQ(label(endpoints.meta(), "endpointslice.kubernetes.io/skip-mirror"), "true");
  auto slice = host.get<EndpointSlice>("default", "kubernetes");
  EXPECT_EQ(view(slice->getEndpoints()[0].getAddresses()[0]), "192.0.2.1");
  EXPECT_TRUE(slice->getEndpoints()[0].getConditions().getReady().getValue());
  EXPECT_EQ(slice->getPorts()[0].getPort().getValue(), 7443);
  EXPECT_EQ(label(slice.meta(), "kubernetes.io/service-name"), "kubernetes");
}

struct RangeCase {
  const char* cidr;
  const char* first;  // "": no service
};
void PrintTo(const RangeCase& range, std::ostream* out) { *out << range.cidr; }
class FirstAddress : public BootstrapTest, public testing::WithParamInterface<RangeCase> {};
TEST_P(FirstAddress, IsTheServices) {
  host.serverConfig().serviceCidr = GetParam().cidr;
  start();
  auto services = host.list<Service>("default");
  ASSERT_EQ(services.size(), std::string(GetParam().first).empty() ? 0u : 1u);
  if (!services.empty()) {
    EXPECT_EQ(view(services[0]->getSpec().getClusterIP()), GetParam().first);
  }
}
INSTANTIATE_TEST_SUITE_P(OfARange, FirstAddress,
                         testing::Values(RangeCase{"10.96.0.0/12", "10.96.0.1"}, RangeCase{"10.99.7.9/12", "10.96.0.1"},
                                         RangeCase{"192.168.4.128/25", "192.168.4.129"},
                                         RangeCase{"fd00::/108", "fd00::1"}, RangeCase{"", ""},
                                         RangeCase{"10.96.0.0", ""}, RangeCase{"nonsense/8", ""}));

TEST_F(BootstrapTest, WhatAnOperatorChangedStays) {
  auto ns = test::named<Namespace>("", "default", {{"team", "a"}});
  host.put(std::move(ns));
  auto range = test::named<ServiceCIDR>("", "kubernetes");
  range->initSpec().initCidrs(1).set(0, "10.32.0.0/16");
  host.put(std::move(range));
  auto service = test::named<Service>("default", "kubernetes", {{"component", "mine"}});
  service->initSpec().setClusterIP("10.32.0.1");
  service->getSpec().setSessionAffinity("ClientIP");
  host.put(std::move(service));
  start();
  EXPECT_EQ(label(host.get<Namespace>("default").meta(), "team"), "a");
  EXPECT_THAT(strings(host.get<ServiceCIDR>("kubernetes")->getSpec().getCidrs()), ElementsAre("10.32.0.0/16"));
  auto kept = host.get<Service>("default", "kubernetes");
  EXPECT_EQ(label(kept.meta(), "component"), "mine");
  EXPECT_EQ(view(kept->getSpec().getClusterIP()), "10.32.0.1");
  EXPECT_EQ(view(kept->getSpec().getSessionAffinity()), "ClientIP");
}

// "kubectl delete all --all" is typed every day.
TEST_F(BootstrapTest, WhatIsDeletedIsMadeAgain) {
  start();
  host.remove<Service>("default", "kubernetes");
  host.remove<Endpoints>("default", "kubernetes");
  host.remove<EndpointSlice>("default", "kubernetes");
  host.remove<ServiceCIDR>("", "kubernetes");
  host.remove<Namespace>("", "kube-node-lease");
  EXPECT_THAT(namespaces(), ElementsAre("default", "kube-node-lease", "kube-public", "kube-system"));
  EXPECT_EQ(view(host.get<Service>("default", "kubernetes")->getSpec().getClusterIP()), "10.96.0.1");
  EXPECT_EQ(host.get<Endpoints>("default", "kubernetes")->getSubsets().size(), 1u);
  EXPECT_EQ(host.get<EndpointSlice>("default", "kubernetes")->getEndpoints().size(), 1u);
  EXPECT_TRUE(host.get<ServiceCIDR>("kubernetes"));
}

TEST_F(BootstrapTest, TheServersAddressIsPutRightAndTheRestOfItsObjectsStays) {
  start();
  host.change<Endpoints>("default", "kubernetes", [](Endpoints::Builder endpoints) {
    endpoints.getSubsets()[0].getAddresses()[0].setIp("203.0.113.7");
    setLabel(endpoints.getMetadata(), "team", "a");
  });
  host.settle();
  auto endpoints = host.get<Endpoints>("default", "kubernetes");
  EXPECT_EQ(view(endpoints->getSubsets()[0].getAddresses()[0].getIp()), "192.0.2.1");
  EXPECT_EQ(label(endpoints.meta(), "team"), "a");

  plugin.reset();
  host.serverConfig().address = "192.0.2.2";
  start();
  EXPECT_EQ(view(host.get<Endpoints>("default", "kubernetes")->getSubsets()[0].getAddresses()[0].getIp()), "192.0.2.2");
  EXPECT_EQ(view(host.get<EndpointSlice>("default", "kubernetes")->getEndpoints()[0].getAddresses()[0]), "192.0.2.2");
  EXPECT_EQ(label(host.get<Endpoints>("default", "kubernetes").meta(), "team"), "a");
}

TEST_F(BootstrapTest, AServerThatMovesToAnotherFamilyOfAddressesHasASliceOfThatType) {
  start();
  plugin.reset();
  host.serverConfig().address = "2001:db8::1";
  start();
  auto slice = host.get<EndpointSlice>("default", "kubernetes");
  EXPECT_EQ(view(slice->getAddressType()), "IPv6");
  EXPECT_EQ(view(slice->getEndpoints()[0].getAddresses()[0]), "2001:db8::1");
  EXPECT_EQ(test::countRequests(host, "delete"), 1u) << "an update cannot change the type";
}

struct AddressCase {
  const char* address;
  bool published;
};
void PrintTo(const AddressCase& address, std::ostream* out) { *out << address.address; }
class ServerAddress : public BootstrapTest, public testing::WithParamInterface<AddressCase> {};
TEST_P(ServerAddress, IsPublishedIfPodsReachItAndElseToldOfOnce) {
  host.serverConfig().address = GetParam().address;
  // As the API does.
  host.onRequest([](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (GetParam().published || verb == "watch" || verb == "get") return {};
    if (resource != "endpoints" && resource != "endpointslices") return {};
    return fail(
        Status::invalid("Endpoints", "kubernetes", {{"FieldValueInvalid", "may not be in the loopback range", "ip"}}));
  });
  start();
  host.advance(std::chrono::hours(1));
  const size_t expected = GetParam().published ? 1 : 0;
  EXPECT_EQ(host.list<Endpoints>("default").size(), expected);
  EXPECT_EQ(host.list<EndpointSlice>("default").size(), expected);
  EXPECT_EQ(host.list<Service>("default").size(), 1u);
  host.remove<Service>("default", "kubernetes");
  host.settle();
  EXPECT_EQ(host.list<Service>("default").size(), 1u);
  ASSERT_EQ(host.logLines().size(), 1 - expected);
  if (GetParam().published) return;
  EXPECT_THAT(host.logLines()[0], testing::StartsWith("INFO the API server is at " + std::string(GetParam().address)));
}
INSTANTIATE_TEST_SUITE_P(OfEveryKind, ServerAddress,
                         testing::Values(AddressCase{"192.0.2.1", true}, AddressCase{"10.0.0.1", true},
                                         AddressCase{"fd00::1", true}, AddressCase{"127.0.0.1", false},
                                         AddressCase{"127.8.0.1", false}, AddressCase{"::1", false},
                                         AddressCase{"169.254.3.4", false}, AddressCase{"fe80::1", false}));

TEST_F(BootstrapTest, AServerThatIsNotReachedAnyMoreTakesItsAddressBack) {
  start();
  host.change<EndpointSlice>("default", "kubernetes",
                             [](EndpointSlice::Builder slice) { setLabel(slice.getMetadata(), "team", "a"); });
  plugin.reset();
  host.serverConfig().address = "127.0.0.1";
  start();
  EXPECT_EQ(host.get<Endpoints>("default", "kubernetes")->getSubsets().size(), 0u);
  EXPECT_EQ(host.get<EndpointSlice>("default", "kubernetes")->getEndpoints().size(), 0u);
  EXPECT_EQ(label(host.get<EndpointSlice>("default", "kubernetes").meta(), "team"), "a");
  const size_t before = writes();
  host.advance(std::chrono::hours(1));
  EXPECT_EQ(writes(), before);

  plugin.reset();
  host.serverConfig().address = "192.0.2.1";
  start();
  EXPECT_EQ(view(host.get<Endpoints>("default", "kubernetes")->getSubsets()[0].getAddresses()[0].getIp()), "192.0.2.1");
  EXPECT_EQ(view(host.get<EndpointSlice>("default", "kubernetes")->getEndpoints()[0].getAddresses()[0]), "192.0.2.1");
}

TEST_F(BootstrapTest, NothingIsWrittenWhenAllIsThere) {
  start();
  const size_t before = writes();
  plugin.reset();
  start();
  EXPECT_EQ(writes(), before);
  host.loseHistory();
  host.put(test::named<Namespace>("", "shop"));
  host.put(test::named<Service>("default", "web"));
  host.remove<Service>("default", "web");
  const size_t requests = host.requests().size();
  host.advance(std::chrono::hours(1));
  EXPECT_EQ(host.requests().size(), requests);
}

TEST_F(BootstrapTest, WaitsForTheKindsAndTriesAgain) {
  int refusals = 20;
  host.onRequest([&](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    if (verb != "watch" && refusals-- > 0) return fail(Status::unavailable("not yet"));
    return {};
  });
  start();
  EXPECT_TRUE(host.list<Service>("default").empty());
  EXPECT_TRUE(host.logLines().empty());
  host.advance(std::chrono::seconds(30));
  EXPECT_EQ(namespaces().size(), 4u);
  EXPECT_EQ(host.list<Service>("default").size(), 1u);
}

TEST_F(BootstrapTest, AWrongRangeIsToldOnceAndKeepsNothingElse) {
  host.onRequest([](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (verb == "create" && resource == "services") {
      return fail(
          Status::invalid("Service", "kubernetes", {{"FieldValueInvalid", "not in the range", "spec.clusterIPs"}}));
    }
    return {};
  });
  start();
  host.advance(std::chrono::minutes(1));
  EXPECT_EQ(host.list<Endpoints>("default").size(), 1u);
  size_t warnings = 0;
  for (const std::string& line : host.logLines()) warnings += line.starts_with("WARN");
  EXPECT_EQ(warnings, 1u);
}

}  // namespace
}  // namespace cleat
