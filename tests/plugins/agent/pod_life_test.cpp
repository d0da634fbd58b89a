// A pod's way through the node: bound, started, reported, restarted, deleted.
#include "node_fixture.h"

namespace cleat::agent::test {
namespace {

class PodLife : public ::testing::Test {
 protected:
  void SetUp() override { node_.startAgent(); }
  NodeFixture node_;
};

TEST_F(PodLife, ABoundPodGetsASandboxAnAddressAndItsContainer) {
  node_.put(podNamed("web"));
  EXPECT_EQ(node_.runtime().log,
            (std::vector<std::string>{"run sandbox web 0", "connect web", "create main 0", "start main"}));
  EXPECT_EQ(node_.phase("web"), "Running");
  auto status = node_.pod("web")->getStatus();
  EXPECT_EQ(str(status.getPodIP()), "10.244.0.1");
  EXPECT_EQ(str(status.getHostIP()), "192.0.2.10");
  EXPECT_EQ(str(status.getQosClass()), "BestEffort");
  EXPECT_TRUE(node_.status("web").getState().hasRunning());
  EXPECT_TRUE(node_.status("web").getReady());
  EXPECT_EQ(str(node_.status("web").getContainerID()), "cleat-oci://container2");
  for (auto type : {"PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"}) {
    EXPECT_EQ(node_.condition("web", type), "True") << type;
  }
  EXPECT_TRUE(node_.hasEvent("Pulled", "Container image \"busybox:1.36\" already present on machine"));
  EXPECT_TRUE(node_.hasEvent("Created", "Container created"));
  EXPECT_TRUE(node_.hasEvent("Started", "Container started"));
}

TEST_F(PodLife, APodHasAnAddressOfEachFamilyThatOfTheNodesOwnFirst) {
  node_.runtime().moreAddresses = {"fd00:10:244::7", "fd00:10:244::8"};
  node_.put(podNamed("web"));
  auto status = node_.pod("web")->getStatus();
  EXPECT_EQ(str(status.getPodIP()), "10.244.0.1");
  ASSERT_EQ(status.getPodIPs().size(), 2u);
  EXPECT_EQ(str(status.getPodIPs()[0].getIp()), "10.244.0.1");
  EXPECT_EQ(str(status.getPodIPs()[1].getIp()), "fd00:10:244::7");
  EXPECT_EQ(status.getHostIPs().size(), 1u);
}

TEST_F(PodLife, NothingIsWrittenWhileNothingChanges) {
  node_.put(podNamed("web"));
  node_.advance(2s);
  auto before = node_.host().requests().size();
  node_.advance(30s);
  for (size_t i = before; i < node_.host().requests().size(); ++i) {
    EXPECT_NE(node_.host().requests()[i].find("leases"), std::string::npos) << node_.host().requests()[i];
  }
}

TEST_F(PodLife, AContainerThatExitsIsRestartedAtOnceTheFirstTimeAndThenWithGrowingDelays) {
  node_.put(podNamed("web"));
  node_.runtime().exit("main", 1);
  node_.advance(1s);
  EXPECT_EQ(node_.runtime().count("start main"), 2);
  EXPECT_EQ(node_.status("web").getRestartCount(), 1);
  EXPECT_EQ(node_.status("web").getLastState().getTerminated().getExitCode(), 1);

  node_.runtime().exit("main", 1);
  node_.advance(1s);
  EXPECT_EQ(str(node_.status("web").getState().getWaiting().getReason()), "CrashLoopBackOff");
  EXPECT_EQ(str(node_.status("web").getState().getWaiting().getMessage()),
            concat("back-off 10s restarting failed container=main pod=web_default(", node_.pod("web").uid(), ")"));
  EXPECT_TRUE(node_.hasEvent("BackOff", "Back-off restarting failed container main in pod web_default"));
  node_.advance(8s);
  EXPECT_EQ(node_.runtime().count("start main"), 2);
  node_.advance(3s);
  EXPECT_EQ(node_.runtime().count("start main"), 3);

  node_.runtime().exit("main", 1);
  node_.advance(19s);
  EXPECT_EQ(node_.runtime().count("start main"), 3);
  node_.advance(3s);
  EXPECT_EQ(node_.runtime().count("start main"), 4);
}

struct EndCase {
  const char* name;
  const char* policy;
  int exitCode;
  const char* phase;
  bool restarted;
};
void PrintTo(const EndCase& value, std::ostream* out) { *out << value.name; }
class PodEnd : public PodLife, public ::testing::WithParamInterface<EndCase> {};
TEST_P(PodEnd, FollowsFromTheRestartPolicyAndTheExitCode) {
  node_.put(podNamed("job", GetParam().policy));
  node_.runtime().exit("main", GetParam().exitCode);
  node_.advance(2s);
  EXPECT_EQ(node_.phase("job"), GetParam().phase);
  EXPECT_EQ(node_.runtime().count("start main"), GetParam().restarted ? 2 : 1);
  if (!GetParam().restarted) {
    EXPECT_EQ(node_.runtime().count("disconnect job"), 1);
    EXPECT_EQ(str(node_.pod("job")->getStatus().getPodIP()), "10.244.0.1")
        << "a pod that ended keeps its address in its status";
  }
}
INSTANTIATE_TEST_SUITE_P(Policies, PodEnd,
                         ::testing::Values(EndCase{"AlwaysZero", "Always", 0, "Running", true},
                                           EndCase{"AlwaysOne", "Always", 1, "Running", true},
                                           EndCase{"OnFailureZero", "OnFailure", 0, "Succeeded", false},
                                           EndCase{"OnFailureOne", "OnFailure", 1, "Running", true},
                                           EndCase{"NeverZero", "Never", 0, "Succeeded", false},
                                           EndCase{"NeverOne", "Never", 1, "Failed", false}),
                         [](const auto& info) { return info.param.name; });

TEST_F(PodLife, ADeletedPodIsStoppedReleasedAndThenDeletedFromTheApi) {
  node_.put(podNamed("web"));
  node_.runtime().log.clear();
  node_.requestDeletion("web", 30);
  EXPECT_EQ(node_.runtime().log,
            (std::vector<std::string>{"stop main 30", "disconnect web", "stop sandbox web", "remove sandbox"}));
  EXPECT_FALSE(node_.pod("web"));
  EXPECT_TRUE(node_.runtime().sandboxes.empty());
  EXPECT_TRUE(node_.hasEvent("Killing", "Stopping container main"));
}

TEST_F(PodLife, AShorterGracePeriodCutsTheFirstOneShort) {
  node_.put(podNamed("web"));
  node_.runtime().stopsAtOnce = false;
  node_.requestDeletion("web", 30);
  EXPECT_EQ(node_.runtime().count("stop main 30"), 1);
  node_.requestDeletion("web", 5);
  EXPECT_EQ(node_.runtime().count("stop main 5"), 1);
  EXPECT_TRUE(node_.pod("web"));
  node_.runtime().exit("main", 137);
  node_.advance(2s);
  EXPECT_FALSE(node_.pod("web"));
}

TEST_F(PodLife, APodThatIsGoneFromTheApiIsTakenDown) {
  node_.put(podNamed("web"));
  node_.host().remove<Pod>("default", "web");
  node_.settle();
  EXPECT_TRUE(node_.runtime().sandboxes.empty());
}

TEST_F(PodLife, WhenThePauseProcessDiesTheContainersStartInANewSandbox) {
  auto pod = node_.put(podNamed("web"));
  node_.runtime().killSandbox(pod.uid());
  node_.advance(2s);
  EXPECT_EQ(node_.runtime().count("run sandbox web 1"), 1);
  EXPECT_EQ(node_.runtime().count("start main"), 2);
  EXPECT_EQ(node_.status("web").getRestartCount(), 1);
  EXPECT_EQ(node_.phase("web"), "Running");
  EXPECT_TRUE(node_.hasEvent("SandboxChanged", "Pod sandbox changed, it will be killed and re-created."));
}

TEST_F(PodLife, ARestartedAgentAdoptsWhatRuns) {
  node_.put(podNamed("web"));
  node_.stopAgent();
  node_.runtime().log.clear();
  auto revision = node_.pod("web").revision();
  node_.startAgent();
  node_.advance(5s);
  EXPECT_EQ(node_.runtime().count("run sandbox"), 0);
  EXPECT_EQ(node_.runtime().count("create"), 0);
  EXPECT_EQ(node_.runtime().count("stop"), 0);
  EXPECT_EQ(node_.pod("web").revision(), revision) << "the status is as it was";
}

TEST_F(PodLife, AnInstanceThatReplacesAnotherActsWhenThatHasEnded) {
  node_.put(podNamed("web"));
  node_.startSuccessor();
  node_.put(podNamed("later"));
  EXPECT_EQ(node_.runtime().count("run sandbox later"), 1);
  node_.stopPredecessor();
  node_.advance(1s);
  EXPECT_EQ(node_.runtime().count("run sandbox"), 2);
  node_.put(podNamed("last"));
  EXPECT_EQ(node_.phase("last"), "Running");
}

TEST_F(PodLife, ARestartedAgentTakesDownPodsThatWereDeletedMeanwhile) {
  node_.put(podNamed("web"));
  node_.stopAgent();
  node_.host().remove<Pod>("default", "web");
  node_.startAgent();
  node_.advance(2s);
  EXPECT_TRUE(node_.runtime().sandboxes.empty());
  EXPECT_TRUE(node_.runtime().connected.empty());
}

TEST_F(PodLife, ANewImageRestartsThatContainer) {
  node_.put(podNamed("web"));
  node_.runtime().images.insert("busybox:1.37");
  node_.host().change<Pod>("default", "web",
                           [](Pod::Builder pod) { pod.getSpec().getContainers()[0].setImage("busybox:1.37"); });
  node_.settle();
  node_.advance(2s);
  EXPECT_EQ(node_.runtime().find("main")->image, "busybox:1.37");
  EXPECT_EQ(node_.runtime().count("start main"), 2);
  EXPECT_TRUE(node_.hasEvent("Killing", "Container main definition changed, will be restarted"));
}

TEST_F(PodLife, APodIsNotSaidToHaveLostAContainerThatIsBeingReplaced) {
  node_.put(podNamed("web"));
  node_.runtime().images.insert("busybox:1.37");
  node_.advance(5s);
  auto readySince = [&] {
    auto pod = node_.pod("web");
    return str(findCondition(pod->getStatus().getConditions(), "Ready")->getLastTransitionTime());
  };
  std::string before = readySince();
  node_.host().change<Pod>("default", "web",
                           [](Pod::Builder pod) { pod.getSpec().getContainers()[0].setImage("busybox:1.37"); });
  node_.settle();
  node_.advance(2s);
  EXPECT_EQ(node_.status("web").getRestartCount(), 1);
  EXPECT_EQ(node_.condition("web", "Ready"), "True");
  EXPECT_EQ(readySince(), before);
}

TEST_F(PodLife, APodWithoutASandboxTriesAgainAndSaysWhy) {
  node_.runtime().failSandbox = "no room";
  node_.put(podNamed("web"));
  EXPECT_TRUE(node_.hasEvent("FailedCreatePodSandBox", "Failed to create pod sandbox: no room"));
  EXPECT_EQ(node_.phase("web"), "Pending");
  node_.runtime().failSandbox.reset();
  node_.advance(3s);
  EXPECT_EQ(node_.phase("web"), "Running");
}

TEST_F(PodLife, AnImageThatCannotBePulledIsTriedWithGrowingDelays) {
  Draft<Pod> pod = podNamed("web");
  pod->getSpec().getContainers()[0].setImage("nowhere:1");
  node_.put(std::move(pod));
  EXPECT_EQ(str(node_.status("web").getState().getWaiting().getReason()), "ErrImagePull");
  EXPECT_TRUE(node_.hasEvent("Failed", "Failed to pull image \"nowhere:1\": no such image in the registry"));
  node_.advance(4s);
  EXPECT_EQ(str(node_.status("web").getState().getWaiting().getReason()), "ImagePullBackOff");
  EXPECT_EQ(node_.runtime().count("pull nowhere:1"), 1);
  node_.advance(8s);
  EXPECT_EQ(node_.runtime().count("pull nowhere:1"), 2);
  node_.runtime().pullable.insert("nowhere:1");
  node_.advance(25s);
  EXPECT_EQ(node_.phase("web"), "Running");
}

TEST_F(PodLife, AnImageThatMustNotBePulledIsReportedAsAbsent) {
  Draft<Pod> pod = podNamed("web");
  pod->getSpec().getContainers()[0].setImage("nowhere:1");
  pod->getSpec().getContainers()[0].setImagePullPolicy("Never");
  node_.put(std::move(pod));
  EXPECT_EQ(str(node_.status("web").getState().getWaiting().getReason()), "ErrImageNeverPull");
  EXPECT_EQ(node_.runtime().count("pull"), 0);
}

}  // namespace
}  // namespace cleat::agent::test
