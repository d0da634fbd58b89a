#include "batch-common/index_intervals.h"

#include <cleat/sdk/text.h>

#include <algorithm>

#include "batch-common/numbers.h"

namespace cleat::batch {

namespace {

std::expected<int64_t, std::string> indexOf(std::string_view text, int64_t completions) {
  auto number = parseInteger(text);
  if (!number) return std::unexpected(concat("cannot convert string to integer for index: ", goQuoted(text)));
  if (*number >= completions) return std::unexpected(concat("too large index: ", goQuoted(text)));
  return *number;
}

std::string notRising(int64_t before, int64_t now) {
  return concat("non-increasing order, previous: ", before, ", current: ", now);
}

// The next interval that is right, or none.
std::optional<IndexInterval> nextRight(IndexIntervals& intervals) {
  while (!intervals.done()) {
    auto interval = intervals.next();
    if (interval) return *interval;
  }
  return std::nullopt;
}

}  // namespace

std::expected<IndexInterval, std::string> IndexIntervals::next() {
  const size_t comma = rest_.find(',');
  const std::string_view text = rest_.substr(0, comma);
  done_ = comma == std::string_view::npos;
  if (!done_) rest_.remove_prefix(comma + 1);

  if (std::ranges::count(text, '-') > 1) {
    return std::unexpected(
        concat("the fragment ", goQuoted(text),
               " violates the requirement that an index interval can have at most two parts separated by "
               "'-'"));
  }
  const size_t hyphen = text.find('-');
  auto first = indexOf(text.substr(0, hyphen), completions_);
  if (!first) return std::unexpected(first.error());
  if (hyphen == std::string_view::npos) return IndexInterval{*first, *first};
  auto last = indexOf(text.substr(hyphen + 1), completions_);
  if (!last) return std::unexpected(last.error());
  if (*first >= *last) return std::unexpected(notRising(*first, *last));
  return IndexInterval{*first, *last};
}

std::expected<int64_t, std::string> countIndexes(std::string_view text, int64_t completions) {
  int64_t count = 0;
  std::optional<int64_t> before;
  if (text.empty()) return count;
  for (IndexIntervals intervals(text, completions); !intervals.done();) {
    auto interval = intervals.next();
    if (!interval) return std::unexpected(interval.error());
    if (before && *before >= interval->first) return std::unexpected(notRising(*before, interval->first));
    count += interval->last - interval->first + 1;
    before = interval->last;
  }
  return count;
}

std::optional<int64_t> commonIndex(std::string_view a, std::string_view b, int64_t completions) {
  if (a.empty() || b.empty()) return std::nullopt;
  IndexIntervals restOfA(a, completions), restOfB(b, completions);
  auto inA = nextRight(restOfA), inB = nextRight(restOfB);
  while (inA && inB) {
    if (inA->first <= inB->last && inB->first <= inA->last) return std::max(inA->first, inB->first);
    if (inA->first <= inB->first) {
      inA = nextRight(restOfA);
    } else {
      inB = nextRight(restOfB);
    }
  }
  return std::nullopt;
}

}  // namespace cleat::batch
