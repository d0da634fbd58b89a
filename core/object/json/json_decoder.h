// JsonDecoder: one JSON value to the words of a message, along the plans. Wrong types are reported in the words of
// Kubernetes' own decoder, since people search for them: innermost struct, path of field names from the root, Go type.
// For one value and one thread. Private to core/object.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/object/codec.h"
#include "core/object/json/json_node.h"
#include "core/object/message.h"
#include "core/object/schema/struct_codec.h"
#include "core/object/words.h"

namespace cleat::object {

class JsonDecoder {
 public:
  // `buffer` is where the words are built; it may be used again when they have been copied.
  // `arena`: where stored values are opened that do not fit as they are; of nodes of a text there are none.
  explicit JsonDecoder(std::vector<uint64_t>& buffer, Integers integers = Integers::anyForm,
                       JsonArena* arena = nullptr);

  // False: see problem(). Throws words::TooManyWords.
  bool root(const StructCodec& codec, const JsonNode& value);

  Words words() const { return out_.words(); }
  const std::string& problem() const { return problem_; }
  // `unknown field "spec.foo"`; at most a hundred of them.
  std::vector<std::string>& unknown() { return unknown_; }

 private:
  using Value = JsonNode;
  struct Step {
    std::string_view name;
    int64_t index = -1;           // in a list
    bool isField = true;          // of a struct, not the key of a map
    const Step* outer = nullptr;  // the one before it
  };
  class At;  // one step of the path while it lives

  // From the outermost one.
  std::vector<Step> steps() const;
  std::string path() const;
  bool error(std::string text);
  bool typeError(const std::string& found, const std::string& goType);
  bool typeError(const std::string& found, const ValuePlan& plan);
  // Of a value that is read as another one is, and has to be that in JSON; and of one whose text is not what it has to
  // be.
  bool textExpected(const Value& value);
  bool badText(const std::string& why);
  bool typeError(const Value& value, const ValuePlan& plan);
  bool rangeError(const Value& value, const ValuePlan& plan);

  static bool isChoice(const ValuePlan& plan);
  // Whether a value is one whose words can be taken over for `plan`.
  static bool fits(const ValuePlan& plan, const Value& value);
  static bool mustOpen(const ValuePlan& plan, const Value& value);
  Value seen(const Value& stored) const;

  bool structure(const StructCodec& codec, const Value& object, size_t at);
  bool field(const StructCodec& codec, const FieldPlan& field, const Value& value, size_t at);
  // A value that is not null, where a pointer stands for it. Without `keepEmpty`, empty lists and texts are left
  // absent.
  bool pointerValue(const ValuePlan& plan, const Value& value, size_t pointer, bool keepEmpty);
  // Into a struct that is there already: behind a pointer, or an element of a list.
  bool inlineStruct(const ValuePlan& plan, const Value& value, size_t at);

  bool boolean(const ValuePlan& plan, const Value& value, size_t at, uint32_t offset);
  bool integer(const ValuePlan& plan, const Value& value, size_t at, uint32_t offset);
  bool integerBits(const ValuePlan& plan, const Value& value, uint64_t& bits);
  bool quotedBits(const ValuePlan& plan, const Value& value, uint64_t& bits);
  bool floating(const ValuePlan& plan, const Value& value, size_t at, uint32_t offset);
  bool intOrString(const StructCodec& codec, const Value& value, size_t at);
  // Into the member that the value's type chooses.
  bool choice(const ValuePlan& plan, const Value& value, size_t at);
  bool text(const ValuePlan& plan, const Value& value, size_t pointer, bool keepEmpty);
  bool quantity(const Value& value, size_t pointer);
  bool time(Shape shape, const Value& value, size_t pointer);
  bool duration(const Value& value, size_t pointer);
  bool data(std::string_view base64, size_t pointer, bool keepEmpty);

  bool list(const ValuePlan& plan, const Value& value, size_t pointer, bool keepEmpty);
  size_t initList(const ValuePlan& element, size_t pointer, uint32_t count);
  bool element(const ValuePlan& plan, const Value& value, size_t at, uint32_t index);
  void zeroElement(const ValuePlan& plan, size_t at, uint32_t index);
  bool map(const ValuePlan& plan, const Value& value, size_t pointer, bool keepEmpty);

  words::WordWriter out_;
  const StructCodec* root_ = nullptr;
  const StructCodec* innermost_ = nullptr;
  const Step* here_ = nullptr;
  size_t depth_ = 0;
  std::string problem_;
  std::string bytes_;
  std::vector<std::string> unknown_;
  Integers integers_;
  JsonArena* arena_;
};

}  // namespace cleat::object
