// Namespaces: Active until they are deleted, then Terminating until what is in them is gone and `finalize` was called.
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include "kinds-common/metadata.h"
#include "kinds-core/core_kinds.h"

namespace cleat::kinds::core {

namespace {

constexpr const char* kNameLabel = "kubernetes.io/metadata.name";
constexpr std::string_view kFinalizer = "kubernetes";

void setDefaults(core_v1::Namespace::Builder object, const Change<core_v1::Namespace>& change) {
  if (change.isDelete()) {
    object.getStatus().setPhase("Terminating");
    return;
  }
  auto meta = object.getMetadata();
  if (meta.getName().size() != 0) setLabel(meta, kNameLabel, view(meta.getName().asReader()));
  bool deleting = meta.getDeletionTimestamp().size() != 0;
  if (object.getStatus().getPhase().size() == 0) object.getStatus().setPhase(deleting ? "Terminating" : "Active");
  // Only `finalize` takes finalizers away.
  if (change.old) {
    object.getSpec().setFinalizers(change.old->getSpec().getFinalizers());
    return;
  }
  auto finalizers = strings(object.getSpec().asReader().getFinalizers());
  if (!contains(object.getSpec().asReader().getFinalizers(), kFinalizer)) {
    finalizers.emplace_back(kFinalizer);
    object.getSpec().adoptFinalizers(textList(orphanageOf(object), finalizers));
  }
}

void validate(const Change<core_v1::Namespace>& change, Findings& findings) {
  checkFinalizers(change.object.getSpec().getFinalizers(), Path("spec") / "finalizers", findings);
  std::string_view phase = view(change.object.getStatus().getPhase());
  bool deleting = deletionPending(change.object.getMetadata());
  const Path phasePath = Path("status") / "phase";
  if (deleting && phase != "Terminating" && change.isStatus()) {
    findings.invalid(phasePath, phase, "may only be 'Terminating' if `deletionTimestamp` is not empty");
  } else if (!deleting && phase != "Active" && change.isStatus()) {
    findings.invalid(phasePath, phase, "may only be 'Active' if `deletionTimestamp` is empty");
  }
}

void print(core_v1::Namespace::Reader object, Cells& cells) {
  cells.text(object.getMetadata().getName());
  cells.text(object.getStatus().getPhase());
  cells.age(object.getMetadata().getCreationTimestamp());
}

}  // namespace

void addNamespaces(KindTable& table) {
  table.add<core_v1::Namespace>({.structFile = kSchemaFile,
                                 .shortNames = {"ns"},
                                 .verbs = {"create", "delete", "get", "list", "patch", "update", "watch"},
                                 .columns = {nameColumn(), {"Status", "string", "Active or Terminating."}, ageColumn()},
                                 .selectableFields = {"status.phase"},
                                 .nameRule = "dns1123-label",
                                 .hasStatus = true,
                                 .keepsGeneration = true,
                                 .returnsDeleted = true,
                                 .deleteNeedsFinalize = true,
                                 .isNamespace = true},
                                {setDefaults, validate, print});
  table.addStatus<core_v1::Namespace>();
  table.addSubresource<core_v1::Namespace>({.name = "finalize", .style = "transform", .verbs = {"update"}});
}

}  // namespace cleat::kinds::core
