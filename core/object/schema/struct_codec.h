// StructCodec: what the codecs need to know of one struct of a kind's schema, worked out once: for every field its JSON
// name, where it stands in the words, how it looks in JSON and protobuf, and how it is merged. CodecSet makes them from
// schemas and keeps one per type; a StructCodec never changes or moves once it was handed out, so any thread may read
// it.
//
// The plans copy all they need: they outlive the schema that they were made from.
#pragma once

#include <capnp/schema.h>
#include <cleat/sdk/mutex.h>
#include <cleat/sdk/status.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/object/patch/patch_schema.h"
#include "core/object/words.h"

namespace cleat::object {

class OpenSchema;  // open/open_schema.h
class StructCodec;
struct ProtobufPlan;  // protobuf_plan.h

// How a value looks outside of its message.
enum class Shape : uint8_t {
  boolean,
  integer,
  floating,
  text,
  data,       // base64 in JSON
  json,       // any JSON value, kept as its text
  dateTime,   // RFC 3339 with seconds
  microTime,  // RFC 3339 with microseconds
  quantity,   // canonical text of a quantity
  duration,   // as Go writes one: "1m30s"
  box,        // a struct around one scalar, which may be absent
  intOrString,
  structure,
  list,
  map,
};

struct ValuePlan {
  Shape shape = Shape::text;
  Shape boxed = Shape::integer;  // box: boolean, integer or floating
  uint8_t bits = 0;              // integer, floating
  bool isSigned = false;
  bool quoted = false;                 // an integer that JSON writes as text
  const StructCodec* codec = nullptr;  // structure, box, intOrString; map: the entry
  const ValuePlan* element = nullptr;  // list: its elements; map: its values

  // An integer's bits, its sign extended, at `offset` of the structure's data.
  uint64_t integerAt(words::StructView view, uint32_t offset) const {
    switch (bits) {
      case 8: return isSigned ? static_cast<uint64_t>(view.scalar<int8_t>(offset)) : view.scalar<uint8_t>(offset);
      case 16: return isSigned ? static_cast<uint64_t>(view.scalar<int16_t>(offset)) : view.scalar<uint16_t>(offset);
      case 32: return isSigned ? static_cast<uint64_t>(view.scalar<int32_t>(offset)) : view.scalar<uint32_t>(offset);
      default: return view.scalar<uint64_t>(offset);
    }
  }
};

// How patches and server-side apply treat a field.
struct MergeRule {
  std::string listType, mapType;
  std::vector<std::string> mapKeys;
  std::vector<std::string> keyDefaults;  // for each of mapKeys: the text that its absence means, or empty
  std::string patchStrategy, patchMergeKey;
};

struct FieldPlan {
  ValuePlan value;
  std::string_view name;    // in JSON
  std::string_view prefix;  // `"name":`
  uint32_t offset = 0;      // scalars: in units of their size; others: of the pointer section
  uint16_t ordinal = 0;     // index among the struct's fields in the schema
  uint16_t discriminant = 0xffff;
  bool required = false;
  bool always = false;    // in the JSON whatever it is, as all that is required
  bool optional = false;  // a text whose emptiness is not its absence
  std::span<const uint32_t> proto;
  const MergeRule* merge = nullptr;  // null where nothing was said

  // A struct that is there when it is empty, too: an empty one and none are the same.
  bool isHeldByValue() const { return value.shape == Shape::structure && always && !required; }
};

class StructCodec : public PatchSchema {
 public:
  uint64_t typeId() const { return typeId_; }
  const std::string& name() const { return name_; }          // "PodSpec"
  const std::string& openapi() const { return openapi_; }    // "io.k8s.api.core.v1.PodSpec", or empty
  const std::string& typeName() const { return typeName_; }  // "v1.PodSpec": how errors name it
  bool atomic() const { return atomic_; }                    // replaced as a whole by server-side apply
  bool choice() const { return choice_; }                    // JSON writes the member that is set, alone
  // The one field of a choice that holds any JSON, which protobuf has as that JSON's bytes; null of all others.
  const FieldPlan* jsonAlone() const {
    return choice_ && fields_.size() == 1 && fields_[0].value.shape == Shape::json ? &fields_[0] : nullptr;
  }
  // Of the root of an open kind: what it has besides metadata; otherwise null.
  const OpenSchema* open() const { return open_; }
  uint16_t dataWords() const { return dataWords_; }
  uint16_t pointerCount() const { return pointerCount_; }
  uint32_t discriminantOffset() const { return discriminantOffset_; }

  // In the order of the schema's text, which is the order of the JSON.
  const std::vector<FieldPlan>& fields() const { return fields_; }
  // Their indexes in the order of their names.
  const std::vector<uint16_t>& byName() const { return byName_; }
  const FieldPlan* find(std::string_view jsonName) const;
  // The texts that there are for the field, or that are in it where it is a list or map; null where nothing was said.
  const std::vector<std::string>* values(const FieldPlan& field) const {
    const auto found = values_.find(field.ordinal);
    return found == values_.end() ? nullptr : &found->second;
  }
  std::optional<Field> field(std::string_view jsonName) const override;
  // Made when first asked for.
  const ProtobufPlan& protobuf() const;

  // Of the root of an open kind. `metadata` and `open` outlive it.
  // `openapi`: its name in OpenAPI documents.
  static std::unique_ptr<const StructCodec> ofOpen(const std::string& openapi, const StructCodec& metadata,
                                                   const OpenSchema& open);

 private:
  friend class CodecSet;
  friend class CodecBuilder;
  void indexNames();

  uint64_t typeId_ = 0;
  std::string name_, openapi_, typeName_;
  bool atomic_ = false, choice_ = false;
  const OpenSchema* open_ = nullptr;
  uint16_t dataWords_ = 0, pointerCount_ = 0;
  uint32_t discriminantOffset_ = 0;
  std::vector<FieldPlan> fields_;
  std::vector<uint16_t> slots_;  // open addressing: index into fields_ + 1
  std::vector<uint16_t> byName_;
  std::vector<std::unique_ptr<ValuePlan>> elements_;
  std::vector<std::unique_ptr<MergeRule>> rules_;
  std::map<uint16_t, std::vector<std::string>> values_;  // by the field's ordinal
  std::string names_;                                    // what the views in fields_ refer to
  std::vector<uint32_t> numbers_;                        // likewise, protobuf paths
  mutable std::once_flag protobufOnce_;
  mutable std::shared_ptr<const ProtobufPlan> protobuf_;
};

// Thread-safe.
class CodecSet {
 public:
  // Of this struct and of all that it contains. Fails with the struct and field named when the schema uses something
  // that an object cannot hold (interfaces, groups, untyped pointers) or says something unknown in an annotation.
  Result<const StructCodec*> get(capnp::StructSchema schema);

  // For structs that are compiled in; the same for the whole process.
  static CodecSet& compiledIn();

 private:
  Mutex mutex_;
  std::unordered_map<uint64_t, std::unique_ptr<StructCodec>> codecs_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::object
