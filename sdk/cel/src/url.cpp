#include "url.h"

#include <algorithm>

namespace cleat::cel {

namespace {

constexpr auto kNone = std::string_view::npos;

bool isHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
int hex(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }
bool isLetter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }

bool isEscaped(std::string_view text) {
  for (size_t at = text.find('%'); at != kNone; at = text.find('%', at + 1)) {
    if (at + 2 >= text.size() || !isHex(text[at + 1]) || !isHex(text[at + 2])) return false;
  }
  return true;
}

// What a path's characters are escaped to when they are written again.
std::string escapedPath(std::string_view path) {
  std::string out;
  for (char c : path) {
    const bool plain = isLetter(c) || isDigit(c) || std::string_view("-_.~$&+,/:;=@!'()*%[]").find(c) != kNone;
    if (plain) {
      out += c;
      continue;
    }
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte / 16];
    out += kDigits[byte % 16];
  }
  return out;
}

bool isHost(std::string_view host) {
  std::string_view port;
  if (host.starts_with('[')) {
    const size_t end = host.rfind(']');
    if (end == kNone) return false;
    port = host.substr(end + 1);
  } else if (const size_t colon = host.find(':'); colon != kNone) {
    port = host.substr(colon);
    host = host.substr(0, colon);
  }
  if (!port.empty() && (port[0] != ':' || !std::all_of(port.begin() + 1, port.end(), isDigit))) return false;
  return isEscaped(host) && std::all_of(host.begin(), host.end(), [](char c) {
           return isLetter(c) || isDigit(c) || static_cast<unsigned char>(c) >= 0x80 ||
                  std::string_view("-_.~!$&'()*+,;=:[]<>\"%").find(c) != kNone;
         });
}

std::string unescapedQuery(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%') {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::string Url::hostname() const {
  if (host.starts_with('[')) return host.substr(1, host.rfind(']') - 1);
  return host.substr(0, host.find(':'));
}

std::string Url::port() const {
  const size_t from = host.starts_with('[') ? host.rfind(']') : 0;
  const size_t colon = host.find(':', from);
  return colon == std::string::npos ? "" : host.substr(colon + 1);
}

std::map<std::string, std::vector<std::string>> Url::parameters() const {
  std::map<std::string, std::vector<std::string>> all;
  std::string_view rest = query;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view each = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (each.empty() || each.find(';') != kNone || !isEscaped(each)) continue;
    const size_t equals = each.find('=');
    all[unescapedQuery(each.substr(0, equals))].push_back(equals == kNone ? ""
                                                                          : unescapedQuery(each.substr(equals + 1)));
  }
  return all;
}

std::optional<Url> readUrl(std::string_view text, std::string& why) {
  why = "parse \"" + std::string(text) + "\": invalid URI for request";
  const bool control =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (control || text.empty()) return std::nullopt;
  Url url;
  url.text = std::string(text);
  std::string_view rest = text;
  size_t scheme = 0;
  while (scheme < rest.size() &&
         (isLetter(rest[scheme]) ||
          (scheme > 0 && (isDigit(rest[scheme]) || std::string_view("+-.").find(rest[scheme]) != kNone))))
    ++scheme;
  if (scheme > 0 && scheme < rest.size() && rest[scheme] == ':') {
    url.scheme = std::string(rest.substr(0, scheme));
    std::transform(url.scheme.begin(), url.scheme.end(), url.scheme.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    rest.remove_prefix(scheme + 1);
  }
  const size_t question = rest.find('?');
  if (question != kNone) {
    url.query = std::string(rest.substr(question + 1));
    rest = rest.substr(0, question);
  }
  if (!rest.starts_with('/')) {
    if (url.scheme.empty()) return std::nullopt;
    return url;
  }
  if (!url.scheme.empty() && rest.starts_with("//")) {
    rest.remove_prefix(2);
    const size_t end = std::min(rest.find('/'), rest.size());
    std::string_view authority = rest.substr(0, end);
    rest.remove_prefix(end);
    if (const size_t at = authority.rfind('@'); at != kNone) authority.remove_prefix(at + 1);
    if (!isHost(authority)) return std::nullopt;
    url.host = std::string(authority);
  }
  if (!isEscaped(rest)) return std::nullopt;
  url.path = escapedPath(rest);
  return url;
}

}  // namespace cleat::cel
