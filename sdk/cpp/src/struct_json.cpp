#include <capnp/message.h>
#include <capnp/schema.capnp.h>
#include <cleat/sdk/struct_json.h>
#include <kj/encoding.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace cleat {
namespace {

using capnp::DynamicList;
using capnp::DynamicStruct;
using capnp::DynamicValue;
using open_v1::JsonValue;
using Field = capnp::StructSchema::Field;

// The annotations of cleat.capnp that say how JSON looks, by their ids there.
constexpr uint64_t kJsonName = 0xc1ea7c1ea7c1ea71, kRequired = 0xc1ea7c1ea7c1ea73, kOptional = 0xc1ea7c1ea7c1ea74,
                   kFormat = 0xc1ea7c1ea7c1ea75, kAlways = 0xc1ea7c1ea7c1ea7c;

struct FieldManner {
  std::string name;
  bool always = false;    // shown whatever it holds
  bool optional = false;  // a text whose emptiness is not its absence
  bool json = false;      // a text that is JSON
  bool time = false;      // a text that is a time
};

FieldManner mannerOf(Field field) {
  FieldManner manner{field.getProto().getName().cStr()};
  for (auto annotation : field.getProto().getAnnotations()) {
    auto value = annotation.getValue();
    switch (annotation.getId()) {
      case kJsonName: manner.name = value.getText().cStr(); break;
      case kRequired:
      case kAlways: manner.always = true; break;
      case kOptional: manner.optional = true; break;
      case kFormat:
        manner.json = value.getText() == "json";
        manner.time = value.getText() == "date-time" || value.getText() == "micro-time";
        break;
      default: break;
    }
  }
  return manner;
}

bool isBox(capnp::StructSchema schema) {
  return schema.getFields().size() == 1 && schema.getFields()[0].getProto().getName() == "value" &&
         schema.getProto().getStruct().getPointerCount() == 0;
}
bool isIntOrString(capnp::StructSchema schema) { return schema.getUnionFields().size() == 2; }

// A list of entries is a map, whose members are in the order of their keys.
bool isMap(capnp::ListSchema schema) {
  if (schema.whichElementType() != capnp::schema::Type::STRUCT) return false;
  auto fields = schema.getStructElementType().getFields();
  return std::string_view(schema.getStructElementType().getShortDisplayName().cStr()).ends_with("Entry") &&
         fields.size() == 2 && fields[0].getProto().getName() == "key" && fields[1].getProto().getName() == "value";
}

bool isShown(DynamicStruct::Reader from, Field field, const FieldManner& manner) {
  if (manner.always) return true;
  if (!from.has(field, capnp::HasMode::NON_DEFAULT)) return false;
  switch (field.getType().which()) {
    case capnp::schema::Type::TEXT: return manner.optional || from.get(field).as<capnp::Text>().size() > 0;
    case capnp::schema::Type::LIST: return from.get(field).as<DynamicList>().size() > 0;
    default: return true;
  }
}

// Names that Go writes otherwise than with a capital letter at the start.
constexpr std::pair<std::string_view, std::string_view> kGoNames[] = {
    {"apiGroup", "APIGroup"}, {"apiVersion", "APIVersion"}, {"cel", "CEL"}, {"csi", "CSI"}, {"uid", "UID"}};

std::string goName(Field field, const std::string& name) {
  for (const auto& [ours, theirs] : kGoNames) {
    if (ours == name) return str(theirs);
  }
  std::string out = name;
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  // Its fields are called by their types in JSON.
  const bool typed = std::string_view(field.getContainingStruct().getShortDisplayName().cStr()) == "DeviceAttribute";
  return typed ? out + "Value" : out;
}

class StructWriter {
 public:
  explicit StructWriter(StructLook look) : look_(look) {}

  void writeStruct(DynamicStruct::Reader from, JsonValue::Builder to) {
    auto schema = from.getSchema();
    if (isIntOrString(schema)) {
      KJ_IF_MAYBE (given, from.which()) {
        writeValue(from.get(*given), {}, to);
      }
      return;
    }
    if (isBox(schema)) return writeValue(from.get(schema.getFields()[0]), {}, to);
    auto shown = fieldsOf(from);
    auto members = to.initObject(static_cast<uint32_t>(shown.size()));
    for (uint32_t i = 0; i < shown.size(); ++i) {
      const auto& [manner, field, of] = shown[i];
      members[i].setName(manner.name);
      if (!isNull(of, field, manner)) writeValue(of.get(field), manner, members[i]);
    }
  }

