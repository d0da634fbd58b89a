#include "core/store/history.h"

#include <gtest/gtest.h>

#include <thread>

namespace cleat::store {
namespace {

object::Kind kind;

Change change(uint64_t revision) {
  return {ChangeType::modified, revision, makeRef<object::Object>(kind, "ns", "name", revision, std::string()),
          nullptr};
}

std::vector<uint64_t> revisions(const History& history, uint64_t after, uint64_t upTo) {
  std::vector<uint64_t> found;
  EXPECT_TRUE(history.visit(after, upTo, [&](const Change& c) {
    found.push_back(c.revision);
    return true;
  }));
  return found;
}

TEST(History, GivesTheChangesBetweenTwoRevisionsInOrder) {
  History history(0);
  for (uint64_t revision = 3; revision <= 300; revision += 3) history.append(change(revision));
  EXPECT_EQ(revisions(history, 0, 9), (std::vector<uint64_t>{3, 6, 9}));
  EXPECT_EQ(revisions(history, 6, 14), (std::vector<uint64_t>{9, 12}));
  EXPECT_EQ(revisions(history, 7, 9), (std::vector<uint64_t>{9}));
  EXPECT_EQ(revisions(history, 294, 1000), (std::vector<uint64_t>{297, 300}));
  EXPECT_TRUE(revisions(history, 300, 1000).empty());
  EXPECT_TRUE(history.hasAfter(299, 300));
  EXPECT_FALSE(history.hasAfter(299, 299));
  EXPECT_FALSE(history.hasAfter(300, 1000));
}

TEST(History, TellsWhoComesTooLate) {
  History history(10);
  history.append(change(11));
  EXPECT_FALSE(history.visit(9, 11, [](const Change&) { return true; }));
  EXPECT_EQ(revisions(history, 10, 11), (std::vector<uint64_t>{11}));
  for (uint64_t revision = 12; revision <= 200; ++revision) history.append(change(revision));
  history.giveUp(150);
  EXPECT_FALSE(history.visit(149, 200, [](const Change&) { return true; }));
  EXPECT_TRUE(history.hasAfter(149, 200)) << "there is something to learn, if only that it is too late";
  EXPECT_EQ(revisions(history, 150, 152), (std::vector<uint64_t>{151, 152}));
}

TEST(History, GoesOnAfterEverythingWasGivenUp) {
  History history(0);
  for (uint64_t revision = 1; revision <= 64; ++revision) history.append(change(revision));
  history.giveUp(64);
  EXPECT_TRUE(revisions(history, 64, 100).empty());
  history.append(change(65));
  EXPECT_EQ(revisions(history, 64, 100), (std::vector<uint64_t>{65}));
}

TEST(History, ReadersMissNothingWhileItGrowsAndIsGivenUp) {
  History history(0);
  constexpr uint64_t kLast = 20'000;
  std::atomic<uint64_t> published{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      uint64_t cursor = 0;
      while (cursor < kLast) {
        uint64_t upTo = published.load(std::memory_order_acquire);
        bool reaches = history.visit(cursor, upTo, [&](const Change& c) {
          EXPECT_EQ(c.revision, cursor + 1);
          EXPECT_EQ(c.object->revision(), c.revision);
          cursor = c.revision;
          return true;
        });
        if (!reaches) cursor = history.horizon();
      }
    });
  }
  for (uint64_t revision = 1; revision <= kLast; ++revision) {
    history.append(change(revision));
    published.store(revision, std::memory_order_release);
    if (revision > 100) history.giveUp(revision - 100);
  }
  for (auto& reader : readers) reader.join();
}

}  // namespace
}  // namespace cleat::store
