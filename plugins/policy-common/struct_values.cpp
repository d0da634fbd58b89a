#include "policy-common/struct_values.h"

#include <cleat/sdk/json_tree.h>
#include <kj/encoding.h>

#include <algorithm>
#include <vector>

#include "policy-common/json_values.h"
#include "policy-common/struct_view.h"

namespace cleat::policy {

namespace {

using capnp::AnyPointer;
using capnp::AnyStruct;
using cel::ListValue;
using cel::MapValue;
using cel::SharedRef;
using cel::Value;

// What is in a tree that a text was read into; each value keeps it.
Value treeValue(const JsonTree& tree, JsonView view);

class TreeList : public ListValue {
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
  if (view.isList()) return Value::list(SharedRef<const ListValue>(cel::makeShared<TreeList>(tree, view.items())));
  return view.isText() ? Value::ownText(str(view.text())) : jsonValue(view);
}

Value jsonTextValue(std::string_view text) {
  auto tree = JsonTree::parse(text);
  return tree ? treeValue(*tree, tree->view()) : Value::null();
}

Value valueOfMember(AnyStruct::Reader from, const MemberLayout& member);
Value valueOfStruct(AnyStruct::Reader from, const StructLayout& layout);
// What JSON shows of it: absent where that is nothing.
Value shownValue(AnyStruct::Reader from, const MemberLayout& member);

class EntryMap : public MapValue {
 public:
  EntryMap(Structs::Reader entries, const StructLayout& layout)
      : entries_(entries), key_(entryKey(layout)), value_(entryValue(layout)) {}
  size_t size() const override { return entries_.size(); }
  Value find(const Value& key) const override { return key.is(cel::ValueKind::text) ? field(key.asText()) : Value(); }
  Value field(std::string_view name) const override {
    for (uint32_t i = 0; i < entries_.size(); ++i) {
      if (name == keyAt(i)) return valueAt(i);
    }
    return {};
  }
  Value keyAt(size_t index) const override { return Value::text(keyAt(static_cast<uint32_t>(index))); }
  Value valueAt(size_t index) const override { return valueOfMember(entries_[static_cast<uint32_t>(index)], value_); }

 private:
  std::string_view keyAt(uint32_t index) const {
    return view(pointerAt(entries_[index], key_.place).getAs<capnp::Text>());
  }
  Structs::Reader entries_;
  const MemberLayout &key_, &value_;
};

class StructList : public ListValue {
 public:
  StructList(Structs::Reader list, const StructLayout& layout) : list_(list), layout_(layout) {}
  size_t size() const override { return list_.size(); }
  Value at(size_t index) const override { return valueOfStruct(list_[static_cast<uint32_t>(index)], layout_); }

 private:
  Structs::Reader list_;
  const StructLayout& layout_;
};

class PlainList : public ListValue {
 public:
  PlainList(AnyPointer::Reader list, ValueLayout::Type element) : list_(list), element_(element) {}
  size_t size() const override { return list_.getAs<capnp::AnyList>().size(); }
  Value at(size_t index) const override;

 private:
  AnyPointer::Reader list_;
  ValueLayout::Type element_;
};

class StructMap : public MapValue {
 public:
  StructMap(AnyStruct::Reader from, const StructLayout& layout) : from_(from), layout_(layout) {}
  size_t size() const override { return shown().size(); }
  Value find(const Value& key) const override { return key.is(cel::ValueKind::text) ? field(key.asText()) : Value(); }
  Value field(std::string_view name) const override {
    const MemberLayout* member = layout_.find(name);
    return member ? shownValue(from_, *member) : Value();
  }
  Value keyAt(size_t index) const override { return Value::text(shown()[index]->name); }
  Value valueAt(size_t index) const override { return shownValue(from_, *shown()[index]); }

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

  AnyStruct::Reader from_;
  const StructLayout& layout_;
  mutable std::vector<const MemberLayout*> shown_;
  mutable bool isKnown_ = false;
};

// `list` is what `from` points to.
Value valueOfList(AnyPointer::Reader from, capnp::AnyList::Reader list, const ValueLayout& layout) {
  if (layout.element != ValueLayout::Type::STRUCT) {
    return Value::list(SharedRef<const ListValue>(cel::makeShared<PlainList>(from, layout.element)));
  }
  const auto structs = list.as<Structs>();
  const StructLayout& each = layout.fields.get();
  if (layout.isMap) return Value::map(SharedRef<const MapValue>(cel::makeShared<EntryMap>(structs, each)));
  return Value::list(SharedRef<const ListValue>(cel::makeShared<StructList>(structs, each)));
}

// Makes values of what it is shown.
struct ValueMaker {
  bool isJson = false, isDecimal = false;

