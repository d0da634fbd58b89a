// What the APIs of metrics answer, what is made of it, and under which paths they are asked.
#include "plugins/controller-horizontal-pod-autoscaler/metric_sources.h"

#include <cleat/sdk/testkit.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cleat::autoscaler {
namespace {

using testing::ElementsAre;

constexpr const char* kGroup =
    R"({"kind":"APIGroup","versions":[{"groupVersion":"custom.metrics.k8s.io/v1beta2","version":"v1beta2"}]})";
constexpr const char* kTwoPods =
    R"({"kind":"MetricValueList","items":[)"
    R"({"describedObject":{"kind":"Pod","name":"a"},"metric":{"name":"hits"},"timestamp":"2026-01-01T00:00:00Z","windowSeconds":30,"value":"1500m"},)"
    R"({"describedObject":{"kind":"Pod","name":"b"},"metric":{"name":"hits"},"timestamp":"2026-01-01T00:00:00Z","value":"2"}]})";

class MetricSourcesTest : public testing::Test {
 protected:
  MetricSourcesTest() : plugin_(host_.start<test::EmptyPlugin>()) {
    plugin_.enter([&] {
      sources_.emplace(plugin_->context(), [this](std::string target) { return answer(std::move(target)); });
    });
  }
  ~MetricSourcesTest() override {
    plugin_.enter([&] { sources_.reset(); });
  }
  Task<HttpsAnswer> answer(std::string target) {
    asked_.push_back(target);
    if (!broken_.empty()) co_return HttpsAnswer{broken_};
    if (target == "/apis/custom.metrics.k8s.io") {
      if (!hasCustom_) co_return HttpsAnswer{{}, 404, "{}"};
      co_return HttpsAnswer{{}, 200, kGroup};
    }
    co_return HttpsAnswer{{}, code_, body_};
  }

  test::FakeHost host_;
  test::Started<test::EmptyPlugin> plugin_;
  std::optional<MetricSources> sources_;
  std::vector<std::string> asked_;
  std::string broken_, body_ = kTwoPods;
  int code_ = 200;
  bool hasCustom_ = true;
};

TEST_F(MetricSourcesTest, OfPods) {
  auto metrics = plugin_.await(sources_->ofPods("shop", "app=web,tier in (a,b)", "hits/s", "verb=GET"));
  ASSERT_TRUE(metrics) << metrics.error().message;
  EXPECT_EQ(metrics->at("a").value, 1500);
  EXPECT_EQ(metrics->at("a").window, std::chrono::seconds(30));
  EXPECT_EQ(metrics->at("b").value, 2000);
  EXPECT_THAT(asked_, ElementsAre("/apis/custom.metrics.k8s.io",
                                  "/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/pods/*/hits%2Fs"
                                  "?labelSelector=app%3Dweb%2Ctier%20in%20%28a%2Cb%29&metricLabelSelector=verb%3DGET"));
}

TEST_F(MetricSourcesTest, OfAnObject) {
  body_ = R"({"items":[{"describedObject":{"name":"front"},"value":"7"}]})";
  const ObjectOfMetric ingress{"ingresses", "networking.k8s.io", "shop", "front"};
  EXPECT_EQ(*plugin_.await(sources_->ofObject(ingress, "hits", "")), 7000);
  const ObjectOfMetric space{"namespaces", "", "", "shop"};
  EXPECT_EQ(*plugin_.await(sources_->ofObject(space, "hits", "")), 7000);
  EXPECT_EQ(asked_[1], "/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/ingresses.networking.k8s.io/front/hits");
  EXPECT_EQ(asked_[3], "/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/metrics/hits");
}

TEST_F(MetricSourcesTest, FromOutside) {
  EXPECT_EQ(*plugin_.await(sources_->external("shop", "queue", "q=a")), 3500) << "all series together";
  EXPECT_THAT(asked_, ElementsAre("/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/queue?labelSelector=q%3Da"));
}

TEST_F(MetricSourcesTest, ANameLeadsNowhereElse) {
  (void)plugin_.await(sources_->external("shop", "../../../../api/v1/secrets?x=", ""));
  EXPECT_EQ(asked_[0],
            "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/..%2F..%2F..%2F..%2Fapi%2Fv1%2Fsecrets%3Fx%3D");
  (void)plugin_.await(sources_->external("shop", "..", ""));
  EXPECT_EQ(asked_[1], "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/%2E%2E");
}

TEST_F(MetricSourcesTest, WhatIsNotThereIsTold) {
  hasCustom_ = false;
  code_ = 404;
  EXPECT_EQ(plugin_.await(sources_->ofPods("shop", "a=b", "hits", "")).error().message,
            "unable to get metric hits: unable to fetch metrics from custom metrics API: no custom metrics API "
            "(custom.metrics.k8s.io) registered");
  EXPECT_EQ(plugin_.await(sources_->external("shop", "queue", "")).error().message,
            "unable to fetch metrics from external metrics API: the server could not find the requested resource (get "
            "queue.external.metrics.k8s.io)");
  broken_ = "connect: refused";
  EXPECT_EQ(plugin_.await(sources_->external("shop", "queue", "")).error().message,
            "unable to fetch metrics from external metrics API: connect: refused");
}

TEST_F(MetricSourcesTest, HostileAnswersAreRefused) {
  for (const std::string body : {"", "[]", "{}", R"({"items":7})", R"({"items":[{}]})", R"({"items":[{"value":"x"}]})",
                                 R"({"items":[{"value":{}}]})"}) {
    body_ = body;
    EXPECT_FALSE(plugin_.await(sources_->external("shop", "queue", ""))) << body;
  }
  body_ = R"({"items":[]})";
  EXPECT_EQ(plugin_.await(sources_->external("shop", "queue", "")).error().message,
            "no metrics returned from external metrics API");
}

}  // namespace
}  // namespace cleat::autoscaler
