#include <cleat/sdk/file.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/discovery_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace {

using namespace cleat;
using core_v1::Service;
using discovery_v1::EndpointSlice;

TEST(MyPlugin, WritesWhereServicesLead) {
  test::FakeHost host;
  const std::string folder = testing::TempDir() + "my-plugin-test";
  host.dataDir() = folder;
  Draft<Service> service;
  service->initMetadata().setName("web");
  service->getMetadata().setNamespace("default");
  service->initSpec().setClusterIP("10.96.0.7");
  auto port = service->getSpec().initPorts(1)[0];
  port.setPort(80);
  port.setProtocol("TCP");
  host.put(std::move(service));
  auto plugin = host.start(cleat_plugin_v1());
  ASSERT_TRUE(plugin.ready()) << plugin.readyError();
  host.settle();
  EXPECT_EQ(readFile(folder + "/services").value_or(""), "10.96.0.7:80/TCP\n");

  Draft<EndpointSlice> slice;
  slice->initMetadata().setName("web-1");
  slice->getMetadata().setNamespace("default");
  setLabel(slice.meta(), "kubernetes.io/service-name", "web");
  slice->initPorts(1)[0].initPort().setValue(8080);
  slice->initEndpoints(1)[0].initAddresses(1).set(0, "10.244.0.5");
  host.put(std::move(slice));
  host.settle();
  EXPECT_EQ(readFile(folder + "/services").value_or(""), "10.96.0.7:80/TCP 10.244.0.5:8080\n");
  EXPECT_TRUE(removeTree(folder).has_value());
}

}  // namespace
