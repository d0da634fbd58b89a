#include "core/store/object_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>

namespace cleat::store {
namespace {

using object::Object;
using object::ObjectRef;
using Pair = std::pair<std::string, std::string>;

object::Kind anyKind;

ObjectRef make(const std::string& ns, const std::string& name, uint64_t revision = 1) {
  return makeRef<Object>(anyKind, ns, name, revision, std::string());
}

std::vector<Pair> keys(const ObjectMap& map, ObjectMap::Key from = {}, ObjectMap::Begin begin = ObjectMap::Begin::at) {
  std::vector<Pair> found;
  map.visit(from, begin, [&](const ObjectRef& object) {
    found.emplace_back(object->ns(), object->name());
    return true;
  });
  return found;
}

TEST(ObjectMap, AnEmptyMapHasNothing) {
  ObjectMap map;
  EXPECT_EQ(map.size(), 0u);
  EXPECT_FALSE(map.find({"a", "b"}));
  EXPECT_FALSE(map.erase({"a", "b"}));
  EXPECT_TRUE(keys(map).empty());
}

TEST(ObjectMap, KeepsTheOrderOfNamespaceAndName) {
  ObjectMap map;
  map.set(make("b", "a"));
  map.set(make("a", "z"));
  map.set(make("a", "b"));
  map.set(make("", "node"));
  EXPECT_EQ(keys(map), (std::vector<Pair>{{"", "node"}, {"a", "b"}, {"a", "z"}, {"b", "a"}}));
  EXPECT_EQ(keys(map, {"a", "b"}), (std::vector<Pair>{{"a", "b"}, {"a", "z"}, {"b", "a"}}));
  EXPECT_EQ(keys(map, {"a", "b"}, ObjectMap::Begin::after), (std::vector<Pair>{{"a", "z"}, {"b", "a"}}));
  EXPECT_EQ(keys(map, {"a", "c"}, ObjectMap::Begin::after), (std::vector<Pair>{{"a", "z"}, {"b", "a"}}));
  EXPECT_TRUE(keys(map, {"c", ""}).empty());
}

TEST(ObjectMap, ReplacingGivesWhatWasThere) {
  ObjectMap map;
  ObjectRef first = make("a", "b", 1);
  EXPECT_FALSE(map.set(first));
  EXPECT_EQ(map.set(make("a", "b", 2)), first);
  EXPECT_EQ(map.size(), 1u);
  EXPECT_EQ(map.find({"a", "b"})->revision(), 2u);
}

TEST(ObjectMap, ACopyStaysAsItWas) {
  ObjectMap map;
  for (int i = 0; i < 100; ++i) map.set(make("ns", std::to_string(i)));
  ObjectMap copy = map;
  for (int i = 0; i < 100; i += 2) map.erase({"ns", std::to_string(i)});
  map.set(make("ns", "1", 9));
  EXPECT_EQ(copy.size(), 100u);
  EXPECT_EQ(copy.find({"ns", "1"})->revision(), 1u);
  EXPECT_TRUE(copy.find({"ns", "2"}));
  EXPECT_EQ(map.size(), 50u);
  copy.check();
  map.check();
}

// Against std::map, with copies kept along the way.
TEST(ObjectMap, DoesWhatAnOrderedMapDoesForAnyMixOfChanges) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    ObjectMap map;
    std::map<Pair, uint64_t> model;
    std::vector<std::pair<ObjectMap, std::map<Pair, uint64_t>>> kept;
    uint32_t range = seed % 2 == 0 ? 40 : 2000;
    for (uint64_t step = 1; step <= 3000; ++step) {
      Pair key{std::to_string(random() % 3), std::to_string(random() % range)};
      // First it grows, then it shrinks.
      bool erases = random() % 100 < (step < 2000 ? 30u : 80u);
      if (erases) {
        ObjectRef gone = map.erase({key.first, key.second});
        ASSERT_EQ(bool(gone), model.erase(key) == 1) << "seed " << seed << " step " << step;
      } else {
        ObjectRef before = map.set(make(key.first, key.second, step));
        ASSERT_EQ(bool(before), model.contains(key));
        model[key] = step;
      }
      if (step % 97 == 0) kept.emplace_back(map, model);
      if (step % 50 == 0) map.check();
      ASSERT_EQ(map.size(), model.size());
    }
    kept.emplace_back(map, model);
    for (auto& [copy, expected] : kept) {
      copy.check();
      auto next = expected.begin();
      copy.visit({}, ObjectMap::Begin::at, [&](const ObjectRef& object) {
        EXPECT_EQ((Pair{object->ns(), object->name()}), next->first);
        EXPECT_EQ(object->revision(), next->second);
        ++next;
        return true;
      });
      EXPECT_EQ(next, expected.end());
      for (auto& [key, revision] : expected) ASSERT_EQ(copy.find({key.first, key.second})->revision(), revision);
    }
    Pair from{"1", std::to_string(random() % range)};
    std::vector<Pair> expected;
    for (auto at = model.upper_bound(from); at != model.end(); ++at) expected.push_back(at->first);
    EXPECT_EQ(keys(map, {from.first, from.second}, ObjectMap::Begin::after), expected);
  }
}

TEST(ObjectMap, CopiesMayBeReadAndDroppedOnOtherThreadsWhileTheOriginalChanges) {
  ObjectMap map;
  for (int i = 0; i < 500; ++i) map.set(make("ns", std::to_string(i)));
  std::vector<std::thread> readers;
  for (int round = 0; round < 20; ++round) {
    readers.emplace_back([copy = map, round] {
      size_t seen = 0;
      uint64_t newest = 0;
      copy.visit({}, ObjectMap::Begin::at, [&](const ObjectRef& object) {
        ++seen;
        newest = std::max(newest, object->revision());
        return true;
      });
      EXPECT_EQ(seen, 500u);
      EXPECT_EQ(newest, static_cast<uint64_t>(round) + 1);
    });
    for (int i = 0; i < 500; i += 7) map.set(make("ns", std::to_string(i), static_cast<uint64_t>(round) + 2));
  }
  for (auto& reader : readers) reader.join();
}

}  // namespace
}  // namespace cleat::store
