#include "kinds-common/webhook_address.h"

#include <algorithm>
#include <cctype>

#include "kinds-common/names.h"

namespace cleat::kinds {

namespace {

constexpr const char* kForm = "; desired format: https://host[/path]";

// The parts of a URL that rules are about.
struct Url {
  std::string scheme, user, host, query, fragment;
  bool hasUser = false;
  std::string wrong;  // why it is none
};

bool isDigits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "host", "host:443", "[2001:db8::1]:443": what is wrong with it, or nothing.
std::string wrongHostPort(std::string_view host) {
  for (char c : host) {
    if (c == ' ' || c == '<' || c == '>' || c == '"')
      return concat("invalid character ", quoted({&c, 1}), " in host name");
  }
  const size_t bracket = host.rfind(']');
  if (host.starts_with('[') && bracket == std::string_view::npos) return "missing ']' in host";
  const size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos || isDigits(host.substr(colon + 1))) return {};
  return concat("invalid port ", quoted(host.substr(colon)), " after host");
}

// "%" and two hexadecimal digits stand for a byte.
std::string wrongEscape(std::string_view text) {
  const auto isHex = [&](size_t i) { return i < text.size() && std::isxdigit(static_cast<unsigned char>(text[i])); };
  for (size_t i = text.find('%'); i != std::string_view::npos; i = text.find('%', i + 1)) {
    if (!isHex(i + 1) || !isHex(i + 2)) return concat("invalid URL escape ", quoted(text.substr(i, 3)));
  }
  return {};
}

// What is before the first ':' names a scheme, if it reads like one.
std::string takeScheme(std::string_view& rest) {
  const size_t colon = rest.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  const std::string_view scheme = rest.substr(0, colon);
  const std::string lower = lowerCase(scheme);
  const bool valid = lower[0] >= 'a' && lower[0] <= 'z' && std::ranges::all_of(lower, [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
                     });
  if (!valid) return {};
  rest.remove_prefix(colon + 1);
  return lower;
}

Url readUrl(std::string_view text) {
  Url url;
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    url.wrong = "net/url: invalid control character in URL";
    return url;
  }
  std::string_view rest = text;
  if (const size_t hash = rest.find('#'); hash != std::string_view::npos) {
    url.fragment = rest.substr(hash + 1);
    rest = rest.substr(0, hash);
  }
  url.scheme = takeScheme(rest);
  if (url.scheme.empty() && text.starts_with(':')) url.wrong = "missing protocol scheme";
  if (const size_t mark = rest.find('?'); mark != std::string_view::npos) {
    url.query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  url.wrong = url.wrong.empty() ? wrongEscape(rest) : url.wrong;
  if (!rest.starts_with("//")) return url;
  rest.remove_prefix(2);
  std::string_view authority = rest.substr(0, rest.find('/'));
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.user = authority.substr(0, at);
    url.hasUser = true;
    authority.remove_prefix(at + 1);
  }
  url.host = authority;
  if (url.wrong.empty()) url.wrong = wrongHostPort(authority);
  return url;
}

void checkUrl(std::string_view text, const Path& path, Findings& findings) {
  const Url url = readUrl(text);
  if (!url.wrong.empty()) {
    return findings.required(path, concat("url must be a valid URL: parse ", quoted(text), ": ", url.wrong, kForm));
  }
  if (url.scheme != "https") {
    findings.invalid(path, url.scheme, concat("'https' is the only allowed URL scheme", kForm));
  }
  if (url.host.empty()) findings.invalid(path, url.host, concat("host must be specified", kForm));
  if (url.hasUser) findings.invalid(path, url.user, "user information is not permitted in the URL");
  if (!url.fragment.empty()) findings.invalid(path, url.fragment, "fragments are not permitted in the URL");
  if (!url.query.empty()) findings.invalid(path, url.query, "query parameters are not permitted in the URL");
}

void checkServicePath(std::string_view text, const Path& path, Findings& findings) {
  if (text.empty() || text == "/") return;
  if (text == "//") return findings.invalid(path, text, "segment[0] may not be empty");
  if (!text.starts_with('/')) findings.invalid(path, text, "must start with a '/'");
  std::string_view rest = text.substr(1);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  for (size_t i = 0;; ++i) {
    const size_t slash = rest.find('/');
    const std::string_view step = rest.substr(0, slash);
    if (step.empty()) {
      findings.invalid(path, text, concat("segment[", i, "] may not be empty"));
    } else {
      for (const std::string& wrong : wrongDns1123Subdomain(step)) {
        findings.invalid(path, text, concat("segment[", i, "]: ", wrong));
      }
    }
    if (slash == std::string_view::npos) return;
    rest.remove_prefix(slash + 1);
  }
}

void checkService(const WebhookAddress& address, const Path& path, Findings& findings) {
  // Kubernetes takes the one for the other here, and so do its messages.
  if (address.serviceNamespace.empty()) findings.required(path / "name");
  if (address.serviceName.empty()) findings.required(path / "namespace");
  for (const std::string& wrong : wrongPortNumber(address.port)) {
    findings.invalid(path / "port", address.port, concat("port is not valid: ", wrong));
  }
  if (address.hasPath) checkServicePath(address.path, path / "path", findings);
}

}  // namespace

void checkWebhookAddress(const WebhookAddress& address, const Path& path, Findings& findings) {
  if (address.hasUrl == address.hasService) {
    return findings.required(path, "exactly one of url or service is required");
  }
  if (address.hasUrl) return checkUrl(address.url, path / "url", findings);
  checkService(address, path / "service", findings);
}

}  // namespace cleat::kinds
