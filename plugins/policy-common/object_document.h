// Objects as documents that are opened only where somebody looks: a patch touches little of an object, and what it does
// not touch is copied as the words that it is.
//
//   CLEAT_TRY(Document document, objectDocument(object, kind, isCustom));
//   CLEAT_TRY(applyJsonPatch(document, operations));
//   CLEAT_TRY(auto draft, writtenObject(document, structOf(kind)));
#pragma once

#include <capnp/dynamic.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>

#include "policy-common/document.h"
#include "policy-common/known_kinds.h"
#include "policy-common/struct_view.h"

namespace cleat::policy {

// What a document of the type `unopened` stands for: a member of a struct, or without one the struct itself.
struct Unopened {
  capnp::AnyStruct::Reader from;
  const MemberLayout* member = nullptr;
  const StructLayout* layout = nullptr;  // of the struct itself
  capnp::StructSchema schema;            // of what `from` is
};

// The object has to live as long as the document. An error for a kind that nobody here can read.
Result<Document> objectDocument(const AnyRef& object, const KindKey& kind, bool isCustom);

// A member as it stands in such a document.
Document memberDocument(capnp::AnyStruct::Reader from, const MemberLayout& member);

// Makes a list or an object of what is unopened, whose items may be unopened in their turn. Nothing else is changed.
void open(Document& document);
void openWhole(Document& document);

// As it is written where it was.
capnp::DynamicValue::Reader storedValue(const Unopened& part);

}  // namespace cleat::policy
