#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_quota.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/admission.h"
#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {
namespace {

using core_v1::LimitRange;
using core_v1::LimitRangeItem;
using core_v1::Pod;
using test::Pairs;

class LimitRangerTest : public testing::Test {
 protected:
  LimitRangerTest() {
    host.know<LimitRange>();
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }

  struct Limits {
    const char* type;
    Pairs min, max, defaults, requests, ratio;
  };
  void limit(const Limits& limits, const char* name = "limits") {
    auto range = test::named<LimitRange>("default", name);
    auto item = range->initSpec().initLimits(1)[0];
    item.setType(limits.type);
    test::fillMap(item.initMin(limits.min.size()), limits.min);
    test::fillMap(item.initMax(limits.max.size()), limits.max);
    test::fillMap(item.initDefault(limits.defaults.size()), limits.defaults);
    test::fillMap(item.initDefaultRequest(limits.requests.size()), limits.requests);
    test::fillMap(item.initMaxLimitRequestRatio(limits.ratio.size()), limits.ratio);
    host.put(std::move(range));
    host.settle();
  }
  static Draft<Pod> pod(const Pairs& requests = {}, const Pairs& limits = {}) {
    auto draft = test::makePod("web", requests);
    test::fillMap(draft->getSpec().getContainers()[0].getResources().initLimits(limits.size()), limits);
    return draft;
  }
  auto admit(test::Pass pass, Draft<Pod> draft) {
    return test::admit<Pod>(*plugin, pass, {.ns = "default", .name = "web"}, std::move(draft).freeze());
  }
  std::string verdict(Draft<Pod> draft) {
    auto outcome = admit(test::Pass::validate, std::move(draft));
    return outcome.ok() ? "admitted" : outcome.status.message;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
};

constexpr const char* kForbidden = "pods \"web\" is forbidden: ";

TEST_F(LimitRangerTest, ContainersGetWhatTheyDoNotSay) {
  limit({.type = "Container", .defaults = {{"cpu", "300m"}, {"memory", "200Mi"}}, .requests = {{"cpu", "100m"}}});
  auto draft = pod({{"memory", "150Mi"}});
  draft->getSpec().initInitContainers(1)[0].setName("first");
  auto outcome = admit(test::Pass::mutate, std::move(draft));
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  auto changed = outcome.answer.object<Pod>();
  EXPECT_EQ(annotation(changed.meta(), "kubernetes.io/limit-ranger"),
            "LimitRanger plugin set: cpu request for container main; cpu, memory limit for container main; "
            "cpu request for init container first; cpu, memory limit for init container first");
  auto resources = changed->getSpec().getContainers()[0].getResources();
  EXPECT_EQ(valueIn(resources.getRequests(), "cpu"), "100m");
  EXPECT_EQ(valueIn(resources.getRequests(), "memory"), "150Mi");
  EXPECT_EQ(valueIn(resources.getLimits(), "memory"), "200Mi");
}

TEST_F(LimitRangerTest, WhoSaysEverythingIsLeftAlone) {
  limit({.type = "Container", .requests = {{"cpu", "100m"}}});
  auto outcome = admit(test::Pass::mutate, pod({{"cpu", "1"}}));
  ASSERT_TRUE(outcome.ok());
  EXPECT_TRUE(outcome.answer.objects().empty());
}

TEST_F(LimitRangerTest, TheLeastIsDemanded) {
  limit({.type = "Container", .min = {{"cpu", "100m"}}});
  EXPECT_EQ(verdict(pod()), concat(kForbidden, "minimum cpu usage per Container is 100m.  No request is specified"));
  EXPECT_EQ(verdict(pod({{"cpu", "50m"}})),
            concat(kForbidden, "minimum cpu usage per Container is 100m, but request is 50m"));
  EXPECT_EQ(verdict(pod({{"cpu", "100m"}}, {{"cpu", "10m"}})),
            concat(kForbidden, "minimum cpu usage per Container is 100m, but limit is 10m"));
  EXPECT_EQ(verdict(pod({{"cpu", "100m"}})), "admitted");
}

TEST_F(LimitRangerTest, TheMostIsKept) {
  limit({.type = "Container", .max = {{"memory", "1Gi"}}});
  EXPECT_EQ(verdict(pod()), concat(kForbidden, "maximum memory usage per Container is 1Gi.  No limit is specified"));
  EXPECT_EQ(verdict(pod({}, {{"memory", "2Gi"}})),
            concat(kForbidden, "maximum memory usage per Container is 1Gi, but limit is 2Gi"));
  EXPECT_EQ(verdict(pod({{"memory", "2Gi"}}, {{"memory", "1Gi"}})),
            concat(kForbidden, "maximum memory usage per Container is 1Gi, but request is 2Gi"));
  EXPECT_EQ(verdict(pod({}, {{"memory", "1Gi"}})), "admitted");
}

TEST_F(LimitRangerTest, SoIsTheRatio) {
  limit({.type = "Container", .ratio = {{"cpu", "1500m"}}});
  EXPECT_EQ(verdict(pod()), concat(kForbidden,
                                   "cpu max limit to request ratio per Container is 1500m, but no request "
                                   "is specified or request is 0"));
  EXPECT_EQ(verdict(pod({{"cpu", "1"}})), concat(kForbidden,
                                                 "cpu max limit to request ratio per Container is 1500m, "
                                                 "but no limit is specified or limit is 0"));
  EXPECT_EQ(
      verdict(pod({{"cpu", "1"}}, {{"cpu", "2"}})),
      concat(kForbidden, "cpu max limit to request ratio per Container is 1500m, but provided ratio is 2.000000"));
  EXPECT_EQ(verdict(pod({{"cpu", "2"}}, {{"cpu", "3"}})), "admitted");
}

TEST_F(LimitRangerTest, APodIsTheSumOfItsContainers) {
  limit({.type = "Pod", .max = {{"cpu", "1"}}});
  auto draft = pod({}, {{"cpu", "600m"}});
  draft->getSpec().adoptContainers(
      extended<core_v1::Container>(draft->getSpec().disownContainers(), orphanageOf(draft->getSpec()), 1));
  auto second = draft->getSpec().getContainers()[1];
  second.setName("second");
  test::fillMap(second.initResources().initLimits(1), {{"cpu", "600m"}});
  EXPECT_EQ(verdict(std::move(draft)), concat(kForbidden, "maximum cpu usage per Pod is 1, but limit is 1200m"));
}

TEST_F(LimitRangerTest, AllThatIsWrongIsToldAtOnce) {
  limit({.type = "Container", .min = {{"cpu", "1"}}, .max = {{"memory", "1Gi"}}});
  EXPECT_EQ(verdict(pod()),
            concat(kForbidden,
                   "[minimum cpu usage per Container is 1.  No request is specified, maximum memory usage "
                   "per Container is 1Gi.  No limit is specified]"));
}

TEST_F(LimitRangerTest, ARangeThatIsOnItsWayIsWaitedFor) {
  auto range = test::named<LimitRange>("default", "late");
  range.meta().setUid("uid-late");
  auto item = range->initSpec().initLimits(1)[0];
  item.setType("Container");
  test::fillMap(item.initMin(1), {{"cpu", "1"}});
  const Object<LimitRange> made = std::move(range).freeze();
  auto outcome = test::admit<LimitRange>(*plugin, test::Pass::validate, {.ns = "default", .name = "late"}, made);
  ASSERT_TRUE(outcome.ok()) << outcome.status.message;
  host.put(Draft<LimitRange>(made));
  EXPECT_NE(verdict(pod()), "admitted");
}

}  // namespace
}  // namespace cleat
