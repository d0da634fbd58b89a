// The parts of an "https://HOST[:PORT][/PATH]" address.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>

namespace cleat::http {

struct HttpsUrl {
  std::string host;  // an IPv6 address without its brackets
  std::string port;
  std::string path;  // without a slash at its end
  // As it stands in the Host header.
  std::string authority;

  static Result<HttpsUrl> parse(std::string_view text, std::string_view defaultPort = "443");
};

}  // namespace cleat::http
