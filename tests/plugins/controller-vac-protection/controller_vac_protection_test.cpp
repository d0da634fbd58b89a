#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/storage_v1.h>
#include <cleat/sdk/meta.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::PersistentVolume;
using core_v1::PersistentVolumeClaim;
using storage_v1::VolumeAttributesClass;

constexpr const char* kFinalizer = "kubernetes.io/vac-protection";

bool isHeld(test::FakeHost& host) {
  host.settle();
  const auto found = host.get<VolumeAttributesClass>("fast");
  return found && hasFinalizer(found.meta(), kFinalizer);
}

TEST(VacProtection, HoldsAClassWhileClaimsOrVolumesNameIt) {
  test::FakeHost host;
  host.know<PersistentVolume>();
  host.know<PersistentVolumeClaim>();
  host.know<VolumeAttributesClass>();
  auto plugin = host.start(cleat_plugin_v1());
  host.put(test::named<VolumeAttributesClass>("", "fast"));
  EXPECT_TRUE(isHeld(host)) << "one without the finalizer is given it";
  auto claim = test::named<PersistentVolumeClaim>("default", "data");
  claim->getStatus().initModifyVolumeStatus().setTargetVolumeAttributesClassName("fast");
  host.put(std::move(claim));
  auto volume = test::named<PersistentVolume>("", "disk");
  volume->getSpec().setVolumeAttributesClassName("fast");
  host.put(std::move(volume));
  host.change<VolumeAttributesClass>(
      "", "fast", [&](auto one) { one.getMetadata().setDeletionTimestamp(formatTime(host.wallNow())); });
  EXPECT_TRUE(isHeld(host));
  host.remove<PersistentVolumeClaim>("default", "data");
  EXPECT_TRUE(isHeld(host));
  host.change<PersistentVolume>("", "disk", [](auto one) { one.getSpec().setVolumeAttributesClassName("slow"); });
  EXPECT_FALSE(isHeld(host));
}

}  // namespace
}  // namespace cleat
