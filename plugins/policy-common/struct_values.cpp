#include "policy-common/struct_values.h"

#include <cleat/sdk/json_tree.h>

#include <algorithm>
#include <vector>

#include "policy-common/json_values.h"
#include "policy-common/struct_layout.h"

namespace cleat::policy {

namespace {

using capnp::DynamicList;
using capnp::DynamicStruct;
using capnp::DynamicValue;
using cel::MapValue;
using cel::SharedRef;
using cel::Value;
using Field = capnp::StructSchema::Field;

bool isShown(DynamicStruct::Reader from, const MemberLayout& member) {
  if (member.always) return true;
  if (!from.has(member.field, capnp::HasMode::NON_DEFAULT)) return false;
  switch (member.field.getType().which()) {
    case capnp::schema::Type::TEXT: return member.optional || from.get(member.field).as<capnp::Text>().size() > 0;
    case capnp::schema::Type::DATA: return from.get(member.field).as<capnp::Data>().size() > 0;
    case capnp::schema::Type::LIST: return from.get(member.field).as<DynamicList>().size() > 0;
    default: return true;
  }
}

Value base64(capnp::Data::Reader bytes) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t three = uint32_t{bytes[i]} << 16;
    if (i + 1 < bytes.size()) three |= uint32_t{bytes[i + 1]} << 8;
    if (i + 2 < bytes.size()) three |= bytes[i + 2];
    out += kDigits[three >> 18];
    out += kDigits[three >> 12 & 63];
    out += i + 1 < bytes.size() ? kDigits[three >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? kDigits[three & 63] : '=';
  }
  return Value::ownText(std::move(out));
}

// What is in a tree that a text was read into; each value keeps it.
Value treeValue(const JsonTree& tree, JsonView view);

class TreeList : public cel::ListValue {
 public:
  TreeList(JsonTree tree, JsonList items) : tree_(std::move(tree)), items_(items) {}
  size_t size() const override { return items_.size(); }
  Value at(size_t index) const override { return treeValue(tree_, items_[static_cast<uint32_t>(index)]); }

 private:
  JsonTree tree_;
  JsonList items_;
};

class TreeMap : public MapValue {
 public:
  TreeMap(JsonTree tree, JsonList members) : tree_(std::move(tree)), members_(members) {}
  size_t size() const override { return members_.size(); }
  Value find(const Value& key) const override { return key.is(cel::ValueKind::text) ? field(key.asText()) : Value(); }
  Value field(std::string_view name) const override {
    auto member = findMember(members_, name);
    return member ? treeValue(tree_, *member) : Value();
  }
  Value keyAt(size_t index) const override { return Value::ownText(str(member(index).name())); }
  Value valueAt(size_t index) const override { return treeValue(tree_, member(index)); }

 private:
  JsonView member(size_t index) const { return members_[static_cast<uint32_t>(index)]; }
  JsonTree tree_;
  JsonList members_;
};

Value treeValue(const JsonTree& tree, JsonView view) {
  if (view.isObject()) return Value::map(SharedRef<const MapValue>(cel::makeShared<TreeMap>(tree, view.items())));
  if (view.isList()) return Value::list(SharedRef<const cel::ListValue>(cel::makeShared<TreeList>(tree, view.items())));
  return view.isText() ? Value::ownText(str(view.text())) : jsonValue(view);
}

Value jsonTextValue(std::string_view text) {
  auto tree = JsonTree::parse(text);
  return tree ? treeValue(*tree, tree->view()) : Value::null();
}

Value valueOf(DynamicValue::Reader from, const MemberLayout* member);

class EntryMap : public MapValue {
 public:
  explicit EntryMap(DynamicList::Reader entries)
      : entries_(entries), key_(entries.getSchema().getStructElementType().getFieldByName("key")),
        value_(entries.getSchema().getStructElementType().getFieldByName("value")) {}
  size_t size() const override { return entries_.size(); }
  Value find(const Value& key) const override { return key.is(cel::ValueKind::text) ? field(key.asText()) : Value(); }
  Value field(std::string_view name) const override {
    for (uint32_t i = 0; i < entries_.size(); ++i) {
      if (name == keyOf(i)) return valueAt(i);
    }
    return {};
  }
  Value keyAt(size_t index) const override { return Value::text(keyOf(static_cast<uint32_t>(index))); }
  Value valueAt(size_t index) const override {
    return valueOf(entries_[static_cast<uint32_t>(index)].as<DynamicStruct>().get(value_), nullptr);
  }

 private:
  std::string_view keyOf(uint32_t index) const {
    return view(entries_[index].as<DynamicStruct>().get(key_).as<capnp::Text>());
  }
  DynamicList::Reader entries_;
  Field key_, value_;
};

class StructList : public cel::ListValue {
 public:
  explicit StructList(DynamicList::Reader list) : list_(list) {}
  size_t size() const override { return list_.size(); }
  Value at(size_t index) const override { return valueOf(list_[static_cast<uint32_t>(index)], nullptr); }

