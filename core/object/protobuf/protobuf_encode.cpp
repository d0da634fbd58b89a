#include <capnp/any.h>
#include <cleat/sdk/time.h>

#include <bit>
#include <stdexcept>

#include "core/object/json/json_text.h"
#include "core/object/protobuf/protobuf.h"
#include "core/object/protobuf/protobuf_plan.h"
#include "core/object/protobuf/protobuf_writer.h"
#include "core/object/time_text.h"
#include "core/object/words.h"

namespace cleat::object {

namespace {

using words::StructView;

class Writer : public ProtobufWriter {
 public:
  void structure(const StructCodec& codec, StructView view) {
    const FieldPlan* raw = codec.jsonAlone();
    if (!raw) return plan(codec, codec.protobuf(), view);
    const uint64_t* pointer = view.pointer(raw->offset);
    bytes(1, pointer ? words::textAt(pointer).value_or("null") : "null");
  }

  // Of the envelope, all but the message in the middle.
  void open(std::string_view apiVersion, std::string_view kind) {
    out.append(kProtobufMagic);
    message(1, [&] {
      bytes(1, apiVersion);
      bytes(2, kind);
    });
  }
  void close() {
    bytes(3, "");
    bytes(4, "");
  }

 private:
  void plan(const StructCodec& codec, const ProtobufPlan& plan, StructView view) {
    for (const ProtobufPlan::Entry& entry : plan.entries) {
      if (entry.field) {
        field(codec, *entry.field, entry.number, view);
      } else {
        message(entry.number, [&] { this->plan(codec, *entry.inlined, view); });
      }
    }
  }

  void field(const StructCodec& codec, const FieldPlan& field, uint32_t at, StructView view) {
    if (field.discriminant != 0xffff && view.scalar<uint16_t>(codec.discriminantOffset()) != field.discriminant) return;
    if (field.value.shape <= Shape::floating) return scalar(field.value, at, view, field.offset);
    const uint64_t* pointer = view.pointer(field.offset);
    // Go writes its plain texts even where they are empty; readers take either.
    if (!pointer && field.value.shape == Shape::text && !field.optional) return bytes(at, "");
    if (pointer) value(field.value, at, pointer);
  }

  void scalar(const ValuePlan& plan, uint32_t at, StructView view, uint32_t offset) {
    switch (plan.shape == Shape::box ? plan.boxed : plan.shape) {
      case Shape::boolean: return number(at, view.bit(offset));
      case Shape::floating:
        if (plan.bits == 32) {
          tag(at, WireType::fixed32);
          return fixed(std::bit_cast<uint32_t>(view.scalar<float>(offset)));
        }
        tag(at, WireType::fixed64);
        return fixed(std::bit_cast<uint64_t>(view.scalar<double>(offset)));
      default: break;
    }
    uint64_t value = plan.integerAt(view, offset);
    if (!plan.quoted) return number(at, value);
    bytes(at, value == 0 ? "" : std::to_string(value));
  }
  template <class T>
  void fixed(T value) {
    out.append(std::string_view(reinterpret_cast<const char*>(&value), sizeof(value)));
  }

  void value(const ValuePlan& plan, uint32_t at, const uint64_t* pointer) {
    switch (plan.shape) {
      case Shape::structure: {
        std::optional<StructView> view = words::structAt(pointer);
        if (view) message(at, [&] { structure(*plan.codec, *view); });
        return;
      }
      case Shape::box:
        if (auto view = words::structAt(pointer)) scalar(plan, at, *view, 0);
        return;
      case Shape::intOrString:
        if (auto view = words::structAt(pointer)) message(at, [&] { intOrString(*plan.codec, *view); });
        return;
      case Shape::list:
        if (auto list = words::listAt(pointer)) elements(*plan.element, at, *list);
        return;
      case Shape::map:
        if (auto list = words::listAt(pointer)) entries(plan, at, *list);
        return;
      case Shape::data: return bytes(at, words::bytesAt(pointer).value_or(""));
      case Shape::json:
      case Shape::quantity: return message(at, [&] { bytes(1, words::textAt(pointer).value_or("")); });
      case Shape::dateTime:
      case Shape::microTime: return message(at, [&] { time(words::textAt(pointer).value_or("")); });
      case Shape::duration: return message(at, [&] { duration(words::textAt(pointer).value_or("")); });
      default: return bytes(at, words::textAt(pointer).value_or(""));
    }
  }

