#include "core/api/openapi/openapi_open.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

#include "core/object/codec.h"
#include "core/object/json/json_text.h"
#include "core/object/open/open_schema.h"

namespace cleat::api {
namespace {

namespace json = boost::json;

constexpr std::string_view kObjectMetaName = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
// OpenAPI 2 has no words for these.
constexpr std::string_view kJunctors[] = {"allOf", "anyOf", "oneOf", "not", "nullable"};

bool isTrue(const json::object& schema, std::string_view name) {
  const json::value* value = schema.if_contains(name);
  return value && value->is_bool() && value->get_bool();
}

class Definition {
 public:
  Definition(JsonWriter& out, Dialect dialect) : out_(out), dialect_(dialect) {}

  void root(const json::object& schema, const object::Kind& kind) {
    out_.open('{');
    // Where anything may be there is nothing that OpenAPI 2 could say of it.
    const bool anything = dialect_ == Dialect::v2 && isTrue(schema, "x-kubernetes-preserve-unknown-fields");
    if (!anything) facts(schema, true);
    if (anything || !schema.contains("type")) out_.member("type", "object");
    out_.key("x-kubernetes-group-version-kind").open('[');
    writeGroupVersionKind(out_, kind, kind.name);
    out_.close(']');
    if (!kind.selectableFields.empty()) {
      out_.key("x-kubernetes-selectable-fields").open('[');
      for (const std::string& field : kind.selectableFields) out_.open('{').member("fieldPath", field).close('}');
      out_.close(']');
    }
    out_.close('}');
  }

 private:
  void schema(const json::value& value) {
    const json::object* schema = value.if_object();
    if (!schema) return void(out_.raw(object::jsonText(value)));
    out_.open('{');
    facts(*schema, isTrue(*schema, "x-kubernetes-embedded-resource"));
    out_.close('}');
  }

  // The members of a schema. `isObject`: one with apiVersion, kind and metadata.
  void facts(const json::object& schema, bool isObject) {
    // What may be null may not be told apart by its type.
    const bool untyped = dialect_ == Dialect::v2 && isTrue(schema, "nullable");
    for (const auto& [name, value] : schema) {
      if (name == "properties" || isLeftOut(name)) continue;
      if (untyped && (name == "type" || name == "items")) continue;
      out_.key(name);
      if (name == "items" || name == "additionalProperties" || name == "not") {
        this->schema(value);
      } else if (name == "allOf" || name == "anyOf" || name == "oneOf") {
        out_.open('[');
        for (const json::value& each : value.is_array() ? value.get_array() : json::array()) this->schema(each);
        out_.close(']');
      } else {
        out_.raw(object::jsonText(value));
      }
    }
    const json::value* properties = schema.if_contains("properties");
    const json::object* own = properties && !untyped ? properties->if_object() : nullptr;
    if (!own && !isObject) return;
    out_.key("properties").open('{');
    for (const auto& [name, value] : own ? *own : json::object()) {
      if (isObject && (name == "apiVersion" || name == "kind" || name == "metadata")) continue;
      out_.key(name);
      this->schema(value);
    }
    if (isObject) objectProperties();
    out_.close('}');
  }

  void objectProperties() {
    writeApiVersionAndKind(out_);
    out_.key("metadata").open('{').member("description", "Standard object's metadata: its name, labels and the like.");
    if (dialect_ == Dialect::v3) out_.key("allOf").open('[').open('{');
    out_.member("$ref", referenceTo(dialect_, kObjectMetaName));
    if (dialect_ == Dialect::v3) out_.close('}').close(']');
    out_.close('}');
  }

  bool isLeftOut(std::string_view name) const {
    return dialect_ == Dialect::v2 && std::ranges::find(kJunctors, name) != std::end(kJunctors);
  }

  JsonWriter& out_;
  const Dialect dialect_;
};

}  // namespace

void writeOpenDefinition(JsonWriter& out, Dialect dialect, const object::Kind& kind) {
  const std::string& text = kind.open->json();
  Result<json::value> schema = object::parseJson(text, {.maxBytes = text.size(), .maxDepth = 500});
  const json::object* root = schema ? schema->if_object() : nullptr;
  Definition(out, dialect).root(root ? *root : json::object(), kind);
}

}  // namespace cleat::api
