#include "core/gate/untouchable.h"

#include <cleat/sdk/text.h>

#include <string_view>

#include "core/gate/object_edit.h"

namespace cleat::gate {
namespace {

using Meta = meta_v1::ObjectMeta::Reader;

bool sameOwners(Meta a, Meta b) {
  auto left = a.getManagedFields(), right = b.getManagedFields();
  if (left.size() != right.size()) return false;
  for (unsigned i = 0; i < left.size(); ++i) {
    if (capnp::AnyStruct::Reader(left[i]) != capnp::AnyStruct::Reader(right[i])) return false;
  }
  return true;
}

bool sameGrace(Meta a, Meta b) {
  if (a.hasDeletionGracePeriodSeconds() != b.hasDeletionGracePeriodSeconds()) return false;
  return !a.hasDeletionGracePeriodSeconds() ||
         a.getDeletionGracePeriodSeconds().getValue() == b.getDeletionGracePeriodSeconds().getValue();
}

// The first field that differs; empty: none.
std::string_view touchedMetadata(Reach reach, Meta a, Meta b) {
  // What is not there yet is named by admission as well; a namespace is looked at when it is through.
  const bool isNew = reach == Reach::createAdmission;
  if (!isNew && view(a.getName()) != view(b.getName())) return "name";
  if (!isNew && view(a.getNamespace()) != view(b.getNamespace())) return "namespace";
  if (view(a.getUid()) != view(b.getUid())) return "uid";
  if (a.getResourceVersion() != b.getResourceVersion()) return "resourceVersion";
  if (a.getGeneration() != b.getGeneration()) return "generation";
  if (view(a.getCreationTimestamp()) != view(b.getCreationTimestamp())) return "creationTimestamp";
  if (view(a.getDeletionTimestamp()) != view(b.getDeletionTimestamp())) return "deletionTimestamp";
  if (view(a.getSelfLink()) != view(b.getSelfLink())) return "selfLink";
  if (!sameOwners(a, b)) return "managedFields";
  if (reach != Reach::kind && !sameGrace(a, b)) return "deletionGracePeriodSeconds";
  return {};
}

// Whether the uid that was given counts, and not the one that came back.
bool keepsUid(Reach reach, Meta given, Meta back) {
  if (view(given.getUid()) == view(back.getUid())) return false;
  return reach == Reach::createAdmission || view(back.getUid()).empty();
}

bool losesDeletion(Meta given, Meta back) {
  if (!given.hasDeletionTimestamp()) return false;
  return view(given.getDeletionTimestamp()) != view(back.getDeletionTimestamp()) ||
         (given.hasDeletionGracePeriodSeconds() && !back.hasDeletionGracePeriodSeconds());
}

bool hasSystemMetadata(Reach reach, Meta given, Meta back) {
  return given.getGeneration() == back.getGeneration() &&
         view(given.getCreationTimestamp()) == view(back.getCreationTimestamp()) && !keepsUid(reach, given, back) &&
         !losesDeletion(given, back);
}

void putBackMetadata(Reach reach, Meta given, Meta back, meta_v1::ObjectMeta::Builder to) {
  to.setGeneration(given.getGeneration());
  to.setCreationTimestamp(given.getCreationTimestamp());
  if (keepsUid(reach, given, back)) to.setUid(given.getUid());
  if (!losesDeletion(given, back)) return;
  to.setDeletionTimestamp(given.getDeletionTimestamp());
  if (given.hasDeletionGracePeriodSeconds()) to.setDeletionGracePeriodSeconds(given.getDeletionGracePeriodSeconds());
}

// Whether the status is not for admission to change.
bool keepsStatus(Reach reach, const object::Kind& kind) {
  if (!kind.hasStatus) return false;
  return reach == Reach::admission || (reach == Reach::createAdmission && !kind.keepsStatusOnCreate);
}

Status touched(const std::string& plugin, const std::string& field) {
  return Status::internal("plugin " + plugin + " changed " + field + ", which is not a plugin's to change here");
}

}  // namespace

Ref<const Message> putBack(Reach reach, const object::Kind& kind, const Message& given, Ref<const Message> back) {
  if (reach == Reach::kind) return back;
  const bool keepsRest = reach == Reach::statusAdmission && !sameDesiredState(kind, given, *back);
  const bool takesStatus = keepsStatus(reach, kind) && !sameField(kind, "status", given, *back);
  if (!keepsRest && !takesStatus && hasSystemMetadata(reach, given.meta(), back->meta())) return back;
  ObjectEdit edit(kind, keepsRest ? given : *back);
  if (keepsRest) {
    edit.copyField("metadata", *back);
    if (kind.hasStatus) edit.copyField("status", *back);
  }
  if (takesStatus) edit.copyField("status", given);
  putBackMetadata(reach, given.meta(), back->meta(), edit.meta());
  return edit.finish();
}

Result<void> checkUntouched(Reach reach, const object::Kind& kind, const Message& given, const Message& back,
                            const std::string& plugin) {
  const std::string_view field = touchedMetadata(reach, given.meta(), back.meta());
  if (!field.empty()) return fail(touched(plugin, concat("metadata.", field)));
  if (keepsStatus(reach, kind) && !sameField(kind, "status", given, back)) return fail(touched(plugin, "status"));
  if (reach == Reach::statusAdmission && !sameDesiredState(kind, given, back)) {
    return fail(touched(plugin, "what is neither metadata nor status"));
  }
  return {};
}

}  // namespace cleat::gate
