#include "batch-common/cron_schedule.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <vector>

#include "batch-common/numbers.h"
#include "batch-common/time_zones.h"

namespace cleat::batch {

namespace {

using Error = std::unexpected<std::string>;

struct Field {
  unsigned low, high;
  std::span<const char* const> names = {};  // of the numbers from `low` on
};

constexpr const char* kMonths[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr const char* kDays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr Field kMinute{0, 59}, kHour{0, 23}, kDayOfMonth{1, 31}, kMonth{1, 12, kMonths}, kDayOfWeek{0, 6, kDays};

struct Bits {
  uint64_t set = 0;
  bool any = false;  // "*" stands in it, with no step
};

constexpr bool isSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t at; (at = text.find(separator)) != std::string_view::npos; text.remove_prefix(at + 1)) {
    parts.push_back(text.substr(0, at));
  }
  parts.push_back(text);
  return parts;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  while (true) {
    text.remove_prefix(static_cast<size_t>(std::ranges::find_if_not(text, isSpace) - text.begin()));
    if (text.empty()) return found;
    const auto size = static_cast<size_t>(std::ranges::find_if(text, isSpace) - text.begin());
    found.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && isSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && isSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::expected<uint64_t, std::string> numberOf(std::string_view text) {
  auto number = parseInteger(text);
  if (!number) {
    return Error(
        concat("failed to parse int from ", text, ": strconv.Atoi: parsing ", goQuoted(text), ": ", number.error()));
  }
  if (*number < 0) return Error(concat("negative number (", *number, ") not allowed: ", text));
  return static_cast<uint64_t>(*number);
}

std::expected<uint64_t, std::string> numberOrName(std::string_view text, const Field& field) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  auto at = std::ranges::find(field.names, lower);
  if (at != field.names.end()) return field.low + static_cast<uint64_t>(at - field.names.begin());
  return numberOf(text);
}

struct Range {
  uint64_t first = 0, last = 0, step = 1;
  bool any = false;
};

// The part before the step.
std::expected<Range, std::string> limitsOf(std::string_view text, std::string_view whole, const Field& field) {
  std::vector<std::string_view> limits = split(text, '-');
  if (limits[0] == "*" || limits[0] == "?") return Range{field.low, field.high, 1, true};
  auto first = numberOrName(limits[0], field);
  if (!first) return Error(first.error());
  if (limits.size() > 2) return Error(concat("too many hyphens: ", whole));
  if (limits.size() == 1) return Range{*first, *first};
  auto last = numberOrName(limits[1], field);
  if (!last) return Error(last.error());
  return Range{*first, *last};
}

std::expected<Range, std::string> rangeOf(std::string_view text, const Field& field) {
  std::vector<std::string_view> parts = split(text, '/');
  auto range = limitsOf(parts[0], text, field);
  if (!range) return range;
  if (parts.size() > 2) return Error(concat("too many slashes: ", text));
  if (parts.size() == 2) {
    auto step = numberOf(parts[1]);
    if (!step) return Error(step.error());
    range->step = *step;
    // "5/15" begins at 5 and goes on to the end.
    if (parts[0].find('-') == std::string_view::npos) range->last = field.high;
    if (*step > 1) range->any = false;
  }
  if (range->first < field.low) {
    return Error(concat("beginning of range (", range->first, ") below minimum (", field.low, "): ", text));
  }
  if (range->last > field.high) {
    return Error(concat("end of range (", range->last, ") above maximum (", field.high, "): ", text));
  }
  if (range->first > range->last) {
    return Error(concat("beginning of range (", range->first, ") beyond end of range (", range->last, "): ", text));
  }
  if (range->step == 0) return Error(concat("step of range should be a positive number: ", text));
  return range;
}

std::expected<Bits, std::string> bitsOf(std::string_view text, const Field& field) {
  Bits bits;
  for (std::string_view part : split(text, ',')) {
    if (part.empty()) continue;
    auto range = rangeOf(part, field);
    if (!range) return Error(range.error());
    bits.any |= range->any;
    for (uint64_t n = range->first; n <= range->last; n += std::min<uint64_t>(range->step, 64)) bits.set |= 1ull << n;
  }
  return bits;
}

std::expected<CronSchedule, std::string> parseFields(std::string_view text) {
  std::vector<std::string_view> fields = words(text);
  if (fields.size() != 5) {
    std::string shown;
    for (std::string_view field : fields) appendTo(shown, concat(shown.empty() ? "" : " ", field));
    return Error(concat("expected exactly 5 fields, found ", fields.size(), ": [", shown, "]"));
  }
  const std::array<const Field*, 5> kinds = {&kMinute, &kHour, &kDayOfMonth, &kMonth, &kDayOfWeek};
  std::array<Bits, 5> bits;
  for (size_t i = 0; i < kinds.size(); ++i) {
    auto read = bitsOf(fields[i], *kinds[i]);
    if (!read) return Error(read.error());
    bits[i] = *read;
  }
  CronSchedule schedule{.minutes = bits[0].set,
                        .hours = bits[1].set,
                        .daysOfMonth = bits[2].set,
                        .months = bits[3].set,
                        .daysOfWeek = bits[4].set,
                        .anyDayOfMonth = bits[2].any,
                        .anyDayOfWeek = bits[4].any};
  return schedule;
}

// What the names stand for.
constexpr std::pair<std::string_view, std::string_view> kNamed[] = {
    {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"}, {"@weekly", "0 0 * * 0"},
    {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@hourly", "0 * * * *"}};

std::expected<CronSchedule, std::string> parseNamed(std::string_view text) {
  for (const auto& [name, fields] : kNamed) {
    if (text == name) return parseFields(fields);
  }
  constexpr std::string_view kEvery = "@every ";
  if (!text.starts_with(kEvery)) return Error(concat("unrecognized descriptor: ", text));
  std::string_view said = text.substr(kEvery.size());
  auto every = parseDuration(said);
  if (!every) {
    return Error(concat("failed to parse duration ", text, ": time: invalid duration ", goQuoted(said)));
  }
  CronSchedule schedule;
  schedule.every = std::max<Duration>(std::chrono::floor<std::chrono::seconds>(*every), std::chrono::seconds(1));
  return schedule;
}

}  // namespace

std::expected<CronSchedule, std::string> CronSchedule::parse(std::string_view text) {
  if (text.empty()) return Error("empty spec string");
  std::string zone;
  if (text.starts_with("TZ=") || text.starts_with("CRON_TZ=")) {
    const size_t space = text.find(' ');
    if (space == std::string_view::npos) {
      return Error("invalid schedule format: runtime error: slice bounds out of range [:-1]");
    }
    const size_t equals = text.find('=');
    zone = text.substr(equals + 1, space - equals - 1);
    if (!isTimeZone(zone)) return Error(concat("provided bad location ", zone, ": unknown time zone ", zone));
    text = trimmed(text.substr(space));
  }
  auto schedule = text.starts_with('@') ? parseNamed(text) : parseFields(text);
  if (schedule) schedule->timeZone = zone;
  return schedule;
}

}  // namespace cleat::batch
