#include "core/object/json/json_document.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "core/object/json/json_reader.h"

namespace cleat::object {

namespace {

namespace json = boost::json;

JsonNode containerOf(JsonArena& arena, const json::value& value) {
  if (const json::array* array = value.if_array()) {
    JsonNode out = JsonNode::emptyArray();
    out.count = static_cast<uint32_t>(array->size());
    out.elements = arena.array<JsonNode>(array->size());
    for (uint32_t i = 0; i < out.count; ++i) out.elements[i] = nodeOf(arena, (*array)[i]);
    return out;
  }
  const json::object& object = value.get_object();
  JsonNode out = JsonNode::emptyObject();
  out.members = arena.array<JsonMember>(object.size());
  for (const auto& [name, member] : object) {
    out.members[out.count++] = {arena.keep(name), nodeOf(arena, member)};
  }
  return out;
}

}  // namespace

JsonNode nodeOf(JsonArena& arena, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return {};
    case json::kind::bool_: return JsonNode::ofBoolean(value.get_bool());
    case json::kind::int64: return JsonNode::ofInteger(value.get_int64());
    case json::kind::uint64: return JsonNode::ofNatural(value.get_uint64());
    case json::kind::double_: return JsonNode::ofFloating(value.get_double());
    case json::kind::string: return JsonNode::ofText(arena.keep(value.get_string()));
    default: return containerOf(arena, value);
  }
}

JsonDocument JsonDocument::of(const json::value& value) {
  JsonDocument out;
  out.root_ = nodeOf(out.arena_, value);
  return out;
}

Result<JsonNode> JsonDocument::read(JsonArena& arena, std::string_view text, const Limits& limits,
                                    std::vector<std::string>* duplicates) {
  if (text.size() <= limits.maxBytes) {
    const std::optional<ReadNodes> read = readNodes(arena, text, limits.maxDepth);
    if (read && duplicates && read->hasDuplicates) findDuplicates(text, limits, *duplicates);
    if (read) return read->root;
  }
  CLEAT_TRY(json::value value, parseJson(text, limits, duplicates));
  return nodeOf(arena, value);
}

Result<JsonDocument> JsonDocument::parse(std::string_view text, const Limits& limits,
                                         std::vector<std::string>* duplicates) {
  JsonDocument out;
  CLEAT_TRY(out.root_, read(out.arena_, text, limits, duplicates));
  return out;
}

}  // namespace cleat::object
