#include "core/object/schema/struct_codec.h"

#include <capnp/schema.capnp.h>

#include <algorithm>
#include <map>

#include "core/object/open/open_tree.h"
#include "core/object/same_name.h"

namespace cleat::object {

namespace {

// The annotations of cleat.capnp, by their ids there.
enum Annotation : uint64_t {
  kJson = 0xc1ea7c1ea7c1ea71,
  kProto,
  kRequired,
  kOptional,
  kFormat,
  kListType,
  kMapKeys,
  kMapType,
  kPatchStrategy,
  kPatchMergeKey,
  kOpenapi,
  kAlways,
  kChoice,
  kValues,
};

inline size_t hashName(std::string_view name) {
  size_t hash = name.size() * 0x9e3779b1u;
  if (!name.empty()) {
    hash ^= static_cast<unsigned char>(name[0]) * 0x85ebca6bu;
    hash ^= static_cast<unsigned char>(name[name.size() / 2]) * 0xc2b2ae35u;
    hash ^= static_cast<unsigned char>(name.back()) * 0x27d4eb2fu;
  }
  return hash ^ hash >> 15;
}

std::string shortName(capnp::schema::Node::Reader node) {
  return node.getDisplayName().slice(node.getDisplayNamePrefixLength()).cStr();
}

// "io.k8s.api.core.v1.PodSpec" → "v1.PodSpec"
std::string goTypeName(const std::string& openapi, const std::string& name) {
  size_t last = openapi.rfind('.');
  if (last == std::string::npos || last == 0) return name;
  size_t before = openapi.rfind('.', last - 1);
  return openapi.substr(before == std::string::npos ? 0 : before + 1);
}

struct Annotations {
  std::string json, format, openapi;
  std::vector<uint32_t> proto;
  std::vector<std::string> values;
  bool required = false, always = false, optional = false, choice = false;
  MergeRule merge;
  bool hasMerge = false;
};

Result<Annotations> readAnnotations(capnp::List<capnp::schema::Annotation>::Reader list, const std::string& where) {
  Annotations out;
  for (auto annotation : list) {
    auto value = annotation.getValue();
    auto text = [&] { return std::string(value.isText() ? value.getText().cStr() : ""); };
    auto mergeText = [&](std::string& field) {
      field = text();
      out.hasMerge = true;
    };
    switch (annotation.getId()) {
      case kJson: out.json = text(); break;
      case kFormat: out.format = text(); break;
      case kOpenapi: out.openapi = text(); break;
      case kRequired: out.required = true; break;
      case kAlways: out.always = true; break;
      case kOptional: out.optional = true; break;
      case kChoice: out.choice = true; break;
      case kListType: mergeText(out.merge.listType); break;
      case kMapType: mergeText(out.merge.mapType); break;
      case kPatchStrategy: mergeText(out.merge.patchStrategy); break;
      case kPatchMergeKey: mergeText(out.merge.patchMergeKey); break;
      case kMapKeys:
        for (auto key : value.getList().getAs<capnp::List<capnp::Text>>()) {
          std::string name(key.cStr()), absence;
          if (size_t at = name.find('='); at != std::string::npos) {
            absence = name.substr(at + 1);
            name.resize(at);
          }
          out.merge.mapKeys.push_back(std::move(name));
          out.merge.keyDefaults.push_back(std::move(absence));
        }
        out.hasMerge = true;
        break;
      case kValues:
        for (auto one : value.getList().getAs<capnp::List<capnp::Text>>()) out.values.emplace_back(one.cStr());
        break;
      case kProto:
        for (uint32_t number : value.getList().getAs<capnp::List<uint32_t>>()) out.proto.push_back(number);
        break;
      default: break;  // another generator's
    }
  }
  const std::string& listType = out.merge.listType;
  if (!listType.empty() && listType != "atomic" && listType != "set" && listType != "map") {
    return fail(Status::badRequest(where + ": the list type \"" + listType + "\" is none of atomic, set, map"));
  }
  if (listType == "map" && out.merge.mapKeys.empty()) {
    return fail(Status::badRequest(where + ": a list of type map needs its keys ($mapKeys)"));
  }
  return out;
}

}  // namespace

const FieldPlan* StructCodec::find(std::string_view jsonName) const {
  if (slots_.empty()) return nullptr;
  size_t mask = slots_.size() - 1;
  for (size_t at = hashName(jsonName) & mask; slots_[at] != 0; at = (at + 1) & mask) {
    const FieldPlan& field = fields_[slots_[at] - 1];
    if (sameName(field.name, jsonName)) return &field;
  }
  return nullptr;
}

std::optional<PatchSchema::Field> StructCodec::field(std::string_view jsonName) const {
  const FieldPlan* plan = find(jsonName);
  if (!plan) return std::nullopt;
  Field out;
  if (plan->merge) {
    out.strategy = plan->merge->patchStrategy;
    out.mergeKey = plan->merge->patchMergeKey;
  }
  const ValuePlan& value = plan->value;
  out.isMap = value.shape == Shape::map;
  const ValuePlan& target = value.element ? *value.element : value;
  if (target.shape == Shape::structure) out.element = target.codec;
  if (value.shape == Shape::json) out.strategy = "replace";
  return out;
}

std::unique_ptr<const StructCodec> StructCodec::ofOpen(const std::string& openapi, const StructCodec& metadata,
                                                       const OpenSchema& open) {
  auto codec = std::make_unique<StructCodec>();
  codec->openapi_ = openapi;
  codec->name_ = openapi.substr(openapi.rfind('.') + 1);
  codec->typeName_ = goTypeName(openapi, codec->name_);
  codec->pointerCount_ = tree::kMembersPointer + 1;
  codec->open_ = &open;
  codec->names_ = "\"metadata\":";
  FieldPlan field;
  field.value.shape = Shape::structure;
  field.value.codec = &metadata;
  field.prefix = codec->names_;
  field.name = field.prefix.substr(1, field.prefix.size() - 3);
  codec->fields_.push_back(field);
  codec->indexNames();
  return codec;
}

void StructCodec::indexNames() {
  size_t size = 4;
  while (size < fields_.size() * 2) size *= 2;
  slots_.assign(size, 0);
  for (size_t i = 0; i < fields_.size(); ++i) {
    size_t at = hashName(fields_[i].name) & (size - 1);
    while (slots_[at] != 0) at = (at + 1) & (size - 1);
    slots_[at] = static_cast<uint16_t>(i + 1);
    byName_.push_back(static_cast<uint16_t>(i));
  }
  std::ranges::sort(byName_, {}, [this](uint16_t index) { return fields_[index].name; });
}

// Makes the codecs of one schema and of all that it refers to. The new ones are kept apart until all of them have
// succeeded.
class CodecBuilder {
 public:
  using Codecs = std::unordered_map<uint64_t, std::unique_ptr<StructCodec>>;
  explicit CodecBuilder(const Codecs& known) : known_(known) {}

