#include <optional>

#include "batch-common/time_zone.h"

namespace cleat::batch {

namespace {

using namespace std::chrono;

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

// Reads from left to right; what is not there leaves it in trouble.
class ZoneRule::Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  bool well() const { return well_; }
  bool done() const { return rest_.empty(); }

  bool taken(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void need(char c) { well_ = taken(c) && well_; }

  void name() {
    const bool quoted = taken('<');
    size_t size = 0;
    while (size < rest_.size() && (quoted ? rest_[size] != '>' : isLetter(rest_[size]))) ++size;
    well_ = well_ && size >= 3;
    rest_.remove_prefix(size);
    if (quoted) need('>');
  }
  unsigned number(unsigned most) {
    unsigned value = 0;
    size_t digits = 0;
    for (; !rest_.empty() && isDigit(rest_[0]) && digits < 4; ++digits) {
      value = value * 10 + static_cast<unsigned>(rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    well_ = well_ && digits > 0 && value <= most;
    return value;
  }
  // "[+-]hh[:mm[:ss]]"
  seconds time(unsigned mostHours) {
    const bool negative = taken('-');
    if (!negative) taken('+');
    seconds value = hours(number(mostHours));
    if (taken(':')) value += minutes(number(59));
    if (taken(':')) value += seconds(number(59));
    return negative ? -value : value;
  }
  Change change() {
    Change change;
    if (taken('M')) {
      change.month = number(12);
      need('.');
      change.week = number(5);
      need('.');
      change.day = number(6);
      well_ = well_ && change.month > 0 && change.week > 0;
    } else {
      change.kind = taken('J') ? Change::Kind::julian : Change::Kind::dayOfYear;
      change.day = number(365);
    }
    if (taken('/')) change.time = time(167);
    return change;
  }

 private:
  std::string_view rest_;
  bool well_ = true;
};

LocalTime ZoneRule::Change::in(std::chrono::year y) const {
  if (kind == Kind::month) {
    const auto inMonth = y / std::chrono::month(month);
    const std::chrono::weekday weekday(day);
    const local_days date = week == 5 ? local_days(inMonth / weekday[last]) : local_days(inMonth / weekday[week]);
    return date + time;
  }
  const local_days firstOfYear(y / January / 1);
  // The Julian days leave out the 29th of February.
  if (kind == Kind::dayOfYear) return firstOfYear + days(day) + time;
  return firstOfYear + days(y.is_leap() && day > 59 ? day : day - 1) + time;
}

std::optional<ZoneRule> ZoneRule::parse(std::string_view text) {
  ZoneRule rule;
  Reader reader(text);
  reader.name();
  // West of Greenwich is positive there.
  rule.standard_ = -reader.time(24);
  if (!reader.well()) return std::nullopt;
  if (reader.done()) return rule;
  rule.changes_ = true;
  reader.name();
  rule.summer_ = rule.standard_ + hours(1);
  if (reader.taken(',')) {
    rule.begin_ = reader.change();
  } else {
    rule.summer_ = -reader.time(24);
    reader.need(',');
    rule.begin_ = reader.change();
  }
  reader.need(',');
  rule.end_ = reader.change();
  return reader.well() && reader.done() ? std::optional(rule) : std::nullopt;
}

seconds ZoneRule::offset(Seconds at) const {
  if (!changes_) return standard_;
  const LocalTime shown(at.time_since_epoch() + standard_);
  const year y = year_month_day(floor<days>(shown)).year();
  const Seconds begin(begin_.in(y).time_since_epoch() - standard_), end(end_.in(y).time_since_epoch() - summer_);
  // South of the equator the summer is in two parts.
  const bool summer = begin < end ? begin <= at && at < end : at < end || begin <= at;
  return summer ? summer_ : standard_;
}

}  // namespace cleat::batch
