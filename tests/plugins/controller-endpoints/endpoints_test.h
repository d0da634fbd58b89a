// The controller of endpoints with one node and no service yet, and what it made of them.
#pragma once

#include <cleat/sdk/kinds/discovery_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat::endpoints {

using core_v1::Endpoints;
using core_v1::Node;
using core_v1::Pod;
using core_v1::Service;
using discovery_v1::EndpointSlice;

struct PortSpec {
  std::string name;
  int32_t port = 80;
  std::string target;  // a name, or empty for the number
  int32_t number = 0;
};

class EndpointsTest : public testing::Test {
 protected:
  EndpointsTest() {
    host.know<Endpoints>();
    host.know<EndpointSlice>();
    host.know<Service>();
    host.know<Pod>();
    host.know<core_v1::Event>();
    host.put(test::makeNode("n1", {}, {{"topology.kubernetes.io/zone", "z1"}}));
    start();
  }
  void start() {
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }
  static Draft<Service> service(const std::vector<PortSpec>& ports = {{"", 80, "", 8080}},
                                const char* ip = "10.96.0.10") {
    auto draft = test::named<Service>("default", "web", {{"team", "a"}});
    auto spec = draft->initSpec();
    test::fillMap(spec.initSelector(1), {{"app", "web"}});
    spec.setClusterIP(ip);
    spec.setType("ClusterIP");
    spec.initIpFamilies(1).set(0, "IPv4");
    auto list = spec.initPorts(ports.size());
    for (uint32_t i = 0; i < ports.size(); ++i) {
      list[i].setName(ports[i].name);
      list[i].setPort(ports[i].port);
      list[i].setProtocol("TCP");
      if (!ports[i].target.empty()) list[i].initTargetPort().setStrVal(ports[i].target);
      if (ports[i].number != 0) list[i].initTargetPort().setIntVal(ports[i].number);
    }
    return draft;
  }
  static Draft<Pod> pod(std::string_view name, const std::string& ip, bool ready = true) {
    auto draft = test::makePod(name, {}, {{"app", "web"}});
    draft->getSpec().setNodeName("n1");
    draft->initStatus().setPodIP(ip);
    draft->getStatus().setPhase("Running");
    setCondition<core_v1::PodCondition>(draft->getStatus(), {"Ready", ready ? "True" : "False", "", "", ""});
    return draft;
  }
  // With an address of each family.
  static Draft<Pod> dualPod(std::string_view name, const std::string& ip, const std::string& second) {
    auto draft = pod(name, ip);
    auto ips = draft->getStatus().initPodIPs(2);
    ips[0].setIp(ip);
    ips[1].setIp(second);
    return draft;
  }
  static void addPort(Draft<Pod>& draft, const char* name, int32_t number) {
    auto port = draft->getSpec().getContainers()[0].initPorts(1)[0];
    port.setName(name);
    port.setContainerPort(number);
    port.setProtocol("TCP");
  }
  void put(Draft<Pod> draft) { host.put(std::move(draft)); }

  std::vector<Object<EndpointSlice>> slices() { return host.list<EndpointSlice>("default"); }
  Object<EndpointSlice> onlySlice() {
    host.settle();
    auto all = slices();
    if (all.size() != 1) throw std::runtime_error(concat(all.size(), " slices instead of one"));
    return all[0];
  }
  Object<Endpoints> endpoints() {
    host.settle();
    return host.get<Endpoints>("default", "web");
  }
  // "10.0.0.1 ready serving"
  static std::vector<std::string> told(const Object<EndpointSlice>& slice) {
    std::vector<std::string> lines;
    for (auto endpoint : slice->getEndpoints()) {
      std::string line = str(endpoint.getAddresses()[0]);
      auto conditions = endpoint.getConditions();
      if (conditions.getReady().getValue()) line += " ready";
      if (conditions.getServing().getValue()) line += " serving";
      if (conditions.getTerminating().getValue()) line += " terminating";
      lines.push_back(line);
    }
    std::ranges::sort(lines);
    return lines;
  }
  static std::vector<std::string> ports(const Object<EndpointSlice>& slice) {
    std::vector<std::string> lines;
    for (auto port : slice->getPorts()) lines.push_back(concat(view(port.getName()), ":", port.getPort().getValue()));
    return lines;
  }
  // "10.0.0.1", and "!10.0.0.2" for one that is not ready.
  static std::vector<std::string> addresses(const Object<Endpoints>& endpoints) {
    std::vector<std::string> lines;
    for (auto subset : endpoints->getSubsets()) {
      for (auto address : subset.getAddresses()) lines.push_back(str(address.getIp()));
      for (auto address : subset.getNotReadyAddresses()) lines.push_back("!" + str(address.getIp()));
    }
    std::ranges::sort(lines);
    return lines;
  }
  static std::string ipOf(int n) { return concat("10.1.", n / 250, ".", n % 250 + 1); }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

}  // namespace cleat::endpoints
