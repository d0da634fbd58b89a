// Kinds that come while others are written and read: what is on the disk of them is adopted beside all that.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "core/store/history.h"
#include "tests/core/store/fixtures.h"
#include "tests/core/store/memory_engine.h"

namespace cleat::store {
namespace {

constexpr int kOnDisk = 300;
constexpr int kWritten = 300;

Write nodeWrite(const object::Kind& kind, int number) {
  const std::string name = "n" + std::to_string(number);
  return {prepare(kind, "", name, configMapMessage("", name, "")), false, 0};
}

class AdoptionTest : public ::testing::Test {
 protected:
  // Config maps on the disk, of which the store that comes next knows nothing.
  AdoptionTest() {
    TestKinds all;
    auto store = openStore(all.registry, std::make_unique<MemoryEngine>(disk_));
    Maps maps(*all.configMap, *store);
    for (int i = 0; i < kOnDisk; ++i) EXPECT_TRUE(maps.create("m" + std::to_string(i)));
  }

  Disk disk_;
};

TEST_F(AdoptionTest, WritersAndReadersOfOtherKindsGoOn) {
  for (const Options& options : {Options{.commitHereBelow = {}}, Options{}}) {
    TestKinds kinds{TestKinds::None{}};
    kinds.add("Node");
    const object::KindRef node = kinds.node;
    Disk disk;
    disk.rows = disk_.rows;
    disk.last = disk_.last;
    auto store = openStore(kinds.registry, std::make_unique<MemoryEngine>(disk), options);
    std::atomic<bool> done{false};
    std::atomic<int> refused{0}, disorder{0}, written{0};
    std::thread writer([&] {
      for (int i = 0; i < kWritten; ++i) {
        if (!commit(*store, nodeWrite(*node, i))) ++refused;
        ++written;
      }
    });
    std::thread reader([&] {
      uint64_t last = 0;
      while (!done.load()) {
        SnapshotRef snapshot = store->snapshot();
        if (snapshot->revision() < last) ++disorder;
        last = snapshot->revision();
        if (snapshot->count(*node) > static_cast<size_t>(kWritten)) ++disorder;
        (void)store->history(*node).visit(last, store->revision(), [](const Change&) { return true; });
        (void)store->at(last);
      }
    });
    while (written.load() < kWritten / 4) std::this_thread::yield();
    kinds.add("ConfigMap");
    ASSERT_TRUE(store->adoptKinds());
    // Those who ask at once are all answered when it is done.
    std::vector<std::thread> askers;
    for (int i = 0; i < 3; ++i) askers.emplace_back([&] { refused += store->adoptKinds() ? 0 : 1; });
    for (std::thread& asker : askers) asker.join();
    Maps maps(*kinds.configMap, *store);
    EXPECT_EQ(store->snapshot()->count(*kinds.configMap), static_cast<size_t>(kOnDisk));
    EXPECT_TRUE(maps.update("m7", "2"));
    writer.join();
    done = true;
    reader.join();
    EXPECT_EQ(refused.load(), 0);
    EXPECT_EQ(disorder.load(), 0);
    EXPECT_EQ(store->snapshot()->count(*node), static_cast<size_t>(kWritten));
    EXPECT_EQ(store->revision(), static_cast<uint64_t>(kOnDisk + kWritten + 1));
    store->close();
  }
}

}  // namespace
}  // namespace cleat::store
