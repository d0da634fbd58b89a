#include "core/http/https_url.h"

#include <charconv>

namespace cleat::http {
namespace {

bool isPort(std::string_view text) {
  unsigned port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port > 0 && port < 65536;
}

}  // namespace

Result<HttpsUrl> HttpsUrl::parse(std::string_view text, std::string_view defaultPort) {
  auto malformed = [&](const char* why) {
    return fail(Status::badRequest("the URL \"" + std::string(text) + "\" " + why));
  };
  constexpr std::string_view kScheme = "https://";
  if (!text.starts_with(kScheme)) return malformed("does not begin with https://");
  std::string_view rest = text.substr(kScheme.size());
  if (rest.find_first_of("?#@ \t\r\n") != std::string_view::npos) {
    return malformed("may have a host, a port and a path only");
  }
  HttpsUrl url;
  size_t slash = rest.find('/');
  url.authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) url.path = rest.substr(slash);
  while (url.path.ends_with('/')) url.path.pop_back();

  std::string_view host = url.authority, port;
  if (host.starts_with('[')) {
    size_t close = host.find(']');
    if (close == std::string_view::npos) return malformed("has no ] after its IPv6 address");
    port = host.substr(close + 1);
    host = host.substr(1, close - 1);
  } else if (size_t colon = host.find(':'); colon != std::string_view::npos) {
    port = host.substr(colon);
    host = host.substr(0, colon);
  }
  if (host.empty()) return malformed("has no host");
  if (!port.empty() && (!port.starts_with(':') || !isPort(port.substr(1)))) return malformed("has a malformed port");
  url.port = port.empty() ? defaultPort : port.substr(1);
  url.host = host;
  return url;
}

}  // namespace cleat::http
