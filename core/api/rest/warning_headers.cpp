#include "core/api/rest/warning_headers.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <string_view>

namespace cleat::api {
namespace {

constexpr size_t kMostOfAll = 4096, kMostOfOneCut = 256;  // in characters

bool beginsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

size_t characters(std::string_view text) { return static_cast<size_t>(std::ranges::count_if(text, beginsCharacter)); }

std::string_view cut(std::string_view text) {
  size_t seen = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (beginsCharacter(text[at]) && seen++ == kMostOfOneCut) return text.substr(0, at);
  }
  return text;
}

// The text of a Warning header's quoted string.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "\"";
}

}  // namespace

std::vector<std::string> warningHeaders(const std::vector<std::string>& warnings) {
  std::vector<std::string_view> told;
  size_t all = 0;
  for (const std::string& warning : warnings) {
    if (warning.empty() || std::ranges::find(told, warning) != told.end()) continue;
    told.push_back(warning);
    all += characters(warning);
  }
  const bool cuts = all > kMostOfAll;
  std::vector<std::string> headers;
  size_t written = 0;
  for (const std::string_view text : told) {
    if (written >= kMostOfAll) break;
    const std::string_view shown = cuts ? cut(text) : text;
    written += characters(shown);
    headers.push_back(concat("299 - ", quoted(shown)));
  }
  return headers;
}

}  // namespace cleat::api
