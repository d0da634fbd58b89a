// From protobuf an object goes through the nodes of JSON: fields may come in any order and lists in pieces, and
// everything that JSON is checked for is checked here too.
#include <cleat/sdk/time.h>

#include <bit>
#include <cmath>
#include <optional>

#include "core/object/json/json_document.h"
#include "core/object/json/json_text.h"
#include "core/object/patch/patch_tree.h"
#include "core/object/protobuf/protobuf.h"
#include "core/object/protobuf/protobuf_plan.h"
#include "core/object/time_text.h"

namespace cleat::object {

namespace {

constexpr size_t kMaxDepth = 100;

struct Malformed {
  std::string why;
};

// One field of a message as it stands on the wire.
struct Token {
  uint32_t number = 0;
  WireType type = WireType::varint;
  uint64_t value = 0;      // varint and fixed
  std::string_view bytes;  // bytes
};

class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  bool next(Token& token) {
    if (rest_.empty()) return false;
    uint64_t key = varint();
    token.number = static_cast<uint32_t>(key >> 3);
    token.type = static_cast<WireType>(key & 7);
    if (key >> 32 != 0 || token.number == 0) throw Malformed{"a field's number is out of range"};
    switch (token.type) {
      case WireType::varint: token.value = varint(); break;
      case WireType::fixed64: token.value = fixed<uint64_t>(); break;
      case WireType::fixed32: token.value = fixed<uint32_t>(); break;
      case WireType::bytes: token.bytes = take(varint()); break;
      default: throw Malformed{"unknown wire type"};
    }
    return true;
  }
  bool empty() const { return rest_.empty(); }
  uint64_t varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      if (rest_.empty()) throw Malformed{"it ends within a number"};
      uint64_t byte = static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(1);
      if (shift < 64) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw Malformed{"a number is too long"};
  }

 private:
  std::string_view take(uint64_t size) {
    if (size > rest_.size()) throw Malformed{"it ends within a field"};
    std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }
  template <class T>
  T fixed() {
    T value;
    __builtin_memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  std::string_view rest_;
};

void want(const Token& token, WireType type, const char* what) {
  if (token.type != type) throw Malformed{"field " + std::to_string(token.number) + " is not " + what};
}

class Converter {
 public:
  explicit Converter(JsonArena& arena) : arena_(arena), tree_(arena) {}

  void fields(const ProtobufPlan& plan, std::string_view bytes, JsonNode& out, size_t depth) {
    if (depth > kMaxDepth) throw Malformed{"it is nested deeper than the limit of " + std::to_string(kMaxDepth)};
    Reader reader(bytes);
    for (Token token; reader.next(token);) {
      const ProtobufPlan::Entry* entry = plan.find(token.number);
      if (!entry) continue;
      if (entry->field) {
        field(*entry->field, token, out, depth);
      } else {
        want(token, WireType::bytes, "a message");
        fields(*entry->inlined, token.bytes, out, depth + 1);
      }
    }
  }

 private:
  void field(const FieldPlan& field, const Token& token, JsonNode& out, size_t depth) {
    const ValuePlan& plan = field.value;
    if (plan.shape == Shape::list) {
      JsonNode& list = tree_.at(out, field.name);
      if (!list.isArray()) list = JsonNode::emptyArray();
      return element(*plan.element, token, list, depth);
    }
    if (plan.shape == Shape::map) {
      JsonNode& map = tree_.at(out, field.name);
      if (!map.isObject()) map = JsonNode::emptyObject();
      return entry(*plan.element, token, map, depth);
    }
    const JsonNode made = value(plan, token, depth);
    tree_.at(out, field.name) = made;
  }

  void add(JsonNode& list, JsonNode element) { tree_.insert(list, list.count, element); }

  void element(const ValuePlan& plan, const Token& token, JsonNode& list, size_t depth) {
    bool packed = token.type == WireType::bytes && (plan.shape == Shape::integer || plan.shape == Shape::boolean);
    if (!packed || plan.quoted) {
      return add(list, value(plan, token, depth));
    }
    for (Reader reader(token.bytes); !reader.empty();) add(list, scalar(plan, plan.shape, reader.varint()));
  }

  void entry(const ValuePlan& plan, const Token& token, JsonNode& map, size_t depth) {
    want(token, WireType::bytes, "a map's entry");
    std::string_view key;
    JsonNode member;
    Reader reader(token.bytes);
    for (Token part; reader.next(part);) {
      if (part.number == 1) {
        key = text(part);
      } else if (part.number == 2 && plan.shape == Shape::list) {
        member = wrappedList(*plan.element, part, depth);
      } else if (part.number == 2) {
        member = value(plan, part, depth);
      }
    }
    tree_.at(map, key) = member;
  }

