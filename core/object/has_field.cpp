#include "core/object/has_field.h"

#include "core/object/schema/struct_codec.h"
#include "core/object/words.h"

namespace cleat::object {

bool mayHaveField(const Kind& kind, Words words, std::string_view path) {
  if (kind.open || !kind.codec) return true;
  words::StructView view = words::rootOf(words);
  const StructCodec* codec = kind.codec;
  while (true) {
    const size_t dot = path.find('.');
    const FieldPlan* field = codec->find(path.substr(0, dot));
    if (!field || field->value.shape <= Shape::floating) return true;
    const uint64_t* pointer = view.pointer(field->offset);
    if (dot == std::string_view::npos || !pointer) return pointer != nullptr;
    if (field->value.shape != Shape::structure) return true;
    view = words::structAt(pointer).value_or(words::StructView{});
    codec = field->value.codec;
    path.remove_prefix(dot + 1);
  }
}

}  // namespace cleat::object
