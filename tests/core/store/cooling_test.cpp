// What nobody wants any more of what was made of objects goes, and nothing else changes.
#include "core/store/cooling.h"

#include <gtest/gtest.h>

#include "core/store/prepared.h"

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
    size_t replaced = 0;
    for (;;) {
      const Cooling::Step step = cooling.step(maps, most);
      replaced += step.replaced;
      if (step.ended) return replaced;
    }
  }

  TestKinds kinds;
  ObjectMaps maps;
  Cooling cooling;
};

TEST_F(CoolingTest, WhatNobodyWantsIsItsTextAlone) {
  fill(100);
  ObjectRef held = at("m1005");
  const object::Message* message = &held->message();
  EXPECT_EQ(round(7), 99u);  // one was wanted
  EXPECT_EQ(at("m1005"), held);
  EXPECT_FALSE(at("m1006")->hasMore());
  EXPECT_EQ(round(7), 1u);
  ObjectRef cold = at("m1005");
  EXPECT_NE(cold, held);
  EXPECT_FALSE(cold->hasMore());
  EXPECT_EQ(cold->json(), held->json());
  EXPECT_EQ(cold->revision(), 6u);
  EXPECT_EQ(&held->message(), message);  // who holds it keeps it
  EXPECT_EQ(cold->message().meta().getResourceVersion(), 6u);
  EXPECT_EQ(round(7), 0u);  // that was wanting it
  EXPECT_EQ(round(7), 1u);
}

TEST_F(CoolingTest, ProtobufIsMadeOnceAndGoesToo) {
  fill(1);
  const std::string_view made = at("m1000")->protobuf();
  EXPECT_EQ(made.data(), at("m1000")->protobuf().data());
  const std::string text(made);
  round(10);
  round(10);
  EXPECT_FALSE(at("m1000")->hasMore());
  EXPECT_EQ(at("m1000")->protobuf(), text);
}

TEST_F(CoolingTest, ARoundPassesAllResourcesInStepsOfAnySize) {
  for (size_t most : {1u, 2u, 3u, 64u, 1000u}) {
    maps.clear();
    fill(65);
    EXPECT_EQ(round(most), 65u) << most;
  }
}

}  // namespace
}  // namespace cleat::store