  Result<const StructCodec*> codecOf(capnp::StructSchema schema) {
    auto node = schema.getProto();
    if (auto it = known_.find(node.getId()); it != known_.end()) return it->second.get();
    if (auto it = made_.find(node.getId()); it != made_.end()) return it->second.get();
    auto owned = std::make_unique<StructCodec>();
    StructCodec* codec = owned.get();
    // Registered before its fields are looked at, because a struct may contain itself.
    made_[node.getId()] = std::move(owned);
    CLEAT_TRY(fill(*codec, schema));
    return codec;
  }

  Codecs& made() { return made_; }

 private:
  Result<void> fill(StructCodec& codec, capnp::StructSchema schema);
  Result<void> fillField(StructCodec& codec, capnp::StructSchema::Field field, size_t& nameAt);
  Result<void> plan(StructCodec& owner, ValuePlan& out, capnp::Type type, const Annotations& said,
                    const std::string& where);
  Result<void> planText(ValuePlan& out, const std::string& format, const std::string& where);
  Result<void> planInteger(ValuePlan& out, uint8_t bits, bool isSigned, const std::string& format,
                           const std::string& where);
  Result<void> planStruct(ValuePlan& out, capnp::StructSchema schema);
  Result<void> planList(StructCodec& owner, ValuePlan& out, capnp::ListSchema schema, const Annotations& said,
                        const std::string& where);
  ValuePlan* newElement(StructCodec& owner) {
    owner.elements_.push_back(std::make_unique<ValuePlan>());
    return owner.elements_.back().get();
  }

