#include "batch-common/time_zone.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "batch-common/time_zones.h"

namespace cleat::batch {

namespace {

using std::chrono::seconds;

constexpr seconds kDay = std::chrono::days(1);
// No zone's file is nearly as long.
constexpr size_t kLongestFile = 1 << 20;

std::optional<std::string> contentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string content(kLongestFile, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<size_t>(file.gcount()));
  return content;
}

// A file from its beginning on. Past its end everything is zero, and it is no longer well.
class Bytes {
 public:
  explicit Bytes(std::string_view rest) : rest_(rest) {}
  int64_t number(size_t size) {
    std::string_view bytes = take(size);
    if (bytes.empty()) return 0;
    uint64_t value = static_cast<signed char>(bytes[0]) < 0 ? ~uint64_t{0} : 0;
    for (char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
    return static_cast<int64_t>(value);
  }
  std::string_view take(size_t size) {
    if (size > rest_.size()) {
      well_ = false;
      rest_ = {};
      return {};
    }
    std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view rest() const { return rest_; }
  bool well() const { return well_; }

 private:
  std::string_view rest_;
  bool well_ = true;
};

struct Header {
  char version = 0;
  size_t isUtc = 0, isStandard = 0, leaps = 0, times = 0, types = 0, letters = 0;

  static std::optional<Header> read(Bytes& bytes) {
    Header header;
    if (bytes.take(4) != "TZif") return std::nullopt;
    header.version = static_cast<char>(bytes.number(1));
    bytes.take(15);
    for (size_t Header::* count :
         {&Header::isUtc, &Header::isStandard, &Header::leaps, &Header::times, &Header::types, &Header::letters}) {
      header.*count = static_cast<uint32_t>(bytes.number(4));
      if (header.*count > kLongestFile) return std::nullopt;
    }
    return bytes.well() ? std::optional(header) : std::nullopt;
  }
  // Of what follows, with times of so many bytes.
  size_t bodySize(size_t timeSize) const {
    return times * (timeSize + 1) + types * 6 + letters + leaps * (timeSize + 4) + isStandard + isUtc;
  }
};

}  // namespace

std::optional<TimeZone> TimeZone::parse(std::string_view file) {
  Bytes bytes(file);
  auto header = Header::read(bytes);
  if (!header) return std::nullopt;
  size_t timeSize = 4;
  if (header->version != 0) {
    // The first part is for readers that know no better; the same follows with longer times.
    bytes.take(header->bodySize(4));
    header = Header::read(bytes);
    if (!header) return std::nullopt;
    timeSize = 8;
  }
  std::vector<int64_t> times, offsets;
  std::vector<size_t> typeOf;
  for (size_t i = 0; i < header->times; ++i) times.push_back(bytes.number(timeSize));
  for (size_t i = 0; i < header->times; ++i) typeOf.push_back(static_cast<uint8_t>(bytes.number(1)));
  for (size_t i = 0; i < header->types; ++i) {
    offsets.push_back(bytes.number(4));
    bytes.take(2);
  }
  bytes.take(header->letters + header->leaps * (timeSize + 4) + header->isStandard + header->isUtc);
  if (!bytes.well() || offsets.empty()) return std::nullopt;
  TimeZone zone;
  zone.before_ = seconds(offsets[0]);
  for (size_t i = 0; i < times.size(); ++i) {
    if (typeOf[i] >= offsets.size()) return std::nullopt;
    zone.transitions_.push_back({Seconds(seconds(times[i])), seconds(offsets[typeOf[i]])});
  }
  std::string_view footer = bytes.rest();
  if (footer.size() > 2 && footer.starts_with('\n')) {
    footer.remove_prefix(1);
    zone.after_ = ZoneRule::parse(footer.substr(0, footer.find('\n')));
  }
  return zone;
}

std::optional<TimeZone> TimeZone::named(std::string_view name) {
  if (name == "UTC") return TimeZone();
  if (name == "Local") return ofThisMachine();
  if (!isTimeZoneName(name)) return std::nullopt;
  auto content = contentOf(timeZoneFile(name));
  return content ? parse(*content) : std::nullopt;
}

TimeZone TimeZone::ofThisMachine() {
  const char* said = std::getenv("TZ");
  if (said == nullptr) {
    auto content = contentOf("/etc/localtime");
    return content ? parse(*content).value_or(TimeZone()) : TimeZone();
  }
  std::string_view name = said;
  if (name.starts_with(':')) name.remove_prefix(1);
  return name == "Local" ? TimeZone() : named(name).value_or(TimeZone());
}

seconds TimeZone::offset(Seconds at) const {
  auto next = std::ranges::upper_bound(transitions_, at, {}, &Transition::at);
  if (next == transitions_.end() && after_) return after_->offset(at);
  return next == transitions_.begin() ? before_ : std::prev(next)->offset;
}

Seconds TimeZone::first(LocalTime shown) const {
  const Seconds near(shown.time_since_epoch());
  const seconds before = offset(near - kDay), after = offset(near + kDay);
  // The greater offset is the earlier time.
  for (seconds candidate : {std::max(before, after), std::min(before, after)}) {
    if (offset(near - candidate) == candidate) return near - candidate;
  }
  return near - before;
}

}  // namespace cleat::batch
