// Containers that are added to a running pod to look into it.
#include <capnp/schema.h>

#include "tests/plugins/agent/node_fixture.h"

namespace cleat::agent::test {
namespace {

class Ephemeral : public ::testing::Test {
 protected:
  void SetUp() override {
    node_.startAgent();
    node_.put(podNamed("web"));
  }
  void add(const std::string& name, const std::string& target = {}, const std::string& image = "busybox:1.36") {
    node_.host().change<Pod>("default", "web", [&](Pod::Builder pod) {
      pod.getMetadata().setGeneration(pod.getMetadata().getGeneration() + 1);
      auto before = pod.asReader().getSpec().getEphemeralContainers();
      auto orphan = capnp::Orphanage::getForMessageContaining(pod).newOrphan<capnp::List<core_v1::EphemeralContainer>>(
          before.size() + 1);
      for (uint32_t i = 0; i < before.size(); ++i) orphan.get().setWithCaveats(i, before[i]);
      auto added = orphan.get()[before.size()];
      added.setName(name);
      added.setImage(image);
      added.setImagePullPolicy("IfNotPresent");
      added.setTargetContainerName(target);
      added.setStdin(true);
      pod.getSpec().adoptEphemeralContainers(std::move(orphan));
    });
    node_.settle();
  }
  core_v1::ContainerStatus::Reader status(uint32_t index = 0) {
    held_.push_back(node_.pod("web"));
    return held_.back()->getStatus().getEphemeralContainerStatuses()[index];
  }

  NodeFixture node_;
  std::vector<Object<Pod>> held_;
};

TEST_F(Ephemeral, StartsInTheRunningPodAndIsReported) {
  add("debugger");
  ASSERT_NE(node_.runtime().find("debugger"), nullptr);
  EXPECT_EQ(node_.runtime().find("debugger")->sandboxId, node_.runtime().find("main")->sandboxId);
  EXPECT_EQ(node_.runtime().find("debugger")->targetId, "");
  EXPECT_EQ(node_.runtime().count("create main"), 1) << "the others are left alone";
  EXPECT_TRUE(status().getState().hasRunning());
  EXPECT_FALSE(status().getReady());
  EXPECT_FALSE(isSet(status().getStarted()));
  EXPECT_EQ(node_.condition("web", "Ready"), "True");
  EXPECT_EQ(node_.pod("web")->getStatus().getObservedGeneration(), node_.pod("web")->getMetadata().getGeneration());
  EXPECT_TRUE(node_.hasEvent("Started", "Container started"));
}

TEST_F(Ephemeral, SeesTheProcessesOfItsTarget) {
  add("debugger", "main");
  EXPECT_EQ(node_.runtime().find("debugger")->targetId, node_.runtime().find("main")->id);
}

TEST_F(Ephemeral, WithoutItsTargetDoesNotStart) {
  add("debugger", "nobody");
  EXPECT_EQ(node_.runtime().find("debugger"), nullptr);
  EXPECT_EQ(str(status().getState().getWaiting().getReason()), "CreateContainerConfigError");
  EXPECT_EQ(str(status().getState().getWaiting().getMessage()), "unable to find target container nobody");
}

TEST_F(Ephemeral, RunsOnceAndItsEndIsNotThePods) {
  add("debugger");
  node_.runtime().exit("debugger", 1);
  node_.advance(30s);
  EXPECT_EQ(node_.runtime().count("create debugger"), 1);
  EXPECT_EQ(status().getState().getTerminated().getExitCode(), 1);
  EXPECT_EQ(node_.phase("web"), "Running");
  EXPECT_EQ(node_.condition("web", "Ready"), "True");
}

TEST_F(Ephemeral, AnotherOneJoinsTheFirst) {
  add("debugger");
  add("second");
  EXPECT_EQ(node_.runtime().count("create debugger"), 1);
  EXPECT_EQ(node_.pod("web")->getStatus().getEphemeralContainerStatuses().size(), 2u);
  EXPECT_TRUE(status(1).getState().hasRunning());
}

TEST_F(Ephemeral, AnImageThatIsNotThereKeepsOnlyItWaiting) {
  add("debugger", {}, "nowhere:1");
  node_.advance(2s);
  std::string reason = str(status().getState().getWaiting().getReason());
  EXPECT_TRUE(reason == "ErrImagePull" || reason == "ImagePullBackOff") << reason;
  EXPECT_EQ(node_.condition("web", "Ready"), "True");
}

TEST_F(Ephemeral, IsNotRestartedByARestartedAgent) {
  add("debugger");
  node_.runtime().exit("debugger", 0);
  node_.advance(2s);
  node_.stopAgent();
  node_.startAgent();
  node_.advance(2s);
  EXPECT_EQ(node_.runtime().count("create debugger"), 1);
}

TEST_F(Ephemeral, EndsWithThePod) {
  add("debugger");
  node_.requestDeletion("web", 5);
  node_.advance(2s);
  EXPECT_EQ(node_.runtime().count("stop debugger"), 1);
  EXPECT_FALSE(node_.pod("web"));
}

// An ephemeral container is read as a container: what they share must be laid out alike.
TEST(EphemeralSchema, BeginsAsAContainerDoes) {
  auto container = capnp::Schema::from<core_v1::Container>();
  auto ephemeral = capnp::Schema::from<core_v1::EphemeralContainer>();
  for (auto field : container.getFields()) {
    auto same = ephemeral.findFieldByName(field.getProto().getName());
    KJ_IF_MAYBE (other, same) {
      EXPECT_EQ(other->getProto().getSlot().getOffset(), field.getProto().getSlot().getOffset())
          << field.getProto().getName().cStr();
      EXPECT_TRUE(other->getType() == field.getType()) << field.getProto().getName().cStr();
    } else {
      ADD_FAILURE() << field.getProto().getName().cStr();
    }
  }
}

}  // namespace
}  // namespace cleat::agent::test
