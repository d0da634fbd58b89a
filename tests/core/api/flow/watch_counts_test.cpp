#include "core/api/flow/watch_counts.h"

#include <gtest/gtest.h>

#include <vector>

namespace cleat::api {
namespace {

TEST(WatchCountsTest, ThoseAreToldWhoWatchTheResourceTheNamespaceOrTheObject) {
  WatchCounts counts;
  std::vector<WatchCounts::Watcher> watchers;
  for (int i = 0; i < 3; ++i) watchers.push_back(counts.add({"apps", "deployments", "", ""}));
  watchers.push_back(counts.add({"apps", "deployments", "a", ""}));
  watchers.push_back(counts.add({"apps", "deployments", "a", "web"}));
  watchers.push_back(counts.add({"", "pods", "a", ""}));
  EXPECT_EQ(counts.of({"apps", "deployments", "a", "web"}, 1), 5u);
  EXPECT_EQ(counts.of({"apps", "deployments", "a", ""}, 1), 4u);
  EXPECT_EQ(counts.of({"apps", "deployments", "b", "web"}, 1), 3u);
  EXPECT_EQ(counts.of({"extensions", "deployments", "a", "web"}, 1), 0u);
  EXPECT_EQ(counts.of({"", "pods", "a", "web"}, 1), 1u);
  EXPECT_EQ(counts.of({"", "pods", "a", "web"}, 10), 0u) << "these are few";
}

TEST(WatchCountsTest, OneThatEndsIsToldNoMore) {
  WatchCounts counts;
  WatchCounts::Watcher kept = counts.add({"", "pods", "", ""});
  {
    WatchCounts::Watcher one = counts.add({"", "pods", "a", ""});
    WatchCounts::Watcher moved = std::move(one);
    EXPECT_EQ(counts.of({"", "pods", "a", ""}, 1), 2u);
  }
  EXPECT_EQ(counts.of({"", "pods", "a", ""}, 1), 1u);
  kept = counts.add({"", "nodes", "", ""});
  EXPECT_EQ(counts.of({"", "pods", "a", ""}, 1), 0u);
}

}  // namespace
}  // namespace cleat::api
