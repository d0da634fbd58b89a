// The parts of a URL, as Go's request URIs have them. Private to the library.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::cel {

struct Url {
  std::string scheme, host, path, query;  // the path as it is escaped
  std::string text;

  std::string hostname() const;
  std::string port() const;
  std::map<std::string, std::vector<std::string>> parameters() const;
};

// Absolute, or a path from the root.
std::optional<Url> readUrl(std::string_view text, std::string& why);

}  // namespace cleat::cel
