// Messages to JSON. This is on the way of every write, so it goes straight from the words to text, field by field along
// the plans.
#include <capnp/any.h>
#include <capnp/dynamic.h>

#include <limits>
#include <stdexcept>

#include "core/object/codec.h"
#include "core/object/json/json_text.h"
#include "core/object/json/stored_value.h"
#include "core/object/open/open_encoder.h"
#include "core/object/open/open_tree.h"
#include "core/object/schema/struct_codec.h"
#include "core/object/words.h"

namespace cleat::object {

namespace {

using words::StructView;

// Memory that a thread keeps between objects; a larger one gives it back.
constexpr size_t kKeepBytes = 1u << 20;
constexpr size_t kRevisionDigits = std::numeric_limits<uint64_t>::digits10 + 1;

TextBuffer& threadBuffer() {
  thread_local TextBuffer buffer;
  buffer.clear();
  return buffer;
}

// `room`: for so much that the caller puts in.
std::string take(TextBuffer& buffer, size_t room = 0) {
  std::string text;
  text.reserve(buffer.size() + room);
  text = buffer.view();
  buffer.trim(kKeepBytes);
  return text;
}

class Encoder {
 public:
  // `keepRevision`: leave room for the revision in the root's metadata.
  Encoder(TextBuffer& out, bool keepRevision) : out_(out), keepRevision_(keepRevision) {}

  size_t revisionOffset() const { return revisionOffset_; }

  void root(const StructCodec& codec, StructView view, const Kind* kind) {
    out_.append('{');
    if (kind) {
      out_.append(R"("apiVersion":)");
      appendJsonString(out_, kind->apiVersion());
      out_.append(R"(,"kind":)");
      appendJsonString(out_, kind->name);
      out_.append(',');
    }
    for (const FieldPlan& field : codec.fields()) {
      if (keepRevision_ && field.name == "metadata") {
        out_.append(field.prefix);
        inRootMetadata_ = true;
        structure(*field.value.codec, words::structAt(view.pointer(field.offset)).value_or(StructView{}));
        inRootMetadata_ = false;
        out_.append(',');
      } else {
        this->field(codec, field, view);
      }
    }
    if (codec.open()) appendMembers(out_, openMembers(view));
    close('}');
  }

  void stored(const StoredValue& stored) {
    if (stored.isTree()) return appendTree(out_, TreeView(stored.tree));
    const MessageValue& value = stored.value;
    if (value.plan->shape == Shape::structure) return structure(*value.plan->codec, value.view);
    this->value(*value.plan, value.pointer);
  }

 private:
  void structure(const StructCodec& codec, StructView view) {
    if (codec.choice()) return choice(codec, view);
    out_.append('{');
    for (const FieldPlan& field : codec.fields()) this->field(codec, field, view);
    close('}');
  }

  void choice(const StructCodec& codec, StructView view) {
    const bool isUnion = codec.fields().front().discriminant != 0xffff;
    for (const FieldPlan& member : codec.fields()) {
      if (isUnion && view.scalar<uint16_t>(codec.discriminantOffset()) != member.discriminant) continue;
      if (member.value.shape == Shape::boolean) return out_.append(view.bit(member.offset) ? "true" : "false");
      if (member.value.shape == Shape::integer)
        return integer(member.value, member.value.integerAt(view, member.offset));
      return pointerElement(member.value, view.pointer(member.offset));
    }
  }

  // Every member ends with a comma, of which the last one goes.
  void close(char bracket) {
    if (out_.back() == ',') out_.dropLast();
    out_.append(bracket);
  }
  void name(const FieldPlan& field) { out_.append(field.prefix); }
  void comma() { out_.append(','); }

  void field(const StructCodec& codec, const FieldPlan& field, StructView view) {
    if (field.discriminant != 0xffff && view.scalar<uint16_t>(codec.discriminantOffset()) != field.discriminant) return;
    switch (field.value.shape) {
      case Shape::boolean: {
        bool value = view.bit(field.offset);
        if (!value && !field.always) return;
        name(field);
        out_.append(value ? "true," : "false,");
        return;
      }
      case Shape::integer: return integerField(field, view);
      case Shape::floating: {
        double value = floating(field.value.bits, view, field.offset);
        if (value == 0 && !field.always) return;
        name(field);
        appendDouble(out_, value);
        return comma();
      }
      default: return pointerField(field, view.pointer(field.offset));
    }
  }

