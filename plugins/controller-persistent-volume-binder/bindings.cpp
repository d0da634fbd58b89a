#include "bindings.h"

#include <cleat/sdk/meta.h>

#include "volume-common/binding_names.h"
#include "volume-common/volume_match.h"

namespace cleat::volume_binder {
namespace {

constexpr const char* kYes = "yes";

}  // namespace

// What follows counts on having seen it.
template <class K>
Task<Result<Object<K>>> Bindings::seen(Informer<K>& informer, Task<Result<Object<K>>> write) {
  Result<Object<K>> written = co_await std::move(write);
  if (written) (void)co_await informer.waitFor(written->revision());
  co_return written;
}

Task<Result<Object<PersistentVolume>>> Bindings::holdVolume(Object<PersistentVolumeClaim> claim,
                                                            Object<PersistentVolume> volume) {
  if (volumes::isHeldBy(volume, claim)) co_return volume;
  auto written = seen(volumes_, client_.update<PersistentVolume>(volumes::heldBy(volume, claim)));
  co_return co_await std::move(written);
}

Task<Result<Object<PersistentVolumeClaim>>> Bindings::giveVolume(Object<PersistentVolumeClaim> claim,
                                                                 Object<PersistentVolume> volume) {
  Draft<PersistentVolumeClaim> draft(claim);
  bool changed = setAnnotation(draft.meta(), volumes::kBindCompleted, kYes);
  if (view(claim->getSpec().getVolumeName()) != volume.name()) {
    draft->getSpec().setVolumeName(str(volume.name()));
    setAnnotation(draft.meta(), volumes::kBoundByController, kYes);
    changed = true;
  }
  if (!changed) co_return claim;
  auto written = seen(claims_, client_.update<PersistentVolumeClaim>(std::move(draft)));
  co_return co_await std::move(written);
}

// How much it has is said when it becomes bound; from then on that is for who makes volumes larger to say.
Task<Result<void>> Bindings::setBound(Object<PersistentVolumeClaim> claim, Object<PersistentVolume> volume) {
  Draft<PersistentVolumeClaim> draft(claim);
  auto status = draft->getStatus();
  if (view(claim->getStatus().getPhase()) != "Bound") {
    status.setPhase("Bound");
    status.setCapacity(volume->getSpec().getCapacity());
  }
  status.setAccessModes(volume->getSpec().getAccessModes());
  if (volume->getSpec().hasVolumeAttributesClassName() && !status.hasCurrentVolumeAttributesClassName()) {
    status.setCurrentVolumeAttributesClassName(volume->getSpec().getVolumeAttributesClassName());
  }
  if (capnp::toAny(draft.reader().getStatus()) == capnp::toAny(claim->getStatus())) co_return Result<void>();
  auto pending = seen(claims_, client_.updateStatus<PersistentVolumeClaim>(std::move(draft)));
  auto written = co_await std::move(pending);
  if (!written) co_return fail(written.error());
  co_return Result<void>();
}

Task<Result<void>> Bindings::bind(Object<PersistentVolumeClaim> claim, Object<PersistentVolume> volume) {
  CLEAT_CO_TRY(Object<PersistentVolume> held, co_await holdVolume(claim, volume));
  CLEAT_CO_TRY(co_await setPhase(held, "Bound", ""));
  CLEAT_CO_TRY(Object<PersistentVolumeClaim> given, co_await giveVolume(claim, held));
  co_return co_await setBound(given, held);
}

Task<Result<void>> Bindings::unbind(Object<PersistentVolume> volume) {
  Draft<PersistentVolume> draft(volume);
  if (annotation(volume.meta(), volumes::kBoundByController)) {
    draft->getSpec().disownClaimRef();
    setAnnotation(draft.meta(), volumes::kBoundByController, std::nullopt);
  } else {
    // Who has meant it for a claim of this name means the next one.
    draft->getSpec().getClaimRef().disownUid();
    draft->getSpec().getClaimRef().disownResourceVersion();
  }
  auto pending = seen(volumes_, client_.update<PersistentVolume>(std::move(draft)));
  CLEAT_CO_TRY(Object<PersistentVolume> written, co_await std::move(pending));
  co_return co_await setPhase(written, "Available", "");
}

Task<Result<void>> Bindings::setPhase(Object<PersistentVolume> volume, std::string phase, std::string message) {
  auto status = volume->getStatus();
  if (view(status.getPhase()) == phase && view(status.getMessage()) == message) co_return Result<void>();
  Draft<PersistentVolume> draft(volume);
  draft->getStatus().setPhase(phase);
  if (message.empty()) {
    draft->getStatus().disownMessage();
  } else {
    draft->getStatus().setMessage(message);
  }
  auto pending = seen(volumes_, client_.updateStatus<PersistentVolume>(std::move(draft)));
  auto written = co_await std::move(pending);
  if (!written) co_return fail(written.error());
  co_return Result<void>();
}

Task<Result<bool>> Bindings::setPhase(Object<PersistentVolumeClaim> claim, std::string phase) {
  if (view(claim->getStatus().getPhase()) == phase) co_return false;
  Draft<PersistentVolumeClaim> draft(claim);
  draft->getStatus().setPhase(phase);
  draft->getStatus().disownAccessModes();
  draft->getStatus().disownCapacity();
  auto pending = seen(claims_, client_.updateStatus<PersistentVolumeClaim>(std::move(draft)));
  auto written = co_await std::move(pending);
  if (!written) co_return fail(written.error());
  co_return true;
}

Task<Result<void>> Bindings::setClass(Object<PersistentVolumeClaim> claim, std::string storageClass) {
  Draft<PersistentVolumeClaim> draft(claim);
  draft->getSpec().setStorageClassName(storageClass);
  auto pending = seen(claims_, client_.update<PersistentVolumeClaim>(std::move(draft)));
  auto written = co_await std::move(pending);
  if (!written) co_return fail(written.error());
  co_return Result<void>();
}

Task<Result<void>> Bindings::askProvisioner(Object<PersistentVolumeClaim> claim, std::string provisioner) {
  Draft<PersistentVolumeClaim> draft(claim);
  bool changed = setAnnotation(draft.meta(), volumes::kStorageProvisioner, provisioner);
  changed |= setAnnotation(draft.meta(), volumes::kBetaStorageProvisioner, provisioner);
  if (!changed) co_return Result<void>();
  auto pending = seen(claims_, client_.update<PersistentVolumeClaim>(std::move(draft)));
  auto written = co_await std::move(pending);
  if (!written) co_return fail(written.error());
  co_return Result<void>();
}

}  // namespace cleat::volume_binder
