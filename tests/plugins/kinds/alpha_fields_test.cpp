// Fields of features that are alpha in Kubernetes are dropped from what is new, and stay where they were.
#include <cleat/sdk/kinds/core_v1.h>
#include <gtest/gtest.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using core_v1::Pod;

class AlphaFields : public KindsFixture {
 protected:
  AlphaFields() : KindsFixture("kinds-core") {}
  static Object<Pod> pod() {
    return object<Pod>(
        R"({"metadata":{"name":"web"},"spec":{"evictionResponders":[{"name":"example.com/e","priority":{"value":1}}],)"
        R"("containers":[{"name":"c","image":"i","lifecycle":{"stopSignal":"SIGUSR1"},)"
        R"("volumeMounts":[{"name":"v","mountPath":"/v","bindMountOptions":["noexec"]}]}],)"
        R"("volumes":[{"name":"v","secret":{"secretName":"s","defaultUser":{"value":5},)"
        R"("items":[{"key":"k","path":"p","user":{"value":6}}]}},)"
        R"({"name":"w","projected":{"defaultUser":{"value":5},)"
        R"("sources":[{"serviceAccountToken":{"path":"t","user":{"value":7}}}]}}]},)"
        R"("status":{"phase":"Pending"}})");
  }
};

TEST_F(AlphaFields, AreLeftOutOfNewPods) {
  const Object<Pod> made = defaulted(pod());
  auto spec = made->getSpec();
  EXPECT_EQ(spec.getEvictionResponders().size(), 0u);
  EXPECT_FALSE(spec.getContainers()[0].hasLifecycle());
  EXPECT_EQ(spec.getContainers()[0].getVolumeMounts()[0].getBindMountOptions().size(), 0u);
  EXPECT_FALSE(spec.getVolumes()[0].getSecret().hasDefaultUser());
  EXPECT_FALSE(spec.getVolumes()[0].getSecret().getItems()[0].hasUser());
  EXPECT_FALSE(spec.getVolumes()[1].getProjected().hasDefaultUser());
  EXPECT_FALSE(spec.getVolumes()[1].getProjected().getSources()[0].getServiceAccountToken().hasUser());
}

TEST_F(AlphaFields, StayWhereTheyAre) {
  const Object<Pod> kept = defaulted(pod(), pod());
  auto spec = kept->getSpec();
  EXPECT_EQ(spec.getEvictionResponders().size(), 1u);
  EXPECT_EQ(view(spec.getContainers()[0].getLifecycle().getStopSignal()), "SIGUSR1");
  EXPECT_EQ(spec.getContainers()[0].getVolumeMounts()[0].getBindMountOptions().size(), 1u);
  EXPECT_TRUE(spec.getVolumes()[0].getSecret().hasDefaultUser());
}

}  // namespace
}  // namespace cleat::test
