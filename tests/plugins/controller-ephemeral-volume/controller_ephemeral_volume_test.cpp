// Claims of generic ephemeral volumes.
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/meta.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::PersistentVolumeClaim;
using core_v1::Pod;

class EphemeralTest : public testing::Test {
 protected:
  EphemeralTest() {
    host.know<PersistentVolumeClaim>();
    host.know<core_v1::Event>();
    host.know<Pod>();
    plugin.emplace(host.start(cleat_plugin_v1()));
  }
  static Draft<Pod> podWithScratch() {
    auto pod = test::makePod("web");
    auto volume = pod->getSpec().initVolumes(1)[0];
    volume.setName("scratch");
    auto from = volume.initEphemeral().initVolumeClaimTemplate();
    setLabel(from.initMetadata(), "kind", "scratch");
    setAnnotation(from.getMetadata(), "why", "test");
    from.initSpec().setStorageClassName("fast");
    return pod;
  }
  Object<PersistentVolumeClaim> claim() {
    host.settle();
    return host.get<PersistentVolumeClaim>("default", "web-scratch");
  }
  std::string event() {
    host.settle();
    const auto all = host.list<core_v1::Event>();
    return all.empty() ? "" : concat(all[0]->getType(), " ", all[0]->getReason(), ": ", all[0]->getMessage());
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(EphemeralTest, AClaimIsMadeOfTheTemplateAndIsThePods) {
  const auto pod = host.put(podWithScratch());
  const auto made = claim();
  ASSERT_TRUE(made);
  EXPECT_TRUE(isControlledBy(made.meta(), pod.uid()));
  EXPECT_EQ(label(made.meta(), "kind"), "scratch");
  EXPECT_EQ(annotation(made.meta(), "why"), "test");
  EXPECT_EQ(view(made->getSpec().getStorageClassName()), "fast");
}

TEST_F(EphemeralTest, AClaimOfThatNameThatIsNotThePodsIsInTheWayUntilItIsGone) {
  host.put(test::named<PersistentVolumeClaim>("default", "web-scratch"));
  host.put(podWithScratch());
  EXPECT_EQ(event(),
            "Warning FailedBinding: ephemeral volume \"scratch\": PVC default/web-scratch was not created for pod "
            "default/web (pod is not owner)");
  host.remove<PersistentVolumeClaim>("default", "web-scratch");
  host.advance(std::chrono::seconds(1));
  ASSERT_TRUE(claim());
  EXPECT_TRUE(controllerOf(claim().meta()));
}

TEST_F(EphemeralTest, WhatIsRefusedIsSaidAndTriedAgain) {
  bool full = true;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (full && verb == "create" && resource == "persistentvolumeclaims") return fail(Status::forbidden("quota"));
    return {};
  });
  host.put(podWithScratch());
  EXPECT_EQ(event(), "Warning FailedBinding: ephemeral volume \"scratch\": create PVC web-scratch: quota");
  full = false;
  host.advance(std::chrono::seconds(1));
  EXPECT_TRUE(claim());
}

TEST_F(EphemeralTest, APodThatIsBeingDeletedGetsNone) {
  host.deletesGracefully<Pod>();
  auto pod = podWithScratch();
  pod.meta().setDeletionTimestamp("2026-01-01T00:00:00Z");
  host.put(std::move(pod));
  EXPECT_FALSE(claim());
}

}  // namespace
}  // namespace cleat
