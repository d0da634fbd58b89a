// The users of a file: a line each, NAME:HASH or NAME:HASH:GROUP,GROUP; what begins with # is a comment.
#pragma once

#include <cleat/sdk/status.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

struct User {
  std::string hash;
  std::vector<std::string> groups;
};
using Users = std::map<std::string, User>;

// Fails with the first line that is none, by its number.
cleat::Result<Users> readUsers(std::string_view text);