  Value boolean(bool value) const { return Value::boolean(value); }
  Value integer(int64_t value) const { return Value::integer(value); }
  Value unsignedInteger(uint64_t value) const {
    return isDecimal ? Value::ownText(concat(value)) : Value::integer(static_cast<int64_t>(value));
  }
  Value floating(double value) const { return Value::floating(value); }
  Value text(std::string_view value) const { return isJson ? jsonTextValue(value) : Value::text(value); }
  Value bytes(capnp::Data::Reader value) const { return Value::ownText(kj::encodeBase64(value).cStr()); }
  Value fields(AnyStruct::Reader value, const StructLayout& layout) const { return valueOfStruct(value, layout); }
  Value list(AnyPointer::Reader value, const ValueLayout& layout) const {
    return valueOfList(value, value.getAs<capnp::AnyList>(), layout);
  }
  Value nothing() const { return Value::null(); }
};

Value PlainList::at(size_t index) const {
  return visitElement(list_, element_, static_cast<uint32_t>(index), ValueMaker());
}

Value valueOfMember(AnyStruct::Reader from, const MemberLayout& member) {
  return visitMember(from, member, ValueMaker{member.json, member.decimal});
}

Value valueOfStruct(AnyStruct::Reader from, const StructLayout& layout) {
  if (!layout.isValue) return Value::map(SharedRef<const MapValue>(cel::makeShared<StructMap>(from, layout)));
  const MemberLayout* given = givenMember(from, layout);
  return given ? valueOfMember(from, *given) : Value::null();
}

// Each sort of pointer is followed once, for whether it is shown and for what.
Value shownValue(AnyStruct::Reader from, const MemberLayout& member) {
  const ValueLayout& layout = member.value;
  const AnyPointer::Reader there = pointerAt(from, member.place);
  switch (layout.type) {
    case ValueLayout::Type::STRUCT:
      if (!there.isNull()) return valueOfStruct(there.getAs<AnyStruct>(), layout.fields.get());
      if (!member.always) return {};
      return layout.isBox ? Value::null() : valueOfStruct({}, layout.fields.get());
    case ValueLayout::Type::LIST: {
      if (there.isNull()) return member.always ? Value::null() : Value();
      const auto list = there.getAs<capnp::AnyList>();
      return list.size() > 0 || member.always ? valueOfList(there, list, layout) : Value();
    }
    case ValueLayout::Type::TEXT: {
      if (member.optional && !member.always && there.isNull()) return {};
      const std::string_view text = view(there.getAs<capnp::Text>());
      const bool isShown = !text.empty() || member.always || member.optional;
      return isShown ? ValueMaker{member.json, member.decimal}.text(text) : Value();
    }
    default: return isShown(from, member) ? valueOfMember(from, member) : Value();
  }
}

// An object: what it is stands before what it has.
class ObjectMap : public StructMap {
 public:
  ObjectMap(AnyStruct::Reader from, const StructLayout& layout, std::string_view apiVersion, std::string_view kind)
      : StructMap(from, layout), apiVersion_(apiVersion), kind_(kind) {}
  size_t size() const override { return StructMap::size() + 2; }
  Value field(std::string_view name) const override {
    if (name == "apiVersion") return Value::text(apiVersion_);
    if (name == "kind") return Value::text(kind_);
    return StructMap::field(name);
  }
  Value keyAt(size_t index) const override {
    if (index < 2) return Value::text(index == 0 ? "apiVersion" : "kind");
    return StructMap::keyAt(index - 2);
  }
  Value valueAt(size_t index) const override {
    if (index < 2) return Value::text(index == 0 ? apiVersion_ : kind_);
    return StructMap::valueAt(index - 2);
  }

 private:
  std::string_view apiVersion_, kind_;
};

}  // namespace

cel::Value structValue(capnp::DynamicStruct::Reader from) { return valueOfStruct(from, layoutOf(from.getSchema())); }

cel::Value memberValue(AnyStruct::Reader from, const MemberLayout& member) { return valueOfMember(from, member); }

cel::Value objectValue(AnyStruct::Reader from, const StructLayout& layout, std::string_view apiVersion,
                       std::string_view kind) {
  return Value::map(SharedRef<const MapValue>(cel::makeShared<ObjectMap>(from, layout, apiVersion, kind)));
}

}  // namespace cleat::policy
