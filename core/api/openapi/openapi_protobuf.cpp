#include "core/api/openapi/openapi_protobuf.h"

#include <array>

#include "core/api/openapi/openapi_message.h"

namespace cleat::api {
namespace {

class OpenApiWriter : OpenApiMessage {
 public:
  std::string write(const JsonObject& document) {
    texts(document, std::array{Place{"swagger", 1}});
    child(document, "info", 2, [&](const JsonObject& information) { texts(information, kInformation); });
    child(document, "paths", 8,
          [&](const JsonObject& paths) { named(paths, 2, [&](const JsonObject& path) { pathItem(path); }); });
    child(document, "definitions", 9, [&](const JsonObject& definitions) {
      named(definitions, 1, [&](const JsonObject& definition) { schema(definition); });
    });
    child(document, "parameters", 10,
          [&](const JsonObject& shared) { named(shared, 1, [&](const JsonObject& one) { parameter(one); }); });
    each(document, "security", 12, [&](const JsonObject& one) { requirement(one); });
    child(document, "securityDefinitions", 13, [&](const JsonObject& ways) {
      named(ways, 1, [&](const JsonObject& way) { writer_.message(2, [&] { texts(way, kKeyTexts); }); });
    });
    return std::string(writer_.out.view());
  }

 private:
  // By what they hold. The numbers are those of openapi.v2's fields.
  static constexpr Place kSchemaTexts[] = {
      {"$ref", 1}, {"format", 2}, {"title", 3}, {"description", 4}, {"pattern", 13}};
  static constexpr Place kOperationTexts[] = {{"summary", 2}, {"description", 3}, {"operationId", 5}};
  static constexpr Place kMethods[] = {{"get", 2},     {"put", 3},  {"post", 4}, {"delete", 5},
                                       {"options", 6}, {"head", 7}, {"patch", 8}};
  static constexpr Place kKeyTexts[] = {{"type", 1}, {"name", 2}, {"in", 3}, {"description", 4}};
  static constexpr Place kInformation[] = {{"title", 1}, {"version", 2}, {"description", 3}};

  void schema(const JsonObject& from) {
    texts(from, kSchemaTexts);
    if (const JsonValue* found = from.if_contains("default")) {
      writer_.message(5, [&] { writer_.bytes(2, boost::json::serialize(*found)); });
    }
    list(from, "required", 19);
    if (const JsonValue* found = from.if_contains("enum")) {
      for (const JsonValue& one : found->as_array()) {
        writer_.message(20, [&] { writer_.bytes(2, boost::json::serialize(one)); });
      }
    }
    if (const JsonValue* found = from.if_contains("additionalProperties")) {
      writer_.message(21, [&] {
        if (found->is_bool()) return writer_.number(2, found->as_bool());
        writer_.message(1, [&] { schema(found->as_object()); });
      });
    }
    if (const JsonValue* found = from.if_contains("type")) {
      writer_.message(22, [&] { writer_.bytes(1, view(*found)); });
    }
    child(from, "items", 23, [&](const JsonObject& items) { writer_.message(1, [&] { schema(items); }); });
    child(from, "properties", 25, [&](const JsonObject& properties) {
      named(properties, 1, [&](const JsonObject& property) { schema(property); });
    });
    extensions(from, 31);
  }

  void parameters(const JsonObject& from, uint32_t number) {
    each(from, "parameters", number, [&](const JsonObject& one) { parameterOrReference(one); });
  }
  void parameterOrReference(const JsonObject& from) {
    orReference(from, [&](const JsonObject& one) { parameter(one); });
  }
  void parameter(const JsonObject& from) {
    std::string_view in = view(from.at("in"));
    if (in == "body") return writer_.message(1, [&] { bodyParameter(from); });
    bool query = in == "query";
    writer_.message(2, [&] { writer_.message(query ? 3 : 4, [&] { plainParameter(from, query ? 1 : 0); }); });
  }
  void bodyParameter(const JsonObject& from) {
    texts(from, std::array{Place{"description", 1}, Place{"name", 2}, Place{"in", 3}});
    flag(from, "required", 4);
    child(from, "schema", 5, [&](const JsonObject& body) { schema(body); });
  }
  // A parameter of a query has one field more than one of a path, which moves those behind it.
  void plainParameter(const JsonObject& from, uint32_t shift) {
    flag(from, "required", 1);
    texts(from, std::array{Place{"in", 2}, Place{"description", 3}, Place{"name", 4}, Place{"type", 5 + shift},
                           Place{"format", 6 + shift}});
    flag(from, "uniqueItems", 19 + shift);
  }

  void pathItem(const JsonObject& from) {
    for (const Place& method : kMethods) {
      child(from, method.name, method.number, [&](const JsonObject& one) { operation(one); });
    }
    parameters(from, 9);
  }
  void operation(const JsonObject& from) {
    list(from, "tags", 1);
    texts(from, kOperationTexts);
    list(from, "produces", 6);
    list(from, "consumes", 7);
    parameters(from, 8);
    child(from, "responses", 9, [&](const JsonObject& responses) {
      named(responses, 1, [&](const JsonObject& one) { writer_.message(1, [&] { response(one); }); });
    });
    list(from, "schemes", 10);
    extensions(from, 13);
  }
  // Which of the ways, and for each what is asked of it.
  void requirement(const JsonObject& from) {
    for (const auto& [name, scopes] : from) {
      writer_.message(1, [&] {
        writer_.bytes(1, name);
        writer_.message(2, [&] {
          for (const JsonValue& scope : scopes.as_array()) writer_.bytes(1, view(scope));
        });
      });
    }
  }
  void response(const JsonObject& from) {
    texts(from, std::array{Place{"description", 1}});
    child(from, "schema", 2, [&](const JsonObject& body) { writer_.message(1, [&] { schema(body); }); });
  }
};

}  // namespace

bool takesOpenApiProtobuf(std::string_view accept) {
  return accept.find("application/com.github.proto-openapi.spec.v2") != std::string_view::npos;
}

std::string openApiProtobuf(std::string_view json) {
  const boost::json::value document = parsedOpenApi(json);
  return OpenApiWriter().write(document.as_object());
}

}  // namespace cleat::api
