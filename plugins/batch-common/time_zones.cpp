#include "batch-common/time_zones.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

namespace cleat::batch {

namespace {

constexpr size_t kMaxPart = 14;

bool isPartOfName(std::string_view part) {
  if (part.empty() || part.size() > kMaxPart || part == "." || part == ".." || part.front() == '-') return false;
  return std::ranges::all_of(part, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == '+';
  });
}

}  // namespace

std::string timeZoneFile(std::string_view name) {
  const char* folder = std::getenv("TZDIR");
  return concat(folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo", "/", name);
}

bool isTimeZoneName(std::string_view name) {
  while (true) {
    const size_t slash = name.find('/');
    if (!isPartOfName(name.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

bool isTimeZone(std::string_view name) {
  // What there is without any database.
  if (name == "UTC") return true;
  if (!isTimeZoneName(name)) return false;
  // The folder holds lists and indexes beside the zones; a zone's file begins with its format (RFC 8536).
  std::ifstream file(timeZoneFile(name), std::ios::binary);
  char head[4] = {};
  return file.read(head, sizeof head) && std::string_view(head, sizeof head) == "TZif";
}

}  // namespace cleat::batch
