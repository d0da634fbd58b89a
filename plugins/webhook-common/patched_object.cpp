#include "webhook-common/patched_object.h"

#include "policy-common/json_patch.h"
#include "policy-common/object_document.h"
#include "policy-common/object_rewriter.h"
#include "policy-common/struct_writer.h"

namespace cleat::webhook {

namespace {

// Who owns what is booked by the server: what was changed here counts as the writer's own.
void keepOwners(policy::Document& document, const AnyRef& object) {
  static const policy::StructLayout& kMetadata = policy::layoutOf(capnp::Schema::from<meta_v1::ObjectMeta>());
  static const policy::MemberLayout& kOwners = *kMetadata.find("managedFields");
  policy::Document* metadata = document.find("metadata");
  if (metadata == nullptr || !metadata->isObject()) return;
  if (object.meta().hasManagedFields()) {
    metadata->set(kOwners.name, policy::memberDocument(capnp::AnyStruct::Reader(object.meta()), kOwners));
  } else {
    metadata->erase(kOwners.name);
  }
}

void keepOwners(meta_v1::ObjectMeta::Builder metadata, const AnyRef& object) {
  if (object.meta().hasManagedFields()) {
    metadata.setManagedFields(object.meta().getManagedFields());
  } else {
    metadata.disownManagedFields();
  }
}

}  // namespace

Result<Draft<meta_v1::AnyObject>> patchedObject(const AnyRef& object, const policy::KindKey& kind, bool isCustom,
                                                const policy::Document& patch) {
  CLEAT_TRY(policy::Document document, policy::objectDocument(object, kind, isCustom));
  CLEAT_TRY(policy::applyJsonPatch(document, patch));
  if (const policy::KnownKind* known = policy::knownKind(kind)) {
    keepOwners(document, object);
    return policy::rewrittenObject(object, document, *known);
  }
  CLEAT_TRY(auto draft, policy::writtenObject(document, std::nullopt));
  keepOwners(draft.message().getRoot<meta_v1::AnyObject>().getMetadata(), object);
  return draft;
}

}  // namespace cleat::webhook
