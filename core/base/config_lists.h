// Lists of plugins as an operator writes them: in place of the built-in list, or around it.
//
//   chain = ["a", "b"]                the whole list
//   chain = ["first", "...", "last"]  the built-in list with others before and behind it; what is named beside "..." is
//                                     not where it was
//   chain = ["...", "-b"]             without one
#pragma once

#include <cleat/sdk/status.h>

#include <expected>
#include <string>
#include <vector>

namespace cleat::base {

inline constexpr const char* kBuiltInList = "...";

// What is wrong with an element of a list; nothing where it is right.
std::string checkListed(const std::string& text);

// The error's message says what is wrong with `culprit`, one of the elements.
struct WrongList {
  size_t culprit = 0;
  std::string message;
};
std::expected<std::vector<std::string>, WrongList> expandList(const std::vector<std::string>& written,
                                                              const std::vector<std::string>& builtIn);

}  // namespace cleat::base
