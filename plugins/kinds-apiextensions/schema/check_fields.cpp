// What may stand in the schemas of CustomResourceDefinitions, and together with what.
#include <array>
#include <set>

#include "kinds-apiextensions/schema/rule_texts.h"
#include "kinds-apiextensions/schema/schema_check.h"

namespace cleat::kinds::extensions {

namespace {

using Props = apiextensions_v1::JSONSchemaProps;
using Schemas = capnp::List<Props>::Reader;

// What a schema may do where it stands.
struct Place {
  bool root = false;
  bool insideMeta = false;  // of what every object has: apiVersion, kind, metadata
  std::string noDefaults;   // why there may be none; empty where there may
};

bool isItemSchema(SchemaReader schema) { return schema.hasItems() && schema.getItems().isSchema(); }

class Fields {
 public:
  explicit Fields(Findings& findings) : findings_(findings) {}

  void check(SchemaReader schema, const Place& place, const Trail& at) {
    if (isEnough(findings_)) return;
    supported(schema, place, at);
    if (schema.getUniqueItems()) {
      findings_.forbidden(pathOf(member(at, "uniqueItems")),
                          "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
    }
    additional(schema, place, at);
    properties(schema, place, at);
    Place below = place;
    below.root = false;
    if (schema.hasNot()) check(schema.getNot(), below, member(at, "not"));
    each("allOf", schema.getAllOf(), below, at);
    each("oneOf", schema.getOneOf(), below, at);
    each("anyOf", schema.getAnyOf(), below, at);
    if (isItemSchema(schema)) check(schema.getItems().getSchema(), below, member(at, "items"));
    if (schema.hasXPreserveUnknownFields() && !schema.getXPreserveUnknownFields().getValue()) {
      findings_.invalid(pathOf(member(at, "x-kubernetes-preserve-unknown-fields")), false, "must be true or undefined");
    }
    mapType(schema, at);
    listType(schema, at);
    mapKeys(schema, at);
    checkRuleTexts(schema, at, findings_);
  }

 private:
  void supported(SchemaReader schema, const Place& place, const Trail& at) {
    static constexpr std::array<std::string_view, 6> kTypes{"array",  "boolean", "integer",
                                                            "number", "object",  "string"};
    const std::string_view type = view(schema.getType());
    auto forbid = [&](bool isThere, const char* name, std::string_view why) {
      if (isThere) findings_.forbidden(pathOf(member(at, name)), why);
    };
    if (!type.empty() && std::ranges::find(kTypes, type) == kTypes.end()) {
      findings_.notSupported(pathOf(member(at, "type")), type, kTypes);
    }
    if (!place.noDefaults.empty()) {
      forbid(defaultOf(schema).has_value(), "default", concat("must not be set ", place.noDefaults));
    }
    forbid(!view(schema.getId()).empty(), "id", "id is not supported");
    forbid(schema.hasAdditionalItems(), "additionalItems", "additionalItems is not supported");
    forbid(schema.getPatternProperties().size() > 0, "patternProperties", "patternProperties is not supported");
    forbid(schema.getDefinitions().size() > 0, "definitions", "definitions is not supported");
    forbid(schema.hasDependencies(), "dependencies", "dependencies is not supported");
    forbid(schema.hasRef(), "$ref", "$ref is not supported");
    forbid(type == "null", "type", "type cannot be set to null, use nullable as an alternative");
    forbid(schema.hasItems() && schema.getItems().isSchemas() && schema.getItems().getSchemas().size() > 0, "items",
           "items must be a schema object and not an array");
    forbid(place.insideMeta && schema.getXEmbeddedResource(), "x-kubernetes-embedded-resource",
           "must not be used inside of resource meta");
  }

  void additional(SchemaReader schema, const Place& place, const Trail& at) {
    if (!schema.hasAdditionalProperties()) return;
    auto additional = schema.getAdditionalProperties();
    const Trail where = member(at, "additionalProperties");
    if (schema.getProperties().size() > 0 && (additional.isSchema() || !additional.getAllows())) {
      findings_.forbidden(pathOf(where), "additionalProperties and properties are mutual exclusive");
    }
    if (!additional.isSchema()) return;
    Place below = place;
    below.root = false;
    if (place.insideMeta) below.noDefaults = "inside additionalProperties applying to object metadata";
    check(additional.getSchema(), below, where);
  }

  void properties(SchemaReader schema, const Place& place, const Trail& at) {
    const Trail where = member(at, "properties");
    for (auto property : schema.getProperties()) {
      const std::string_view name = view(property.getKey());
      Place below = place;
      below.root = false;
      const bool isMeta = name == "metadata" || name == "apiVersion" || name == "kind";
      if (isMeta && (place.root || schema.getXEmbeddedResource())) below.insideMeta = true;
      if (isMeta && place.root) below.noDefaults = concat("in top-level ", name);
      check(property.getValue(), below, key(where, name));
    }
  }

  void each(const char* name, Schemas all, const Place& place, const Trail& at) {
    const Trail list = member(at, name);
    for (uint32_t i = 0; i < all.size(); ++i) check(all[i], place, Trail(&list, i));
  }

  // That the schema is of the type that `because` needs.
  bool hasType(SchemaReader schema, std::string_view needed, std::string_view because, const Trail& at) {
    const std::string_view type = view(schema.getType());
    if (type == needed) return true;
    const Path path = pathOf(member(at, "type"));
    const std::string why = concat("must be ", needed, " if ", because, " is specified");
    type.empty() ? findings_.required(path, why) : findings_.invalid(path, type, why);
    return false;
  }

  void mapType(SchemaReader schema, const Trail& at) {
    if (!schema.hasXMapType()) return;
    (void)hasType(schema, "object", "x-kubernetes-map-type", at);  // what it says counts all the same
    checkOneOf(view(schema.getXMapType()), pathOf(member(at, "x-kubernetes-map-type")), {"atomic", "granular"},
               findings_);
  }

  void listType(SchemaReader schema, const Trail& at) {
    const std::string_view list = view(schema.getXListType());
    const Path path = pathOf(member(at, "x-kubernetes-list-type"));
    if (schema.hasXListType()) {
      if (hasType(schema, "array", "x-kubernetes-list-type", at) && list == "set" && isItemSchema(schema)) {
        setItems(schema.getItems().getSchema(), member(at, "items"));
      }
      checkOneOf(list, path, {"atomic", "set", "map"}, findings_);
    }
    if (schema.getXListMapKeys().size() > 0) {
      static constexpr std::string_view kWhy = "must be map if x-kubernetes-list-map-keys is non-empty";
      if (!schema.hasXListType()) {
        findings_.required(path, kWhy);
      } else if (list != "map") {
        findings_.invalid(path, list, kWhy);
      }
    }
    if ((list == "set" || list == "map") && isItemSchema(schema) && schema.getItems().getSchema().getNullable()) {
      const Trail items = member(at, "items");
      findings_.forbidden(pathOf(member(items, "nullable")),
                          concat("cannot be nullable when x-kubernetes-list-type is ", list));
    }
  }

  // Elements of a set are compared as a whole, so they are owned as a whole.
  void setItems(SchemaReader items, const Trail& at) {
    static constexpr std::string_view kWhy = "must be atomic as item of a list with x-kubernetes-list-type=set";
    auto shown = [&] { return items.hasXListType() ? Shown::plain(quotedText(items.getXListType())) : Shown::null(); };
    if (view(items.getType()) == "array" && items.hasXListType() && view(items.getXListType()) != "atomic") {
      findings_.invalid(pathOf(member(at, "x-kubernetes-list-type")), shown(), kWhy);
    }
    if (view(items.getType()) == "object" && view(items.getXMapType()) != "atomic") {
      findings_.invalid(pathOf(member(at, "x-kubernetes-map-type")), shown(), kWhy);
    }
  }
  static std::string quotedText(capnp::Text::Reader text) { return quoted(view(text)); }

  void mapKeys(SchemaReader schema, const Trail& at) {
    if (view(schema.getXListType()) != "map") return;
    const Trail itemsAt = member(at, "items");
    const Path keysPath = pathOf(member(at, "x-kubernetes-list-map-keys"));
    if (schema.getXListMapKeys().size() == 0) {
      findings_.required(keysPath, "must not be empty if x-kubernetes-list-type is map");
    }
    if (!schema.hasItems()) findings_.required(pathOf(itemsAt), "must have a schema if x-kubernetes-list-type is map");
    if (!isItemSchema(schema)) return;
    SchemaReader items = schema.getItems().getSchema();
    if (view(items.getType()) != "object") {
      findings_.invalid(pathOf(member(itemsAt, "type")), view(items.getType()),
                        "must be object if parent array's x-kubernetes-list-type is map");
    }
    std::vector<std::string> all;
    for (auto name : schema.getXListMapKeys()) all.push_back(str(view(name)));
    std::set<std::string_view> required, seen;
    for (auto name : items.getRequired()) required.insert(view(name));
    for (const std::string& name : all) {
      if (view(items.getType()) == "object") {
        SchemaReader ignored;
        if (!findProperty(items, name, ignored)) {
          findings_.invalid(keysPath, Shown::list(all), "entries must all be names of item properties");
        }
        if (!seen.insert(name).second) {
          findings_.invalid(keysPath, Shown::list(all), "must not contain duplicate entries");
        }
      }
      mapKey(items, name, required.contains(name), itemsAt);
    }
  }

  void mapKey(SchemaReader items, std::string_view name, bool required, const Trail& itemsAt) {
    SchemaReader property;
    if (!findProperty(items, name, property)) return;
    const Trail properties = member(itemsAt, "properties");
    const Trail at = key(properties, name);
    const std::string_view type = view(property.getType());
    if (view(items.getType()) == "object" && (type == "array" || type == "object")) {
      findings_.invalid(pathOf(member(at, "type")), view(items.getType()),
                        "must be a scalar type if parent array's x-kubernetes-list-type is map");
    }
    if (!required && !defaultOf(property)) {
      findings_.required(pathOf(member(at, "default")),
                         "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required "
                         "property");
    }
    if (property.getNullable()) {
      findings_.forbidden(pathOf(member(at, "nullable")),
                          "this property is in x-kubernetes-list-map-keys, so it cannot be nullable");
    }
  }

  Findings& findings_;
};

// Where the version has /status, its schema is also looked at from .status, and what stands at the root would be lost.
std::string_view forbiddenWithStatus(SchemaReader schema) {
  const std::pair<bool, const char*> all[] = {
      {!view(schema.getId()).empty(), "ID"},
      {!view(schema.getSchema()).empty(), "Schema"},
      {schema.hasRef(), "Ref"},
      {schema.getNullable(), "Nullable"},
      {defaultOf(schema).has_value(), "Default"},
      {schema.getEnum().size() > 0, "Enum"},
      {schema.hasMaxProperties(), "MaxProperties"},
      {schema.hasMinProperties(), "MinProperties"},
      {schema.getAllOf().size() > 0, "AllOf"},
      {schema.getOneOf().size() > 0, "OneOf"},
      {schema.getAnyOf().size() > 0, "AnyOf"},
      {schema.hasNot(), "Not"},
      {schema.hasAdditionalProperties(), "AdditionalProperties"},
      {schema.getPatternProperties().size() > 0, "PatternProperties"},
      {schema.hasDependencies(), "Dependencies"},
      {schema.hasAdditionalItems(), "AdditionalItems"},
      {schema.getDefinitions().size() > 0, "Definitions"},
      {schema.getXEmbeddedResource(), "XEmbeddedResource"},
      {schema.getXIntOrString(), "XIntOrString"},
      {schema.getXListMapKeys().size() > 0, "XListMapKeys"},
      {schema.hasXListType(), "XListType"},
      {schema.hasXMapType(), "XMapType"},
  };
  for (auto& [isThere, name] : all) {
    if (isThere) return name;
  }
  return {};
}

void checkRootWithStatus(SchemaReader schema, const Trail& at, Findings& findings) {
  const std::string_view type = view(schema.getType());
  if (!type.empty() && type != "object") {
    findings.invalid(pathOf(member(at, "type")), type,
                     "only \"object\" is allowed as the type at the root of the schema if the status subresource is "
                     "enabled");
    return;
  }
  const std::string_view field = forbiddenWithStatus(schema);
  if (field.empty()) return;
  findings.invalid(pathOf(at), field,
                   "only [Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength "
                   "MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs "
                   "Example XPreserveUnknownFields XValidations] fields are allowed at the root of the schema if the "
                   "status subresource is enabled");
}

std::string_view unsupportedHere(SchemaReader schema) {
  if (!view(schema.getId()).empty()) return "id";
  if (!view(schema.getSchema()).empty()) return "schema";
  if (!view(schema.getRef()).empty()) return "$ref";
  if (schema.getPatternProperties().size() > 0) return "patternProperties";
  if (schema.getDependencies().size() > 0) return "dependencies";
  if (schema.hasAdditionalItems()) return "additionalItems";
  if (schema.getDefinitions().size() > 0) return "definitions";
  if (schema.hasItems() && schema.getItems().isSchemas() && schema.getItems().getSchemas().size() > 0) return "items";
  if (schema.hasXPreserveUnknownFields() && !schema.getXPreserveUnknownFields().getValue()) {
    return "x-kubernetes-preserve-unknown-fields";
  }
  return {};
}

std::string_view unsupportedIn(Schemas all) {
  for (auto schema : all) {
    std::string_view field = unsupportedField(schema);
    if (!field.empty()) return field;
  }
  return {};
}

}  // namespace

std::string_view unsupportedField(SchemaReader schema) {
  std::string_view field = unsupportedHere(schema);
  for (Schemas all : {schema.getAllOf(), schema.getAnyOf(), schema.getOneOf()}) {
    if (field.empty()) field = unsupportedIn(all);
  }
  if (field.empty() && schema.hasNot()) field = unsupportedField(schema.getNot());
  if (field.empty() && isItemSchema(schema)) field = unsupportedField(schema.getItems().getSchema());
  if (field.empty() && schema.hasAdditionalProperties() && schema.getAdditionalProperties().isSchema()) {
    field = unsupportedField(schema.getAdditionalProperties().getSchema());
  }
  for (auto property : schema.getProperties()) {
    if (!field.empty()) break;
    field = unsupportedField(property.getValue());
  }
  return field;
}

void checkSchemaFields(SchemaReader schema, const Trail& at, const SchemaOptions& options, Findings& findings) {
  if (options.statusSubresource) checkRootWithStatus(schema, at, findings);
  if (schema.getNullable()) findings.forbidden(pathOf(member(at, "nullable")), "nullable cannot be true at the root");
  Place root;
  root.root = true;
  Fields(findings).check(schema, root, at);
}

}  // namespace cleat::kinds::extensions
