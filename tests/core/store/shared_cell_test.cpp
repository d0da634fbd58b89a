#include "core/base/shared_cell.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace cleat::store {
namespace {

std::atomic<int> alive{0};

struct Number : RefCounted {
  explicit Number(uint64_t n) : value(n), copy(n) { ++alive; }
  ~Number() {
    value = 0;
    --alive;
  }
  uint64_t value, copy;
};

TEST(SharedCell, GivesWhatWasPutInLast) {
  {
    base::SharedCell<Number> cell(makeRef<Number>(1));
    EXPECT_EQ(cell.get()->value, 1u);
    Ref<const Number> kept = cell.get();
    cell.set(makeRef<Number>(2));
    EXPECT_EQ(cell.get()->value, 2u);
    EXPECT_EQ(kept->value, 1u);
    EXPECT_EQ(alive, 2);
  }
  EXPECT_EQ(alive, 0);
}

TEST(SharedCell, CanBeReadMoreOftenThanItsReserve) {
  {
    base::SharedCell<Number> cell(makeRef<Number>(7));
    std::vector<Ref<const Number>> kept;
    for (int i = 0; i < 200'000; ++i) {
      Ref<const Number> got = cell.get();
      ASSERT_EQ(got->value, 7u);
      if (i % 3 == 0) kept.push_back(std::move(got));
    }
    cell.set(makeRef<Number>(8));
    EXPECT_EQ(kept.front()->value, 7u);
    kept.clear();
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

TEST(SharedCell, ReadersSeeOnlyWholeThingsThatNeverGoBack) {
  {
    base::SharedCell<Number> cell(makeRef<Number>(1));
    std::atomic<bool> stop{false};
    std::vector<std::thread> readers;
    for (int i = 0; i < 4; ++i) {
      readers.emplace_back([&] {
        uint64_t before = 0;
        while (!stop) {
          Ref<const Number> got = cell.get();
          ASSERT_EQ(got->value, got->copy);
          ASSERT_GE(got->value, before);
          before = got->value;
        }
      });
    }
    for (uint64_t i = 2; i < 50'000; ++i) cell.set(makeRef<Number>(i));
    stop = true;
    for (auto& reader : readers) reader.join();
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace cleat::store
