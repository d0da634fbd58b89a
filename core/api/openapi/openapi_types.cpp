#include "core/api/openapi/openapi_types.h"

#include <cleat/schema/kinds/meta_v1.capnp.h>

#include <algorithm>

#include "core/api/openapi/openapi_open.h"
#include "core/object/verbs.h"

namespace cleat::api {
namespace {

using object::FieldPlan;
using object::Kind;
using object::Shape;
using object::StructCodec;
using object::ValuePlan;

constexpr std::string_view kTimeName = "io.k8s.apimachinery.pkg.apis.meta.v1.Time";
constexpr std::string_view kMicroTimeName = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime";
constexpr std::string_view kDurationName = "io.k8s.apimachinery.pkg.apis.meta.v1.Duration";
constexpr std::string_view kQuantityName = "io.k8s.apimachinery.pkg.api.resource.Quantity";
constexpr std::string_view kIntOrStringName = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
constexpr std::string_view kListMetaName = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";

constexpr std::string_view kApiVersionText =
    "APIVersion defines the group and version of the schema that this object is written in, such as v1 or apps/v1.";
constexpr std::string_view kKindText = "The name of the kind of this object, in CamelCase.";

// In every document, whatever its kinds: what requests and answers consist of besides objects.
std::vector<const StructCodec*> commonStructs() {
  object::CodecSet& compiled = object::CodecSet::compiledIn();
  std::vector<const StructCodec*> structs;
  auto add = [&](capnp::StructSchema schema) {
    if (auto codec = compiled.get(schema)) structs.push_back(*codec);
  };
  add(capnp::Schema::from<meta_v1::ListMeta>());
  add(capnp::Schema::from<meta_v1::DeleteOptions>());
  add(capnp::Schema::from<meta_v1::Status>());
  return structs;
}

std::string_view referredName(const ValuePlan& value) {
  switch (value.shape) {
    case Shape::dateTime: return kTimeName;
    case Shape::microTime: return kMicroTimeName;
    case Shape::quantity: return kQuantityName;
    case Shape::duration: return kDurationName;
    case Shape::intOrString: return kIntOrStringName;
    default: return {};
  }
}

void writeScalar(JsonWriter& json, Shape shape, const ValuePlan& value) {
  switch (shape) {
    case Shape::boolean: json.member("type", "boolean"); break;
    case Shape::integer:
      if (value.quoted) {
        json.member("type", "string");
      } else {
        json.member("type", "integer").member("format", value.bits > 32 ? "int64" : "int32");
      }
      break;
    case Shape::floating: json.member("type", "number").member("format", "double"); break;
    case Shape::data: json.member("type", "string").member("format", "byte"); break;
    case Shape::json: json.member("type", "object"); break;
    default: json.member("type", "string"); break;
  }
}

}  // namespace

void writeApiVersionAndKind(JsonWriter& json) {
  json.key("apiVersion").open('{').member("description", kApiVersionText).member("type", "string").close('}');
  json.key("kind").open('{').member("description", kKindText).member("type", "string").close('}');
}

std::string definitionName(const StructCodec& codec) {
  return codec.openapi().empty() ? "dev.cleat." + codec.typeName() : codec.openapi();
}

std::string definitionName(const Kind& kind) { return kind.codec ? definitionName(*kind.codec) : std::string(); }

std::string listDefinitionName(const Kind& kind) {
  std::string name = definitionName(kind);
  size_t dot = name.rfind('.');
  return name.substr(0, dot + 1) + kind.listName;
}

std::string referenceTo(Dialect dialect, std::string_view name) {
  return (dialect == Dialect::v2 ? "#/definitions/" : "#/components/schemas/") + std::string(name);
}

void writeGroupVersionKind(JsonWriter& json, const Kind& kind, std::string_view kindName) {
  json.open('{').member("group", kind.group).member("kind", kindName).member("version", kind.version).close('}');
}

void DefinitionWriter::write(JsonWriter& json, const std::vector<object::KindRef>& kinds) {
  for (const StructCodec* codec : commonStructs()) collect(*codec);
  for (const object::KindRef& kind : kinds) {
    addRoot(*kind);
    const bool isListed = !kind->isVirtual || object::hasVerb(*kind, "list");
    if (kind->codec && !kind->plural.empty() && isListed) lists_[listDefinitionName(*kind)] = kind.get();
    for (const object::Subresource* subresource : kind->subresources()) {
      if (subresource->body) addRoot(*subresource->body);
    }
  }
  for (const auto& [name, codec] : structs_) {
    json.key(name);
    writeStruct(json, *codec);
  }
  for (const auto& [name, kind] : open_) {
    json.key(name);
    writeOpenDefinition(json, dialect_, *kind);
  }
  for (const auto& [name, kind] : lists_) {
    json.key(name);
    writeList(json, *kind);
  }
  writeScalars(json);
}

void DefinitionWriter::addRoot(const Kind& kind) {
  if (!kind.codec) return;
  if (kind.open) {
    open_[definitionName(kind)] = &kind;
    return collectValue(kind.codec->fields().front().value);
  }
  collect(*kind.codec);
  // A kind's own struct goes before one of its name that another kind holds, and which says its kind within.
  const StructCodec*& known = structs_[definitionName(kind)];
  if (known != kind.codec) {
    known = kind.codec;
    for (const FieldPlan& field : known->fields()) {
      collectValue(field.value);
      collectAbsences(field);
    }
  }
  auto& roots = kinds_[definitionName(kind)];
  if (std::ranges::find(roots, &kind) == roots.end()) roots.push_back(&kind);
}

void DefinitionWriter::collect(const StructCodec& codec) {
  if (!structs_.emplace(definitionName(codec), &codec).second) return;
  for (const FieldPlan& field : codec.fields()) {
    collectValue(field.value);
    collectAbsences(field);
  }
}

void DefinitionWriter::collectAbsences(const FieldPlan& field) {
  if (!field.merge || field.value.shape != Shape::list || field.value.element->shape != Shape::structure) return;
  const object::MergeRule& rule = *field.merge;
  for (size_t i = 0; i < rule.keyDefaults.size(); ++i) {
    if (rule.keyDefaults[i].empty()) continue;
    absences_[{definitionName(*field.value.element->codec), rule.mapKeys[i]}] = rule.keyDefaults[i];
  }
}

void DefinitionWriter::collectValue(const ValuePlan& value) {
  if (value.shape == Shape::structure) collect(*value.codec);
  if (value.shape == Shape::list || value.shape == Shape::map) collectValue(*value.element);
}

void DefinitionWriter::writeStruct(JsonWriter& json, const StructCodec& codec) {
  std::string name = definitionName(codec);
  auto roots = kinds_.find(name);
  json.open('{');
  json.memberUnlessEmpty("description", catalogue_.structComment(codec.typeId()));
  if (codec.choice()) {  // one of several things, which have no type in common
    json.close('}');
    return;
  }
  json.member("type", "object");
  std::vector<std::string> required;
  json.key("properties").open('{');
  if (roots != kinds_.end() || name == kDeleteOptionsName || name == kStatusName) writeApiVersionAndKind(json);
  for (const FieldPlan& field : codec.fields()) {
    if (field.required) required.emplace_back(field.name);
    writeField(json, codec, field);
  }
  json.close('}');
  if (!required.empty()) json.memberTexts("required", required);
  if (codec.atomic()) json.member("x-kubernetes-map-type", "atomic");
  if (roots != kinds_.end()) {
    json.key("x-kubernetes-group-version-kind").open('[');
    for (const Kind* kind : roots->second) writeGroupVersionKind(json, *kind, kind->name);
    json.close(']');
  } else if (name == kDeleteOptionsName || name == kStatusName) {
    json.key("x-kubernetes-group-version-kind").open('[').open('{').member("group", "");
    json.member("kind", name.substr(name.rfind('.') + 1)).member("version", "v1").close('}').close(']');
  }
  json.close('}');
}

void DefinitionWriter::writeList(JsonWriter& json, const Kind& kind) {
  json.open('{').member("description", "A list of objects of the kind " + kind.name + ".").member("type", "object");
  json.key("properties").open('{');
  writeApiVersionAndKind(json);
  json.key("items").open('{').member("description", "The objects.").member("type", "array").key("items").open('{');
  writeReference(json, definitionName(kind), dialect_ == Dialect::v3);
  json.close('}').close('}');
  json.key("metadata").open('{');
  json.member("description", "The revision that the list is of, and how to read on.");
  writeReference(json, kListMetaName, dialect_ == Dialect::v3);
  json.close('}').close('}');
  json.memberTexts("required", {"items"});
  json.key("x-kubernetes-group-version-kind").open('[');
  writeGroupVersionKind(json, kind, kind.listName);
  json.close(']').close('}');
}

void DefinitionWriter::writeField(JsonWriter& json, const StructCodec& codec, const FieldPlan& field) {
  json.key(field.name).open('{');
  json.memberUnlessEmpty("description", catalogue_.fieldComment(codec.typeId(), field.ordinal));
  writeValue(json, field.value, true, codec.values(field));
  // Clients that merge lists themselves need it for items that leave the field out. Version 2 has none in Kubernetes.
  if (const auto absence = absences_.find({definitionName(codec), std::string(field.name)});
      absence != absences_.end() && dialect_ == Dialect::v3) {
    json.member("default", absence->second);
  }
  if (const object::MergeRule* rule = field.merge) {
    json.memberUnlessEmpty("x-kubernetes-list-type", rule->listType);
    if (!rule->mapKeys.empty()) json.memberTexts("x-kubernetes-list-map-keys", rule->mapKeys);
    json.memberUnlessEmpty("x-kubernetes-map-type", rule->mapType);
    json.memberUnlessEmpty("x-kubernetes-patch-strategy", rule->patchStrategy);
    json.memberUnlessEmpty("x-kubernetes-patch-merge-key", rule->patchMergeKey);
  }
  json.close('}');
}

// `described`: beside a description, where OpenAPI 3 wants a reference to be wrapped. `values`: the texts that there
// are, or null.
void DefinitionWriter::writeValue(JsonWriter& json, const ValuePlan& value, bool described,
                                  const std::vector<std::string>* values) {
  bool wrapped = described && dialect_ == Dialect::v3;
  if (std::string_view name = referredName(value); !name.empty()) return writeReference(json, name, wrapped);
  switch (value.shape) {
    case Shape::structure: return writeReference(json, definitionName(*value.codec), wrapped);
    case Shape::box: return writeScalar(json, value.boxed, value);
    case Shape::list:
      json.member("type", "array").key("items").open('{');
      writeValue(json, *value.element, false, values);
      json.close('}');
      return;
    case Shape::map:
      json.member("type", "object").key("additionalProperties").open('{');
      writeValue(json, *value.element, false, values);
      json.close('}');
      return;
    default: writeScalar(json, value.shape, value);
  }
  if (values) json.memberTexts("enum", *values);
}

void DefinitionWriter::writeReference(JsonWriter& json, std::string_view name, bool wrapped) {
  if (wrapped) json.key("allOf").open('[').open('{');
  json.member("$ref", referenceTo(dialect_, name));
  if (wrapped) json.close('}').close(']');
}

void DefinitionWriter::writeScalars(JsonWriter& json) {
  auto simple = [&](std::string_view name, std::string_view description, std::string_view format) {
    json.key(name).open('{').member("description", description).member("type", "string");
    json.memberUnlessEmpty("format", format).close('}');
  };
  auto oneOf = [&](std::string_view name, std::string_view description, std::string_view format,
                   std::vector<std::string> types) {
    if (dialect_ == Dialect::v2) return simple(name, description, format);
    json.key(name).open('{').member("description", description).memberUnlessEmpty("format", format);
    json.key("oneOf").open('[');
    for (const auto& type : types) json.open('{').member("type", type).close('}');
    json.close(']').close('}');
  };
  simple(kTimeName, "A time in UTC to the second, as RFC 3339 writes it.", "date-time");
  simple(kMicroTimeName, "A time in UTC to the microsecond, as RFC 3339 writes it.", "date-time");
  simple(kDurationName, "A span of time as Go writes it: 1h30m, 15s, 250ms.", "");
  oneOf(kQuantityName, "A number with a suffix for its scale, such as 250m, 1.5 or 64Mi.", "", {"string", "number"});
  oneOf(kIntOrStringName, "A number, or a text such as a name or a percentage.", "int-or-string",
        {"integer", "string"});
  json.key(kPatchName).open('{').member("description", "A change to an object, in one of the patch formats.");
  json.member("type", "object").close('}');
}

}  // namespace cleat::api
