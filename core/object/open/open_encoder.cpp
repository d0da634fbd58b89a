#include "core/object/open/open_encoder.h"

namespace cleat::object {

void appendTree(TextBuffer& out, TreeView value) {
  switch (value.kind()) {
    case TreeKind::null: return out.append("null");
    case TreeKind::boolean: return out.append(value.boolean() ? "true" : "false");
    case TreeKind::integer: return appendInteger(out, value.integer());
    case TreeKind::floating: return appendDouble(out, value.floating());
    case TreeKind::text: return appendJsonString(out, value.text());
    case TreeKind::list: {
      out.append('[');
      const words::ListView elements = value.children();
      for (uint32_t i = 0; i < elements.count; ++i) {
        if (i > 0) out.append(',');
        appendTree(out, TreeView(elements.element(i)));
      }
      return out.append(']');
    }
    case TreeKind::object:
      out.append('{');
      appendMembers(out, value.children());
      return out.append('}');
  }
}

void appendMembers(TextBuffer& out, const words::ListView& members) {
  for (uint32_t i = 0; i < members.count; ++i) {
    if (i > 0) out.append(',');
    const TreeView member(members.element(i));
    appendJsonString(out, member.name());
    out.append(':');
    appendTree(out, member);
  }
}

}  // namespace cleat::object
