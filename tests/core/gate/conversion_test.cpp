// Objects whose versions have structs of their own: what is stored is of one, and whoever wants another gets what the
// plugin makes of it, or is told why not.
#include <cleat/schema/kinds/autoscaling_v1.capnp.h>
#include <cleat/schema/kinds/autoscaling_v2.capnp.h>
#include <gmock/gmock.h>

#include "tests/core/gate/gate_fixture.h"

namespace cleat::gate {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using V1 = autoscaling_v1::HorizontalPodAutoscaler;
using V2 = autoscaling_v2::HorizontalPodAutoscaler;

template <class To, class From>
Ref<Message> remade(const Message& object) {
  return object::makeMessage<To>([&](typename To::Builder made) {
    auto from = object.root<From>();
    made.setMetadata(from.getMetadata());
    made.initSpec().setMaxReplicas(from.getSpec().getMaxReplicas());
  });
}

class ConversionTest : public GateTest {
 protected:
  ConversionTest() {
    roles_.onConvert = [this](const RoleCall& call) {
      RoleAnswer answer;
      if (!broken_.empty()) {
        answer.status = CLEAT_RETRY;
        answer.error = Status::unavailable(broken_);
        return answer;
      }
      answer.message = Message::make(1);
      const bool up = view(call.params->root<role::ConvertParams>().getVersion()) == "v2";
      converted_ += call.objects.size();
      for (const Argument& argument : call.objects) {
        if (std::exchange(forgets_, false)) continue;
        answer.objects.push_back(up ? remade<V2, V1>(*argument.message) : remade<V1, V2>(*argument.message));
      }
      return answer;
    };
  }

  bus::Target at(const std::string& version, const std::string& name = {}) const {
    bus::Target out;
    out.kind = kinds_.find("autoscaling", version, "horizontalpodautoscalers");
    out.ns = "default";
    out.name = name;
    return out;
  }
  std::string create(const std::string& version, const std::string& name) {
    const bus::Target target = at(version, name);
    auto body = object::decodeJson(*target.kind, R"({"metadata":{"name":")" + name + R"("},"spec":{"maxReplicas":3}})",
                                   object::FieldValidation::strict);
    auto written = wait(gate_->create(user_, target, body->message, {}));
    return written ? written->object->json() : std::to_string(written.error().code) + " " + written.error().message;
  }
  std::string get(const std::string& version, const std::string& name) {
    auto object = wait(gate_->get(user_, at(version, name)));
    return object ? (*object)->json() : std::to_string(object.error().code) + " " + object.error().message;
  }
  std::string list(const std::string& version, size_t limit = 0) {
    bus::ListOptions options;
    options.limit = limit;
    auto page = wait(gate_->list(user_, at(version), options));
    if (!page) return std::to_string(page.error().code) + " " + page.error().message;
    std::string all;
    for (const auto& object : page->objects) all += object->kind().version + " " + object->name() + ";";
    return page->remaining == 0 ? all : all + std::to_string(page->remaining);
  }

  std::string broken_;
  bool forgets_ = false;  // the first object of the next call
  size_t converted_ = 0;
};

TEST_F(ConversionTest, OneVersionIsStoredAndEachIsRead) {
  EXPECT_THAT(create("v1", "a"), StartsWith(R"({"apiVersion":"autoscaling/v1",)"));
  const bus::Target target = at("v1", "a");
  EXPECT_EQ(store_->snapshot()->get(*target.kind, "default", "a")->kind().version, "v2");
  EXPECT_THAT(get("v2", "a"), HasSubstr(R"("spec":{"scaleTargetRef":{"kind":"","name":""},"maxReplicas":3})"));
  EXPECT_THAT(get("v1", "a"), StartsWith(R"({"apiVersion":"autoscaling/v1",)"));
  const size_t asked = converted_;
  EXPECT_THAT(get("v1", "a"), StartsWith(R"({"apiVersion":"autoscaling/v1",)"));
  EXPECT_EQ(converted_, asked);  // it was kept
}

TEST_F(ConversionTest, ListsAreConvertedAsFarAsTheyAreWanted) {
  for (const char* name : {"a", "b", "c"}) create("v2", name);
  EXPECT_EQ(converted_, 0u);
  EXPECT_EQ(list("v1", 2), "v1 a;v1 b;1");
  EXPECT_EQ(list("v1"), "v1 a;v1 b;v1 c;");
  EXPECT_EQ(converted_, 3u);
}

TEST_F(ConversionTest, WhatCannotBeConvertedIsAnErrorAndNoOtherObject) {
  create("v2", "a");
  broken_ = "the plugin is gone";
  EXPECT_EQ(get("v1", "a"), "503 the plugin is gone");
  EXPECT_EQ(list("v1"), "503 the plugin is gone");
  EXPECT_EQ(create("v1", "b"), "503 the plugin is gone");
  EXPECT_EQ(list("v2"), "v2 a;");
  broken_.clear();
  forgets_ = true;
  EXPECT_EQ(get("v1", "a"),
            "500 plugin test-kinds converted 0 of 1 horizontalpodautoscalers.autoscaling to autoscaling/v1");
  EXPECT_THAT(get("v1", "a"), StartsWith(R"({"apiVersion":"autoscaling/v1",)"));
}

TEST_F(ConversionTest, WatchesGiveWhatIsConverted) {
  auto opened = wait(gate_->watch(user_, at("v1"), "", "metadata.name=a", 0));
  ASSERT_TRUE(opened);
  bus::Watch& watch = **opened;
  auto next = [&] {
    std::promise<void> ready;
    watch.onReady([&] { ready.set_value(); });
    ready.get_future().wait();
    return watch.next(10);
  };
  create("v2", "a");
  Result<std::vector<bus::Change>> changes = next();
  while (changes && changes->empty()) changes = next();
  ASSERT_TRUE(changes);
  ASSERT_EQ(changes->size(), 1u);
  EXPECT_EQ(changes->front().object->kind().version, "v1");
  EXPECT_FALSE(changes->front().object->problem());

  broken_ = "the plugin is gone";
  create("v2", "b");
  changes = next();
  while (changes && changes->empty()) changes = next();
  ASSERT_FALSE(changes);
  EXPECT_EQ(changes.error().message, "the plugin is gone");
}

TEST_F(ConversionTest, SubscriptionsGiveWhatIsConverted) {
  create("v2", "a");
  auto opened = wait(gate_->subscribe(user_, at("v1"), "", ""));
  ASSERT_TRUE(opened);
  std::vector<bus::ClusterChange> changes;
  while (changes.size() < 2) {
    std::promise<void> ready;
    (*opened)->onReady([&] { ready.set_value(); });
    ready.get_future().wait();
    for (bus::ClusterChange& change : (*opened)->next(10)) changes.push_back(std::move(change));
    ASSERT_FALSE((*opened)->failure());
  }
  EXPECT_EQ(changes[0].object->kind().version, "v1");
  EXPECT_EQ(changes[1].type, bus::ClusterChange::Type::synced);
}

}  // namespace
}  // namespace cleat::gate
