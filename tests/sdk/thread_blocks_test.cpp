#include <cleat/sdk/thread_blocks.h>

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstring>
#include <thread>
#include <vector>

namespace cleat {
namespace {

#ifndef __SANITIZE_ADDRESS__

// On a thread of its own, which keeps nothing at first.
template <class F>
void onNewThread(F run) {
  std::thread(run).join();
}

TEST(ThreadBlocks, GiveOutAgainWhatWasGivenBackLast) {
  onNewThread([] {
    void *first = takeBlock(100), *second = takeBlock(128), *other = takeBlock(129);
    giveBlock(first, 100);
    giveBlock(second, 128);
    EXPECT_EQ(takeBlock(70), second);
    EXPECT_EQ(takeBlock(128), first);
    for (void* block : {first, second}) giveBlock(block, 128);
    giveBlock(other, 129);
  });
}

TEST(ThreadBlocks, KeepABlockOnTheThreadThatGivesItBack) {
  void* block = takeBlock(200);
  onNewThread([block] {
    giveBlock(block, 200);
    void* again = takeBlock(200);
    EXPECT_EQ(again, block);
    std::memset(again, 'x', 200);
    giveBlock(again, 200);
  });
}

TEST(ThreadBlocks, MayBeGivenBackForLessThanTheyAre) {
  onNewThread([] {
    void* block = takeBlock(1000);
    giveBlock(block, 10);
    void* again = takeBlock(64);
    EXPECT_EQ(again, block);
    giveBlock(again, 64);
  });
}

TEST(ThreadBlocks, KeepNoMoreThanTheirBoundAndNothingLarge) {
  onNewThread([] {
    constexpr size_t kSize = 2048, kCount = 10 * kMostKeptBytes / kSize;
    constexpr size_t kLarge = 1 << 20;
    const auto inUse = [] { return mallinfo2().uordblks + mallinfo2().hblkhd; };
    std::vector<void*> blocks;
    blocks.reserve(kCount);
    const size_t before = inUse();
    for (size_t i = 0; i < kCount; ++i) blocks.push_back(takeBlock(kSize));
    void* large = takeBlock(kLarge);
    EXPECT_GT(inUse(), before + kCount * kSize + kLarge - 1);
    giveBlock(large, kLarge);
    for (void* block : blocks) giveBlock(block, kSize);
    EXPECT_LT(inUse(), before + kMostKeptBytes + kMostKeptBytes / 4);
  });
}

TEST(ThreadBlocks, GoBackWhenTheirThreadEnds) {
  const auto round = [] {
    onNewThread([] {
      std::vector<void*> blocks;
      for (size_t size = 64; size <= 1024; size += 64) blocks.push_back(takeBlock(size));
      for (size_t i = 0; i < blocks.size(); ++i) giveBlock(blocks[i], 64 * (i + 1));
    });
  };
  for (int i = 0; i < 10; ++i) round();
  const size_t before = mallinfo2().uordblks;
  for (int i = 0; i < 100; ++i) round();
  EXPECT_LT(mallinfo2().uordblks, before + 64 * 1024);
}

#endif

}  // namespace
}  // namespace cleat