  void integerField(const FieldPlan& field, StructView view) {
    if (inRootMetadata_ && field.value.quoted) {
      name(field);
      out_.append('"');
      revisionOffset_ = out_.size();
      return out_.append("\",");
    }
    uint64_t value = field.value.integerAt(view, field.offset);
    if (value == 0 && !field.always) return;
    name(field);
    if (field.value.quoted) out_.append('"');
    integer(field.value, value);
    if (field.value.quoted) out_.append('"');
    comma();
  }

  void integer(const ValuePlan& plan, uint64_t value) {
    if (plan.isSigned) {
      appendInteger(out_, static_cast<int64_t>(value));
    } else {
      appendUnsigned(out_, value);
    }
  }
  static double floating(uint8_t bits, StructView view, uint32_t offset) {
    return bits == 32 ? static_cast<double>(view.scalar<float>(offset)) : view.scalar<double>(offset);
  }

  void pointerField(const FieldPlan& field, const uint64_t* pointer) {
    if (!pointer && !field.always) return;
    if (!present(field, pointer)) {
      if (!field.always) return;
      name(field);
      absent(field.value);
      return comma();
    }
    name(field);
    value(field.value, pointer);
    comma();
  }

  // Whether there is something to write. An empty list or map is none, as it has been in Kubernetes since protobuf
  // keeps its objects; so is an empty text unless that means something.
  static bool present(const FieldPlan& field, const uint64_t* pointer) {
    if (!pointer) return false;
    switch (field.value.shape) {
      case Shape::structure:
      case Shape::box:
      case Shape::intOrString: return words::isStruct(pointer);
      case Shape::list:
      case Shape::map: {
        std::optional<words::ListView> list = words::listAt(pointer);
        return list && list->count > 0;
      }
      case Shape::data: {
        std::optional<std::string_view> bytes = words::bytesAt(pointer);
        return bytes && (!bytes->empty() || field.always);
      }
      case Shape::json: {
        std::optional<std::string_view> text = words::textAt(pointer);
        return text && isJson(*text);
      }
      default: {
        std::optional<std::string_view> text = words::textAt(pointer);
        return text && (!text->empty() || field.optional);
      }
    }
  }

  // What stands for such a value that is not there, as Go's zero values come out.
  void absent(const ValuePlan& plan) {
    switch (plan.shape) {
      case Shape::text: return out_.append(R"("")");
      case Shape::quantity: return out_.append(R"("0")");
      case Shape::intOrString: return out_.append('0');
      case Shape::structure: return structure(*plan.codec, StructView{});
      default: return out_.append("null");
    }
  }

  void value(const ValuePlan& plan, const uint64_t* pointer) {
    switch (plan.shape) {
      case Shape::structure: return structure(*plan.codec, words::structAt(pointer).value_or(StructView{}));
      case Shape::box: return box(plan, words::structAt(pointer).value_or(StructView{}));
      case Shape::intOrString: return intOrString(*plan.codec, words::structAt(pointer).value_or(StructView{}));
      case Shape::list: return list(plan, words::listAt(pointer).value_or(words::ListView{}));
      case Shape::map: return map(plan, words::listAt(pointer).value_or(words::ListView{}));
      case Shape::data:
        out_.append('"');
        appendBase64(out_, words::bytesAt(pointer).value_or(""));
        return out_.append('"');
      case Shape::json: {
        std::string_view text = words::textAt(pointer).value_or("");
        return out_.append(isJson(text) ? text : "null");
      }
      default: return appendJsonString(out_, words::textAt(pointer).value_or(""));
    }
  }

  void box(const ValuePlan& plan, StructView view) {
    switch (plan.boxed) {
      case Shape::boolean: return out_.append(view.bit(0) ? "true" : "false");
      case Shape::floating: return appendDouble(out_, floating(plan.bits, view, 0));
      default: return integer(plan, plan.integerAt(view, 0));
    }
  }

  void intOrString(const StructCodec& codec, StructView view) {
    const FieldPlan& number = codec.fields()[0];
    const FieldPlan& text = codec.fields()[1];
    if (view.scalar<uint16_t>(codec.discriminantOffset()) == number.discriminant) {
      return appendInteger(out_, view.scalar<int32_t>(number.offset));
    }
    const uint64_t* pointer = view.pointer(text.offset);
    appendJsonString(out_, pointer ? words::textAt(pointer).value_or("") : "");
  }

  void list(const ValuePlan& plan, const words::ListView& list) {
    out_.append('[');
    for (uint32_t i = 0; i < list.count; ++i) {
      element(*plan.element, list, i);
      comma();
    }
    close(']');
  }

