// Which group a pod is in is kept where that is switched on, and of pods that said so before.
#include <cleat/sdk/kinds/core_v1.h>
#include <gtest/gtest.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using core_v1::Pod;

class SchedulingGroups : public KindsFixture {
 protected:
  SchedulingGroups() : KindsFixture("kinds-core") {}
  static Object<Pod> pod(std::string_view group) {
    return object<Pod>(concat(R"({"metadata":{"name":"web"},"spec":{"containers":[{"name":"c","image":"i"}])", group,
                              R"(},"status":{"phase":"Pending"}})"));
  }
};

TEST_F(SchedulingGroups, AreLeftOutOfNewPodsAndStayWhereTheyAre) {
  const Object<Pod> in = pod(R"(,"schedulingGroup":{"podGroupName":"g"})"), out = pod("");
  EXPECT_FALSE(defaulted(in)->getSpec().hasSchedulingGroup());
  EXPECT_FALSE(defaulted(in, out)->getSpec().hasSchedulingGroup());
  EXPECT_EQ(view(defaulted(in, in)->getSpec().getSchedulingGroup().getPodGroupName()), "g");
}

}  // namespace
}  // namespace cleat::test
