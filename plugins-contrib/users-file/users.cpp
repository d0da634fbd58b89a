#include "users.h"

#include <cleat/sdk/text.h>

#include <cstdint>

using namespace cleat;

namespace {

// The parts between `at`, so many at most: the last one has the rest.
std::vector<std::string> split(std::string_view text, char at, size_t most = SIZE_MAX) {
  std::vector<std::string> parts;
  for (;;) {
    const size_t end = parts.size() + 1 < most ? text.find(at) : std::string_view::npos;
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text = text.substr(end + 1);
  }
}

}  // namespace

Result<Users> readUsers(std::string_view text) {
  Users users;
  int number = 0;
  for (std::string& line : split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line[0] == '#') continue;
    auto wrong = [&](std::string_view why) { return fail(Status::badRequest(concat("line ", number, ": ", why))); };
    const std::vector<std::string> parts = split(line, ':', 3);
    if (parts.size() < 2 || parts[0].empty()) return wrong("it is not NAME:HASH:GROUP,GROUP");
    if (!parts[1].starts_with('$')) {
      return wrong("its hash is none that `openssl passwd -6` makes (the password itself is never written here)");
    }
    User user{parts[1], {}};
    if (parts.size() == 3 && !parts[2].empty()) user.groups = split(parts[2], ',');
    for (const std::string& group : user.groups) {
      if (group.empty()) return wrong("a group without a name");
    }
    if (!users.emplace(parts[0], std::move(user)).second)
      return wrong(concat("the user ", parts[0], " is there already"));
  }
  return users;
}
