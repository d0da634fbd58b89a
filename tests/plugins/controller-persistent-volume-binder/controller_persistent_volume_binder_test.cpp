// The binder at work on a host in memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "tests/plugins/controller-persistent-volume-binder/storage_objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::PersistentVolume;
using core_v1::PersistentVolumeClaim;
using core_v1::Pod;
using storage_v1::StorageClass;
using test::makeClaim;
using test::makeClass;
using test::makeVolume;

class BinderTest : public testing::Test {
 protected:
  BinderTest() {
    host.know<PersistentVolume>();
    host.know<PersistentVolumeClaim>();
    host.know<StorageClass>();
    host.know<Pod>();
    host.know<core_v1::Event>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
  }
  std::string claim(const char* name) {
    host.settle();
    auto found = host.get<PersistentVolumeClaim>("default", name);
    if (!found) return "";
    return concat(found->getStatus().getPhase(), " ", found->getSpec().getVolumeName());
  }
  std::string volume(const char* name) {
    host.settle();
    auto found = host.get<PersistentVolume>(name);
    if (!found) return "";
    return concat(found->getStatus().getPhase(), " ", found->getSpec().getClaimRef().getName());
  }
  std::vector<std::string> events() {
    host.settle();
    std::vector<std::string> all;
    for (const auto& event : host.list<core_v1::Event>()) all.push_back(str(event->getReason()));
    return all;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(BinderTest, AClaimAndAVolumeComeTogetherWhicheverIsFirst) {
  host.put(makeClaim("early"));
  EXPECT_EQ(claim("early"), "Pending ");
  host.put(makeVolume("disk"));
  EXPECT_EQ(claim("early"), "Bound disk");
  EXPECT_EQ(volume("disk"), "Bound early");
  host.put(makeVolume("spare"));
  EXPECT_EQ(volume("spare"), "Available ");
  host.put(makeClaim("late"));
  EXPECT_EQ(claim("late"), "Bound spare");
  const auto bound = host.get<PersistentVolumeClaim>("default", "late");
  EXPECT_EQ(annotation(bound.meta(), volumes::kBindCompleted), "yes");
  EXPECT_EQ(annotation(bound.meta(), volumes::kBoundByController), "yes");
  EXPECT_EQ(valueIn(bound->getStatus().getCapacity(), "storage"), "1Gi");
  EXPECT_TRUE(contains(bound->getStatus().getAccessModes(), "ReadWriteOnce"));
  const auto held = host.get<PersistentVolume>("spare");
  EXPECT_EQ(view(held->getSpec().getClaimRef().getUid()), bound.uid());
  EXPECT_EQ(annotation(held.meta(), volumes::kBoundByController), "yes");
}

TEST_F(BinderTest, NoVolumeIsPromisedTwice) {
  for (const char* name : {"a", "b", "c"}) host.put(makeClaim(name));
  host.put(makeVolume("one"));
  host.put(makeVolume("two"));
  host.settle();
  int bound = 0;
  for (const char* name : {"a", "b", "c"}) bound += claim(name).starts_with("Bound");
  EXPECT_EQ(bound, 2);
  EXPECT_NE(volume("one").substr(6), volume("two").substr(6));
}

TEST_F(BinderTest, ABindingThatWasBrokenOffIsCompleted) {
  bool broken = true;
  host.onRequest([&](std::string_view verb, std::string_view resource, std::string_view) -> Result<void> {
    if (broken && verb == "update" && resource == "persistentvolumeclaims") {
      return fail(Status::unavailable("not now"));
    }
    return {};
  });
  host.put(makeClaim("data"));
  host.put(makeVolume("disk"));
  EXPECT_EQ(claim("data"), "Pending ");
  EXPECT_EQ(volume("disk"), "Bound data");
  broken = false;
  host.advance(std::chrono::seconds(1));
  EXPECT_EQ(claim("data"), "Bound disk");
}

TEST_F(BinderTest, AVolumeIsReleasedWhenItsClaimGoesAndIsNotForTheNextOfItsName) {
  host.put(makeVolume("disk"));
  host.put(makeClaim("data"));
  ASSERT_EQ(claim("data"), "Bound disk");
  host.remove<PersistentVolumeClaim>("default", "data");
  EXPECT_EQ(volume("disk"), "Released data");
  auto next = makeClaim("data");
  next.meta().setUid("uid-next");
  host.put(std::move(next));
  EXPECT_EQ(claim("data"), "Pending ");
  EXPECT_EQ(volume("disk"), "Released data");
}

TEST_F(BinderTest, AClaimWhoseVolumeIsGoneIsLostUntilItIsBack) {
  host.put(makeVolume("disk"));
  host.put(makeClaim("data"));
  ASSERT_EQ(claim("data"), "Bound disk");
  const auto before = host.get<PersistentVolume>("disk");
  host.remove<PersistentVolume>("", "disk");
  EXPECT_EQ(claim("data"), "Lost disk");
  EXPECT_THAT(events(), testing::Contains("ClaimLost"));
  host.put(Draft<PersistentVolume>(before));
  EXPECT_EQ(claim("data"), "Bound disk");
}

TEST_F(BinderTest, AClaimThatWaitsIsBoundOnceSomebodyHasChosen) {
  host.put(makeClass("slow", "p.example/disk", "WaitForFirstConsumer"));
  host.put(makeClaim("data", "slow"));
  EXPECT_EQ(claim("data"), "Pending ");
  EXPECT_EQ(events(), std::vector<std::string>{"WaitForFirstConsumer"});
  host.change<PersistentVolumeClaim>(
      "default", "data", [](auto claim) { setAnnotation(claim.getMetadata(), volumes::kSelectedNode, "a"); });
  host.settle();
  auto asked = host.get<PersistentVolumeClaim>("default", "data");
  EXPECT_EQ(annotation(asked.meta(), volumes::kStorageProvisioner), "p.example/disk");
  EXPECT_EQ(annotation(asked.meta(), volumes::kBetaStorageProvisioner), "p.example/disk");
  auto made = makeVolume("pvc-1", "slow");
  test::setClaimRef(*made, "data", str(asked.uid()));
  host.put(std::move(made));
  EXPECT_EQ(claim("data"), "Bound pvc-1");
}

TEST_F(BinderTest, AClaimWithoutAClassGetsTheDefaultOneThatComesLater) {
  auto draft = makeClaim("data");
  draft->getSpec().disownStorageClassName();
  host.put(std::move(draft));
  EXPECT_EQ(claim("data"), "Pending ");
  auto standard = makeClass("standard", "p");
  setAnnotation(standard.meta(), "storageclass.kubernetes.io/is-default-class", "true");
  host.put(std::move(standard));
  host.settle();
  EXPECT_EQ(view(host.get<PersistentVolumeClaim>("default", "data")->getSpec().getStorageClassName()), "standard");
}

class RecyclingTest : public BinderTest {
 protected:
  // A volume of 4 GiB that is emptied when its claim goes; which it has.
  void orphan() {
    auto draft = makeVolume("disk", "", "4Gi");
    draft->getSpec().setPersistentVolumeReclaimPolicy("Recycle");
    host.put(std::move(draft));
    host.put(makeClaim("data"));
    ASSERT_EQ(claim("data"), "Bound disk");
    host.remove<PersistentVolumeClaim>("default", "data");
    host.settle();
  }
  Object<Pod> recycler() {
    host.settle();
    return host.get<Pod>("default", "recycler-for-disk");
  }
  void end(const char* phase, const char* message = "") {
    host.change<Pod>("default", "recycler-for-disk", [&](auto pod) {
      pod.getStatus().setPhase(phase);
      pod.getStatus().setMessage(message);
    });
    host.settle();
  }
  std::string message() { return str(host.get<PersistentVolume>("disk")->getStatus().getMessage()); }
};

TEST_F(RecyclingTest, APodEmptiesTheVolumeWhichIsFreeThen) {
  orphan();
  EXPECT_EQ(volume("disk"), "Released data");
  const Object<Pod> pod = recycler();
  ASSERT_TRUE(pod);
  EXPECT_EQ(valueOr(pod->getSpec().getActiveDeadlineSeconds(), 0), 120);
  EXPECT_EQ(view(pod->getSpec().getRestartPolicy()), "Never");
  EXPECT_EQ(view(pod->getSpec().getVolumes()[0].getHostPath().getPath()), "/data");
  auto event = test::named<core_v1::Event>("default", "seen");
  event->initInvolvedObject().setUid(str(pod.uid()));
  event->setType("Warning");
  event->setReason("FailedScheduling");
  event->setMessage("no nodes");
  host.put(std::move(event));
  end("Running");
  EXPECT_EQ(volume("disk"), "Released data");
  end("Succeeded");
  EXPECT_FALSE(recycler());
  EXPECT_EQ(volume("disk"), "Available ");
  EXPECT_THAT(events(), testing::IsSupersetOf({"RecyclerPod", "VolumeRecycled"}));
}

TEST_F(RecyclingTest, WhatFailsIsSaidOnceAndTriedAgain) {
  orphan();
  end("Failed", "Pod was active on the node longer than the specified deadline");
  EXPECT_EQ(volume("disk"), "Failed data");
  const std::string said =
      "Recycle failed: failed to recycle volume: Pod was active on the node longer than the specified deadline";
  EXPECT_EQ(message(), said);
  EXPECT_FALSE(recycler());
  host.advance(std::chrono::seconds(16));
  ASSERT_TRUE(recycler());
  end("Failed");
  EXPECT_EQ(message(), said);
  host.advance(std::chrono::seconds(16));
  end("Succeeded");
  EXPECT_EQ(volume("disk"), "Available ");
  EXPECT_EQ(message(), "");
  EXPECT_EQ(std::ranges::count(events(), "VolumeFailedRecycle"), 1);
}

TEST_F(RecyclingTest, APodThatSomebodyElseMadeSaysNothingOfTheVolume) {
  auto forged = test::makePod("recycler-for-disk");
  forged->initStatus().setPhase("Succeeded");
  host.put(std::move(forged));
  orphan();
  EXPECT_EQ(volume("disk"), "Failed data");
  EXPECT_EQ(message(), "Recycle failed: old recycler pod found, will retry later");
  EXPECT_FALSE(recycler());
  host.advance(std::chrono::seconds(16));
  end("Succeeded");
  EXPECT_EQ(volume("disk"), "Available ");
}

TEST_F(RecyclingTest, WhoDeletesThePodHasNotEmptiedTheVolume) {
  orphan();
  ASSERT_TRUE(recycler());
  host.remove<Pod>("default", "recycler-for-disk");
  EXPECT_EQ(volume("disk"), "Failed data");
  EXPECT_EQ(message(), "Recycle failed: failed to recycle volume: recycler pod was deleted");
}

TEST_F(RecyclingTest, PodsThatStillHaveTheVolumeAreWaitedFor) {
  auto pod = test::makePod("user");
  auto mounted = pod->getSpec().initVolumes(1)[0];
  mounted.setName("v");
  mounted.initPersistentVolumeClaim().setClaimName("data");
  host.put(std::move(pod));
  orphan();
  EXPECT_FALSE(recycler());
  EXPECT_THAT(events(), testing::Contains("VolumeFailedRecycle"));
  EXPECT_EQ(volume("disk"), "Released data");
  host.remove<Pod>("default", "user");
  host.advance(std::chrono::seconds(16));
  EXPECT_TRUE(recycler());
}

TEST_F(RecyclingTest, AVolumeThatIsKeptAfterAllIsNotEmptied) {
  orphan();
  ASSERT_TRUE(recycler());
  host.change<PersistentVolume>("", "disk",
                                [](auto volume) { volume.getSpec().setPersistentVolumeReclaimPolicy("Retain"); });
  EXPECT_FALSE(recycler());
  EXPECT_EQ(volume("disk"), "Released data");
}

TEST_F(BinderTest, WhatIsSettledIsNotWrittenAgain) {
  host.put(makeVolume("disk"));
  host.put(makeClaim("data"));
  ASSERT_EQ(claim("data"), "Bound disk");
  const size_t writes = test::countRequests(host, "update");
  host.loseHistory();
  host.advance(std::chrono::minutes(5));
  EXPECT_EQ(test::countRequests(host, "update"), writes);
}

}  // namespace
}  // namespace cleat
