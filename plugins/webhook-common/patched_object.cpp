#include "webhook-common/patched_object.h"

#include "policy-common/json_patch.h"
#include "policy-common/object_document.h"
#include "policy-common/struct_writer.h"

namespace cleat::webhook {

Result<Draft<meta_v1::AnyObject>> patchedObject(const AnyRef& object, const policy::KindKey& kind, bool isCustom,
                                                const policy::Document& patch) {
  CLEAT_TRY(policy::Document document, policy::objectDocument(object, kind, isCustom));
  CLEAT_TRY(policy::applyJsonPatch(document, patch));
  CLEAT_TRY(auto draft, policy::writtenObject(document, policy::structOf(kind)));
  // Who owns what is booked by the server: what was changed here counts as the writer's own.
  auto meta = draft.message().getRoot<meta_v1::AnyObject>().getMetadata();
  if (object.meta().hasManagedFields()) {
    meta.setManagedFields(object.meta().getManagedFields());
  } else {
    meta.disownManagedFields();
  }
  return draft;
}

}  // namespace cleat::webhook
