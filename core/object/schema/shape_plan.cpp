#include "core/object/schema/shape_plan.h"

#include <algorithm>
#include <optional>

#include "core/object/json/json_text.h"

namespace cleat::object {

using words::ElementSize;

struct ShapePlan::Pointer {
  enum class Kind { group, structure, structures, text, texts, data, plainList, other } kind = Kind::other;
  uint32_t offset = 0;
  uint16_t discriminant = 0xffff;  // with which it counts; 0xffff: always
  ElementSize size = ElementSize::none;
  const Part* part = nullptr;
};

struct ShapePlan::Part {
  capnp::StructSchema schema;
  uint32_t discriminantOffset = 0;
  std::vector<Pointer> pointers = {};
};

namespace {

ElementSize plainSizeOf(capnp::Type element) {
  switch (element.which()) {
    case capnp::schema::Type::BOOL: return ElementSize::bit;
    case capnp::schema::Type::INT8:
    case capnp::schema::Type::UINT8: return ElementSize::byte;
    case capnp::schema::Type::INT16:
    case capnp::schema::Type::UINT16:
    case capnp::schema::Type::ENUM: return ElementSize::twoBytes;
    case capnp::schema::Type::INT32:
    case capnp::schema::Type::UINT32:
    case capnp::schema::Type::FLOAT32: return ElementSize::fourBytes;
    case capnp::schema::Type::INT64:
    case capnp::schema::Type::UINT64:
    case capnp::schema::Type::FLOAT64: return ElementSize::eightBytes;
    default: return ElementSize::none;
  }
}

bool isText(std::optional<std::string_view> bytes) {
  return bytes && !bytes->empty() && bytes->back() == '\0' && isUtf8(bytes->substr(0, bytes->size() - 1));
}

template <class F>
bool eachFits(const uint64_t* pointer, ElementSize size, F fits) {
  const std::optional<words::ListView> list = words::listAt(pointer);
  if (!list || list->size != size) return false;
  for (uint32_t i = 0; i < list->count; ++i) {
    if (!fits(*list, i)) return false;
  }
  return true;
}

}  // namespace

ShapePlan::ShapePlan(capnp::StructSchema schema) : schema_(schema) {}
ShapePlan::~ShapePlan() = default;

const ShapePlan::Part* ShapePlan::plan(capnp::StructSchema schema) const {
  const auto known = std::ranges::find_if(parts_, [&](const auto& part) { return part->schema == schema; });
  if (known != parts_.end()) return known->get();
  Part& part = *parts_.emplace_back(std::make_unique<Part>(Part{.schema = schema}));
  part.discriminantOffset = schema.getProto().getStruct().getDiscriminantOffset();
  for (const capnp::StructSchema::Field field : schema.getFields()) {
    Pointer pointer;
    pointer.discriminant = field.getProto().getDiscriminantValue();
    const capnp::Type type = field.getType();
    if (field.getProto().isGroup()) {
      pointer.kind = Pointer::Kind::group;
      pointer.part = plan(type.asStruct());
      part.pointers.push_back(pointer);
      continue;
    }
    pointer.offset = field.getProto().getSlot().getOffset();
    if (type.isText()) {
      pointer.kind = Pointer::Kind::text;
    } else if (type.isData()) {
      pointer.kind = Pointer::Kind::data;
    } else if (type.isStruct()) {
      pointer.kind = Pointer::Kind::structure;
      pointer.part = plan(type.asStruct());
    } else if (!type.isList()) {
      continue;
    } else if (const capnp::Type element = type.asList().getElementType(); element.isStruct()) {
      pointer.kind = Pointer::Kind::structures;
      pointer.part = plan(element.asStruct());
    } else if (element.isText()) {
      pointer.kind = Pointer::Kind::texts;
    } else if (pointer.size = plainSizeOf(element); pointer.size != ElementSize::none) {
      pointer.kind = Pointer::Kind::plainList;
    }
    part.pointers.push_back(pointer);
  }
  return &part;
}

bool ShapePlan::fits(words::StructView root) const {
  std::call_once(planned_, [this] { (void)plan(schema_); });
  return fits(*parts_.front(), root);
}

bool ShapePlan::fits(const Part& part, words::StructView view) {
  for (const Pointer& pointer : part.pointers) {
    const bool counts =
        pointer.discriminant == 0xffff || view.scalar<uint16_t>(part.discriminantOffset) == pointer.discriminant;
    if (counts && !fits(pointer, view)) return false;
  }
  return true;
}

bool ShapePlan::fits(const Pointer& pointer, words::StructView view) {
  if (pointer.kind == Pointer::Kind::group) return fits(*pointer.part, view);
  const uint64_t* at = view.pointer(pointer.offset);
  if (!at) return true;
  switch (pointer.kind) {
    case Pointer::Kind::structure: {
      const std::optional<words::StructView> structure = words::structAt(at);
      return structure && fits(*pointer.part, *structure);
    }
    case Pointer::Kind::structures:
      return eachFits(at, ElementSize::composite,
                      [&](const words::ListView& list, uint32_t i) { return fits(*pointer.part, list.element(i)); });
    case Pointer::Kind::text: return isText(words::bytesAt(at));
    case Pointer::Kind::texts:
      return eachFits(at, ElementSize::pointer, [](const words::ListView& list, uint32_t i) {
        const uint64_t* text = list.pointer(i);
        return !text || isText(words::bytesAt(text));
      });
    case Pointer::Kind::data: return words::bytesAt(at).has_value();
    case Pointer::Kind::plainList: {
      const std::optional<words::ListView> list = words::listAt(at);
      return list && list->size == pointer.size;
    }
    default: return false;
  }
}

}  // namespace cleat::object
