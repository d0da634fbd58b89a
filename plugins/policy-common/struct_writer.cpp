#include "policy-common/struct_writer.h"

#include <capnp/message.h>
#include <cleat/sdk/base64.h>
#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/text.h>

#include <limits>

#include "policy-common/object_document.h"
#include "policy-common/struct_layout.h"

namespace cleat::policy {

namespace {

using capnp::DynamicList;
using capnp::DynamicStruct;
using capnp::DynamicValue;
using Type = Document::Type;
using Which = capnp::schema::Type::Which;

std::string jsonOf(const Document& document) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<open_v1::JsonValue>();
  writeDocument(document, root);
  return jsonText(JsonView(root.asReader()));
}

class Writer {
 public:
  Result<void> members(const Document& from, DynamicStruct::Builder to, const std::string& path) {
    const StructLayout& layout = layoutOf(to.getSchema());
    if (layout.isValue) return choice(from, to, layout, path);
    if (!from.isObject()) return mismatch(path, "an object");
    for (size_t i = 0; i < from.items.size(); ++i) {
      const MemberLayout* member = layout.find(from.names[i]);
      if (!member) continue;
      CLEAT_TRY(one(from.items[i], to, *member, path.empty() ? from.names[i] : concat(path, ".", from.names[i])));
    }
    return {};
  }
  Result<void> one(const Document& from, DynamicStruct::Builder to, const MemberLayout& member,
                   const std::string& path) {
    if (from.type == Type::null || isAsGoodAsNone(from, member)) return {};
    return field(from, to, member, path);
  }

 private:
  static std::unexpected<Status> mismatch(const std::string& path, std::string_view expected) {
    return fail(Status::badRequest(concat(path, ": must be ", expected)));
  }

  // An empty struct that is always shown stands for one that is not there.
  static bool isAsGoodAsNone(const Document& from, const MemberLayout& member) {
    if (!member.always || !member.field.getType().isStruct() || !from.isObject()) return false;
    const StructLayout& layout = layoutOf(member.field.getType().asStruct());
    for (size_t i = 0; i < from.items.size(); ++i) {
      const MemberLayout* below = layout.find(from.names[i]);
      if (from.items[i].type != Type::null && (!below || !isAsGoodAsNone(from.items[i], *below))) return false;
    }
    return true;
  }

  // The member whose type the value has.
  Result<void> choice(const Document& from, DynamicStruct::Builder to, const StructLayout& layout,
                      const std::string& path) {
    for (const MemberLayout& member : layout.members) {
      if (layout.members.size() == 1 || fits(from, member)) return field(from, to, member, path);
    }
    return mismatch(path, "of a type that can stand there");
  }

  static bool fits(const Document& from, const MemberLayout& member) {
    switch (member.field.getType().which()) {
      case Which::BOOL: return from.type == Type::boolean;
      case Which::TEXT: return from.type == Type::text;
      case Which::STRUCT: return from.isObject();
      case Which::LIST: return from.isList();
      default: return from.type == Type::integer || from.type == Type::number;
    }
  }

  // Whether the member's struct is written as the value of that one of its members.
  static bool isChoice(const MemberLayout& member, const MemberLayout& stored) {
    if (member.value.type != ValueLayout::Type::STRUCT) return false;
    const StructLayout& layout = member.value.fields.get();
    return layout.isValue && layout.find(stored.name) == &stored;
  }

  Result<void> field(const Document& from, DynamicStruct::Builder to, const MemberLayout& member,
                     const std::string& path) {
    if (from.type == Type::unopened) {
      const MemberLayout* stored = from.unopened->member;
      const bool isChosen = stored != nullptr && stored != &member && isChoice(member, *stored);
      isChosen ? to.init(member.field).as<DynamicStruct>().set(stored->field, storedValue(*from.unopened))
               : to.set(member.field, storedValue(*from.unopened));
      return {};
    }
    const capnp::Type type = member.field.getType();
    switch (type.which()) {
      case Which::STRUCT: return members(from, to.init(member.field).as<DynamicStruct>(), path);
      case Which::LIST: {
        const bool isEntries = isMap(type.asList());
        if (isEntries ? !from.isObject() : !from.isList()) return mismatch(path, isEntries ? "an object" : "a list");
        return list(from, to.init(member.field, static_cast<uint32_t>(from.items.size())).as<DynamicList>(), path);
      }
      case Which::TEXT:
        if (member.isJson()) {
          to.set(member.field, capnp::Text::Reader(jsonOf(from).c_str()));
          return {};
        }
        break;
      case Which::UINT64:
        if (member.format == "uint64-string") {
          auto number = parseInteger<uint64_t>(from.text);
          if (!number) return mismatch(path, "a number as a string");
          to.set(member.field, *number);
          return {};
        }
        break;
      default: break;
    }
    return scalar(from, type, path, [&](const DynamicValue::Reader& value) { to.set(member.field, value); });
  }

