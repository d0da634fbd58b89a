// The autoscaler as it runs: situations, and what it does in them, on a clock that moves when it is told to. The target
// is of a kind of users' own, of which nobody but its scale is known.
#include <cleat/sdk/kinds/autoscaling_v1.h>
#include <cleat/sdk/kinds/autoscaling_v2.h>
#include <cleat/sdk/kinds/metrics_v1beta1.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat {

struct Widget : autoscaling_v1::Scale {};
template <>
struct KindOf<Widget> {
  static constexpr Resource resource{"example.com", "v1", "widgets", "Widget", true};
};

namespace {

using namespace std::chrono_literals;
using autoscaling_v2::HorizontalPodAutoscaler;
using autoscaling_v2::MetricSpec;
using core_v1::Event;
using core_v1::Pod;
using metrics_v1beta1::PodMetrics;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class AutoscalerTest : public testing::Test {
 protected:
  AutoscalerTest() {
    host.know<HorizontalPodAutoscaler>();
    host.know<PodMetrics>();
    host.know<Event>();
    host.know<Pod>();
    host.onSubresource<Widget, autoscaling_v1::Scale>(
        "scale", [](Widget::Builder parent, autoscaling_v1::Scale::Reader body) -> Result<void> {
          parent.getSpec().setReplicas(body.getSpec().getReplicas());
          return {};
        });
    // A minute and more since the pods were made.
    host.advance(1h);
    plugin.emplace(host.start(cleat_plugin_v1()));
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }

  void widget(int32_t replicas, const std::string& selector = "app=web", const std::string& name = "web") {
    auto draft = test::named<Widget>("default", name);
    draft->initSpec().setReplicas(replicas);
    draft->initStatus().setReplicas(replicas);
    draft->getStatus().setSelector(selector);
    host.put(std::move(draft));
  }
  int32_t replicas(const std::string& name = "web") {
    return host.get<Widget>("default", name)->getSpec().getReplicas();
  }

  // Pods that use so many thousandths of the 100 that they ask for; -1: it is not measured.
  void pods(const std::vector<int64_t>& uses) {
    for (size_t i = 0; i < uses.size(); ++i) {
      const std::string name = concat("web-", i);
      auto pod = test::makePod(name, {{"cpu", "100m"}}, {{"app", "web"}});
      auto status = pod->initStatus();
      status.setPhase("Running");
      const std::string since = formatTime(host.wallNow() - 30min);
      status.setStartTime(since);
      setCondition<core_v1::PodCondition>(status, {"Ready", "True", "", "", since});
      host.put(std::move(pod));
      uses[i] < 0 ? host.remove<PodMetrics>("default", name) : measure(name, uses[i]);
    }
  }
  void measure(const std::string& name, int64_t use) {
    auto metrics = test::named<PodMetrics>("default", name, {{"app", "web"}});
    metrics->setTimestamp(formatTime(host.wallNow()));
    metrics->setWindow("15s");
    auto container = metrics->initContainers(1)[0];
    container.setName("main");
    test::fillMap(container.initUsage(1), {{"cpu", concat(use, "m")}});
    host.put(std::move(metrics));
  }

  static void cpuAt(MetricSpec::Builder metric, int32_t percent) {
    metric.setType("Resource");
    metric.initResource().setName("cpu");
    metric.getResource().initTarget().setType("Utilization");
    metric.getResource().getTarget().initAverageUtilization().setValue(percent);
  }
  using Edit = std::function<void(HorizontalPodAutoscaler::Builder)>;
  void autoscaler(int32_t min, int32_t max, const Edit& edit = {}, const std::string& name = "web") {
    auto draft = test::named<HorizontalPodAutoscaler>("default", name);
    draft.meta().setGeneration(++generation_);
    auto spec = draft->initSpec();
    auto reference = spec.initScaleTargetRef();
    reference.setApiVersion("example.com/v1");
    reference.setKind("Widget");
    reference.setName(name);
    spec.initMinReplicas().setValue(min);
    spec.setMaxReplicas(max);
    cpuAt(spec.initMetrics(1)[0], 50);
    if (edit) edit(*draft);
    host.put(std::move(draft));
    host.settle();
  }
  HorizontalPodAutoscaler::Reader status(const std::string& name = "web") {
    seen_ = host.get<HorizontalPodAutoscaler>("default", name);
    return *seen_;
  }
  // "Type=Status,Reason: Message"
  std::string condition(std::string_view type, const std::string& name = "web") {
    auto found = findCondition(status(name).getStatus().getConditions(), type);
    return found ? concat(found->getStatus(), ",", found->getReason(), ": ", found->getMessage()) : "none";
  }
  std::vector<std::string> events() {
    std::vector<std::string> all;
    for (const auto& event : host.list<Event>()) all.push_back(concat(event->getReason(), ": ", event->getMessage()));
    return all;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
  Object<HorizontalPodAutoscaler> seen_;
  int64_t generation_ = 0;
};

struct Case {
  const char* what;
  int32_t replicas;
  std::vector<int64_t> uses;
  int32_t min, max, wanted;
  const char* active;
  const char* limited;
};

TEST_F(AutoscalerTest, WhatIsDoneInEachSituation) {
  const std::vector<Case> cases = {
      {"pods that use what they should", 2, {50, 50}, 1, 10, 2, "True,ValidMetricFound", "False,DesiredWithinRange"},
      {"busy pods", 2, {100, 100}, 1, 10, 4, "True,ValidMetricFound", "False,DesiredWithinRange"},
      {"very busy pods", 2, {400, 400}, 1, 10, 4, "True,ValidMetricFound", "True,ScaleUpLimit"},
      {"more than there may be", 2, {100, 100}, 1, 3, 3, "True,ValidMetricFound", "True,TooManyReplicas"},
      {"idle pods stay for the window",
       4,
       {10, 10, 10, 10},
       1,
       10,
       4,
       "True,ValidMetricFound",
       "False,DesiredWithinRange"},
      {"some are not measured", 3, {100, 100, -1}, 1, 10, 4, "True,ValidMetricFound", "False,DesiredWithinRange"},
      {"none is measured", 2, {-1, -1}, 1, 10, 2, "False,FailedGetResourceMetric", "none"},
      {"too many of them", 12, {50}, 1, 10, 10, "none", "none"},
      {"too few of them", 1, {50}, 3, 10, 3, "none", "none"},
      {"nobody wants any", 0, {}, 1, 10, 0, "False,ScalingDisabled", "none"},
  };
  for (const Case& each : cases) {
    for (const auto& pod : host.list<Pod>()) host.remove<Pod>("default", str(pod.name()));
    for (const auto& pod : host.list<PodMetrics>()) host.remove<PodMetrics>("default", str(pod.name()));
    if (host.get<HorizontalPodAutoscaler>("default", "web")) {
      host.remove<HorizontalPodAutoscaler>("default", "web");
      host.settle();
    }
    widget(each.replicas);
    pods(each.uses);
    autoscaler(each.min, each.max);
    EXPECT_EQ(replicas(), each.wanted) << each.what;
    EXPECT_THAT(condition("ScalingActive"), testing::StartsWith(each.active)) << each.what;
    EXPECT_THAT(condition("ScalingLimited"), testing::StartsWith(each.limited)) << each.what;
    EXPECT_EQ(status().getStatus().getCurrentReplicas(), each.replicas) << each.what;
  }
}

TEST_F(AutoscalerTest, TellsWhatItDid) {
  widget(2);
  pods({100, 100});
  autoscaler(1, 10);
  EXPECT_EQ(replicas(), 4);
  EXPECT_THAT(events(), Contains("SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of "
                                 "request) above target"));
  EXPECT_EQ(condition("AbleToScale"),
            "True,SucceededRescale: the HPA controller was able to update the target scale to 4");
  EXPECT_EQ(condition("ScalingActive"),
            "True,ValidMetricFound: the HPA was able to successfully calculate a replica count from cpu resource "
            "utilization (percentage of request)");
  auto status = this->status().getStatus();
  EXPECT_EQ(status.getDesiredReplicas(), 4);
  EXPECT_EQ(view(status.getLastScaleTime()), formatTime(host.wallNow()));
  EXPECT_EQ(status.getObservedGeneration().getValue(), generation_);
  ASSERT_EQ(status.getCurrentMetrics().size(), 1u);
  auto current = status.getCurrentMetrics()[0].getResource().getCurrent();
  EXPECT_EQ(current.getAverageUtilization().getValue(), 100);
  EXPECT_EQ(view(current.getAverageValue()), "100m");
}

TEST_F(AutoscalerTest, LooksAgainInItsTimeAndGoesDownAfterTheWindow) {
  widget(2);
  pods({50, 50});
  autoscaler(1, 10);
  EXPECT_EQ(replicas(), 2);
  pods({10, 10});
  host.advance(15s);
  EXPECT_EQ(replicas(), 2);
  EXPECT_THAT(condition("AbleToScale"), HasSubstr("True,ScaleDownStabilized"));
  for (int i = 0; i < 21; ++i) {
    pods({10, 10});
    host.advance(15s);
  }
  EXPECT_EQ(replicas(), 1);
  EXPECT_THAT(events(), Contains("SuccessfulRescale: New size: 1; reason: All metrics below target"));
}

TEST_F(AutoscalerTest, SaysWhyItCannotMeasure) {
  widget(1);
  pods({-1});
  autoscaler(1, 10);
  EXPECT_EQ(condition("ScalingActive"),
            "False,FailedGetResourceMetric: the HPA was unable to compute the replica count: failed to get cpu "
            "utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API");
  EXPECT_THAT(events(), Contains("FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: "
                                 "failed to get cpu resource metric value: failed to get cpu utilization: unable to "
                                 "get metrics for resource cpu: no metrics returned from resource metrics API"));
  EXPECT_EQ(condition("AbleToScale"),
            "True,SucceededGetScale: the HPA controller was able to get the target's current scale");
}

TEST_F(AutoscalerTest, SaysThatItsTargetIsNotThere) {
  autoscaler(1, 10);
  EXPECT_THAT(condition("AbleToScale"),
              HasSubstr("False,FailedGetScale: the HPA controller was unable to get the target's current scale: "));
  EXPECT_EQ(condition("ScalingActive"), "none");
  autoscaler(1, 10,
             [](HorizontalPodAutoscaler::Builder made) { made.getSpec().getScaleTargetRef().setKind("Gadget"); });
  EXPECT_THAT(condition("AbleToScale"), HasSubstr("no matches for kind \"Gadget\" in group \"example.com\""));
  EXPECT_THAT(events(), Contains(HasSubstr("FailedGetScale: ")));
}

TEST_F(AutoscalerTest, TakesASelectorThatSaysWhichPods) {
  widget(1, "");
  autoscaler(1, 10);
  EXPECT_EQ(condition("ScalingActive"), "False,InvalidSelector: the HPA target's scale is missing a selector");
  widget(1, "app in web");
  host.advance(15s);
  EXPECT_THAT(condition("ScalingActive"), HasSubstr("False,InvalidSelector: couldn't convert selector into a "
                                                    "corresponding internal selector object: "));
}

TEST_F(AutoscalerTest, TwoOfTheSamePodsHoldEachOther) {
  widget(2);
  widget(2, "app=web", "other");
  pods({100, 100});
  autoscaler(1, 10, {}, "other");
  EXPECT_EQ(replicas("other"), 4);
  autoscaler(1, 10);
  EXPECT_EQ(replicas(), 2);
  EXPECT_EQ(condition("ScalingActive"),
            "False,AmbiguousSelector: pods by selector app=web are controlled by more than one HPA "
            "(e.g. [default/web default/other])");
  host.remove<HorizontalPodAutoscaler>("default", "other");
  host.advance(15s);
  EXPECT_EQ(replicas(), 4);
}

TEST_F(AutoscalerTest, TheGreatestProposalCounts) {
  widget(2);
  pods({60, 60});
  autoscaler(1, 10, [](HorizontalPodAutoscaler::Builder made) {
    auto metrics = made.getSpec().initMetrics(2);
    cpuAt(metrics[0], 50);
    metrics[1].setType("Resource");
    metrics[1].initResource().setName("cpu");
    metrics[1].getResource().initTarget().setType("AverageValue");
    metrics[1].getResource().getTarget().setAverageValue("30m");
  });
  EXPECT_EQ(replicas(), 4);
  EXPECT_THAT(events(), Contains("SuccessfulRescale: New size: 4; reason: cpu resource above target"));
}

TEST_F(AutoscalerTest, WithoutTheApiOfOtherMetricsItSaysSo) {
  widget(2);
  pods({100, 100});
  const Edit external = [](HorizontalPodAutoscaler::Builder made) {
    auto metrics = made.getSpec().initMetrics(2);
    cpuAt(metrics[0], 50);
    metrics[1].setType("External");
    metrics[1].initExternal().initMetric().setName("queue");
    metrics[1].getExternal().initTarget().setValue("5");
  };
  autoscaler(1, 10, external);
  EXPECT_EQ(replicas(), 4) << "up it goes by the one that can be read";
  EXPECT_THAT(events(),
              Contains(HasSubstr("FailedGetExternalMetric: unable to get external metric default/queue/nil: ")));
  widget(4);
  pods({10, 10, 10, 10});
  host.advance(15s);
  EXPECT_THAT(condition("ScalingActive"), HasSubstr("False,FailedGetExternalMetric: ")) << "and not down";
  EXPECT_EQ(replicas(), 4);
}

TEST_F(AutoscalerTest, NothingStaysNothingUnlessItWasMadeSoHere) {
  const Edit byQueue = [](HorizontalPodAutoscaler::Builder made) {
    auto metric = made.getSpec().initMetrics(1)[0];
    metric.setType("External");
    metric.initExternal().initMetric().setName("queue");
    metric.getExternal().initTarget().setAverageValue("5");
  };
  const auto broughtToZero = [](const Edit& edit) {
    return [edit](HorizontalPodAutoscaler::Builder made) {
      if (edit) edit(made);
      setCondition<autoscaling_v2::HorizontalPodAutoscalerCondition>(made.initStatus(),
                                                                     {"ScaledToZero", "True", "ScaledToZero", "", ""});
    };
  };
  struct Situation {
    const char* what;
    int32_t min;
    Edit edit;
    const char* active;
    int32_t wanted;
  };
  const std::vector<Situation> situations = {
      {"a user has set it to nothing", 0, byQueue, "False,ScalingDisabled", 0},
      {"although there should be some", 2, byQueue, "False,ScalingDisabled", 0},
      {"the autoscaler has", 0, broughtToZero(byQueue), "False,FailedGetExternalMetric", 0},
      {"and nothing is measured without pods any more", 0, broughtToZero({}), "False,ScalingDisabled", 0},
      {"and there should be some now", 2, broughtToZero({}), "True,ValidMetricFound", 2},
      {"however slowly it may rise", 2, broughtToZero([](HorizontalPodAutoscaler::Builder made) {
         made.getSpec().initBehavior().initScaleUp().setSelectPolicy("Disabled");
       }),
       "True,ValidMetricFound", 2},
  };
  for (const Situation& each : situations) {
    host.remove<HorizontalPodAutoscaler>("default", "web");
    host.settle();
    widget(0);
    pods({50, 50});
    autoscaler(each.min, 10, each.edit);
    EXPECT_EQ(replicas(), each.wanted) << each.what;
    EXPECT_THAT(condition("ScalingActive"), testing::StartsWith(each.active)) << each.what;
  }
  EXPECT_THAT(events(), Contains("SuccessfulRescale: New size: 2; reason: Current number of replicas below "
                                 "Spec.MinReplicas"));
  EXPECT_EQ(condition("ScaledToZero"), "False,NotScaledToZero: the HPA controller did not scale the workload to zero");
}

TEST_F(AutoscalerTest, AScaleThatIsRefusedIsTold) {
  widget(2);
  pods({100, 100});
  host.onRequest([](std::string_view verb, std::string_view, std::string_view) -> Result<void> {
    if (verb == "update/scale") return fail(Status::forbidden("not today"));
    return {};
  });
  autoscaler(1, 10);
  EXPECT_EQ(condition("AbleToScale"),
            "False,FailedUpdateScale: the HPA controller was unable to update the target scale: not today");
  EXPECT_THAT(events(), Contains("FailedRescale: New size: 4; reason: cpu resource utilization (percentage of request) "
                                 "above target; error: not today"));
  host.onRequest({});
  host.advance(15s);
  EXPECT_EQ(replicas(), 4);
}

TEST_F(AutoscalerTest, ToleranceOfItsOwn) {
  widget(2);
  pods({54, 54});
  autoscaler(1, 10, [](HorizontalPodAutoscaler::Builder made) {
    made.getSpec().initBehavior().initScaleUp().setTolerance("0.05");
    auto policy = made.getSpec().getBehavior().getScaleUp().initPolicies(1)[0];
    policy.setType("Percent");
    policy.setValue(100);
    policy.setPeriodSeconds(15);
  });
  EXPECT_EQ(replicas(), 3);
}

TEST_F(AutoscalerTest, WritesNothingWhenNothingIsDifferent) {
  widget(2);
  pods({50, 50});
  autoscaler(1, 10);
  const size_t before = test::countRequests(host, "update/status horizontalpodautoscalers");
  host.advance(15s);
  host.advance(15s);
  // The first proposal may still settle what the conditions say.
  EXPECT_LE(test::countRequests(host, "update/status horizontalpodautoscalers"), before + 1);
}

}  // namespace
}  // namespace cleat
