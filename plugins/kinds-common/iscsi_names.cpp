#include "kinds-common/iscsi_names.h"

#include <algorithm>

namespace cleat::kinds {

namespace {

bool isIscsiDigit(char c) { return c >= '0' && c <= '9'; }
bool isIscsiAlphanumeric(char c) { return isIscsiDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool inIscsiDomain(char c) { return isIscsiAlphanumeric(c) || c == '-' || c == '.'; }

bool startsWithMonth(std::string_view text) {
  constexpr std::string_view kMonth = "0000-00.";
  if (text.size() < kMonth.size()) return false;
  for (size_t i = 0; i < kMonth.size(); ++i) {
    if (kMonth[i] == '0' ? !isIscsiDigit(text[i]) : text[i] != kMonth[i]) return false;
  }
  return true;
}

// "iqn.", a month, who had the domain in it, and behind a colon a name of theirs. Kubernetes finds that anywhere in the
// text; each character is looked at a fixed number of times, however often the text begins anew.
bool hasQualifiedName(std::string_view text) {
  constexpr std::string_view kStart = "iqn.", kNotInNames = ",;*&$| \t\n\f\r";
  constexpr size_t kDomain = kStart.size() + std::string_view("0000-00.").size();
  const size_t wrong = text.find_last_of(kNotInNames);
  size_t end = 0;
  for (size_t at = text.find(kStart); at != std::string_view::npos; at = text.find(kStart, at + 1)) {
    if (!startsWithMonth(text.substr(at + kStart.size()))) continue;
    end = std::max(end, at + kDomain);
    while (end < text.size() && inIscsiDomain(text[end])) ++end;
    const bool named = end > at + kDomain && end + 1 < text.size() && text[end] == ':';
    if (named && (wrong == std::string_view::npos || wrong < end)) return true;
  }
  return false;
}

}  // namespace

bool hasIscsiPrefix(std::string_view name) {
  return name.starts_with("iqn") || name.starts_with("eui") || name.starts_with("naa");
}

bool isIscsiName(std::string_view name) {
  if (name.starts_with("iqn")) return hasQualifiedName(name);
  // The fourth character may be any, as Kubernetes has it.
  const size_t digits = name.starts_with("eui") ? 16 : 32;
  return name.size() == 4 + digits && name[3] != '\n' && std::ranges::all_of(name.substr(4), isIscsiAlphanumeric);
}

}  // namespace cleat::kinds
