#include <cleat/sdk/text.h>

#include <boost/json/array.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_stack.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <unordered_map>

#include "core/object/json/json_document.h"
#include "core/object/json/json_fault.h"
#include "core/object/json/strict_errors.h"

namespace cleat::object {

namespace {

namespace json = boost::json;
using ErrorCode = json::error_code;

struct NoLimits {
  static constexpr size_t max_object_size = static_cast<size_t>(-1);
  static constexpr size_t max_array_size = static_cast<size_t>(-1);
  static constexpr size_t max_key_size = static_cast<size_t>(-1);
  static constexpr size_t max_string_size = static_cast<size_t>(-1);
};

// Builds the value, and counts the members written: if the objects hold fewer, a name occurred twice.
struct Builder : NoLimits {
  json::value_stack stack;
  size_t membersRead = 0;

  bool on_document_begin(ErrorCode&) { return true; }
  bool on_document_end(ErrorCode&) { return true; }
  bool on_object_begin(ErrorCode&) { return true; }
  bool on_object_end(size_t count, ErrorCode&) {
    membersRead += count;
    stack.push_object(count);
    return true;
  }
  bool on_array_begin(ErrorCode&) { return true; }
  bool on_array_end(size_t count, ErrorCode&) {
    stack.push_array(count);
    return true;
  }
  bool on_key_part(json::string_view part, size_t, ErrorCode&) {
    stack.push_chars(part);
    return true;
  }
  bool on_key(json::string_view part, size_t, ErrorCode&) {
    stack.push_key(part);
    return true;
  }
  bool on_string_part(json::string_view part, size_t, ErrorCode&) {
    stack.push_chars(part);
    return true;
  }
  bool on_string(json::string_view part, size_t, ErrorCode&) {
    stack.push_string(part);
    return true;
  }
  bool on_number_part(json::string_view, ErrorCode&) { return true; }
  bool on_int64(int64_t value, json::string_view, ErrorCode&) {
    stack.push_int64(value);
    return true;
  }
  bool on_uint64(uint64_t value, json::string_view, ErrorCode&) {
    stack.push_uint64(value);
    return true;
  }
  // The parser's own value is an approximation; what is written must be the number that was read.
  bool on_double(double value, json::string_view text, ErrorCode& error) {
    std::from_chars(text.data(), text.data() + text.size(), value);
    if (!std::isfinite(value)) {  // what is beyond the range of a double could not be written again
      error = json::error::exponent_overflow;
      return false;
    }
    stack.push_double(value);
    return true;
  }
  bool on_bool(bool value, ErrorCode&) {
    stack.push_bool(value);
    return true;
  }
  bool on_null(ErrorCode&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, ErrorCode&) { return true; }
  bool on_comment(json::string_view, ErrorCode&) { return true; }
};

// Reads the text again to say where the names occurred twice. Seldom needed.
struct DuplicateFinder : NoLimits {
  struct Frame {
    bool isArray = false;
    size_t index = 0;
    std::string key;
    std::unordered_map<std::string, size_t> seen;  // how often
  };
  std::vector<Frame> frames;
  std::string key;
  size_t tries = 0;
  std::vector<std::string>* found = nullptr;

