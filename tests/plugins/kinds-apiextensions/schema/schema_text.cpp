#include "schema_text.h"

#include <capnp/dynamic.h>

#include <cstdio>
#include <cstdlib>

namespace cleat::kinds::extensions::test {

namespace {

constexpr uint64_t kJsonName = 0xc1ea7c1ea7c1ea71;

std::string_view jsonNameOf(capnp::StructSchema::Field field) {
  for (auto annotation : field.getProto().getAnnotations()) {
    if (annotation.getId() == kJsonName) return view(annotation.getValue().getText());
  }
  return view(field.getProto().getName());
}

std::optional<capnp::StructSchema::Field> fieldOf(capnp::StructSchema schema, std::string_view name) {
  for (auto field : schema.getFields()) {
    if (jsonNameOf(field) == name) return field;
  }
  return std::nullopt;
}

bool fill(capnp::DynamicStruct::Builder to, JsonView from);

// A struct that JSON writes as something else than its fields. None if it is not one.
std::optional<bool> fillSpecial(capnp::DynamicStruct::Builder to, JsonView from) {
  std::string_view name = view(to.getSchema().getShortDisplayName());
  if (name == "JSON") {
    to.set("raw", jsonText(from).c_str());
  } else if (name == "Int64Value") {
    to.set("value", from.integer().value_or(0));
    return from.integer().has_value();
  } else if (name == "Float64Value") {
    to.set("value", from.number());
    return from.isNumber();
  } else if (name == "BoolValue") {
    to.set("value", from.boolean());
  } else if (name == "JSONSchemaPropsOrBool" && from.type() == JsonType::boolean) {
    to.set("allows", from.boolean());
  } else if (name == "JSONSchemaPropsOrStringArray" && from.isList()) {
    to.init("property", from.items().size());
  } else if (name == "JSONSchemaPropsOrArray" && from.isList()) {
    auto list = to.init("schemas", from.items().size()).as<capnp::DynamicList>();
    for (uint32_t i = 0; i < list.size(); ++i) {
      if (!fill(list[i].as<capnp::DynamicStruct>(), from.items()[i])) return false;
    }
  } else if (name.starts_with("JSONSchemaPropsOr")) {
    return fill(to.init("schema").as<capnp::DynamicStruct>(), from);
  } else {
    return std::nullopt;
  }
  return true;
}

bool fillList(capnp::DynamicList::Builder to, JsonView from) {
  const bool isTexts = to.getSchema().whichElementType() == capnp::schema::Type::TEXT;
  for (uint32_t i = 0; i < to.size(); ++i) {
    JsonView item = from.items()[i];
    if (isTexts) {
      to.set(i, str(item.text()).c_str());
      continue;
    }
    auto element = to[i].as<capnp::DynamicStruct>();
    const bool isEntry = view(element.getSchema().getShortDisplayName()).ends_with("Entry");
    if (isEntry != from.isObject()) return false;
    if (isEntry) {
      element.set("key", str(item.name()).c_str());
      element = element.init("value").as<capnp::DynamicStruct>();
    }
    if (!fill(element, item)) return false;
  }
  return true;
}

bool fillField(capnp::DynamicStruct::Builder to, capnp::StructSchema::Field field, JsonView from) {
  switch (field.getType().which()) {
    case capnp::schema::Type::TEXT: to.set(field, str(from.text()).c_str()); return from.isText();
    case capnp::schema::Type::BOOL: to.set(field, from.boolean()); return true;
    case capnp::schema::Type::LIST: return fillList(to.init(field, from.items().size()).as<capnp::DynamicList>(), from);
    case capnp::schema::Type::STRUCT: return fill(to.init(field).as<capnp::DynamicStruct>(), from);
    default: return false;
  }
}

bool fill(capnp::DynamicStruct::Builder to, JsonView from) {
  if (auto special = fillSpecial(to, from)) return *special;
  if (!from.isObject()) return false;
  for (JsonView member : from.items()) {
    if (member.isNull()) continue;
    auto field = fieldOf(to.getSchema(), member.name());
    if (!field || !fillField(to, *field, member)) return false;
  }
  return true;
}

[[noreturn]] void endWith(std::string_view what) {
  std::fprintf(stderr, "not a schema: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

}  // namespace

std::optional<SchemaDraft> readSchema(JsonView json) {
  SchemaDraft draft;
  if (!fill(capnp::toDynamic(*draft), json)) return std::nullopt;
  return draft;
}

SchemaDraft schemaOf(JsonView json) {
  auto draft = readSchema(json);
  if (!draft) endWith(jsonText(json));
  return *std::move(draft);
}

SchemaDraft schemaOf(std::string_view json) {
  Result<JsonTree> tree = JsonTree::parse(json);
  if (!tree) endWith(tree.error().message);
  return schemaOf(tree->view());
}

TestObject::TestObject(std::string_view json) {
  Result<JsonTree> tree = JsonTree::parse(json);
  if (!tree) endWith(tree.error().message);
  fill(tree->view());
}

TestObject::TestObject(JsonView json) { fill(json); }

void TestObject::fill(JsonView json) {
  auto text = [](std::optional<JsonView> value) { return str(value.value_or(JsonView()).text()); };
  apiVersion_ = text(json.member("apiVersion"));
  kind_ = text(json.member("kind"));
  JsonView metadata = json.member("metadata").value_or(JsonView());
  draft_.meta().setName(text(metadata.member("name")));
  draft_.meta().setGenerateName(text(metadata.member("generateName")));
  draft_.meta().setCreationTimestamp(text(metadata.member("creationTimestamp")));
  JsonList labels = metadata.member("labels").value_or(JsonView()).items();
  auto to = draft_.meta().initLabels(labels.size());
  for (uint32_t i = 0; i < labels.size(); ++i) {
    to[i].setKey(str(JsonView(labels[i]).name()));
    to[i].setValue(str(JsonView(labels[i]).text()));
  }
  for (JsonView member : json.items()) {
    bool implied = member.name() == "apiVersion" || member.name() == "kind" || member.name() == "metadata";
    if (!implied) copyJson(member, ensureMember(*draft_, member.name()));
  }
}

}  // namespace cleat::kinds::extensions::test
