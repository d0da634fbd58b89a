#include "core/api/openapi/openapi3_protobuf.h"

#include <array>

#include "core/api/openapi/openapi_message.h"

namespace cleat::api {
namespace {

class OpenApi3Writer : OpenApiMessage {
 public:
  std::string write(const JsonObject& document) {
    texts(document, std::array{Place{"openapi", 1}});
    child(document, "info", 2, [&](const JsonObject& information) {
      texts(information, std::array{Place{"title", 1}, Place{"description", 2}, Place{"version", 6}});
    });
    child(document, "paths", 4,
          [&](const JsonObject& paths) { named(paths, 1, [&](const JsonObject& path) { pathItem(path); }); });
    child(document, "components", 5, [&](const JsonObject& all) { components(all); });
    return std::string(writer_.out.view());
  }

 private:
  void components(const JsonObject& all) {
    child(all, "schemas", 1, [&](const JsonObject& schemas) {
      named(schemas, 1, [&](const JsonObject& one) { schemaOrReference(one); });
    });
    child(all, "parameters", 3, [&](const JsonObject& parameters) {
      named(parameters, 1, [&](const JsonObject& one) { parameterOrReference(one); });
    });
    child(all, "securitySchemes", 7, [&](const JsonObject& ways) {
      named(ways, 1, [&](const JsonObject& way) {
        writer_.message(1, [&] {
          texts(way, std::array{Place{"type", 1}, Place{"description", 2}, Place{"name", 3}, Place{"in", 4}});
        });
      });
    });
  }

  void schemaOrReference(const JsonObject& from) {
    orReference(from, [&](const JsonObject& one) { schema(one); });
  }
  void parameterOrReference(const JsonObject& from) {
    orReference(from, [&](const JsonObject& one) { parameter(one); });
  }

  void schemas(const JsonObject& from, std::string_view name, uint32_t number) {
    each(from, name, number, [&](const JsonObject& one) { schemaOrReference(one); });
  }
  // As the users' own kinds have them, which may be below zero.
  void whole(const JsonObject& from, std::string_view name, uint32_t number) {
    const JsonValue* found = from.if_contains(name);
    if (found == nullptr || !found->is_number()) return;
    writer_.number(number, static_cast<uint64_t>(found->to_number<int64_t>()));
  }
  void real(const JsonObject& from, std::string_view name, uint32_t number) {
    const JsonValue* found = from.if_contains(name);
    if (found != nullptr && found->is_number()) writer_.real(number, found->to_number<double>());
  }
  void numbers(const JsonObject& from) {
    real(from, "multipleOf", 10);
    real(from, "maximum", 11);
    flag(from, "exclusiveMaximum", 12);
    real(from, "minimum", 13);
    flag(from, "exclusiveMinimum", 14);
    whole(from, "maxLength", 15);
    whole(from, "minLength", 16);
    whole(from, "maxItems", 18);
    whole(from, "minItems", 19);
    whole(from, "maxProperties", 21);
    whole(from, "minProperties", 22);
  }
  void values(const JsonObject& from) {
    if (const JsonValue* found = from.if_contains("enum")) {
      for (const JsonValue& one : found->as_array()) {
        writer_.message(24, [&] { writer_.bytes(2, boost::json::serialize(one)); });
      }
    }
    // A default that is a list or an object has no place.
    const JsonValue* found = from.if_contains("default");
    if (found == nullptr || found->is_null() || found->is_structured()) return;
    writer_.message(33, [&] {
      if (found->is_string()) return writer_.bytes(3, view(*found));
      if (found->is_bool()) return writer_.number(2, found->as_bool());
      writer_.real(1, found->to_number<double>());
    });
  }
  void schema(const JsonObject& from) {
    flag(from, "nullable", 1);
    texts(from, std::array{Place{"title", 9}, Place{"pattern", 17}, Place{"type", 25}, Place{"description", 34},
                           Place{"format", 35}});
    numbers(from);
    flag(from, "uniqueItems", 20);
    list(from, "required", 23);
    values(from);
    schemas(from, "allOf", 26);
    schemas(from, "oneOf", 27);
    schemas(from, "anyOf", 28);
    child(from, "not", 29, [&](const JsonObject& one) { schema(one); });
    child(from, "items", 30, [&](const JsonObject& one) { writer_.message(1, [&] { schemaOrReference(one); }); });
    child(from, "properties", 31, [&](const JsonObject& properties) {
      named(properties, 1, [&](const JsonObject& one) { schemaOrReference(one); });
    });
    if (const JsonValue* found = from.if_contains("additionalProperties")) {
      writer_.message(32, [&] {
        if (found->is_bool()) return writer_.number(2, found->as_bool());
        writer_.message(1, [&] { schemaOrReference(found->as_object()); });
      });
    }
    extensions(from, 36);
  }

  void parameter(const JsonObject& from) {
    texts(from, std::array{Place{"name", 1}, Place{"in", 2}, Place{"description", 3}});
    flag(from, "required", 4);
    child(from, "schema", 10, [&](const JsonObject& one) { schemaOrReference(one); });
  }
  void parameters(const JsonObject& from, uint32_t number) {
    each(from, "parameters", number, [&](const JsonObject& one) { parameterOrReference(one); });
  }

  void pathItem(const JsonObject& from) {
    static constexpr Place kMethods[] = {{"get", 4},     {"put", 5},  {"post", 6},  {"delete", 7},
                                         {"options", 8}, {"head", 9}, {"patch", 10}};
    for (const Place& method : kMethods) {
      child(from, method.name, method.number, [&](const JsonObject& one) { operation(one); });
    }
    parameters(from, 13);
  }
  void operation(const JsonObject& from) {
    list(from, "tags", 1);
    texts(from, std::array{Place{"summary", 2}, Place{"description", 3}, Place{"operationId", 5}});
    parameters(from, 6);
    child(from, "requestBody", 7, [&](const JsonObject& body) {
      writer_.message(1, [&] {
        texts(body, std::array{Place{"description", 1}});
        content(body, 2);
        flag(body, "required", 3);
      });
    });
    child(from, "responses", 8, [&](const JsonObject& responses) {
      named(responses, 2, [&](const JsonObject& one) {
        writer_.message(1, [&] {
          texts(one, std::array{Place{"description", 1}});
          content(one, 3);
        });
      });
    });
    extensions(from, 13);
  }
  void content(const JsonObject& from, uint32_t number) {
    child(from, "content", number, [&](const JsonObject& types) {
      named(types, 1, [&](const JsonObject& type) {
        child(type, "schema", 1, [&](const JsonObject& one) { schemaOrReference(one); });
      });
    });
  }
};

}  // namespace

bool takesOpenApi3Protobuf(std::string_view accept) {
  return accept.find("application/com.github.proto-openapi.spec.v3") != std::string_view::npos;
}

std::string openApi3Protobuf(std::string_view json) {
  const boost::json::value document = parsedOpenApi(json);
  return OpenApi3Writer().write(document.as_object());
}

}  // namespace cleat::api