  std::string path() const {
    std::string out;
    for (const Frame& frame : frames) {
      if (frame.isArray) {
        out += "[" + std::to_string(frame.index) + "]";
      } else {
        if (!out.empty()) out += '.';
        out += frame.key;
      }
    }
    return out;
  }
  // The same object may come twice itself. A path can be as long as the text, so only so many are put together.
  void report() {
    constexpr size_t kMaxTries = 10 * kMaxStrictErrors;
    if (!mayTellMore(*found) || ++tries > kMaxTries) return;
    std::string text = "duplicate field \"" + path() + "\"";
    if (std::ranges::find(*found, text) == found->end()) found->push_back(std::move(text));
  }
  bool valueDone() {
    if (!frames.empty() && frames.back().isArray) ++frames.back().index;
    return true;
  }
  bool on_document_begin(ErrorCode&) { return true; }
  bool on_document_end(ErrorCode&) { return true; }
  bool on_object_begin(ErrorCode&) {
    frames.emplace_back();
    return true;
  }
  bool on_object_end(size_t, ErrorCode&) {
    frames.pop_back();
    return valueDone();
  }
  bool on_array_begin(ErrorCode&) {
    frames.emplace_back().isArray = true;
    return true;
  }
  bool on_array_end(size_t, ErrorCode&) {
    frames.pop_back();
    return valueDone();
  }
  bool on_key_part(json::string_view part, size_t, ErrorCode&) {
    key.append(part);
    return true;
  }
  bool on_key(json::string_view part, size_t, ErrorCode&) {
    key.append(part);
    Frame& frame = frames.back();
    frame.key = std::move(key);
    key.clear();
    // A name that comes a third time is no other problem.
    if (++frame.seen[frame.key] == 2) report();
    return true;
  }
  bool on_string_part(json::string_view, size_t, ErrorCode&) { return true; }
  bool on_string(json::string_view, size_t, ErrorCode&) { return valueDone(); }
  bool on_number_part(json::string_view, ErrorCode&) { return true; }
  bool on_int64(int64_t, json::string_view, ErrorCode&) { return valueDone(); }
  bool on_uint64(uint64_t, json::string_view, ErrorCode&) { return valueDone(); }
  bool on_double(double, json::string_view, ErrorCode&) { return valueDone(); }
  bool on_bool(bool, ErrorCode&) { return valueDone(); }
  bool on_null(ErrorCode&) { return valueDone(); }
  bool on_comment_part(json::string_view, ErrorCode&) { return true; }
  bool on_comment(json::string_view, ErrorCode&) { return true; }
};

size_t membersOf(const json::value& value) {
  size_t count = 0;
  if (const json::object* object = value.if_object()) {
    count = object->size();
    for (const auto& member : *object) count += membersOf(member.value());
  } else if (const json::array* array = value.if_array()) {
    for (const json::value& element : *array) count += membersOf(element);
  }
  return count;
}

// The parser's own words are left for what faultOf finds nothing wrong with.
Status parseError(ErrorCode error, size_t position, std::string_view text, const Limits& limits) {
  if (std::optional<Status> fault = faultOf(text, limits)) return *std::move(fault);
  return Status::badRequest(concat("json parse error: ", error.message(), " at byte ", position));
}

}  // namespace

Result<json::value> parseJson(std::string_view text, const Limits& limits, std::vector<std::string>* duplicates) {
  if (text.size() > limits.maxBytes) {
    return fail(Status::tooLarge("Request entity too large: limit is " + std::to_string(limits.maxBytes)));
  }
  json::parse_options options;
  options.max_depth = limits.maxDepth;
  json::basic_parser<Builder> parser(options);
  json::value_stack& stack = parser.handler().stack;
  // The value owns the memory of all that is in it, in a few large pieces.
  stack.reset(json::make_shared_resource<json::monotonic_resource>(std::max<size_t>(1024, text.size() * 2)));
  ErrorCode error;
  size_t consumed = parser.write_some(false, text.data(), text.size(), error);
  if (error) return fail(parseError(error, consumed, text, limits));
  if (!parser.done()) return fail(parseError(json::error::incomplete, consumed, text, limits));
  if (size_t end = text.find_first_not_of(" \t\r\n", consumed); end != std::string_view::npos) {
    return fail(parseError(json::error::extra_data, end, text, limits));
  }
  json::value value = stack.release();
  if (duplicates && membersOf(value) != parser.handler().membersRead) findDuplicates(text, limits, *duplicates);
  return value;
}

void findDuplicates(std::string_view text, const Limits& limits, std::vector<std::string>& duplicates) {
  json::parse_options options;
  options.max_depth = limits.maxDepth;
  json::basic_parser<DuplicateFinder> finder(options);
  finder.handler().found = &duplicates;
  ErrorCode error;
  finder.write_some(false, text.data(), text.size(), error);
}

}  // namespace cleat::object
