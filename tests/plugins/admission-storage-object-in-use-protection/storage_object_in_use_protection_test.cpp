#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/storage_v1.h>
#include <cleat/sdk/meta.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/admission.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

template <class K>
void expectGuarded(test::AnyStarted& plugin, const char* finalizer) {
  auto draft = test::named<K>("", "a");
  addFinalizer(draft.meta(), "example.com/own");
  auto outcome = test::admit<K>(plugin, test::Pass::mutate, {.name = "a"}, std::move(draft).freeze());
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  const auto guarded = outcome.answer.template object<K>();
  EXPECT_THAT(strings(guarded.meta().getFinalizers()), testing::ElementsAre("example.com/own", finalizer));
  auto again = test::admit<K>(plugin, test::Pass::mutate, {.name = "a"}, guarded);
  EXPECT_TRUE(again.ok() && again.answer.objects().empty()) << "once is enough";
}

TEST(StorageObjectInUseProtection, NewClaimsVolumesAndClassesHaveTheirFinalizer) {
  test::FakeHost host;
  auto plugin = host.start(cleat_plugin_v1());
  EXPECT_THAT(test::interestsOf(plugin),
              testing::ElementsAre("mutate create persistentvolumeclaims", "mutate create persistentvolumes",
                                   "mutate create storage.k8s.io/volumeattributesclasses"));
  expectGuarded<core_v1::PersistentVolumeClaim>(plugin, "kubernetes.io/pvc-protection");
  expectGuarded<core_v1::PersistentVolume>(plugin, "kubernetes.io/pv-protection");
  expectGuarded<storage_v1::VolumeAttributesClass>(plugin, "kubernetes.io/vac-protection");
}

}  // namespace
}  // namespace cleat
