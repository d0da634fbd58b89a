#include "webhook-common/patched_object.h"

#include <capnp/dynamic.h>
#include <cleat/sdk/text.h>

#include "policy-common/json_patch.h"
#include "policy-common/struct_writer.h"
#include "webhook-common/review.h"

namespace cleat::webhook {

namespace {

bool isImplied(std::string_view name) { return name == "apiVersion" || name == "kind" || name == "metadata"; }

}  // namespace

Result<Draft<meta_v1::AnyObject>> writtenObject(const policy::Document& document,
                                                std::optional<capnp::StructSchema> schema) {
  Draft<meta_v1::AnyObject> draft;
  if (schema) {
    CLEAT_TRY(policy::writeStruct(document, draft.message().initRoot<capnp::DynamicStruct>(*schema)));
    return draft;
  }
  auto object = draft.message().initRoot<open_v1::OpenObject>();
  if (const policy::Document* metadata = document.find("metadata")) {
    CLEAT_TRY(policy::writeStruct(*metadata, capnp::DynamicStruct::Builder(object.initMetadata())));
  }
  uint32_t count = 0;
  for (const std::string& name : document.names) count += isImplied(name) ? 0 : 1;
  auto members = object.initMembers(count);
  uint32_t at = 0;
  for (size_t i = 0; i < document.items.size(); ++i) {
    if (isImplied(document.names[i])) continue;
    members[at].setName(document.names[i]);
    policy::writeDocument(document.items[i], members[at++]);
  }
  return draft;
}

Result<Draft<meta_v1::AnyObject>> patchedObject(const AnyRef& object, const policy::KindKey& kind, bool isCustom,
                                                const policy::Document& patch) {
  CLEAT_TRY(policy::Document document, objectDocument(object, kind, isCustom));
  CLEAT_TRY(policy::applyJsonPatch(document, patch));
  CLEAT_TRY(auto draft, writtenObject(document, policy::structOf(kind)));
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
