#include <cleat/sdk/kinds/core_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/admission.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::Pod;
using test::Pass;
using testing::Each;
using testing::ElementsAre;

class AlwaysPullImagesTest : public testing::Test {
 protected:
  AlwaysPullImagesTest() : plugin(host.start(cleat_plugin_v1())) { host.settle(); }

  // A pod with a container of each sort: "busybox", and with what policy.
  static Draft<Pod> makePod(const char* policy, const char* image = "busybox") {
    auto pod = test::named<Pod>("default", "web");
    auto fill = [&](auto container, const char* name) {
      container.setName(name);
      container.setImage(image);
      container.setImagePullPolicy(policy);
    };
    fill(pod->initSpec().initInitContainers(1)[0], "first");
    fill(pod->getSpec().initContainers(1)[0], "main");
    fill(pod->getSpec().initEphemeralContainers(1)[0], "look");
    return pod;
  }
  static std::vector<std::string> policies(const Object<Pod>& pod) {
    std::vector<std::string> all;
    for (auto container : pod->getSpec().getInitContainers()) all.push_back(str(container.getImagePullPolicy()));
    for (auto container : pod->getSpec().getContainers()) all.push_back(str(container.getImagePullPolicy()));
    for (auto container : pod->getSpec().getEphemeralContainers()) all.push_back(str(container.getImagePullPolicy()));
    return all;
  }
  static test::AdmissionRequest request(role::Operation operation = role::Operation::CREATE) {
    return {.operation = operation, .ns = "default", .name = "web"};
  }

  test::FakeHost host;
  test::AnyStarted plugin;
};

TEST_F(AlwaysPullImagesTest, ItSeesPodsThatAreCreatedOrUpdated) {
  EXPECT_THAT(test::interestsOf(plugin), ElementsAre("mutate validate create pods", "mutate validate update pods"));
}

TEST_F(AlwaysPullImagesTest, EveryContainerOfANewPodIsPulled) {
  for (const char* policy : {"", "Never", "IfNotPresent", "Always"}) {
    auto outcome = test::admit<Pod>(plugin, Pass::mutate, request(), makePod(policy).freeze());
    ASSERT_TRUE(outcome.ok()) << outcome.status.message;
    auto changed = policies(outcome.answer.object<Pod>());
    EXPECT_EQ(changed.size(), 3u);
    EXPECT_THAT(changed, Each("Always"));
  }
}

TEST_F(AlwaysPullImagesTest, AnUpdateWithoutANewImageIsLeftAlone) {
  auto old = makePod("IfNotPresent").freeze();
  auto now = makePod("IfNotPresent");
  setLabel(now.meta(), "tier", "front");
  auto changed = std::move(now).freeze();
  auto mutated = test::admit<Pod>(plugin, Pass::mutate, request(role::Operation::UPDATE), changed, old);
  ASSERT_TRUE(mutated.ok());
  EXPECT_TRUE(mutated.answer.objects().empty()) << "a pod's policy cannot change";
  EXPECT_TRUE(test::admit<Pod>(plugin, Pass::validate, request(role::Operation::UPDATE), changed, old).ok());
}

TEST_F(AlwaysPullImagesTest, AnUpdateWithANewImagePullsIt) {
  auto old = makePod("IfNotPresent").freeze();
  auto now = makePod("IfNotPresent", "busybox:2").freeze();
  auto mutated = test::admit<Pod>(plugin, Pass::mutate, request(role::Operation::UPDATE), now, old);
  ASSERT_TRUE(mutated.ok());
  EXPECT_THAT(policies(mutated.answer.object<Pod>()), Each("Always"));
}

TEST_F(AlwaysPullImagesTest, WhatALaterPluginSetBackIsRefused) {
  auto pod = makePod("Always");
  pod->getSpec().getContainers()[0].setImagePullPolicy("IfNotPresent");
  auto refused = test::admit<Pod>(plugin, Pass::validate, request(), std::move(pod).freeze());
  EXPECT_EQ(refused.outcome, CLEAT_DENIED);
  EXPECT_EQ(refused.status.code, 403);
  EXPECT_EQ(
      refused.status.message,
      "pods \"web\" is forbidden: spec.containers[0].imagePullPolicy: Unsupported value: \"IfNotPresent\": supported "
      "values: \"Always\"");
  EXPECT_TRUE(test::admit<Pod>(plugin, Pass::validate, request(), makePod("Always").freeze()).ok());
}

TEST_F(AlwaysPullImagesTest, APodWithoutASpecificationIsForOthersToRefuse) {
  auto bare = test::named<Pod>("default", "web").freeze();
  auto outcome = test::admit<Pod>(plugin, Pass::mutate, request(), bare);
  EXPECT_TRUE(outcome.ok());
  EXPECT_TRUE(outcome.answer.objects().empty());
}

}  // namespace
}  // namespace cleat
