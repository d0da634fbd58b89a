// How code goes on with the value of a Result, or ends with its error.
//
//   Result<Pod> parse(std::string_view text) {
//     CLEAT_TRY(auto fields, split(text));     // or returns split's error
//     CLEAT_TRY(check(fields));                // the same, where there is no value
//     …
//   }
//   Task<Result<void>> store(std::string text) {
//     CLEAT_CO_TRY(const Pod pod, parse(text));
//     CLEAT_CO_TRY(co_await client.create(pod));
//   }
//
// CLEAT_TRY is for functions, CLEAT_CO_TRY for coroutines. What stands before the comma is a declaration, or something
// that is assigned to. The expression may have commas of its own, but not where there is no value.
#pragma once

#include <utility>

#define CLEAT_TRY(...) CLEAT_TRY_PICK(return, __VA_ARGS__)
#define CLEAT_CO_TRY(...) CLEAT_TRY_PICK(co_return, __VA_ARGS__)

#define CLEAT_TRY_PICK(end, first, ...)                                                         \
  CLEAT_TRY_JOIN(CLEAT_TRY_ONLY, __VA_OPT__(_VALUE))(end, CLEAT_TRY_JOIN(cleatTried, __LINE__), \
                                                     first __VA_OPT__(, ) __VA_ARGS__)
#define CLEAT_TRY_JOIN(a, b) CLEAT_TRY_JOINED(a, b)
#define CLEAT_TRY_JOINED(a, b) a##b

#define CLEAT_TRY_ONLY(end, tried, expression) \
  if (auto tried = expression; !tried) end ::cleat::fail(std::move(tried).error())
#define CLEAT_TRY_ONLY_VALUE(end, tried, declaration, ...) \
  auto tried = __VA_ARGS__;                                \
  if (!tried) end ::cleat::fail(std::move(tried).error()); \
  declaration = *std::move(tried)
