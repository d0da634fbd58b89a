#include "pod/sandbox_keeper.h"

#include "tests/plugins/agent/pod/part_fixture.h"

namespace cleat::agent::test {
namespace {

using Lines = std::vector<std::string>;

class SandboxKeeperTest : public PartTest {};

TEST_F(SandboxKeeperTest, ANewSandboxIsOnTheNetworkAndHasItsFiles) {
  take(podNamed("web"));
  EXPECT_TRUE(makeSandbox());
  EXPECT_EQ(runtime().log, (Lines{"run sandbox web 0", "connect web"}));
  EXPECT_EQ(parts().pod.ips, (Lines{"10.244.0.1"}));
  EXPECT_EQ(readFile(parts().pod.folder() + "/etc-hostname"), "web\n");
  EXPECT_NE(readFile(parts().pod.folder() + "/etc-hosts")->find("10.244.0.1\tweb"), std::string::npos);
}

TEST_F(SandboxKeeperTest, PodsAskTheClusterWhereItHasADns) {
  Draft<core_v1::Service> service;
  service.meta().setName("kube-dns");
  service.meta().setNamespace("kube-system");
  service->initSpec().setClusterIP("10.96.0.10");
  node_.host().put(std::move(service));
  node_.settle();
  take(podNamed("web"));
  EXPECT_TRUE(makeSandbox());
  const std::string file = readFile(parts().pod.folder() + "/etc-resolv.conf").value_or("");
  EXPECT_TRUE(file.ends_with("nameserver 10.96.0.10\noptions ndots:5\n")) << file;
  EXPECT_TRUE(file.starts_with("search default.svc.")) << file;
}

TEST_F(SandboxKeeperTest, ASandboxThatCannotBeMadeIsTriedAgainLater) {
  runtime().failSandbox = "no more of them";
  take(podNamed("web"));
  EXPECT_FALSE(makeSandbox());
  EXPECT_TRUE(node_.hasEvent("FailedCreatePodSandBox", "Failed to create pod sandbox: no more of them"));
  EXPECT_FALSE(parts().sandbox.mayMake());
  node_.host().advance(1s);
  EXPECT_TRUE(parts().sandbox.mayMake());
}

TEST_F(SandboxKeeperTest, WithoutANetworkTheSandboxStaysAndIsConnectedLater) {
  runtime().failNetwork = "no address left";
  take(podNamed("web"));
  EXPECT_FALSE(makeSandbox());
  EXPECT_TRUE(
      node_.hasEvent("FailedCreatePodSandBox", "failed to setup network for sandbox \"sandbox1\": no address left"));
  runtime().failNetwork.reset();
  EXPECT_FALSE(ask(parts().sandbox.connect())) << "not at once";
  node_.host().advance(1s);
  EXPECT_TRUE(ask(parts().sandbox.connect()));
  EXPECT_EQ(runtime().count("run sandbox"), 1);
}

TEST_F(SandboxKeeperTest, OneWhoseProcessesHaveGoneIsStoppedBeforeTheNext) {
  take(podNamed("web"));
  makeSandbox();
  runtime().killSandbox(parts().pod.uid);
  look();
  runtime().log.clear();
  EXPECT_TRUE(makeSandbox(1));
  EXPECT_EQ(runtime().log, (Lines{"disconnect web", "stop sandbox web", "run sandbox web 1", "connect web"}));
  EXPECT_TRUE(node_.hasEvent("SandboxChanged", "Pod sandbox changed"));
}

TEST_F(SandboxKeeperTest, AtTheEndNothingIsLeft) {
  take(podNamed("web"));
  makeSandbox();
  EXPECT_TRUE(ask(parts().sandbox.stopAll()));
  EXPECT_TRUE(runtime().connected.empty());
  EXPECT_TRUE(parts().pod.ips.empty());
  EXPECT_TRUE(ask(parts().sandbox.removeAll()));
  EXPECT_TRUE(runtime().sandboxes.empty());
  EXPECT_TRUE(parts().pod.runtime()->sandboxes.empty());
}

}  // namespace
}  // namespace cleat::agent::test
