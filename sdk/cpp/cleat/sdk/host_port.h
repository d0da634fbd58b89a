// A host and a port as they stand together in an address, where an IPv6 address has brackets around it:
// "10.0.0.1:443", "[2001:db8::1]:443".
#pragma once

#include <cleat/sdk/text.h>

#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace cleat {

// Of what is an address, or a network: which family it is of.
inline bool isIpv6(std::string_view address) { return address.find(':') != std::string_view::npos; }

// The host as it stands in front of a port, or of a path.
inline std::string hostInUrl(std::string_view host) { return isIpv6(host) ? concat('[', host, ']') : str(host); }

std::string hostPort(std::string_view host, std::integral auto port) { return concat(hostInUrl(host), ':', port); }

struct HostAndPort {
  std::string_view host;  // without brackets
  std::string_view port;  // empty where there is none
};
// The two of "HOST", "HOST:PORT" or either with brackets; nothing where the text is none of them, or has no host. What
// is a port is for the caller to say.
inline std::optional<HostAndPort> splitHostPort(std::string_view text) {
  const bool bracketed = text.starts_with('[');
  const size_t end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view host = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
  std::string_view rest = text.substr(bracketed ? end + 1 : end);
  if (host.empty() || rest == ":" || (!rest.empty() && !rest.starts_with(':'))) return std::nullopt;
  if (!rest.empty()) rest.remove_prefix(1);
  return HostAndPort{host, rest};
}

}  // namespace cleat
