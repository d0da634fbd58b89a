#include "pod/pod_images.h"

#include "tests/plugins/agent/pod/part_fixture.h"

namespace cleat::agent::test {
namespace {

class PodImagesTest : public PartTest {
 protected:
  const ImageOutcome* main() {
    const ImageOutcome* outcome = nullptr;
    enter([&] { outcome = parts().images.of(containersOf(parts().pod.pod()->getSpec())[0]); });
    return outcome;
  }
};

TEST_F(PodImagesTest, AnImageIsKnownWhenTheLoopIsSignalled) {
  take(podNamed("web"));
  EXPECT_EQ(main(), nullptr);
  EXPECT_EQ(syncs(), 1);
  ASSERT_NE(main(), nullptr);
  EXPECT_TRUE(main()->present);
}

TEST_F(PodImagesTest, ForgottenItIsAskedForAgain) {
  take(podNamed("web"));
  main();
  parts().images.forget("mai");
  EXPECT_NE(main(), nullptr) << "that is another container";
  parts().images.forget("main");
  EXPECT_EQ(main(), nullptr);
}

TEST_F(PodImagesTest, WhatCannotBePulledIsSaidAndTriedAgain) {
  auto draft = podNamed("web");
  draft->getSpec().getContainers()[0].setImage("none:1");
  take(std::move(draft));
  main();
  ASSERT_NE(main(), nullptr);
  EXPECT_FALSE(main()->present);
  EXPECT_EQ(main()->why.reason, "ErrImagePull");
  EXPECT_TRUE(node_.hasEvent("Failed", "Error: ErrImagePull"));
  runtime().pullable.insert("none:1");
  int before = syncs();
  node_.host().advance(10min);
  EXPECT_GT(syncs(), before);
  main();
  ASSERT_NE(main(), nullptr);
  EXPECT_TRUE(main()->present);
}

TEST_F(PodImagesTest, ThoseOfVolumesCountAllTogether) {
  auto draft = podNamed("web");
  auto volumes = draft->getSpec().initVolumes(2);
  auto mounts = draft->getSpec().getContainers()[0].initVolumeMounts(2);
  for (uint32_t i = 0; i < 2; ++i) {
    volumes[i].setName(i == 0 ? "there" : "missing");
    volumes[i].initImage().setReference(i == 0 ? "busybox:1.36" : "none:1");
    volumes[i].getImage().setPullPolicy("Never");
    mounts[i].setName(volumes[i].getName());
    mounts[i].setMountPath(i == 0 ? "/a" : "/b");
  }
  take(std::move(draft));
  auto mounted = [&] {
    const ImageOutcome* outcome = nullptr;
    enter([&] { outcome = parts().images.mountedBy(containersOf(parts().pod.pod()->getSpec())[0]); });
    return outcome;
  };
  mounted();
  mounted();
  ASSERT_NE(mounted(), nullptr);
  EXPECT_EQ(mounted()->why.reason, "ErrImageNeverPull");
}

}  // namespace
}  // namespace cleat::agent::test
