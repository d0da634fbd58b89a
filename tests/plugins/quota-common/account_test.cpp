#include "quota-common/account.h"

#include <cleat/sdk/kinds/core_v1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

namespace cleat::quota {
namespace {

using core_v1::Pod;
using test::makePod;

const KindName kPodKind{"", "pods"};

class AccountTest : public testing::Test {
 protected:
  AccountTest()
      : account(std::vector<Quota>{{"q", {{"pods", Quantity::of(2)}, {"requests.cpu", Quantity::of(3)}}, {}}}) {}

  static Object<Pod> pod(std::string_view name, std::string_view uid, std::string_view cpu = "1",
                         uint64_t revision = 0) {
    auto draft = makePod(name, {{"cpu", std::string(cpu)}});
    draft.meta().setUid(std::string(uid));
    draft.meta().setResourceVersion(revision);
    return std::move(draft).freeze();
  }
  std::string used() const {
    return textOf(account.used("q", [](const KindName&) { return true; }));
  }
  std::string objection(const Change& change) const { return account.objection(change, {}).value_or("none"); }
  void take(const Change& change) { account.take(change, {}, {}); }

  Account account;
};

TEST_F(AccountTest, WhatIsLetThroughCountsUntilItIsStoredAndThenTheObjectDoes) {
  take({kPodKind, pod("a", "1"), {}});
  EXPECT_EQ(used(), "pods=1,requests.cpu=1");
  EXPECT_FALSE(account.put(kPodKind, pod("a", "1", "1", 5), {})) << "nothing is taken that was not before";
  EXPECT_EQ(used(), "pods=1,requests.cpu=1");
  EXPECT_TRUE(account.remove(kPodKind, pod("a", "1", "1", 6)));
  EXPECT_EQ(used(), "pods=0,requests.cpu=0");
}

TEST_F(AccountTest, WhatCameToNothingIsGivenBackOnce) {
  const Change change{kPodKind, pod("a", "1"), {}};
  take(change);
  EXPECT_TRUE(account.giveBack(change));
  EXPECT_FALSE(account.giveBack(change));
  EXPECT_EQ(used(), "pods=0,requests.cpu=0");
}

TEST_F(AccountTest, ThatWhichWouldExceedABoundIsTold) {
  take({kPodKind, pod("a", "1", "2500m"), {}});
  EXPECT_EQ(objection({kPodKind, pod("b", "2"), {}}),
            "exceeded quota: q, requested: requests.cpu=1, used: requests.cpu=2500m, limited: requests.cpu=3");
  EXPECT_EQ(objection({kPodKind, pod("b", "2", "500m"), {}}), "none");
  take({kPodKind, pod("b", "2", "500m"), {}});
  EXPECT_EQ(objection({kPodKind, pod("c", "3", "1m"), {}}),
            "exceeded quota: q, requested: pods=1,requests.cpu=1m, used: pods=2,requests.cpu=3, limited: "
            "pods=2,requests.cpu=3");
}

TEST_F(AccountTest, OfOneNameTheMostCountsThatItMayComeToHold) {
  account.put(kPodKind, pod("a", "1", "1", 5), {});
  take({kPodKind, pod("a", "2", "2"), {}});
  EXPECT_EQ(used(), "pods=1,requests.cpu=2") << "both are never stored at once";
  account.giveBack({kPodKind, pod("a", "2", "2"), {}});
  EXPECT_EQ(used(), "pods=1,requests.cpu=1");
  EXPECT_EQ(objection({kPodKind, pod("a", "3", "3"), {}}),
            "exceeded quota: q, requested: requests.cpu=3, used: requests.cpu=1, limited: requests.cpu=3")
      << "whether the name is taken is not asked here";
}

TEST_F(AccountTest, ACreateOfANameThatIsLeavingIsNotForgotten) {
  account.put(kPodKind, pod("a", "1", "1", 5), {});
  take({kPodKind, pod("a", "2", "2"), {}});
  account.remove(kPodKind, pod("a", "1", "1", 6));
  EXPECT_EQ(used(), "pods=1,requests.cpu=2");
  account.put(kPodKind, pod("a", "2", "2", 7), {});
  EXPECT_EQ(used(), "pods=1,requests.cpu=2");
}

TEST_F(AccountTest, AnUpdateIsChargedForWhatItAdds) {
  account.put(kPodKind, pod("a", "1", "1", 5), {});
  const Change larger{kPodKind, pod("a", "1", "3"), pod("a", "1", "1", 5)};
  EXPECT_EQ(objection(larger), "none");
  EXPECT_EQ(objection({kPodKind, pod("a", "1", "4"), pod("a", "1", "1", 5)}),
            "exceeded quota: q, requested: requests.cpu=3, used: requests.cpu=1, limited: requests.cpu=3");
  take(larger);
  EXPECT_EQ(used(), "pods=1,requests.cpu=3");
  // Somebody else's change was quicker: this one will not be stored.
  account.put(kPodKind, pod("a", "1", "1", 6), {});
  EXPECT_EQ(used(), "pods=1,requests.cpu=1");
}

TEST_F(AccountTest, ASmallerUpdateHoldsTheOldAmountUntilItIsSeen) {
  account.put(kPodKind, pod("a", "1", "3", 5), {});
  const Change smaller{kPodKind, pod("a", "1", "1"), pod("a", "1", "3", 5)};
  EXPECT_EQ(objection(smaller), "none");
  take(smaller);
  EXPECT_EQ(used(), "pods=1,requests.cpu=3");
  account.put(kPodKind, pod("a", "1", "1", 6), {});
  EXPECT_EQ(used(), "pods=1,requests.cpu=1");
}

TEST_F(AccountTest, WhatIsOnItsWayGoesOverToOtherBounds) {
  take({kPodKind, pod("a", "1"), {}});
  Account next(std::vector<Quota>{{"q", {{"requests.cpu", Quantity::of(1)}}, {}}});
  next.takeOver(account, {}, {});
  EXPECT_EQ(next.objection({kPodKind, pod("b", "2"), {}}, {}).value_or("none"),
            "exceeded quota: q, requested: requests.cpu=1, used: requests.cpu=1, limited: requests.cpu=1");
  Account later(std::vector<Quota>{{"q", {{"requests.cpu", Quantity::of(1)}}, {}}});
  later.takeOver(account, {}, Instant() + std::chrono::seconds(1));
  EXPECT_EQ(later.objection({kPodKind, pod("b", "2"), {}}, {}), std::nullopt) << "too old to be under way";
}

TEST_F(AccountTest, EachQuotaCountsItsOwn) {
  Account two(std::vector<Quota>{{"all", {{"pods", Quantity::of(9)}}, {}},
                                 {"ending", {{"pods", Quantity::of(1)}}, {{"Terminating", "Exists", {}}}}});
  auto ending = makePod("a");
  ending->getSpec().initActiveDeadlineSeconds().setValue(1);
  ending.meta().setUid("1");
  const Object<Pod> one = std::move(ending).freeze();
  auto tell = [&] {
    auto every = [](const KindName&) { return true; };
    return textOf(two.used("all", every)) + " " + textOf(two.used("ending", every));
  };
  two.put(kPodKind, one, {});
  two.put(kPodKind, pod("b", "2"), {});
  EXPECT_EQ(tell(), "pods=2 pods=1");
  // By an update a pod comes into a scope with all that it is.
  auto changed = makePod("b");
  changed->getSpec().initActiveDeadlineSeconds().setValue(1);
  changed.meta().setUid("2");
  EXPECT_EQ(two.objection({kPodKind, std::move(changed).freeze(), pod("b", "2", "1", 3)}, {}).value_or("none"),
            "exceeded quota: ending, requested: pods=1, used: pods=1, limited: pods=1");
}

}  // namespace
}  // namespace cleat::quota
