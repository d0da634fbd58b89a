#include "core/http/http_message.h"

#include <algorithm>

namespace cleat::http {
namespace {

// What the head of a request has room for at once.
constexpr size_t kUsualFields = 10, kUsualBytes = 480;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool equalIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

void Headers::add(std::string_view name, std::string_view value) {
  if (fields_.empty()) {
    fields_.reserve(kUsualFields);
    text_.reserve(kUsualBytes);
  }
  Field field;
  field.name = static_cast<uint32_t>(text_.size());
  field.nameSize = static_cast<uint32_t>(name.size());
  text_ += name;
  field.value = static_cast<uint32_t>(text_.size());
  field.valueSize = static_cast<uint32_t>(value.size());
  text_ += value;
  fields_.push_back(field);
}

std::pair<std::string_view, std::string_view> Headers::at(size_t index) const {
  const Field& field = fields_[index];
  std::string_view text = text_;
  return {text.substr(field.name, field.nameSize), text.substr(field.value, field.valueSize)};
}

std::string_view Headers::get(std::string_view name) const {
  for (size_t i = 0; i < fields_.size(); ++i) {
    auto [fieldName, value] = at(i);
    if (equalIgnoringCase(fieldName, name)) return value;
  }
  return {};
}

bool Headers::has(std::string_view name) const {
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (equalIgnoringCase(at(i).first, name)) return true;
  }
  return false;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (size_t i = 0; i < fields_.size(); ++i) {
    auto [fieldName, value] = at(i);
    if (equalIgnoringCase(fieldName, name)) values.push_back(value);
  }
  return values;
}

bool Headers::hasToken(std::string_view name, std::string_view token) const {
  for (std::string_view value : all(name)) {
    while (!value.empty()) {
      size_t comma = value.find(',');
      if (equalIgnoringCase(trim(value.substr(0, comma)), token)) return true;
      if (comma == std::string_view::npos) break;
      value.remove_prefix(comma + 1);
    }
  }
  return false;
}

void Headers::clear() {
  text_.clear();
  fields_.clear();
}

std::string_view Request::path() const { return std::string_view(target).substr(0, target.find('?')); }

std::string_view Request::query() const {
  size_t mark = target.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

}  // namespace cleat::http
