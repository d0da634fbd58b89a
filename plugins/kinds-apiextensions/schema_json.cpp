#include "kinds-apiextensions/schema_json.h"

#include <cleat/sdk/meta.h>

#include "kinds-common/findings.h"

namespace cleat::kinds::extensions {

namespace {

using Schema = apiextensions_v1::JSONSchemaProps::Reader;

// Writes one object's members, leaving out what the schema does not say.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }
  void end() { out_ += '}'; }

  std::string& name(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    appendTo(out_, concat(jsonText(name), ":"));
    return out_;
  }
  void text(std::string_view member, capnp::Text::Reader value) {
    if (value.size() > 0) name(member) += jsonText(view(value));
  }
  void flag(std::string_view member, bool value) {
    if (value) name(member) += "true";
  }
  // A number or a boolean that may be absent.
  template <class Box>
  void boxed(std::string_view member, Box box) {
    if (isSet(box)) appendTo(name(member), box.getValue());
  }
  void json(std::string_view member, apiextensions_v1::JSON::Reader value) {
    if (value.getRaw().size() > 0) name(member) += view(value.getRaw());
  }
  void texts(std::string_view member, capnp::List<capnp::Text>::Reader values) {
    if (values.size() == 0) return;
    name(member);
    for (uint32_t i = 0; i < values.size(); ++i) {
      out_ += i == 0 ? '[' : ',';
      out_ += jsonText(view(values[i]));
    }
    out_ += ']';
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void writeSchema(std::string& out, Schema schema);

void writeSchemas(std::string& out, capnp::List<apiextensions_v1::JSONSchemaProps>::Reader schemas) {
  out += '[';
  for (uint32_t i = 0; i < schemas.size(); ++i) {
    if (i > 0) out += ',';
    writeSchema(out, schemas[i]);
  }
  out += ']';
}

void writeProperties(Members& members, Schema schema) {
  if (schema.getProperties().size() == 0) return;
  std::string& out = members.name("properties");
  Members entries(out);
  for (auto entry : schema.getProperties()) writeSchema(entries.name(view(entry.getKey())), entry.getValue());
  entries.end();
}

// What only numbers, texts, lists and objects of some size have.
void writeLimits(Members& members, Schema schema) {
  members.boxed("maximum", schema.getMaximum());
  members.flag("exclusiveMaximum", schema.getExclusiveMaximum());
  members.boxed("minimum", schema.getMinimum());
  members.flag("exclusiveMinimum", schema.getExclusiveMinimum());
  members.boxed("maxLength", schema.getMaxLength());
  members.boxed("minLength", schema.getMinLength());
  members.text("pattern", schema.getPattern());
  members.boxed("maxItems", schema.getMaxItems());
  members.boxed("minItems", schema.getMinItems());
  members.flag("uniqueItems", schema.getUniqueItems());
  members.boxed("multipleOf", schema.getMultipleOf());
  members.boxed("maxProperties", schema.getMaxProperties());
  members.boxed("minProperties", schema.getMinProperties());
  members.texts("required", schema.getRequired());
  if (schema.getEnum().size() == 0) return;
  std::string& out = members.name("enum");
  for (uint32_t i = 0; i < schema.getEnum().size(); ++i) {
    out += i == 0 ? '[' : ',';
    const std::string_view raw = view(schema.getEnum()[i].getRaw());
    out += raw.empty() ? "null" : raw;
  }
  out += ']';
}

void writeParts(Members& members, Schema schema) {
  if (schema.hasItems()) {
    auto items = schema.getItems();
    std::string& out = members.name("items");
    if (items.isSchema()) {
      writeSchema(out, items.getSchema());
    } else {
      writeSchemas(out, items.getSchemas());
    }
  }
  if (schema.getAllOf().size() > 0) writeSchemas(members.name("allOf"), schema.getAllOf());
  if (schema.getOneOf().size() > 0) writeSchemas(members.name("oneOf"), schema.getOneOf());
  if (schema.getAnyOf().size() > 0) writeSchemas(members.name("anyOf"), schema.getAnyOf());
  if (schema.hasNot()) writeSchema(members.name("not"), schema.getNot());
  writeProperties(members, schema);
  if (!schema.hasAdditionalProperties()) return;
  auto additional = schema.getAdditionalProperties();
  std::string& out = members.name("additionalProperties");
  if (additional.isSchema()) {
    writeSchema(out, additional.getSchema());
  } else {
    appendTo(out, additional.getAllows());
  }
}

void writeRules(Members& members, Schema schema) {
  if (schema.getXValidations().size() == 0) return;
  std::string& out = members.name("x-kubernetes-validations");
  for (uint32_t i = 0; i < schema.getXValidations().size(); ++i) {
    auto rule = schema.getXValidations()[i];
    out += i == 0 ? '[' : ',';
    Members parts(out);
    parts.text("rule", rule.getRule());
    parts.text("message", rule.getMessage());
    parts.text("messageExpression", rule.getMessageExpression());
    parts.text("reason", rule.getReason());
    parts.text("fieldPath", rule.getFieldPath());
    parts.boxed("optionalOldSelf", rule.getOptionalOldSelf());
    parts.end();
  }
  out += ']';
}

void writeExtensions(Members& members, Schema schema) {
  members.boxed("x-kubernetes-preserve-unknown-fields", schema.getXPreserveUnknownFields());
  members.flag("x-kubernetes-embedded-resource", schema.getXEmbeddedResource());
  members.flag("x-kubernetes-int-or-string", schema.getXIntOrString());
  members.texts("x-kubernetes-list-map-keys", schema.getXListMapKeys());
  members.text("x-kubernetes-list-type", schema.getXListType());
  members.text("x-kubernetes-map-type", schema.getXMapType());
  writeRules(members, schema);
}

void writeSchema(std::string& out, Schema schema) {
  Members members(out);
  members.text("description", schema.getDescription());
  members.text("type", schema.getType());
  members.text("format", schema.getFormat());
  members.text("title", schema.getTitle());
  members.json("default", schema.getDefault());
  writeLimits(members, schema);
  writeParts(members, schema);
  if (schema.hasExternalDocs()) {
    Members docs(members.name("externalDocs"));
    docs.text("description", schema.getExternalDocs().getDescription());
    docs.text("url", schema.getExternalDocs().getUrl());
    docs.end();
  }
  members.json("example", schema.getExample());
  members.flag("nullable", schema.getNullable());
  writeExtensions(members, schema);
  members.end();
}

}  // namespace

std::string schemaJson(Schema schema) {
  std::string out;
  writeSchema(out, schema);
  return out;
}

}  // namespace cleat::kinds::extensions
