#include "kinds-common/shown_struct.h"

#include <cleat/sdk/struct_json.h>

namespace cleat::kinds {

namespace {

Shown shown(capnp::DynamicStruct::Reader part, StructLook look) {
  return Shown::plain(cleat::jsonText(structJson(part, look).view()));
}

}  // namespace

Shown shownStruct(capnp::DynamicStruct::Reader part) { return shown(part, StructLook::declared); }
Shown shownWhole(capnp::DynamicStruct::Reader part) { return shown(part, StructLook::whole); }

}  // namespace cleat::kinds
