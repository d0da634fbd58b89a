#include "core/object/json/go_text.h"

#include <algorithm>
#include <vector>

#include "core/base/hex.h"
#include "core/object/json/json_document.h"
#include "core/object/json/json_text.h"

namespace cleat::object {
namespace {

void append(std::string& out, const JsonNode& value) {
  if (value.isObject()) {
    std::vector<JsonMember> members(value.object().begin(), value.object().end());
    std::ranges::sort(members, {}, &JsonMember::name);
    out += "map[";
    for (size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out += ' ';
      out.append(members[i].name).append(":");
      append(out, members[i].value);
    }
    out += ']';
  } else if (value.isArray()) {
    out += '[';
    for (uint32_t i = 0; i < value.count; ++i) {
      if (i > 0) out += ' ';
      append(out, value.elements[i]);
    }
    out += ']';
  } else if (value.isText()) {
    out.append(value.text());
  } else if (value.kind == JsonNode::Kind::stored) {
    const std::string text = jsonText(value);
    if (const Result<JsonDocument> seen = JsonDocument::parse(text)) append(out, seen->root());
  } else {
    out += value.isNull() ? "<nil>" : jsonText(value);
  }
}

}  // namespace

std::string_view goTypeOf(const JsonNode& value) {
  switch (value.kind) {
    case JsonNode::Kind::null: return "null";
    case JsonNode::Kind::boolean: return "bool";
    case JsonNode::Kind::text: return "string";
    case JsonNode::Kind::array: return "array";
    case JsonNode::Kind::object: return "object";
    default: return "number";
  }
}

std::string goText(const JsonNode& value) {
  std::string out;
  append(out, value);
  return out;
}

std::string goQuoted(std::string_view text) {
  static constexpr std::string_view kNamed = "abtnvfr";  // of U+0007 to U+000D
  std::string out = "\"";
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    if (each == '"' || each == '\\') {
      out += {'\\', each};
    } else if (byte >= 0x07 && byte <= 0x0d) {
      out += {'\\', kNamed[byte - 0x07]};
    } else if (byte < 0x20 || byte == 0x7f) {
      base::appendHex(out.append("\\x"), byte);
    } else {
      out += each;
    }
  }
  return out + '"';
}

}  // namespace cleat::object
