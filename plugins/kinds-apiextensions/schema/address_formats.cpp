#include "kinds-apiextensions/schema/address_formats.h"

#include <algorithm>
#include <memory>

#include "kinds-apiextensions/schema/pattern.h"

namespace cleat::kinds::extensions {

namespace {

constexpr auto kNone = std::string_view::npos;

bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool isOneOf(char c, std::string_view these) { return these.find(c) != kNone; }

// Takes digits from the front; -1 if there are none, or more than `most`.
int takeNumber(std::string_view& text, int most) {
  int number = 0;
  size_t digits = 0;
  while (digits < text.size() && isDigit(text[digits])) {
    number = number * 10 + (text[digits] - '0');
    if (number > most) return -1;
    ++digits;
  }
  text.remove_prefix(digits);
  return digits == 0 ? -1 : number;
}

// Four numbers up to 255. Zeros in front of them count for nothing if they are allowed at all.
bool isDotted(std::string_view text, bool zerosInFront) {
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (!text.starts_with('.')) return false;
      text.remove_prefix(1);
    }
    if (!zerosInFront && text.size() > 1 && text[0] == '0' && isDigit(text[1])) return false;
    if (takeNumber(text, 255) < 0) return false;
  }
  return text.empty();
}

// Groups of up to four hexadecimal digits, at most one gap, and maybe an IPv4 address at the end.
bool isColonned(std::string_view text, bool zerosInFront) {
  int groups = 0;
  bool gap = text.starts_with("::");
  if (gap) text.remove_prefix(2);
  if (gap && text.empty()) return true;
  while (groups < 8) {
    size_t digits = 0;
    while (digits < text.size() && isHex(text[digits])) ++digits;
    if (digits < text.size() && text[digits] == '.') {
      if ((!gap && groups != 6) || groups > 6) return false;
      groups += 2;
      return isDotted(text, zerosInFront) && (gap ? groups < 8 : groups == 8);
    }
    if (digits == 0 || digits > 4) return false;
    ++groups;
    text.remove_prefix(digits);
    if (text.empty()) return gap ? groups < 8 : groups == 8;
    if (!text.starts_with(':')) return false;
    text.remove_prefix(1);
    if (text.starts_with(':')) {
      if (gap) return false;
      gap = true;
      text.remove_prefix(1);
      if (text.empty()) return groups < 8;
    } else if (text.empty()) {
      return false;
    }
  }
  return false;
}

// Hexadecimal pairs, or groups of four, with the same sign between all of them.
bool isHexGroups(std::string_view text, char between, size_t digits) {
  size_t groups = 0;
  while (true) {
    if (text.size() < digits || !std::ranges::all_of(text.substr(0, digits), isHex)) return false;
    ++groups;
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text.front() != between) return false;
    text.remove_prefix(1);
  }
  size_t bytes = groups * digits / 2;
  return bytes == 6 || bytes == 8 || bytes == 20;
}

// Whether each % is followed by two hexadecimal digits.
bool isEscaped(std::string_view text) {
  for (size_t at = text.find('%'); at != kNone; at = text.find('%', at + 1)) {
    if (at + 2 >= text.size() || !isHex(text[at + 1]) || !isHex(text[at + 2])) return false;
  }
  return true;
}

bool isPort(std::string_view text) {
  return text.empty() || (text.front() == ':' && std::ranges::all_of(text.substr(1), isDigit));
}

bool isHost(std::string_view text) {
  if (text.starts_with('[')) {
    size_t end = text.rfind(']');
    return end != kNone && isPort(text.substr(end + 1)) && isIpv6(text.substr(1, std::min(end, text.find('%')) - 1));
  }
  size_t colon = text.find(':');
  if (colon != kNone && !isPort(text.substr(colon))) return false;
  for (char c : text) {
    bool plain = isLetter(c) || isDigit(c) || static_cast<unsigned char>(c) >= 0x80;
    if (!plain && !isOneOf(c, "-_.~!$&'()*+,;=:[]<>\"%")) return false;
  }
  // Only what is not ASCII can be escaped in the name of a host.
  for (size_t at = text.find('%'); at != kNone; at = text.find('%', at + 1)) {
    if (at + 1 < text.size() && text[at + 1] < '8' && text.substr(at, 3) != "%25") return false;
  }
  return isEscaped(text);
}

bool isAuthority(std::string_view text) {
  size_t at = text.rfind('@');
  if (at != kNone) {
    std::string_view user = text.substr(0, at);
    if (!isEscaped(user) || !std::ranges::all_of(user, [](char c) {
          return isLetter(c) || isDigit(c) || isOneOf(c, "-._:~!$&'()*+,;=%@");
        })) {
      return false;
    }
    text.remove_prefix(at + 1);
  }
  return isHost(text);
}

