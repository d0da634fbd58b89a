#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/meta.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::PersistentVolumeClaim;
using core_v1::Pod;

constexpr const char* kFinalizer = "kubernetes.io/pvc-protection";

class PvcProtectionTest : public testing::Test {
 protected:
  PvcProtectionTest() {
    host.know<Pod>();
    host.know<PersistentVolumeClaim>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
  }

  Draft<PersistentVolumeClaim> claim(const char* phase = "Pending") {
    auto draft = test::named<PersistentVolumeClaim>("default", "data");
    addFinalizer(draft.meta(), kFinalizer);
    draft->getStatus().setPhase(phase);
    return draft;
  }
  Draft<PersistentVolumeClaim> leaving() {
    auto draft = claim();
    draft.meta().setDeletionTimestamp(formatTime(host.wallNow()));
    return draft;
  }
  static Draft<Pod> user(const char* node = "n1") {
    auto pod = test::makePod("web");
    pod->getSpec().setNodeName(node);
    pod->getSpec().initVolumes(1)[0].initPersistentVolumeClaim().setClaimName("data");
    return pod;
  }
  bool isHeld() {
    host.settle();
    const auto found = host.get<PersistentVolumeClaim>("default", "data");
    return found && hasFinalizer(found.meta(), kFinalizer);
  }
  std::string unused() {
    host.settle();
    auto status = host.get<PersistentVolumeClaim>("default", "data")->getStatus();
    auto found = findCondition(status.getConditions(), "Unused");
    return found ? concat(view(found->getStatus()), " ", view(found->getReason())) : "";
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(PvcProtectionTest, AClaimThatNobodyUsesGoes) {
  host.put(leaving());
  EXPECT_FALSE(isHeld());
}

TEST_F(PvcProtectionTest, AClaimThatAPodOnANodeUsesStaysUntilThePodIsGone) {
  host.put(user());
  host.put(leaving());
  EXPECT_TRUE(isHeld());
  host.change<Pod>("default", "web", [](auto pod) { pod.getStatus().setPhase("Succeeded"); });
  EXPECT_TRUE(isHeld()) << "what has ended may be mounted still";
  host.remove<Pod>("default", "web");
  EXPECT_FALSE(isHeld());
}

TEST_F(PvcProtectionTest, APodThatIsOnNoNodeHoldsNothing) {
  host.put(user(""));
  host.put(leaving());
  EXPECT_FALSE(isHeld());
}

TEST_F(PvcProtectionTest, APodThatTheInformerDoesNotShowYetIsFoundAllTheSame) {
  host.put(leaving());
  host.put(user());
  EXPECT_TRUE(isHeld());
  EXPECT_GT(test::countRequests(host, "list pods") + test::countRequests(host, "watch pods"), 0u);
}

TEST_F(PvcProtectionTest, AClaimMadeForAPodIsHeldByThatPodAlone) {
  auto pod = test::makePod("web");
  pod->getSpec().setNodeName("n1");
  auto volume = pod->getSpec().initVolumes(1)[0];
  volume.setName("scratch");
  volume.initEphemeral();
  const auto owner = host.put(std::move(pod));
  for (bool own : {false, true}) {
    auto made = test::named<PersistentVolumeClaim>("default", "web-scratch");
    addFinalizer(made.meta(), kFinalizer);
    made.meta().setDeletionTimestamp(formatTime(host.wallNow()));
    if (own) setController(made.meta(), owner);
    host.put(std::move(made));
    host.settle();
    const auto found = host.get<PersistentVolumeClaim>("default", "web-scratch");
    EXPECT_EQ(found && hasFinalizer(found.meta(), kFinalizer), own);
  }
  host.change<Pod>("default", "web", [&](auto changed) {
    changed.getMetadata().setDeletionTimestamp(formatTime(host.wallNow()));
    changed.getMetadata().initDeletionGracePeriodSeconds().setValue(0);
    changed.getMetadata().adoptFinalizers(textList(orphanageOf(changed), {std::string_view("example.com/waits")}));
  });
  host.settle();
  const auto found = host.get<PersistentVolumeClaim>("default", "web-scratch");
  EXPECT_FALSE(found && hasFinalizer(found.meta(), kFinalizer)) << "the pod is done, and may wait for the claim";
}

TEST_F(PvcProtectionTest, AClaimWithoutTheFinalizerIsGivenIt) {
  host.put(test::named<PersistentVolumeClaim>("default", "data"));
  EXPECT_TRUE(isHeld());
}

TEST_F(PvcProtectionTest, ABoundClaimSaysWhetherItIsUsed) {
  host.put(claim());
  EXPECT_EQ(unused(), "") << "it is not bound";
  host.put(claim("Bound"));
  EXPECT_EQ(unused(), "True NoPodsUsingPVC");
  host.put(user(""));
  EXPECT_EQ(unused(), "False PodUsingPVC") << "on a node or not";
  host.change<Pod>("default", "web", [](auto pod) { pod.getStatus().setPhase("Failed"); });
  EXPECT_EQ(unused(), "True NoPodsUsingPVC");
}

}  // namespace
}  // namespace cleat
