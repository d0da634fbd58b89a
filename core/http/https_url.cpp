#include "core/http/https_url.h"

#include <cleat/sdk/host_port.h>

namespace cleat::http {

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

  const std::optional<HostAndPort> parts = splitHostPort(url.authority);
  if (!parts) return malformed("has no host, or something that is no port behind it");
  if (!parts->port.empty() && parseInteger<uint16_t>(parts->port).value_or(0) == 0) {
    return malformed("has a malformed port");
  }
  url.port = parts->port.empty() ? defaultPort : parts->port;
  url.host = parts->host;
  return url;
}

}  // namespace cleat::http
