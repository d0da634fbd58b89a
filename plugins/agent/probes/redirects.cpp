#include "probes/redirects.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "probes/probe_run.h"

namespace cleat::agent {
namespace {

constexpr int kMostRequests = 10;
constexpr const char* kTooLate = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";

bool isRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool isAlpha(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

// The length of "http" in "http://…"; none where there is no scheme.
std::optional<size_t> schemeLength(std::string_view location) {
  const size_t colon = location.find_first_of(":/?#");
  if (colon == std::string_view::npos || colon == 0 || location[colon] != ':' || !isAlpha(location[0])) return {};
  return colon;
}

// "user@host:port", "[fd00::1]:80". False if it is none.
bool readAuthority(std::string_view text, HttpRequest& request) {
  if (size_t at = text.rfind('@'); at != std::string_view::npos) text.remove_prefix(at + 1);
  size_t end = text.starts_with('[') ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == std::string_view::npos) return false;
  request.host = text.starts_with('[') ? text.substr(1, end - 1) : text.substr(0, end);
  text.remove_prefix(text.starts_with('[') ? end + 1 : end);
  request.port = request.tls ? 443 : 80;
  if (text.empty() || text == ":") return !request.host.empty();
  if (text[0] != ':') return false;
  const char* last = text.data() + text.size();
  auto [parsed, error] = std::from_chars(text.data() + 1, last, request.port);
  return error == std::errc() && parsed == last && request.port != 0 && !request.host.empty();
}

// Takes "." and ".." out of an absolute path (RFC 3986, section 5.2.4).
std::string withoutDots(std::string_view path) {
  std::vector<std::string_view> kept;
  bool folder = false;
  for (size_t at = 1; at <= path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, end - at);
    folder = part == "." || part == "..";
    if (part == ".." && !kept.empty()) kept.pop_back();
    if (!folder) kept.push_back(part);
    at = end + 1;
  }
  std::string out;
  for (std::string_view part : kept) out += concat("/", part);
  return folder || out.empty() ? out + "/" : out;
}

std::string resolvedPath(std::string_view base, std::string_view reference) {
  const std::string_view basePath = base.substr(0, base.find('?'));
  if (reference.empty()) return std::string(base);
  if (reference[0] == '?') return concat(basePath, reference);
  const size_t query = std::min(reference.find('?'), reference.size());
  std::string path(reference.substr(0, query));
  if (path[0] != '/') path = concat(basePath.substr(0, basePath.rfind('/') + 1), path);
  return withoutDots(path) + std::string(reference.substr(query));
}

std::string* hostHeader(HttpRequest& request) {
  for (auto& [name, value] : request.headers) {
    if (isHeader(name, "Host")) return &value;
  }
  return nullptr;
}

}  // namespace

std::string authorityOf(const HttpRequest& request) {
  const bool bare = request.host.find(':') == std::string::npos;
  return concat(bare ? "" : "[", request.host, bare ? "" : "]", ":", request.port);
}

std::optional<HttpRequest> redirected(const HttpRequest& first, const HttpRequest& last, std::string_view location) {
  location = location.substr(0, location.find('#'));
  HttpRequest next = last;
  next.headers = first.headers;
  const auto scheme = schemeLength(location);
  if (scheme) {
    std::string name(location.substr(0, *scheme));
    std::ranges::transform(name, name.begin(), [](char c) { return isAlpha(c) ? static_cast<char>(c | 0x20) : c; });
    if (name != "http" && name != "https") return std::nullopt;
    next.tls = name == "https";
    location.remove_prefix(*scheme + 1);
    if (!location.starts_with("//")) return std::nullopt;
  }
  if (location.starts_with("//")) {
    location.remove_prefix(2);
    const size_t end = std::min(location.find_first_of("/?"), location.size());
    if (!readAuthority(location.substr(0, end), next)) return std::nullopt;
    location.remove_prefix(end);
    next.path = location.starts_with('/') ? resolvedPath("/", location) : concat("/", location);
  } else {
    next.path = resolvedPath(last.path, location);
  }
  std::string* called = hostHeader(next);
  const bool calledOtherwise = called != nullptr && *called != authorityOf(first);
  if (called != nullptr && (scheme || !calledOtherwise)) *called = authorityOf(next);
  return next;
}

Task<FollowedAnswer> getFollowing(NodeServices& node, HttpRequest request, Duration timeout) {
  const Instant until = node.context.now() + timeout;
  HttpRequest last = request;
  for (int asked = 1;; ++asked) {
    FollowedAnswer followed;
    followed.url = urlOf(last);
    const Duration left = until - node.context.now();
    if (left <= Duration::zero()) {
      followed.answer.error = kTooLate;
      co_return followed;
    }
    followed.answer = co_await node.net.get(last, left);
    const HttpAnswer& answer = followed.answer;
    if (!answer.error.empty() || !isRedirect(answer.status) || answer.location.empty()) co_return followed;
    auto next = redirected(request, last, answer.location);
    if (!next) {
      followed.answer.error = concat("failed to parse Location header \"", answer.location, "\"");
      co_return followed;
    }
    if (next->host != request.host) co_return followed;
    if (asked == kMostRequests) {
      followed.url = urlOf(*next);
      followed.answer.error = concat("stopped after ", kMostRequests, " redirects");
      co_return followed;
    }
    last = std::move(*next);
  }
}

}  // namespace cleat::agent
