// What is wrong with an expression and where, as messages show it:
//
//   ERROR: <input>:1:6: undefined field 'x'
//    | self.x
//    | .....^
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::cel {

struct Issue {
  uint32_t offset = 0;  // in bytes; kNowhere for what concerns the whole
  std::string message;
};

inline constexpr uint32_t kNowhere = ~0u;

std::string issuesText(std::string_view source, const std::vector<Issue>& issues);

}  // namespace cleat::cel
