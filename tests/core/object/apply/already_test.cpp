// Applying the same again: what is as it was applied stays as it is, and what is not is put right.
#include <gtest/gtest.h>

#include "tests/core/object/apply/cluster.h"

namespace cleat::object {
namespace {

constexpr const char* kTwoContainers =
    R"({"metadata":{"labels":{"a":"1","b":"2"}},"spec":{"hostNetwork":false,"volumes":[{"name":"v","emptyDir":{}}],)"
    R"("containers":[{"name":"x","image":"i","ports":[{"containerPort":1}],"args":["p","q"]},{"name":"y","image":"j"}]}})";

TEST(Apply, PutsRightWhatAdmissionHasChangedOfIt) {
  for (
      const char* change :
      {R"({"spec":{"hostNetwork":true}})", R"({"metadata":{"labels":{"a":null}}})",
       R"({"metadata":{"labels":{"b":"3"}}})", R"({"spec":{"volumes":[{"name":"v"}]}})",
       R"({"spec":{"containers":[{"name":"x","image":"i","ports":[{"containerPort":1}],"args":["p","q"]}]}})",
       R"({"spec":{"containers":[{"name":"y","image":"j"},{"name":"x","image":"i","ports":[{"containerPort":1}],"args":["p","q"]}]}})",
       R"({"spec":{"containers":[{"name":"x","image":"i","ports":[{"containerPort":1}],"args":["p"]},{"name":"y","image":"j"}]}})"}) {
    Cluster cluster("Pod");
    ASSERT_EQ(cluster.apply("a", kTwoContainers), "");
    const std::string was = cluster.text();
    cluster.admit(change);
    ASSERT_NE(cluster.text(), was) << change;
    EXPECT_EQ(cluster.apply("a", kTwoContainers), "");
    EXPECT_EQ(cluster.text(), was) << change;
  }
}

TEST(Apply, LeavesWhatAdmissionHasAdded) {
  for (
      const char* change :
      {R"({"spec":{"hostPID":true,"nodeName":"n"}})", R"({"metadata":{"labels":{"aa":"1","c":"1"}}})",
       R"({"spec":{"containers":[{"name":"w"},{"name":"x","image":"i","tty":true,"ports":[{"containerPort":1,"name":"p"}],"args":["p","q"]},{"name":"z"},{"name":"y","image":"j"}]}})"}) {
    Cluster cluster("Pod");
    ASSERT_EQ(cluster.apply("a", kTwoContainers), "");
    cluster.admit(change);
    const std::string was = cluster.text(), time = cluster.timeOf(0);
    EXPECT_EQ(cluster.apply("a", kTwoContainers), "");
    EXPECT_EQ(cluster.text(), was) << change;
    EXPECT_EQ(cluster.timeOf(0), time) << change;
  }
}

}  // namespace
}  // namespace cleat::object
