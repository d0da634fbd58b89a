#include "growth.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/own_status.h>

#include "volume-common/binding_names.h"
#include "volume-common/volume_match.h"

namespace cleat::local_path {
namespace {

using core_v1::PersistentVolumeClaimCondition;

constexpr const char* kResizing = "Resizing";
constexpr const char* kInProgress = "ControllerResizeInProgress";

std::string requested(const Object<PersistentVolumeClaim>& claim) {
  return str(valueIn(claim->getSpec().getResources().getRequests(), volumes::kStorage));
}

}  // namespace

Task<Result<Object<PersistentVolumeClaim>>> Growth::begin(Object<PersistentVolumeClaim> claim) {
  Draft<PersistentVolumeClaim> draft(claim);
  auto status = draft->getStatus();
  const std::string wanted = requested(claim);
  status.adoptAllocatedResources(
      withEntry(status.asReader().getAllocatedResources(), orphanageOf(status), volumes::kStorage, wanted));
  status.adoptAllocatedResourceStatuses(
      withEntry(status.asReader().getAllocatedResourceStatuses(), orphanageOf(status), volumes::kStorage, kInProgress));
  setCondition<PersistentVolumeClaimCondition>(status, {kResizing, "True", "", "", formatTime(context_.wallNow())});
  if (capnp::toAny(draft.reader().getStatus()) == capnp::toAny(claim->getStatus())) co_return claim;
  auto pending = client_.updateStatus<PersistentVolumeClaim>(std::move(draft));
  co_return co_await std::move(pending);
}

Task<Result<void>> Growth::end(Object<PersistentVolumeClaim> claim) {
  Draft<PersistentVolumeClaim> draft(claim);
  auto status = draft->getStatus();
  status.adoptCapacity(
      withEntry(status.asReader().getCapacity(), orphanageOf(status), volumes::kStorage, requested(claim)));
  status.adoptAllocatedResourceStatuses(withEntry(status.asReader().getAllocatedResourceStatuses(), orphanageOf(status),
                                                  volumes::kStorage, std::nullopt));
  removeCondition<PersistentVolumeClaimCondition>(status, kResizing);
  auto pending = client_.updateStatus<PersistentVolumeClaim>(std::move(draft));
  auto written = co_await std::move(pending);
  if (!written) co_return fail(written.error());
  co_return Result<void>();
}

Task<Result<void>> Growth::grow(Object<PersistentVolumeClaim> claim, Object<PersistentVolume> volume) {
  const bool resumed = conditionIs(claim->getStatus().getConditions(), kResizing, "True");
  if (!resumed) {
    events_.normal(claim, kResizing, concat("External resizer is resizing volume ", volume.name()));
  }
  CLEAT_CO_TRY(Object<PersistentVolumeClaim> begun, co_await begin(claim));
  if (volumes::sizeOf(volume) < volumes::requestOf(begun)) {
    Draft<PersistentVolume> draft(volume);
    auto spec = draft->getSpec();
    spec.adoptCapacity(
        withEntry(spec.asReader().getCapacity(), orphanageOf(spec), volumes::kStorage, requested(begun)));
    auto pending = client_.update<PersistentVolume>(std::move(draft));
    auto written = co_await std::move(pending);
    if (!written) co_return fail(written.error());
  }
  CLEAT_CO_TRY(co_await end(begun));
  events_.normal(claim, "VolumeResizeSuccessful", "Resize volume succeeded");
  co_return Result<void>();
}

}  // namespace cleat::local_path
