// Parts of volumes whose names come out of the container's environment.
#include "tests/plugins/agent/node_fixture.h"

namespace cleat::agent::test {
namespace {

class SubPathExpr : public ::testing::Test {
 protected:
  void SetUp() override {
    node_.runtime().images.insert("data:1");
    node_.startAgent();
  }
  // "web-1": the container runs with that part; else why it does not.
  std::string outcome(const char* expression) {
    std::string name = concat("web", ++pods_);
    auto pod = podNamed(name);
    auto volume = pod->getSpec().initVolumes(1)[0];
    volume.setName("data");
    volume.initImage().setReference("data:1");
    auto container = pod->getSpec().getContainers()[0];
    auto variables = container.initEnv(2);
    variables[0].setName("PART");
    variables[0].setValue("web");
    variables[1].setName("EMPTY");
    auto mount = container.initVolumeMounts(1)[0];
    mount.setName("data");
    mount.setMountPath("/data");
    mount.setSubPathExpr(expression);
    node_.put(std::move(pod));
    node_.advance(2s);
    auto waiting = node_.status(name).getState().getWaiting();
    if (waiting.getReason().size() != 0) return concat(waiting.getReason(), ": ", waiting.getMessage());
    for (const auto& mounted : node_.runtime().containers.back().mounts) {
      if (mounted.starts_with("/data ro data:1/")) return mounted.substr(16);
    }
    return "not mounted";
  }
  NodeFixture node_;
  int pods_ = 0;
};

TEST_F(SubPathExpr, IsAPartOfTheVolumeOrKeepsTheContainerFromRunning) {
  EXPECT_EQ(outcome("$(PART)-1"), "web-1");
  EXPECT_EQ(outcome("$(NOBODY)"), "CreateContainerConfigError: missing value for NOBODY");
  EXPECT_EQ(outcome("$(ZED)/$(NOBODY)"), "CreateContainerConfigError: missing value for NOBODY, ZED");
  EXPECT_EQ(outcome("$(EMPTY)"), "CreateContainerConfigError: missing value for EMPTY")
      << "all of the volume would be mounted";
  EXPECT_EQ(outcome("$(PART)/../.."),
            "CreateContainerConfigError: unable to provision SubPath `web/../..`: must not contain '..'");
}

}  // namespace
}  // namespace cleat::agent::test
