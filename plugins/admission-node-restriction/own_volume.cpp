#include "own_volume.h"

#include <cleat/sdk/meta.h>

#include "volume-common/local_path_names.h"

namespace cleat::node_restriction {
namespace {

using core_v1::PersistentVolume;

// The volume without what changes with every write, and without the finalizer.
Draft<PersistentVolume> rest(const Object<PersistentVolume>& volume) {
  Draft<PersistentVolume> draft(volume);
  removeFinalizer(draft.meta(), local_path::kFinalizer);
  if (draft.reader().getMetadata().getFinalizers().size() == 0) draft.meta().disownFinalizers();
  draft.meta().disownManagedFields();
  draft.meta().setResourceVersion(0);
  return draft;
}

}  // namespace

std::string wrongWithVolume(std::string_view node, const Object<PersistentVolume>& old,
                            const Object<PersistentVolume>& now) {
  if (label(old.meta(), local_path::kNode) != node) {
    return concat("node ", inQuotes(node), " can only update persistent volumes that are on its own disk");
  }
  Draft<PersistentVolume> before = rest(old), after = rest(now);
  const bool adds =
      hasFinalizer(now.meta(), local_path::kFinalizer) && !hasFinalizer(old.meta(), local_path::kFinalizer);
  if (!adds && capnp::toAny(before.reader()) == capnp::toAny(after.reader())) return {};
  return concat("node ", inQuotes(node), " can only remove the finalizer ", inQuotes(local_path::kFinalizer),
                " of persistent volumes");
}

}  // namespace cleat::node_restriction
