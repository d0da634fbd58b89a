// MessageValue: a value in the words of a message as JSON has it: absent, null or there. What field ownership needs to
// go through messages without their JSON. Private to core/object.
#pragma once

#include <optional>
#include <string>

#include "core/object/schema/struct_codec.h"
#include "core/object/words.h"

namespace cleat::object {

struct MessageValue {
  enum class State : uint8_t { absent, null, there };

  State state = State::absent;
  const ValuePlan* plan = nullptr;
  uint64_t bits = 0;                  // of scalars; of a floating one those of the double
  const uint64_t* pointer = nullptr;  // of all else; null: the empty text, or the empty struct
  words::StructView view;             // structure, box, intOrString
  words::ListView list;               // list, map

  bool absent() const { return state == State::absent; }
  bool there() const { return state == State::there; }
  uint32_t count() const { return there() ? list.count : 0; }
  std::string_view text() const;

  // A struct.
  static MessageValue root(const ValuePlan& plan, words::StructView view);
  // A field of it. What is always in the JSON is never absent, unless the struct is.
  MessageValue field(const FieldPlan& field) const;
  // Of a list, with `index` below count().
  MessageValue element(uint32_t index) const;
  // Of a map.
  std::string_view key(uint32_t index) const;
  MessageValue member(uint32_t index) const;

  // Whether both are the same in JSON, down to the last.
  bool same(const MessageValue& other) const;
  // Of a choice: the member that is set.
  MessageValue chosen() const;
  // Of a box: what is in it.
  uint64_t boxBits() const;
  // As JSON: a scalar or a text, for the keys of lists.
  std::string scalarText() const;

 private:
  static MessageValue of(const ValuePlan& plan, const uint64_t* pointer);
  static MessageValue inlined(const ValuePlan& plan, words::StructView view);
  bool sameStruct(const MessageValue& other) const;
  bool sameLists(const MessageValue& other) const;
};

}  // namespace cleat::object
