#include "core/api/openapi/openapi_protobuf.h"

#include <boost/json.hpp>

#include <array>
#include <span>

#include "core/object/protobuf/protobuf_writer.h"

namespace cleat::api {
namespace {

using JsonObject = boost::json::object;
using JsonValue = boost::json::value;

// Members with a place of their own, by what they hold. The numbers are those of openapi.v2's fields.
struct Place {
  std::string_view name;
  uint32_t number;
};
constexpr Place kSchemaTexts[] = {{"$ref", 1}, {"format", 2}, {"title", 3}, {"description", 4}, {"pattern", 13}};
constexpr Place kOperationTexts[] = {{"summary", 2}, {"description", 3}, {"operationId", 5}};
constexpr Place kMethods[] = {{"get", 2}, {"put", 3}, {"post", 4}, {"delete", 5}, {"patch", 8}};
constexpr Place kKeyTexts[] = {{"type", 1}, {"name", 2}, {"in", 3}, {"description", 4}};
constexpr Place kInformation[] = {{"title", 1}, {"version", 2}, {"description", 3}};

class OpenApiWriter {
 public:
  std::string write(const JsonObject& document) {
    texts(document, std::array{Place{"swagger", 1}});
    child(document, "info", 2, [&](const JsonObject& information) { texts(information, kInformation); });
    child(document, "paths", 8,
          [&](const JsonObject& paths) { named(paths, 2, [&](const JsonObject& path) { pathItem(path); }); });
    child(document, "definitions", 9, [&](const JsonObject& definitions) {
      named(definitions, 1, [&](const JsonObject& definition) { schema(definition); });
    });
    if (const JsonValue* found = document.if_contains("security")) {
      for (const JsonValue& one : found->as_array()) writer_.message(12, [&] { requirement(one.as_object()); });
    }
    child(document, "securityDefinitions", 13, [&](const JsonObject& ways) {
      named(ways, 1, [&](const JsonObject& way) { writer_.message(2, [&] { texts(way, kKeyTexts); }); });
    });
    return std::string(writer_.out.view());
  }

 private:
  static std::string_view view(const JsonValue& text) { return text.as_string(); }

  void texts(const JsonObject& from, std::span<const Place> places) {
    for (const Place& place : places) {
      if (const JsonValue* found = from.if_contains(place.name)) writer_.bytes(place.number, view(*found));
    }
  }
  void list(const JsonObject& from, std::string_view name, uint32_t number) {
    const JsonValue* found = from.if_contains(name);
    if (found == nullptr) return;
    for (const JsonValue& text : found->as_array()) writer_.bytes(number, view(text));
  }
  void flag(const JsonObject& from, std::string_view name, uint32_t number) {
    const JsonValue* found = from.if_contains(name);
    if (found != nullptr && found->as_bool()) writer_.number(number, 1);
  }
  template <class Content>
  void child(const JsonObject& from, std::string_view name, uint32_t number, Content content) {
    const JsonValue* found = from.if_contains(name);
    if (found != nullptr) writer_.message(number, [&] { content(found->as_object()); });
  }
  // A map, as a list of messages with a name (1) and a value (2).
  template <class Content>
  void named(const JsonObject& from, uint32_t number, Content content) {
    for (const auto& [name, member] : from) {
      writer_.message(number, [&] {
        writer_.bytes(1, name);
        writer_.message(2, [&] { content(member.as_object()); });
      });
    }
  }
  // The members that begin with "x-": their values as YAML, which JSON is.
  void extensions(const JsonObject& from, uint32_t number) {
    for (const auto& [name, member] : from) {
      if (!name.starts_with("x-")) continue;
      writer_.message(number, [&] {
        writer_.bytes(1, name);
        writer_.message(2, [&] { writer_.bytes(2, boost::json::serialize(member)); });
      });
    }
  }

  void schema(const JsonObject& from) {
    texts(from, kSchemaTexts);
    if (const JsonValue* found = from.if_contains("default")) {
      writer_.message(5, [&] { writer_.bytes(2, boost::json::serialize(*found)); });
    }
    list(from, "required", 19);
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
    const JsonValue* found = from.if_contains("parameters");
    if (found == nullptr) return;
    for (const JsonValue& one : found->as_array()) {
      writer_.message(number, [&] { writer_.message(1, [&] { parameter(one.as_object()); }); });
    }
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

  object::ProtobufWriter writer_;
};

}  // namespace

bool takesOpenApiProtobuf(std::string_view accept) {
  return accept.find("application/com.github.proto-openapi.spec.v2") != std::string_view::npos;
}

std::string openApiProtobuf(std::string_view json) {
  // Made here, and as deep as the schemas of the users' own kinds are.
  constexpr size_t kDeepest = 1000;
  boost::json::parse_options options;
  options.max_depth = kDeepest;
  JsonValue document = boost::json::parse(boost::json::string_view(json.data(), json.size()), {}, options);
  return OpenApiWriter().write(document.as_object());
}

}  // namespace cleat::api
