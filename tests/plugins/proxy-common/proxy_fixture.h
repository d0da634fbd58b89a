// A proxy plugin, as it is loaded, on the node of a TestNetwork, with services that a test puts there.
#pragma once

#include <cleat/sdk/testkit.h>
#include <cleat/sdk/text.h>
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "plugins/proxy-common/family.h"
#include "tests/plugins/proxy-common/service_objects.h"
#include "tests/plugins/proxy-common/test_network.h"

namespace cleat::proxy::test {

// What is where in the test's network, in either family.
struct Addresses {
  bool ipv6 = false;
  std::string vip = ipv6 ? "fd00:10:96::10" : "10.96.0.10";
  std::string node = ipv6 ? "2001:db8::1" : "192.0.2.1", world = ipv6 ? "2001:db8::9" : "192.0.2.9";
  std::string bridge = pod(1), loopback = ipv6 ? "::1" : "127.0.0.1";
  // Of pods, of what a balancer may have, and of nobody.
  std::string pod(int number) const { return concat(ipv6 ? "fd00:10:244::" : "10.244.0.", number); }
  std::string outside(int number) const { return concat(ipv6 ? "2001:db8:100::" : "198.51.100.", number); }
  std::string nobody(int number) const { return concat(ipv6 ? "2001:db8:113::" : "203.0.113.", number); }
  std::string alone(const std::string& address) const { return address + (ipv6 ? "/128" : "/32"); }
};

// Each test is run for both families, between which nothing may differ but what the test says.
class ProxyTest : public testing::TestWithParam<Family> {
 protected:
  const Addresses at{.ipv6 = GetParam() == Family::ipv6};
  // "a saw 10.244.0.9".
  static std::string saw(const std::string& pod, const std::string& client) { return pod + " saw " + client; }
  // "/usr/sbin/iptables-save", or that of the family.
  std::string program(const char* ending = "") const {
    return concat(at.ipv6 ? "/usr/sbin/ip6tables" : "/usr/sbin/iptables", ending);
  }

  void SetUp() override {
    if (std::string missing = TestNetwork::missing(); !missing.empty()) GTEST_SKIP() << "SKIPPED: " << missing;
    network = std::make_unique<TestNetwork>();
    host.nodeName() = "here";
    host.serverConfig().clusterCidr = "10.244.0.0/16,fd00:10:244::/56";
    host.serverConfig().address = "192.0.2.1";
    host.know<core_v1::Service>();
    host.know<discovery_v1::EndpointSlice>();
  }
  // The servers have to go before the namespaces.
  void TearDown() override {
    plugin.reset();
    network.reset();
  }

  // Starts the plugin in this file, instead of the one that is running.
  void start(const char* file, const cleat::test::Settings& settings = {}) {
    plugin.reset();
    void* library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    auto table = reinterpret_cast<cleat_plugin_function>(dlsym(library, CLEAT_PLUGIN_SYMBOL))();
    plugin.emplace(host.start(table, settings));
    settle();
    ASSERT_TRUE(plugin->ready()) << plugin->readyError();
  }
  void settle() { host.advance(std::chrono::seconds(1)); }

  test::Place& pod(const std::string& name, const std::string& address, uint16_t port = 8080) {
    test::Place& made = network->pod(name, address);
    made.serve(port);
    return made;
  }

  // A service "web" at vip:80 with these endpoints at 8080; `edit` changes it before it is there.
  void putWeb(
      const std::vector<EndpointOf>& endpoints,
      const std::function<void(core_v1::Service::Builder)>& edit = [](auto) {}, const std::string& protocol = "TCP") {
    auto service = makeService("web", at.vip, {{"", 80, 30080, protocol}}, "NodePort");
    edit(*service);
    host.put(std::move(service));
    putEndpoints(endpoints, protocol);
  }
  void putEndpoints(const std::vector<EndpointOf>& endpoints, const std::string& protocol = "TCP") {
    auto slice = makeSlice("web", "web-1", {{"", 8080, 0, protocol}}, endpoints);
    slice->setAddressType(nameOf(GetParam()));
    host.put(std::move(slice));
    if (plugin) settle();
  }

  // How often each answer came.
  static std::map<std::string, int> count(int times, const std::function<std::string()>& ask) {
    std::map<std::string, int> counts;
    for (int i = 0; i < times; ++i) ++counts[ask()];
    return counts;
  }

  std::unique_ptr<TestNetwork> network;
  cleat::test::FakeHost host;
  std::optional<cleat::test::AnyStarted> plugin;
};

inline std::string familyOf(const testing::TestParamInfo<Family>& info) { return nameOf(info.param); }

}  // namespace cleat::proxy::test