  // A map's values cannot be repeated, so a list is wrapped in a message.
  JsonNode wrappedList(const ValuePlan& plan, const Token& token, size_t depth) {
    want(token, WireType::bytes, "a list");
    JsonNode list = JsonNode::emptyArray();
    Reader reader(token.bytes);
    for (Token part; reader.next(part);) {
      if (part.number == 1) element(plan, part, list, depth);
    }
    return list;
  }

  JsonNode value(const ValuePlan& plan, const Token& token, size_t depth) {
    switch (plan.shape) {
      case Shape::boolean:
      case Shape::integer:
      case Shape::floating:
        if (plan.quoted) return JsonNode::ofText(text(token));
        want(token,
             plan.shape != Shape::floating ? WireType::varint
             : plan.bits == 32             ? WireType::fixed32
                                           : WireType::fixed64,
             "a number");
        return scalar(plan, plan.shape, token.value);
      case Shape::box:
        want(token, plan.boxed != Shape::floating ? WireType::varint : WireType::fixed64, "a number");
        return scalar(plan, plan.boxed, token.value);
      case Shape::structure: {
        if (plan.codec->jsonAlone()) return rawJson(checked(inner(token)));
        want(token, WireType::bytes, "a message");
        JsonNode object = JsonNode::emptyObject();
        fields(plan.codec->protobuf(), token.bytes, object, depth + 1);
        return plan.codec->choice() ? chosen(*plan.codec, object) : object;
      }
      case Shape::intOrString: return intOrString(token);
      case Shape::dateTime:
      case Shape::microTime: return time(plan.shape, token);
      case Shape::duration: return duration(token);
      case Shape::json: return rawJson(inner(token));
      case Shape::quantity: {
        std::string_view text = checked(inner(token));
        return text.empty() ? JsonNode() : JsonNode::ofText(text);
      }
      case Shape::data: {
        want(token, WireType::bytes, "bytes");
        TextBuffer base64;
        appendBase64(base64, token.bytes);
        return JsonNode::ofText(arena_.keep(base64.view()));
      }
      default: return JsonNode::ofText(text(token));
    }
  }

  // What JSON has of a choice. Go writes a flag beside the message that it stands for: the later member counts.
  static JsonNode chosen(const StructCodec& codec, const JsonNode& members) {
    JsonNode out;
    for (const FieldPlan& field : codec.fields()) {
      if (const JsonNode* member = members.find(field.name); member && !member->isNull()) out = *member;
    }
    return out;
  }

  static JsonNode scalar(const ValuePlan& plan, Shape shape, uint64_t bits) {
    if (shape == Shape::boolean) return JsonNode::ofBoolean(bits != 0);
    if (shape == Shape::floating) {
      double number = plan.bits == 32 ? std::bit_cast<float>(static_cast<uint32_t>(bits)) : std::bit_cast<double>(bits);
      if (!std::isfinite(number)) throw Malformed{"a number is not finite"};
      return JsonNode::ofFloating(number);
    }
    return plan.isSigned ? JsonNode::ofInteger(static_cast<int64_t>(bits)) : JsonNode::ofNatural(bits);
  }

  static std::string_view checked(std::string_view bytes) {
    if (!isUtf8(bytes)) throw Malformed{"a text is not UTF-8"};
    return bytes;
  }
  static std::string_view text(const Token& token) {
    want(token, WireType::bytes, "a text");
    return checked(token.bytes);
  }
  // The one field of a message that wraps a text or bytes.
  static std::string_view inner(const Token& token) {
    want(token, WireType::bytes, "a message");
    std::string_view content;
    Reader reader(token.bytes);
    for (Token part; reader.next(part);) {
      if (part.number == 1 && part.type == WireType::bytes) content = part.bytes;
    }
    return content;
  }

  JsonNode rawJson(std::string_view content) {
    if (content.empty()) return {};
    Result<JsonNode> parsed = JsonDocument::read(arena_, content);
    if (!parsed) throw Malformed{"raw JSON: " + parsed.error().message};
    return *parsed;
  }

