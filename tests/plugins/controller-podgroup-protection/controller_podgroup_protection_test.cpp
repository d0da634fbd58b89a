#include <cleat/sdk/kinds/scheduling_v1beta1.h>
#include <cleat/sdk/meta.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::Pod;
using scheduling_v1beta1::PodGroup;

constexpr const char* kFinalizer = "scheduling.k8s.io/podgroup-protection";

class PodGroupProtectionTest : public testing::Test {
 protected:
  PodGroupProtectionTest() {
    host.know<Pod>();
    host.know<PodGroup>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
  }
  void pod(const std::string& name, const std::string& group, const char* phase = "Running") {
    auto draft = test::makePod(name);
    draft->getSpec().initSchedulingGroup().setPodGroupName(group);
    draft->initStatus().setPhase(phase);
    host.put(std::move(draft));
  }
  void group(bool leaving, bool guarded = true) {
    auto draft = test::named<PodGroup>("default", "train");
    if (guarded) addFinalizer(draft.meta(), kFinalizer);
    if (leaving) draft.meta().setDeletionTimestamp(formatTime(host.wallNow()));
    host.put(std::move(draft));
  }
  bool isHeld() {
    host.settle();
    const auto found = host.get<PodGroup>("default", "train");
    return found && hasFinalizer(found.meta(), kFinalizer);
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(PodGroupProtectionTest, AGroupWithoutPodsGoes) {
  group(true);
  EXPECT_FALSE(isHeld());
}

TEST_F(PodGroupProtectionTest, OneThatIsNotDeletedKeepsItsFinalizerAndIsGivenNone) {
  group(false);
  EXPECT_TRUE(isHeld());
  host.remove<PodGroup>("default", "train");
  group(false, false);
  EXPECT_FALSE(isHeld());
}

TEST_F(PodGroupProtectionTest, PodsThatRunOrWaitHoldItUntilTheyEnd) {
  pod("a", "train");
  pod("b", "train", "Pending");
  pod("other", "elsewhere");
  group(true);
  EXPECT_TRUE(isHeld());
  pod("a", "train", "Succeeded");
  EXPECT_TRUE(isHeld());
  host.remove<Pod>("default", "b");
  EXPECT_FALSE(isHeld());
}

TEST_F(PodGroupProtectionTest, APodOfItsNameThatIsOfNoGroupAnyMoreHoldsNothing) {
  pod("a", "train");
  group(true);
  EXPECT_TRUE(isHeld());
  pod("a", "elsewhere");
  EXPECT_FALSE(isHeld());
}

}  // namespace
}  // namespace cleat
