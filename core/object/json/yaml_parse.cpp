// YAML to values, with the scalar rules of the YAML 1.1 parser that Kubernetes uses: yes/no/on/off are booleans, 0777
// is octal, quoted scalars are texts. Built from the parser's events rather than its nodes, so that nothing grows
// beyond the limits.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>
#include <unordered_map>

#include "core/object/codec.h"
#include "core/object/json/json_text.h"
#include "core/object/json/strict_errors.h"

namespace cleat::object {

namespace {

namespace json = boost::json;

// Each use of an alias repeats what it stands for, so a small document can unfold to a huge one.
constexpr size_t kMaxValues = 1u << 20;

struct Refused {
  std::string why;
};

std::string lineOf(const YAML::Mark& mark) { return " (line " + std::to_string(mark.line + 1) + ")"; }

// What a scalar means.
class Scalar {
 public:
  static json::value value(const std::string& tag, const std::string& text) {
    // "!" is what the parser says of a quoted scalar, "?" of a plain one.
    if (tag == "!" || tag == "tag:yaml.org,2002:str") return json::value(text);
    if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return json::value(nullptr);
    if (std::optional<bool> flag = boolean(text)) return json::value(*flag);
    if (std::optional<json::value> value = number(text)) return std::move(*value);
    return json::value(text);
  }

