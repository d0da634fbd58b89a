#include "core/app/check/check_population.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace cleat::app {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

size_t countOf(const std::vector<PopulationObject>& all, std::string_view use) {
  return static_cast<size_t>(std::ranges::count_if(all, [&](const auto& one) { return one.isUsedAs(use); }));
}

TEST(CheckPopulation, HasSomethingForEachThingThatChecksDo) {
  const auto all = readPopulation("");
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_GT(all->size(), 20u);
  for (const char* use : {"changed", "placed", "place"}) EXPECT_GE(countOf(*all, use), 1u) << use;
  EXPECT_TRUE(std::ranges::all_of(*all, &PopulationObject::isBuiltIn));
  EXPECT_EQ(countOf(*all, "eaten"), 0u);
}

TEST(CheckPopulation, EndsWithWhatAVendorAdds) {
  const size_t own = readPopulation("")->size();
  const auto all = readPopulation(R"(---
apiVersion: acme.example/v2
kind: Ticket
metadata: {name: one, namespace: shop, annotations: {cleat.dev/check: "place, changed"}}
---

---
apiVersion: v3
kind: Loose
metadata: {name: two}
)");
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), own + 2);
  const PopulationObject &one = (*all)[own], &two = (*all)[own + 1];
  EXPECT_FALSE(one.isBuiltIn);
  EXPECT_EQ(one.where, "--objects: document 1");
  EXPECT_EQ(one.group, "acme.example");
  EXPECT_EQ(one.version, "v2");
  EXPECT_EQ(one.kind, "Ticket");
  EXPECT_EQ(one.ns, "shop");
  EXPECT_EQ(one.name, "one");
  EXPECT_THAT(one.uses, ElementsAre("place", "changed"));
  EXPECT_EQ(two.where, "--objects: document 2");
  EXPECT_EQ(two.group, "");
  EXPECT_EQ(two.version, "v3");
  EXPECT_THAT(two.uses, ElementsAre());
}

TEST(CheckPopulation, SaysWhichDocumentIsWrong) {
  const auto none = readPopulation("kind: A\n---\njust a text\n");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "--objects: document 2: it is no object");
  EXPECT_THAT(readPopulation("a: [\n").error().message, StartsWith("--objects: document 1: "));
  const auto misused = readPopulation("metadata: {annotations: {cleat.dev/check: plased}}\n");
  ASSERT_FALSE(misused);
  EXPECT_EQ(misused.error().message,
            "--objects: document 1: metadata.annotations[cleat.dev/check]: no check does \"plased\" with an object; "
            "did you mean \"placed\"?");
}

}  // namespace
}  // namespace cleat::app