  void element(const ValuePlan& plan, const words::ListView& list, uint32_t index) {
    switch (plan.shape) {
      case Shape::boolean:
        return out_.append(list.size == words::ElementSize::bit && scalarBit(list.data, index) ? "true" : "false");
      case Shape::integer: return integer(plan, scalarAt(plan, list, index));
      case Shape::floating: return appendDouble(out_, floatingAt(plan, list, index));
      case Shape::structure: return structure(*plan.codec, list.element(index));
      case Shape::box: return box(plan, list.element(index));
      case Shape::intOrString: return intOrString(*plan.codec, list.element(index));
      default: return pointerElement(plan, list.pointer(index));
    }
  }
  void pointerElement(const ValuePlan& plan, const uint64_t* pointer) {
    if (pointer) return value(plan, pointer);
    absent(plan);
  }
  static bool scalarBit(const uint64_t* data, uint32_t index) { return data[index / 64] >> (index % 64) & 1; }
  // Lists may be longer than a struct's data section can be, so each element is looked at as a struct of one word.
  static StructView wordOf(const words::ListView& list, size_t bytes, uint32_t index) {
    return {list.data + index * bytes / 8, 1, 0};
  }
  static uint64_t scalarAt(const ValuePlan& plan, const words::ListView& list, uint32_t index) {
    size_t bytes = plan.bits / 8u;
    if (bytesOf(list.size) != bytes) return 0;
    return plan.integerAt(wordOf(list, bytes, index), static_cast<uint32_t>(index % (8 / bytes)));
  }
  static double floatingAt(const ValuePlan& plan, const words::ListView& list, uint32_t index) {
    size_t bytes = plan.bits / 8u;
    if (bytesOf(list.size) != bytes) return 0;
    return floating(plan.bits, wordOf(list, bytes, index), static_cast<uint32_t>(index % (8 / bytes)));
  }
  static size_t bytesOf(words::ElementSize size) {
    switch (size) {
      case words::ElementSize::byte: return 1;
      case words::ElementSize::twoBytes: return 2;
      case words::ElementSize::fourBytes: return 4;
      case words::ElementSize::eightBytes: return 8;
      default: return 0;
    }
  }

  void map(const ValuePlan& plan, const words::ListView& list) {
    const FieldPlan& key = *plan.codec->find("key");
    const FieldPlan& member = *plan.codec->find("value");
    out_.append('{');
    for (uint32_t i = 0; i < list.count; ++i) {
      StructView entry = list.element(i);
      const uint64_t* keyPointer = entry.pointer(key.offset);
      appendJsonString(out_, keyPointer ? words::textAt(keyPointer).value_or("") : "");
      out_.append(':');
      mapValue(*plan.element, member, entry);
      comma();
    }
    close('}');
  }
  void mapValue(const ValuePlan& plan, const FieldPlan& member, StructView entry) {
    switch (plan.shape) {
      case Shape::boolean: return out_.append(entry.bit(member.offset) ? "true" : "false");
      case Shape::integer: return integer(plan, plan.integerAt(entry, member.offset));
      case Shape::floating: return appendDouble(out_, floating(plan.bits, entry, member.offset));
      default: return pointerElement(plan, entry.pointer(member.offset));
    }
  }

  TextBuffer& out_;
  bool keepRevision_;
  bool inRootMetadata_ = false;
  size_t revisionOffset_ = 0;
};

}  // namespace

Encoded encode(const Kind& kind, Words words, bool withRevision) {
  TextBuffer& buffer = threadBuffer();
  Encoder encoder(buffer, withRevision);
  encoder.root(*kind.codec, words::rootOf(words), &kind);
  return {take(buffer, withRevision ? kRevisionDigits : 0), encoder.revisionOffset()};
}

void appendStored(TextBuffer& out, const StoredValue& stored) { Encoder(out, false).stored(stored); }

std::string encodeJson(const Kind& kind, Words words) { return encode(kind, words, false).json; }

std::string encodeStruct(capnp::DynamicStruct::Reader reader) {
  Result<const StructCodec*> codec = CodecSet::compiledIn().get(reader.getSchema());
  if (!codec) throw std::logic_error(codec.error().message);
  Ref<Message> message = Message::copy(capnp::AnyStruct::Reader(reader));
  TextBuffer& buffer = threadBuffer();
  Encoder(buffer, false).root(**codec, words::rootOf(message->words()), nullptr);
  return take(buffer);
}

}  // namespace cleat::object
