// Sets of indexes as Jobs write them: rising, with intervals where indexes follow each other, such as "1,3-5,7". Errors
// are worded as clients of Kubernetes know them.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace cleat::batch {

struct IndexInterval {
  int64_t first = 0, last = 0;
};

// Walks over the intervals of a text from left to right. Every index must be below `completions`.
class IndexIntervals {
 public:
  IndexIntervals(std::string_view text, int64_t completions) : rest_(text), completions_(completions) {}

  bool done() const { return done_; }
  // The next one, and what is wrong with it. Whether intervals rise is for the caller to compare.
  std::expected<IndexInterval, std::string> next();

 private:
  std::string_view rest_;
  int64_t completions_;
  bool done_ = false;
};

// How many indexes there are in the text; an empty one has none.
std::expected<int64_t, std::string> countIndexes(std::string_view text, int64_t completions);

// The first index that is in both texts. Intervals that are wrong count for nothing.
std::optional<int64_t> commonIndex(std::string_view a, std::string_view b, int64_t completions);

}  // namespace cleat::batch
