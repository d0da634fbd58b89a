#include "kinds-common/shown_struct.h"

namespace cleat::kinds {

namespace {

using Fields = capnp::StructSchema::FieldList;

// Annotations of sdk/schema/cleat.capnp.
constexpr uint64_t kRequired = 0xc1ea7c1ea7c1ea73, kFormat = 0xc1ea7c1ea7c1ea75, kAlways = 0xc1ea7c1ea7c1ea7c;

bool hasAnnotation(capnp::StructSchema::Field field, uint64_t id) {
  for (auto one : field.getProto().getAnnotations()) {
    if (one.getId() == id) return true;
  }
  return false;
}
bool isJson(capnp::StructSchema::Field field) {
  for (auto one : field.getProto().getAnnotations()) {
    if (one.getId() == kFormat && view(one.getValue().getText()) == "json") return true;
  }
  return false;
}

bool isNamed(capnp::StructSchema::Field field, std::string_view name) {
  return view(field.getProto().getName()) == name;
}
// A scalar that may be absent (Meta.Int32Value).
bool isBox(const Fields& fields) { return fields.size() == 1 && isNamed(fields[0], "value"); }
bool isEntry(const Fields& fields) {
  return fields.size() == 2 && isNamed(fields[0], "key") && isNamed(fields[1], "value");
}

std::string valueText(const capnp::DynamicValue::Reader& value);

std::string structText(capnp::DynamicStruct::Reader part) {
  std::string out;
  const Fields fields = part.getSchema().getFields();
  if (isBox(fields)) return valueText(part.get(fields[0]));
  for (auto field : fields) {
    const bool stays = hasAnnotation(field, kRequired) || hasAnnotation(field, kAlways);
    if (!stays && !part.has(field, capnp::HasMode::NON_DEFAULT)) continue;
    auto value = part.get(field);
    const bool raw = isJson(field);
    appendTo(out, concat(out.empty() ? "" : ",", jsonText(view(field.getProto().getName())), ":",
                         raw ? str(value.as<capnp::Text>()) : valueText(value)));
  }
  return concat("{", out, "}");
}

std::string listText(capnp::DynamicList::Reader list) {
  const auto type = list.getSchema().getElementType();
  const bool map = type.isStruct() && isEntry(type.asStruct().getFields());
  std::string out;
  for (auto item : list) {
    if (!out.empty()) out += ',';
    if (map) {
      auto entry = item.as<capnp::DynamicStruct>();
      appendTo(out, concat(jsonText(view(entry.get("key").as<capnp::Text>())), ":", valueText(entry.get("value"))));
    } else {
      out += valueText(item);
    }
  }
  return map ? concat("{", out, "}") : concat("[", out, "]");
}

std::string valueText(const capnp::DynamicValue::Reader& value) {
  switch (value.getType()) {
    case capnp::DynamicValue::BOOL: return value.as<bool>() ? "true" : "false";
    case capnp::DynamicValue::INT: return std::to_string(value.as<int64_t>());
    case capnp::DynamicValue::UINT: return std::to_string(value.as<uint64_t>());
    case capnp::DynamicValue::FLOAT: return concat(value.as<double>());
    case capnp::DynamicValue::TEXT: return jsonText(view(value.as<capnp::Text>()));
    case capnp::DynamicValue::LIST: return listText(value.as<capnp::DynamicList>());
    case capnp::DynamicValue::STRUCT: return structText(value.as<capnp::DynamicStruct>());
    default: return "null";
  }
}

}  // namespace

Shown shownStruct(capnp::DynamicStruct::Reader part) { return Shown::plain(structText(part)); }

}  // namespace cleat::kinds
