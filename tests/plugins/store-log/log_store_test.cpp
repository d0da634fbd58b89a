// What the log gives back after a restart, a crash in the middle of a write, compaction and merges.
#include "log_store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace cleat::storelog {
namespace {

namespace fs = std::filesystem;

struct Kept {
  std::string key, value;
  uint64_t revision;
  bool deleted;
  bool operator==(const Kept&) const = default;
};

class Log : public testing::Test {
 protected:
  Log() {
    char pattern[] = "/tmp/cleat-store-log-XXXXXX";
    folder_ = mkdtemp(pattern);
  }
  ~Log() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  std::unique_ptr<LogStore> make(uint64_t segment = 16u << 20, size_t mergeFrom = 4096) const {
    return std::make_unique<LogStore>(LogOptions{folder_, segment, mergeFrom});
  }
  std::unique_ptr<LogStore> opened(uint64_t segment = 16u << 20, size_t mergeFrom = 4096) const {
    auto store = make(segment, mergeFrom);
    auto done = store->open(true, std::nullopt);
    EXPECT_TRUE(done) << done.error().message;
    return store;
  }
  static Result<void> put(LogStore& store, const std::vector<Change>& changes) {
    std::string content;
    for (const Change& change : changes) addChange(content, change);
    return store.append(content, changes.front().revision, changes.back().revision);
  }
  static std::vector<Kept> all(LogStore& store, uint64_t after = 0, size_t page = 1u << 20) {
    std::vector<Kept> kept;
    for (bool ended = false; !ended;) {
      auto read = store.read(after, page, [&](const Change& change) {
        kept.push_back({std::string(change.key), std::string(change.value), change.revision, change.deleted});
        after = change.revision;
      });
      if (!read) {
        ADD_FAILURE() << read.error().message;
        break;
      }
      ended = *read;
    }
    return kept;
  }
  std::vector<std::string> files(const char* ending) const {
    std::vector<std::string> found;
    for (const auto& file : fs::directory_iterator(folder_)) {
      if (file.path().extension() == ending) found.push_back(file.path());
    }
    std::ranges::sort(found);
    return found;
  }
  std::string folder_;
};

TEST_F(Log, GivesBackWhatItWasGivenAfterARestart) {
  const std::vector<Kept> given = {{"/a", "one", 1, false}, {"/b", "two", 2, false}, {"/a", "", 3, true}};
  {
    auto store = opened();
    EXPECT_EQ(store->lastRevision(), 0u);
    ASSERT_TRUE(put(*store, {{"/a", 1, 0, false, "one"}, {"/b", 2, 0, false, "two"}}));
    ASSERT_TRUE(put(*store, {{"/a", 3, 1, true, ""}}));
    ASSERT_TRUE(store->setNote("readable", 77));
    EXPECT_EQ(all(*store), given);
    EXPECT_EQ(all(*store, 0, 1), given) << "a change at a time";
    EXPECT_EQ(all(*store, 2), std::vector<Kept>{given[2]});
  }
  auto store = opened();
  EXPECT_EQ(store->lastRevision(), 3u);
  EXPECT_EQ(store->note("readable"), 77u);
  EXPECT_EQ(all(*store), given);
  ASSERT_TRUE(put(*store, {{"/c", 4, 0, false, "three"}}));
  EXPECT_EQ(all(*store, 3).size(), 1u);
}

TEST_F(Log, OnlyOneHasIt) {
  auto first = opened();
  auto second = make();
  auto refused = second->open(true, std::nullopt);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, 503) << "the other may be going";
  first->close();
  EXPECT_TRUE(second->open(true, std::nullopt));
}

TEST_F(Log, ABatchThatWasWrittenInPartIsNone) {
  {
    auto store = opened();
    ASSERT_TRUE(put(*store, {{"/a", 1, 0, false, "one"}}));
    ASSERT_TRUE(put(*store, {{"/b", 2, 0, false, "two"}, {"/c", 3, 0, false, "three"}}));
  }
  const std::string file = files(".log").at(0);
  const auto size = fs::file_size(file);
  for (const auto cut : {size - 1, size - 20, size - 60}) {
    fs::resize_file(file, cut);
    auto store = opened();
    EXPECT_EQ(store->lastRevision(), 1u);
    EXPECT_EQ(all(*store).size(), 1u);
    ASSERT_TRUE(put(*store, {{"/b", 2, 0, false, "again"}})) << "its revision is free";
    store->close();
    fs::remove(files(".log").at(1));
  }
}

