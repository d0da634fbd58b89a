// Conditions of one's own, statuses that are written, and bounds that are parts of a whole.
#include <cleat/sdk/int_or_percent.h>
#include <cleat/sdk/kinds/apps_v1.h>
#include <cleat/sdk/own_status.h>
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

namespace cleat {
namespace {

using apps_v1::ReplicaSet;
using apps_v1::ReplicaSetCondition;

TEST(OwnStatus, AConditionThatSaysTheSameForTheSameReasonKeepsItsMessage) {
  Draft<ReplicaSet> set;
  auto status = set->initStatus();
  EXPECT_TRUE(changeCondition<ReplicaSetCondition>(status, {"Mine", "True", "Why", "first", "2026-01-01T00:00:00Z"}));
  EXPECT_FALSE(changeCondition<ReplicaSetCondition>(status, {"Mine", "True", "Why", "second", "2026-01-01T00:00:09Z"}));
  EXPECT_EQ(view(status.asReader().getConditions()[0].getMessage()), "first");
  EXPECT_TRUE(changeCondition<ReplicaSetCondition>(status, {"Mine", "True", "Else", "third", "2026-01-01T00:00:09Z"}));
  EXPECT_EQ(view(status.asReader().getConditions()[0].getLastTransitionTime()), "2026-01-01T00:00:00Z");
}

TEST(OwnStatus, RemovesOneConditionAndLeavesTheOthers) {
  Draft<ReplicaSet> set;
  auto status = set->initStatus();
  setCondition<ReplicaSetCondition>(status, {"Mine", "True", "", "", ""});
  setCondition<ReplicaSetCondition>(status, {"Theirs", "True", "", "", ""});
  EXPECT_TRUE(removeCondition<ReplicaSetCondition>(status, "Mine"));
  EXPECT_FALSE(removeCondition<ReplicaSetCondition>(status, "Mine"));
  ASSERT_EQ(status.asReader().getConditions().size(), 1u);
  EXPECT_EQ(view(status.asReader().getConditions()[0].getType()), "Theirs");
}

TEST(OwnStatus, WritesWhatDiffersAndNothingOverAnotherVersion) {
  test::FakeHost host;
  Object<ReplicaSet> read = host.put(test::named<ReplicaSet>("default", "web"));
  auto plugin = host.start<test::EmptyPlugin>();
  Client client(plugin->context());
  auto write = [&](int32_t replicas) {
    Draft<ReplicaSet> draft(read);
    draft->getStatus().setReplicas(replicas);
    return plugin.await(writeStatus(client, read, std::move(draft)));
  };
  EXPECT_TRUE(write(0));
  EXPECT_EQ(test::countRequests(host, "update/status"), 0u);
  EXPECT_TRUE(write(3));
  EXPECT_EQ(host.get<ReplicaSet>("default", "web")->getStatus().getReplicas(), 3);
  EXPECT_TRUE(write(5)) << "somebody was faster, and brings the next look";
  EXPECT_EQ(host.get<ReplicaSet>("default", "web")->getStatus().getReplicas(), 3);
  host.onRequest([](auto, auto, auto) -> Result<void> { return fail(Status::unavailable("later")); });
  EXPECT_FALSE(write(5));
}

TEST(IntOrPercent, IsANumberOrAPartOfTheWhole) {
  struct Case {
    const char* text;
    Rounding rounding;
    std::optional<int64_t> expected;
  };
  const Case cases[] = {{"25%", Rounding::up, 3},           {"25%", Rounding::down, 2}, {"0%", Rounding::up, 0},
                        {"100%", Rounding::down, 10},       {"25", Rounding::up, {}},   {"a%", Rounding::up, {}},
                        {"99999999999%", Rounding::up, {}}, {"", Rounding::down, {}}};
  for (const Case& each : cases) {
    Draft<meta_v1::IntOrString> value;
    value->setStrVal(each.text);
    EXPECT_EQ(scaledValue(value.reader(), 10, each.rounding), each.expected) << each.text;
  }
  Draft<meta_v1::IntOrString> number;
  number->setIntVal(7);
  EXPECT_EQ(scaledValue(number.reader(), 10, Rounding::up), 7);
}

}  // namespace
}  // namespace cleat
