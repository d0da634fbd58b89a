#include "pod/pod_observer.h"

#include "tests/plugins/agent/pod/part_fixture.h"

namespace cleat::agent::test {
namespace {

class PodObserverTest : public PartTest {
 protected:
  // A container of the pod that is there already when this agent begins.
  FakeContainer& found(role::ContainerState state) {
    FakeContainer container;
    container.id = "c1";
    container.name = "main";
    container.podUid = parts().pod.uid;
    container.state = state;
    runtime().containers.push_back(container);
    return runtime().containers.back();
  }
};

TEST_F(PodObserverTest, WhatAContainerLeftBehindIsReadOnce) {
  take(podNamed("web"));
  std::string file = plugin().node.podsFolder + "/message";
  ASSERT_TRUE(writeFile(file, "I am done"));
  found(role::ContainerState::EXITED).messageFile = file;
  look();
  EXPECT_EQ(parts().observer.lastMessages().find("c1")->second, "I am done");
  ASSERT_TRUE(writeFile(file, "changed"));
  look();
  EXPECT_EQ(parts().observer.lastMessages().find("c1")->second, "I am done");
}

TEST_F(PodObserverTest, AContainerThatRanBeforeHasPassedTheProbesThatTheApiSaysItHas) {
  auto draft = podNamed("web");
  auto container = draft->getSpec().getContainers()[0];
  container.initReadinessProbe();
  container.initStartupProbe();
  auto status = draft->initStatus().initContainerStatuses(1)[0];
  status.setName("main");
  status.setContainerID("cleat://c1");
  status.initStarted().setValue(true);
  status.setReady(false);
  take(std::move(draft));
  found(role::ContainerState::RUNNING);
  look();
  const ContainerProgress& progress = parts().pod.progress["c1"];
  EXPECT_FALSE(progress.startupPending);
  EXPECT_TRUE(progress.unready);
}

TEST_F(PodObserverTest, WhatIsGoneIsForgotten) {
  take(podNamed("web"));
  found(role::ContainerState::RUNNING);
  look();
  EXPECT_TRUE(parts().pod.progress.contains("c1"));
  runtime().containers.clear();
  look();
  EXPECT_TRUE(parts().pod.progress.empty());
}

}  // namespace
}  // namespace cleat::agent::test
