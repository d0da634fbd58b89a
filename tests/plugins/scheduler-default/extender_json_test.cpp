// What is said to HTTP extenders and what they answer, letter by letter.
#include "plugins/scheduler-default/extensions/extender_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

namespace cleat::scheduling {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Object<Pod> bare(const char* name) {
  Draft<Pod> pod;
  pod->initMetadata().setName(name);
  pod.meta().setNamespace("ns");
  pod.meta().setUid(concat("uid-", name));
  return std::move(pod).freeze();
}

TEST(ExtenderJson, NodesGoByNameOrAsTheyAre) {
  EXPECT_EQ(extenderArgs("{}", {true, {"a", "b\"c"}, {}}), R"({"Pod":{},"Nodes":null,"NodeNames":["a","b\"c"]})");
  EXPECT_EQ(extenderArgs("{}", {false, {"a"}, {R"({"metadata":{"name":"a"}})"}}),
            R"({"Pod":{},"Nodes":{"metadata":{},"items":[{"metadata":{"name":"a"}}]},"NodeNames":null})");
  EXPECT_EQ(extenderBindingArgs(bare("p"), "a"), R"({"PodName":"p","PodNamespace":"ns","PodUID":"uid-p","Node":"a"})");
  const std::string pod = objectJson(bare("p"));
  EXPECT_THAT(pod, HasSubstr(R"("metadata":{"name":"p","namespace":"ns","uid":"uid-p"})"));
}

TEST(ExtenderJson, AFilterResultIsReadAsGoReadsIt) {
  auto byName = readFilterResult(R"({"Nodes":null,"NodeNames":["a"],"FailedNodes":{"b":"full"},"Error":""})", true);
  ASSERT_TRUE(byName);
  EXPECT_THAT(byName->nodes, ElementsAre("a"));
  EXPECT_THAT(byName->failed, ElementsAre(Pair("b", "full")));
  auto whole = readFilterResult(
      R"({"nodes":{"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"c"}}]},"failedAndUnresolvableNodes":{"b":"no"}})",
      false);
  ASSERT_TRUE(whole);
  EXPECT_THAT(whole->nodes, ElementsAre("a", "c"));
  EXPECT_THAT(whole->failed, ElementsAre(Pair("b", "no")));
  auto wrong = readFilterResult(R"({"Error":"out of order"})", false);
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->error, "out of order");
  EXPECT_FALSE(readFilterResult("<html>", false));
  EXPECT_FALSE(readFilterResult("[]", false));
}

TEST(ExtenderJson, PrioritiesAndBindingsAreRead) {
  auto priorities = readPriorities(R"([{"Host":"a","Score":7},{"host":"b","score":0}])");
  ASSERT_TRUE(priorities);
  EXPECT_THAT(*priorities, ElementsAre(Pair("a", 7), Pair("b", 0)));
  EXPECT_TRUE(readPriorities("null"));
  EXPECT_FALSE(readPriorities("{}"));
  EXPECT_EQ(readBindingResult(R"({"Error":"taken"})").value_or("?"), "taken");
  EXPECT_EQ(readBindingResult("{}").value_or("?"), "");
}

TEST(ExtenderJson, VictimsGoByUidOrAsTheyAre) {
  const std::vector<RoomOffer> offers = {{"a", {bare("p"), bare("q")}, 2}};
  EXPECT_EQ(
      extenderPreemptionArgs("{}", offers, true),
      R"({"Pod":{},"NodeNameToVictims":null,"NodeNameToMetaVictims":{"a":{"Pods":[{"UID":"uid-p"},{"UID":"uid-q"}],)"
      R"("NumPDBViolations":2}}})");
  EXPECT_THAT(extenderPreemptionArgs("{}", offers, false),
              HasSubstr(R"("NodeNameToVictims":{"a":{"Pods":[{"metadata":{"name":"p")"));
  auto kept =
      readPreemptionResult(R"({"NodeNameToMetaVictims":{"a":{"Pods":[{"UID":"uid-q"}],"NumPDBViolations":1}}})");
  ASSERT_TRUE(kept);
  ASSERT_EQ(kept->size(), 1u);
  EXPECT_EQ(kept->front().node, "a");
  EXPECT_THAT(kept->front().uids, ElementsAre("uid-q"));
  EXPECT_EQ(kept->front().violations, 1);
  EXPECT_TRUE(readPreemptionResult(R"({"NodeNameToMetaVictims":null})"));
}

}  // namespace
}  // namespace cleat::scheduling
