#include <cleat/schema/role/admission.methods.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace {

using namespace cleat;
using core_v1::Pod;

Object<Pod> podOf(const std::string& image) {
  Draft<Pod> pod;
  pod->initMetadata().setName("web");
  auto container = pod->initSpec().initContainers(1)[0];
  container.setName("main");
  container.setImage(image);
  return std::move(pod).freeze();
}

void aboutPods(role::AdmissionParams::Builder params) {
  params.initRef().setResource("pods");
  params.getRef().setName("web");
}

TEST(MyPlugin, TakesImagesOfTheOneRegistryOnly) {
  test::FakeHost host;
  auto plugin = host.start(cleat_plugin_v1(), {{"registry", "images.local"}});
  EXPECT_TRUE(plugin.call(role::admission::validate, aboutPods, {podOf("images.local/web:1")}).ok());
  auto refused = plugin.call(role::admission::validate, aboutPods, {podOf("images.local.evil/web:1")});
  EXPECT_EQ(refused.outcome, CLEAT_DENIED);
  EXPECT_EQ(refused.status.message,
            "pods \"web\" is forbidden: the image \"images.local.evil/web:1\" of container main does not come from "
            "images.local/");
}

}  // namespace
