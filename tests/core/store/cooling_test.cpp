// What nobody wants any more of what was made of objects goes, and nothing else changes.
#include "core/store/cooling.h"

#include <gtest/gtest.h>

#include "core/store/chronicle.h"
#include "core/store/prepared.h"

#include "tests/core/object/open/open_kinds.h"
#include "tests/core/store/fixtures.h"
#include "tests/core/store/memory_engine.h"
#include "tests/core/store/store_fixture.h"

namespace cleat::store {
namespace {

class CoolingTest : public ::testing::Test {
 protected:
  void fill(int count) {
    ObjectMap& map = mapOf(maps, *kinds.configMap->storage);
    for (int i = 0; i < count; ++i) {
      std::string name = "m" + std::to_string(1000 + i);
      map.set(seal(prepare(*kinds.configMap, "default", name, configMapMessage("default", name, "v")),
                   static_cast<uint64_t>(i) + 1));
    }
  }
  ObjectRef at(const std::string& name) { return mapOf(maps, *kinds.configMap->storage).find({"default", name}); }
  size_t round(size_t most) {
    size_t cooled = 0;
    for (;;) {
      const Cooling::Step step = cooling.step(maps, most, *kinds.registry.latest());
      cooled += step.cooled + step.replaced;
      if (step.ended) return cooled;
    }
  }