 private:
  struct Member {
    FieldManner manner;
    Field field;
    DynamicStruct::Reader of;
  };

  bool isWhole(capnp::StructSchema schema) const {
    const std::string_view file = schema.getProto().getDisplayName().cStr();
    return look_ == StructLook::whole && file.find("/meta_v1.capnp:") == std::string_view::npos;
  }

  std::vector<Member> fieldsOf(DynamicStruct::Reader from) const {
    const bool whole = isWhole(from.getSchema());
    std::vector<Member> shown;
    for (auto field : from.getSchema().getFields()) {
      FieldManner manner = mannerOf(field);
      if (whole && manner.name == "metadata") {  // which is no member there, but has members of its own
        for (Member& member : fieldsOf(from.get(field).as<DynamicStruct>())) shown.push_back(std::move(member));
        continue;
      }
      if (!whole && !isShown(from, field, manner)) continue;
      if (whole) manner.name = goName(field, manner.name);
      shown.push_back({std::move(manner), field, from});
    }
    if (look_ == StructLook::sorted) {
      std::ranges::sort(shown, {}, [](const Member& member) -> const std::string& { return member.manner.name; });
    } else if (!whole) {
      std::ranges::stable_sort(shown, {}, [](const Member& member) { return member.field.getProto().getCodeOrder(); });
    }
    return shown;
  }

  // What must be there and is not is null, unless it is a struct, which is then an empty one.
  bool isNull(DynamicStruct::Reader from, Field field, const FieldManner& manner) const {
    if (from.has(field, capnp::HasMode::NON_NULL)) return false;
    switch (field.getType().which()) {
      case capnp::schema::Type::LIST:
      case capnp::schema::Type::DATA: return true;
      case capnp::schema::Type::STRUCT: return isBox(field.getType().asStruct()) || !manner.always;
      case capnp::schema::Type::TEXT: return manner.optional || manner.time || manner.json;
      default: return false;
    }
  }

  void writeMap(DynamicList::Reader from, JsonValue::Builder to) {
    std::map<std::string, DynamicValue::Reader> entries;
    for (DynamicValue::Reader element : from) {
      auto entry = element.as<DynamicStruct>();
      entries.emplace(entry.get("key").as<capnp::Text>().cStr(), entry.get("value"));
    }
    auto members = to.initObject(static_cast<uint32_t>(entries.size()));
    uint32_t at = 0;
    for (const auto& [name, value] : entries) {
      members[at].setName(name);
      writeValue(value, {}, members[at++]);
    }
  }

  void writeValue(DynamicValue::Reader from, const FieldManner& manner, JsonValue::Builder to) {
    switch (from.getType()) {
      case DynamicValue::BOOL: return to.setBoolean(from.as<bool>());
      case DynamicValue::INT: return to.setInteger(from.as<int64_t>());
      case DynamicValue::UINT: return to.setInteger(static_cast<int64_t>(from.as<uint64_t>()));
      case DynamicValue::FLOAT: return to.setFloat(from.as<double>());
      case DynamicValue::DATA: return to.setText(kj::encodeBase64(from.as<capnp::Data>()));
      case DynamicValue::TEXT: {
        if (!manner.json) return to.setText(from.as<capnp::Text>());
        // Whatever is no JSON stays null.
        (void)readJson(view(from.as<capnp::Text>()), to);
        return;
      }
      case DynamicValue::STRUCT: return writeStruct(from.as<DynamicStruct>(), to);
      case DynamicValue::LIST: {
        auto list = from.as<DynamicList>();
        if (isMap(list.getSchema())) return writeMap(list, to);
        auto items = to.initList(list.size());
        for (uint32_t i = 0; i < list.size(); ++i) writeValue(list[i], {}, items[i]);
        return;
      }
      default: return;
    }
  }

