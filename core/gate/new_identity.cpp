#include "core/gate/new_identity.h"

#include <cleat/sdk/text.h>
#include <cleat/sdk/whole_text.h>

#include <utility>

#include "core/gate/names.h"
#include "core/gate/object_edit.h"

namespace cleat::gate {

Ref<const Message> NewIdentity::hidden(Ref<const Message> object) {
  whole_ = std::move(object);
  ObjectEdit edit(*target_.kind, *whole_);
  meta_v1::ObjectMeta::Builder meta = edit.meta();
  meta.disownUid();
  meta.disownCreationTimestamp();
  meta.setGeneration(0);
  if (isNameMade_) {
    meta.disownName();
    target_.name.clear();
  }
  shown_ = edit.finish();
  return shown_;
}

Result<Ref<const Message>> NewIdentity::revealed(const Ref<const Message>& left) {
  if (left.get() == shown_.get()) {
    target_.name = str(whole_->meta().getName());
    return std::move(whole_);
  }
  const Message& object = *left;
  const auto given = stamped_->meta();
  if (view(object.meta().getNamespace()) != view(given.getNamespace())) return fail(otherNamespace());
  ObjectEdit edit(*target_.kind, object);
  meta_v1::ObjectMeta::Builder meta = edit.meta();
  meta.setUid(given.getUid());
  meta.setCreationTimestamp(given.getCreationTimestamp());
  meta.setGeneration(given.getGeneration());
  const std::string prefix = str(object.meta().getGenerateName());
  const bool isSamePrefix = prefix == view(given.getGenerateName());
  target_.name = str(object.meta().getName());
  const bool makesName = target_.name.empty() && !prefix.empty();
  if (makesName) target_.name = isNameMade_ && isSamePrefix ? str(given.getName()) : generateName(executor_, prefix);
  isNameMade_ = makesName;
  isRenamed_ = target_.name != view(given.getName());
  meta.setName(wholeText(target_.name));
  return edit.finish();
}

}  // namespace cleat::gate