  void duration(std::string_view text) {
    if (const std::optional<Duration> read = parseDuration(text)) number(1, static_cast<uint64_t>(read->count()));
  }

  void time(std::string_view text) {
    Result<TimePoint> point = parseTime(text);
    if (!point) return;
    number(1, static_cast<uint64_t>(point->seconds));
    number(2, static_cast<uint64_t>(point->nanos));
  }

  void intOrString(const StructCodec& codec, StructView view) {
    const FieldPlan& integer = codec.fields()[0];
    const FieldPlan& text = codec.fields()[1];
    bool isText = view.scalar<uint16_t>(codec.discriminantOffset()) == text.discriminant;
    const uint64_t* pointer = isText ? view.pointer(text.offset) : nullptr;
    number(1, isText);
    number(2, isText ? 0 : static_cast<uint64_t>(int64_t{view.scalar<int32_t>(integer.offset)}));
    bytes(3, pointer ? words::textAt(pointer).value_or("") : "");
  }

  void elements(const ValuePlan& element, uint32_t at, const words::ListView& list) {
    for (uint32_t i = 0; i < list.count; ++i) {
      if (element.shape <= Shape::floating) {
        scalarElement(element, at, list, i);
      } else if (list.size == words::ElementSize::composite) {
        StructView view = list.element(i);
        if (element.shape == Shape::structure) {
          message(at, [&] { structure(*element.codec, view); });
        } else if (element.shape == Shape::intOrString) {
          message(at, [&] { intOrString(*element.codec, view); });
        } else if (element.shape == Shape::box) {
          scalar(element, at, view, 0);
        }
      } else if (const uint64_t* pointer = list.pointer(i)) {
        value(element, at, pointer);
      } else {
        bytes(at, "");
      }
    }
  }
  void scalarElement(const ValuePlan& element, uint32_t at, const words::ListView& list, uint32_t index) {
    if (element.shape == Shape::boolean) {
      bool isBits = list.size == words::ElementSize::bit;
      return number(at, isBits && (list.data[index / 64] >> (index % 64) & 1));
    }
    // Lists may be longer than a struct's data section can be, so each element is looked at as a struct of one word.
    uint32_t perWord = 64u / element.bits;
    scalar(element, at, StructView{list.data + index / perWord, 1, 0}, index % perWord);
  }

