// JsonDocument: a JSON text read once into nodes, as fast as its bytes come. What the reader does not take it gives to
// the parser of values (parseJson), so that errors have that one's words and no two parsers decide what is JSON.
//
//   Result<JsonDocument> body = JsonDocument::parse(text);
//   Result<Decoded> decoded = decode(kind, body->root(), validation);
//
// Private to core/object and the gate.
#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "core/object/codec.h"
#include "core/object/json/json_node.h"

namespace cleat::object {

// How it is said of a number that JSON allows and no reader can hold.
inline constexpr std::string_view kUnmarshalNumber = "json: cannot unmarshal number ";

class JsonDocument {
 public:
  // `text` outlives the document. As parseJson(): of equal names the last one wins, and `duplicates` is told of them.
  static Result<JsonDocument> parse(std::string_view text, const Limits& limits = {},
                                    std::vector<std::string>* duplicates = nullptr);
  // The same into an arena of the caller's.
  static Result<JsonNode> read(JsonArena& arena, std::string_view text, const Limits& limits = {},
                               std::vector<std::string>* duplicates = nullptr);
  // Of a value, which is copied.
  static JsonDocument of(const boost::json::value& value);

  const JsonNode& root() const { return root_; }
  JsonArena& arena() { return arena_; }

 private:
  JsonArena arena_;
  JsonNode root_;
};

// Where names occur twice in a text that is JSON, as parseJson() says it.
void findDuplicates(std::string_view text, const Limits& limits, std::vector<std::string>& duplicates);

// A copy of the value whose texts and containers are in the arena.
JsonNode nodeOf(JsonArena& arena, const boost::json::value& value);

}  // namespace cleat::object
