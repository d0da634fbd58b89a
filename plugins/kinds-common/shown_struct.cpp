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

Shown shownWhole(capnp::DynamicStruct::Reader part, std::initializer_list<std::string_view> fields) {
  const JsonTree whole = structJson(part, StructLook::whole);
  std::string out;
  for (std::string_view field : fields) {
    appendTo(out, concat(out.empty() ? "{" : ",", kinds::jsonText(field), ":"));
    for (JsonView member : whole.view().items()) {
      if (lowerCase(member.name()) == lowerCase(field)) appendJson(out, member);
    }
  }
  return Shown::plain(out + "}");
}

}  // namespace cleat::kinds