 private:
  static std::optional<bool> boolean(const std::string& text) {
    static constexpr std::string_view kTrue[] = {"y",    "Y",    "yes", "Yes", "YES", "true",
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
    if (digits.empty() || std::string_view("0123456789.").find(digits[0]) == std::string_view::npos)
      return std::nullopt;
    int base = 10;
    std::string_view number = digits;
    for (auto [prefix, radix] : {std::pair<std::string_view, int>{"0x", 16}, {"0b", 2}, {"0o", 8}}) {
      if (digits.starts_with(prefix)) {
        base = radix;
        number = digits.substr(2);
      }
    }
    if (base == 10 && digits.size() > 1 && digits[0] == '0' &&
        digits.find_first_not_of("01234567") == std::string_view::npos) {
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
    return json::value(negative && fraction != 0 ? -fraction : fraction);
  }
};

class YamlBuilder : public YAML::EventHandler {
 public:
  YamlBuilder(const Limits& limits, std::vector<std::string>* duplicates) : limits_(limits), duplicates_(duplicates) {}

  json::value take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {
    if (++documents_ > 1) throw Refused{"yaml: one document expected, found more"};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    finish(json::value(nullptr), mark, anchor, 1, 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    if (!open_.empty() && open_.back().isMap && !open_.back().key) return takeKey(tag, text);
    finish(Scalar::value(tag, text), mark, anchor, 1, text.size());
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto it = anchors_.find(anchor);
    if (it == anchors_.end()) throw Refused{"yaml: an alias within what it stands for" + lineOf(mark)};
    const Anchored& anchored = it->second;
    // Counted before it is copied.
    finish(nullptr, mark, 0, anchored.values, anchored.bytes, &anchored.value);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(false, mark, anchor);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(true, mark, anchor);
  }
  void OnMapEnd() override { end(); }

 private:
  struct Open {
    bool isMap = false;
    bool isMerge = false;  // the key was <<
    YAML::Mark mark;
    YAML::anchor_t anchor = 0;
    json::array elements;
    json::object members;
    std::vector<json::value> merges;
    std::optional<std::string> key;
    size_t valuesBefore = 0, bytesBefore = 0;
  };
  struct Anchored {
    json::value value;
    size_t values, bytes;
  };

  void begin(bool isMap, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (!open_.empty() && open_.back().isMap && !open_.back().key) {
      throw Refused{"yaml: a map's key must be a scalar" + lineOf(mark)};
    }
    if (open_.size() >= limits_.maxDepth) {
      throw Refused{"yaml: nested deeper than the limit of " + std::to_string(limits_.maxDepth)};
    }
    Open open;
    open.isMap = isMap;
    open.mark = mark;
    open.anchor = anchor;
    open.valuesBefore = values_;
    open.bytesBefore = bytes_;
    open_.push_back(std::move(open));
  }

  void end() {
    Open open = std::move(open_.back());
    open_.pop_back();
    for (const json::value& from : open.merges) merge(open.members, from);
    json::value value = open.isMap ? json::value(std::move(open.members)) : json::value(std::move(open.elements));
    if (open.anchor) anchors_[open.anchor] = {value, values_ - open.valuesBefore + 1, bytes_ - open.bytesBefore};
    finish(std::move(value), open.mark, 0, 1, 0);
  }

  void takeKey(const std::string& tag, const std::string& text) {
    Open& open = open_.back();
    open.isMerge = text == "<<" && tag != "!";
    open.key = text;
    bytes_ += text.size();
  }

  // `size` values and `bytes` of text have come to their place in what is open; `copied` in place of `value` if not
  // null.
  void finish(json::value value, const YAML::Mark& mark, YAML::anchor_t anchor, size_t size, size_t bytes,
              const json::value* copied = nullptr) {
    values_ += size;
    bytes_ += bytes;
    if (values_ > kMaxValues) throw Refused{"yaml: more than the limit of " + std::to_string(kMaxValues) + " values"};
    if (bytes_ > 2 * limits_.maxBytes) {
      throw Refused{"yaml: more than the limit of " + std::to_string(2 * limits_.maxBytes) + " bytes of text"};
    }
    if (copied) value = *copied;
    if (anchor) anchors_[anchor] = {value, size, bytes};
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& open = open_.back();
    if (!open.isMap) {
      open.elements.push_back(std::move(value));
    } else if (!open.key) {
      // Only an alias or a null can come here as a key.
      throw Refused{"yaml: a map's key must be a scalar" + lineOf(mark)};
    } else if (open.isMerge) {
      open.merges.push_back(std::move(value));
      open.key.reset();
    } else {
      if (!open.members.insert_or_assign(*open.key, std::move(value)).second) report(*open.key, mark);
      open.key.reset();
    }
  }

  // As the parser that Kubernetes uses: the line is where the value begins.
  void report(const std::string& key, const YAML::Mark& mark) {
    if (!duplicates_ || !mayTellMore(*duplicates_)) return;
    duplicates_->push_back("line " + std::to_string(mark.line + 1) + ": key " + jsonText(json::value(key)) +
                           " already set in map");
  }

  static void merge(json::object& out, const json::value& from) {
    if (const json::object* object = from.if_object()) {
      for (const auto& member : *object) out.emplace(member.key(), member.value());
      return;
    }
    const json::array* array = from.if_array();
    auto isObject = [](const json::value& each) { return each.is_object(); };
    if (!array || !std::ranges::all_of(*array, isObject)) {
      throw Refused{"yaml: map merge requires map or sequence of maps as the value"};
    }
    for (const json::value& each : *array) merge(out, each);
  }

  const Limits& limits_;
  std::vector<std::string>* duplicates_;
  json::value root_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, Anchored> anchors_;
  size_t documents_ = 0, values_ = 0, bytes_ = 0;
};

}  // namespace

Result<json::value> parseYaml(std::string_view text, const Limits& limits, std::vector<std::string>* duplicates) {
  if (text.size() > limits.maxBytes) {
    return fail(Status::tooLarge("Request entity too large: limit is " + std::to_string(limits.maxBytes)));
  }
  if (!isUtf8(text)) return fail(Status::badRequest("yaml: the text is not UTF-8"));
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    YamlBuilder builder(limits, duplicates);
    // The second call only finds out that there is no second document.
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
    return builder.take();
  } catch (const YAML::Exception& error) {
    return fail(Status::badRequest("yaml: line " + std::to_string(error.mark.line + 1) + ": " + error.msg));
  } catch (const Refused& error) {
    return fail(Status::badRequest(error.why));
  }
}

std::string strictYamlError(const std::vector<std::string>& duplicates) {
  std::string out = "yaml: unmarshal errors:";
  for (const std::string& duplicate : duplicates) out += "\n  " + duplicate;
  return out;
}

}  // namespace cleat::object
