#include "node/node_amounts.h"

#include <gtest/gtest.h>

namespace cleat::agent {
namespace {

Machine machine() {
  Machine made;
  made.cpus = 4;
  made.memoryBytes = int64_t(8) << 30;
  made.storageBytes = 1000;
  made.mostPids = 32768;
  return made;
}

TEST(NodeAmounts, WithoutReservationsPodsAreLimitedToTheMachineAndMayAskForALittleLess) {
  EXPECT_EQ(limitOfPods(machine(), {}), (NodeAmounts{4000, int64_t(8) << 30, 1000, 32768}));
  EXPECT_EQ(allocatable(machine(), {}), (NodeAmounts{4000, (int64_t(8) << 30) - (100 << 20), 900, 32768}));
}

TEST(NodeAmounts, WhatIsReservedIsTakenFromBoth) {
  auto system = parseReserved("system_reserved", {"cpu=500m", "memory=1Gi", "ephemeral-storage=100", "pid=768"});
  auto kube = parseReserved("kube_reserved", {"cpu=0.5"});
  ASSERT_TRUE(system && kube);
  *system += *kube;
  EXPECT_TRUE(checkReserved(machine(), *system));
  EXPECT_EQ(limitOfPods(machine(), *system), (NodeAmounts{3000, int64_t(7) << 30, 900, 32000}));
  EXPECT_EQ(allocatable(machine(), *system), (NodeAmounts{3000, (int64_t(7) << 30) - (100 << 20), 800, 32000}));
}

TEST(NodeAmounts, SaysWhatIsWrongWithAReservation) {
  auto why = [](const std::string& entry) { return parseReserved("kube_reserved", {entry}).error().message; };
  EXPECT_EQ(why("gpu=1"),
            "kube_reserved: cannot reserve \"gpu\" resource in \"gpu=1\": expected cpu, memory, ephemeral-storage or "
            "pid, as in cpu=500m");
  EXPECT_EQ(why("cpu=much"), "kube_reserved: failed to parse quantity \"much\" for \"cpu\" resource");
  EXPECT_EQ(why("memory"), "kube_reserved: failed to parse quantity \"\" for \"memory\" resource");
  EXPECT_EQ(why("cpu=-1"), "kube_reserved: resource quantity for \"cpu\" cannot be negative: -1");
  auto tooMuch = parseReserved("kube_reserved", {"cpu=5"});
  ASSERT_TRUE(tooMuch);
  EXPECT_EQ(
      checkReserved(machine(), *tooMuch).error().message,
      "invalid Node Allocatable configuration. Resource \"cpu\" has a reservation of 5000m but capacity of 4000m. "
      "Expected capacity >= reservation");
}

TEST(NodeAmounts, AllOfItReservedIsNoLackOfALimit) {
  NodeAmounts all{4000, int64_t(8) << 30, 1000, 32768};
  EXPECT_TRUE(checkReserved(machine(), all));
  EXPECT_GT(limitOfPods(machine(), all).memoryBytes, 0);
  EXPECT_GT(limitOfPods(machine(), all).pids, 0);
}

}  // namespace
}  // namespace cleat::agent
