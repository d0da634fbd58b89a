#include "pod/container_stopper.h"

#include "tests/plugins/agent/pod/part_fixture.h"

namespace cleat::agent::test {
namespace {

using Lines = std::vector<std::string>;

class ContainerStopperTest : public PartTest {
 protected:
  void stop(std::string_view name) {
    enter([&] { parts().stopper.stop(*parts().pod.runtime()->newest(name), "Stopping"); });
  }
  bool stopAll() {
    bool runs = false;
    enter([&] { runs = parts().stopper.stopAll(); });
    return runs;
  }
  // Regular container "main" with two sidecars "a" and "b", all started.
  void startWithSidecars(bool withHook = false) {
    auto draft = podNamed("web");
    draft->getSpec().initTerminationGracePeriodSeconds().setValue(30);
    auto sidecars = draft->getSpec().initInitContainers(2);
    for (uint32_t i = 0; i < 2; ++i) {
      sidecars[i].setName(i == 0 ? "a" : "b");
      sidecars[i].setImage("busybox:1.36");
      sidecars[i].setRestartPolicy("Always");
    }
    if (withHook) sidecars[1].initLifecycle().initPreStop().initSleep().setSeconds(10);
    startPod(std::move(draft), {"a", "b", "main"});
    runtime().log.clear();
  }
};

TEST_F(ContainerStopperTest, TheContainerIsStoppedWithinThePodsTimeAndTheLoopTold) {
  auto draft = podNamed("web");
  draft->getSpec().initTerminationGracePeriodSeconds().setValue(7);
  startPod(std::move(draft));
  int before = syncs();
  stop("main");
  EXPECT_EQ(runtime().log.back(), "stop main 7");
  EXPECT_EQ(syncs(), before + 1);
  EXPECT_FALSE(parts().stopper.isStopping("container2"));
  EXPECT_TRUE(node_.hasEvent("Killing", "Stopping"));
}

TEST_F(ContainerStopperTest, OnlyAShorterTimeIsAskedForAgain) {
  startPod(podNamed("web"));
  runtime().stopsAtOnce = false;
  std::string id = runtime().find("main")->id;
  stop("main");
  EXPECT_TRUE(parts().stopper.isStopping(id));
  stop("main");
  EXPECT_EQ(runtime().count("stop main"), 1);
  node_.requestDeletion("web", 3);
  enter([&] { parts().pod.status.update(node_.pod("web")); });
  stop("main");
  EXPECT_EQ(runtime().log.back(), "stop main 3");
}

TEST_F(ContainerStopperTest, ThePreStopHookTakesFromTheTime) {
  auto draft = podNamed("web");
  draft->getSpec().initTerminationGracePeriodSeconds().setValue(30);
  draft->getSpec().getContainers()[0].initLifecycle().initPreStop().initSleep().setSeconds(10);
  startPod(std::move(draft));
  stop("main");
  EXPECT_EQ(runtime().count("stop main"), 0);
  node_.advance(10s);
  EXPECT_EQ(runtime().log.back(), "stop main 20");
}

TEST_F(ContainerStopperTest, SidecarsAreTheLastAndTheLastOfThemTheFirst) {
  startWithSidecars();
  while (stopAll()) {
  }
  EXPECT_EQ(runtime().log, (Lines{"stop main 30", "stop b 30", "stop a 30"}));
}

TEST_F(ContainerStopperTest, ASidecarsHookDoesNotWaitForItsTurn) {
  startWithSidecars(true);
  stopAll();
  look();
  EXPECT_TRUE(stopAll());
  EXPECT_EQ(runtime().log, (Lines{"stop main 30"})) << "the hook runs still";
  node_.advance(10s);
  EXPECT_TRUE(stopAll());
  EXPECT_EQ(runtime().log.back(), "stop b 20");
}

}  // namespace
}  // namespace cleat::agent::test