// The scheme's length, 0 if there is none; npos if there is a colon without one.
size_t schemeLength(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ':') return i == 0 ? kNone : i;
    if (!isLetter(text[i]) && (i == 0 || !(isDigit(text[i]) || isOneOf(text[i], "+-.")))) return 0;
  }
  return 0;
}

bool isAtomCharacter(char c, bool points) {
  return isLetter(c) || isDigit(c) || static_cast<unsigned char>(c) >= 0x80 || isOneOf(c, "!#$%&'*+-/=?^_`{|}~") ||
         (points && c == '.');
}

// Words with single points between them.
bool isDotAtom(std::string_view text) {
  return !text.empty() && text.front() != '.' && text.back() != '.' && text.find("..") == kNone &&
         std::ranges::all_of(text, [](char c) { return isAtomCharacter(c, true); });
}

// The length of the text in quotes at the front; 0 if there is none.
size_t quotedLength(std::string_view text) {
  if (!text.starts_with('"')) return 0;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
  }
  return 0;
}

bool isAddressSpec(std::string_view text) {
  size_t quoted = quotedLength(text);
  size_t at = quoted > 0 ? quoted : text.find('@');
  if (at == kNone || at >= text.size() || text[at] != '@') return false;
  if (quoted == 0 && !isDotAtom(text.substr(0, at))) return false;
  std::string_view domain = text.substr(at + 1);
  if (domain.starts_with('[')) {
    if (!domain.ends_with(']')) return false;
    std::string_view address = domain.substr(1, domain.size() - 2);
    return isDotted(address, false) || isIpv6(address);
  }
  return isDotAtom(domain);
}

std::string_view trimmed(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t");
  return begin == kNone ? std::string_view() : text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

// What may stand in front of an address: words, and texts in quotes.
bool isPhrase(std::string_view text) {
  while (!(text = trimmed(text)).empty()) {
    size_t length = quotedLength(text);
    while (length < text.size() && isAtomCharacter(text[length], true)) ++length;
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

bool isIpv4(std::string_view text) {
  if (text.find('.') == kNone) return false;
  return isDotted(text, true) || isColonned(text, true);
}

bool isIpv6(std::string_view text) { return isColonned(text, false); }

bool isCidr(std::string_view text) {
  size_t slash = text.find('/');
  if (slash == kNone) return false;
  std::string_view address = text.substr(0, slash), bits = text.substr(slash + 1);
  bool v4 = isDotted(address, true);
  if (!v4 && !isColonned(address, true)) return false;
  return takeNumber(bits, v4 ? 32 : 128) >= 0 && bits.empty();
}

bool isMac(std::string_view text) {
  return isHexGroups(text, ':', 2) || isHexGroups(text, '-', 2) || isHexGroups(text, '.', 4);
}

// Labels of letters, digits and symbols, with dashes inside. A name without a point has its one dash behind the first
// character or has none, which is odd, and what Kubernetes checks.
bool isHostname(std::string_view text) {
  static const auto kNames = Pattern::of(
      "^(?:[\\p{L}\\p{S}0-9]-?[\\p{L}\\p{S}0-9]{0,62}|"
      "(?:[\\p{L}\\p{S}0-9](?:[\\p{L}\\p{S}0-9-]{0,61}[\\p{L}\\p{S}0-9])?\\.)+\\p{L}{2,63})$");
  if (text.size() > 255 || !kNames->matches(text)) return false;
  while (true) {
    size_t point = text.find('.');
    if (std::min(point, text.size()) > 63) return false;
    if (point == kNone) return true;
    text.remove_prefix(point + 1);
  }
}

bool isRequestUri(std::string_view text) {
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) return false;
  if (text.empty() || text == "*") return !text.empty();
  size_t scheme = schemeLength(text);
  if (scheme == kNone) return false;
  if (scheme > 0) text.remove_prefix(scheme + 1);
  std::string_view path = text.substr(0, text.find('?'));
  if (!path.starts_with('/')) return scheme > 0;
  if (scheme > 0 && path.starts_with("//")) {
    path.remove_prefix(2);
    size_t end = std::min(path.find('/'), path.size());
    if (!isAuthority(path.substr(0, end))) return false;
    path.remove_prefix(end);
  }
  return isEscaped(path);
}

bool isEmailAddress(std::string_view text) {
  text = trimmed(text);
  if (!text.ends_with('>')) return isAddressSpec(text);
  size_t open = text.rfind('<');
  return open != kNone && isPhrase(text.substr(0, open)) &&
         isAddressSpec(text.substr(open + 1, text.size() - open - 2));
}

}  // namespace cleat::kinds::extensions
