#include <cleat/sdk/kinds/discovery_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat::endpoints {
namespace {

using core_v1::Endpoints;
using core_v1::Service;
using discovery_v1::EndpointSlice;
using testing::ElementsAre;

class MirroringTest : public testing::Test {
 protected:
  MirroringTest() {
    host.know<Endpoints>();
    host.know<EndpointSlice>();
    host.know<Service>();
    host.know<core_v1::Pod>();
    host.know<core_v1::Node>();
    host.know<core_v1::Event>();
    start();
  }
  void start() {
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  void putService() {
    auto draft = test::named<Service>("default", "db");
    draft->initSpec().initPorts(1)[0].setPort(5432);
    draft->getSpec().setClusterIP("10.96.0.10");
    host.put(std::move(draft));
  }
  static Draft<Endpoints> endpoints(const std::vector<std::string>& ready,
                                    const std::vector<std::string>& waiting = {}) {
    auto draft = test::named<Endpoints>("default", "db", {{"team", "a"}});
    auto subset = draft->initSubsets(1)[0];
    auto fill = [](auto list, const std::vector<std::string>& ips) {
      for (uint32_t i = 0; i < ips.size(); ++i) list[i].setIp(ips[i]);
    };
    fill(subset.initAddresses(ready.size()), ready);
    if (!waiting.empty()) fill(subset.initNotReadyAddresses(waiting.size()), waiting);
    auto port = subset.initPorts(1)[0];
    port.setName("sql");
    port.setPort(5433);
    port.setProtocol("TCP");
    return draft;
  }
  // "IPv4 sql:5433 192.0.2.1 !192.0.2.2"
  std::vector<std::string> slices() {
    host.settle();
    std::vector<std::string> lines;
    for (const auto& slice : host.list<EndpointSlice>("default")) {
      std::string line = str(slice->getAddressType());
      for (auto port : slice->getPorts()) line += concat(" ", view(port.getName()), ":", port.getPort().getValue());
      for (auto endpoint : slice->getEndpoints()) {
        line += concat(endpoint.getConditions().getReady().getValue() ? " " : " !", view(endpoint.getAddresses()[0]));
      }
      lines.push_back(line);
    }
    std::ranges::sort(lines);
    return lines;
  }
  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(MirroringTest, HandMadeEndpointsAreMirroredThroughTheirLife) {
  host.put(endpoints({"192.0.2.1"}, {"192.0.2.2"}));
  EXPECT_THAT(slices(), ElementsAre());
  putService();
  EXPECT_THAT(slices(), ElementsAre("IPv4 sql:5433 192.0.2.1 !192.0.2.2"));
  auto slice = host.list<EndpointSlice>("default").at(0);
  EXPECT_EQ(label(slice.meta(), "endpointslice.kubernetes.io/managed-by"), "endpointslicemirroring-controller.k8s.io");
  EXPECT_EQ(label(slice.meta(), "kubernetes.io/service-name"), "db");
  EXPECT_EQ(label(slice.meta(), "team"), "a");
  auto owner = controllerOf(slice.meta());
  ASSERT_TRUE(owner);
  EXPECT_EQ(view(owner->getKind()), "Endpoints");
  EXPECT_EQ(view(owner->getUid()), host.get<Endpoints>("default", "db").uid());

  host.put(endpoints({"192.0.2.3"}));
  EXPECT_THAT(slices(), ElementsAre("IPv4 sql:5433 192.0.2.3"));
  EXPECT_EQ(host.list<EndpointSlice>("default").at(0).name(), slice.name());
  host.remove<Endpoints>("default", "db");
  EXPECT_THAT(slices(), ElementsAre());
}

TEST_F(MirroringTest, TheServiceTakesTheMirroredSlicesAlong) {
  putService();
  host.put(endpoints({"192.0.2.1"}));
  host.settle();
  host.remove<Service>("default", "db");
  EXPECT_THAT(slices(), ElementsAre());
}

TEST_F(MirroringTest, EachFamilyHasItsSlice) {
  putService();
  host.put(endpoints({"192.0.2.1", "2001:db8::1"}));
  EXPECT_THAT(slices(), ElementsAre("IPv4 sql:5433 192.0.2.1", "IPv6 sql:5433 2001:db8::1"));
}

TEST_F(MirroringTest, AServiceWithASelectorHasNoUseForIt) {
  putService();
  host.put(endpoints({"192.0.2.1"}));
  EXPECT_EQ(slices().size(), 1u);
  host.change<Service>("default", "db", [](Service::Builder service) {
    test::fillMap(service.getSpec().initSelector(1), {{"app", "db"}});
  });
  host.settle();
  for (const auto& slice : host.list<EndpointSlice>("default")) {
    EXPECT_EQ(label(slice.meta(), "endpointslice.kubernetes.io/managed-by"), "endpointslice-controller.k8s.io");
  }
}

TEST_F(MirroringTest, WhoeverDoesNotWantItSaysSo) {
  putService();
  auto draft = endpoints({"192.0.2.1"});
  setLabel(draft.meta(), "endpointslice.kubernetes.io/skip-mirror", "true");
  host.put(std::move(draft));
  EXPECT_THAT(slices(), ElementsAre());
}

TEST_F(MirroringTest, AThousandAddressesOfASubsetAreMirroredAndTheRestIsTold) {
  putService();
  std::vector<std::string> ips;
  for (int i = 0; i < 1005; ++i) ips.push_back(concat("10.1.", i / 250, ".", i % 250 + 1));
  host.put(endpoints(ips));
  host.settle();
  ASSERT_EQ(host.list<EndpointSlice>("default").size(), 1u);
  EXPECT_EQ(host.list<EndpointSlice>("default")[0]->getEndpoints().size(), 1000u);
  auto events = host.list<core_v1::Event>("default");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(view(events[0]->getReason()), "TooManyAddressesToMirror");
  EXPECT_EQ(view(events[0]->getMessage()),
            "A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 5 addresses were skipped");
}

TEST_F(MirroringTest, WhatIsChangedByHandComesBackAndNothingElseIsWritten) {
  putService();
  host.put(endpoints({"192.0.2.1"}));
  host.settle();
  host.remove<EndpointSlice>("default", host.list<EndpointSlice>("default").at(0).name());
  EXPECT_THAT(slices(), ElementsAre("IPv4 sql:5433 192.0.2.1"));
  const size_t creates = test::countRequests(host, "create"), updates = test::countRequests(host, "update");
  plugin.reset();
  start();
  host.loseHistory();
  host.settle();
  EXPECT_EQ(test::countRequests(host, "create"), creates);
  EXPECT_EQ(test::countRequests(host, "update"), updates);
}

}  // namespace
}  // namespace cleat::endpoints
