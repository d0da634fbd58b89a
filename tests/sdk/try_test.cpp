#include <cleat/sdk/status.h>
#include <cleat/sdk/task.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace cleat {
namespace {

Result<int> number(int value) {
  if (value < 0) return fail(Status::badRequest("negative"));
  return value;
}
Result<void> checked(int value) {
  if (value > 9) return fail(Status::tooLarge("too much"));
  return {};
}
Result<std::map<int, int>> pairOf(int key, int value) { return std::map<int, int>{{key, value}}; }

Result<std::string> joined(int a, int b) {
  CLEAT_TRY(const int first, number(a));
  CLEAT_TRY(checked(first));
  int second = 0;
  CLEAT_TRY(second, number(b));
  CLEAT_TRY(auto both, pairOf(first, second));
  return std::to_string(both.begin()->first) + "," + std::to_string(both.begin()->second);
}

Task<Result<int>> later(int value) { co_return number(value); }
Task<Result<std::unique_ptr<int>>> doubled(int value) {
  CLEAT_CO_TRY(int taken, co_await later(value));
  CLEAT_CO_TRY(checked(taken));
  CLEAT_CO_TRY(co_await later(taken));
  co_return std::make_unique<int>(2 * taken);
}

template <class T>
T run(Task<T> task) {
  std::optional<T> result;
  spawn(std::move(task), [&](T value) { result.emplace(std::move(value)); });
  return std::move(*result);
}

TEST(Try, GoesOnWithTheValueOrEndsWithTheError) {
  EXPECT_EQ(joined(1, 2).value(), "1,2");
  EXPECT_EQ(joined(-1, 2).error().message, "negative");
  EXPECT_EQ(joined(10, 2).error().message, "too much");
  EXPECT_EQ(joined(1, -2).error().message, "negative");
}

TEST(Try, DoesTheSameInCoroutines) {
  EXPECT_EQ(*run(doubled(4)).value(), 8);
  EXPECT_EQ(run(doubled(-4)).error().message, "negative");
  EXPECT_EQ(run(doubled(40)).error().code, 413);
}

// A Result of something that can be made from a Result is copied as what it is.
TEST(Result, OfABoolIsCopiedWithItsValueAndItsError) {
  Result<bool> no = false;
  Result<bool> copy = no;
  ASSERT_TRUE(copy);
  EXPECT_FALSE(*copy);
  Result<bool> failed = fail(Status::notFound("pods", "a"));
  Result<bool> same = failed;
  EXPECT_EQ(same.error().code, 404);
  failed = true;
  EXPECT_TRUE(*failed);
}

TEST(Result, BecomesOneOfWhatItsValueBecomes) {
  Result<const char*> text = "a";
  Result<std::string> longer = text;
  EXPECT_EQ(longer.value(), "a");
  text = fail(Status::internal("broken"));
  longer = text;
  EXPECT_EQ(longer.error().message, "broken");
}

}  // namespace
}  // namespace cleat
