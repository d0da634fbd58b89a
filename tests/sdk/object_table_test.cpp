// What informers keep their objects in, held against a std::map.
#include "sdk/cpp/src/object_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace cleat::detail {
namespace {

TEST(ObjectTableTest, FindsByKeyAndByParts) {
  ObjectTable table;
  EXPECT_EQ(table.find("default/web"), nullptr);
  auto [web, isNew] = table.add("default", "web");
  EXPECT_TRUE(isNew);
  EXPECT_EQ(web->key, "default/web");
  EXPECT_EQ(table.add("default", "web"), std::make_pair(web, false));
  EXPECT_EQ(table.find("default/web"), web);
  EXPECT_EQ(table.find("default", "web"), web);
  for (const char* other : {"web", "default/we", "defaul/tweb", "default/webs", "efault/web"}) {
    EXPECT_EQ(table.find(other), nullptr) << other;
  }
  auto [node, isNewNode] = table.add("", "node");
  EXPECT_TRUE(isNewNode);
  EXPECT_EQ(node->key, "node");
  EXPECT_EQ(table.find("node"), node);
  table.erase(*web);
  EXPECT_EQ(table.find("default/web"), nullptr);
  EXPECT_EQ(table.find("node"), node);
  EXPECT_EQ(table.size(), 1u);
}

TEST(ObjectTableTest, HoldsWhatComesAndGoes) {
  ObjectTable table;
  std::map<std::string, ObjectTable::Entry*> expected;
  std::mt19937 random(20260101);
  for (int round = 0; round < 20000; ++round) {
    // Few names, so that most of them are found; more of them at first than later, so that it grows and thins out.
    const std::string name = "pod-" + std::to_string(random() % 700);
    const std::string ns = random() % 2 == 0 ? "a" : "b";
    const std::string key = ns + "/" + name;
    if (random() % 100 < (round < 10000 ? 60u : 40u)) {
      auto [entry, isNew] = table.add(ns, name);
      EXPECT_EQ(isNew, expected.emplace(key, entry).second);
      EXPECT_EQ(entry, expected[key]) << "entries stay where they are";
    } else if (const ObjectTable::Entry* entry = table.find(key)) {
      EXPECT_EQ(expected.erase(key), 1u);
      table.erase(*entry);
    } else {
      EXPECT_FALSE(expected.contains(key));
    }
    ASSERT_EQ(table.size(), expected.size());
  }
  std::map<std::string, ObjectTable::Entry*> found;
  table.forEach([&](const ObjectTable::Entry& entry) { found[entry.key] = table.find(entry.key); });
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace cleat::detail