  const StructLook look_;
};

// -- And back --

std::unexpected<Status> mismatch(std::string_view path, std::string_view expected) {
  return fail(Status::badRequest(concat(path.empty() ? "the value" : path, ": must be ", expected)));
}

Result<void> readMembers(JsonView from, DynamicStruct::Builder to, const std::string& path);
Result<void> readList(JsonView from, DynamicList::Builder to, const std::string& path);

std::string below(const std::string& path, std::string_view name) {
  return path.empty() ? str(name) : concat(path, ".", name);
}

// A scalar or a text, as the schema's type wants it.
Result<DynamicValue::Reader> plainValue(JsonView from, capnp::Type type, const std::string& path) {
  switch (type.which()) {
    case capnp::schema::Type::BOOL:
      if (from.type() != JsonType::boolean) return mismatch(path, "a boolean");
      return DynamicValue::Reader(from.boolean());
    case capnp::schema::Type::TEXT:
      if (!from.isText()) return mismatch(path, "a text");
      return DynamicValue::Reader(from.value().getText());
    case capnp::schema::Type::FLOAT32:
    case capnp::schema::Type::FLOAT64:
      if (!from.isNumber()) return mismatch(path, "a number");
      return DynamicValue::Reader(from.number());
    default: {
      auto number = from.integer();
      const bool narrow =
          type.isInt32() && number &&
          (*number > std::numeric_limits<int32_t>::max() || *number < std::numeric_limits<int32_t>::min());
      if (!from.isNumber() || !number || narrow) return mismatch(path, "an integer that fits");
      return DynamicValue::Reader(*number);
    }
  }
}

Result<void> readIntOrString(JsonView from, DynamicStruct::Builder to, const std::string& path) {
  if (from.isText()) {
    to.set("strVal", from.value().getText());
    return {};
  }
  Field number = to.getSchema().getFieldByName("intVal");
  CLEAT_TRY(auto value, plainValue(from, number.getType(), path));
  to.set(number, value);
  return {};
}

Result<void> readField(JsonView from, DynamicStruct::Builder to, Field field, const FieldManner& manner,
                       const std::string& path) {
  if (from.isNull()) return {};
  switch (field.getType().which()) {
    case capnp::schema::Type::STRUCT: return readMembers(from, to.init(field).as<DynamicStruct>(), path);
    case capnp::schema::Type::LIST: {
      if (isMap(field.getType().asList()) ? !from.isObject() : !from.isList()) return mismatch(path, "a list or a map");
      return readList(from, to.init(field, from.items().size()).as<DynamicList>(), path);
    }
    default: break;
  }
  if (manner.json) {
    to.set(field, capnp::Text::Reader(jsonText(from).c_str()));
    return {};
  }
  CLEAT_TRY(auto value, plainValue(from, field.getType(), path));
  to.set(field, value);
  return {};
}

Result<void> readMembers(JsonView from, DynamicStruct::Builder to, const std::string& path) {
  auto schema = to.getSchema();
  if (isIntOrString(schema)) return readIntOrString(from, to, path);
  if (isBox(schema)) return readField(from, to, schema.getFields()[0], {}, path);
  if (!from.isObject()) return mismatch(path, "an object");
  for (auto field : schema.getFields()) {
    const FieldManner manner = mannerOf(field);
    auto member = from.member(manner.name);
    if (!member) continue;
    CLEAT_TRY(readField(*member, to, field, manner, below(path, manner.name)));
  }
  return {};
}

Result<void> readList(JsonView from, DynamicList::Builder to, const std::string& path) {
  auto schema = to.getSchema();
  const bool map = isMap(schema);
  uint32_t at = 0;
  for (auto item : from.items()) {
    const uint32_t index = at++;
    const std::string itemPath = map ? below(path, JsonView(item).name()) : concat(path, "[", index, "]");
    if (map) {
      auto entry = to[index].as<DynamicStruct>();
      entry.set("key", item.getName());
      CLEAT_TRY(readField(item, entry, entry.getSchema().getFieldByName("value"), {}, itemPath));
    } else if (schema.whichElementType() == capnp::schema::Type::STRUCT) {
      CLEAT_TRY(readMembers(item, to[index].as<DynamicStruct>(), itemPath));
    } else {
      CLEAT_TRY(auto value, plainValue(item, schema.getElementType(), itemPath));
      to.set(index, value);
    }
  }
  return {};
}

}  // namespace

JsonTree structJson(DynamicStruct::Reader from, StructLook look) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<JsonValue>();
  StructWriter(look).writeStruct(from, root);
  return JsonTree(JsonView(root.asReader()));
}

Result<void> readStruct(JsonView from, DynamicStruct::Builder to) { return readMembers(from, to, {}); }

}  // namespace cleat
