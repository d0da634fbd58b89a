// Trees of JSON values, as objects without a struct have them (open_v1.capnp): how plugins read, make, write and
// compare them.
//
//   Object<open_v1::OpenObject> object = …;
//   if (auto spec = findMember(object->getMembers(), "spec")) {
//     if (auto replicas = spec->member("replicas")) use(replicas->integer().value_or(1));
//     for (JsonView item : spec->items()) use(item.text());
//   }
//   Result<JsonTree> tree = JsonTree::parse(R"({"a":[1,2.5,null]})");
//   std::string text = jsonText(tree->view());
//
// A JsonView is a plain view, valid as long as the message that it looks at; it is cheap to copy. A JsonTree owns an
// immutable tree and shares it with its copies, on any thread.
#pragma once

#include <cleat/schema/kinds/open_v1.capnp.h>
#include <cleat/sdk/status.h>
#include <cleat/sdk/text.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cleat {

enum class JsonType : uint8_t { null, boolean, integer, number, text, list, object };

using JsonList = capnp::List<open_v1::JsonValue>::Reader;

// One value. What asks for another type than it has gets nothing: no text, no members, 0, false.
class JsonView {
 public:
  using Value = open_v1::JsonValue;

  JsonView() = default;                             // null
  JsonView(Value::Reader value) : value_(value) {}  // NOLINT: meant to convert

  JsonType type() const { return static_cast<JsonType>(value_.which()); }
  bool isNull() const { return value_.isNull(); }
  bool isText() const { return value_.isText(); }
  bool isList() const { return value_.isList(); }
  bool isObject() const { return value_.isObject(); }
  bool isNumber() const { return value_.isInteger() || value_.isFloat(); }

  // Of a member: its name.
  std::string_view name() const { return cleat::view(value_.getName()); }
  bool boolean() const { return value_.isBoolean() && value_.getBoolean(); }
  std::string_view text() const { return value_.isText() ? cleat::view(value_.getText()) : std::string_view(); }
  // A number that has no fraction and fits, however it was written: 1.0 is 1.
  std::optional<int64_t> integer() const;
  double number() const;
  // The elements of a list, or the members of an object in the order of their names.
  JsonList items() const;
  std::optional<JsonView> member(std::string_view name) const;

  Value::Reader value() const { return value_; }

 private:
  Value::Reader value_;
};

// The member of that name, found by halving.
std::optional<JsonView> findMember(JsonList members, std::string_view name);

// What a number that was read as a double is as an integer, if it is one.
std::optional<int64_t> wholeNumber(double value);

// Whether they are the same JSON value. Numbers are the same if their values are: 1 and 1.0.
bool sameJson(JsonView a, JsonView b);
bool sameMembers(JsonList a, JsonList b);

// As the API writes it: without spaces, numbers as Go writes them, members in order.
void appendJson(std::string& out, JsonView value);
std::string jsonText(JsonView value);
void appendJsonText(std::string& out, std::string_view text);  // in quotes, escaped
void appendJsonNumber(std::string& out, double number);

struct JsonLimits {
  size_t maxDepth = 100;  // of lists and objects in each other
  size_t maxValues = 1'000'000;
};

// Reads a text that is one JSON value (RFC 8259) into a builder. Of members with the same name the last one counts.
Result<void> readJson(std::string_view text, open_v1::JsonValue::Builder to, const JsonLimits& limits = {});

// The value, without its name.
void copyJson(JsonView from, open_v1::JsonValue::Builder to);

// The member of that name, made (as null) in its place if there is none. Other builders of these members are no longer
// valid afterwards. `object` becomes an object if it is something else.
open_v1::JsonValue::Builder ensureMember(open_v1::JsonValue::Builder object, std::string_view name);
open_v1::JsonValue::Builder ensureMember(open_v1::OpenObject::Builder object, std::string_view name);

class JsonTree {
 public:
  JsonTree() = default;                // null
  explicit JsonTree(JsonView copied);  // without its name

  static Result<JsonTree> parse(std::string_view text, const JsonLimits& limits = {});

  JsonView view() const;

 private:
  std::shared_ptr<const capnp::word[]> words_;
};

}  // namespace cleat
