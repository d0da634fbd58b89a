// Kinds that nothing stores: what their plugin says there is, after authorization, and nothing that is none of it.
#include <cleat/schema/kinds/core_v1_component.capnp.h>
#include <cleat/schema/kinds/metrics_v1beta1.capnp.h>
#include <gmock/gmock.h>

#include "tests/core/gate/gate_fixture.h"

namespace cleat::gate {
namespace {

using core_v1::ComponentStatus;
using metrics_v1beta1::PodMetrics;
using testing::HasSubstr;
using testing::StartsWith;

class LookTest : public GateTest {
 protected:
  LookTest() {
    roles_.onLook = [this](const RoleCall& call) {
      ++asked_;
      RoleAnswer answer;
      answer.message = Message::make(1);
      const auto ref = call.params->root<role::LookParams>().getRef();
      said_ = concat(ref.getResource(), " ", ref.getNamespace(), "/", ref.getName(), " for ",
                     call.params->root<role::LookParams>().getUser().getName());
      for (const Ref<Message>& each : there_) answer.objects.push_back(each);
      return answer;
    };
  }

  static Ref<Message> component(const std::string& name, const std::string& label = {}) {
    return object::makeMessage<ComponentStatus>([&](ComponentStatus::Builder made) {
      auto meta = made.initMetadata();
      meta.setName(name);
      if (label.empty()) return;
      auto labels = meta.initLabels(1);
      labels[0].setKey("tier");
      labels[0].setValue(label);
    });
  }
  static Ref<Message> metrics(const std::string& ns, const std::string& name) {
    return object::makeMessage<PodMetrics>([&](PodMetrics::Builder made) {
      made.initMetadata().setName(name);
      made.getMetadata().setNamespace(ns);
      made.setTimestamp("2026-03-01T12:00:00Z");
      made.setWindow("15s");
    });
  }

  bus::Target components(const std::string& name = {}) const {
    bus::Target out;
    out.kind = kinds_.find("", "v1", "componentstatuses");
    out.name = name;
    return out;
  }
  bus::Target pods(const std::string& ns, const std::string& name = {}) const {
    bus::Target out;
    out.kind = kinds_.find("metrics.k8s.io", "v1beta1", "pods");
    out.ns = ns;
    out.name = name;
    return out;
  }
  bus::Target reviews(const std::string& name = {}) const {
    bus::Target out;
    out.kind = kinds_.find("authorization.k8s.io", "v1", "subjectaccessreviews");
    out.name = name;
    return out;
  }
  static std::string shown(const Status& status) { return concat(status.code, " ", status.message); }
  std::string get(bus::Target target) {
    auto object = wait(gate_->get(user_, std::move(target)));
    return object ? (*object)->json() : shown(object.error());
  }
  // The names, with "/" behind each.
  std::string list(bus::Target target, const bus::ListOptions& options = {}) {
    auto listed = wait(gate_->list(user_, std::move(target), options));
    if (!listed) return shown(listed.error());
    EXPECT_EQ(listed->revision, 0u);
    EXPECT_EQ(listed->continueToken, "");
    std::string all;
    for (const auto& object : listed->objects) all += object->key() + ";";
    return all;
  }

