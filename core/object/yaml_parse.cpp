// YAML to values, with the scalar rules of the YAML 1.1 parser that Kubernetes uses: yes/no/on/off are booleans, 0777 is octal,
// quoted scalars are texts.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "core/object/codec.h"

namespace cleat::object {

namespace {

namespace json = boost::json;

// Each use of an alias repeats what it stands for, so a small document can unfold to a huge one.
constexpr size_t kMaxNodes = 1u << 20;

class Converter {
 public:
  explicit Converter(const Limits& limits) : limits_(limits) {}

  std::optional<json::value> convert(const YAML::Node& node, size_t depth) {
    if (depth > limits_.maxDepth) {
      return stop("yaml: nested deeper than the limit of " + std::to_string(limits_.maxDepth));
    }
    if (++nodes_ > kMaxNodes) return stop("yaml: more than the limit of " + std::to_string(kMaxNodes) + " values");
    switch (node.Type()) {
      case YAML::NodeType::Sequence: return sequence(node, depth);
      case YAML::NodeType::Map: return map(node, depth);
      case YAML::NodeType::Scalar: return scalar(node);
      default: return json::value(nullptr);
    }
  }

  const std::string& problem() const { return problem_; }

 private:
  std::nullopt_t stop(std::string problem) {
    problem_ = std::move(problem);
    return std::nullopt;
  }

  std::optional<json::value> sequence(const YAML::Node& node, size_t depth) {
    json::array out;
    for (const YAML::Node& element : node) {
      std::optional<json::value> value = convert(element, depth + 1);
      if (!value) return std::nullopt;
      out.push_back(std::move(*value));
    }
    return json::value(std::move(out));
  }

  std::optional<json::value> map(const YAML::Node& node, size_t depth) {
    json::object out;
    for (const auto& member : node) {
      if (!member.first.IsScalar()) return stop("yaml: a map's key must be a scalar" + lineOf(member.first));
      std::optional<json::value> value = convert(member.second, depth + 1);
      if (!value) return std::nullopt;
      const std::string& key = member.first.Scalar();
      if (key == "<<" && member.first.Tag() != "!") {
        if (!merge(out, *value)) return stop("yaml: map merge requires map or sequence of maps as the value");
        continue;
      }
      bool isNew = out.emplace(key, std::move(*value)).second;
      if (!isNew) return stop("yaml: key \"" + key + "\" already set in map" + lineOf(member.first));
    }
    return json::value(std::move(out));
  }

  static bool merge(json::object& out, const json::value& from) {
    if (const json::object* object = from.if_object()) {
      for (const auto& member : *object) out.emplace(member.key(), member.value());
      return true;
    }
    const json::array* array = from.if_array();
    return array && std::ranges::all_of(*array, [&](const json::value& each) {
             return each.is_object() && merge(out, each);
           });
  }

  static std::string lineOf(const YAML::Node& node) { return " (line " + std::to_string(node.Mark().line + 1) + ")"; }

  std::optional<json::value> scalar(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    // "!" is what the parser says of a quoted scalar, "?" of a plain one.
    if (node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str") return json::value(text);
    if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return json::value(nullptr);
    if (std::optional<bool> flag = boolean(text)) return json::value(*flag);
    if (std::optional<json::value> value = number(text)) return value;
    return json::value(text);
  }

  static std::optional<bool> boolean(const std::string& text) {
    static constexpr std::string_view kTrue[] = {"y",    "Y",  "yes", "Yes", "YES", "true",
                                                 "True", "TRUE", "on",  "On",  "ON"};
    static constexpr std::string_view kFalse[] = {"n",     "N",     "no",  "No",  "NO", "false",
                                                  "False", "FALSE", "off", "Off", "OFF"};
    if (std::ranges::find(kTrue, text) != std::end(kTrue)) return true;
    if (std::ranges::find(kFalse, text) != std::end(kFalse)) return false;
    return std::nullopt;
  }

  static std::optional<json::value> number(std::string text) {
    std::erase(text, '_');
    bool negative = text.starts_with('-');
    std::string_view digits = std::string_view(text).substr(negative || text.starts_with('+') ? 1 : 0);
    if (digits.empty() || std::string_view("0123456789.").find(digits[0]) == std::string_view::npos) return std::nullopt;
    int base = 10;
    std::string_view number = digits;
    for (auto [prefix, radix] : {std::pair<std::string_view, int>{"0x", 16}, {"0b", 2}, {"0o", 8}}) {
      if (digits.starts_with(prefix)) {
        base = radix;
        number = digits.substr(2);
      }
    }
    if (base == 10 && digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of("01234567") == std::string_view::npos) {
      base = 8;
    }
    uint64_t integer = 0;
    const char* end = number.data() + number.size();
    auto [at, error] = std::from_chars(number.data(), end, integer, base);
    if (error == std::errc{} && at == end && !number.empty()) {
      if (!negative) return integer <= INT64_MAX ? json::value(static_cast<int64_t>(integer)) : json::value(integer);
      if (integer <= uint64_t{1} << 63) return json::value(static_cast<int64_t>(uint64_t{0} - integer));
    }
    double fraction = 0;
    auto [last, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), fraction);
    if (bad != std::errc{} || last != digits.data() + digits.size() || !std::isfinite(fraction)) return std::nullopt;
    return json::value(negative ? -fraction : fraction);
  }

  const Limits& limits_;
  size_t nodes_ = 0;
  std::string problem_;
};

}  // namespace

Result<json::value> parseYaml(std::string_view text, const Limits& limits) {
  if (text.size() > limits.maxBytes) {
    return fail(Status::tooLarge("Request entity too large: limit is " + std::to_string(limits.maxBytes)));
  }
  try {
    std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.size() > 1) {
      return fail(Status::badRequest("yaml: one document expected, found " + std::to_string(documents.size())));
    }
    if (documents.empty()) return json::value(nullptr);
    Converter converter(limits);
    std::optional<json::value> value = converter.convert(documents[0], 0);
    if (!value) return fail(Status::badRequest(converter.problem()));
    return std::move(*value);
  } catch (const YAML::Exception& error) {
    return fail(Status::badRequest("yaml: line " + std::to_string(error.mark.line + 1) + ": " + error.msg));
  }
}

}  // namespace cleat::object
