// A proxy plugin, as it is loaded, on the node of a TestNetwork, with services that a test puts there.
#pragma once

#include <cleat/sdk/testkit.h>
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/plugins/proxy-common/service_objects.h"
#include "tests/plugins/proxy-common/test_network.h"

namespace cleat::proxy::test {

class ProxyTest : public testing::Test {
 protected:
  static constexpr const char* kVip = "10.96.0.10";

  void SetUp() override {
    if (std::string missing = TestNetwork::missing(); !missing.empty()) GTEST_SKIP() << "SKIPPED: " << missing;
    network = std::make_unique<TestNetwork>();
    host.nodeName() = "here";
    host.serverConfig().clusterCidr = "10.244.0.0/16";
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

  // A service "web" at kVip:80 with these endpoints at 8080; `edit` changes it before it is there.
  void putWeb(
      const std::vector<EndpointOf>& endpoints,
      const std::function<void(core_v1::Service::Builder)>& edit = [](auto) {}, const std::string& protocol = "TCP") {
    auto service = makeService("web", kVip, {{"", 80, 30080, protocol}}, "NodePort");
    edit(*service);
    host.put(std::move(service));
    putEndpoints(endpoints, protocol);
  }
  void putEndpoints(const std::vector<EndpointOf>& endpoints, const std::string& protocol = "TCP") {
    host.put(makeSlice("web", "web-1", {{"", 8080, 0, protocol}}, endpoints));
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

}  // namespace cleat::proxy::test
