#include "kinds-apiextensions/schema/rule_values.h"

#include <cleat/cel/environment.h>

#include <array>

namespace cleat::kinds::extensions {

namespace {

using cel::Value;

Value ruleValueOf(JsonView json, const Shape* shape);

// A text as the language's own conversion reads it.
Value converted(std::string_view text, const char* function) {
  const auto* overloads = cel::kubernetesFunctions()->find(function);
  std::array<Value, 1> args{Value::text(text)};
  for (const auto& overload : *overloads) {
    if (overload->params[0]->kind != cel::TypeKind::text) continue;
    Value value = overload->run(args);
    return value;
  }
  return Value::error("no such overload");
}

int base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

Value bytesFromBase64(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    if (c == '=' || c == '\n' || c == '\r') continue;
    const int digit = base64Digit(c);
    if (digit < 0) return Value::error("invalid base64");
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  return Value::ownBytes(std::move(out));
}

Value scalarOf(JsonView json, const Shape& shape) {
  const std::string_view text = json.text();
  switch (shape.kind) {
    case Shape::Kind::bytes: return bytesFromBase64(text);
    case Shape::Kind::date: {
      const std::string whole = concat(text, "T00:00:00Z");
      return converted(whole, "timestamp");
    }
    case Shape::Kind::time: return converted(text, "timestamp");
    case Shape::Kind::duration: return converted(text, "duration");
    case Shape::Kind::number: return Value::floating(json.number());
    default: break;
  }
  if (json.isText()) return Value::text(text);
  if (json.type() == JsonType::boolean) return Value::boolean(json.boolean());
  if (auto integer = json.integer()) return Value::integer(*integer);
  return json.isNumber() ? Value::floating(json.number()) : Value::null();
}

// Lists of the types set and map: the order of their elements says nothing, and adding is merging.
class UnorderedManner : public cel::ListManner {
 public:
  Value equals(const cel::ListValue& mine, const cel::ListValue& other) const override {
    if (mine.size() != other.size()) return Value::boolean(false);
    for (size_t i = 0; i < mine.size(); ++i) {
      if (!holds(other, mine.at(i))) return Value::boolean(false);
    }
    return Value::boolean(true);
  }

 protected:
  static bool holds(const cel::ListValue& list, const Value& element) {
    for (size_t i = 0; i < list.size(); ++i) {
      if (cel::sameValue(list.at(i), element)) return true;
    }
    return false;
  }
};

class SetManner : public UnorderedManner {
 public:
  Value plus(const cel::ListValue& mine, const cel::ListValue& other) const override {
    std::vector<Value> all;
    for (size_t i = 0; i < mine.size(); ++i) all.push_back(mine.at(i));
    for (size_t i = 0; i < other.size(); ++i) {
      if (!holds(mine, other.at(i))) all.push_back(other.at(i));
    }
    return Value::list(std::move(all));
  }
};

class KeyedManner : public UnorderedManner {
 public:
  explicit KeyedManner(const std::vector<std::string>& keys) : keys_(keys) {}

  // What has the same key takes the other's place.
  Value plus(const cel::ListValue& mine, const cel::ListValue& other) const override {
    std::vector<Value> all;
    for (size_t i = 0; i < mine.size(); ++i) all.push_back(mine.at(i));
    for (size_t i = 0; i < other.size(); ++i) {
      Value element = other.at(i);
      size_t at = 0;
      while (at < all.size() && !sameKey(all[at], element)) ++at;
      if (at < all.size())
        all[at] = std::move(element);
      else
        all.push_back(std::move(element));
    }
    return Value::list(std::move(all));
  }

 private:
  bool sameKey(const Value& a, const Value& b) const {
    if (!a.is(cel::ValueKind::map) || !b.is(cel::ValueKind::map)) return false;
    for (const std::string& key : keys_) {
      if (!cel::sameValue(a.asMap().field(key), b.asMap().field(key))) return false;
    }
    return true;
  }
  const std::vector<std::string>& keys_;
};

class JsonListValue : public cel::ListValue {
 public:
  JsonListValue(JsonView json, const Shape& shape) : items_(json.items()), shape_(shape), keyed_(shape.keys) {}
  size_t size() const override { return items_.size(); }
  Value at(size_t index) const override {
    return ruleValueOf(items_[static_cast<uint32_t>(index)], shape_.element.get());
  }
  const cel::ListManner* manner() const override {
    static const SetManner kSet;
    if (shape_.kind == Shape::Kind::set) return &kSet;
    return shape_.kind == Shape::Kind::keyedList ? &keyed_ : nullptr;
  }

 private:
  JsonList items_;
  const Shape& shape_;
  KeyedManner keyed_;
};

class JsonMapValue : public cel::MapValue {
 public:
  JsonMapValue(JsonList members, const Shape& shape) : members_(members), shape_(shape) {}
  size_t size() const override { return members_.size(); }
  Value find(const Value& key) const override { return key.is(cel::ValueKind::text) ? field(key.asText()) : Value(); }
  Value field(std::string_view name) const override {
    auto member = findMember(members_, name);
    const Shape* shape = shapeOf(name);
    return member && shape != nullptr ? ruleValueOf(*member, shape) : Value();
  }
  Value keyAt(size_t index) const override { return Value::text(member(index).name()); }
  Value valueAt(size_t index) const override {
    // Of what the schema does not know there is nothing to see but the name.
    const Shape* shape = shapeOf(member(index).name());
    return shape != nullptr ? ruleValueOf(member(index), shape) : Value::null();
  }
  cel::TypeRef objectType() const override {
    static const cel::TypeRef kObject = cel::types::object("object", nullptr);
    return shape_.kind == Shape::Kind::object ? kObject : nullptr;
  }

 protected:
  const Shape* shapeOf(std::string_view name) const {
    if (shape_.kind == Shape::Kind::map) return shape_.element.get();
    auto found = shape_.fields.find(name);
    return found == shape_.fields.end() ? nullptr : found->second.get();
  }

 private:
  JsonView member(size_t index) const { return members_[static_cast<uint32_t>(index)]; }

  JsonList members_;
  const Shape& shape_;
};

class RootMapValue : public JsonMapValue {
 public:
  RootMapValue(const RootObject& root, const Shape& shape) : JsonMapValue(root.members, shape), root_(root) {}
  Value field(std::string_view name) const override {
    if (!RootObject::isImplied(name)) return JsonMapValue::field(name);
    return ruleValueOf(root_.implied(name), shapeOf(name));
  }

 private:
  const RootObject& root_;
};

Value ruleValueOf(JsonView json, const Shape* shape) {
  if (json.isNull() || shape == nullptr) return Value::null();
  switch (shape->kind) {
    case Shape::Kind::object:
    case Shape::Kind::map:
      if (!json.isObject()) return Value::error("invalid data, expected a map");
      return Value::map(cel::SharedRef<const cel::MapValue>(cel::makeShared<JsonMapValue>(json.items(), *shape)));
    case Shape::Kind::list:
    case Shape::Kind::set:
    case Shape::Kind::keyedList:
      if (!json.isList()) return Value::error("invalid data, expected an array");
      return Value::list(cel::SharedRef<const cel::ListValue>(cel::makeShared<JsonListValue>(json, *shape)));
    default: return scalarOf(json, *shape);
  }
}

}  // namespace

cel::Value ruleValue(const Validated& value, const Shape& shape) {
  if (value.root == nullptr) return ruleValueOf(value.json, &shape);
  return Value::map(cel::SharedRef<const cel::MapValue>(cel::makeShared<RootMapValue>(*value.root, shape)));
}

}  // namespace cleat::kinds::extensions
