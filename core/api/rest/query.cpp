#include "core/api/rest/query.h"

#include <cleat/sdk/text.h>

#include <charconv>

namespace cleat::api {
namespace {

constexpr size_t kMaxParameters = 1000;

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> percentDecode(std::string_view text, bool plusIsBlank) {
  if (text.find('%') == text.npos && !(plusIsBlank && text.find('+') != text.npos)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      int high = i + 2 < text.size() ? hexDigit(text[i + 1]) : -1;
      int low = i + 2 < text.size() ? hexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i] == '+' && plusIsBlank ? ' ' : text[i];
    }
  }
  return out;
}

Query::Query(std::string_view text) {
  while (!text.empty() && parameters_.size() < kMaxParameters) {
    std::string_view parameter = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), parameter.size() + 1));
    if (parameter.empty()) continue;
    size_t equals = parameter.find('=');
    auto name = percentDecode(parameter.substr(0, equals), true);
    auto value = equals == std::string_view::npos ? std::string() : percentDecode(parameter.substr(equals + 1), true);
    if (name && value) parameters_.emplace_back(std::move(*name), std::move(*value));
  }
}

std::string_view Query::get(std::string_view name) const {
  for (const auto& [key, value] : parameters_) {
    if (key == name) return value;
  }
  return {};
}

bool Query::has(std::string_view name) const {
  for (const auto& [key, value] : parameters_) {
    if (key == name) return true;
  }
  return false;
}

std::vector<std::string_view> Query::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : parameters_) {
    if (key == name) values.push_back(value);
  }
  return values;
}

std::optional<bool> Query::optionalFlag(std::string_view name) const {
  if (!has(name)) return std::nullopt;
  std::string_view value = get(name);
  return !(value == "0" || value == "false" || value == "False" || value == "FALSE");
}

bool Query::flag(std::string_view name) const { return optionalFlag(name).value_or(false); }

Result<std::optional<int64_t>> Query::number(std::string_view name) const {
  std::string_view text = get(name);
  if (text.empty()) return std::nullopt;
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    const bool tooLarge = error == std::errc::result_out_of_range && end == text.data() + text.size();
    return fail(Status::badRequest(concat("strconv.ParseInt: parsing ", inQuotes(text), ": ",
                                          tooLarge ? "value out of range" : "invalid syntax")));
  }
  return value;
}

}  // namespace cleat::api
