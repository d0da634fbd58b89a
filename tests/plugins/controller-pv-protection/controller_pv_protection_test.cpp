#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/meta.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::PersistentVolume;

constexpr const char* kFinalizer = "kubernetes.io/pv-protection";

bool isHeld(test::FakeHost& host) {
  host.settle();
  const auto found = host.get<PersistentVolume>("disk");
  return found && hasFinalizer(found.meta(), kFinalizer);
}

TEST(PvProtection, HoldsAVolumeWhileAClaimIsBoundToIt) {
  test::FakeHost host;
  host.know<PersistentVolume>();
  auto plugin = host.start(cleat_plugin_v1());
  host.put(test::named<PersistentVolume>("", "disk"));
  EXPECT_TRUE(isHeld(host)) << "one without the finalizer is given it";
  host.change<PersistentVolume>("", "disk", [&](auto volume) {
    volume.getStatus().setPhase("Bound");
    volume.getMetadata().setDeletionTimestamp(formatTime(host.wallNow()));
  });
  EXPECT_TRUE(isHeld(host));
  host.change<PersistentVolume>("", "disk", [](auto volume) { volume.getStatus().setPhase("Released"); });
  EXPECT_FALSE(isHeld(host));
}

}  // namespace
}  // namespace cleat