  JsonNode time(Shape shape, const Token& token) {
    want(token, WireType::bytes, "a time");
    if (token.bytes.empty()) return {};
    TimePoint point;
    Reader reader(token.bytes);
    for (Token part; reader.next(part);) {
      if (part.number == 1) point.seconds = static_cast<int64_t>(part.value);
      if (part.number == 2) point.nanos = static_cast<int32_t>(part.value);
    }
    bool inRange = point.seconds >= kFirstSecond && point.seconds <= kLastSecond;
    if (!inRange || point.nanos < 0 || point.nanos > 999'999'999) throw Malformed{"a time is out of range"};
    return JsonNode::ofText(arena_.keep(shape == Shape::microTime ? formatMicroTime(point) : formatTime(point)));
  }

  JsonNode duration(const Token& token) {
    want(token, WireType::bytes, "a duration");
    int64_t nanos = 0;
    Reader reader(token.bytes);
    for (Token part; reader.next(part);) {
      if (part.number == 1) nanos = static_cast<int64_t>(part.value);
    }
    // The one that has no opposite is not read again by anybody.
    if (nanos == INT64_MIN) throw Malformed{"a duration is out of range"};
    return JsonNode::ofText(arena_.keep(formatDuration(Duration(nanos))));
  }

  static JsonNode intOrString(const Token& token) {
    want(token, WireType::bytes, "a message");
    bool isText = false;
    int64_t number = 0;
    std::string_view string;
    Reader reader(token.bytes);
    for (Token part; reader.next(part);) {
      if (part.number == 1) isText = part.value == 1;
      if (part.number == 2) number = static_cast<int64_t>(part.value);
      if (part.number == 3) string = text(part);
    }
    return isText ? JsonNode::ofText(string) : JsonNode::ofInteger(number);
  }

  JsonArena& arena_;
  PatchTree tree_;
};

Result<JsonNode> nodeOf(JsonArena& arena, const StructCodec& codec, std::string_view raw) {
  try {
    JsonNode object = JsonNode::emptyObject();
    Converter(arena).fields(codec.protobuf(), raw, object, 0);
    return object;
  } catch (const Malformed& error) {
    return fail(Status::badRequest("malformed protobuf: " + error.why));
  }
}

}  // namespace

Result<ProtobufEnvelope> openProtobuf(std::string_view body, const Limits& limits) {
  if (body.size() > limits.maxBytes) {
    return fail(Status::tooLarge("Request entity too large: limit is " + std::to_string(limits.maxBytes)));
  }
  if (!body.starts_with(kProtobufMagic)) {
    return fail(
        Status::badRequest("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"));
  }
  ProtobufEnvelope envelope;
  try {
    Reader reader(body.substr(kProtobufMagic.size()));
    for (Token token; reader.next(token);) {
      if (token.type != WireType::bytes) continue;
      if (token.number == 2) envelope.raw = token.bytes;
      if (token.number == 3 && !token.bytes.empty()) {
        return fail(Status::badRequest("the content encoding \"" + std::string(token.bytes) + "\" is not supported"));
      }
      if (token.number != 1) continue;
      Reader meta(token.bytes);
      for (Token part; meta.next(part);) {
        if (part.number == 1) envelope.apiVersion = part.bytes;
        if (part.number == 2) envelope.kind = part.bytes;
      }
    }
  } catch (const Malformed& error) {
    return fail(Status::badRequest("malformed protobuf: " + error.why));
  }
  return envelope;
}

Result<ProtobufList> openProtobufList(std::string_view raw) {
  ProtobufList list;
  try {
    Reader reader(raw);
    for (Token token; reader.next(token);) {
      if (token.type != WireType::bytes) continue;
      if (token.number == 1) list.metadata = token.bytes;
      if (token.number == 2) list.items.push_back(token.bytes);
    }
  } catch (const Malformed& error) {
    return fail(Status::badRequest("malformed protobuf: " + error.why));
  }
  return list;
}

Result<Decoded> decodeProtobuf(const Kind& kind, std::string_view raw) {
  JsonArena arena;
  CLEAT_TRY(const JsonNode value, nodeOf(arena, *kind.codec, raw));
  return decode(kind, value, FieldValidation::ignore);
}

Result<Decoded> decodeProtobufStruct(capnp::StructSchema schema, std::string_view raw) {
  CLEAT_TRY(const StructCodec* codec, CodecSet::compiledIn().get(schema));
  JsonArena arena;
  CLEAT_TRY(const JsonNode value, nodeOf(arena, *codec, raw));
  return decodeStruct(schema, value, FieldValidation::ignore);
}

}  // namespace cleat::object
