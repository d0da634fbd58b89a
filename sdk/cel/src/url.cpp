#include "url.h"

#include <cleat/sdk/text.h>

#include <algorithm>

namespace cleat::cel {

namespace {

constexpr auto kNone = std::string_view::npos;

// As Go writes what it quotes.
std::string goEscaped(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += concat("\\", std::string_view(&c, 1));
    } else if (byte < 0x20 || byte == 0x7f) {
      const char digits[] = {kDigits[byte / 16], kDigits[byte % 16]};
      out += concat("\\x", std::string_view(digits, 2));
    } else {
      out += c;
    }
  }
  return out;
}

bool isHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
int hex(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }
bool isLetter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }

// The first escape that is none; empty: all are.
std::string_view wrongEscape(std::string_view text) {
  for (size_t at = text.find('%'); at != kNone; at = text.find('%', at + 1)) {
    if (at + 2 >= text.size() || !isHex(text[at + 1]) || !isHex(text[at + 2])) return text.substr(at, 3);
  }
  return {};
}
bool isEscaped(std::string_view text) { return wrongEscape(text).empty(); }

std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool isEscape = text[i] == '%';
    out += isEscape ? static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2])) : text[i];
    if (isEscape) i += 2;
  }
  return out;
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

std::string wrongEscapeWords(std::string_view escape) { return concat("invalid URL escape ", inQuotes(escape)); }

// In a name only what is no ASCII is escaped; in the zone of an address what a name may have, a space, and the percent
// sign.
std::string faultOfName(std::string_view name, bool isZone) {
  if (const std::string_view wrong = wrongEscape(name); !wrong.empty()) return wrongEscapeWords(wrong);
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const auto isPlain = [](char each) {
      return isLetter(each) || isDigit(each) || static_cast<unsigned char>(each) >= 0x80 ||
             std::string_view("-_.~!$&'()*+,;=:[]<>\"").find(each) != kNone;
    };
    if (c == '%') {
      const auto escaped = static_cast<char>(hex(name[i + 1]) * 16 + hex(name[i + 2]));
      const bool fits = static_cast<unsigned char>(escaped) >= 0x80 || name.substr(i, 3) == "%25" ||
                        (isZone && (escaped == ' ' || isPlain(escaped)));
      if (!fits) return wrongEscapeWords(name.substr(i, 3));
      i += 2;
    } else if (!isPlain(c)) {
      return concat("invalid character ", inQuotes(goEscaped(std::string_view(&c, 1))), " in host name");
    }
  }
  return {};
}

bool isPort(std::string_view port) {
  return port.empty() || (port[0] == ':' && std::all_of(port.begin() + 1, port.end(), isDigit));
}

// Where ":80" begins, or the end.
size_t portStart(std::string_view host) {
  const size_t colon = host.rfind(':');
  return colon != kNone && isPort(host.substr(colon)) ? colon : host.size();
}

// What is wrong with a host and its port; empty: nothing.
std::string faultOfHost(std::string_view host) {
  const bool isAddress = host.starts_with('[');
  const size_t end = isAddress ? host.rfind(']') : host.rfind(':');
  if (isAddress && end == kNone) return "missing ']' in host";
  const std::string_view port = end == kNone ? "" : host.substr(isAddress ? end + 1 : end);
  if (!isPort(port)) return concat("invalid port ", inQuotes(goEscaped(port)), " after host");
  const size_t zone = isAddress ? host.find("%25") : kNone;
  if (zone == kNone || zone > end) return faultOfName(host, false);
  std::string fault = faultOfName(host.substr(0, zone), false);
  if (fault.empty()) fault = faultOfName(host.substr(zone, end - zone), true);
  return fault.empty() ? faultOfName(host.substr(end), false) : fault;
}

std::string faultOfUser(std::string_view user) {
  const bool isPlain = std::all_of(user.begin(), user.end(), [](char c) {
    return isLetter(c) || isDigit(c) || std::string_view("-._:~!$&'()*+,;=%@").find(c) != kNone;
  });
  if (!isPlain) return "net/url: invalid userinfo";
  const std::string_view wrong = wrongEscape(user);
  return wrong.empty() ? std::string() : wrongEscapeWords(wrong);
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
  std::string name = host.substr(0, portStart(host));
  const bool isAddress = name.starts_with('[') && name.ends_with(']');
  return isAddress ? name.substr(1, name.size() - 2) : name;
}

std::string Url::port() const {
  const size_t start = portStart(host);
  return start == host.size() ? "" : host.substr(start + 1);
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

namespace {

size_t schemeEnd(std::string_view text) {
  size_t end = 0;
  while (end < text.size() &&
         (isLetter(text[end]) || (end > 0 && (isDigit(text[end]) || std::string_view("+-.").find(text[end]) != kNone))))
    ++end;
  return end;
}

// Takes "//user@host:80" off the front; what is wrong with it, or empty.
std::string takeAuthority(std::string_view& rest, Url& url) {
  rest.remove_prefix(2);
  const size_t end = std::min(rest.find('/'), rest.size());
  std::string_view host = rest.substr(0, end);
  rest.remove_prefix(end);
  const size_t at = host.rfind('@');
  const std::string_view user = at == kNone ? "" : host.substr(0, at);
  if (at != kNone) host.remove_prefix(at + 1);
  std::string fault = faultOfHost(host);
  if (fault.empty()) fault = faultOfUser(user);
  if (fault.empty()) url.host = unescaped(host);
  return fault;
}

std::string read(std::string_view rest, Url& url) {
  const bool control =
      std::any_of(rest.begin(), rest.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (control) return "net/url: invalid control character in URL";
  if (rest.empty()) return "empty url";
  if (rest == "*") {
    url.path = "*";
    return {};
  }
  const size_t scheme = schemeEnd(rest);
  if (scheme < rest.size() && rest[scheme] == ':') {
    if (scheme == 0) return "missing protocol scheme";
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
  if (!rest.starts_with('/')) return url.scheme.empty() ? "invalid URI for request" : "";
  const bool hasAuthority = rest.starts_with("//") && (!url.scheme.empty() || !rest.starts_with("///"));
  if (hasAuthority) {
    if (std::string fault = takeAuthority(rest, url); !fault.empty()) return fault;
  }
  if (const std::string_view wrong = wrongEscape(rest); !wrong.empty()) return wrongEscapeWords(wrong);
  url.path = escapedPath(rest);
  return {};
}

}  // namespace

std::optional<Url> readUrl(std::string_view text, std::string& why) {
  Url url;
  url.text = std::string(text);
  const std::string fault = read(text, url);
  if (fault.empty()) return url;
  why = concat("parse ", inQuotes(goEscaped(text)), ": ", fault);
  return std::nullopt;
}

}  // namespace cleat::cel
