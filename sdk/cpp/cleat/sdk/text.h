// Texts between Cap'n Proto and the standard library, and `concat` and `joined`, which make one string out of several
// values.
//
//   std::string key = concat(view(meta.getNamespace()), "/", view(meta.getName()));
//   if (view(pod->getStatus().getPhase()) == "Running") …
//
// Generated setters take std::string and string literals as they are. A std::string_view has to be passed as
// `str(view)`, because Cap'n Proto wants the NUL behind a text.
#pragma once

#include <capnp/blob.h>

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace cleat {

inline std::string_view view(capnp::Text::Reader text) { return {text.begin(), text.size()}; }
inline std::string_view view(capnp::Data::Reader bytes) {
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}
inline std::string str(std::string_view text) { return std::string(text); }
template <std::same_as<capnp::Text::Reader> T>  // exactly: std::string converts to both
std::string str(T text) {
  return std::string(text.begin(), text.size());
}
inline capnp::Data::Reader dataOf(std::string_view bytes) {
  return capnp::Data::Reader(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

struct Status;

void appendTo(std::string& out, const Status& status);  // its message
void appendTo(std::string& out, double value);
inline void appendTo(std::string& out, std::string_view text) { out += text; }
inline void appendTo(std::string& out, const char* text) { out += text; }
inline void appendTo(std::string& out, const std::string& text) { out += text; }
inline void appendTo(std::string& out, capnp::Text::Reader text) { out += view(text); }
inline void appendTo(std::string& out, char c) { out += c; }
inline void appendTo(std::string& out, bool value) { out += value ? "true" : "false"; }
template <std::integral I>
void appendTo(std::string& out, I value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

template <class... T>
std::string concat(const T&... values) {
  std::string out;
  (appendTo(out, values), ...);
  return out;
}

// The values of a range one behind the other, as `concat` writes them, or what `each` makes of them:
//   joined(names, ", "), joined(names, ", ", inQuotes)
template <class Values, class Each>
std::string joined(const Values& values, std::string_view between, Each each) {
  std::string out;
  bool first = true;
  for (const auto& value : values) {
    if (!first) out += between;
    first = false;
    appendTo(out, each(value));
  }
  return out;
}
template <class Values>
std::string joined(const Values& values, std::string_view between) {
  return joined(values, between, [](const auto& value) -> const auto& { return value; });
}

// As it stands: nothing in it is escaped.
inline std::string inQuotes(std::string_view text) { return concat('"', text, '"'); }

// The number that the whole text is, in decimal digits; nothing where it is none, or does not fit.
template <std::integral I>
std::optional<I> parseInteger(std::string_view text) {
  I value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace cleat
