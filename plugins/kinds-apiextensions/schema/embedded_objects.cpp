// Objects of the API inside of custom ones (x-kubernetes-embedded-resource): what they all have is as it has to be.
#include <capnp/message.h>
#include <cleat/sdk/time.h>

#include <array>

#include "kinds-apiextensions/schema/validator.h"
#include "kinds-common/metadata.h"
#include "kinds-common/names.h"

namespace cleat::kinds::extensions {

namespace {

using Meta = meta_v1::ObjectMeta;

const char* nameInGo(JsonType type) {
  switch (type) {
    case JsonType::boolean: return "bool";
    case JsonType::integer:
    case JsonType::number: return "number";
    case JsonType::text: return "string";
    case JsonType::list: return "array";
    default: return "object";
  }
}

struct MetaField {
  std::string_view name;
  JsonType type;       // of the field, or of what it is a list of
  const char* goType;  // of that
  bool isList = false;
};

constexpr std::array kFields{
    MetaField{"creationTimestamp", JsonType::text, "v1.Time"},
    MetaField{"deletionGracePeriodSeconds", JsonType::integer, "int64"},
    MetaField{"deletionTimestamp", JsonType::text, "v1.Time"},
    MetaField{"finalizers", JsonType::text, "string", true},
    MetaField{"generateName", JsonType::text, "string"},
    MetaField{"generation", JsonType::integer, "int64"},
    MetaField{"managedFields", JsonType::object, "v1.ManagedFieldsEntry", true},
    MetaField{"name", JsonType::text, "string"},
    MetaField{"namespace", JsonType::text, "string"},
    MetaField{"ownerReferences", JsonType::object, "v1.OwnerReference", true},
    MetaField{"resourceVersion", JsonType::text, "string"},
    MetaField{"selfLink", JsonType::text, "string"},
    MetaField{"uid", JsonType::text, "string"},
};

std::string cannotBe(JsonView value, std::string_view field, std::string_view goType) {
  return concat("json: cannot unmarshal ", nameInGo(value.type()), " into Go struct field ObjectMeta.", field,
                " of type ", goType);
}

// Why the field cannot be read; nothing if it can. A null is as good as no field.
std::string wrongField(const MetaField& field, JsonView value) {
  if (value.isNull()) return {};
  if (field.isList) {
    if (!value.isList()) return cannotBe(value, field.name, concat("[]", field.goType));
    for (JsonView item : value.items()) {
      if (!item.isNull() && item.type() != field.type) return cannotBe(item, field.name, field.goType);
    }
    return {};
  }
  return value.type() == field.type ? std::string() : cannotBe(value, field.name, field.goType);
}

std::string wrongMap(std::string_view name, JsonView value) {
  if (value.isNull()) return {};
  if (!value.isObject()) return cannotBe(value, name, "map[string]string");
  for (JsonView member : value.items()) {
    if (!member.isText() && !member.isNull()) return cannotBe(member, name, "string");
  }
  return {};
}

std::string wrongMetadata(JsonView metadata) {
  if (!metadata.isObject()) {
    return concat("json: cannot unmarshal ", nameInGo(metadata.type()), " into Go value of type v1.ObjectMeta");
  }
  for (const MetaField& field : kFields) {
    auto value = metadata.member(field.name);
    std::string wrong = value ? wrongField(field, *value) : std::string();
    if (!wrong.empty()) return wrong;
  }
  for (const char* name : {"annotations", "labels"}) {
    auto value = metadata.member(name);
    std::string wrong = value ? wrongMap(name, *value) : std::string();
    if (!wrong.empty()) return wrong;
  }
  return {};
}

std::string textOf(JsonView object, std::string_view name) {
  return str(object.member(name).value_or(JsonView()).text());
}

void fillMap(capnp::List<meta_v1::TextEntry>::Builder to, JsonView from) {
  for (uint32_t i = 0; i < to.size(); ++i) {
    to[i].setKey(str(JsonView(from.items()[i]).name()));
    to[i].setValue(str(JsonView(from.items()[i]).text()));
  }
}

// What is checked of the metadata, beside the names.
void fill(Meta::Builder meta, JsonView from) {
  JsonView labels = from.member("labels").value_or(JsonView());
  fillMap(meta.initLabels(labels.items().size()), labels);
  JsonView annotations = from.member("annotations").value_or(JsonView());
  fillMap(meta.initAnnotations(annotations.items().size()), annotations);
  JsonList finalizers = from.member("finalizers").value_or(JsonView()).items();
  auto names = meta.initFinalizers(finalizers.size());
  for (uint32_t i = 0; i < finalizers.size(); ++i) names.set(i, str(JsonView(finalizers[i]).text()));
  JsonList owners = from.member("ownerReferences").value_or(JsonView()).items();
  auto references = meta.initOwnerReferences(owners.size());
  for (uint32_t i = 0; i < owners.size(); ++i) {
    references[i].setApiVersion(textOf(owners[i], "apiVersion"));
    references[i].setKind(textOf(owners[i], "kind"));
    references[i].setName(textOf(owners[i], "name"));
    references[i].setUid(textOf(owners[i], "uid"));
    if (JsonView(owners[i]).member("controller").value_or(JsonView()).boolean()) {
      references[i].initController().setValue(true);
    }
  }
}

void checkNames(JsonView metadata, const Path& path, Findings& findings) {
  std::string name = textOf(metadata, "name"), generateName = textOf(metadata, "generateName");
  std::string nameSpace = textOf(metadata, "namespace");
  auto segment = [](std::string_view text) {
    // A prefix may be a point or two; it is not the whole name.
    return text == "." || text == ".." ? Wrongs() : wrongPathSegment(text);
  };
  if (!generateName.empty()) findings.invalidEach(path / "generateName", generateName, segment(generateName));
  if (!name.empty()) findings.invalidEach(path / "name", name, wrongPathSegment(name));
  if (!nameSpace.empty()) findings.invalidEach(path / "namespace", nameSpace, wrongDns1123Label(nameSpace));
  auto generation = metadata.member("generation").value_or(JsonView()).integer();
  if (generation.value_or(0) < 0) findings.invalid(path / "generation", *generation, kNotNegative);
}

void checkApiVersion(JsonView value, const Path& path, Findings& findings) {
  std::string_view text = value.text();
  if (!value.isText()) {
    findings.invalid(path, Shown::plain(shownJson(value)), "must be a string");
  } else if (text.empty()) {
    findings.invalid(path, text, "must not be empty");
  } else if (std::ranges::count(text, '/') > 1) {
    findings.invalid(path, text, concat("unexpected GroupVersion string: ", text));
  }
}

void checkKind(JsonView value, const Path& path, Findings& findings) {
  std::string_view text = value.text();
  if (!value.isText()) return findings.invalid(path, Shown::plain(shownJson(value)), "must be a string");
  if (text.empty()) return findings.invalid(path, text, "must not be empty");
  std::string wrongs;
  for (const std::string& wrong : wrongDns1035Label(lowerCase(text))) {
    if (!wrongs.empty()) wrongs += ',';
    wrongs += wrong;
  }
  if (wrongs.empty()) return;
  findings.invalid(path, text, concat("may have mixed case, but should otherwise match: ", wrongs));
}

}  // namespace

void checkObjectMeta(JsonView object, const Path& path, Findings& findings) {
  auto apiVersion = object.member("apiVersion"), kind = object.member("kind"), metadata = object.member("metadata");
  if (!apiVersion) findings.required(path / "apiVersion");
  if (!kind) findings.required(path / "kind");
  if (apiVersion) checkApiVersion(*apiVersion, path / "apiVersion", findings);
  if (kind) checkKind(*kind, path / "kind", findings);
  if (!metadata || metadata->isNull()) return;
  const Path at = path / "metadata";
  std::string wrong = wrongMetadata(*metadata);
  if (!wrong.empty()) return findings.invalid(at, Shown::plain(shownJson(*metadata)), wrong);
  checkNames(*metadata, at, findings);
  capnp::MallocMessageBuilder message;
  fill(message.initRoot<Meta>(), *metadata);
  checkMetadata(message.getRoot<Meta>().asReader(), at, findings, FinalizerNames::any);
}

void checkEmbeddedObjects(const CompiledSchema& schema, const SchemaNode& node, const Validated& value, const Trail& at,
                          Causes& causes) {
  if (!node.has(SchemaNode::holdsEmbedded) || causes.full()) return;
  if (value.type() == JsonType::list) {
    const SchemaNode* items = schema.itemsOf(node);
    for (uint32_t i = 0; items != nullptr && i < value.items().size() && !causes.full(); ++i) {
      checkEmbeddedObjects(schema, *items, JsonView(value.items()[i]), Trail(&at, i), causes);
    }
  }
  if (value.type() != JsonType::object) return;
  if (node.has(SchemaNode::embedded) && value.root == nullptr) {
    Findings findings;
    checkObjectMeta(value.json, Path(at.text(TrailKeys::bracketed)), findings);
    for (const StatusCause& cause : findings.causes()) causes.add(cause.reason.c_str(), cause.field, cause.message);
  }
  const SchemaNode* additional = schema.additionalOf(node);
  for (JsonView member : value.items()) {
    if (const SchemaNode* property = schema.property(node, member.name())) {
      checkEmbeddedObjects(schema, *property, member, Trail(&at, member.name()), causes);
    } else if (additional != nullptr) {
      checkEmbeddedObjects(schema, *additional, member, Trail(&at, member.name(), Trail::Step::key), causes);
    }
  }
}

}  // namespace cleat::kinds::extensions