  const Codecs& known_;
  Codecs made_;
};

Result<void> CodecBuilder::fill(StructCodec& codec, capnp::StructSchema schema) {
  auto node = schema.getProto();
  auto layout = node.getStruct();
  codec.typeId_ = node.getId();
  codec.name_ = shortName(node);
  CLEAT_TRY(Annotations said, readAnnotations(node.getAnnotations(), codec.name_));
  codec.openapi_ = said.openapi;
  codec.typeName_ = goTypeName(codec.openapi_, codec.name_);
  codec.atomic_ = said.merge.mapType == "atomic";
  codec.choice_ = said.choice;
  codec.dataWords_ = layout.getDataWordCount();
  codec.pointerCount_ = layout.getPointerCount();
  codec.discriminantOffset_ = layout.getDiscriminantOffset();

  // The views into these buffers are taken while they fill, so they must not move.
  size_t nameBytes = 0, numbers = 0;
  for (auto field : schema.getFields()) {
    CLEAT_TRY(Annotations fieldSaid, readAnnotations(field.getProto().getAnnotations(), codec.name_));
    nameBytes += 3 + (fieldSaid.json.empty() ? field.getProto().getName().size() : fieldSaid.json.size());
    numbers += fieldSaid.proto.size();
  }
  codec.names_.resize(nameBytes);
  codec.numbers_.reserve(numbers);
  size_t nameAt = 0;
  // By ordinal, in which order the schema has them, they would be in the order of their invention.
  std::map<uint16_t, capnp::StructSchema::Field> inTextOrder;
  for (auto field : schema.getFields()) inTextOrder.emplace(field.getProto().getCodeOrder(), field);
  for (const auto& [order, field] : inTextOrder) {
    CLEAT_TRY(fillField(codec, field, nameAt));
  }
  codec.indexNames();
  return {};
}

Result<void> CodecBuilder::fillField(StructCodec& codec, capnp::StructSchema::Field field, size_t& nameAt) {
  auto proto = field.getProto();
  std::string where = codec.name_ + "." + proto.getName().cStr();
  if (!proto.isSlot()) return fail(Status::badRequest(where + ": groups are not supported in a kind's schema"));
  CLEAT_TRY(Annotations said, readAnnotations(proto.getAnnotations(), where));

  FieldPlan out;
  std::string name = said.json.empty() ? std::string(proto.getName().cStr()) : said.json;
  std::string prefix = "\"" + name + "\":";
  prefix.copy(codec.names_.data() + nameAt, prefix.size());
  out.prefix = std::string_view(codec.names_).substr(nameAt, prefix.size());
  out.name = out.prefix.substr(1, name.size());
  nameAt += prefix.size();
  size_t numbersAt = codec.numbers_.size();
  codec.numbers_.insert(codec.numbers_.end(), said.proto.begin(), said.proto.end());
  out.proto = std::span<const uint32_t>(codec.numbers_).subspan(numbersAt);
  if (said.hasMerge) {
    codec.rules_.push_back(std::make_unique<MergeRule>(said.merge));
    out.merge = codec.rules_.back().get();
  }
  out.offset = proto.getSlot().getOffset();
  out.ordinal = static_cast<uint16_t>(field.getIndex());
  out.discriminant = proto.getDiscriminantValue();
  out.required = said.required;
  out.always = said.always || said.required;
  out.optional = said.optional;
  CLEAT_TRY(plan(codec, out.value, field.getType(), said, where));
  if (out.optional && out.value.shape != Shape::text) {
    return fail(Status::badRequest(where + ": $optional is for Text"));
  }
  if (!said.values.empty()) {
    const ValuePlan& holder = out.value.element ? *out.value.element : out.value;
    if (holder.shape != Shape::text) return fail(Status::badRequest(where + ": $values is for Text"));
    codec.values_[out.ordinal] = std::move(said.values);
  }
  codec.fields_.push_back(out);
  return {};
}

Result<void> CodecBuilder::plan(StructCodec& owner, ValuePlan& out, capnp::Type type, const Annotations& said,
                                const std::string& where) {
  switch (type.which()) {
    case capnp::schema::Type::BOOL: out.shape = Shape::boolean; return {};
    case capnp::schema::Type::INT8: return planInteger(out, 8, true, said.format, where);
    case capnp::schema::Type::INT16: return planInteger(out, 16, true, said.format, where);
    case capnp::schema::Type::INT32: return planInteger(out, 32, true, said.format, where);
    case capnp::schema::Type::INT64: return planInteger(out, 64, true, said.format, where);
    case capnp::schema::Type::UINT8: return planInteger(out, 8, false, said.format, where);
    case capnp::schema::Type::UINT16: return planInteger(out, 16, false, said.format, where);
    case capnp::schema::Type::UINT32: return planInteger(out, 32, false, said.format, where);
    case capnp::schema::Type::UINT64: return planInteger(out, 64, false, said.format, where);
    case capnp::schema::Type::FLOAT32:
    case capnp::schema::Type::FLOAT64:
      out.shape = Shape::floating;
      out.bits = type.isFloat32() ? 32 : 64;
      return {};
    case capnp::schema::Type::TEXT: return planText(out, said.format, where);
    case capnp::schema::Type::DATA: out.shape = Shape::data; return {};
    case capnp::schema::Type::STRUCT: return planStruct(out, type.asStruct());
    case capnp::schema::Type::LIST: return planList(owner, out, type.asList(), said, where);
    default: return fail(Status::badRequest(where + ": a field of this type cannot be part of an object"));
  }
}

Result<void> CodecBuilder::planText(ValuePlan& out, const std::string& format, const std::string& where) {
  static const std::map<std::string, Shape> kFormats = {{"", Shape::text},
                                                        {"json", Shape::json},
                                                        {"date-time", Shape::dateTime},
                                                        {"micro-time", Shape::microTime},
                                                        {"quantity", Shape::quantity},
                                                        {"duration", Shape::duration}};
  auto it = kFormats.find(format);
  if (it == kFormats.end()) {
    return fail(Status::badRequest(where + ": the format \"" + format + "\" of a Text is not known"));
  }
  out.shape = it->second;
  return {};
}

Result<void> CodecBuilder::planInteger(ValuePlan& out, uint8_t bits, bool isSigned, const std::string& format,
                                       const std::string& where) {
  out.shape = Shape::integer;
  out.bits = bits;
  out.isSigned = isSigned;
  out.quoted = format == "uint64-string";
  if (!format.empty() && !(out.quoted && bits == 64 && !isSigned)) {
    return fail(Status::badRequest(where + ": the format \"" + format + "\" does not fit this integer"));
  }
  return {};
}

Result<void> CodecBuilder::planStruct(ValuePlan& out, capnp::StructSchema schema) {
  CLEAT_TRY(const StructCodec* codec, codecOf(schema));
  out.codec = codec;
  out.shape = Shape::structure;
  auto fields = schema.getFields();
  auto layout = schema.getProto().getStruct();
  if (fields.size() == 1 && fields[0].getProto().getName() == "value" && layout.getPointerCount() == 0 &&
      out.codec->fields().size() == 1) {
    const ValuePlan& inner = out.codec->fields()[0].value;
    out.shape = Shape::box;
    out.boxed = inner.shape;
    out.bits = inner.bits;
    out.isSigned = inner.isSigned;
  } else if (layout.getDiscriminantCount() == 2 && fields.size() == 2 && fields[0].getProto().getName() == "intVal" &&
             fields[1].getProto().getName() == "strVal") {
    out.shape = Shape::intOrString;
  }
  return {};
}

Result<void> CodecBuilder::planList(StructCodec& owner, ValuePlan& out, capnp::ListSchema schema,
                                    const Annotations& said, const std::string& where) {
  capnp::Type elementType = schema.getElementType();
  ValuePlan* element = newElement(owner);
  out.shape = Shape::list;
  out.element = element;
  if (elementType.isStruct()) {
    auto fields = elementType.asStruct().getFields();
    bool isEntry = shortName(elementType.asStruct().getProto()).ends_with("Entry") && fields.size() == 2 &&
                   fields[0].getProto().getName() == "key" && fields[1].getProto().getName() == "value" &&
                   fields[0].getType().isText();
    if (isEntry) {
      CLEAT_TRY(const StructCodec* entry, codecOf(elementType.asStruct()));
      out.shape = Shape::map;
      out.codec = entry;
      // What the field says of its format is about the values of the map.
      return plan(owner, *element, fields[1].getType(), said, where);
    }
  }
  return plan(owner, *element, elementType, said, where);
}

Result<const StructCodec*> CodecSet::get(capnp::StructSchema schema) {
  MutexLock lock(mutex_);
  CodecBuilder builder(codecs_);
  Result<const StructCodec*> codec = builder.codecOf(schema);
  if (codec) codecs_.merge(builder.made());
  return codec;
}

CodecSet& CodecSet::compiledIn() {
  static CodecSet set;
  return set;
}

}  // namespace cleat::object
