// Probes and hooks as they change a pod.
#include "tests/plugins/agent/node_fixture.h"

namespace cleat::agent::test {
namespace {

class Probes : public ::testing::Test {
 protected:
  void SetUp() override { node_.startAgent(); }
  static void setExec(core_v1::Probe::Builder probe, int period, int failures) {
    probe.initExec().initCommand(1).set(0, "check");
    probe.setPeriodSeconds(period);
    probe.setTimeoutSeconds(1);
    probe.setSuccessThreshold(1);
    probe.setFailureThreshold(failures);
  }
  NodeFixture node_;
};

TEST_F(Probes, AContainerIsReadyWhenItsReadinessProbeSaysSo) {
  Draft<Pod> pod = podNamed("web");
  setExec(pod->getSpec().getContainers()[0].initReadinessProbe(), 5, 2);
  node_.runtime().execExitCode = 1;
  node_.put(std::move(pod));
  node_.advance(2s);
  EXPECT_EQ(node_.condition("web", "Ready"), "False");
  EXPECT_TRUE(node_.hasEvent("Unhealthy", "Readiness probe failed: said"));
  node_.runtime().execExitCode = 0;
  node_.advance(5s);
  EXPECT_EQ(node_.condition("web", "Ready"), "True");
  node_.runtime().execExitCode = 1;
  node_.advance(5s);
  EXPECT_EQ(node_.condition("web", "Ready"), "True") << "one failure is not enough";
  node_.advance(6s);
  EXPECT_EQ(node_.condition("web", "Ready"), "False");
  EXPECT_EQ(node_.runtime().count("stop main"), 0);
}

TEST_F(Probes, ReadinessIsAskedForUntilTheEndAndLivenessIsNot) {
  Draft<Pod> pod = podNamed("web");
  setExec(pod->getSpec().getContainers()[0].initReadinessProbe(), 5, 1);
  auto alive = pod->getSpec().getContainers()[0].initLivenessProbe();
  setExec(alive, 5, 1);
  alive.getExec().getCommand().set(0, "alive");
  node_.put(std::move(pod));
  node_.advance(6s);
  EXPECT_EQ(node_.condition("web", "Ready"), "True");
  node_.runtime().stopsAtOnce = false;
  node_.requestDeletion("web", 30);
  node_.runtime().log.clear();
  node_.runtime().execExitCode = 1;
  node_.advance(11s);
  EXPECT_EQ(node_.condition("web", "Ready"), "False");
  EXPECT_GE(node_.runtime().count("exec check"), 2);
  EXPECT_EQ(node_.runtime().count("exec alive"), 0);
  node_.runtime().execExitCode = 0;
  node_.advance(6s);
  EXPECT_EQ(node_.condition("web", "Ready"), "True") << "it may still serve those whom it serves";
  node_.runtime().stopsAtOnce = true;
  node_.runtime().exit("main", 0);
  node_.advance(2s);
  node_.runtime().log.clear();
  node_.advance(20s);
  EXPECT_EQ(node_.runtime().count("exec"), 0);
}

TEST_F(Probes, AGateThatIsOpenedOrClosedCountsUntilTheEnd) {
  Draft<Pod> pod = podNamed("web");
  pod->getSpec().initReadinessGates(1)[0].setConditionType("example.com/attached");
  node_.put(std::move(pod));
  auto setGate = [&](const char* status) {
    node_.host().change<Pod>("default", "web", [&](auto changed) {
      setCondition<core_v1::PodCondition>(changed.getStatus(), {"example.com/attached", status, "", "", ""});
    });
    node_.advance(1s);
  };
  setGate("True");
  EXPECT_EQ(node_.condition("web", "Ready"), "True");
  node_.runtime().stopsAtOnce = false;
  node_.requestDeletion("web", 30);
  setGate("False");
  EXPECT_EQ(node_.condition("web", "Ready"), "False");
  EXPECT_EQ(node_.condition("web", "example.com/attached"), "False");
  node_.runtime().stopsAtOnce = true;
  node_.runtime().exit("main", 0);
  node_.advance(2s);
}

TEST_F(Probes, AFailedLivenessProbeRestartsTheContainer) {
  Draft<Pod> pod = podNamed("web");
  setExec(pod->getSpec().getContainers()[0].initLivenessProbe(), 5, 2);
  node_.put(std::move(pod));
  node_.advance(11s);
  EXPECT_EQ(node_.runtime().count("stop main"), 0);
  node_.runtime().execExitCode = 1;
  node_.advance(11s);
  EXPECT_EQ(node_.runtime().count("stop main 30"), 1);
  EXPECT_EQ(node_.runtime().count("start main"), 2);
  EXPECT_TRUE(node_.hasEvent("Killing", "Container main failed liveness probe, will be restarted"));
}

TEST_F(Probes, NothingElseIsProbedBeforeTheStartupProbeHasPassed) {
  Draft<Pod> pod = podNamed("web");
  setExec(pod->getSpec().getContainers()[0].initStartupProbe(), 2, 30);
  setExec(pod->getSpec().getContainers()[0].initReadinessProbe(), 100, 1);
  node_.runtime().execExitCode = 1;
  node_.put(std::move(pod));
  node_.advance(7s);
  EXPECT_FALSE(node_.status("web").getStarted().getValue());
  EXPECT_EQ(node_.condition("web", "Ready"), "False");
  node_.runtime().execExitCode = 0;
  node_.advance(3s);
  EXPECT_TRUE(node_.status("web").getStarted().getValue());
  EXPECT_EQ(node_.condition("web", "Ready"), "True");
}

TEST_F(Probes, APreStopHookRunsBeforeTheSignal) {
  Draft<Pod> pod = podNamed("web");
  pod->getSpec().getContainers()[0].initLifecycle().initPreStop().initExec().initCommand(1).set(0, "bye");
  node_.put(std::move(pod));
  node_.runtime().log.clear();
  node_.requestDeletion("web", 30);
  ASSERT_GE(node_.runtime().log.size(), 2u);
  EXPECT_EQ(node_.runtime().log[0], "exec bye");
  EXPECT_EQ(node_.runtime().log[1], "stop main 30");
}

TEST_F(Probes, APostStartHookThatSleepsKeepsThePodFromBeingReady) {
  Draft<Pod> pod = podNamed("web");
  pod->getSpec().getContainers()[0].initLifecycle().initPostStart().initSleep().setSeconds(5);
  node_.put(std::move(pod));
  node_.advance(2s);
  EXPECT_EQ(node_.condition("web", "Ready"), "False");
  EXPECT_EQ(str(node_.status("web").getState().getWaiting().getReason()), "ContainerCreating");
  node_.advance(5s);
  EXPECT_EQ(node_.condition("web", "Ready"), "True");
}

TEST_F(Probes, AFailedPostStartHookRestartsTheContainer) {
  Draft<Pod> pod = podNamed("web");
  pod->getSpec().getContainers()[0].initLifecycle().initPostStart().initExec().initCommand(1).set(0, "hook");
  node_.runtime().execExitCode = 1;
  node_.put(std::move(pod));
  node_.advance(2s);
  EXPECT_TRUE(node_.hasEvent("FailedPostStartHook", "PostStartHook failed"));
  EXPECT_GE(node_.runtime().count("stop main"), 1);
}

class InitContainers : public Probes {
 protected:
  static Draft<Pod> podWithInit(bool sidecar, const std::string& restartPolicy = "Always") {
    Draft<Pod> pod = podNamed("web", restartPolicy);
    auto init = pod->getSpec().initInitContainers(1)[0];
    init.setName("first");
    init.setImage("busybox:1.36");
    init.setImagePullPolicy("IfNotPresent");
    if (sidecar) init.setRestartPolicy("Always");
    return pod;
  }
};

TEST_F(InitContainers, RunToTheirEndBeforeTheOthersStart) {
  node_.put(podWithInit(false));
  EXPECT_EQ(node_.runtime().count("start main"), 0);
  EXPECT_EQ(node_.phase("web"), "Pending");
  EXPECT_EQ(node_.condition("web", "Initialized"), "False");
  EXPECT_EQ(str(node_.status("web").getState().getWaiting().getReason()), "PodInitializing");
  node_.runtime().exit("first", 0);
  node_.advance(2s);
  EXPECT_EQ(node_.runtime().count("start main"), 1);
  EXPECT_EQ(node_.condition("web", "Initialized"), "True");
  EXPECT_EQ(node_.phase("web"), "Running");
}

TEST_F(InitContainers, OneThatFailsFailsAPodThatNeverRestarts) {
  node_.put(podWithInit(false, "Never"));
  node_.runtime().exit("first", 3);
  node_.advance(2s);
  EXPECT_EQ(node_.phase("web"), "Failed");
  EXPECT_EQ(node_.runtime().count("start main"), 0);
  node_.advance(20s);
  // One that has never run has not ended either.
  EXPECT_EQ(str(node_.status("web").getState().getWaiting().getReason()), "PodInitializing");
}

TEST_F(InitContainers, ASidecarRunsBesideTheOthersAndEndsAfterThem) {
  node_.put(podWithInit(true));
  EXPECT_EQ(node_.runtime().count("start main"), 1);
  node_.runtime().log.clear();
  node_.requestDeletion("web", 30);
  ASSERT_GE(node_.runtime().log.size(), 2u);
  EXPECT_EQ(node_.runtime().log[0], "stop main 30");
  EXPECT_EQ(node_.runtime().log[1].substr(0, 10), "stop first");
}

TEST_F(InitContainers, ASidecarsPreStopHookDoesNotWaitForTheOthers) {
  auto pod = podWithInit(true);
  auto command = pod->getSpec().getInitContainers()[0].initLifecycle().initPreStop().initExec().initCommand(1);
  command.set(0, "goodbye");
  node_.put(std::move(pod));
  node_.runtime().log.clear();
  node_.runtime().stopsAtOnce = false;
  node_.requestDeletion("web", 30);
  EXPECT_EQ(node_.runtime().count("exec goodbye"), 1);
  EXPECT_EQ(node_.runtime().count("stop main"), 1);
  EXPECT_EQ(node_.runtime().count("stop first"), 0);
  node_.runtime().stopsAtOnce = true;
  node_.runtime().exit("main", 0);
  node_.advance(2s);
  EXPECT_EQ(node_.runtime().count("exec goodbye"), 1) << "once";
  EXPECT_EQ(node_.runtime().count("stop first"), 1);
}

TEST_F(InitContainers, ASidecarThatExitsIsRestartedWhileTheOthersGoOn) {
  node_.put(podWithInit(true));
  node_.runtime().exit("first", 0);
  node_.advance(2s);
  EXPECT_EQ(node_.runtime().count("start first"), 2);
  EXPECT_EQ(node_.runtime().count("start main"), 1);
  EXPECT_EQ(node_.runtime().count("stop main"), 0);
}

TEST_F(InitContainers, APodWithASidecarIsOverWhenItsOwnContainersAre) {
  node_.put(podWithInit(true, "Never"));
  node_.runtime().exit("main", 0);
  node_.advance(2s);
  EXPECT_EQ(node_.phase("web"), "Succeeded");
  EXPECT_EQ(node_.runtime().count("stop first"), 1);
}

TEST_F(Probes, APodThatIsActiveForTooLongFails) {
  Draft<Pod> pod = podNamed("job", "Never");
  pod->getSpec().initActiveDeadlineSeconds().setValue(20);
  node_.put(std::move(pod));
  node_.advance(18s);
  EXPECT_EQ(node_.phase("job"), "Running");
  node_.advance(4s);
  EXPECT_EQ(node_.phase("job"), "Failed");
  EXPECT_EQ(str(node_.pod("job")->getStatus().getReason()), "DeadlineExceeded");
  EXPECT_EQ(node_.runtime().count("stop main"), 1);
}

}  // namespace
}  // namespace cleat::agent::test
