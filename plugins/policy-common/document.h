// Document: a tree of JSON that can be changed, as policies change objects.
#pragma once

#include <cleat/cel/value.h>
#include <cleat/schema/kinds/open_v1.capnp.h>
#include <cleat/sdk/status.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cleat::policy {

struct Unopened;  // object_document.h

struct Document {
  // `unopened` is a part of an object that nobody has looked into (object_document.h).
  enum class Type : uint8_t { null, boolean, integer, number, text, list, object, unopened };

  Type type = Type::null;
  bool boolean = false;
  int64_t integer = 0;
  double number = 0;
  std::string text;
  std::vector<Document> items;     // of a list, or the values of an object
  std::vector<std::string> names;  // of an object, in order
  std::shared_ptr<const Unopened> unopened;

  static Document ofText(std::string text);
  static Document object() { return ofType(Type::object); }
  static Document ofType(Type type);

  bool isObject() const { return type == Type::object; }
  bool isList() const { return type == Type::list; }
  const Document* find(std::string_view name) const;
  Document* find(std::string_view name);
  Document& set(std::string_view name, Document value);
  bool erase(std::string_view name);
  bool operator==(const Document& other) const;
};

// What an expression came to; an error for what JSON cannot write.
Result<Document> documentOf(const cel::Value& value);

// The value, without a name.
void writeDocument(const Document& from, open_v1::JsonValue::Builder to);

}  // namespace cleat::policy
