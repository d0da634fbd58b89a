// JsonWriter: JSON text member by member, for the documents that the API makes itself (discovery, OpenAPI, Status). It
// sees to the commas; that what is opened is closed is the caller's business.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/object/json/json_text.h"

namespace cleat::api {

class JsonWriter {
 public:
  // In an array or at the top; in an object behind `key`.
  JsonWriter& open(char bracket) {
    separate();
    out_.append(bracket);
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_.append(bracket);
    return *this;
  }
  JsonWriter& key(std::string_view name) {
    separate();
    object::appendJsonString(out_, name);
    out_.append(':');
    return *this;
  }
  JsonWriter& text(std::string_view value) {
    separate();
    object::appendJsonString(out_, value);
    return *this;
  }
  JsonWriter& number(int64_t value) {
    separate();
    object::appendInteger(out_, value);
    return *this;
  }
  JsonWriter& flag(bool value) { return raw(value ? "true" : "false"); }
  // JSON as it is.
  JsonWriter& raw(std::string_view json) {
    separate();
    out_.append(json);
    return *this;
  }

  // A member of an object.
  JsonWriter& member(std::string_view name, std::string_view value) { return key(name).text(value); }
  JsonWriter& memberUnlessEmpty(std::string_view name, std::string_view value) {
    return value.empty() ? *this : member(name, value);
  }
  JsonWriter& memberTexts(std::string_view name, const std::vector<std::string>& values) {
    key(name).open('[');
    for (const auto& value : values) text(value);
    return close(']');
  }

  std::string_view view() const { return out_.view(); }
  std::string take() const { return std::string(out_.view()); }
  void clear() { out_.clear(); }

 private:
  // A comma, unless nothing comes before the next thing.
  void separate() {
    if (out_.size() == 0) return;
    char last = out_.back();
    if (last != '{' && last != '[' && last != ':') out_.append(',');
  }
  object::TextBuffer out_;
};

}  // namespace cleat::api
