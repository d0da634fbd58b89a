#include <cleat/sdk/kinds/scheduling_v1beta1.h>
#include <cleat/sdk/meta.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/admission.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using scheduling_v1beta1::PodGroup;

TEST(PodGroupProtection, NewGroupsHaveTheFinalizerOnce) {
  test::FakeHost host;
  auto plugin = host.start(cleat_plugin_v1());
  EXPECT_THAT(test::interestsOf(plugin), testing::ElementsAre("mutate create scheduling.k8s.io/podgroups"));
  auto draft = test::named<PodGroup>("default", "a");
  addFinalizer(draft.meta(), "example.com/own");
  auto outcome = test::admit<PodGroup>(plugin, test::Pass::mutate, {.name = "a"}, std::move(draft).freeze());
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  const auto guarded = outcome.answer.object<PodGroup>();
  EXPECT_THAT(strings(guarded.meta().getFinalizers()),
              testing::ElementsAre("example.com/own", "scheduling.k8s.io/podgroup-protection"));
  auto again = test::admit<PodGroup>(plugin, test::Pass::mutate, {.name = "a"}, guarded);
  EXPECT_TRUE(again.ok() && again.answer.objects().empty());
}

}  // namespace
}  // namespace cleat
