#include "policy-common/object_rewriter.h"

#include <cleat/sdk/text.h>

#include "policy-common/object_document.h"
#include "policy-common/struct_writer.h"

namespace cleat::policy {

namespace {

using capnp::AnyStruct;
using capnp::DynamicList;
using capnp::DynamicStruct;
using Type = Document::Type;

bool isAt(AnyStruct::Reader one, AnyStruct::Reader other) {
  return one.getDataSection().begin() == other.getDataSection().begin();
}

// `to` is a copy of `was` each time, and becomes what the document says.
class Rewriter {
 public:
  static Result<void> members(const Document& from, AnyStruct::Reader was, const StructLayout& layout,
                              DynamicStruct::Builder to, const std::string& path) {
    size_t next = 0;  // both are by name
    for (const MemberLayout& member : layout.members) {
      while (next < from.names.size() && from.names[next] < member.name) ++next;
      const bool isGiven = next < from.names.size() && from.names[next] == member.name;
      if (isGiven) {
        CLEAT_TRY(given(from.items[next], was, member, to, path));
      } else if (isShown(was, member)) {
        to.clear(member.field);
      }
    }
    return {};
  }

 private:
  static bool isAsItWas(const Unopened& part, AnyStruct::Reader was, const MemberLayout& member) {
    if (part.member == &member) return isAt(part.from, was);
    // Of what is written as the value of one of its members, that one.
    if (part.member == nullptr || member.value.type != ValueLayout::Type::STRUCT) return false;
    const StructLayout& layout = member.value.fields.get();
    if (!layout.isValue) return false;
    const AnyStruct::Reader choice = pointerAt(was, member.place).getAs<AnyStruct>();
    return givenMember(choice, layout) == part.member && isAt(part.from, choice);
  }

  static Result<void> given(const Document& item, AnyStruct::Reader was, const MemberLayout& member,
                            DynamicStruct::Builder to, const std::string& path) {
    if (item.type == Type::unopened) {
      if (isAsItWas(*item.unopened, was, member)) return {};
    } else if (item.type == Type::null) {
      to.clear(member.field);
      return {};
    } else if (!item.isObject() && !item.isList() && isShown(was, member) && item == memberDocument(was, member)) {
      return {};
    }
    const std::string memberPath = path.empty() ? member.name : concat(path, ".", member.name);
    const capnp::AnyPointer::Reader there =
        isPointer(member) ? pointerAt(was, member.place) : capnp::AnyPointer::Reader();
    if (item.isObject() && !there.isNull() && member.value.type == ValueLayout::Type::STRUCT) {
      const StructLayout& layout = member.value.fields.get();
      if (!layout.isValue) {
        return members(item, there.getAs<AnyStruct>(), layout, to.get(member.field).as<DynamicStruct>(), memberPath);
      }
    }
    const bool isListOfStructs = member.value.type == ValueLayout::Type::LIST && !member.value.isMap &&
                                 member.value.element == ValueLayout::Type::STRUCT;
    if (item.isList() && isListOfStructs && !there.isNull()) {
      const auto elements = structsOf(there);
      const StructLayout& layout = member.value.fields.get();
      if (!layout.isValue && elements.size() == item.items.size()) {
        return list(item, elements, layout, to.get(member.field).as<DynamicList>(), memberPath);
      }
    }
    to.clear(member.field);
    return writeMember(item, to, member, memberPath);
  }

  // Of as many elements as before.
  static Result<void> list(const Document& from, Structs::Reader was, const StructLayout& layout,
                           DynamicList::Builder to, const std::string& path) {
    for (uint32_t i = 0; i < was.size(); ++i) {
      const Document& item = from.items[i];
      if (item.type == Type::unopened) {
        const Unopened& part = *item.unopened;
        if (part.member != nullptr || !isAt(part.from, was[i])) to.set(i, storedValue(part));
        continue;
      }
      const std::string itemPath = concat(path, "[", i, "]");
      if (!item.isObject()) return fail(Status::badRequest(concat(itemPath, ": must be an object")));
      CLEAT_TRY(members(item, was[i], layout, to[i].as<DynamicStruct>(), itemPath));
    }
    return {};
  }
};

}  // namespace

Result<Draft<meta_v1::AnyObject>> rewrittenObject(const AnyRef& original, const Document& document,
                                                  const KnownKind& kind) {
  Draft<meta_v1::AnyObject> draft{Object<meta_v1::AnyObject>(original)};
  CLEAT_TRY(Rewriter::members(document, original.as<AnyStruct>(), kind.layout.get(),
                              draft.message().getRoot<DynamicStruct>(kind.schema), {}));
  return draft;
}

}  // namespace cleat::policy
