// The formats' names, and those formats that are a few characters in a certain order. Addresses are in
// address_formats.cpp.
#include "kinds-apiextensions/schema/formats.h"

#include <cleat/sdk/text.h>
#include <cleat/sdk/time.h>

#include <algorithm>
#include <array>
#include <string>

#include "kinds-apiextensions/schema/address_formats.h"
#include "kinds-apiextensions/schema/pattern.h"

namespace cleat::kinds::extensions {

namespace {

struct Named {
  std::string_view name;  // without dashes, which count for nothing
  Format format;
};

constexpr std::array kTextFormats{
    Named{"bsonobjectid", Format::bsonObjectId},
    Named{"byte", Format::byte},
    Named{"cidr", Format::cidr},
    Named{"creditcard", Format::creditCard},
    Named{"date", Format::date},
    Named{"datetime", Format::dateTime},
    Named{"duration", Format::duration},
    Named{"email", Format::email},
    Named{"hexcolor", Format::hexColor},
    Named{"hostname", Format::hostname},
    Named{"ipv4", Format::ipv4},
    Named{"ipv6", Format::ipv6},
    Named{"isbn", Format::isbn},
    Named{"isbn10", Format::isbn10},
    Named{"isbn13", Format::isbn13},
    Named{"k8slongname", Format::longName},
    Named{"k8sshortname", Format::shortName},
    Named{"mac", Format::mac},
    Named{"password", Format::password},
    Named{"rgbcolor", Format::rgbColor},
    Named{"ssn", Format::ssn},
    Named{"uri", Format::uri},
    Named{"uuid", Format::uuid},
    Named{"uuid3", Format::uuid3},
    Named{"uuid4", Format::uuid4},
    Named{"uuid5", Format::uuid5},
};

bool isBase64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return false;
  size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  text.remove_suffix(padding);
  return std::ranges::all_of(text, [](char c) {
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '/';
  });
}

// Hexadecimal digits in groups of 8, 4, 4, 4 and 12, with or without dashes between them. `version` is the digit that
// the third group begins with, and `variant` says that the fourth begins with 8, 9, a or b.
bool isUuid(std::string_view text, char version, bool variant) {
  static constexpr size_t kGroups[] = {8, 4, 4, 4, 12};
  for (size_t group = 0; group < 5; ++group) {
    if (group > 0 && text.starts_with('-')) text.remove_prefix(1);
    if (text.size() < kGroups[group]) return false;
    std::string_view digits = text.substr(0, kGroups[group]);
    if (!std::ranges::all_of(digits, isHex)) return false;
    if (group == 2 && version != 0 && digits.front() != version) return false;
    if (group == 3 && variant && std::string_view("89abAB").find(digits.front()) == std::string_view::npos)
      return false;
    text.remove_prefix(kGroups[group]);
  }
  return text.empty();
}

std::string onlyDigits(std::string_view text) {
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits), isDigit);
  return digits;
}

// Luhn's sum, and the numbers that the card companies use.
bool isCreditCard(std::string_view text) {
  static const auto kNumbers = Pattern::of(
      "^(4[0-9]{12}([0-9]{3})?|5[1-5][0-9]{14}|6(011|5[0-9]{2})[0-9]{12}|3[47][0-9]{13}|3(0[0-5]|[68][0-9])[0-9]{11}|"
      "(2131|1800|35[0-9]{3})[0-9]{11})$");
  std::string digits = onlyDigits(text);
  if (!kNumbers->matches(digits)) return false;
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    int digit = digits[digits.size() - 1 - i] - '0';
    if (i % 2 == 1) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 == 0;
}

std::string withoutBlanksAndDashes(std::string_view text) {
  std::string out;
  std::ranges::copy_if(text, std::back_inserter(out),
                       [](char c) { return std::string_view(" \t\n\f\r-").find(c) == std::string_view::npos; });
  return out;
}

bool isIsbn10(std::string_view text) {
  std::string digits = withoutBlanksAndDashes(text);
  if (digits.size() != 10 || !std::all_of(digits.begin(), digits.end() - 1, isDigit)) return false;
  if (!isDigit(digits.back()) && digits.back() != 'X') return false;
  int sum = 0;
  for (int i = 0; i < 9; ++i) sum += (i + 1) * (digits[static_cast<size_t>(i)] - '0');
  sum += 10 * (digits.back() == 'X' ? 10 : digits.back() - '0');
  return sum % 11 == 0;
}

bool isIsbn13(std::string_view text) {
  std::string digits = withoutBlanksAndDashes(text);
  if (digits.size() != 13 || !std::ranges::all_of(digits, isDigit)) return false;
  int sum = 0;
  for (size_t i = 0; i < 12; ++i) sum += (i % 2 == 0 ? 1 : 3) * (digits[i] - '0');
  return digits.back() - '0' == (10 - sum % 10) % 10;
}

