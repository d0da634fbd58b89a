#include "policy-common/object_document.h"

#include "policy-common/object_values.h"
#include "policy-common/struct_values.h"

namespace cleat::policy {

namespace {

using capnp::AnyPointer;
using capnp::AnyStruct;
using Type = Document::Type;

Document unopened(Unopened part) {
  Document made = Document::ofType(Type::unopened);
  made.unopened = std::make_shared<const Unopened>(part);
  return made;
}

// JSON shows it as it is, or it was too much to be read.
Document plainDocument(const cel::Value& value) { return documentOf(value).value_or(Document()); }

// One whose members may be unopened.
Document openedStruct(AnyStruct::Reader from, const StructLayout& layout) {
  Document made = Document::object();
  const Pointers pointers(from);
  for (const MemberLayout& member : layout.members) {
    if (!member.always && isPointer(member) && pointers.isNull(member.place)) continue;
    if (!isShown(from, member)) continue;
    made.names.push_back(member.name);
    made.items.push_back(isNull(from, member) ? Document() : memberDocument(from, member));
  }
  return made;
}

Document elementDocument(AnyStruct::Reader from, const LazyLayout& layout) {
  const StructLayout& each = layout.get();
  if (!each.isValue) return unopened({.from = from, .layout = &each, .schema = layout.schema()});
  const MemberLayout* given = givenMember(from, each);
  return given ? memberDocument(from, *given) : Document();
}

Document openedList(AnyPointer::Reader list, const ValueLayout& layout) {
  auto structs = structsOf(list);
  if (layout.isMap) {
    const StructLayout& entry = layout.fields.get();
    Document made = Document::object();
    for (auto each : structs) {
      made.set(view(pointerAt(each, entryKey(entry).place).getAs<capnp::Text>()),
               memberDocument(each, entryValue(entry)));
    }
    return made;
  }
  Document made = Document::ofType(Type::list);
  for (auto each : structs) made.items.push_back(elementDocument(each, layout.fields));
  return made;
}

}  // namespace

Document memberDocument(AnyStruct::Reader from, const MemberLayout& member) {
  if (member.value.type == ValueLayout::Type::STRUCT) {
    const StructLayout& layout = member.value.fields.get();
    const AnyPointer::Reader there = pointerAt(from, member.place);
    if (layout.isValue) {
      const auto choice = there.getAs<AnyStruct>();
      const MemberLayout* given = givenMember(choice, layout);
      return given ? memberDocument(choice, *given) : Document();
    }
    // One that is shown although it is not there must not come to be there.
    if (there.isNull()) return openedStruct({}, layout);
  } else if (member.value.type != ValueLayout::Type::LIST && !member.json) {
    return plainDocument(memberValue(from, member));
  }
  return unopened({.from = from, .member = &member, .schema = member.field.getContainingStruct()});
}

Result<Document> objectDocument(const AnyRef& object, const KindKey& kind, bool isCustom) {
  const auto schema = structOf(kind);
  if (!schema) return documentOf(anyObjectValue(object, kind, isCustom));
  Document made = openedStruct(object.as<AnyStruct>(), layoutOf(*schema));
  made.set("apiVersion", Document::ofText(apiVersionOf(kind)));
  made.set("kind", Document::ofText(str(kind.kind)));
  return made;
}

void open(Document& document) {
  if (document.type != Type::unopened) return;
  const Unopened part = *document.unopened;
  if (part.member == nullptr) {
    document = openedStruct(part.from, *part.layout);
    return;
  }
  const ValueLayout& value = part.member->value;
  const AnyPointer::Reader there = pointerAt(part.from, part.member->place);
  if (value.type == ValueLayout::Type::STRUCT) {
    document = openedStruct(there.getAs<AnyStruct>(), value.fields.get());
  } else if (value.element == ValueLayout::Type::STRUCT) {
    document = openedList(there, value);
  } else {
    document = plainDocument(memberValue(part.from, *part.member));
  }
}

void openWhole(Document& document) {
  open(document);
  for (Document& item : document.items) openWhole(item);
}

capnp::DynamicValue::Reader storedValue(const Unopened& part) {
  auto from = part.from.as<capnp::DynamicStruct>(part.schema);
  if (part.member == nullptr) return from;
  return from.get(part.member->field);
}

}  // namespace cleat::policy
