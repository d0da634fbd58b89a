// How the path of a request to a proxy subresource names whom it wants to reach: "NAME", "NAME:PORT" or
// "SCHEME:NAME:PORT". The server looks for the object of that name, and the plugin of its kind finds out the address.
#pragma once

#include <optional>
#include <string_view>

namespace cleat {

struct ProxiedName {
  std::string_view written;             // the whole text
  std::string_view scheme, name, port;  // without scheme or port: empty

  // Parts of the text. Nothing where it is none of these, its name is empty or its scheme neither http nor https.
  static std::optional<ProxiedName> parse(std::string_view text) {
    const size_t first = text.find(':'), last = text.rfind(':');
    ProxiedName parts{.written = text, .scheme = {}, .name = text.substr(0, first), .port = {}};
    if (first != std::string_view::npos) parts.port = text.substr(last + 1);
    if (first != last) {
      parts.scheme = parts.name;
      parts.name = text.substr(first + 1, last - first - 1);
    }
    const bool known = parts.scheme.empty() || parts.scheme == "http" || parts.scheme == "https";
    if (!known || parts.name.empty() || parts.name.find(':') != std::string_view::npos) return std::nullopt;
    return parts;
  }
};

}  // namespace cleat