  TestKinds kinds;
  ObjectMaps maps;
  Cooling cooling;
};

TEST_F(CoolingTest, WhatNobodyWantsIsItsTextAlone) {
  fill(100);
  ObjectRef held = at("m1005");
  const Ref<const object::Message> message = held->message();
  EXPECT_EQ(round(7), 99u);  // one was wanted
  EXPECT_EQ(held->message(), message);
  EXPECT_FALSE(at("m1006")->hasMade());
  EXPECT_EQ(round(7), 0u);  // asking was wanting it
  EXPECT_EQ(round(7), 1u);
  EXPECT_EQ(at("m1005"), held);
  EXPECT_FALSE(held->hasMade());
  EXPECT_EQ(message->meta().getResourceVersion(), 6u);  // who holds it keeps it
  EXPECT_NE(held->message(), message);
  EXPECT_EQ(held->message()->meta().getResourceVersion(), 6u);
  EXPECT_EQ(round(7), 0u);  // that was wanting it
  EXPECT_EQ(round(7), 1u);
}

TEST_F(CoolingTest, ProtobufIsMadeOnceAndGoesToo) {
  fill(1);
  const Ref<const object::Rendition> made = at("m1000")->protobuf();
  EXPECT_EQ(made, at("m1000")->protobuf());
  round(10);
  round(10);
  EXPECT_FALSE(at("m1000")->hasMade());
  EXPECT_EQ(at("m1000")->protobuf()->bytes, made->bytes);
}

TEST_F(CoolingTest, ARoundPassesAllResourcesInStepsOfAnySize) {
  for (size_t most : {1u, 2u, 3u, 64u, 1000u}) {
    maps.clear();
    fill(65);
    EXPECT_EQ(round(most), 65u) << most;
  }
}

// A schema can be large, and is replaced as often as somebody likes.
TEST_F(CoolingTest, NobodyKeepsASchemaThatWasReplaced) {
  ASSERT_TRUE(test::offerCronTabs(kinds.registry, {{}}));
  object::KindRef first = kinds.registry.find("example.com", "v1", "crontabs");
  const std::string json = R"({"apiVersion":"example.com/v1","kind":"CronTab","metadata":{"name":"a"},"a":1})";
  mapOf(maps, *first->storage).set(makeRef<const object::Object>(*first, "", "a", uint64_t{1}, json));
  EXPECT_EQ(round(10), 0u);
  ASSERT_TRUE(test::offerCronTabs(kinds.registry, {{}}));
  object::KindRef second = kinds.registry.find("example.com", "v1", "crontabs");
  EXPECT_EQ(round(10), 1u);
  EXPECT_TRUE(first->unique());
  ObjectRef cold = mapOf(maps, *second->storage).find({"", "a"});
  EXPECT_EQ(&cold->kind(), second.get());
  EXPECT_EQ(cold->json(), json);
  EXPECT_EQ(round(10), 0u);
}

TEST_F(CoolingTest, OnlyTheLastThousandChangesHaveTheirMessagesAtHand) {
  Chronicle chronicle(0, {20'000, 64u << 20, std::chrono::hours(1)});
  fill(1'100);
  for (uint64_t revision = 1; revision <= 1'100; ++revision) {
    const ObjectRef object = at("m" + std::to_string(999 + revision));
    chronicle.record({.type = ChangeType::added, .revision = revision, .object = object, .previous = nullptr}, {});
  }
  EXPECT_FALSE(at("m1099")->hasMade());
  EXPECT_TRUE(at("m1100")->hasMade());
  EXPECT_EQ(at("m1099")->message()->meta().getResourceVersion(), 100u);
}

TEST_F(CoolingTest, OfLargeOnesThatWereReplacedFewHaveTheirMessagesAtHand) {
  Chronicle chronicle(0, {20'000, 64u << 20, std::chrono::hours(1)});
  std::vector<ObjectRef> objects;
  const auto replace = [&](size_t size) {
    const ObjectRef before = objects.empty() ? nullptr : objects.back();
    const uint64_t revision = objects.size() + 1;
    objects.push_back(seal(
        prepare(*kinds.configMap, "default", "m", configMapMessage("default", "m", std::string(size, 'x'))), revision));
    chronicle.record({.type = before ? ChangeType::modified : ChangeType::added,
                      .revision = revision,
                      .object = objects.back(),
                      .previous = before},
                     {});
  };
  for (int i = 0; i < 6; ++i) replace(1u << 18);
  const auto hot = [&] {
    return std::ranges::count_if(objects, [](const ObjectRef& each) { return each->hasMade(); });
  };
  EXPECT_EQ(hot(), 4) << "three that were replaced, and the last one";
  // Nothing of what was given up counts any more; one larger than all there is room for has its message until the next
  // one is replaced.
  chronicle.trim(Chronicle::Time{} + std::chrono::hours(2));
  replace(6u << 20);
  replace(1);
  EXPECT_TRUE(objects[6]->hasMade());
  replace(1);
  EXPECT_FALSE(objects[6]->hasMade());
  EXPECT_TRUE(objects[7]->hasMade());
  EXPECT_TRUE(objects[8]->hasMade());
}

TEST_F(CoolingTest, WhatWasReplacedLongAgoIsItsTextAlone) {
  Chronicle chronicle(0, {20'000, 64u << 20, std::chrono::hours(1)});
  fill(3);
  const ObjectRef first = at("m1000"), second = at("m1001"), third = at("m1002");
  const Chronicle::Time begin{}, later = begin + std::chrono::seconds(8);
  chronicle.record({.type = ChangeType::added, .revision = 1, .object = first, .previous = nullptr}, begin);
  chronicle.record({.type = ChangeType::modified, .revision = 2, .object = second, .previous = first}, begin);
  chronicle.record({.type = ChangeType::modified, .revision = 3, .object = third, .previous = second}, later);
  EXPECT_EQ(chronicle.coolDown(later), 0u);
  EXPECT_EQ(chronicle.coolDown(begin + std::chrono::seconds(11)), 1u);
  EXPECT_FALSE(first->hasMade());
  EXPECT_TRUE(second->hasMade()) << "somebody may be told still what it was before";
  EXPECT_EQ(chronicle.coolDown(later + std::chrono::seconds(11)), 1u);
  EXPECT_FALSE(second->hasMade());
  EXPECT_TRUE(third->hasMade()) << "it is there";
}

TEST_F(CoolingTest, SchemasCountForWhatThePastHolds) {
  Chronicle chronicle(0, {1'000, 4u << 20, std::chrono::hours(1)});
  const Chronicle::Time now{};
  for (uint64_t revision = 1; revision <= 50; ++revision) {
    const std::string schema = "{\"type\":\"object\",\"description\":\"" + std::string(100'000, 'x') + "\"}";
    ASSERT_TRUE(test::offerCronTabs(kinds.registry, {{.schema = schema}}));
    object::KindRef kind = kinds.registry.find("example.com", "v1", "crontabs");
    auto object = makeRef<const object::Object>(*kind, "", "a", revision, "{}");
    chronicle.record({.type = ChangeType::added, .revision = revision, .object = object, .previous = nullptr}, now);
    chronicle.trim(now);
  }
  EXPECT_GT(chronicle.horizon(), 40u);
  EXPECT_LT(chronicle.horizon(), 50u);
}

}  // namespace
}  // namespace cleat::store
