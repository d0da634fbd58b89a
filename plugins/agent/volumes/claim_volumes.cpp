#include "volumes/claim_volumes.h"

#include <capnp/dynamic.h>
#include <cleat/sdk/meta.h>

#include "volume-common/binding_names.h"
#include "volume-common/local_path_names.h"
#include "volume-common/volume_match.h"
#include "volumes/local_folders.h"

namespace cleat::agent {
namespace {

using core_v1::PersistentVolume;
using core_v1::PersistentVolumeClaim;
using core_v1::Pod;

std::optional<core_v1::Volume::Reader> volumeNamed(const Object<Pod>& pod, std::string_view name) {
  for (auto volume : pod->getSpec().getVolumes()) {
    if (view(volume.getName()) == name) return volume;
  }
  return std::nullopt;
}

// As the kubelet says that a volume could not even be tried.
Status notProcessed(std::string_view volume, std::string_view why) {
  return Status::unavailable(concat("Unable to attach or mount volumes: unmounted volumes=[", volume,
                                    "], unattached volumes=[], failed to process volumes=[", volume, "]: ", why));
}

std::unexpected<Status> inClaim(std::string_view key, std::string_view why) {
  return fail(Status::unavailable(concat("error processing PVC ", key, ": ", why)));
}

enum class Use : char { mount, device };

// Whether a container of the pod has the volume so.
bool usedAs(core_v1::Pod::Reader pod, std::string_view volume, Use use) {
  auto names = [&](auto containers) {
    for (auto container : containers) {
      if (use == Use::mount) {
        for (auto mount : container.getVolumeMounts()) {
          if (view(mount.getName()) == volume) return true;
        }
      } else {
        for (auto device : container.getVolumeDevices()) {
          if (view(device.getName()) == volume) return true;
        }
      }
    }
    return false;
  };
  auto spec = pod.getSpec();
  return names(spec.getContainers()) || names(spec.getInitContainers()) || names(spec.getEphemeralContainers());
}

// The field of the specification that says what the volume is.
std::string_view sourceOf(core_v1::PersistentVolumeSpec::Reader spec) {
  capnp::DynamicStruct::Reader fields = capnp::toDynamic(spec);
  for (auto field : fields.getSchema().getFields()) {
    const std::string_view name = view(field.getProto().getName());
    if (name == "capacity") continue;
    if (name == "accessModes") break;  // the sources stand before it
    if (fields.has(field)) return name;
  }
  return "unknown";
}

}  // namespace

std::string claimNameOf(core_v1::Pod::Reader pod, core_v1::Volume::Reader volume) {
  if (volume.hasPersistentVolumeClaim()) return str(volume.getPersistentVolumeClaim().getClaimName());
  if (volume.hasEphemeral()) return concat(pod.getMetadata().getName(), "-", volume.getName());
  return {};
}

Task<Result<ClaimVolumes::Claim>> ClaimVolumes::findClaim(Object<Pod> pod, core_v1::Volume::Reader volume,
                                                          std::string name) {
  const std::string key = keyOf(pod.ns(), name);
  auto found = co_await client_.get<PersistentVolumeClaim>(pod.ns(), name);
  if (!found) co_return inClaim(key, concat("failed to fetch PVC from API server: ", found.error().message));
  const Claim claim = *found;
  if (volume.hasEphemeral() && !isControlledBy(claim.meta(), pod.uid())) {
    co_return inClaim(key, concat("PVC ", key, " was not created for pod ", pod.key(), " (pod is not owner)"));
  }
  if (deletionPending(claim.meta())) {
    co_return inClaim(key, concat("can't start pod because PVC ", key, " is being deleted"));
  }
  const std::string_view phase = view(claim->getStatus().getPhase());
  const std::string_view volumeName = view(claim->getSpec().getVolumeName());
  if (phase != "Bound" || volumeName.empty()) {
    co_return inClaim(key, concat("PVC ", key, " has non-bound phase (", inQuotes(phase),
                                  ") or empty pvc.Spec.VolumeName (", inQuotes(volumeName), ")"));
  }
  const bool isBlock = view(claim->getSpec().getVolumeMode()) == "Block";
  if (usedAs(*pod, view(volume.getName()), isBlock ? Use::mount : Use::device)) {
    co_return inClaim(key, concat("volume ", volume.getName(), " has volumeMode ", isBlock ? "Block" : "Filesystem",
                                  ", but is specified in ", isBlock ? "volumeMounts" : "volumeDevices"));
  }
  co_return claim;
}

Task<Result<ClaimVolumes::Volume>> ClaimVolumes::findVolume(Claim claim) {
  const std::string name = str(claim->getSpec().getVolumeName());
  auto found = co_await client_.get<PersistentVolume>(name);
  if (!found) {
    co_return inClaim(claim.key(), concat("failed to fetch PV ", name, " from API server: ", found.error().message));
  }
  if (!volumes::isHeldBy(*found, claim)) {
    const std::string_view uid = view((*found)->getSpec().getClaimRef().getUid());
    co_return inClaim(claim.key(), concat("failed to fetch PV ", name, ": PV.Spec.ClaimRef.UID ", inQuotes(uid),
                                          " does not match pvc.UID ", inQuotes(claim.uid())));
  }
  co_return *found;
}

Task<Result<void>> ClaimVolumes::checkReach(Volume volume) {
  Object<core_v1::Node> node = self_.known();
  if (node && volumes::isWithinReach(volume, node)) co_return Result<void>();
  auto newest = co_await self_.ask();
  if (!newest) co_return fail(newest.error());
  if (volumes::isWithinReach(volume, *newest)) co_return Result<void>();
  co_return fail(Status::badRequest(concat("MountVolume.NodeAffinity check failed for volume ", inQuotes(volume.name()),
                                           " : no matching NodeSelectorTerms")));
}

Result<void> ClaimVolumes::take(const Claim& claim, std::string_view podUid) {
  if (!contains(claim->getSpec().getAccessModes(), "ReadWriteOncePod")) return {};
  auto [at, added] = exclusive_.try_emplace(claim.key(), str(podUid));
  if (added || at->second == podUid) return {};
  return inClaim(claim.key(), "volume uses the ReadWriteOncePod access mode and is already in use by another pod");
}

Result<LastingVolume> ClaimVolumes::placeOf(const Volume& volume) const {
  auto spec = volume->getSpec();
  LastingVolume place{.name = str(volume.name())};
  place.block = view(spec.getVolumeMode()) == "Block";
  if (place.block && !spec.hasCsi() && !spec.hasLocal()) {
    return fail(Status::badRequest(concat("MapVolume.SetUpDevice failed for volume ", inQuotes(place.name),
                                          " : volumes of type ", sourceOf(spec), " are no devices")));
  }
  if (spec.hasHostPath()) {
    place.path = str(spec.getHostPath().getPath());
    place.hostPathType = str(spec.getHostPath().getType());
    return place;
  }
  auto driver = driverVolumeOf(*volume);
  if (!driver) {
    return fail(Status::badRequest(
        concat("MountVolume.SetUp failed for volume ", inQuotes(place.name), " : ", driver.error().message)));
  }
  if (*driver) {
    place.driver = std::move(*driver);
    return place;
  }
  if (!spec.hasLocal()) {
    return fail(Status::badRequest(concat("MountVolume.SetUp failed for volume ", inQuotes(place.name),
                                          " : this node does not mount persistent volumes of type ", sourceOf(spec))));
  }
  place.isLocal = true;
  place.path = str(spec.getLocal().getPath());
  const bool own = annotation(volume.meta(), volumes::kProvisionedBy) == local_path::kProvisioner;
  const auto folder = own ? localFolderIn(root_, place.path) : std::nullopt;
  if (folder && *folder == volume.name()) place.folder = *folder;
  return place;
}

Task<Result<LastingVolume>> ClaimVolumes::find(Object<Pod> pod, std::string name) {
  const auto volume = volumeNamed(pod, name);
  auto claiming = findClaim(pod, *volume, claimNameOf(*pod, *volume));
  Result<Claim> claim = co_await std::move(claiming);
  if (!claim) co_return fail(notProcessed(name, claim.error().message));
  auto finding = findVolume(*claim);
  Result<Volume> found = co_await std::move(finding);
  if (!found) co_return fail(notProcessed(name, found.error().message));
  if (Result<void> taken = take(*claim, pod.uid()); !taken) co_return fail(notProcessed(name, taken.error().message));
  auto checking = checkReach(*found);
  CLEAT_CO_TRY(co_await std::move(checking));
  co_return placeOf(*found);
}

void ClaimVolumes::release(const std::string& podUid) {
  std::erase_if(exclusive_, [&](const auto& item) { return item.second == podUid; });
}

}  // namespace cleat::agent
