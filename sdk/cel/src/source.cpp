#include "cleat/cel/source.h"

#include <algorithm>

namespace cleat::cel {

namespace {

constexpr size_t kMaxIssues = 100, kMostOfIssues = 64u << 10;
constexpr size_t kLongestLine = 4096;  // of those that are shown

struct Place {
  size_t line = 1, column = 0;  // in characters
  std::string_view text;        // of the line
};

Place placeOf(std::string_view source, size_t offset) {
  offset = std::min(offset, source.size());
  Place place;
  size_t begin = 0;
  for (size_t i = 0; i < offset; ++i) {
    if (source[i] != '\n') continue;
    ++place.line;
    begin = i + 1;
  }
  for (size_t i = begin; i < offset; ++i) place.column += (static_cast<unsigned char>(source[i]) & 0xc0) != 0x80;
  place.text = source.substr(begin, source.find('\n', begin) - begin);
  return place;
}

void appendCaret(std::string& out, const Place& place) {
  out += "\n | ";
  if (place.text.size() > kLongestLine) return;
  size_t column = 0;
  std::string under = "\n | ";
  for (size_t i = 0; i < place.text.size();) {
    const auto first = static_cast<unsigned char>(place.text[i]);
    const size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    // What is wide is pointed at by what is wide.
    if (column < place.column) under += size > 1 ? "\xef\xbc\x8e" : ".";
    if (column == place.column) under += size > 1 ? "\xef\xbc\xbe" : "^";
    out += place.text[i] == '\t' ? " " : std::string(place.text.substr(i, size));
    i += size;
    ++column;
  }
  for (; column < place.column; ++column) under += '.';
  if (column == place.column) under += '^';
  out += under;
}

}  // namespace

std::string issuesText(std::string_view source, const std::vector<Issue>& issues) {
  std::vector<const Issue*> ordered;
  for (const Issue& issue : issues) ordered.push_back(&issue);
  std::stable_sort(ordered.begin(), ordered.end(), [](auto* a, auto* b) { return a->offset < b->offset; });
  std::string out;
  for (size_t i = 0; i < ordered.size() && i < kMaxIssues && out.size() < kMostOfIssues; ++i) {
    if (i > 0) out += '\n';
    if (ordered[i]->offset == kNowhere) {
      out += "ERROR: <input>:-1:0: " + ordered[i]->message;
      continue;
    }
    const Place place = placeOf(source, ordered[i]->offset);
    out += "ERROR: <input>:" + std::to_string(place.line) + ":" + std::to_string(place.column + 1) + ": " +
           ordered[i]->message;
    appendCaret(out, place);
  }
  if (ordered.size() > kMaxIssues) {
    out += "\nERROR: <input>:-1:0: error count exceeds limit: " + std::to_string(kMaxIssues);
  }
  return out;
}

}  // namespace cleat::cel
