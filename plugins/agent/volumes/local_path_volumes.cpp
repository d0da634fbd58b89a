#include "volumes/local_path_volumes.h"

#include <cleat/sdk/meta.h>

#include "volume-common/binding_names.h"
#include "volume-common/local_path_names.h"
#include "volumes/local_folders.h"

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

constexpr size_t kMostOfLabel = 63;
constexpr const char* kProtection = "kubernetes.io/pv-protection";

}  // namespace

LocalPathVolumes::LocalPathVolumes(Context& context, EventRecorder& events)
    : context_(context), client_(context), events_(events), node_(context.config().nodeName()),
      volumes_(context, {.labelSelector = concat(local_path::kNode, "=", node_)}),
      controller_(context, "local-path-volumes", [this](std::string name) { return reconcile(std::move(name)); },
                  {.workers = 1, .backoff = {.first = 1s, .most = 1min}}) {}

void LocalPathVolumes::start(std::string root) {
  root_ = std::move(root);
  // Nothing can have such a name in a label, so no volume is here.
  if (node_.size() > kMostOfLabel) return;
  controller_.watch(volumes_);
  controller_.run();
}

// While a claim has it, or is said to have it, something else holds it as well.
bool LocalPathVolumes::isToGo(const Object<Volume>& volume) const {
  return deletionPending(volume.meta()) && hasFinalizer(volume.meta(), local_path::kFinalizer) &&
         !hasFinalizer(volume.meta(), kProtection) && view(volume->getStatus().getPhase()) != "Bound" &&
         annotation(volume.meta(), volumes::kProvisionedBy) == local_path::kProvisioner &&
         label(volume.meta(), local_path::kNode) == node_;
}

Task<Result<Reconciled>> LocalPathVolumes::reconcile(std::string name) {
  const Object<Volume> volume = volumes_.get(name);
  if (!volume || !isToGo(volume)) co_return Reconciled();
  if (view(volume->getSpec().getPersistentVolumeReclaimPolicy()) == "Delete") {
    auto emptying = empty(volume);
    Result<void> emptied = co_await std::move(emptying);
    if (!emptied) {
      events_.warning(volume, "VolumeFailedDelete", emptied.error().message);
      co_return fail(emptied.error());
    }
  }
  Draft<Volume> draft(volume);
  removeFinalizer(draft.meta(), local_path::kFinalizer);
  auto pending = client_.update<Volume>(std::move(draft));
  auto written = co_await std::move(pending);
  // What somebody else has written meanwhile brings the next look.
  if (!written && !written.error().is(404) && !written.error().is(409)) co_return fail(written.error());
  co_return Reconciled();
}

Task<Result<void>> LocalPathVolumes::empty(Object<Volume> volume) {
  const std::string path = str(volume->getSpec().getLocal().getPath());
  const auto folder = localFolderIn(root_, path);
  if (!folder || *folder != volume.name()) {
    co_return fail(Status::badRequest(concat("the path ", inQuotes(path), " of volume ", inQuotes(volume.name()),
                                             " is not its folder below ", root_, ": nothing is removed")));
  }
  auto remove = [root = root_, name = *folder] { return removeLocalFolder(root, name); };
  co_return co_await context_.blocking(remove);
}

}  // namespace cleat::agent
