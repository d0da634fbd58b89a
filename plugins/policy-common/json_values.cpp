#include "policy-common/json_values.h"

#include "policy-common/struct_values.h"

namespace cleat::policy {

namespace {

using cel::Value;

class JsonElements : public cel::ListValue {
 public:
  explicit JsonElements(JsonList items) : items_(items) {}
  size_t size() const override { return items_.size(); }
  Value at(size_t index) const override { return jsonValue(items_[static_cast<uint32_t>(index)]); }

 private:
  JsonList items_;
};

class JsonMembers : public cel::MapValue {
 public:
  explicit JsonMembers(JsonList members) : members_(members) {}
  size_t size() const override { return members_.size(); }
  Value find(const Value& key) const override { return key.is(cel::ValueKind::text) ? field(key.asText()) : Value(); }
  Value field(std::string_view name) const override {
    auto member = findMember(members_, name);
    return member ? jsonValue(*member) : Value();
  }
  Value keyAt(size_t index) const override { return Value::text(member(index).name()); }
  Value valueAt(size_t index) const override { return jsonValue(member(index)); }

 private:
  JsonView member(size_t index) const { return members_[static_cast<uint32_t>(index)]; }
  JsonList members_;
};

class OpenMembers : public cel::MapValue {
 public:
  OpenMembers(open_v1::OpenObject::Reader object, std::string apiVersion, std::string kind)
      : members_(object.getMembers()), metadata_(structValue(object.getMetadata())), apiVersion_(std::move(apiVersion)),
        kind_(std::move(kind)) {}
  size_t size() const override { return members_.size() + 3; }
  Value find(const Value& key) const override { return key.is(cel::ValueKind::text) ? field(key.asText()) : Value(); }
  Value field(std::string_view name) const override {
    if (name == "apiVersion") return Value::text(apiVersion_);
    if (name == "kind") return Value::text(kind_);
    if (name == "metadata") return metadata_;
    auto member = findMember(members_, name);
    return member ? jsonValue(*member) : Value();
  }
  Value keyAt(size_t index) const override {
    if (index < 3) return Value::text(index == 0 ? "apiVersion" : index == 1 ? "kind" : "metadata");
    return Value::text(JsonView(members_[static_cast<uint32_t>(index - 3)]).name());
  }
  Value valueAt(size_t index) const override { return field(keyAt(index).asText()); }

 private:
  JsonList members_;
  Value metadata_;
  std::string apiVersion_, kind_;
};

}  // namespace

cel::Value jsonValue(JsonView json) {
  switch (json.type()) {
    case JsonType::boolean: return Value::boolean(json.boolean());
    case JsonType::integer: return Value::integer(json.integer().value_or(0));
    case JsonType::number: return Value::floating(json.number());
    case JsonType::text: return Value::text(json.text());
    case JsonType::list:
      return Value::list(cel::SharedRef<const cel::ListValue>(cel::makeShared<JsonElements>(json.items())));
    case JsonType::object:
      return Value::map(cel::SharedRef<const cel::MapValue>(cel::makeShared<JsonMembers>(json.items())));
    default: return Value::null();
  }
}

cel::Value openObjectValue(open_v1::OpenObject::Reader object, std::string apiVersion, std::string kind) {
  return Value::map(cel::SharedRef<const cel::MapValue>(
      cel::makeShared<OpenMembers>(object, std::move(apiVersion), std::move(kind))));
}

}  // namespace cleat::policy
