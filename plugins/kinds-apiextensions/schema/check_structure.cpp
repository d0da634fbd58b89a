// Whether a schema is structural. The words are Kubernetes', and so is the order: by what the errors say.
#include <capnp/any.h>
#include <capnp/message.h>

#include <algorithm>
#include <map>

#include "kinds-apiextensions/schema/schema_check.h"

namespace cleat::kinds::extensions {

namespace {

using Props = apiextensions_v1::JSONSchemaProps;
using Schemas = capnp::List<Props>::Reader;

enum class Level { root, item, field };

bool equal(SchemaReader a, SchemaReader b) {
  return capnp::AnyStruct::Reader(a).equals(capnp::AnyStruct::Reader(b)) == capnp::Equality::EQUAL;
}

// {"type":"integer"} and nothing else.
bool isOnlyType(SchemaReader schema, const char* type) {
  if (view(schema.getType()) != type) return false;
  capnp::MallocMessageBuilder message;
  message.initRoot<Props>().setType(type);
  return equal(schema, message.getRoot<Props>().asReader());
}

bool isIntegerOrString(Schemas anyOf) {
  return anyOf.size() == 2 && isOnlyType(anyOf[0], "integer") && isOnlyType(anyOf[1], "string");
}

bool keepsUnknown(SchemaReader schema) {
  return schema.hasXPreserveUnknownFields() && schema.getXPreserveUnknownFields().getValue();
}

bool hasItemSchema(SchemaReader schema) { return schema.hasItems() && schema.getItems().isSchema(); }
bool hasAdditionalSchema(SchemaReader schema) {
  return schema.hasAdditionalProperties() && schema.getAdditionalProperties().isSchema();
}

// Of metadata a schema may tell the type, and something of the name and generateName.
bool saysMoreOfMetadata(SchemaReader metadata) {
  for (auto property : metadata.getProperties()) {
    std::string_view name = view(property.getKey());
    if (name != "name" && name != "generateName") return true;
  }
  capnp::MallocMessageBuilder message;
  message.setRoot(metadata);
  auto rest = message.getRoot<Props>();
  rest.disownType();
  rest.disownDefault();
  rest.disownProperties();
  rest.disownExample();
  rest.disownExternalDocs();
  return !equal(rest.asReader(), SchemaReader());
}

class Structure {
 public:
  explicit Structure(Findings& findings) : findings_(findings) {}

  void check(SchemaReader schema, Level level, const Trail& at) {
    if (isEnough(findings_)) return;
    if (view(schema.getType()) == "array" && !hasItemSchema(schema)) {
      findings_.required(pathOf(member(at, "items")), "must be specified");
    }
    children(schema, level, at);
    extensions(schema, at);
    const bool first = schema.getAllOf().size() > 0 && isIntegerOrString(schema.getAllOf()[0].getAnyOf());
    rules(schema, isIntegerOrString(schema.getAnyOf()), first, at);
    type(schema, level, at);
    if (level == Level::root || schema.getXEmbeddedResource()) typeMeta(schema, at);
    SchemaReader metadata;
    if (findProperty(schema, "metadata", metadata)) this->metadata(schema, metadata, level, at);
    if (schema.getXEmbeddedResource() && !keepsUnknown(schema) && schema.getProperties().size() == 0) {
      findings_.required(pathOf(member(at, "properties")),
                         "must not be empty if x-kubernetes-embedded-resource is true without "
                         "x-kubernetes-preserve-unknown-fields");
    }
  }

  // That what the alternatives speak of is in the structure: `rules` is an alternative, `schema` what it is about.
  void complete(SchemaReader rules, const SchemaReader* schema, const Trail& at, const Trail& rulesAt) {
    if (isEnough(findings_)) return;
    if (schema == nullptr) {
      findings_.required(pathOf(at), concat("because it is defined in ", rulesAt.text(TrailKeys::bracketed)));
      return;
    }
    completeAlternatives(rules, *schema, at, rulesAt);
    if (hasItemSchema(rules)) {
      SchemaReader items = hasItemSchema(*schema) ? schema->getItems().getSchema() : SchemaReader();
      complete(rules.getItems().getSchema(), hasItemSchema(*schema) ? &items : nullptr, member(at, "items"),
               member(rulesAt, "items"));
    }
    const Trail properties = member(at, "properties"), rulesProperties = member(rulesAt, "properties");
    for (auto property : rules.getProperties()) {
      std::string_view name = view(property.getKey());
      SchemaReader found;
      bool exists = findProperty(*schema, name, found);
      complete(property.getValue(), exists ? &found : nullptr, key(properties, name), key(rulesProperties, name));
    }
  }

