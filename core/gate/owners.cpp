#include "core/gate/owners.h"

#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/gate/object_edit.h"

namespace cleat::gate {
namespace {

using Owner = meta_v1::OwnerReference::Reader;

bool isSame(Owner a, Owner b) { return capnp::AnyStruct::Reader(a) == capnp::AnyStruct::Reader(b); }

}  // namespace

Ref<const Message> withEachOwnerOnce(const Kind& kind, Ref<const Message> object, std::vector<std::string>& warnings) {
  const auto owners = object->meta().getOwnerReferences();
  if (owners.size() < 2) return object;
  std::vector<Owner> kept;
  std::vector<std::string> twice;
  for (const Owner owner : owners) {
    if (std::ranges::any_of(kept, [&](Owner other) { return isSame(owner, other); })) {
      twice.push_back(str(owner.getUid()));
    } else {
      kept.push_back(owner);
    }
  }
  if (twice.empty()) return object;
  warnings.push_back(concat(
      ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may "
      "reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ",
      joined(twice, ", ")));
  ObjectEdit edit(kind, *object);
  auto once = edit.meta().initOwnerReferences(static_cast<uint32_t>(kept.size()));
  for (uint32_t i = 0; i < kept.size(); ++i) once.setWithCaveats(i, kept[i]);
  return edit.finish();
}

}  // namespace cleat::gate
