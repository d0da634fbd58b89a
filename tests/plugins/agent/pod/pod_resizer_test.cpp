#include "pod/pod_resizer.h"

#include "tests/plugins/agent/pod/part_fixture.h"

namespace cleat::agent::test {
namespace {

class PodResizerTest : public PartTest {
 protected:
  static void setCpu(Pod::Builder pod, const char* amount) {
    auto requests = pod.getSpec().getContainers()[0].initResources().initRequests(1);
    requests[0].setKey("cpu");
    requests[0].setValue(amount);
  }
  static std::string cpuOf(const Object<Pod>& pod) {
    return std::string(valueIn(pod->getSpec().getContainers()[0].getResources().getRequests(), "cpu"));
  }
  void start(const char* cpu) {
    auto draft = podNamed("web");
    setCpu(*draft, cpu);
    startPod(std::move(draft));
    runtime().log.clear();
  }
  void wish(const char* cpu) {
    node_.host().change<Pod>("default", "web", [&](Pod::Builder pod) { setCpu(pod, cpu); });
    enter([&] {
      parts().pod.status.update(node_.pod("web"));
      parts().resizer.update();
    });
  }
};

TEST_F(PodResizerTest, WhatFitsIsGrantedAndBroughtAbout) {
  start("1");
  wish("2");
  EXPECT_EQ(cpuOf(parts().resizer.granted()), "2");
  EXPECT_TRUE(parts().resizer.state().inProgress);
  run(parts().resizer.bringAbout());
  std::vector<std::string> expected{"update sandbox 2048", "update main 2048", "update sandbox 2048"};
  EXPECT_EQ(runtime().log, expected);
  EXPECT_FALSE(parts().resizer.state().inProgress);
  EXPECT_TRUE(node_.hasEvent("ResizeCompleted", "Pod resize completed"));
}

TEST_F(PodResizerTest, WhatDoesNotFitWaitsUntilThereIsRoom) {
  enter([&] { plugin().node.ledger.grant("other", {2000, 0}); });
  start("1");
  wish("3");
  EXPECT_EQ(cpuOf(parts().resizer.granted()), "1");
  EXPECT_EQ(parts().resizer.state().pending->reason, "Deferred");
  int before = syncs();
  enter([&] { plugin().node.ledger.release("other"); });
  EXPECT_EQ(syncs(), before + 1);
  enter([&] { parts().resizer.update(); });
  EXPECT_EQ(cpuOf(parts().resizer.granted()), "3");
}

TEST_F(PodResizerTest, WhatTheRuntimeRefusesIsSaidAndTriedAgain) {
  start("1");
  runtime().failUpdate = "no";
  wish("2");
  run(parts().resizer.bringAbout());
  EXPECT_EQ(parts().resizer.state().inProgress->reason, "Error");
  EXPECT_TRUE(node_.hasEvent("ResizeError", "Pod resize error"));
  runtime().failUpdate.reset();
  run(parts().resizer.bringAbout());
  EXPECT_EQ(runtime().count("update main"), 0) << "not at once";
  node_.host().advance(1s);
  run(parts().resizer.bringAbout());
  EXPECT_EQ(runtime().count("update main"), 1);
}

}  // namespace
}  // namespace cleat::agent::test