  std::vector<Ref<Message>> there_;
  std::string said_;
  int asked_ = 0;
};

TEST_F(LookTest, AGetIsWhatThePluginSays) {
  there_ = {component("store")};
  EXPECT_EQ(get(components("store")), R"({"apiVersion":"v1","kind":"ComponentStatus","metadata":{"name":"store"}})");
  EXPECT_EQ(said_, "componentstatuses /store for somebody");
}

TEST_F(LookTest, WhatThePluginDoesNotHaveIsNotFound) {
  EXPECT_EQ(get(components("store")), "404 componentstatuses \"store\" not found");
  EXPECT_EQ(list(components()), "");
}

TEST_F(LookTest, AListIsInOrderAndWhole) {
  there_ = {metrics("b", "y"), metrics("a", "z"), metrics("b", "x")};
  bus::ListOptions page;
  page.limit = 1;
  page.revision = 1000;
  page.match = bus::ListOptions::Match::exact;
  EXPECT_EQ(list(pods(""), page), "a/z;b/x;b/y;");
}

TEST_F(LookTest, SelectorsChoose) {
  there_ = {component("store", "back"), component("scheduler", "front"), component("other")};
  bus::ListOptions options;
  options.labelSelector = "tier in (back,front)";
  EXPECT_EQ(list(components(), options), "scheduler;store;");
  options.fieldSelector = "metadata.name!=store";
  EXPECT_EQ(list(components(), options), "scheduler;");
  options.fieldSelector = "spec.nodeName=a";
  EXPECT_THAT(list(components(), options), HasSubstr("400 "));
}

TEST_F(LookTest, WhoMayNotIsNotTold) {
  there_ = {component("store")};
  roles_.denied = "get";
  EXPECT_THAT(get(components("store")), StartsWith("403 componentstatuses \"store\" is forbidden"));
  roles_.denied = "list";
  EXPECT_THAT(list(components()), StartsWith("403 componentstatuses is forbidden"));
  EXPECT_EQ(asked_, 0);
}

TEST_F(LookTest, WhatStandsElsewhereIsNotShown) {
  there_ = {metrics("other", "web")};
  EXPECT_THAT(get(pods("default", "web")),
              HasSubstr("500 plugin test-kinds gave the PodMetrics \"web\" in the namespace"));
  EXPECT_THAT(list(pods("default")), HasSubstr("in the namespace \"other\""));
  there_ = {metrics("", "web")};
  EXPECT_THAT(list(pods("")), HasSubstr("in the namespace \"\""));
  there_ = {metrics("default", "other")};
  EXPECT_THAT(get(pods("default", "web")), HasSubstr("gave the PodMetrics \"other\" when it was asked for \"web\""));
  there_ = {component("")};
  EXPECT_THAT(list(components()), HasSubstr("a ComponentStatus without a name"));
}

TEST_F(LookTest, NoTwoAreTheSameOne) {
  there_ = {component("store"), component("store")};
  EXPECT_THAT(get(components("store")), HasSubstr("2 objects when it was asked for one"));
  EXPECT_THAT(list(components()), HasSubstr("two objects \"store\""));
}

TEST_F(LookTest, NothingOfItHasARevision) {
  Ref<Message> versioned = object::makeMessage<ComponentStatus>([](ComponentStatus::Builder made) {
    made.initMetadata().setName("store");
    made.getMetadata().setResourceVersion(7);
  });
  there_ = {versioned};
  EXPECT_THAT(get(components("store")), HasSubstr("with a resourceVersion"));
}

TEST_F(LookTest, WhatIsNoneOfTheKindIsNotShown) {
  Ref<Message> odd = object::makeMessage<PodMetrics>([](PodMetrics::Builder made) {
    made.initMetadata().setName("web");
    made.getMetadata().setNamespace("default");
    made.setWindow("\xff\xfe");
  });
  there_ = {odd};
  EXPECT_THAT(get(pods("default", "web")), HasSubstr("plugin test-kinds gave an object that is no PodMetrics"));
}

TEST_F(LookTest, WhatThePluginRefusesIsRefused) {
  roles_.onLook = [](const RoleCall&) {
    RoleAnswer answer;
    answer.status = CLEAT_RETRY;
    answer.error = Status::unavailable("not yet");
    return answer;
  };
  EXPECT_EQ(get(components("store")), "503 not yet");
  EXPECT_EQ(list(components()), "503 not yet");
}

TEST_F(LookTest, ThereIsNothingToWatch) {
  auto watch = wait(gate_->watch(user_, components(), "", "", 0));
  ASSERT_FALSE(watch);
  EXPECT_EQ(watch.error().code, 405);
  auto subscription = wait(gate_->subscribe(user_, components(), "", ""));
  ASSERT_FALSE(subscription);
  EXPECT_EQ(subscription.error().code, 405);
}

TEST_F(LookTest, WhatIsOnlyAnsweredCannotBeLookedAt) {
  EXPECT_THAT(get(reviews("x")), StartsWith("405 "));
  EXPECT_THAT(list(reviews()), StartsWith("405 "));
  EXPECT_EQ(asked_, 0);
}

}  // namespace
}  // namespace cleat::gate