  void completeAlternatives(SchemaReader rules, SchemaReader schema, const Trail& at, const Trail& rulesAt) {
    if (rules.hasNot()) complete(rules.getNot(), &schema, at, member(rulesAt, "not"));
    auto each = [&](const char* name, Schemas all) {
      const Trail list = member(rulesAt, name);
      for (uint32_t i = 0; i < all.size(); ++i) complete(all[i], &schema, at, Trail(&list, i));
    };
    each("allOf", rules.getAllOf());
    each("anyOf", rules.getAnyOf());
    each("oneOf", rules.getOneOf());
  }

 private:
  void children(SchemaReader schema, Level level, const Trail& at) {
    if (hasItemSchema(schema)) check(schema.getItems().getSchema(), Level::item, member(at, "items"));
    const Trail properties = member(at, "properties");
    for (auto property : schema.getProperties()) {
      check(property.getValue(), Level::field, key(properties, view(property.getKey())));
    }
    if (!schema.hasAdditionalProperties()) return;
    const Trail additional = member(at, "additionalProperties");
    if (level == Level::root) findings_.forbidden(pathOf(additional), "must not be used at the root");
    if (hasAdditionalSchema(schema)) check(schema.getAdditionalProperties().getSchema(), Level::field, additional);
  }

  void extensions(SchemaReader schema, const Trail& at) {
    if (!schema.getXIntOrString()) return;
    static constexpr std::string_view kWhy = "must be false if x-kubernetes-int-or-string is true";
    if (keepsUnknown(schema)) {
      findings_.invalid(pathOf(member(at, "x-kubernetes-preserve-unknown-fields")), true, kWhy);
    }
    if (schema.getXEmbeddedResource()) {
      findings_.invalid(pathOf(member(at, "x-kubernetes-embedded-resource")), true, kWhy);
    }
  }

  void type(SchemaReader schema, Level level, const Trail& at) {
    const std::string_view type = view(schema.getType());
    const Trail typeAt = member(at, "type");
    if (schema.getXEmbeddedResource() && type != "object") {
      static constexpr std::string_view kWhy = "must be object if x-kubernetes-embedded-resource is true";
      type.empty() ? findings_.required(pathOf(typeAt), kWhy) : findings_.invalid(pathOf(typeAt), type, kWhy);
    } else if (type.empty() && !schema.getXIntOrString() && !keepsUnknown(schema)) {
      findings_.required(pathOf(typeAt), level == Level::root   ? "must not be empty at the root"
                                         : level == Level::item ? "must not be empty for specified array items"
                                                                : "must not be empty for specified object fields");
    }
    if (schema.getXEmbeddedResource() && schema.hasAdditionalProperties()) {
      findings_.forbidden(pathOf(member(at, "additionalProperties")),
                          "must not be used if x-kubernetes-embedded-resource is set");
    }
    if (level == Level::root && !type.empty() && type != "object") {
      findings_.invalid(pathOf(typeAt), type, "must be object at the root");
    }
  }

  void typeMeta(SchemaReader schema, const Trail& at) {
    const Trail properties = member(at, "properties");
    for (const char* name : {"kind", "apiVersion"}) {
      SchemaReader found;
      if (!findProperty(schema, name, found) || view(found.getType()) == "string") continue;
      const Trail property = key(properties, name);
      findings_.invalid(pathOf(member(property, "type")), view(found.getType()), "must be string");
    }
  }

  void metadata(SchemaReader schema, SchemaReader metadata, Level level, const Trail& at) {
    const Trail properties = member(at, "properties");
    const Trail metadataAt = key(properties, "metadata");
    const bool ofObject = level == Level::root || schema.getXEmbeddedResource();
    if (ofObject && view(metadata.getType()) != "object") {
      findings_.invalid(pathOf(member(metadataAt, "type")), view(metadata.getType()), "must be object");
    }
    if (level == Level::root && saysMoreOfMetadata(metadata)) {
      findings_.forbidden(pathOf(metadataAt),
                          "must not specify anything other than name and generateName, but metadata is implicitly "
                          "specified");
    }
  }

