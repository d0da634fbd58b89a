#include "kinds-core/differences.h"

#include <cleat/sdk/text.h>

namespace cleat::kinds::core {

std::string differences(capnp::DynamicStruct::Reader before, capnp::DynamicStruct::Reader after,
                        std::string_view prefix) {
  std::string out;
  for (auto field : before.getSchema().getFields()) {
    bool hasBefore = before.has(field), hasAfter = after.has(field);
    if (!hasBefore && !hasAfter) continue;
    std::string_view name = view(field.getProto().getName());
    if (hasBefore != hasAfter) {
      appendTo(out, concat("  ", prefix, name, hasBefore ? " was removed\n" : " was added\n"));
    } else if (kj::str(before.get(field)) != kj::str(after.get(field))) {
      appendTo(out, concat("  ", prefix, name, " was changed\n"));
    }
  }
  return out;
}

}  // namespace cleat::kinds::core
