// Zones of time, from the system's files (RFC 8536).
#include <cleat/sdk/mutex.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <vector>

#include "number_text.h"

namespace cleat::cel {

namespace {

struct Zone {
  std::vector<int64_t> from;
  std::vector<int64_t> offsets;  // one more than `from`: the first holds before them
};

int64_t bigEndian(std::string_view bytes) {
  int64_t value = static_cast<signed char>(bytes[0]);
  for (size_t i = 1; i < bytes.size(); ++i) value = value * 256 + static_cast<unsigned char>(bytes[i]);
  return value;
}

struct Header {
  size_t utc, standard, leaps, times, kinds, letters;
  size_t bodySize(size_t wide) const {
    return times * wide + times + kinds * 6 + letters + leaps * (wide + 4) + standard + utc;
  }
};

std::optional<Header> readHeader(std::string_view file) {
  if (file.size() < 44 || file.substr(0, 4) != "TZif") return std::nullopt;
  const auto number = [&](size_t at) {
    return static_cast<size_t>(static_cast<uint32_t>(bigEndian(file.substr(at, 4))));
  };
  Header header{number(20), number(24), number(28), number(32), number(36), number(40)};
  for (size_t count : {header.utc, header.standard, header.leaps, header.times, header.kinds, header.letters}) {
    if (count > file.size()) return std::nullopt;
  }
  return header;
}

std::shared_ptr<const Zone> parseZone(std::string_view file) {
  auto header = readHeader(file);
  if (!header || file[4] < '2') return nullptr;
  const size_t second = 44 + header->bodySize(4);  // the times again, with 64 bits
  if (second > file.size()) return nullptr;
  file.remove_prefix(second);
  header = readHeader(file);
  if (!header || header->kinds == 0 || file.size() < 44 + header->bodySize(8)) return nullptr;
  file.remove_prefix(44);
  const std::string_view kinds = file.substr(header->times * 8), records = kinds.substr(header->times);
  auto zone = std::make_shared<Zone>();
  zone->offsets.push_back(bigEndian(records.substr(0, 4)));
  for (size_t i = 0; i < header->times; ++i) {
    const auto kind = static_cast<unsigned char>(kinds[i]);
    if (kind >= header->kinds) return nullptr;
    zone->from.push_back(bigEndian(file.substr(i * 8, 8)));
    zone->offsets.push_back(bigEndian(records.substr(size_t{kind} * 6, 4)));
  }
  return zone;
}

bool isZoneName(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '/' || name.find("..") != std::string_view::npos)
    return false;
  for (char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '/' && c != '_' && c != '-' && c != '+') return false;
  }
  return true;
}

std::shared_ptr<const Zone> findZone(std::string_view name) {
  if (!isZoneName(name)) return nullptr;
  static Mutex mutex;
  static std::map<std::string, std::shared_ptr<const Zone>, std::less<>> known;
  MutexLock lock(mutex);
  auto found = known.find(name);
  if (found != known.end()) return found->second;
  std::ifstream file("/usr/share/zoneinfo/" + std::string(name), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto zone = parseZone(bytes);
  if (zone) known.emplace(std::string(name), zone);
  return zone;
}

std::optional<int64_t> fixedOffset(std::string_view text) {
  const bool west = text.starts_with('-');
  if (west || text.starts_with('+')) text.remove_prefix(1);
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > 2 || text.size() != colon + 3) return std::nullopt;
  int64_t parts[2] = {0, 0};
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == colon) continue;
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    int64_t& part = parts[i > colon];
    part = part * 10 + (text[i] - '0');
  }
  if (parts[0] > 23 || parts[1] > 59) return std::nullopt;
  return (west ? -1 : 1) * (parts[0] * 3600 + parts[1] * 60);
}

}  // namespace

std::optional<int64_t> zoneOffset(std::string_view zone, int64_t seconds) {
  if (zone.empty() || zone == "UTC") return 0;
  if (zone.find(':') != std::string_view::npos) return fixedOffset(zone);
  auto found = findZone(zone);
  if (!found) return std::nullopt;
  const auto after = std::upper_bound(found->from.begin(), found->from.end(), seconds);
  return found->offsets[static_cast<size_t>(after - found->from.begin())];
}

}  // namespace cleat::cel