  void entries(const ValuePlan& plan, uint32_t at, const words::ListView& list) {
    const FieldPlan& key = *plan.codec->find("key");
    const FieldPlan& member = *plan.codec->find("value");
    for (uint32_t i = 0; i < list.count; ++i) {
      StructView view = list.element(i);
      message(at, [&] {
        const uint64_t* keyPointer = view.pointer(key.offset);
        bytes(1, keyPointer ? words::textAt(keyPointer).value_or("") : "");
        if (plan.element->shape <= Shape::floating) return scalar(*plan.element, 2, view, member.offset);
        const uint64_t* pointer = view.pointer(member.offset);
        if (plan.element->shape == Shape::list) {
          // A map's values cannot be repeated, so a list is wrapped in a message.
          return message(2, [&] {
            if (pointer) value(*plan.element, 1, pointer);
          });
        }
        if (pointer) return value(*plan.element, 2, pointer);
        // A quantity that is absent reads as 0.
        if (plan.element->shape == Shape::quantity) return message(2, [&] { bytes(1, "0"); });
        bytes(2, "");
      });
    }
  }
};

// The envelope around what `content` writes.
template <class Content>
std::string wrap(std::string_view apiVersion, std::string_view kind, Content content) {
  Writer writer;
  writer.open(apiVersion, kind);
  writer.message(2, [&] { content(writer); });
  writer.close();
  return std::string(writer.out.view());
}

const StructCodec& compiledIn(capnp::StructSchema schema) {
  Result<const StructCodec*> codec = CodecSet::compiledIn().get(schema);
  if (!codec) throw std::logic_error(codec.error().message);
  return **codec;
}

// Metadata stands first in every kind's struct (meta_v1::AnyObject).
void partial(Writer& writer, Words words) {
  static const StructCodec& codec = compiledIn(capnp::Schema::from<meta_v1::ObjectMeta>());
  const uint64_t* metadata = words::rootOf(words).pointer(0);
  const StructView view = metadata ? words::structAt(metadata).value_or(StructView{}) : StructView{};
  writer.message(1, [&] { writer.structure(codec, view); });
}

}  // namespace

std::string encodeProtobuf(const Kind& kind, Words words) {
  return wrap(kind.apiVersion(), kind.name,
              [&](Writer& writer) { writer.structure(*kind.codec, words::rootOf(words)); });
}

std::string encodeProtobufStruct(std::string_view apiVersion, std::string_view kind,
                                 capnp::DynamicStruct::Reader reader) {
  const StructCodec& codec = compiledIn(reader.getSchema());
  Ref<Message> message = Message::copy(capnp::AnyStruct::Reader(reader));
  return wrap(apiVersion, kind, [&](Writer& writer) { writer.structure(codec, words::rootOf(message->words())); });
}

std::string encodeProtobufMessage(const Kind& kind, Words words) {
  Writer writer;
  writer.structure(*kind.codec, words::rootOf(words));
  return std::string(writer.out.view());
}

std::string encodeProtobufPartial(Words words) {
  return wrap("meta.k8s.io/v1", "PartialObjectMetadata", [&](Writer& writer) { partial(writer, words); });
}

std::string encodeProtobufPartialMessage(Words words) {
  Writer writer;
  partial(writer, words);
  return std::string(writer.out.view());
}

std::string protobufOpening(std::string_view apiVersion, std::string_view kind, size_t messageSize) {
  Writer writer;
  writer.open(apiVersion, kind);
  writer.tag(2, WireType::bytes);
  writer.varint(messageSize);
  return std::string(writer.out.view());
}

std::string_view protobufClosing() {
  static const std::string closing = [] {
    Writer writer;
    writer.close();
    return std::string(writer.out.view());
  }();
  return closing;
}

std::string protobufListMetadata(meta_v1::ListMeta::Reader metadata) {
  const StructCodec& codec = compiledIn(capnp::Schema::from<meta_v1::ListMeta>());
  Ref<Message> meta = Message::copy(capnp::AnyStruct::Reader(metadata));
  Writer writer;
  writer.message(1, [&] { writer.structure(codec, words::rootOf(meta->words())); });
  return std::string(writer.out.view());
}

std::string protobufItemOpening(size_t itemSize) {
  Writer writer;
  writer.tag(2, WireType::bytes);
  writer.varint(itemSize);
  return std::string(writer.out.view());
}

std::string protobufEventOpening(std::string_view type, size_t bodySize) {
  Writer raw;  // the object's body is the one field of a message
  raw.tag(1, WireType::bytes);
  raw.varint(bodySize);
  Writer event;
  event.bytes(1, type);
  event.tag(2, WireType::bytes);
  event.varint(raw.out.size() + bodySize);
  event.out.append(raw.out.view());
  const uint32_t size = static_cast<uint32_t>(event.out.size() + bodySize);
  std::string frame;
  for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(size >> shift);
  return frame.append(event.out.view());
}

std::string frameProtobufEvent(std::string_view type, std::string_view object) {
  return protobufEventOpening(type, object.size()).append(object);
}

}  // namespace cleat::object
