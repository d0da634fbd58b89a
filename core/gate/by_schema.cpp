#include "core/gate/by_schema.h"

#include "core/object/codec.h"

namespace cleat::gate {

Result<Ref<const object::Message>> bySchema(const object::Kind& kind, Ref<const object::Message> made) {
  if (!kind.open) return made;
  const std::string json = object::encodeJson(kind, made->words());
  constexpr size_t kDeepest = 500;
  object::Limits limits{.maxBytes = json.size() + 1, .maxDepth = kDeepest};
  CLEAT_TRY(object::Decoded decoded, object::decodeJson(kind, json, object::FieldValidation::ignore, limits));
  return Ref<const object::Message>(std::move(decoded.message));
}

}  // namespace cleat::gate
