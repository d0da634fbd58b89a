// CHECK: what must be true here whatever comes from outside, said where a reader would ask how one can know. It stays
// on in release; one that fails says so with both values and ends the process, because nothing after it could be
// trusted.
//
//   CHECK(change.revision > lastRevision_, "changes are recorded in the order of their revisions");
//
// What a caller, a client, a disk or a plugin can get wrong is no matter for it: that is a Result.
#pragma once

#include <concepts>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>

namespace cleat::base {

// Prints what failed and aborts.
[[noreturn]] void checkFailed(std::string_view condition, std::string_view values, std::string_view why,
                              const std::source_location& where);

namespace detail {

template <class T>
std::string shownValue(const T& value) {
  if constexpr (std::same_as<T, bool>)
    return value ? "true" : "false";
  else if constexpr (std::is_enum_v<T>)
    return std::to_string(static_cast<long long>(value));
  else if constexpr (std::is_arithmetic_v<T>)
    return std::to_string(value);
  else if constexpr (std::convertible_to<const T&, std::string_view>)
    return std::string(std::string_view(value));
  else
    return "…";
}

// The outcome of a condition and, of a comparison, what was compared.
template <class A, class B>
struct Compared {
  bool holds;
  const A& a;
  const char* with;
  const B& b;
  explicit operator bool() const { return holds; }
  std::string text() const { return shownValue(a) + " " + with + " " + shownValue(b); }
};

// The left side of a comparison, or a condition that is none. It refers to what the condition's expression made, and is
// gone before that is.
template <class A>
struct Checked {
  const A& a;
  explicit operator bool() const { return static_cast<bool>(a); }
  std::string text() const { return shownValue(a); }
  template <class B>
  Compared<A, B> operator==(const B& b) const {
    return {a == b, a, "==", b};
  }
  template <class B>
  Compared<A, B> operator!=(const B& b) const {
    return {a != b, a, "!=", b};
  }
  template <class B>
  Compared<A, B> operator<(const B& b) const {
    return {a < b, a, "<", b};
  }
  template <class B>
  Compared<A, B> operator<=(const B& b) const {
    return {a <= b, a, "<=", b};
  }
  template <class B>
  Compared<A, B> operator>(const B& b) const {
    return {a > b, a, ">", b};
  }
  template <class B>
  Compared<A, B> operator>=(const B& b) const {
    return {a >= b, a, ">=", b};
  }
};

struct Check {
  template <class A>
  Checked<A> operator<<(const A& a) const {
    return {a};
  }
};

// Takes the outcome and, only if it is bad, makes the text.
template <class Outcome>
void judge(const Outcome& outcome, const char* condition, std::string_view why, const std::source_location& where) {
  if (outcome) [[likely]]
    return;
  if constexpr (std::same_as<Outcome, bool>)
    checkFailed(condition, "false", why, where);
  else
    checkFailed(condition, outcome.text(), why, where);
}

}  // namespace detail
}  // namespace cleat::base

#define CHECK(condition, why)                                                                \
  ::cleat::base::detail::judge(::cleat::base::detail::Check() << condition, #condition, why, \
                               std::source_location::current())