bool matches(std::string_view text, const std::shared_ptr<const Pattern>& pattern) { return pattern->matches(text); }

bool isSsn(std::string_view text) {
  static const auto kNumbers = Pattern::of("^[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}$");
  return text.size() == 11 && matches(text, kNumbers);
}

bool isHexColor(std::string_view text) {
  if (text.starts_with('#')) text.remove_prefix(1);
  return (text.size() == 3 || text.size() == 6) && std::ranges::all_of(text, isHex);
}

bool isRgbColor(std::string_view text) {
  static const auto kColors = Pattern::of(
      "^rgb\\((\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*,){2}\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*\\)$");
  return matches(text, kColors);
}

bool isDate(std::string_view text) {
  return text.size() == 10 && parseTime(std::string_view(concat(text, "T00:00:00Z"))).has_value();
}

bool isDateTime(std::string_view text) {
  static const auto kTime =
      Pattern::of("^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](.[0-9]+)?([zZ]|[+-][0-9]{2}:[0-9]{2})$");
  if (text.size() < 12 || (text[10] != 'T' && text[10] != 't')) return false;
  return isDate(text.substr(0, 10)) && matches(text.substr(11), kTime);
}

// As Go writes them ("1h30m"), or in words ("2 weeks 3 days"); one that is understood is enough.
bool isDuration(std::string_view text) {
  static const auto kUnit =
      Pattern::of("(?i)[0-9]\\s*((ns|us|µs|ms|s|m|h|hr|d|w|wk)([^A-Za-zµ]|$)|nano|micro|milli|sec|min|hour|day|week)");
  return parseDuration(text) || matches(text, kUnit);
}

// Lower-case letters, digits and dashes, with no dash at either end; `points` between such segments.
bool isName(std::string_view text, size_t mostBytes, bool points) {
  if (text.empty() || text.size() > mostBytes) return false;
  auto isEdge = [](char c) { return isDigit(c) || (c >= 'a' && c <= 'z'); };
  for (size_t i = 0; i < text.size(); ++i) {
    if (isEdge(text[i])) continue;
    if (i == 0 || i + 1 == text.size()) return false;
    char before = text[i - 1], after = text[i + 1];
    if (text[i] == '.' && points && isEdge(before) && isEdge(after)) continue;
    if (text[i] == '-' && before != '.' && after != '.') continue;
    return false;
  }
  return true;
}

}  // namespace

Format formatOf(std::string_view name, std::string_view type) {
  if (type == "integer") return name == "int32" ? Format::int32 : name == "int64" ? Format::int64 : Format::none;
  if (type == "number") return name == "float" ? Format::float32 : name == "double" ? Format::float64 : Format::none;
  if (!type.empty() && type != "string") return Format::none;
  std::string plain;
  std::ranges::copy_if(name, std::back_inserter(plain), [](char c) { return c != '-'; });
  auto found = std::ranges::find(kTextFormats, std::string_view(plain), &Named::name);
  return found == kTextFormats.end() ? Format::none : found->format;
}

bool hasFormat(std::string_view text, Format format) {
  switch (format) {
    case Format::bsonObjectId: return text.size() == 24 && std::ranges::all_of(text, isHex);
    case Format::uri: return isRequestUri(text);
    case Format::email: return isEmailAddress(text);
    case Format::hostname: return isHostname(text);
    case Format::ipv4: return isIpv4(text);
    case Format::ipv6: return isIpv6(text);
    case Format::cidr: return isCidr(text);
    case Format::mac: return isMac(text);
    case Format::uuid: return isUuid(text, 0, false);
    case Format::uuid3: return isUuid(text, '3', false);
    case Format::uuid4: return isUuid(text, '4', true);
    case Format::uuid5: return isUuid(text, '5', true);
    case Format::isbn: return isIsbn10(text) || isIsbn13(text);
    case Format::isbn10: return isIsbn10(text);
    case Format::isbn13: return isIsbn13(text);
    case Format::creditCard: return isCreditCard(text);
    case Format::ssn: return isSsn(text);
    case Format::hexColor: return isHexColor(text);
    case Format::rgbColor: return isRgbColor(text);
    case Format::byte: return isBase64(text);
    case Format::date: return isDate(text);
    case Format::duration: return isDuration(text);
    case Format::dateTime: return isDateTime(text);
    case Format::shortName: return isName(text, 63, false);
    case Format::longName: return isName(text, 253, true);
    default: return true;
  }
}

}  // namespace cleat::kinds::extensions
