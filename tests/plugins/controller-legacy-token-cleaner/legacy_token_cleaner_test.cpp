#include <gtest/gtest.h>

#include <optional>

#include "tests/plugins/service-account-common/legacy_secret.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using namespace std::chrono_literals;
using core_v1::ConfigMap;
using core_v1::Pod;
using core_v1::Secret;
using core_v1::ServiceAccount;

constexpr auto kDay = 24h, kYear = 365 * kDay;

class LegacyTokenCleanerTest : public testing::Test {
 protected:
  LegacyTokenCleanerTest() {
    host.know<Secret>();
    host.know<ServiceAccount>();
    host.know<Pod>();
    host.know<ConfigMap>();
    look("1999-01-01");
    host.put(test::accountWith("robot", {"old"}));
    host.put(test::tokenSecret("old", "robot"));
    plugin.emplace(host.start(cleat_plugin_v1(), {{"clean_up_period", "8760h"}}));
    host.settle();
  }

  // Since when somebody has looked whether tokens are used.
  void look(const std::string& since) {
    auto map = test::named<ConfigMap>("kube-system", "kube-apiserver-legacy-service-account-token-tracking");
    test::fillMap(map->initData(1), {{"since", since}});
    host.put(std::move(map));
  }
  std::string mark() {
    auto secret = host.get<Secret>("default", "old");
    if (!secret) return "gone";
    return str(label(secret.meta(), legacy::kInvalidSince).value_or("good"));
  }
  std::string today() { return legacy::dateOf(host.wallNow()); }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

TEST_F(LegacyTokenCleanerTest, WhatNobodyUsesIsMarkedAfterAYearAndGoesAfterAnother) {
  host.advance(kYear - kDay);
  EXPECT_EQ(mark(), "good");
  host.advance(3 * kDay);
  EXPECT_GE(today(), mark());
  EXPECT_NE(mark(), "good");
  host.advance(kYear - 3 * kDay);
  EXPECT_NE(mark(), "gone");
  host.advance(5 * kDay);
  EXPECT_EQ(mark(), "gone");
}

TEST_F(LegacyTokenCleanerTest, WhatWasUsedHasAnotherYear) {
  host.advance(kYear - kDay);
  host.change<Secret>("default", "old",
                      [&](Secret::Builder secret) { setLabel(secret.getMetadata(), legacy::kLastUsed, today()); });
  host.advance(kYear - kDay);
  EXPECT_EQ(mark(), "good");
  host.advance(4 * kDay);
  EXPECT_NE(mark(), "good");
}

TEST_F(LegacyTokenCleanerTest, NobodyJudgesBeforeTheyHaveLookedForAsLong) {
  host.advance(kYear - kDay);
  look(today());
  host.advance(10 * kDay);
  EXPECT_EQ(mark(), "good");
}

TEST_F(LegacyTokenCleanerTest, WhatAPodMountsStays) {
  auto pod = test::makePod("web");
  auto volume = pod->getSpec().initVolumes(1)[0];
  volume.setName("token");
  volume.initSecret().setSecretName("old");
  host.put(std::move(pod));
  host.advance(kYear + 10 * kDay);
  EXPECT_EQ(mark(), "good");
  host.remove<Pod>("default", "web");
  host.advance(2 * kDay);
  EXPECT_NE(mark(), "good");
}

TEST_F(LegacyTokenCleanerTest, WhatAPodHasInItsEnvironmentStays) {
  auto pod = test::makePod("web");
  auto variable = pod->getSpec().getContainers()[0].initEnv(1)[0];
  variable.setName("TOKEN");
  auto key = variable.initValueFrom().initSecretKeyRef();
  key.setName("old");
  key.setKey("token");
  host.put(std::move(pod));
  host.advance(kYear + 10 * kDay);
  EXPECT_EQ(mark(), "good");
}

TEST_F(LegacyTokenCleanerTest, TheDayOnWhichItWasUsedCountsToItsEnd) {
  host.change<Secret>("default", "old", [&](Secret::Builder secret) {
    setLabel(secret.getMetadata(), legacy::kLastUsed, legacy::dateOf(host.wallNow() + 2 * kDay));
  });
  // The day on which it may be marked is the first after that day and a year.
  const std::string first = legacy::dateOf(host.wallNow() + 2 * kDay + kYear + kDay);
  while (mark() == "good") host.advance(1h);
  EXPECT_EQ(mark(), first);
}

// The account has been made anew under its name: what it names it has not been given.
TEST_F(LegacyTokenCleanerTest, ATokenOfAnotherAccountOfThatNameIsNotJudged) {
  host.change<Secret>("default", "old", [&](Secret::Builder secret) {
    setAnnotation(secret.getMetadata(), legacy::kAccountUid, "another");
  });
  host.advance(2 * kYear);
  EXPECT_EQ(mark(), "good");
}

TEST_F(LegacyTokenCleanerTest, WhatSomebodyMadeStays) {
  host.put(test::accountWith("robot", {}));
  host.advance(3 * kYear);
  EXPECT_EQ(mark(), "good");
}

}  // namespace
}  // namespace cleat