TEST_F(Log, DamageInTheMiddleIsToldAndNothingIsCutOff) {
  {
    auto store = opened();
    ASSERT_TRUE(put(*store, {{"/a", 1, 0, false, "one"}}));
    ASSERT_TRUE(put(*store, {{"/b", 2, 0, false, "two"}}));
  }
  const std::string file = files(".log").at(0);
  const auto size = fs::file_size(file);
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(20).put('x');
  auto refused = make()->open(true, std::nullopt);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("is damaged at offset 0"), std::string::npos) << refused.error().message;
  EXPECT_EQ(fs::file_size(file), size);
}

TEST_F(Log, WhatNobodyWasToldOfIsUndone) {
  auto store = opened();
  ASSERT_TRUE(put(*store, {{"/a", 1, 0, false, "one"}}));
  ASSERT_TRUE(put(*store, {{"/b", 2, 0, false, "two"}}));
  ASSERT_TRUE(store->open(true, 1));
  EXPECT_EQ(store->lastRevision(), 1u);
  ASSERT_TRUE(put(*store, {{"/b", 2, 0, false, "other"}}));
  EXPECT_EQ(all(*store), (std::vector<Kept>{{"/a", "one", 1, false}, {"/b", "other", 2, false}}));
  // Of the first batch there is, too.
  ASSERT_TRUE(store->open(true, 0));
  EXPECT_EQ(all(*store).size(), 0u);
}

TEST_F(Log, WhatWasGivenUpIsLeftOutAndItsRoomComesBack) {
  auto store = opened(4096, 100);
  uint64_t revision = 0, before = 0;
  for (int i = 0; i < 300; ++i) {
    ++revision;
    ASSERT_TRUE(put(*store, {{"/busy", revision, before, false, std::string(100, 'x')}}));
    before = revision;
  }
  ASSERT_TRUE(put(*store, {{"/gone", 301, 0, false, "here"}}));
  ASSERT_TRUE(put(*store, {{"/gone", 302, 301, true, "here"}}));
  ASSERT_TRUE(put(*store, {{"/late", 303, 0, false, "late"}}));
  EXPECT_GT(files(".log").size(), 5u);
  ASSERT_TRUE(store->compact(302));
  const std::vector<Kept> left = {{"/busy", std::string(100, 'x'), 300, false}, {"/late", "late", 303, false}};
  EXPECT_EQ(all(*store), left) << "before its room is made use of";

  auto merge = store->wantsMerge();
  ASSERT_TRUE(merge);
  EXPECT_FALSE(store->wantsMerge()) << "one at a time";
  ASSERT_TRUE(put(*store, {{"/busy", 304, 300, false, "meanwhile"}}));
  auto merged = runMerge(*merge);
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(*merged, 2u);
  ASSERT_TRUE(store->finishMerge(*merge, merged));
  EXPECT_EQ(files(".base").size(), 1u);
  EXPECT_EQ(files(".log").size(), 1u);
  std::vector<Kept> now = left;
  now.push_back({"/busy", "meanwhile", 304, false});
  EXPECT_EQ(all(*store), now);

  store = nullptr;
  store = opened(4096, 100);
  EXPECT_EQ(store->horizon(), 302u);
  EXPECT_EQ(store->lastRevision(), 304u);
  EXPECT_EQ(all(*store), now);
  ASSERT_TRUE(store->compact(304));
  EXPECT_EQ(all(*store), (std::vector<Kept>{now[1], now[2]}));
}

TEST_F(Log, AMergeThatWasNotFinishedIsForgotten) {
  auto store = opened(4096, 10);
  for (uint64_t revision = 1; revision <= 50; ++revision) {
    ASSERT_TRUE(put(*store, {{"/busy", revision, revision - 1, false, std::string(100, 'x')}}));
  }
  ASSERT_TRUE(store->compact(50));
  auto merge = store->wantsMerge();
  ASSERT_TRUE(merge);
  ASSERT_TRUE(runMerge(*merge));
  store = nullptr;
  store = opened();
  EXPECT_EQ(files(".new").size(), 0u);
  EXPECT_EQ(all(*store).size(), 1u);
  EXPECT_EQ(store->horizon(), 50u);
}

TEST_F(Log, AFullDiskFailsAWriteAndNothingOfItStays) {
  // /dev/full cannot be a folder: what the log does is the same for any write that fails, such as one that is too
  // large.
  auto store = opened();
  ASSERT_TRUE(put(*store, {{"/a", 1, 0, false, "one"}}));
  EXPECT_FALSE(store->append(std::string(kMostFrameBytes + 1, 'x'), 2, 2));
  EXPECT_EQ(store->lastRevision(), 1u);
  ASSERT_TRUE(put(*store, {{"/a", 2, 1, false, "two"}}));
  EXPECT_EQ(all(*store).size(), 2u);
}

TEST(Checksum, IsThatOfCrc32c) {
  EXPECT_EQ(checksum("123456789"), 0xe3069283u);
  EXPECT_EQ(checksum(""), 0u);
}

}  // namespace
}  // namespace cleat::storelog
