// OpenApiMessage: what the two writers of OpenAPI documents in protobuf have in common. The members of a JSON object
// that have a place of their own in a message are written by tables of names and numbers.
#pragma once

#include <boost/json.hpp>

#include <span>
#include <string>
#include <string_view>

#include "core/object/protobuf/protobuf_writer.h"

namespace cleat::api {

class OpenApiMessage {
 protected:
  using JsonObject = boost::json::object;
  using JsonValue = boost::json::value;
  struct Place {
    std::string_view name;
    uint32_t number;
  };

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
  // A list, as a message for each.
  template <class Content>
  void each(const JsonObject& from, std::string_view name, uint32_t number, Content content) {
    const JsonValue* found = from.if_contains(name);
    if (found == nullptr) return;
    for (const JsonValue& one : found->as_array()) writer_.message(number, [&] { content(one.as_object()); });
  }
  // Of two things that a place may hold the first is what is meant, the second what refers to it.
  template <class Content>
  void orReference(const JsonObject& from, Content content) {
    if (from.contains("$ref")) {
      writer_.message(2, [&] { texts(from, std::array{Place{"$ref", 1}}); });
    } else {
      writer_.message(1, [&] { content(from); });
    }
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

  object::ProtobufWriter writer_;
};

// What OpenApi makes, and as deep as the schemas of the users' own kinds are.
inline boost::json::value parsedOpenApi(std::string_view json) {
  constexpr size_t kDeepest = 1000;
  boost::json::parse_options options;
  options.max_depth = kDeepest;
  return boost::json::parse(boost::json::string_view(json.data(), json.size()), {}, options);
}

}  // namespace cleat::api