  template <class Put>
  Result<void> scalar(const Document& from, capnp::Type type, const std::string& path, Put put) {
    switch (type.which()) {
      case Which::BOOL:
        if (from.type != Type::boolean) return mismatch(path, "a boolean");
        put(DynamicValue::Reader(from.boolean));
        return {};
      case Which::TEXT:
        if (from.type != Type::text) return mismatch(path, "a string");
        put(DynamicValue::Reader(capnp::Text::Reader(from.text.c_str(), from.text.size())));
        return {};
      case Which::DATA: {
        auto bytes = from.type == Type::text ? decodeBase64(from.text) : std::nullopt;
        if (!bytes) return mismatch(path, "base64");
        put(DynamicValue::Reader(dataOf(*bytes)));
        return {};
      }
      case Which::FLOAT32:
      case Which::FLOAT64: {
        if (from.type != Type::integer && from.type != Type::number) return mismatch(path, "a number");
        put(DynamicValue::Reader(from.type == Type::integer ? static_cast<double>(from.integer) : from.number));
        return {};
      }
      default: return integer(from, type, path, put);
    }
  }

  template <class Put>
  static Result<void> integer(const Document& from, capnp::Type type, const std::string& path, Put put) {
    std::optional<int64_t> number;
    if (from.type == Type::integer) number = from.integer;
    if (from.type == Type::number) number = wholeNumber(from.number);
    const bool narrow =
        type.isInt32() && number &&
        (*number > std::numeric_limits<int32_t>::max() || *number < std::numeric_limits<int32_t>::min());
    if (!number || narrow) return mismatch(path, "an integer that fits");
    put(DynamicValue::Reader(*number));
    return {};
  }

  Result<void> list(const Document& from, DynamicList::Builder to, const std::string& path) {
    auto schema = to.getSchema();
    const bool isEntries = isMap(schema);
    for (uint32_t i = 0; i < to.size(); ++i) {
      const Document& item = from.items[i];
      const std::string itemPath = isEntries ? concat(path, ".", from.names[i]) : concat(path, "[", i, "]");
      if (isEntries) {
        auto entry = to[i].as<DynamicStruct>();
        entry.set("key", capnp::Text::Reader(from.names[i].c_str(), from.names[i].size()));
        const MemberLayout* value = layoutOf(entry.getSchema()).find("value");
        if (item.type != Type::null) CLEAT_TRY(field(item, entry, *value, itemPath));
      } else if (item.type == Type::unopened) {
        to.set(i, storedValue(*item.unopened));
      } else if (schema.whichElementType() == Which::STRUCT) {
        CLEAT_TRY(members(item, to[i].as<DynamicStruct>(), itemPath));
      } else {
        CLEAT_TRY(scalar(item, schema.getElementType(), itemPath,
                         [&](const DynamicValue::Reader& value) { to.set(i, value); }));
      }
    }
    return {};
  }
};

bool isImplied(std::string_view name) { return name == "apiVersion" || name == "kind" || name == "metadata"; }

}  // namespace

Result<void> writeStruct(const Document& from, DynamicStruct::Builder to) { return Writer().members(from, to, {}); }

Result<void> writeMember(const Document& from, DynamicStruct::Builder to, const MemberLayout& member,
                         const std::string& path) {
  return Writer().one(from, to, member, path);
}

Result<Draft<meta_v1::AnyObject>> writtenObject(const Document& document, std::optional<capnp::StructSchema> schema) {
  Draft<meta_v1::AnyObject> draft;
  if (schema) {
    CLEAT_TRY(writeStruct(document, draft.message().initRoot<capnp::DynamicStruct>(*schema)));
    return draft;
  }
  auto object = draft.message().initRoot<open_v1::OpenObject>();
  if (const Document* metadata = document.find("metadata")) {
    CLEAT_TRY(writeStruct(*metadata, capnp::DynamicStruct::Builder(object.initMetadata())));
  }
  uint32_t count = 0;
  for (const std::string& name : document.names) count += isImplied(name) ? 0 : 1;
  auto members = object.initMembers(count);
  uint32_t at = 0;
  for (size_t i = 0; i < document.items.size(); ++i) {
    if (isImplied(document.names[i])) continue;
    members[at].setName(document.names[i]);
    writeDocument(document.items[i], members[at++]);
  }
  return draft;
}

}  // namespace cleat::policy
