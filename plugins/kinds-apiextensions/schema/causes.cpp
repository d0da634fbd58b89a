#include "kinds-apiextensions/schema/causes.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "kinds-common/findings.h"

namespace cleat::kinds::extensions {

namespace {

constexpr const char* kNoField = "<nil>";

// Go escapes these in JSON, for HTML's sake.
std::string escapedForHtml(std::string_view json) {
  std::string out;
  for (char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else if (c == '>') {
      out += "\\u003e";
    } else if (c == '&') {
      out += "\\u0026";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

void Causes::add(const char* reason, std::string field, std::string message) {
  if (full()) return;
  StatusCause cause{reason, std::move(message), std::move(field)};
  if (std::ranges::find(all_, cause) == all_.end()) all_.push_back(std::move(cause));
}

size_t Causes::bytes() const {
  size_t bytes = 0;
  for (const StatusCause& cause : all_) bytes += cause.field.size() + cause.message.size();
  return bytes;
}

bool Causes::hasBlocking() const {
  return std::ranges::any_of(all_, [](const StatusCause& cause) {
    return cause.reason == "FieldValueRequired" || cause.reason == "FieldValueTooLong" ||
           cause.reason == "FieldValueTooMany" || cause.reason == "FieldValueTypeInvalid";
  });
}

bool Causes::full() const {
  constexpr size_t kMostBytes = 1u << 20;
  return all_.size() >= kMostFindings || bytes() >= kMostBytes;
}

void Causes::required(const Trail& at) {
  if (!full()) add("FieldValueRequired", fieldOf(at), "Required value");
}

void Causes::invalid(const Trail& at, std::string_view shown, std::string_view detail) {
  if (full()) return;
  add("FieldValueInvalid", fieldOf(at), concat("Invalid value: ", shown, ": ", detail));
}

void Causes::wrongType(const Trail& at, std::string_view expected, std::string_view isType) {
  std::string shown = quoted(isType);
  add("FieldValueTypeInvalid", fieldOf(at),
      concat("Invalid value: ", shown, ": ", at.text(TrailKeys::dotted), " in body must be of type ", expected, ": ",
             shown));
}

void Causes::general(std::string_view message) {
  add("FieldValueInvalid", prefix_.empty() ? kNoField : str(prefix_), concat("Invalid value: \"\": ", message));
}

void Causes::merge(Causes other) {
  for (StatusCause& cause : other.all_) {
    if (full()) return;
    if (std::ranges::find(all_, cause) == all_.end()) all_.push_back(std::move(cause));
  }
}

std::string Causes::fieldOf(const Trail& at) const {
  std::string name = at.text(TrailKeys::dotted);
  if (name.starts_with('.')) name.erase(0, 1);
  if (prefix_.empty()) return name.empty() ? kNoField : name;
  return name.empty() ? str(prefix_) : concat(prefix_, ".", name);
}

std::string shownNumber(double number) {
  double size = std::fabs(number);
  bool scientific = size != 0 && (size < 1e-4 || size >= 1e6);
  char digits[400];
  char* end = std::to_chars(digits, digits + sizeof digits, number,
                            scientific ? std::chars_format::scientific : std::chars_format::fixed)
                  .ptr;
  return std::string(digits, end);
}

std::string shownAsJson(JsonView value) { return escapedForHtml(jsonText(value)); }

std::string shownJson(JsonView value) {
  if (value.isText()) return quoted(value.text());
  return value.type() == JsonType::number ? shownNumber(value.number()) : shownAsJson(value);
}

}  // namespace cleat::kinds::extensions