  // allOf, anyOf, oneOf, not and the pattern of a schema, or of an alternative.
  void rules(SchemaReader schema, bool skipAnyOf, bool skipFirstAllOf, const Trail& at) {
    auto each = [&](const char* name, Schemas all, bool skipFirst) {
      const Trail list = member(at, name);
      for (uint32_t i = 0; i < all.size(); ++i) alternative(all[i], skipFirst && i == 0, Trail(&list, i));
    };
    if (!skipAnyOf) each("anyOf", schema.getAnyOf(), false);
    each("allOf", schema.getAllOf(), skipFirstAllOf);
    each("oneOf", schema.getOneOf(), false);
    if (schema.hasNot()) alternative(schema.getNot(), false, member(at, "not"));
    if (view(schema.getPattern()).empty()) return;
    const std::string& wrong = wrongWithPattern(view(schema.getPattern()));
    if (wrong.empty()) return;
    findings_.invalid(pathOf(member(at, "pattern")), schema.getPattern(),
                      concat("must be a valid regular expression, but isn't: ", wrong));
  }

  // Each is tried once, however often it stands there.
  const std::string& wrongWithPattern(std::string_view expression) {
    auto [known, isNew] = wrongPatterns_.try_emplace(str(expression));
    if (!isNew) return known->second;
    if (Result<size_t> size = Pattern::check(expression); !size) known->second = size.error().message;
    return known->second;
  }

  void alternative(SchemaReader schema, bool skipAnyOf, const Trail& at) {
    if (isEnough(findings_)) return;
    rules(schema, skipAnyOf, false, at);
    if (hasItemSchema(schema)) alternative(schema.getItems().getSchema(), false, member(at, "items"));
    const Trail properties = member(at, "properties");
    for (auto property : schema.getProperties()) {
      const Trail propertyAt = key(properties, view(property.getKey()));
      alternative(property.getValue(), false, propertyAt);
      if (view(property.getKey()) == "metadata") {
        findings_.forbidden(pathOf(propertyAt), "must not be specified in a nested context");
      }
    }
    structureIn(schema, at);
  }

  // What only the structure may say.
  void structureIn(SchemaReader schema, const Trail& at) {
    auto forbid = [&](bool isThere, const char* name, const char* why) {
      if (isThere) findings_.forbidden(pathOf(member(at, name)), why);
    };
    static constexpr const char* kEmpty = "must be empty to be structural";
    static constexpr const char* kUndefined = "must be undefined to be structural";
    static constexpr const char* kFalse = "must be false to be structural";
    forbid(!view(schema.getType()).empty(), "type", kEmpty);
    forbid(schema.hasAdditionalProperties(), "additionalProperties", kUndefined);
    forbid(defaultOf(schema).has_value(), "default", kUndefined);
    forbid(!view(schema.getTitle()).empty(), "title", kEmpty);
    forbid(!view(schema.getDescription()).empty(), "description", kEmpty);
    forbid(schema.getNullable(), "nullable", kFalse);
    forbid(keepsUnknown(schema), "x-kubernetes-preserve-unknown-fields", kFalse);
    forbid(schema.getXEmbeddedResource(), "x-kubernetes-embedded-resource", kFalse);
    forbid(schema.getXIntOrString(), "x-kubernetes-int-or-string", kFalse);
    forbid(schema.getXListMapKeys().size() > 0, "x-kubernetes-list-map-keys", kEmpty);
    forbid(schema.hasXListType(), "x-kubernetes-list-type", kUndefined);
    forbid(schema.hasXMapType(), "x-kubernetes-map-type", kUndefined);
    forbid(schema.getXValidations().size() > 0, "x-kubernetes-validations", kEmpty);
  }

  Findings& findings_;
  std::map<std::string, std::string> wrongPatterns_;  // what is wrong with each, if anything
};

}  // namespace

void checkStructure(SchemaReader schema, const Trail& at, Findings& findings) {
  Findings found;
  Structure structure(found);
  structure.check(schema, Level::root, at);
  structure.completeAlternatives(schema, schema, at, at);
  std::vector<StatusCause> causes = found.causes();
  std::ranges::stable_sort(causes, {},
                           [](const StatusCause& cause) { return concat(cause.field, ": ", cause.message); });
  for (StatusCause& cause : causes) findings.add(std::move(cause));
}

}  // namespace cleat::kinds::extensions
