// VolumeAttachments: that a volume is to be attached to a node, and whether it is.
#include <cleat/sdk/meta.h>

#include <limits>

#include "kinds-common/names.h"
#include "kinds-common/persistent_volume_spec.h"
#include "kinds-common/shown_struct.h"
#include "kinds-common/volume_sources.h"
#include "kinds-storage/storage_kinds.h"

namespace cleat::kinds::storage {

namespace {

using storage_v1::VolumeAttachment;

constexpr size_t kMetadataMaxBytes = 256u << 10, kMessageMaxBytes = 1024, kAttacherMaxLength = 63;

void setAttachmentDefaults(VolumeAttachment::Builder attachment, const Change<VolumeAttachment>& change) {
  if (change.isDelete() || !change.object.getSpec().getSource().hasInlineVolumeSpec()) return;
  setVolumeSourceDefaults(attachment.getSpec().getSource().getInlineVolumeSpec());
}

void checkAttachmentSource(storage_v1::VolumeAttachmentSource::Reader source, const Path& path, Findings& findings) {
  constexpr std::string_view kExactlyOne = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
  const bool named = source.hasPersistentVolumeName(), isInline = source.hasInlineVolumeSpec();
  if (!named && !isInline) {
    findings.required(path, kExactlyOne);
  } else if (named && isInline) {
    findings.forbidden(path, kExactlyOne);
  } else if (isInline) {
    checkInlineVolumeSpec(source.getInlineVolumeSpec(), path / "inlineVolumeSpec", findings);
  } else if (source.getPersistentVolumeName().size() == 0) {
    findings.required(path / "persistentVolumeName", "must specify non empty persistentVolumeName");
  }
}

void checkVolumeError(storage_v1::VolumeError::Reader error, const Path& path, Findings& findings) {
  if (error.getMessage().size() > kMessageMaxBytes) findings.tooLong(path / "message", kMessageMaxBytes);
  if (isSet(error.getErrorCode()) && error.getErrorCode().getValue() < 0) {
    findings.invalid(path / "errorCode", error.getErrorCode().getValue(),
                     rangeError(0, std::numeric_limits<int32_t>::max()));
  }
}

void checkAttachmentStatus(storage_v1::VolumeAttachmentStatus::Reader status, const Path& path, Findings& findings) {
  size_t bytes = 0;
  for (auto entry : status.getAttachmentMetadata()) bytes += entry.getKey().size() + entry.getValue().size();
  if (bytes > kMetadataMaxBytes) findings.tooLong(path / "attachmentMetadata", kMetadataMaxBytes);
  checkVolumeError(status.getAttachError(), path / "attachError", findings);
  checkVolumeError(status.getDetachError(), path / "detachError", findings);
}

void validateAttachment(const Change<VolumeAttachment>& change, Findings& findings) {
  auto spec = change.object.getSpec();
  const Path path("spec");
  if (spec.getAttacher().size() == 0) {
    findings.required(path / "attacher");
  } else {
    findings.invalidEach(path / "attacher", spec.getAttacher(),
                         wrongDns1123SubdomainCaseless(view(spec.getAttacher())));
    if (spec.getAttacher().size() > kAttacherMaxLength)
      findings.tooLongCharacters(path / "attacher", kAttacherMaxLength);
  }
  checkAttachmentSource(spec.getSource(), path / "source", findings);
  Wrongs wrongs = wrongDns1123Subdomain(view(spec.getNodeName()));
  if (!wrongs.empty()) findings.invalidEach(path / "nodeName", spec.getNodeName(), wrongs);
  checkAttachmentStatus(change.object.getStatus(), Path("status"), findings);
  if (spec.getSource().hasPersistentVolumeName()) {
    const std::string_view name = view(spec.getSource().getPersistentVolumeName());
    Wrongs wrongName = wrongDns1123Subdomain(name);
    if (!wrongName.empty()) findings.invalidEach(path / "source" / "persistentVolumeName", name, wrongName);
  }
  if (change.old && !sameStruct(change.old->getSpec(), spec)) {
    findings.invalid(path, shownWhole(spec), kImmutable);
  }
}

void printAttachment(VolumeAttachment::Reader attachment, Cells& cells) {
  auto spec = attachment.getSpec();
  cells.text(attachment.getMetadata().getName());
  cells.text(spec.getAttacher());
  cells.text(spec.getSource().getPersistentVolumeName());
  cells.text(spec.getNodeName());
  cells.boolean(attachment.getStatus().getAttached());
  cells.age(attachment.getMetadata().getCreationTimestamp());
}

}  // namespace

void addVolumeAttachments(KindTable& table) {
  table.add<VolumeAttachment>(
      {.structFile = kSchemaFile,
       .columns = {nameColumn(),
                   {.name = "Attacher", .description = "The driver that attaches the volume.", .format = "name"},
                   {"PV", "string", "The volume."},
                   {"Node", "string", "The node that it is attached to."},
                   {"Attached", "boolean", "Whether it is attached."},
                   ageColumn()},
       .hasStatus = true,
       .keepsGeneration = true,
       .statusLeavesMetadata = {"labels", "annotations", "finalizers", "ownerReferences"},
       .updateNeedsRevision = true,
       .returnsDeleted = true},
      {setAttachmentDefaults, validateAttachment, printAttachment});
  table.addStatus<VolumeAttachment>();
}

}  // namespace cleat::kinds::storage