 private:
  DynamicList::Reader list_;
};

class StructMap : public MapValue {
 public:
  explicit StructMap(DynamicStruct::Reader from) : from_(from), layout_(layoutOf(from.getSchema())) {}
  size_t size() const override { return shown().size(); }
  Value find(const Value& key) const override { return key.is(cel::ValueKind::text) ? field(key.asText()) : Value(); }
  Value field(std::string_view name) const override {
    const MemberLayout* member = layout_.find(name);
    return member && isShown(from_, *member) ? memberValue(*member) : Value();
  }
  Value keyAt(size_t index) const override { return Value::text(shown()[index]->name); }
  Value valueAt(size_t index) const override { return memberValue(*shown()[index]); }

 private:
  // Found out once, for who goes through all of them.
  const std::vector<const MemberLayout*>& shown() const {
    if (!isKnown_) {
      for (const MemberLayout& member : layout_.members) {
        if (isShown(from_, member)) shown_.push_back(&member);
      }
      isKnown_ = true;
    }
    return shown_;
  }

  // What must be there and is not is null, unless it is a struct, which is then an empty one.
  Value memberValue(const MemberLayout& member) const {
    const auto type = member.field.getType();
    const bool canBeNull = type.isList() || (type.isStruct() && isBox(type.asStruct()));
    if (canBeNull && !from_.has(member.field, capnp::HasMode::NON_NULL)) return Value::null();
    return valueOf(from_.get(member.field), &member);
  }

  DynamicStruct::Reader from_;
  const StructLayout& layout_;
  mutable std::vector<const MemberLayout*> shown_;
  mutable bool isKnown_ = false;
};

// An object: what it is stands before what it has.
class ObjectMap : public MapValue {
 public:
  ObjectMap(Value members, std::string apiVersion, std::string kind)
      : members_(std::move(members)), apiVersion_(std::move(apiVersion)), kind_(std::move(kind)) {}
  size_t size() const override { return members_.asMap().size() + 2; }
  Value find(const Value& key) const override { return key.is(cel::ValueKind::text) ? field(key.asText()) : Value(); }
  Value field(std::string_view name) const override {
    if (name == "apiVersion") return Value::text(apiVersion_);
    if (name == "kind") return Value::text(kind_);
    return members_.asMap().field(name);
  }
  Value keyAt(size_t index) const override {
    if (index < 2) return Value::text(index == 0 ? "apiVersion" : "kind");
    return members_.asMap().keyAt(index - 2);
  }
  Value valueAt(size_t index) const override {
    if (index < 2) return Value::text(index == 0 ? apiVersion_ : kind_);
    return members_.asMap().valueAt(index - 2);
  }

 private:
  Value members_;
  std::string apiVersion_, kind_;
};

Value choiceValue(DynamicStruct::Reader from, const StructLayout& layout) {
  if (from.getSchema().getUnionFields().size() == 0) {
    const MemberLayout& only = layout.members.front();
    return valueOf(from.get(only.field), &only);
  }
  KJ_IF_MAYBE (given, from.which()) {
    for (const MemberLayout& member : layout.members) {
      if (member.field == *given) return valueOf(from.get(*given), &member);
    }
  }
  return Value::null();
}

Value valueOf(DynamicValue::Reader from, const MemberLayout* member) {
  switch (from.getType()) {
    case DynamicValue::BOOL: return Value::boolean(from.as<bool>());
    case DynamicValue::INT: return Value::integer(from.as<int64_t>());
    case DynamicValue::UINT:
      if (member && member->format == "uint64-string") return Value::ownText(concat(from.as<uint64_t>()));
      return Value::integer(static_cast<int64_t>(from.as<uint64_t>()));
    case DynamicValue::FLOAT: return Value::floating(from.as<double>());
    case DynamicValue::TEXT: {
      const std::string_view text = view(from.as<capnp::Text>());
      return member && member->isJson() ? jsonTextValue(text) : Value::text(text);
    }
    case DynamicValue::DATA: return base64(from.as<capnp::Data>());
    case DynamicValue::STRUCT: return structValue(from.as<DynamicStruct>());
    case DynamicValue::LIST: {
      auto list = from.as<DynamicList>();
      if (isMap(list.getSchema())) return Value::map(SharedRef<const MapValue>(cel::makeShared<EntryMap>(list)));
      return Value::list(SharedRef<const cel::ListValue>(cel::makeShared<StructList>(list)));
    }
    default: return Value::null();
  }
}

}  // namespace

cel::Value structValue(DynamicStruct::Reader from) {
  const StructLayout& layout = layoutOf(from.getSchema());
  if (layout.isValue) return choiceValue(from, layout);
  return Value::map(SharedRef<const MapValue>(cel::makeShared<StructMap>(from)));
}

cel::Value objectValue(DynamicStruct::Reader from, std::string apiVersion, std::string kind) {
  return Value::map(
      SharedRef<const MapValue>(cel::makeShared<ObjectMap>(structValue(from), std::move(apiVersion), std::move(kind))));
}

}  // namespace cleat::policy
